"""Whatever is loaded in whatever order: refreshing step by step shows what building from scratch shows, and both show
what a reader of the loads, row by row, would say."""

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from histories_rows import CONTRACT, DONE, DUE, STAY, VISIT, many, put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opencmc.facts.histories import Histories, read_lake, refresh, refresh_histories
from opencmc.facts.tables import TABLES

RESIDENTS = ("甲", "乙", "丙")

owners = st.sampled_from([*RESIDENTS, None])
rows = st.one_of(
    st.builds(
        lambda key, owner, fen: ("visit", VISIT | {"visit_id": key, "resident_id": owner, "total_fen": 100 + fen}),
        st.sampled_from(["v1", "v2"]),
        owners,
        st.integers(0, 3),
    ),
    st.builds(
        lambda key, owner: ("stay", STAY | {"stay_id": key, "resident_id": owner}),
        st.sampled_from(["s1", "s2"]),
        owners,
    ),
    st.builds(
        lambda key, owner: ("contract", CONTRACT | {"contract_id": key, "resident_id": owner}),
        st.sampled_from(["k1", "k2"]),
        st.sampled_from(RESIDENTS),
    ),
    st.builds(
        lambda key, contract: ("service_due", DUE | {"service_id": key, "contract_id": contract}),
        st.sampled_from(["p1", "p2"]),
        st.sampled_from(["k1", "k2", "k3"]),
    ),
    st.builds(
        lambda key, day, place: (
            "service_done",
            DONE | {"service_id": key, "date": date(2025, 6, day), "institution_id": place},
        ),
        st.sampled_from(["p1", "p2"]),
        st.sampled_from([1, 2]),
        st.sampled_from(["T1", "T2"]),
    ),
)
#: Each step loads some rows, no key twice in one table (a file with a key twice is another matter).
steps = st.lists(st.lists(rows, min_size=1, max_size=4), min_size=1, max_size=4)


def by_table(step: list[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    latest: dict[str, dict[Any, dict[str, Any]]] = {}
    for table, row in step:
        latest.setdefault(table, {})[tuple(row[name] for name in TABLES[table].key)] = row
    return {table: list(each.values()) for table, each in latest.items()}


class RowByRow:
    """The plain reading: the last row of a key counts; a service belongs to whoever has its contract."""

    def __init__(self) -> None:
        self.held: dict[str, dict[Any, dict[str, Any]]] = {}

    def add(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        for table, each in tables.items():
            held = self.held.setdefault(table, {})
            held.update({tuple(row[name] for name in TABLES[table].key): row for row in each})

    def owner(self, table: str, row: dict[str, Any]) -> str | None:
        if table == "service_done":
            due = self.held.get("service_due", {}).get((row["service_id"],))
            return self.owner("service_due", due) if due else None
        if table == "service_due":
            contract = self.held.get("contract", {}).get((row["contract_id"],))
            return contract["resident_id"] if contract else None
        return row["resident_id"]

    def of(self, resident: str) -> set[Any]:
        return {
            (table, *(str(value) for value in key), row.get("total_fen"), row.get("institution_id"))
            for table, each in self.held.items()
            for key, row in each.items()
            if self.owner(table, row) == resident
        }


def said(histories: Histories, resident: str) -> set[Any]:
    events = histories.of(resident).events
    found = {
        (e.table, *(str(e[name]) for name in TABLES[e.table].key), e.columns.get("total_fen"), e.institution_id)
        for e in events
    }
    assert len(found) == len(events), "no event twice"
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.integers(1, 3))
def test_refreshing_step_by_step_equals_building_from_scratch_and_the_plain_reading(given_steps, most):
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        kept, refresh.MOST_GENERATIONS = refresh.MOST_GENERATIONS, most
        try:
            put(home, {"visit": many(60)})
            refresh_histories(home)
            plain, histories = RowByRow(), Histories(home)
            for day, step in enumerate(given_steps, 1):
                put(home, by_table(step), day=day)
                plain.add(by_table(step))
                assert refresh_histories(home).done == "added"
                for resident in RESIDENTS:
                    assert said(histories, resident) == plain.of(resident)
            stepwise = histories.of_many([*RESIDENTS, "众"])
            assert read_lake(home, [*RESIDENTS, "众"]) == stepwise
            shutil.rmtree(home / "cache")
            assert refresh_histories(home).done == "built"
            assert histories.of_many([*RESIDENTS, "众"]) == stepwise
        finally:
            refresh.MOST_GENERATIONS = kept
