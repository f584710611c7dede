"""Work asked of the shared centres by township centres and village clinics in one month."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.county import TOWNSHIP, VILLAGE
from opencmc.synthetic.months import Month
from opencmc.synthetic.people import People
from opencmc.synthetic.sampling import Floats, Ints, Lottery, stream
from opencmc.synthetic.staging import build
from opencmc.synthetic.visits import Visits

CENTRES = ("imaging", "ecg", "laboratory", "pathology", "sterile_supply")
#: Item, its centre, yuan, and how often it is asked for at 1,000 visits to a township centre and to a village clinic.
_ITEMS = (
    ("DR 摄片", "imaging", 85, 24.0, 0.0),
    ("CT 平扫", "imaging", 220, 7.0, 0.0),
    ("彩色多普勒超声", "imaging", 110, 6.0, 0.0),
    ("十二导联心电图", "ecg", 28, 22.0, 16.0),
    ("动态心电图", "ecg", 180, 2.0, 0.0),
    ("血常规", "laboratory", 25, 22.0, 2.0),
    ("生化全套", "laboratory", 120, 18.0, 1.0),
    ("糖化血红蛋白", "laboratory", 60, 9.0, 1.5),
    ("宫颈细胞学", "pathology", 160, 0.9, 0.0),
)
_STERILE_YUAN = 420


def order_table(people: People, seed: int, month: Month, visits: Visits, ecg_from: Ints) -> pa.Table:
    rng = stream(seed, "orders", month.index)
    county = people.county
    tier = np.append(county.tier, -1)[visits.institution]
    rates = np.array([[item[3] for item in _ITEMS], [item[4] for item in _ITEMS]]) / 1000
    # More is sent to the centres from year to year.
    rates = rates * (1 + 0.15 * month.index / 12)
    chances = np.column_stack((rates, 1 - rates.sum(axis=1)))
    at = np.flatnonzero(((tier == TOWNSHIP) | (tier == VILLAGE)) & (visits.kind != 3))
    drawn = Lottery(chances).draw(rng, (tier[at] == VILLAGE).astype(np.int32), len(at))
    at, item = at[drawn < len(_ITEMS)], drawn[drawn < len(_ITEMS)]
    centre = np.array([CENTRES.index(row[1]) for row in _ITEMS])[item]
    possible = (centre != CENTRES.index("ecg")) | (ecg_from[visits.institution[at]] <= visits.day[at])
    at, item, centre = at[possible], item[possible], centre[possible]
    sender = visits.institution[at]
    days, again = visits.day[at], np.array([0.42, 0.10, 0.48, 0.0, 0.0])[centre] * (1 + 0.2 * month.index / 24)
    delay = np.where(centre == CENTRES.index("pathology"), rng.integers(3, 7, len(at)), rng.random(len(at)) < 0.22)
    person = people.number[visits.person[at]]
    fee = np.array([row[2] for row in _ITEMS])[item] * 100
    recognised = rng.random(len(at)) < again
    sterile = np.repeat(county.centre, rng.integers(2, 7, len(county.centre)))
    size = len(sterile)
    sterile_day = month.start + np.sort(rng.integers(0, month.days, size))

    def joined(values: Ints, more: Ints | int) -> Ints:
        return np.concatenate((values, np.full(size, more) if np.isscalar(more) else more))

    kinds = pa.array([*(row[0] for row in _ITEMS), "灭菌包"])
    days_all, sender_all = joined(days, sterile_day), joined(sender, sterile)
    order = np.argsort(days_all, kind="stable")
    centre_all = joined(centre, CENTRES.index("sterile_supply"))[order]
    no_recognition = np.isin(centre_all, (1, 3, 4))
    receiver: Ints = county.lead_of[county.township_of[sender_all]][order]
    fees: Floats = joined(fee, _STERILE_YUAN * 100)[order]
    return build(
        "order",
        {
            "order_id": sampling.numbered(f"O{month.compact}-", np.arange(1, len(order) + 1), 6),
            "centre": sampling.take(pa.array(CENTRES), centre_all),
            "kind": sampling.take(kinds, joined(item, len(_ITEMS))[order]),
            "from_id": sampling.take(county.words, sender_all[order]),
            "to_id": sampling.take(county.words, receiver),
            "resident_id": sampling.take(people.words, joined(person, 0)[order]),
            "ordered": sampling.dates(days_all[order]),
            "reported": sampling.dates((days_all + joined(delay.astype(np.int64), 1))[order]),
            "recognised": pa.array(joined(recognised, 0)[order].astype(bool), mask=no_recognition),
            "fee_fen": sampling.whole(fees),
        },
    )
