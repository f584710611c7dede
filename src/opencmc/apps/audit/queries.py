"""Reads of the audit: pages that cost the same however long the history is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from opencmc.apps.audit.contracts import Line
from opencmc.apps.audit.encoding import lane_of, place, serial_of
from opencmc.apps.audit.models import AuditLine, Verification
from opencmc.apps.audit.seals import Seal, read_seals

_FIELDS = ("id", "at", "actor", "role", "unit", "action", "object", "resident_id", "purpose", "reason", "address")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader looks for; "" and ``None`` ask for nothing. ``[since, until)``."""

    actor: str = ""
    role: str = ""
    unit: str = ""
    action: str = ""
    resident_id: str = ""
    purpose: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """Lines, newest first, and the marks of the pages beside them ("" at an end)."""

    lines: tuple[Line, ...]
    newer: str
    older: str


def _matching(filters: Filters) -> QuerySet[AuditLine]:
    wanted = Q()
    for name in ("actor", "role", "unit", "action", "resident_id", "purpose"):
        if value := getattr(filters, name):
            wanted &= Q(**{name: value})
    if filters.since:
        wanted &= Q(at__gte=filters.since)
    if filters.until:
        wanted &= Q(at__lt=filters.until)
    return AuditLine.objects.filter(wanted)


def _lines(found: QuerySet[AuditLine]) -> Iterator[Line]:
    for row in found.values_list(*_FIELDS):
        number, *rest = row
        yield Line(*rest, lane=lane_of(number), serial=serial_of(number))


def _mark(line: Line) -> str:
    """Where a line stands in the order of the pages."""
    return f"{line.at.isoformat()}~{place(line.lane, line.serial)}"


def _read_mark(mark: str) -> tuple[datetime, int] | None:
    at, _tilde, number = mark.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, int(number)) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def leaf(filters: Filters, *, before: str = "", after: str = "", size: int = 50) -> Leaf:
    """One page by its neighbour: lines older than the mark ``before``, or newer than ``after``; without one the newest."""
    found = _matching(filters)
    older_than, newer_than = _read_mark(before), _read_mark(after)
    if newer_than:
        at, number = newer_than
        found = found.filter(Q(at__gte=at) & (Q(at__gt=at) | Q(id__gt=number))).order_by("at", "id")
    else:
        if older_than:
            at, number = older_than
            found = found.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=number)))
        found = found.order_by("-at", "-id")
    lines = list(_lines(found[: size + 1]))
    more = len(lines) > size
    lines = lines[:size]
    if newer_than:
        lines.reverse()
        return Leaf(tuple(lines), _mark(lines[0]) if more else "", _mark(lines[-1]) if lines else "")
    return Leaf(tuple(lines), _mark(lines[0]) if lines and older_than else "", _mark(lines[-1]) if more else "")


def latest(filters: Filters, limit: int) -> list[Line]:
    """The newest lines that match, newest first."""
    return list(_lines(_matching(filters).order_by("-at", "-id")[:limit]))


def list_lines(limit: int = 50) -> list[Line]:
    """The newest lines, newest first."""
    return latest(Filters(), limit)


def lines_about(resident_ids: Iterable[str], *, since: datetime | None = None, limit: int = 2000) -> list[Line]:
    """Who did what with the record of a person, kept under all these numbers: newest first."""
    return list(
        _lines(
            _matching(Filters(since=since)).filter(resident_id__in=list(resident_ids)).order_by("-at", "-id")[:limit]
        )
    )


def people(lines: Iterable[Line]) -> dict[str, str]:
    """username → name of who acted on ``lines``, as far as they have an account and a name."""
    usernames = {line.actor for line in lines}
    found = get_user_model().objects.filter(username__in=usernames).exclude(first_name="")
    return dict(found.values_list("username", "first_name"))


def list_verifications(limit: int = 20) -> list[Verification]:
    """The latest verifications, newest first."""
    return list(Verification.objects.order_by("-id")[:limit])


def last_seal() -> Seal | None:
    seals, _faults = read_seals()
    return seals[-1] if seals else None


def last_verification() -> Verification | None:
    """The latest verification; ``None`` before the first."""
    return Verification.objects.order_by("-id").first()
