"""A load is all or nothing: killed at any step it leaves the lake as it was, and two at once take turns."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

KNOWN = datetime(2026, 1, 5, tzinfo=UTC)
HEADER = "visit_id,institution_id,date,kind,is_tcm,total_fen,fund_fen,own_fen\n"

#: Prints each step and waits for a line before it goes on, so that a test can stop it where it likes.
LOADER = """
import sys
from datetime import UTC, datetime
from opencmc.facts.lake import Lake

def report(step, share):
    print(step, flush=True)
    sys.stdin.readline()

Lake(sys.argv[1]).load("visit", [sys.argv[2]], known_at=datetime(2026, 1, 6, tzinfo=UTC), actor="李四", progress=report)
"""
STEPS = ["读取文件", "逐行校验", "查找重复与引用", "写入", "提交"]


def visits(path: Path, first: int, count: int) -> Path:
    rows = (f"v{number},I1,2025-03-01,outpatient,否,100,50,50\n" for number in range(first, first + count))
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return path


def start(home: Path, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", LOADER, str(home), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def go_on_until(process: "subprocess.Popen[str]", wanted: str) -> None:
    """Let the loader work until it says ``wanted``; it then waits."""
    for _ in range(20):
        said = process.stdout.readline().strip()
        if said == wanted:
            return
        assert said, "the loader ended before the step"
        go_on(process)
    raise AssertionError(f"the loader never came to {wanted}")


def go_on(process: "subprocess.Popen[str]") -> None:
    process.stdin.write("\n")
    process.stdin.flush()


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(timeout=60)
    process.stdin.close()
    process.stdout.close()


def committed(lake: Lake) -> dict[str, bytes]:
    """Everything that a manifest speaks for, and the manifests."""
    names = {f"{load.load:06d}" for load in lake.loads()}
    files = [*lake.root.glob("loads/*"), *lake.root.glob("tables/*/*"), *lake.root.glob("refused/*")]
    return {str(path.relative_to(lake.root)): path.read_bytes() for path in files if path.name[:6] in names}


def count(lake: Lake) -> int:
    with DuckDB(lake) as engine:
        return int(engine.collect(engine.table("visit").count())[0][0].as_py())


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "home")
    lake.load("visit", [visits(tmp_path / "first.csv", 0, 10)], known_at=KNOWN, actor="张三")
    return lake


@pytest.mark.parametrize("step", STEPS)
def test_a_load_killed_at_any_step_leaves_the_lake_as_it_was(lake, tmp_path, step):
    before = committed(lake)
    path = visits(tmp_path / "second.csv", 5, 1000)
    process = start(lake.home, path)
    go_on_until(process, step)
    kill(process)
    assert committed(lake) == before
    assert count(lake) == 10

    report = lake.load("visit", [path], known_at=KNOWN, actor="张三")
    assert (report.load, report.accepted, report.superseded) == (2, 1000, 5)
    assert count(lake) == 1005
    assert not (lake.root / "staging" / "000002").exists()


def test_a_load_killed_while_it_works_leaves_the_lake_as_it_was(lake, tmp_path):
    before = committed(lake)
    process = start(lake.home, visits(tmp_path / "large.csv", 0, 200_000))
    go_on_until(process, "逐行校验")
    go_on(process)
    kill(process)
    assert committed(lake) == before
    assert count(lake) == 10


def test_files_that_no_manifest_speaks_for_are_ignored_and_cleared(lake, tmp_path):
    orphan = lake.root / "tables" / "visit" / "000002.parquet"
    orphan.write_bytes((lake.root / "tables" / "visit" / "000001.parquet").read_bytes())
    stray = lake.root / "staging" / "000002" / "accepted.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half")
    assert count(lake) == 10
    unchanged = lake.load("visit", [tmp_path / "first.csv"], known_at=KNOWN, actor="张三")
    assert unchanged.unchanged
    assert not orphan.exists()
    assert not stray.exists()


def test_a_second_load_waits_for_the_first(lake, tmp_path):
    first = start(lake.home, visits(tmp_path / "a.csv", 100, 10))
    go_on_until(first, "写入")
    second = start(lake.home, visits(tmp_path / "b.csv", 200, 10))
    go_on_until(second, "另一次装入正在进行，等待其结束")
    go_on(second)
    assert [load.load for load in lake.loads()] == [1], "neither has happened yet"
    for process in (first, second):
        assert process.communicate("\n" * 20, timeout=120)[0].strip().endswith("完成")
        assert process.returncode == 0
    assert [load.load for load in lake.loads()] == [1, 2, 3]
    assert count(lake) == 30
