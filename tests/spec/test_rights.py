"""The table of rights in docs/rights.md, cell by cell against the one decision; and what no row may ever say."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation
from people_of_a_county import make_network

from opencmc.apps.access.api import ACTIONS, GIVES, ROLES, Holder, Level, may, reach, refusal, require
from opencmc.apps.access.decisions import roles_given_by
from opencmc.apps.access.reference import rights_reference
from opencmc.apps.network.api import institutions_within
from opencmc.apps.network.models import Membership
from opencmc.base.errors import Refused

LEVELS = {"本": Level.OWN, "共": Level.COMMUNITY, "县": Level.COUNTY, "—": None}
FRONT_LINE = {"village_doctor", "township_doctor", "station_nurse"}
COUNTY_WIDE = {role.id for role in ROLES.values() if role.held_at == ("county",)}
DAY = date(2026, 3, 2)


def holder(role: str, unit_kind: str = "institution", unit_id: str = "T1") -> Holder:
    if "institution" not in ROLES[role].held_at:
        unit_kind, unit_id = "county", ""
    return Holder("somebody", "somebody", role, unit_kind, unit_id)


def rows(text: str, heading: str) -> list[list[str]]:
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture(scope="module")
def documented(repository) -> str:
    return (repository / "docs" / "rights.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def table(documented) -> list[tuple[str, str, Level | None]]:
    """(action, role, level) of every cell."""
    roles = [row[1].strip("`") for row in rows(documented, "角色")]
    found = []
    for _label, action, _purpose, *cells in rows(documented, "操作 × 角色"):
        assert len(cells) == len(roles), action
        found += [(action.strip("`"), role, LEVELS[cell]) for role, cell in zip(roles, cells, strict=True)]
    return found


def test_the_documented_table_is_the_one_that_decides(documented):
    with translation.override("zh-hans"):
        assert documented == rights_reference(), "docs/rights.md 已过时：运行 tools/generate_docs.py"


def test_every_action_and_every_role_has_its_cell(table):
    assert {(action, role) for action, role, _level in table} == {(a, r) for a in ACTIONS for r in ROLES}


def test_every_cell_is_what_the_decision_says(table):
    different = []
    for action, role, level in table:
        found = reach(holder(role), action)
        if (found.level if found else None) is not level:
            different.append((action, role, level, found))
    assert different == []


def test_a_cell_without_a_level_is_refused_with_the_role_the_action_and_who_may(table):
    for action, role, level in table:
        one = holder(role)
        assert may(one, action) is (level is not None)
        if level is None:
            with pytest.raises(Refused) as error:
                require(one, action)
            assert str(ROLES[role].label) in error.value.sentence
            assert str(ACTIONS[action].label) in error.value.sentence
            assert error.value.possible_when


@pytest.mark.parametrize("role", ["", "nobody", "VILLAGE_DOCTOR", "system_administrator ", "superuser"])
def test_without_a_post_of_the_table_nothing_is_allowed(role):
    nobody = Holder("x", "x", role, "county", "")
    assert [action for action in ACTIONS if may(nobody, action)] == []
    assert roles_given_by(nobody) == ()


def test_an_action_that_does_not_exist_is_a_fault_and_no_answer():
    with pytest.raises(KeyError):
        reach(holder("county_director"), "residents.delete_everything")


# what no row may ever say


def test_the_front_line_reaches_the_county_only_in_emergencies_and_for_what_is_public(table):
    public = {"network.view", "figures.view", "rules.view", "break_glass.open"}
    assert {a for a, role, level in table if role in FRONT_LINE and level is Level.COUNTY} <= public


def test_no_county_wide_role_opens_the_record_of_a_person(table):
    """They see sums. What opens records for care is not theirs; merging, importing and the report on views are."""
    care = {action.id for action in ACTIONS.values() if action.personal and action.purpose == "care"}
    assert [(a, r) for a, r, level in table if r in COUNTY_WIDE and level and a in care] == []


def test_every_county_wide_role_asks_for_a_second_factor():
    assert {role for role in COUNTY_WIDE if not ROLES[role].second_factor} == set()


def test_the_payer_sees_money_and_figures_and_no_person(table):
    personal = {action.id for action in ACTIONS.values() if action.personal}
    assert [a for a, role, level in table if role == "fund_manager" and level and a in personal] == []


def test_who_opens_accounts_does_not_supervise_and_who_supervises_changes_nothing(table):
    allowed = {role: {a for a, r, level in table if r == role and level} for role in ROLES}
    assert not allowed["system_administrator"] & {"break_glass.review", "residents.view", "residents.access_report"}
    writes = {
        a for a in ACTIONS if a.split(".")[-1] in {"edit", "create", "import", "merge", "reorganise", "manage", "do"}
    }
    assert not allowed["supervisor"] & writes


def test_only_the_system_administrator_gives_managers():
    assert {giver for giver, gifts in GIVES.items() if set(gifts) & set(GIVES)} == {"system_administrator"}
    for giver in GIVES:
        assert may(holder(giver), "accounts.manage")


# how far a level goes


@pytest.fixture
def network(db):
    make_network()
    for institution, role in (("H1", "lead"), ("T1", "member"), ("T2", "member")):
        Membership.objects.create(
            community_id="C1", community_name="第一医共体", community_kind="general", institution_id=institution,
            role=role, start=date(2020, 1, 1),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "unit", "action", "reaches"),
    [
        ("village_doctor", "V1", "residents.view", {"V1"}),
        ("township_doctor", "T1", "residents.view", {"T1", "V1", "V2"}),
        ("township_manager", "T2", "accounts.manage", {"T2", "V3"}),
        ("county_specialist", "H1", "residents.view", {"H1"}),
        ("county_specialist", "H2", "residents.view", {"H2"}),
        ("lead_manager", "H1", "network.edit", {"H1", "T1", "T2", "V1", "V2", "V3"}),
        ("lead_manager", "H2", "network.edit", {"H2"}),
        ("lead_manager", "H1", "accounts.manage", {"H1"}),
        ("supervisor", "", "audit.view", None),
    ],
)
def test_a_level_becomes_these_institutions(network, role, unit, action, reaches):
    one = holder(role, "institution", unit)
    found = institutions_within(require(one, action), DAY)
    assert found == (None if reaches is None else frozenset(reaches))


def test_a_service_account_has_what_was_ticked_and_no_more():
    for role in ROLES:
        one = holder(role)
        ticked = Holder("s", "s", role, one.unit_kind, one.unit_id, is_service=True, actions=frozenset({"rules.view"}))
        assert [action for action in ACTIONS if may(ticked, action)] == ["rules.view"]
    foreign = Holder("s", "s", "village_doctor", "institution", "V1", actions=frozenset({"audit.view"}))
    assert not may(foreign, "audit.view")
    assert "不能" in refusal(foreign, "audit.view").sentence
