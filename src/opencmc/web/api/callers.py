"""Who asks: a service account by its token, or a person by the session of their browser.

A token is judged by the accounts slice. Under PostgreSQL one statement reads the token's rows as they are now together
with the network's version; while these are the rows that the slice judged last, its judgement stands. A revoked token,
a changed account or a reorganised network is another row, and is judged anew with this very request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from opencmc.apps.access.api import Actor, Holder, Reach, reach
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
    ahead: sql.Ahead | None = None


def of_session(request: HttpRequest) -> Asked:
    """The person who is signed in. A write asks for the CSRF token of the pages as well."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        raise Problem("unauthenticated")
    if request.method not in SAFE and check_csrf(request) is not None:
        raise Problem("refused", _("写入时要带 X-CSRFToken，与页面里的一致"), rule="CSRF")
    return Asked(request.actor)


def of_token(request: HttpRequest, *, kept: str | None = None, ahead: tuple[str, sql.Listing] | None = None) -> Asked:
    """The service account behind ``Authorization: Bearer …``. ``kept``: also read the answer kept under that
    Idempotency-Key; ``ahead``: also read the first page of that list for the right to it (``_ahead``)."""
    address = request.META.get("REMOTE_ADDR", "")
    limits.hold_failures(address)
    scheme, _blank, token = request.META["HTTP_AUTHORIZATION"].partition(" ")
    day = timezone.localdate(request.at)
    today = demonstration_day()
    asked = Asked(Actor(_NOBODY, request.at, address, today))
    holder = _judged(token.strip(), day, asked, kept, ahead) if scheme.lower() == "bearer" else None
    if holder is None:
        limits.count_failure(address)
        raise Problem("unauthenticated")
    asked.actor = Actor(holder, request.at, address, today)
    return asked


_NOBODY = Holder("", "", "", "county", "")


@dataclass(frozen=True, slots=True)
class _Judgement:
    """The rows as text that the slice judged, on which day, whom it found, and the network's version at that time."""

    token: str
    account: str
    day: date
    holder: Holder
    network: str


_judgements: dict[str, _Judgement] = {}


def _judged(
    token: str, day: date, asked: Asked, kept: str | None, ahead: tuple[str, sql.Listing] | None
) -> Holder | None:
    """The holder; what was read together with the token's rows is put on ``asked``."""
    if connection.vendor != sql.POSTGRESQL:
        return holder_of_token(token, day)
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    last = _judgements.get(digest)
    statement = _ahead(last, asked.actor.today, *ahead) if ahead is not None and last is not None else None
    if statement is not None:
        row = sql.caller_and_list(digest, statement, ahead[1].order)
    elif kept is not None:
        row = next(iter(sql.first_rows(sql.CALLER_AND_TASK, (kept, digest))), None)
    else:
        row = next(iter(sql.first_rows(sql.CALLER, (digest,))), None)
    if row is None:
        _judgements.pop(digest, None)
        return holder_of_token(token, day)
    asked.network = row[2]
    if kept is not None and statement is None:
        asked.new_id, asked.kept = row[3], row[4:] if row[4] is not None else None
    same = last is not None and (last.token, last.account, last.day) == (row[0], row[1], day)
    if same and last.network == row[2]:
        if statement is not None:
            asked.ahead = sql.Ahead(statement, row[3])
        return last.holder
    holder = last.holder if same else holder_of_token(token, day)
    if holder is None:
        _judgements.pop(digest, None)
        return None
    if len(_judgements) >= _KEPT:
        _judgements.clear()
    _judgements[digest] = _Judgement(row[0], row[1], day, holder, row[2])
    return holder


def _ahead(last: _Judgement, today: date, action: str, listing: sql.Listing) -> sql.Statement | None:
    """The list as it will be asked for if the last judgement still stands. It is read together with what tells whether it
    does, and thrown away when it does not."""
    right = reach(last.holder, action)
    if right is None:
        return None
    key = (connection.alias, last.network, right, today)
    return listing.statement(_reaches[key]) if key in _reaches else None


_reaches: dict[tuple[str, str, Reach, date], Sequence[str] | None] = {}


def institutions(asked: Asked, right: Reach) -> Sequence[str] | None:
    """The institutions that ``right`` means today, as the network slice says; ``None``: all."""
    if not asked.network:
        found = institutions_within(right, asked.actor.today)
        return None if found is None else sorted(found)
    key = (connection.alias, asked.network, right, asked.actor.today)
    if key not in _reaches:
        if len(_reaches) >= _KEPT:
            _reaches.clear()
        found = institutions_within(right, asked.actor.today)
        _reaches[key] = None if found is None else sorted(found)
    return _reaches[key]
