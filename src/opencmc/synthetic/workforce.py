"""Staff and where they work: employed, stationed in the townships, public-health commissioners and liaisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.county import COUNTY, TOWNSHIP, VILLAGE, County
from opencmc.synthetic.months import NEVER, number
from opencmc.synthetic.sampling import Ints, Lottery, Mask, stream
from opencmc.synthetic.staging import build

PROFESSIONS = (
    "physician", "nurse", "pharmacist", "technician", "public_health", "village_doctor", "management", "other",
)  # fmt: skip
TITLES = ("senior", "associate", "intermediate", "junior", "none")
KINDS = ("employed", "stationed", "commissioner", "liaison")
#: People per 1,000 residents in county hospitals, in centres, in the disease control centre, by profession.
_COUNTY = (1.75, 2.35, 0.20, 0.42, 0.05, 0.0, 0.20, 0.45)
_CENTRES = (0.95, 0.75, 0.16, 0.18, 0.28, 0.0, 0.08, 0.14)
_CONTROL = (0.05, 0.0, 0.0, 0.06, 0.09, 0.0, 0.03, 0.01)
#: The county institutions' shares: H1, H2, H3, H4, P1.
_SHARES = (0.40, 0.20, 0.18, 0.13, 0.09)
_TITLES = {
    "county": (0.05, 0.17, 0.37, 0.38, 0.03),
    "township": (0.005, 0.06, 0.30, 0.56, 0.075),
    "village": (0.0, 0.0, 0.03, 0.35, 0.62),
}


@dataclass
class Workforce:
    """One position a person, and the postings as rows of (person, institution, from, kind, start, end)."""

    profession: Ints
    title: Ints
    institution: Ints
    general: Mask
    tcm: Mask
    postings: list[tuple[int, int, int, int, int, int]]

    def ids(self) -> pa.Array:
        return sampling.numbered("W", np.arange(1, len(self.profession) + 1), 5)


def make_workforce(county: County, seed: int) -> Workforce:
    rng = stream(seed, "workforce")
    institution, profession = _people(county)
    size = len(institution)
    tier = county.tier[institution]
    title = Lottery([_TITLES["county"], _TITLES["township"], _TITLES["village"]]).draw(rng, tier, size)
    physician = profession == PROFESSIONS.index("physician")
    title = np.where(np.isin(profession, (6, 7)), np.maximum(title, 2), title)
    general = physician & (rng.random(size) < np.where(tier == TOWNSHIP, 0.36, 0.05))
    chinese = institution == county.index["NH-H3"]
    tcm = np.isin(profession, (0, 5)) & (
        rng.random(size) < np.where(chinese, 0.62, np.where(tier == COUNTY, 0.08, 0.20))
    )
    workforce = Workforce(profession, title, institution, general, tcm, [])
    _post(workforce, county, rng)
    return workforce


def _people(county: County) -> tuple[Ints, Ints]:
    """Institution and profession of everybody: at least one physician and one nurse in each hospital and centre."""
    thousands = county.residents / 1000
    rows: list[tuple[int, int]] = []

    def employ(at: int, rates: tuple[float, ...], share: float) -> None:
        for profession, rate in enumerate(rates):
            least = 2 if profession < 2 else 1 if rate > 0.2 else 0
            rows.extend([(at, profession)] * max(least if rate else 0, round(rate * share * thousands)))

    for at, share in zip(county.hospitals, _SHARES, strict=True):
        employ(int(at), _COUNTY, share)
    employ(county.index["NH-C1"], _CONTROL, 1.0)
    weights = county.shares**0.75
    for position, at in enumerate(county.centre):
        employ(int(at), _CENTRES, float(weights[position] / weights.sum()))
    for at in np.flatnonzero(county.tier == VILLAGE):
        rows.extend([(int(at), PROFESSIONS.index("village_doctor"))] * (2 if at % 3 == 0 else 1))
    table = np.array(rows)
    return table[:, 0], table[:, 1]


def _post(workforce: Workforce, county: County, rng: np.random.Generator) -> None:
    """Employed postings for all; physicians stationed from the leads to their centres; nobody at two places at once."""
    size = len(workforce.institution)
    begin, end = number(county.calendar.start), number(county.calendar.end)
    employed = begin - 60 - rng.integers(0, 3600, size)
    stationed: dict[int, list[tuple[int, int, int]]] = {}
    senior = (workforce.profession == 0) & (workforce.title <= 2)
    junior = (workforce.profession == 0) & (workforce.title == 3)
    for community in county.communities:
        if community.kind != "general":
            continue
        lead = county.index[community.lead]
        centres = [county.index[id_] for id_, role in community.members if role == "member"]
        able = rng.permutation(np.flatnonzero(senior & (workforce.institution == lead))).tolist()
        others = rng.permutation(np.flatnonzero(junior & (workforce.institution == lead))).tolist()
        for centre in centres:
            times = 2 if county.residents > 50_000 else 1
            for start in range(begin + 5, end - 60, 365):
                for _ in range(times):
                    pool = others if others and rng.random() < 0.12 else able
                    if not pool:
                        continue
                    long = rng.random() < 0.72
                    days = int(rng.integers(183, 340)) if long else int(rng.integers(60, 170))
                    first = start + int(rng.integers(0, 25))
                    person = int(pool.pop(0))
                    pool.append(person)
                    if all(last <= first for _, _, last in stationed.get(person, [])):
                        stationed.setdefault(person, []).append((centre, first, first + days))
    rows = workforce.postings
    for person in range(size):
        home, day = int(workforce.institution[person]), int(employed[person])
        for centre, first, last in sorted(stationed.get(person, []), key=lambda row: row[1]):
            rows.append((person, home, -1, 0, day, first))
            rows.append((person, centre, home, 1, first, last))
            day = last
        rows.append((person, home, -1, 0, day, NEVER))
    _public_health(workforce, county)


def _public_health(workforce: Workforce, county: County) -> None:
    """A commissioner from the disease control centre in each general hospital, a liaison in each centre; part of a
    person's time, so the share is not the whole."""
    day = number(county.calendar.start) - 365
    control = county.index["NH-C1"]
    public = np.flatnonzero((workforce.profession == 4) & (workforce.institution == control))
    for person, hospital in zip(public.tolist(), county.hospitals.tolist(), strict=False):
        workforce.postings.append((person, hospital, control, 2, day, NEVER))
    for centre in county.centre.tolist():
        own = np.flatnonzero((workforce.profession == 4) & (workforce.institution == centre))
        if len(own):
            workforce.postings.append((int(own[0]), centre, -1, 3, day, NEVER))


def staff_table(workforce: Workforce) -> pa.Table:
    return build(
        "staff",
        {
            "staff_id": workforce.ids(),
            "profession": sampling.take(pa.array(PROFESSIONS), workforce.profession),
            "title": sampling.take(pa.array(TITLES), workforce.title),
            "is_general_practitioner": pa.array(workforce.general),
            "is_tcm": pa.array(workforce.tcm),
        },
    )


def posting_table(workforce: Workforce, county: County) -> pa.Table:
    """All postings; those with an end say so from the beginning (an agreed stationing)."""
    rows = np.array(workforce.postings)
    person, institution, sender, kind, start, end = rows.T
    part = np.isin(kind, (2, 3))
    # Who is a commissioner or liaison keeps the other part of the time at the desk.
    both = np.isin(person, person[part]) & (kind == 0)
    share = np.where(part, 30, np.where(both, 70, 100))
    return build(
        "posting",
        {
            "posting_id": sampling.numbered("J", np.arange(1, len(rows) + 1), 6),
            "staff_id": sampling.take(workforce.ids(), person),
            "institution_id": sampling.take(county.words, institution),
            "from_id": sampling.take(county.words, sender),
            "kind": sampling.take(pa.array(KINDS), kind),
            "share_percent": sampling.whole(share),
            "start": sampling.dates(start),
            "end": sampling.dates(np.where(end >= NEVER, 0, end), end >= NEVER),
        },
    )


def headcount(workforce: Workforce, county: County) -> Ints:
    """People employed by each institution."""
    return np.bincount(workforce.institution, minlength=len(county.ids))
