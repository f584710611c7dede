"""The block in which a write and its audit lines stand or fall together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from opencmc.apps.access.api import ACTIONS, Actor
from opencmc.apps.audit.encoding import Signer
from opencmc.apps.audit.engine import Entry, append

_signers: dict[Path, Signer] = {}


def signer() -> Signer:
    """Signs with ``HOME/keys/audit.key``. Without a home (tests) the key lives as long as the process."""
    home = settings.OPENCMC_HOME
    found = _signers.get(home)
    if found is None:
        secret = import_string(settings.KEY)(home, "audit") if home.is_dir() else secrets.token_bytes(32)
        found = _signers.setdefault(home, Signer(secret))
    return found


def _entry(actor: Actor, action: str, object_: str, resident_id: str, reason: str) -> Entry:
    """One line as it is signed and stored: texts cut to their columns, characters that no database takes replaced."""
    holder = actor.holder
    known = ACTIONS.get(action)
    texts = (
        holder.username[:150],
        holder.role[:40],
        f"{holder.unit_kind}:{holder.unit_id}"[:80] if holder.unit_id else "",
        action[:80],
        object_[:200],
        resident_id[:60],
        known.purpose if known else "",
        reason[:400],
        actor.address[:60],
    )
    joined = "".join(texts)
    if not joined.isascii():
        try:
            joined.encode()
        except UnicodeEncodeError:  # half a character, from a forged request
            texts = tuple(text.encode("utf-8", "replace").decode() for text in texts)
    if "\0" in joined:
        texts = tuple(text.replace("\0", "\ufffd") for text in texts)
    return actor.at, texts


@dataclass
class Trail:
    """The lines of one transaction, written at its end."""

    actor: Actor
    lines: list[Entry] = field(default_factory=list)

    def add(self, action: str, *, object_: str = "", resident_id: str = "", reason: str = "") -> None:
        """One thing done: ``action`` (an id of the table of rights, or a name of its own), to what, whose and why."""
        self.lines.append(_entry(self.actor, action, object_, resident_id, reason))


_open: ContextVar[Trail | None] = ContextVar("open_trail", default=None)


@contextmanager
def audited(actor: Actor) -> Iterator[Trail]:
    """A transaction that leaves at least one line. Inside another such block the lines join the outer one's.

    Lines are written last, so that the head of the lane is locked for as short as may be, and after all other rows:
    two writers can wait for each other at a head, and never in a circle.
    """
    outer = _open.get()
    if outer is not None:
        before, is_kept = len(outer.lines), False
        try:
            with transaction.atomic():
                yield outer
                if len(outer.lines) == before:
                    raise RuntimeError("a write without an audit line")
            is_kept = True
        finally:
            if not is_kept:  # what is rolled back to its savepoint was not done, should the outer block go on
                del outer.lines[before:]
        return
    trail = Trail(actor)
    token = _open.set(trail)
    try:
        with transaction.atomic():
            yield trail
            if not trail.lines:
                raise RuntimeError("a write without an audit line")
            append(connection, signer(), trail.lines)
    finally:
        _open.reset(token)


def record(actor: Actor, action: str, *, object_: str = "", resident_id: str = "", reason: str = "") -> None:
    """One line on its own: a view of a person's record, a sign-in. Inside an audited block it joins that block's."""
    line = _entry(actor, action, object_, resident_id, reason)
    outer = _open.get()
    if outer is None:
        append(connection, signer(), (line,))
    else:
        outer.lines.append(line)
