"""Pairs that may be one person, for people to decide: noted, listed by reach, decided once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may, reach, require, rule_of
from opencmc.apps.audit.api import audited
from opencmc.apps.network.api import institutions_within
from opencmc.apps.residents.lines import in_reach, lines_of, open_on
from opencmc.apps.residents.merge_checks import ACTION, check_reason, who_can
from opencmc.apps.residents.models import CareRelation, MatchedEntry, Resident, ReviewPair
from opencmc.apps.residents.sealing import ID_NUMBER, PHONE, sealer
from opencmc.apps.residents.sensitive import parameter
from opencmc.apps.work import WorkGroup, WorkItem
from opencmc.base.errors import Refused
from opencmc.methods.matching import Matcher, Scored, Thresholds

#: Lines of one page, and of the home page.
SIZE, SHOWN = 20, 5
#: States in which a pair waits.
WAITING = ("open", "later")


def thresholds(day: date) -> Thresholds:
    return Thresholds(
        same=int(parameter("residents.matching_same", day)), review=int(parameter("residents.matching_review", day))
    )


@lru_cache(maxsize=4)
def matcher(limits: Thresholds) -> Matcher:
    return Matcher(limits)


def compared(row: Resident) -> dict[str, Any]:
    """What a resident is matched by, as the matching takes it."""
    keys = sealer()
    return {
        "record_id": row.pk, "full_name": row.name or None, "sex": row.sex or None, "birth_date": row.birth_date,
        "document_number": keys.open(ID_NUMBER, row.pk, row.id_sealed) or None,
        "phone": keys.open(PHONE, row.pk, row.phone_sealed) or None,
        "township": row.township or None, "village": row.village or None,
    }  # fmt: skip


def digest_of(record: Mapping[str, Any]) -> str:
    """Stands for the compared fields without showing them."""
    return sealer().index("matching", "\x1f".join(str(value or "") for value in list(record.values())[1:]))


def score(one: Resident, other: Resident, day: date) -> Scored:
    return matcher(thresholds(day)).score(compared(one), [compared(other)])[0]


def reasons_of(scored: Scored) -> list[dict[str, Any]]:
    return [
        {"field": r.field, "label": r.field_label, "level": r.level, "level_label": r.level_label, "weight": r.weight}
        for r in scored.reasons
    ]


def note_pair(actor: Actor, one: Resident, other: Resident, source: str = "entered") -> ReviewPair:
    """A pair found by hand or at registration. Call inside an audited block. A decided pair stays decided while neither
    has changed."""
    left, right = sorted((one, other), key=lambda row: row.pk)
    scored = score(left, right, actor.today)
    digests = digest_of(compared(left)), digest_of(compared(right))
    pair, made = ReviewPair.objects.get_or_create(
        left=left, right=right,
        defaults={
            "left_digest": digests[0], "right_digest": digests[1], "probability": scored.probability,
            "decision": scored.decision, "rule": scored.rule, "reasons": reasons_of(scored), "source": source,
            "found_at": actor.at,
        },
    )  # fmt: skip
    if not made and (pair.left_digest, pair.right_digest) != digests and pair.state != "open":
        ReviewPair.objects.filter(pk=pair.pk).update(
            state="open", left_digest=digests[0], right_digest=digests[1], probability=scored.probability,
            decision=scored.decision, rule=scored.rule, reasons=reasons_of(scored), version=pair.version + 1,
        )  # fmt: skip
        pair.refresh_from_db()
    return pair


def note_pairs(actor: Actor, resident: Resident, others: Iterable[str]) -> None:
    """Whom a person at the desk has said to be somebody else: the pair is looked at once more."""
    for other in Resident.objects.filter(pk__in=list(others)):
        note_pair(actor, resident, other)


def pairs_within(actor: Actor, action: str = ACTION) -> QuerySet[ReviewPair]:
    """Pairs of which both entries are living and in reach."""
    rows = ReviewPair.objects.filter(left__merged_into=None, right__merged_into=None)
    institutions = institutions_within(require(actor.holder, action), actor.today)
    if institutions is None:
        return rows
    ids = sorted(institutions)
    held = CareRelation.objects.filter(open_on(actor.today), institution_id__in=ids).values("resident_id")
    return rows.filter(
        Q(left__institution_id__in=ids) | Q(left__in=held), Q(right__institution_id__in=ids) | Q(right__in=held)
    )


def half_within(actor: Actor) -> int:
    """Open pairs of which only one entry is in reach: somebody with a wider reach decides."""
    institutions = institutions_within(require(actor.holder, ACTION), actor.today)
    if institutions is None:
        return 0
    ids = sorted(institutions)
    held = CareRelation.objects.filter(open_on(actor.today), institution_id__in=ids).values("resident_id")
    left = Q(left__institution_id__in=ids) | Q(left__in=held)
    right = Q(right__institution_id__in=ids) | Q(right__in=held)
    rows = ReviewPair.objects.filter(state="open", left__merged_into=None, right__merged_into=None)
    return rows.filter((left & ~right) | (right & ~left)).count()


def find_pair(actor: Actor, one: str, other: str) -> ReviewPair | None:
    """The pair of two entries, when both are in reach."""
    left, right = sorted((one, other))
    return pairs_within(actor).filter(left_id=left, right_id=right).first()


def decide(actor: Actor, one: str, other: str, *, state: str, why: str, version: int | None = None) -> ReviewPair:
    """Say that two entries are different people, or that this is to be looked at later. A pair that was on no list is
    noted. Refused without a reason for "different", or when somebody decided before."""
    require(actor.holder, ACTION)
    if state not in ("different", "later"):
        raise Refused(_("请选择“不是同一人”或“以后再看”"))
    plain = check_reason(why) if state == "different" else " ".join(why.split())[:400]
    with audited(actor) as trail:
        if in_reach(actor, [one, other], ACTION) != {one, other} or one == other:
            raise Refused(
                _("没有这一对登记，或不在您的范围内"),
                rule=rule_of("residents.merge"),
                possible_when=_("可以由%(who)s核对") % {"who": who_can()},
            )
        rows = Resident.objects.in_bulk([one, other])
        pair = note_pair(actor, rows[one], rows[other])
        seen = pair.version if version is None else version
        written = ReviewPair.objects.filter(pk=pair.pk, version=seen, state__in=("open", "later", "different")).update(
            state=state, why=plain, decided_at=actor.at, decided_by=actor.holder.username, version=seen + 1,
            left_digest=digest_of(compared(rows[pair.left_id])), right_digest=digest_of(compared(rows[pair.right_id])),
        )  # fmt: skip
        if not written:
            raise Refused(_("这一对刚刚由别人核对过"), possible_when=_("请刷新页面，看现在的结论"))
        if state == "different":
            accept_conflict(pair)
        for pk in (one, other):
            trail.add("residents.review", object_=f"{one} – {other}", resident_id=pk, reason=f"{state} {plain}".strip())
    pair.refresh_from_db()
    return pair


def accept_conflict(pair: ReviewPair) -> None:
    """Two people with one ID number, as a person has found: the conflict stands and is open no more."""
    Resident.objects.filter(pk__in=(pair.left_id, pair.right_id), id_conflict="open").update(id_conflict="accepted")


@dataclass(frozen=True, slots=True)
class Matched:
    """What a run of the matching did: entries looked at, pairs that are new, opened again, and gone."""

    entries: int
    changed: int
    new: int
    reopened: int
    gone: int


def work_of(actor: Actor) -> list[WorkGroup]:
    """Pairs that wait for the reader; none without the right."""
    if not may(actor.holder, ACTION) or reach(actor.holder, ACTION) is None:
        return []
    rows = pairs_within(actor).filter(state="open")
    count = rows.count()
    if not count:
        return []
    first = list(rows[:SHOWN])
    people = lines_of(actor, [pk for pair in first for pk in (pair.left_id, pair.right_id)], ACTION)
    items = []
    for pair in first:
        left, right = people[pair.left_id], people[pair.right_id]
        names = left.name if left.name == right.name else f"{left.name} / {right.name}"
        items.append(
            WorkItem(
                title=_("可能重复：%(names)s") % {"names": names},
                about=f"{left.sex} {left.age_text} {left.township_name}",
                why=_("相同的可能 %(share)s%%") % {"share": percent(pair.probability)},
                since=timezone.localdate(pair.found_at), due=None, verb=_("核对"),
                href=reverse("residents:compare", args=[pair.left_id, pair.right_id]),
            )
        )  # fmt: skip
    return [WorkGroup("residents_review", _("可能重复的居民"), count, 0, 0, reverse("residents:review"), items)]


def percent(ppm: int) -> str:
    """99.9; never rounded up to a hundred."""
    tenths = min(999, ppm // 1000)
    return f"{tenths // 10}.{tenths % 10}"


__all__ = ["MatchedEntry", "decide", "find_pair", "note_pair", "pairs_within", "work_of"]
