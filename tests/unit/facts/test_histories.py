"""Everything that the lake knows about one resident, and that it stays right as the lake grows."""

import json
import threading
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest
from facts_rows import KNOWN
from histories_rows import CONTRACT, DONE, DUE, EVERYTHING, STAY, VISIT, many, put

from opencmc.base.outcomes import Unknown
from opencmc.facts.histories import Histories, building, index, read_lake, refresh_histories
from opencmc.facts.tables import TABLES


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def view(home: Path) -> Path:
    return home / "cache" / "histories" / "current"


def shown(histories: Histories, resident: str, table: str, column: str) -> list[object]:
    return [event[column] for event in histories.of(resident).of(table)]


def test_every_kind_of_event_appears_newest_first_with_all_its_columns(home):
    put(home, EVERYTHING)
    report = refresh_histories(home)
    history = Histories(home).of("甲")
    assert [(event.table, event.date, event.until, event.institution_id) for event in history.events] == [
        ("service_due", date(2025, 6, 30), None, None),
        ("service_done", date(2025, 6, 2), None, "T1"),
        ("follow_up", date(2025, 5, 5), None, "T1"),
        ("stay", date(2025, 4, 1), date(2025, 4, 9), "H1"),
        ("referral", date(2025, 3, 30), date(2025, 4, 9), "T1"),
        ("visit", date(2025, 3, 1), None, "T1"),
        ("order", date(2025, 3, 1), date(2025, 3, 2), "T1"),
        ("infection", date(2025, 1, 10), None, "T1"),
        ("contract", date(2025, 1, 1), date(2026, 1, 1), "T1"),
        ("enrolment", date(2019, 5, 1), None, "T1"),
    ]
    assert {event.key for event in history.events} == {
        "p1", "p1|2025-06-02", "f1", "s1", "r1", "v1", "o1", "c1", "k1", "m1"
    }  # fmt: skip
    for event in history.events:
        brought = EVERYTHING[event.table][0]
        for name in TABLES[event.table].columns:
            expected = brought.get(name)
            if name != "resident_id":
                assert event[name] == (tuple(expected) if isinstance(expected, list) else expected), (event.table, name)
    assert (report.done, report.rows, report.residents, report.latest_load) == ("built", 10, 1, 10)


def test_a_truth_value_and_a_list_come_back_as_such_and_a_service_knows_its_contract(home):
    put(home, EVERYTHING)
    refresh_histories(home)
    history = Histories(home).of("甲")
    assert shown(Histories(home), "甲", "visit", "is_tcm") == [True]
    assert shown(Histories(home), "甲", "order", "recognised") == [False]
    assert shown(Histories(home), "甲", "stay", "diagnoses") == [("I63.900", "E11.900")]
    (done,) = history.of("service_done")
    assert (done["contract_id"], done["item"]) == ("k1", "年度健康评估")


def test_nobody_can_change_what_was_read(home):
    put(home, {"visit": [VISIT]})
    (event,) = read_lake(home, ["甲"]).events
    with pytest.raises(FrozenInstanceError):
        event.key = "v2"
    with pytest.raises(TypeError):
        event.columns["total_fen"] = 0


def test_an_unknown_resident_has_an_empty_history(home):
    put(home, {"visit": [VISIT]})
    assert Histories(home).of("无").events == ()
    refresh_histories(home)
    assert Histories(home).of("无").events == ()
    assert Histories(home).of_many([]).events == ()


def test_rows_of_nobody_are_in_no_history(home):
    put(home, {"visit": [VISIT | {"resident_id": None}, VISIT | {"visit_id": "v2"}], "service_due": [DUE]})
    report = refresh_histories(home)
    assert (report.rows, report.residents) == (1, 1)


def test_an_empty_lake_can_be_refreshed_and_grows_later(home):
    assert refresh_histories(home).rows == 0
    assert Histories(home).of("甲").events == ()
    put(home, {"visit": [VISIT]})
    assert refresh_histories(home).rows == 1
    assert len(Histories(home).of("甲").events) == 1


def test_without_a_cache_the_lake_itself_answers_the_same(home):
    put(home, EVERYTHING)
    put(home, {"visit": [VISIT | {"total_fen": 200}]}, day=1)
    direct = Histories(home).of("甲")
    assert not view(home).exists() or not (view(home) / index.NAME).exists()
    refresh_histories(home)
    assert Histories(home).of("甲") == direct
    assert [event["total_fen"] for event in direct.of("visit")] == [200]


def test_a_correction_replaces_and_a_late_load_appears_after_the_refresh(home):
    put(home, {"visit": [*many(50), VISIT]})
    refresh_histories(home)
    histories = Histories(home)
    assert shown(histories, "甲", "visit", "total_fen") == [100]
    put(home, {"visit": [VISIT | {"total_fen": 250}]}, day=1)
    put(home, {"stay": [STAY]}, day=2)
    assert shown(histories, "甲", "visit", "total_fen") == [100]
    assert histories.behind() == 2
    report = refresh_histories(home)
    assert (report.done, report.rows, report.generations) == ("added", 2, 2), "only what came since is written"
    assert shown(histories, "甲", "visit", "total_fen") == [250], "the same object notices the newer cache"
    assert shown(histories, "甲", "stay", "stay_id") == ["s1"]
    assert histories.behind() == 0


def test_a_row_corrected_to_be_another_residents_leaves_the_first_and_may_come_back(home):
    put(home, {"visit": [*many(50), VISIT]})
    refresh_histories(home)
    histories = Histories(home)
    for day, owner in enumerate(["乙", "甲", "乙", None, "甲"], 1):
        put(home, {"visit": [VISIT | {"resident_id": owner, "total_fen": 100 + day}]}, day=day)
        assert refresh_histories(home).done == "added"
        for resident in ("甲", "乙"):
            expected = [100 + day] if resident == owner else []
            assert shown(histories, resident, "visit", "total_fen") == expected, (day, resident)


def test_services_follow_their_contract_whichever_comes_first(home):
    put(home, {"visit": many(50), "service_done": [DONE]})
    refresh_histories(home)
    histories = Histories(home)
    for day, (rows, owner) in enumerate(
        [
            ({"service_due": [DUE]}, None),
            ({"contract": [CONTRACT]}, "甲"),
            ({"contract": [CONTRACT | {"resident_id": "乙"}]}, "乙"),
            ({"contract": [CONTRACT | {"contract_id": "k2", "resident_id": "丙"}]}, "乙"),
            ({"service_due": [DUE | {"contract_id": "k2"}]}, "丙"),
            ({"service_done": [DONE | {"institution_id": "T2"}]}, "丙"),
        ],
        1,
    ):
        put(home, rows, day=day)
        assert refresh_histories(home).done == "added"
        for resident in ("甲", "乙", "丙"):
            services = histories.of(resident).of("service_due", "service_done")
            assert [event.table for event in services] == (
                ["service_due", "service_done"] if resident == owner else []
            ), (day, resident)
    (done,) = histories.of("丙").of("service_done")
    assert done.institution_id == "T2"


def test_histories_as_known_at_an_earlier_moment_stay_as_they_were_known(home):
    put(home, {"visit": [VISIT]})
    put(home, {"visit": [VISIT | {"total_fen": 250}, VISIT | {"visit_id": "v2"}]}, day=1)
    refresh_histories(home)
    earlier = Histories(home, KNOWN)
    assert shown(earlier, "甲", "visit", "total_fen") == [100], "from the lake itself"
    refresh_histories(home, known_at=KNOWN)
    assert shown(earlier, "甲", "visit", "total_fen") == [100], "from a cache of its own"
    assert sorted(shown(Histories(home), "甲", "visit", "total_fen")) == [100, 250]
    assert earlier.behind() == 0


def test_a_killed_refresh_leaves_the_former_histories_and_the_next_one_clears_up(home, monkeypatch):
    put(home, {"visit": [*many(50), VISIT]})
    refresh_histories(home)
    put(home, {"visit": [VISIT | {"total_fen": 250}]}, day=1)

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(index.Index, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            refresh_histories(home)
    assert len([path for path in view(home).iterdir() if path.is_dir()]) == 2, "the new generation was left behind"
    assert shown(Histories(home), "甲", "visit", "total_fen") == [100]
    (view(home) / "half-written").mkdir()
    refresh_histories(home)
    assert shown(Histories(home), "甲", "visit", "total_fen") == [250]
    named = {each["folder"] for each in json.loads((view(home) / index.NAME).read_text())["generations"]}
    assert {path.name for path in view(home).iterdir() if path.is_dir()} == named


def test_a_damaged_or_foreign_cache_is_built_anew(home, tmp_path):
    put(home, {"visit": [*many(50), VISIT]})
    refresh_histories(home)
    histories = Histories(home)
    for path in view(home).glob("*/*.parquet"):
        path.unlink()
    assert shown(histories, "甲", "visit", "total_fen") == [100], "read from the lake meanwhile"
    assert refresh_histories(home).done == "built"
    other = tmp_path / "other"
    put(other, {"visit": [*many(50), VISIT | {"total_fen": 700}]})
    (home / "lake").rename(tmp_path / "old lake")
    (other / "lake").rename(home / "lake")
    assert refresh_histories(home).done == "built"
    assert shown(histories, "甲", "visit", "total_fen") == [700]


def test_a_cache_of_another_layout_is_not_read_and_is_built_anew(home):
    put(home, {"visit": [VISIT]})
    refresh_histories(home)
    path = view(home) / index.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layout": "former"}), encoding="utf-8")
    assert index.Index.read(view(home)) is None
    assert shown(Histories(home), "甲", "visit", "total_fen") == [100]
    assert refresh_histories(home).done == "built"


def test_nothing_new_writes_nothing(home):
    put(home, {"visit": [VISIT]})
    refresh_histories(home)
    put(home, {"ledger": [{"institution_id": "H1", "month": date(2025, 1, 1), "account": "subsidy", "amount_fen": 1}]})
    assert Histories(home).behind() == 1
    report = refresh_histories(home)
    assert (report.done, report.rows, report.latest_load) == ("unchanged", 0, 2)
    assert Histories(home).behind() == 0


def test_many_refreshes_are_merged_into_few_files(home):
    put(home, {"visit": [*many(50), VISIT]})
    generations = []
    for day in range(1, 12):
        generations.append(refresh_histories(home).generations)
        put(home, {"visit": [VISIT | {"total_fen": 100 + day}, VISIT | {"visit_id": f"x{day}"}]}, day=day)
    assert generations == [1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6]
    refresh_histories(home)
    assert len(Histories(home).of("甲").events) == 12
    assert shown(Histories(home), "甲", "visit", "total_fen").count(111) == 1


def test_several_identifiers_of_one_person_make_one_timeline_that_keeps_where_each_came_from(home):
    put(home, EVERYTHING)
    put(home, {"visit": [VISIT | {"visit_id": "v9", "resident_id": "旧号", "date": date(2025, 4, 5)}]}, day=1)
    refresh_histories(home)
    history = Histories(home).of_many(["甲", "旧号", "甲"])
    assert history.resident_ids == ("甲", "旧号")
    assert [(event.key, event.resident_id) for event in history.of("visit", "stay")] == [
        ("v9", "旧号"), ("s1", "甲"), ("v1", "甲")
    ]  # fmt: skip
    assert read_lake(home, ["甲", "旧号"]) == history


def test_ten_thousand_events_of_one_person_are_all_there_in_order(home):
    put(home, {"visit": [*many(10_000), VISIT, VISIT | {"visit_id": "v2", "resident_id": "末"}]})
    refresh_histories(home)
    events = Histories(home).of("众").events
    assert [event.key for event in events] == [f"w{n:05d}" for n in reversed(range(10_000))]
    assert len(Histories(home).of("甲").events) == 1


def test_many_residents_in_many_files_are_found_each_with_their_own(home, monkeypatch):
    monkeypatch.setattr(building, "BUCKET_ROWS", 200)
    monkeypatch.setattr(building, "GROUP_ROWS", 1000)
    monkeypatch.setattr(building, "ROW_GROUP_ROWS", 64)
    rows = [row | {"resident_id": f"R{n % 700:04d}"} for n, row in enumerate(many(3000))]
    put(home, {"visit": rows})
    refresh_histories(home)
    files = list(view(home).glob("*/*.parquet"))
    assert len(files) == 16
    histories = Histories(home)
    for number in range(0, 710, 7):
        expected = sorted((row["visit_id"] for row in rows if row["resident_id"] == f"R{number:04d}"), reverse=True)
        assert [event.key for event in histories.of(f"R{number:04d}").events] == expected


def test_the_bucket_of_a_resident_is_the_same_in_the_files_and_for_the_reader(tmp_path):
    from opencmc.facts.engines import Workbench

    names = ["R0000001", "甲", "", "a'b", "旧号 7"]
    with Workbench(tmp_path, in_memory=True) as bench:
        values = ", ".join("('" + name.replace("'", "''") + "')" for name in names)
        for buckets in (1, 2, 256, 1024):
            rows = bench.rows(
                f"SELECT resident_id, {index.bucket_sql(buckets)} FROM (VALUES {values}) AS t(resident_id)"
            )
            assert dict(rows) == {name: index.bucket_of(name, buckets) for name in names}


def test_two_builds_of_one_lake_are_the_same_bytes(home):
    put(home, EVERYTHING | {"visit": [*many(3000), VISIT]})
    made = []
    for _ in range(2):
        refresh_histories(home)
        made.append({path.name: path.read_bytes() for path in sorted(view(home).rglob("*.*")) if path.is_file()})
        for path in sorted(view(home).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    assert made[0] == made[1]
    assert {"0000.parquet", index.NAME} <= set(made[0])


def test_many_threads_read_while_refreshes_replace_the_files(home):
    put(home, {"visit": [*many(300), VISIT]})
    refresh_histories(home)
    histories, wrong, stop = Histories(home), [], threading.Event()
    reads = []

    def look() -> None:
        while not stop.is_set():
            amounts = shown(histories, "甲", "visit", "total_fen")
            reads.append(len(histories.of("众").events))
            if len(amounts) != 1 or reads[-1] != 300:
                wrong.append((amounts, reads[-1]))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for day in range(1, 9):
        put(home, {"visit": [VISIT | {"total_fen": 100 + day}]}, day=day)
        refresh_histories(home)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(reads) > 10
    assert shown(histories, "甲", "visit", "total_fen") == [108]


def test_a_second_refresh_waits_for_the_first_and_finds_nothing_to_do(home):
    put(home, {"visit": [VISIT]})
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(refresh_histories(home).done)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reports) == ["built", "unchanged", "unchanged"]


def test_medicines_are_unknown_and_not_none(home):
    put(home, {"visit": [VISIT]})
    assert read_lake(home, ["甲"]).medicines == Unknown(("medicines",))


def test_progress_is_told_in_order(home):
    put(home, {"visit": [VISIT]})
    told: list[tuple[str, float]] = []
    refresh_histories(home, progress=lambda step, share: told.append((step, share)))
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("完成", 1.0)
