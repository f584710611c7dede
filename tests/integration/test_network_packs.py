"""Networks of policy packs brought into a home, what a preview counts, and what waits on the home page."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from network_rows import small_network

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.audit.api import audited
from opencmc.apps.network import governing, preview, reorganising, touched
from opencmc.apps.network.api import export_pending, load_pack_network, members_on, publish_network, work_of
from opencmc.apps.network.models import Institution, Township
from opencmc.apps.network.rows import InstitutionRow, MembershipRow, Moved, Rows
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused
from opencmc.facts.lake import Lake

NOW = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
ACTOR = Actor(Holder("director", "", "county_director", "county", ""), NOW)
TODAY = date(2025, 11, 3)


@pytest.fixture
def small(db):
    with audited(ACTOR) as trail:
        lock_network()
        write_network(Rows().moved_to(small_network()), ACTOR)
        trail.add("network.import", object_="test")


def communities() -> dict[str, int]:
    counted: dict[str, int] = {}
    for row in members_on(TODAY):
        counted[row["community_id"]] = counted.get(row["community_id"], 0) + 1
    return counted


@pytest.mark.parametrize(
    ("pack", "expected"),
    [
        ("ninghai", {"NH-G1": 13, "NH-G2": 4, "NH-S1": 16, "NH-S2": 16}),
        ("chongqing", {"CQ-A1": 2, "CQ-A2": 2}),
        ("fuxin", {"FX-A1": 1, "FX-A2": 1, "FX-A3": 1, "FX-A4": 1}),
    ],
)
def test_a_pack_fills_an_empty_home_and_a_second_time_adds_nothing(db, tmp_path, pack, expected):
    load_pack_network(ACTOR, pack, day=TODAY)
    assert communities() == expected
    assert export_pending(tmp_path, actor=ACTOR) > 0
    rows = read_rows()
    assert sum(len(plan.rows) for _, plan in load_pack_network(ACTOR, pack, day=TODAY)) == 0
    publish_network(tmp_path, known_at=NOW, region="330226", townships={}, actor=ACTOR)
    assert rows.moved_to(read_rows()) == []


def test_an_alliance_written_for_every_county_means_this_county_s_own_institutions(db):
    load_pack_network(ACTOR, "ninghai", day=TODAY)
    assert Township.objects.count() == 18
    load_pack_network(ACTOR, "chongqing", day=TODAY)
    alliance = {(row["institution_id"], row["role"]) for row in members_on(TODAY) if row["community_id"] == "CQ-A1"}
    assert ("NH-H4", "lead") in alliance
    assert len(alliance) == 16
    assert not Institution.objects.filter(pk__startswith="CQ-").exists()


def test_a_kind_of_which_there_are_two_is_asked_for_and_can_be_named(small):
    with pytest.raises(Refused, match="没有编号为“XX”的机构"):
        load_pack_network(ACTOR, "chongqing", day=TODAY, chosen={"CQ-TCM": "XX"})
    done = load_pack_network(ACTOR, "chongqing", day=TODAY, chosen={"CQ-MCH": "H2"})
    assert ("H2", "lead") in {
        (r["institution_id"], r["role"]) for r in members_on(TODAY) if r["community_id"] == "CQ-A1"
    }
    assert any("县中医医院" in note for _, plan in done for note in plan.notes)


def test_a_pack_never_takes_an_institution_out_of_its_community(small):
    held = MembershipRow("G1", "第一综合医共体", "general", "NH-T330226101", "member", date(2018, 1, 1))
    there = InstitutionRow("NH-T330226101", "长街", region="330226")
    with audited(ACTOR) as trail:
        lock_network()
        write_network([Moved("institution", None, there), Moved("membership", None, held)], ACTOR)
        trail.add("network.import", object_="test")
    before = read_rows()
    with pytest.raises(Refused, match="NH-T330226101 已属于第一综合医共体，不能再加入第一综合医共体"):
        load_pack_network(ACTOR, "ninghai", day=TODAY)
    assert before.moved_to(read_rows()) == []


@pytest.mark.parametrize(("pack", "said"), [("national", "没有网络条目"), ("nowhere", "没有名为“nowhere”的政策包")])
def test_a_pack_without_a_network_or_of_no_such_name_is_refused(small, pack, said):
    with pytest.raises(Refused, match=said):
        load_pack_network(ACTOR, pack, day=TODAY)


def test_a_day_before_the_pack_s_first_value_is_refused_with_the_day(db):
    with pytest.raises(Refused, match="2016-01-01 没有取值") as refused:
        load_pack_network(ACTOR, "ninghai", day=date(2016, 1, 1))
    assert "2017-12-04" in refused.value.possible_when


# previews ---------------------------------------------------------------------------------------------------------------


def draft_of_a_move():
    made = reorganising.create_draft(ACTOR, title="长街转入第二", effective=date(2026, 1, 1))
    reorganising.add_change(ACTOR, made.pk, 1, "move", {"institution": "T1", "community": "G1", "to_community": "G2"})
    return reorganising.find_reorganisation(made.pk)


@pytest.fixture
def lake(small, tmp_path):
    """Four residents of two moving townships and one of another; three people at work at T1 and T2."""
    people = "resident_id,sex,birth_date,death_date,township,insured_region\n" + "\n".join(
        [
            "甲,1,1960-05-01,,330226101,330226",
            "乙,2,1955-05-01,,330226101,",
            "丙,1,1990-05-01,2024-01-01,330226101,330226",
            "丁,2,1985-05-01,,330226201,330226",
            "戊,2,1985-05-01,,330226104,330226",
        ]
    )
    posts = "posting_id,staff_id,institution_id,kind,share_percent,start,end\n" + "\n".join(
        [
            "1,a,T1,employed,100,2020-01-01,",
            "2,b,T1,employed,100,2020-01-01,2021-01-01",
            "3,c,T2,employed,100,2020-01-01,",
        ]
    )
    for table, text in (("resident", people), ("posting", posts)):
        path = tmp_path / f"{table}.csv"
        path.write_text(text + "\n", encoding="utf-8")
        Lake(tmp_path).load(table, [path], known_at=NOW, actor="test", on_refusal="reject")
    return tmp_path


def test_a_preview_counts_residents_insured_beds_and_staff_that_move(lake):
    found = preview.preview_of(draft_of_a_move(), home=lake, today=TODAY)
    assert {(t.name, t.source, t.target, t.residents, t.insured) for t in found.townships} == {
        ("330226101", "第一综合医共体", "第二综合医共体", 2, 1),
        ("330226201", "第一综合医共体", "第二综合医共体", 1, 1),
    }
    assert found.totals == {"institutions": 4, "residents": 3, "insured": 2, "beds": 50, "staff": 2}
    assert found.clinics == 2
    assert found.counted == "2025-11-03"
    assert len(found.indicators) > 20


def test_what_is_not_known_is_unknown_and_not_zero(small, tmp_path):
    found = preview.preview_of(draft_of_a_move(), home=tmp_path, today=TODAY)
    assert found.totals["residents"] is None
    assert found.totals["staff"] is None
    known = {"公共卫生专员与联络员", "账号与岗位", "未办结的待办"}
    assert {t.label: t.count for t in found.touched if t.label not in known} == {
        "家庭医生签约": None, "医保总额预算份额": None, "转诊病名清单": None,
    }  # fmt: skip


def test_other_parts_say_themselves_what_a_reorganisation_touches(small, tmp_path, monkeypatch):
    monkeypatch.setattr(touched, "_REPORTERS", {})
    asked = []

    def accounts(institutions, communities, day):
        asked.append((institutions, communities, day))
        return touched.Touched("账号与岗位", 3, "他们的范围随之改变。")

    touched.report_touched("accounts", accounts)
    found = preview.preview_of(draft_of_a_move(), home=tmp_path, today=TODAY)
    assert [(t.label, t.count) for t in found.touched][1] == ("账号与岗位", 3)
    assert asked == [(frozenset({"T1", "T2", "V1", "V2"}), frozenset({"G1", "G2"}), date(2026, 1, 1))]


def test_a_preview_writes_nothing(small, tmp_path):
    before = read_rows()
    preview.preview_of(draft_of_a_move(), home=tmp_path, today=TODAY)
    assert before.moved_to(read_rows()) == []


# what waits ---------------------------------------------------------------------------------------------------------------


def test_drafts_wait_for_the_county_and_suggestions_for_those_within_reach(small):
    draft_of_a_move()
    post = governing.post_public_health(ACTOR, kind="liaison", institution_id="T1", person="县里给出的姓名", username="",
                                        from_unit="", start=date(2025, 1, 1))  # fmt: skip
    governing.record_public_health(
        ACTOR, str(post.pk), kind="suggestion", on=date(2025, 6, 1), text="移门厅", outcome="open"
    )
    assert [group.id for group in work_of(ACTOR)] == ["network.drafts", "network.suggestions"]

    def at(role, unit):
        return [g.id for g in work_of(Actor(Holder("x", "", role, "institution", unit), NOW))]

    assert at("lead_manager", "H1") == ["network.suggestions"]
    assert at("lead_manager", "H2") == []
    assert at("village_doctor", "V1") == []
