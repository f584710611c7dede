"""Where the truth of the network lies: daily work flows into the lake and comes back the same, whatever is killed."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from network_rows import BEGAN, small_network

from opencmc.apps.access.api import Actor, Holder, Level, Reach
from opencmc.apps.audit.api import audited
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.network import exporting, governing, reorganising
from opencmc.apps.network.api import attached_to, communities_of, export_pending, institutions_within, publish_network
from opencmc.apps.network.constraints import broken
from opencmc.apps.network.editing import edit_institution
from opencmc.apps.network.models import Attachment, Institution, Membership, PendingLoad, Township, UnpublishedRow
from opencmc.apps.network.rows import Rows
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused
from opencmc.facts.lake import Lake

NOW = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
DAY = date(2026, 1, 1)
ACTOR = Actor(Holder("director", "", "county_director", "county", ""), NOW)


def later(hours: int) -> Actor:
    return Actor(ACTOR.holder, NOW + timedelta(hours=hours))


def fill() -> None:
    with audited(ACTOR) as trail:
        lock_network()
        write_network(Rows().moved_to(small_network()), ACTOR)
        trail.add("network.import", object_="test")


@pytest.fixture
def home(db, tmp_path):
    """A home whose network came in by daily work and is in its lake."""
    fill()
    assert export_pending(tmp_path, actor=ACTOR) == 3
    return tmp_path


def publish(home, actor=ACTOR):
    return publish_network(home, known_at=NOW, region="330226", townships={"330226101": "长街镇"}, actor=actor)


def decided():
    body = governing.add_body(ACTOR, name="医管会", kind="committee", community_id="", start=BEGAN)
    return governing.record_decision(
        ACTOR, body_id=body.pk, decided_on=date(2025, 10, 1), title="同意调整", text="同意。"
    )


def draft(*changes, effective=DAY):
    made = reorganising.create_draft(ACTOR, title="调整", effective=effective)
    found = decided()
    reorganising.edit_draft(ACTOR, made.pk, 1, title="调整", effective=effective, note="", decision_id=found.pk)
    for version, (kind, given) in enumerate(changes, 2):
        reorganising.add_change(ACTOR, made.pk, version, kind, given)
    return made.pk, 2 + len(changes)


MOVE = ("move", {"institution": "T1", "community": "G1", "to_community": "G2"})


def test_what_daily_work_wrote_is_published_back_the_same(home):
    before = read_rows()
    assert publish(home) == 10
    assert before.moved_to(read_rows()) == []
    assert Township.objects.get().name == "长街镇"


def test_an_edit_survives_a_publish_of_an_older_run(home):
    edit_institution(later(1), "T1", 1, {"name": "长街镇卫生院", "open_beds": 55})
    assert PendingLoad.objects.filter(load__isnull=True).count() == 1
    publish(home, later(2))
    found = Institution.objects.get(pk="T1")
    assert (found.name, found.open_beds) == ("长街镇卫生院", 55)
    assert not PendingLoad.objects.filter(load__isnull=True).exists()


def test_a_kill_between_the_lake_and_the_mark_loads_nothing_twice(home, monkeypatch):
    edit_institution(later(1), "T1", 1, {"open_beds": 55})

    def killed(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_mark", killed)
        with pytest.raises(KeyboardInterrupt):
            export_pending(home, actor=later(2))
    loads = len(Lake(home).loads())
    assert PendingLoad.objects.filter(load__isnull=True).count() == 1
    assert export_pending(home, actor=later(3)) == 1
    assert len(Lake(home).loads()) == loads
    assert PendingLoad.objects.get(table="institution", rows__0__row__open_beds=55).load == loads
    assert export_pending(home, actor=later(4)) == 0


def test_a_kill_before_the_lake_loses_nothing(home, monkeypatch):
    edit_institution(later(1), "T1", 1, {"open_beds": 55})
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "load", lambda *given, **more: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            export_pending(home, actor=later(2))
    publish(home, later(3))
    assert Institution.objects.get(pk="T1").open_beds == 55


def test_a_change_there_and_back_reaches_the_lake_each_time(home):
    for version, beds in ((1, 55), (2, 40), (3, 55)):
        edit_institution(later(version), "T1", version, {"open_beds": beds})
        export_pending(home, actor=later(version))
        rows = exporting.lake_rows(home, ["institution"])["institution"]
        assert {row["open_beds"] for row in rows if row["institution_id"] == "T1"} == {beds}


def test_an_edit_does_not_overwrite_what_a_file_corrected_meanwhile(home, tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("institution_id,name,tier,kind,region,open_beds\nT1,长街中心卫生院,township,township_health_centre,330226,99\n",
                    encoding="utf-8")  # fmt: skip
    Lake(home).load("institution", [path], known_at=NOW + timedelta(hours=1), actor="file")
    edit_institution(later(2), "T1", 1, {"name": "长街镇卫生院"})
    publish(home, later(3))
    found = Institution.objects.get(pk="T1")
    assert (found.name, found.open_beds) == ("长街镇卫生院", 99)


def test_rows_of_a_file_that_contradict_each_other_are_left_out_and_said(home, tmp_path):
    path = tmp_path / "membership.csv"
    path.write_text("community_id,community_name,community_kind,institution_id,role,start\nG1,第一综合医共体,general,T3,member,2020-01-01\n",
                    encoding="utf-8")  # fmt: skip
    Lake(home).load("membership", [path], known_at=NOW + timedelta(hours=1), actor="file")
    publish_network(home, known_at=NOW + timedelta(hours=2), region="330226", townships={}, actor=later(2))
    assert UnpublishedRow.objects.get().row["institution_id"] == "T3"
    assert communities_of("T3", DAY) == ["G2", "S1"]


def test_a_reorganisation_holds_from_its_day_on_in_pages_and_in_the_lake(home):
    number, version = draft(MOVE)
    reorganising.apply_reorganisation(later(1), number, version)
    publish(home, later(2))
    assert communities_of("T2", date(2025, 12, 31)) == ["G1"]
    assert communities_of("T2", DAY) == ["G2"]
    rows = exporting.lake_rows(home, ["membership"])["membership"]
    assert {(r["community_id"], r["start"], r["end"]) for r in rows if r["institution_id"] == "T2"} == {
        ("G1", BEGAN, DAY), ("G2", DAY, None)}  # fmt: skip


def test_a_report_of_an_earlier_moment_still_uses_the_network_of_its_day(home):
    number, version = draft(MOVE)
    known_before = NOW + timedelta(minutes=1)
    reorganising.apply_reorganisation(later(1), number, version)
    export_pending(home, actor=later(1))
    rows = exporting.lake_rows(home, ["membership"], known_before)["membership"]
    assert {(r["community_id"], r["end"]) for r in rows if r["institution_id"] == "T2"} == {("G1", None)}


def test_undone_before_its_day_gives_the_former_network_everywhere(home):
    former = read_rows()
    number, version = draft(MOVE, ("open", {"new_institution": "T9", "name": "新院", "tier": "township",
                                            "kind": "township_health_centre"}))  # fmt: skip
    reorganising.apply_reorganisation(later(1), number, version)
    reorganising.undo_reorganisation(later(2), number)
    assert former.moved_to(read_rows()) == []
    publish(home, later(3))
    assert former.moved_to(read_rows()) == []
    reorganised = AuditLine.objects.filter(action="network.reorganise", reason__in=("apply", "undo"))
    assert reorganised.count() == 2


def test_on_its_day_it_is_too_late_to_undo(home):
    number, version = draft(MOVE)
    reorganising.apply_reorganisation(later(1), number, version)
    with pytest.raises(Refused, match="已于 2026-01-01 生效") as refused:
        reorganising.undo_reorganisation(Actor(ACTOR.holder, datetime(2026, 1, 1, 1, 0, tzinfo=UTC)), number)
    assert "另起一项调整" in refused.value.possible_when


def test_a_reorganisation_in_the_past_is_applied_only_when_that_is_said(home):
    number, version = draft(MOVE, effective=date(2025, 10, 1))
    with pytest.raises(Refused, match="已经过去") as refused:
        reorganising.apply_reorganisation(later(1), number, version)
    assert "已经算出的运行保持当时所知" in refused.value.possible_when
    reorganising.apply_reorganisation(later(1), number, version, accept_past=True)
    assert communities_of("T1", date(2025, 10, 1)) == ["G2", "S1"]


def test_without_a_decision_nothing_is_applied(home):
    made = reorganising.create_draft(ACTOR, title="调整", effective=DAY)
    reorganising.add_change(ACTOR, made.pk, 1, *MOVE)
    with pytest.raises(Refused, match="没有写明依据"):
        reorganising.apply_reorganisation(later(1), made.pk, 2)
    assert communities_of("T1", DAY) == ["G1", "S1"]


def test_the_second_of_two_who_edit_a_draft_is_told_who_and_when(home):
    made = reorganising.create_draft(ACTOR, title="调整", effective=DAY)
    other = Actor(Holder("deputy", "", "county_director", "county", ""), NOW + timedelta(minutes=5))
    reorganising.add_change(other, made.pk, 1, *MOVE)
    with pytest.raises(Refused, match="已由deputy于 2025-11-03 10:05 修改"):
        reorganising.add_change(ACTOR, made.pk, 1, "leave", {"institution": "T4", "community": "G1"})
    assert made.changes.count() == 1


def test_the_second_of_two_who_edit_an_institution_is_told(home):
    edit_institution(ACTOR, "T1", 1, {"open_beds": 50})
    with pytest.raises(Refused, match="已被别人修改"):
        edit_institution(ACTOR, "T1", 1, {"open_beds": 60})
    assert Institution.objects.get(pk="T1").open_beds == 50


def test_a_decision_on_which_something_rests_is_not_changed(home):
    number, version = draft(MOVE)
    decision = reorganising.find_reorganisation(number).decision
    governing.correct_decision(ACTOR, decision.pk, title="同意调整（更正）", text="同意。", document_number="")
    reorganising.apply_reorganisation(later(1), number, version)
    with pytest.raises(Refused, match="不能再改"):
        governing.correct_decision(ACTOR, decision.pk, title="不同意", text="不。", document_number="")


@pytest.mark.parametrize(
    "row",
    [
        {"community_id": "G2", "community_kind": "general", "institution_id": "T1", "role": "member"},
        {"community_id": "G1", "community_kind": "general", "institution_id": "T1", "role": "linked"},
        {"community_id": "G1", "community_kind": "general", "institution_id": "T4", "role": "lead"},
    ],
)
def test_the_database_itself_refuses_what_must_never_be_double(home, row):
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(community_name="某", start=date(2020, 1, 1), **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(institution_id="T2", attached_to="T3", kind="branch", start=date(2020, 1, 1))


def test_an_update_is_watched_like_an_insert(home):
    made = Membership.objects.create(community_id="G1", community_name="某", community_kind="general", institution_id="T3",
                                     role="linked", start=date(2020, 1, 1))  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=made.pk).update(role="member")


# who belongs where, kept in the process ------------------------------------------------------------------------------


def reach(level, unit_id, kind="institution"):
    return Reach("network.edit", level, kind, unit_id)


def test_a_right_reaches_what_is_attached_and_what_is_in_the_community(home):
    assert institutions_within(reach(Level.OWN, "T1"), DAY) == {"T1", "T2", "V1", "V2"}
    assert institutions_within(reach(Level.COMMUNITY, "H2"), DAY) == {"H2", "T3", "V3"}
    assert institutions_within(reach(Level.COMMUNITY, "S1", "community"), DAY) >= {"H3", "T1", "T3"}
    assert institutions_within(reach(Level.OWN, "330226101", "township"), DAY) == {"T1", "V1"}
    assert institutions_within(reach(Level.COUNTY, ""), DAY) is None
    assert institutions_within(reach(Level.OWN, ""), DAY) == frozenset()
    assert attached_to("T1") == {"T1", "T2", "V1", "V2"}


def test_a_clinic_without_a_role_reaches_the_community_of_its_centre(home):
    assert "H2" in institutions_within(reach(Level.COMMUNITY, "V3"), DAY)


def test_reach_follows_a_reorganisation_on_its_day_and_not_before(home):
    number, version = draft(MOVE)
    reorganising.apply_reorganisation(later(1), number, version)
    assert "T1" not in institutions_within(reach(Level.COMMUNITY, "H2"), date(2025, 12, 31))
    assert {"T1", "V2"} <= institutions_within(reach(Level.COMMUNITY, "H2"), DAY)


def test_a_rolled_back_write_leaves_no_trace_in_what_is_kept(home):
    kept = institutions_within(reach(Level.OWN, "T3"), DAY)
    with transaction.atomic():
        Attachment.objects.create(institution_id="T4", attached_to="T3", kind="branch", start=BEGAN)
        assert "T4" in institutions_within(reach(Level.OWN, "T3"), DAY)
        transaction.set_rollback(True)
    assert institutions_within(reach(Level.OWN, "T3"), DAY) == kept


def test_any_write_to_the_network_is_seen_by_the_next_question(home):
    assert attached_to("T3") == {"T3", "V3"}
    Attachment.objects.filter(institution_id="V3").delete()
    assert attached_to("T3") == {"T3"}
    Attachment.objects.bulk_create([Attachment(institution_id="T4", attached_to="T3", kind="branch", start=BEGAN)])
    assert attached_to("T3") == {"T3", "T4"}


def test_a_warm_question_costs_one_small_query(home, django_assert_num_queries):
    institutions_within(reach(Level.COMMUNITY, "H1"), DAY)
    with django_assert_num_queries(1):
        institutions_within(reach(Level.COMMUNITY, "H1"), DAY)


# races ----------------------------------------------------------------------------------------------------------------

RACERS = 8
_JOIN = (
    "INSERT INTO network_membership (community_id, community_name, community_kind, institution_id, role, start) "
    "VALUES (?, '某', 'general', 'T4', 'member', '2026-01-01')"
)


def race(do) -> list[str]:
    """``do(number)`` in threads at once; "in" or the name of the constraint for each."""
    gate, answers = threading.Barrier(RACERS), []

    def run(number: int) -> None:
        gate.wait()
        try:
            do(number)
            answers.append("in")
        except (IntegrityError, sqlite3.IntegrityError) as refused:
            answers.append(broken(refused) or str(refused))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the same race on PostgreSQL stands below")
def test_of_writers_who_race_for_a_community_one_wins(db, tmp_path):
    """Real connections to a real file, with the schema that the migrations made."""
    file = tmp_path / "race.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL "
            "AND tbl_name IN ('network_membership', 'network_networkversion') ORDER BY type = 'trigger'"
        )
        statements = [row[0] for row in cursor.fetchall()]
    fresh = sqlite3.connect(file, isolation_level=None)
    fresh.execute("PRAGMA journal_mode=WAL")
    for statement in statements:
        fresh.execute(statement)
    fresh.close()

    def join(number: int) -> None:
        own = sqlite3.connect(file, timeout=20, isolation_level=None)
        try:
            own.execute("BEGIN IMMEDIATE")
            own.execute(_JOIN, (f"N{number}",))
            own.execute("COMMIT")
        finally:
            own.close()

    assert race(join) == ["in"] + ["one_general_community"] * (RACERS - 1)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the same race on SQLite stands above")
@pytest.mark.django_db(transaction=True)
def test_of_writers_who_race_for_a_community_one_wins_on_postgresql():
    fill()

    def join(number: int) -> None:
        with transaction.atomic():
            Membership.objects.create(
                community_id=f"N{number}",
                community_name="某",
                community_kind="general",
                institution_id="T4",
                role="member",
                start=DAY,
            )

    assert race(join) == ["in"] + ["one_general_community"] * (RACERS - 1)
    assert Membership.objects.filter(institution_id="T4").count() == 1


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="one connection writes at a time on SQLite")
@pytest.mark.django_db(transaction=True)
def test_two_directors_who_apply_the_same_draft_apply_it_once(tmp_path):
    fill()
    number, version = draft(MOVE)
    answers = []

    def apply(_number: int) -> None:
        try:
            reorganising.apply_reorganisation(later(1), number, version)
            answers.append("applied")
        except Refused as refused:
            answers.append(refused.sentence)

    race(apply)
    assert answers.count("applied") == 1
    assert all("已生效登记" in each for each in answers if each != "applied")
    assert export_pending(tmp_path, actor=later(2)) == 4
