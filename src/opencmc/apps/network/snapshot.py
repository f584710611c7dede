"""Who belongs where on a day, kept in each process for as long as the network does not change.

Every scoped page asks here. A call reads one small row, the network's token; when it is the token of what the process
keeps, the answer is a look into a dictionary. Triggers of the database change the token with every write, in the same
transaction, so another process's write is seen by the next call after its commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db import connection

from opencmc.apps.access.api import Level, Reach
from opencmc.apps.network.models import Attachment, Institution, Membership
from opencmc.apps.network.rows import holds

_TOKEN = "SELECT token FROM network_networkversion WHERE id = 1"
#: Answers that a snapshot keeps: units × days that people look at.
_KEPT = 20_000

type _Span = tuple[str, date, date | None]


class Snapshot:
    """The relations of one version of the network."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._answers: dict[tuple[object, ...], frozenset[str]] = {}
        self._communities: dict[str, list[_Span]] = defaultdict(list)
        self._members: dict[str, list[_Span]] = defaultdict(list)
        self._below: dict[str, list[_Span]] = defaultdict(list)
        self._of_township: dict[str, list[str]] = defaultdict(list)
        for community, institution, start, end in Membership.objects.order_by("community_id").values_list(
            "community_id", "institution_id", "start", "end"
        ):
            self._communities[institution].append((community, start, end))
            self._members[community].append((institution, start, end))
        for child, parent, start, end in Attachment.objects.values_list(
            "institution_id", "attached_to", "start", "end"
        ):
            self._below[parent].append((child, start, end))
        for institution, township in Institution.objects.exclude(township="").values_list("institution_id", "township"):
            self._of_township[township].append(institution)

    def communities_of(self, institution_id: str, day: date) -> list[str]:
        return [c for c, start, end in self._communities.get(institution_id, ()) if holds(start, end, day)]

    def institutions_of(self, community_ids: Iterable[str], day: date) -> set[str]:
        return {i for c in community_ids for i, start, end in self._members.get(c, ()) if holds(start, end, day)}

    def with_attached(self, institution_ids: Iterable[str], day: date | None) -> set[str]:
        """These and all that is attached to them over all levels on ``day``; without a day: what has no end yet."""
        found = set(institution_ids)
        open_ = list(found)
        while open_:
            for child, start, end in self._below.get(open_.pop(), ()):
                held = end is None if day is None else holds(start, end, day)
                if held and child not in found:
                    found.add(child)
                    open_.append(child)
        return found

    def within(self, reach: Reach, day: date) -> frozenset[str]:
        key = (reach.level, reach.unit_kind, reach.unit_id, day)
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            answer = self._answers[key] = frozenset(self._within(reach, day))
        return answer

    def _within(self, reach: Reach, day: date) -> set[str]:
        if not reach.unit_id:
            return set()
        if reach.unit_kind == "township":
            own = set(self._of_township.get(reach.unit_id, ()))
        elif reach.unit_kind == "community":
            own = set()
        else:
            own = self.with_attached([reach.unit_id], day)
        if reach.level is Level.OWN:
            return own
        if reach.unit_kind == "community":
            communities = {reach.unit_id}
        else:
            at = own if reach.unit_kind == "township" else {reach.unit_id, *self._above(reach.unit_id, day)}
            communities = {c for i in at for c in self.communities_of(i, day)}
        return own | self.with_attached(self.institutions_of(communities, day), day)

    def _above(self, institution_id: str, day: date) -> list[str]:
        """What an institution without a membership of its own is attached to, up to the first that has one."""
        found: list[str] = []
        at = institution_id
        while not self.communities_of(at, day):
            above = next(
                (
                    parent
                    for parent, children in self._below.items()
                    for child, start, end in children
                    if child == at and holds(start, end, day) and parent not in found
                ),
                None,
            )
            if above is None:
                return found
            found.append(above)
            at = above
        return found


_kept: dict[str, Snapshot] = {}


def snapshot() -> Snapshot:
    """The present relations; built anew when the network has changed since this process looked last."""
    with connection.cursor() as cursor:
        cursor.execute(_TOKEN)
        found = cursor.fetchone()
    token = found[0] if found else ""
    kept = _kept.get(connection.alias)
    if kept is not None and kept.token == token and token:
        return kept
    # The token was read before the rows: should they be newer, the next call finds a newer token and builds again.
    fresh = Snapshot(token)
    _kept[connection.alias] = fresh
    return fresh


def network_version() -> str:
    """Another text after every change of the network: what was read of it may be kept under it."""
    return snapshot().token


def communities_of(institution_id: str, day: date) -> list[str]:
    """The communities that an institution itself belongs to on ``day``."""
    return snapshot().communities_of(institution_id, day)


def institutions_of(community_ids: Iterable[str], day: date) -> set[str]:
    """The institutions with a role in one of these communities on ``day``."""
    return snapshot().institutions_of(community_ids, day)


def attached_to(institution_id: str, day: date | None = None) -> set[str]:
    """The institution itself and all that is attached to it on ``day``, over all levels; without a day all whose
    attachment has no end."""
    return snapshot().with_attached([institution_id], day)


def institutions_within(reach: Reach, day: date) -> frozenset[str] | None:
    """The institutions that a right reaches on ``day``; ``None`` means all. The one place where a level and a unit
    become institutions: every query that applies scope asks here."""
    return None if reach.level is Level.COUNTY else snapshot().within(reach, day)
