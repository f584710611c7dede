"""Counted populations: the census by age, the register's residents and insured at the start of each year."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from opencmc.base.division import apportion, round_half_up
from opencmc.synthetic.census import CENSUS_DAY, census
from opencmc.synthetic.county import REGION
from opencmc.synthetic.months import number
from opencmc.synthetic.people import RESIDENT, VISITOR, YEAR, People
from opencmc.synthetic.sampling import Ints
from opencmc.synthetic.staging import build

OLDEST, LIMIT = 85, 120
CENSUS_SOURCE = "第七次全国人口普查分县资料（宁海县，2020-11-01）年龄构成，按示例县人数等比例推算；分性别为推算"
REGISTER_SOURCE = "示例县居民登记年初推算"
INSURED_SOURCE = "示例县参保登记年初统计"


def _table(rows: list[tuple[str, date, str, int, int, int, str]]) -> pa.Table:
    """Rows of (region, date, kind, sex, lower age, count, source); five-year ages, the last one open."""
    return build(
        "population",
        {
            "region": [row[0] for row in rows],
            "date": pa.array([row[1] for row in rows]),
            "kind": [row[2] for row in rows],
            "sex": [str(row[3]) for row in rows],
            "age_from": [row[4] for row in rows],
            "age_to": [row[4] + 5 if row[4] < OLDEST else LIMIT for row in rows],
            "count": [row[5] for row in rows],
            "source": [row[6] for row in rows],
        },
    )


def census_table(people: People) -> pa.Table:
    """The 2020 census by sex and five-year age, brought to the county's size: its totals exactly, the sexes within an age
    group by our estimate."""
    ages = people.ages
    residents = people.county.residents
    counts = apportion(residents, ages.share.tolist())
    expected_men = [count * round(1000 * male) for count, male in zip(counts, ages.male.tolist(), strict=True)]
    men_by_group = apportion(round_half_up(census().men * residents, census().total), expected_men)
    rows = []
    by_age: dict[tuple[int, int], int] = {}
    for low, count, men in zip(ages.low.tolist(), counts, men_by_group, strict=True):
        lower = low // 5 * 5
        by_age[lower, 1] = by_age.get((lower, 1), 0) + men
        by_age[lower, 2] = by_age.get((lower, 2), 0) + count - men
    source = CENSUS_SOURCE if residents != census().total else CENSUS_SOURCE.replace("，按示例县人数等比例推算", "")
    for (lower, sex), count in sorted(by_age.items()):
        rows.append((REGION, CENSUS_DAY, "resident", sex, lower, count, source))
    return _table(rows)


def year_table(people: People, year: int) -> pa.Table:
    """Residents (county and townships) and insured people at the start of ``year`` by sex and five-year age."""
    day = date(year, 1, 1)
    at = number(day)
    alive = (people.birth < at) & (people.death >= at) & (people.kind != VISITOR)
    age = np.minimum(((at - people.birth) / YEAR).astype(np.int64) // 5, OLDEST // 5)
    codes = [township.code for township in people.county.townships]

    def counted(chosen: Ints) -> Ints:
        return np.bincount((people.sex[chosen] - 1) * 18 + age[chosen], minlength=36).reshape(2, 18)

    here = alive & (people.kind == RESIDENT)
    groups = [(REGION, "resident", counted(np.flatnonzero(here)), REGISTER_SOURCE)]
    groups += [
        (code, "resident", counted(np.flatnonzero(here & (people.township == position))), REGISTER_SOURCE)
        for position, code in enumerate(codes)
    ]
    groups.append((REGION, "insured", counted(np.flatnonzero(alive & (people.region == 0))), INSURED_SOURCE))
    rows = [
        (region, day, kind, sex + 1, band * 5, int(table[sex, band]), source)
        for region, kind, table, source in groups
        for sex in range(2)
        for band in range(18)
    ]
    return _table(rows)
