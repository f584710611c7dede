"""Who asks: a service account by its token, or a person by the session of their browser.

A token is judged by the accounts slice. Under PostgreSQL one statement reads the token's rows as they are now together
with the network's version; while these are the rows that the slice judged last, its judgement stands. A revoked token,
a changed account or a reorganised network is another row, and is judged anew with this very request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from opencmc.apps.access.api import Actor, Holder, Reach
from opencmc.apps.accounts.api import holder_of_token
from opencmc.apps.network.api import institutions_within
from opencmc.web.api import limits, sql
from opencmc.web.api.problems import Problem
from opencmc.web.today import demonstration_day

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Judgements kept in a process.
_KEPT = 4_000


@dataclass(slots=True)
class Asked:
    """Who asks, and what was read together with that: the network's version, and for a write that asks for it the kept
    answer and a number for a new row (``sql.CALLER_AND_TASK``)."""

    actor: Actor
    network: str = ""
    kept: tuple[Any, ...] | None = None
    new_id: int = 0


def of_session(request: HttpRequest) -> Asked:
    """The person who is signed in. A write asks for the CSRF token of the pages as well."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        raise Problem("unauthenticated")
    if request.method not in SAFE and check_csrf(request) is not None:
        raise Problem("refused", _("写入时要带 X-CSRFToken，与页面里的一致"), rule="CSRF")
    return Asked(request.actor)


def of_token(request: HttpRequest, kept: str | None = None) -> Asked:
    """The service account behind ``Authorization: Bearer …``. ``kept``: also read the answer kept under that
    Idempotency-Key."""
    address = request.META.get("REMOTE_ADDR", "")
    limits.hold_failures(address)
    scheme, _blank, token = request.META["HTTP_AUTHORIZATION"].partition(" ")
    day = timezone.localdate(request.at)
    found = _judged(token.strip(), day, kept) if scheme.lower() == "bearer" else None
    if found is None:
        limits.count_failure(address)
        raise Problem("unauthenticated")
    holder, rest = found
    asked = Asked(Actor(holder, request.at, address, demonstration_day()), rest[0] if rest else "")
    if len(rest) > 1:
        asked.new_id, asked.kept = rest[1], rest[2:] if rest[2] is not None else None
    return asked


_judgements: dict[str, tuple[str, str, date, Holder]] = {}


def _judged(token: str, day: date, kept: str | None) -> tuple[Holder, tuple[Any, ...]] | None:
    """The holder, and the columns that were read behind the token's own."""
    if connection.vendor != sql.POSTGRESQL:
        holder = holder_of_token(token, day)
        return (holder, ()) if holder else None
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    found = (
        sql.first_rows(sql.CALLER, (digest,)) if kept is None else sql.first_rows(sql.CALLER_AND_TASK, (kept, digest))
    )
    if found:
        of_token_, of_account, *rest = found[0]
        last = _judgements.get(digest)
        if last is not None and last[:3] == (of_token_, of_account, day):
            return last[3], tuple(rest)
    holder = holder_of_token(token, day)
    if holder is None:
        _judgements.pop(digest, None)
        return None
    if not found:
        return holder, ()
    if len(_judgements) >= _KEPT:
        _judgements.clear()
    _judgements[digest] = (of_token_, of_account, day, holder)
    return holder, tuple(rest)


_reaches: dict[tuple[str, str, Reach, date], Collection[str] | None] = {}


def institutions(asked: Asked, reach: Reach) -> Collection[str] | None:
    """The institutions that ``reach`` means today, as the network slice says; ``None``: all."""
    if not asked.network:
        found = institutions_within(reach, asked.actor.today)
        return None if found is None else sorted(found)
    key = (connection.alias, asked.network, reach, asked.actor.today)
    if key not in _reaches:
        if len(_reaches) >= _KEPT:
            _reaches.clear()
        found = institutions_within(reach, asked.actor.today)
        _reaches[key] = None if found is None else sorted(found)
    return _reaches[key]
