"""Referrals of one month: up to the county hospital, out of the county, down again; and those that come to nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.county import COUNTY, OUTSIDE, TOWNSHIP
from opencmc.synthetic.diagnoses import diagnoses
from opencmc.synthetic.months import NEVER, Month
from opencmc.synthetic.people import RESIDENT, VISITOR, People
from opencmc.synthetic.sampling import Ints, Mask, stream
from opencmc.synthetic.staging import build
from opencmc.synthetic.stays import OUTFLOWS, WAYS, Stays
from opencmc.synthetic.visits import Visits

DIRECTIONS = ("up", "down", "out")
STATES = ("sent", "accepted", "arrived", "returned", "closed", "refused", "withdrawn")
UP_REASONS = ("超出服务清单", "需手术或进一步检查", "诊断不明", "急危重症", "慢性病控制不满意")
OUT_REASONS = ("县内无相应诊疗能力", "疑难危重", "肿瘤专科治疗")
DOWN_REASONS = ("病情稳定转康复", "术后换药与观察", "慢性病长期用药管理", "安宁疗护")
REASONS = (*UP_REASONS, *OUT_REASONS, *DOWN_REASONS)
#: County stays and graver county visits that came by referral, from the country and from the town; failed requests
#: of all visits to centres.
STAYS_UP = (0.17, 0.06)
VISITS_UP = 0.013
FAILED = 0.0011


@dataclass
class Rows:
    direction: Ints
    person: Ints
    sender: Ints
    receiver: Ints
    created: Ints
    accepted: Ints
    arrived: Ints
    closed: Ints
    state: Ints
    reason: Ints

    def __add__(self, other: Rows) -> Rows:
        return Rows(*(np.concatenate((a, b)) for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def refer(people: People, seed: int, month: Month, admitted: Stays, ended: Stays, visits: Visits) -> pa.Table:
    """The rows of ``referral`` made in ``month``. Writes the referral's number to the stays and visits that it led to.

    A step that lies past the day on which the month becomes known is left open.
    """
    rng = stream(seed, "referrals", month.index)
    people_township = people.township
    country = np.array([not t.name.endswith("街道") for t in people.county.townships])
    known = month.end + 9

    def up_from_stays() -> tuple[Rows, Ints]:
        tier = people.county.tier[admitted.institution]
        chance = np.where(country[people_township[admitted.person]], *STAYS_UP)
        chosen = np.flatnonzero(
            (tier == COUNTY) & (people.kind[admitted.person] == RESIDENT) & (rng.random(len(admitted)) < chance)
            & (admitted.admitted - people.birth[admitted.person] > 30)
        )  # fmt: skip
        stays = admitted.pick(chosen)
        created = np.maximum(stays.admitted - rng.integers(0, 3, len(stays)), month.start)
        over = stays.discharged < known
        back = stays.way == WAYS.index("3")
        state = np.where(
            over, np.where(back, STATES.index("returned"), STATES.index("closed")), STATES.index("arrived")
        )
        return _rows(0, stays.person, people.county.centre[people_township[stays.person]], stays.institution, created,
                     stays.admitted, stays.admitted, np.where(over, stays.discharged, NEVER), state,
                     rng.integers(0, len(UP_REASONS), len(stays))), chosen  # fmt: skip

    def out() -> tuple[Rows, Ints]:
        tier = people.county.tier[admitted.institution]
        chosen = np.flatnonzero((tier == OUTSIDE) & (admitted.outflow == OUTFLOWS.index("referred")))
        stays = admitted.pick(chosen)
        created = np.maximum(stays.admitted - rng.integers(0, 6, len(stays)), month.start)
        over = stays.discharged < known
        state = np.where(over, STATES.index("closed"), STATES.index("arrived"))
        return _rows(2, stays.person, people.county.lead_of[people_township[stays.person]], stays.institution, created,
                     stays.admitted, stays.admitted, np.where(over, stays.discharged, NEVER), state,
                     len(UP_REASONS) + rng.integers(0, len(OUT_REASONS), len(stays))), chosen  # fmt: skip

    def up_from_visits() -> tuple[Rows, Ints]:
        tier = np.append(people.county.tier, OUTSIDE)[visits.institution]
        grave = diagnoses().level[visits.diagnosis] >= 2
        chosen = np.flatnonzero(
            (tier == COUNTY) & (visits.kind == 0) & grave & (people.kind[visits.person] == RESIDENT)
            & (rng.random(len(visits)) < VISITS_UP) & (visits.diagnosis >= 0)
        )  # fmt: skip
        person, day = visits.person[chosen], visits.day[chosen]
        created = np.maximum(np.maximum(day - rng.integers(0, 4, len(chosen)), month.start), people.birth[person])
        state = np.full(len(chosen), STATES.index("closed"))
        return _rows(0, person, people.county.centre[people_township[person]], visits.institution[chosen], created, day, day,
                     day, state, rng.integers(0, len(UP_REASONS), len(chosen))), chosen  # fmt: skip

    def down() -> Rows:
        tier = people.county.tier[ended.institution]
        chosen = (tier == COUNTY) & (ended.way == WAYS.index("3")) & (people.kind[ended.person] != VISITOR)
        stays = ended.pick(chosen)
        luck = rng.random(len(stays))
        arrived = stays.discharged + rng.integers(0, 5, len(stays))
        there = (luck > 0.09) & (arrived < known)
        took = luck > 0.03
        state = np.where(there, STATES.index("closed"), np.where(took, STATES.index("accepted"), STATES.index("sent")))
        return _rows(1, stays.person, stays.institution, people.county.centre[people_township[stays.person]], stays.discharged,
                     np.where(took, stays.discharged, NEVER), np.where(there, arrived, NEVER), np.where(there, arrived, NEVER),
                     state, len(UP_REASONS) + len(OUT_REASONS) + rng.integers(0, len(DOWN_REASONS), len(stays)))  # fmt: skip

    def failed() -> Rows:
        tier = np.append(people.county.tier, OUTSIDE)[visits.institution]
        chosen = np.flatnonzero(
            (tier == TOWNSHIP) & (people.kind[visits.person] == RESIDENT) & (rng.random(len(visits)) < FAILED)
        )
        person, day = visits.person[chosen], visits.day[chosen]
        luck = rng.random(len(chosen))
        state = np.where(
            luck < 0.4, STATES.index("refused"), np.where(luck < 0.7, STATES.index("withdrawn"), STATES.index("sent"))
        )
        ended_ = np.where(state == STATES.index("sent"), NEVER, day + 1)
        never = np.full(len(chosen), NEVER)
        return _rows(0, person, visits.institution[chosen], people.county.lead_of[people_township[person]], day, never, never,
                     ended_, state, rng.integers(0, len(UP_REASONS), len(chosen)))  # fmt: skip

    from_stays, stays_chosen = up_from_stays()
    outward, out_chosen = out()
    from_visits, visits_chosen = up_from_visits()
    rows = from_stays + outward + from_visits + down() + failed()
    base = int(month.compact) * 1_000_000 + 1
    numbers = base + np.arange(len(rows.person))
    first, second = len(stays_chosen), len(stays_chosen) + len(out_chosen)
    admitted.referral[stays_chosen] = numbers[:first]
    admitted.referral[out_chosen] = numbers[first:second]
    visits.referral[visits_chosen] = numbers[second : second + len(visits_chosen)]
    return _table(people, rows, numbers)


def _rows(direction: int, person: Ints, *columns: Ints) -> Rows:
    return Rows(np.full(len(person), direction), person, *columns)


def _table(people: People, rows: Rows, numbers: Ints) -> pa.Table:
    def when(days: Ints) -> pa.Array:
        missing: Mask = days >= NEVER
        return sampling.dates(np.where(missing, 0, days), missing)

    return build(
        "referral",
        {
            "referral_id": sampling.numbered("RF", numbers, 12),
            "direction": sampling.take(pa.array(DIRECTIONS), rows.direction),
            "resident_id": sampling.take(people.words, people.number[rows.person]),
            "from_id": sampling.take(people.county.words, rows.sender),
            "to_id": sampling.take(people.county.words, rows.receiver),
            "created": when(rows.created),
            "accepted": when(rows.accepted),
            "arrived": when(rows.arrived),
            "closed": when(rows.closed),
            "state": sampling.take(pa.array(STATES), rows.state),
            "reason": sampling.take(pa.array(REASONS), rows.reason),
        },
    )
