"""Measure a made county against the figures that it was calibrated to: ``python -m opencmc.synthetic.calibration HOME``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from opencmc.synthetic.county import REGION
from opencmc.synthetic.people import YEAR, Ages
from opencmc.synthetic.sampling import Ints, Mask

NCD = r"^(I\d\d|C[0-8]\d|C9[0-7]|J[3-8]\d|J9[0-8]|E1[0-4])"


def read(home: Path, table: str, columns: Iterable[str], months: Iterable[str] | None = None) -> pa.Table:
    """The staged rows of a table (of some months)."""
    paths = sorted((home / "source" / table).glob("*.parquet"))
    chosen = [path for path in paths if months is None or path.stem[:7] in set(months)]
    return pa.concat_tables([pq.read_table(path, columns=list(columns)) for path in chosen])


def _is(rows: pa.Table, column: str, *values: str) -> Mask:
    found: Mask = pc.is_in(rows[column], value_set=pa.array(values)).to_numpy(zero_copy_only=False)
    return found


def measure(home: Path) -> dict[str, float]:
    """Figures of the county under ``home``, shares in percent."""
    made = json.loads((home / "source" / "county.json").read_text(encoding="utf-8"))
    years, people = made["months"] / 12, made["residents"]
    tiers = read(home, "institution", ("institution_id", "tier"))
    names = {
        tier: tiers.filter(pc.equal(tiers["tier"], tier))["institution_id"].to_pylist()
        for tier in pc.unique(tiers["tier"]).to_pylist()
    }
    visits = read(
        home,
        "visit",
        ("resident_id", "institution_id", "date", "kind", "is_tcm", "insured_region", "total_fen", "fund_fen"),
    )
    stays = read(
        home,
        "stay",
        ("resident_id", "institution_id", "admitted", "discharged", "insured_region", "total_fen", "fund_fen"),
    )
    residents = _residents(home)
    here = residents.filter(pc.is_valid(residents["township"]))["resident_id"]
    found: dict[str, float] = {}
    real = ~_is(visits, "kind", "pharmacy")
    mine, outside = _is(visits, "insured_region", REGION), _is(visits, "institution_id", *names["outside"])
    inside = _is(visits, "institution_id", *names["county"], *names["township"], *names["village"])
    primary = _is(visits, "institution_id", *names["township"], *names["village"])
    resident = pc.is_in(visits["resident_id"], value_set=here.combine_chunks()).to_numpy(zero_copy_only=False)
    found["visits_per_head"] = float((real & resident).sum()) / people / years
    found["visits_in_county"] = _share(real & mine & inside, real & mine)
    found["tcm_share"] = _share(real & inside & visits["is_tcm"].to_numpy(zero_copy_only=False), real & inside)
    months = visits["date"].to_numpy().astype("datetime64[M]").astype(np.int64)
    for name, window in (("first", months < months.min() + 3), ("last", months > months.max() - 3)):
        found[f"primary_share_{name}_quarter"] = _share(real & primary & window, real & inside & window)
    visit_fund, visit_total = visits["fund_fen"].to_numpy(), visits["total_fen"].to_numpy()
    stay_fund, stay_total = stays["fund_fen"].to_numpy(), stays["total_fen"].to_numpy()
    stay_mine, stay_out = _is(stays, "insured_region", REGION), _is(stays, "institution_id", *names["outside"])
    stay_county, stay_primary = (
        _is(stays, "institution_id", *names["county"]),
        _is(stays, "institution_id", *names["township"]),
    )
    stayed = pc.is_in(stays["resident_id"], value_set=here.combine_chunks()).to_numpy(zero_copy_only=False)
    found["stays_per_100"] = 100 * float(stayed.sum()) / people / years
    found["stays_in_county"] = _share(stay_mine & ~stay_out, stay_mine)
    in_county = visit_fund[mine & inside & real].sum() + stay_fund[stay_mine & ~stay_out].sum()
    out_of_county = visit_fund[mine & outside].sum() + stay_fund[stay_mine & stay_out].sum()
    to_primary = visit_fund[mine & primary].sum() + stay_fund[stay_mine & stay_primary].sum()
    found["fund_in_county"] = 100 * in_county / (in_county + out_of_county)
    found["fund_to_primary"] = 100 * to_primary / in_county
    days = (stays["discharged"].to_numpy() - stays["admitted"].to_numpy()).astype("timedelta64[D]").astype(np.int64)
    found["days_county"] = float(days[stay_county].mean())
    for tier, visit_mask, stay_mask in (
        ("county", _is(visits, "institution_id", *names["county"]) & real, stay_county),
        ("township", _is(visits, "institution_id", *names["township"]), stay_primary),
        ("outside", outside, stay_out),
    ):
        found[f"visit_yuan_{tier}"] = float(visit_total[visit_mask].mean()) / 100
        found[f"stay_yuan_{tier}"] = float(stay_total[stay_mask].mean()) / 100
    village = _is(visits, "institution_id", *names["village"])
    found["visit_yuan_village"] = float(visit_total[village].mean()) / 100
    found["fund_share_of_stays"] = 100 * float(stay_fund[stay_mine].sum()) / float(stay_total[stay_mine].sum())
    found.update(_vital(residents, people, years, made["start"]))
    return found


def _residents(home: Path) -> pa.Table:
    """The register as last known: a row with a death supersedes the one without."""
    rows = read(home, "resident", ("resident_id", "birth_date", "death_date", "cause_of_death", "township"))
    dead = rows.filter(pc.is_valid(rows["death_date"]))
    alive = rows.filter(pc.invert(pc.is_in(rows["resident_id"], value_set=dead["resident_id"].combine_chunks())))
    return pa.concat_tables([alive, dead])


def _share(part: Mask, whole: Mask) -> float:
    return 100 * float(part.sum()) / float(whole.sum())


def _vital(residents: pa.Table, people: int, years: float, start: str) -> dict[str, float]:
    """Deaths a year for 1,000 residents; the chance of dying of the four illnesses between 30 and 70, of all the years."""
    rows = residents.filter(pc.is_valid(residents["township"]))
    dead = rows.filter(pc.is_valid(rows["death_date"]))
    first = np.datetime64(f"{start}-01", "D")
    ages: Ints = (first - rows["birth_date"].to_numpy().astype("datetime64[D]")).astype(np.int64) / YEAR
    at_death = (dead["death_date"].to_numpy() - dead["birth_date"].to_numpy()).astype("timedelta64[D]").astype(
        np.int64
    ) / YEAR
    four = pc.match_substring_regex(dead["cause_of_death"], NCD).to_numpy(zero_copy_only=False)
    survive = 1.0
    for low in range(30, 70, 5):
        # People are a year older in the middle of two years; the population of the first day is near enough.
        alive = float(((ages >= low - years / 2) & (ages < low + 5 - years / 2)).sum())
        died = float((four & (at_death >= low) & (at_death < low + 5)).sum())
        rate = died / max(alive, 1.0) / years
        survive *= 1 - 5 * rate / (1 + 2.5 * rate)
    bands = Ages.read()
    counts = np.array([((ages >= low) & (ages < high)).sum() for low, high in zip(bands.low, bands.high, strict=True)])
    shares = counts / counts.sum()
    off = np.abs(shares - bands.share / bands.share.sum()).max()
    return {
        "deaths_per_1000": 1000 * dead.num_rows / people / years,
        "premature_mortality": 100 * (1 - survive),
        "largest_age_group_error": 100 * float(off),
    }


if __name__ == "__main__":
    for name, value in measure(Path(sys.argv[1])).items():
        sys.stdout.write(f"{name:32} {value:10.2f}\n")
