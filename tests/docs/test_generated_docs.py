"""Generated documents are current, and the coverage of the seed documents is complete and points at real things."""

import runpy

import pytest

from opencmc.cli.main import opencmc
from opencmc.facts.tables import TABLES
from opencmc.policy.coverage import load_coverage
from opencmc.policy.pack import default_root

#: Pages that exist, by the names of their addresses; test_pages_named_in_the_coverage_exist opens them.
PAGES = {
    "cockpit", "indicator", "rules", "network", "sign-in", "home", "tasks", "residents", "record", "households", "grids",
    "institution", "standards", "governance", "reorganisation", "public-health-posts", "accounts", "audit",
}  # fmt: skip
METHODS = {"indicators", "runs", "explain"}


def test_generated_documents_are_current(repository):
    generated = runpy.run_path(str(repository / "tools" / "generate_docs.py"))["generated"]()
    stale = [path.name for path, text in generated.items() if not path.exists() or path.read_text("utf-8") != text]
    assert stale == [], "请执行 make fix"


@pytest.fixture(scope="module")
def coverage():
    return load_coverage(default_root())


def test_all_five_seed_documents_are_covered(coverage):
    seeds = {
        "000_c89dc0d200fe6dbc",
        "001_fe7f0f38f457e1a9",
        "002_51610aeb82869521",
        "003_3ae5aa025114d15a",
        "004_9d0ef5496f593d7d",
    }
    assert {row.document for row in coverage} == seeds


def test_what_carries_a_clause_out_exists(coverage):
    known = {"table": set(TABLES), "method": METHODS, "page": PAGES, "command": set(opencmc.commands)}
    lost = [
        f"{row.where} {carrier}"
        for row in coverage
        for carrier in row.carried_out_by
        if (kind := carrier.partition(":")[0]) in known and carrier.partition(":")[2] not in known[kind]
    ]
    assert lost == []
