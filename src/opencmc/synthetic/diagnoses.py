"""Some eighty diagnoses with which people come: how often at which age, how grave, what they cost, what is done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.months import SUMMER, WINTER
from opencmc.synthetic.sampling import Floats, Ints

AGE_STEPS = (6, 18, 45, 65)
BRANCHES = ("", "mch", "tcm")
#: People's illness as a group: 0 none, 1 hypertension, 2 diabetes, 3 both.
ILL_GROUPS = 4
#: How much more often the diagnoses of an illness are given to people who have it, and to people who do not.
LINKED, UNLINKED = 2.6, 0.03
#: Other diagnoses written beside the principal one, with their chance at 18–44, 45–64, 65 and over.
_SECONDARY = {
    "E78.500": (0.06, 0.16, 0.14), "K76.000": (0.07, 0.12, 0.06), "I25.103": (0.0, 0.07, 0.22), "N39.000": (0.02, 0.03, 0.05),
    "D64.900": (0.03, 0.05, 0.09), "J42.x00": (0.0, 0.03, 0.10), "I69.300": (0.0, 0.03, 0.10), "M81.000": (0.0, 0.02, 0.08),
    "K29.500": (0.05, 0.08, 0.07), "N40.x00": (0.0, 0.0, 0.0), "I50.900": (0.0, 0.01, 0.05), "E87.600": (0.02, 0.03, 0.05),
}  # fmt: skip
#: Complications that make a case heavier in every grouper; a hospital that codes up writes them beside light cases.
UPCODED = ("J96.000", "E87.001", "N39.000", "L89.200")


@dataclass(frozen=True)
class Diagnoses:
    codes: list[str]
    level: Ints
    branch: Ints
    tcm: Floats
    #: Weights (sex 2, illness 4, age 5, diagnosis) of visits and of stays, before season.
    visit_weights: Floats
    stay_weights: Floats
    season: Floats  # (month 12, diagnosis)
    visit_cost: Floats
    stay_cost: Floats
    days: Floats
    #: Position in ``procedure_words``, −1 for none, and how often it is done.
    procedure: Ints
    procedure_share: Floats
    linked: Ints
    words: pa.Array
    procedure_words: pa.Array
    secondary: Ints
    secondary_chance: Floats
    hypertension: int
    diabetes: int
    upcoded: Ints

    def at(self, code: str) -> int:
        return self.codes.index(code)


@cache
def diagnoses() -> Diagnoses:
    rows = sampling.read_table("diagnoses")
    codes = [row["code"] for row in rows]

    def column(name: str) -> Floats:
        return np.array([float(row[name] or 0) for row in rows])

    def weights(prefix: str) -> Floats:
        ages = np.stack([column(f"{prefix}{low}") for low in (0, *AGE_STEPS)])
        table = np.broadcast_to(ages, (2, ILL_GROUPS, *ages.shape)).copy()
        for at, row in enumerate(rows):
            if row["sex"]:
                table[int(row["sex"]) - 1, :, :, at] = 0.0  # the other sex
            if row["link"]:
                groups = (1, 3) if row["link"] == "hypertension" else (2, 3)
                for group in range(ILL_GROUPS):
                    table[:, group, :, at] *= LINKED if group in groups else UNLINKED
        return table

    season = np.ones((12, len(rows)))
    for at, row in enumerate(rows):
        if row["season"]:
            season[:, at] = WINTER if row["season"] == "winter" else SUMMER
    done = [row["procedure"] for row in rows if row["procedure"]]
    procedure_words = sorted(set(done))
    extra = [code for code in (*_SECONDARY, *UPCODED) if code not in codes]
    words = [*codes, *dict.fromkeys(extra)]
    return Diagnoses(
        codes=words,
        level=column("level").astype(np.int8),
        branch=np.array([BRANCHES.index(row["branch"]) for row in rows], dtype=np.int8),
        tcm=column("tcm") / 100,
        visit_weights=weights("o"),
        stay_weights=weights("i"),
        season=season,
        visit_cost=column("out_cost") / 100,
        stay_cost=column("in_cost") / 100,
        days=column("days"),
        procedure=np.array([procedure_words.index(row["procedure"]) if row["procedure"] else -1 for row in rows]),
        procedure_share=column("procedure_share") / 100,
        linked=np.array([bool(row["link"]) for row in rows]),
        words=pa.array(words),
        procedure_words=pa.array(procedure_words),
        secondary=np.array([words.index(code) for code in _SECONDARY]),
        secondary_chance=np.array([*_SECONDARY.values()]),
        hypertension=words.index("I10.x00x002"),
        diabetes=words.index("E11.900"),
        upcoded=np.array([words.index(code) for code in UPCODED]),
    )


def group_of(sex: Ints, ill: Ints, age_years: Floats) -> Ints:
    """The group whose lottery a person draws from: sex, illness and age together."""
    age = np.searchsorted(AGE_STEPS, age_years, side="right")
    # Position 0 of the first axis is women (sex 2), position 1 is men.
    return ((2 - sex.astype(np.int32)) * ILL_GROUPS + ill) * (len(AGE_STEPS) + 1) + age
