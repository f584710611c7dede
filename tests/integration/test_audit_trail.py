"""The trail as it is written: with its write or not at all, chained, append-only, sealed."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.audit import engine
from opencmc.apps.audit.actions import verify_now
from opencmc.apps.audit.api import audited, name_actions, record, seal_at_start, seal_heads
from opencmc.apps.audit.encoding import LANES, message
from opencmc.apps.audit.labels import action_label, is_named
from opencmc.apps.audit.models import AuditLine, LaneHead, Verification
from opencmc.apps.audit.seals import FILE, read_seals
from opencmc.apps.audit.trail import signer
from opencmc.apps.audit.verifying import verify
from opencmc.base.errors import DataError, Refused

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
DOCTOR = Holder("doctor", "演示账号", "township_doctor", "institution", "NH-T1")


def actor(at: datetime = NOW, holder: Holder = DOCTOR) -> Actor:
    return Actor(holder, at, "10.0.0.7")


@pytest.fixture
def home(settings, tmp_path):
    """A home of its own: key and seals of this test alone, and an empty trail."""
    settings.OPENCMC_HOME = tmp_path
    return tmp_path


@pytest.fixture
def empty(db, home):
    """No line is there yet (the test's transaction is rolled back, so nothing is lost)."""
    engine.allow_changes(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {engine.LINES}")
        cursor.execute(f"DELETE FROM {engine.HEADS}")
    engine.make_append_only(connection)
    return home


@pytest.fixture
def owner(empty):
    """The database as its owner has it, who can take the triggers away: ``owner(sql, *values)``."""
    engine.allow_changes(connection)

    def run(sql: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.format(lines=engine.LINES, heads=engine.HEADS), values)

    return run


def test_a_line_carries_who_what_whose_why_from_where_and_when(empty):
    record(actor(), "residents.view", object_="page", resident_id="R1", reason="门诊")
    line = AuditLine.objects.get()
    assert (line.at, line.actor, line.role, line.unit) == (NOW, "doctor", "township_doctor", "institution:NH-T1")
    assert (line.action, line.object, line.resident_id) == ("residents.view", "page", "R1")
    assert (line.purpose, line.reason, line.address) == ("care", "门诊", "10.0.0.7")
    assert 1 <= line.lane <= LANES
    assert line.serial == 1


def test_a_write_that_is_rolled_back_leaves_no_line_and_no_gap(empty):
    record(actor(), "residents.view")

    def fail() -> None:
        with audited(actor()) as trail:
            trail.add("residents.edit", resident_id="R1")
            Group.objects.create(name="never")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    record(actor(), "residents.view")
    assert not Group.objects.filter(name="never").exists()
    assert sorted(line.serial for line in AuditLine.objects.all()) == [1, 2]
    assert verify().whole


def test_a_rollback_around_the_whole_block_is_no_gap_either(empty):
    record(actor(), "residents.view")

    def fail() -> None:
        with transaction.atomic():
            record(actor(), "residents.view")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    record(actor(), "residents.view")
    assert sorted(line.serial for line in AuditLine.objects.all()) == [1, 2]
    assert verify().whole


def test_a_write_without_a_line_is_a_fault_and_is_not_kept(empty):
    with pytest.raises(RuntimeError, match="without an audit line"), audited(actor()):
        Group.objects.create(name="silent")
    assert not Group.objects.filter(name="silent").exists()


def test_lines_of_a_nested_block_join_the_outer_one(empty):
    with audited(actor()) as trail:
        trail.add("residents.edit", resident_id="R1")
        with audited(actor()) as inner:
            inner.add("residents.merge", resident_id="R2")
        record(actor(), "residents.view", resident_id="R3")
        assert not AuditLine.objects.exists()
    assert list(AuditLine.objects.order_by("id").values_list("resident_id", flat=True)) == ["R1", "R2", "R3"]
    assert verify().whole


def test_an_inner_block_that_fails_takes_its_lines_with_it(empty):
    def fail() -> None:
        with audited(actor()) as inner:
            inner.add("residents.merge", resident_id="R2")
            raise Refused("不行")

    with audited(actor()) as trail:
        trail.add("residents.edit", resident_id="R1")
        with pytest.raises(Refused):
            fail()
    assert list(AuditLine.objects.values_list("resident_id", flat=True)) == ["R1"]


def test_a_write_in_a_nested_block_without_a_line_is_not_kept(empty):
    with audited(actor()) as trail:
        trail.add("residents.edit")
        with pytest.raises(RuntimeError, match="without an audit line"), audited(actor()):
            Group.objects.create(name="silent")
    assert not Group.objects.filter(name="silent").exists()


@pytest.mark.parametrize("text", ["\0", "\ud800", "𬭎", "x" * 5000, "a\x1fb\nc,1"])
def test_whatever_a_person_types_can_be_written_and_verified(empty, text):
    record(Actor(Holder(text, text, "", "county", text), NOW, text), "sign_in_refused", object_=text, reason=text)
    assert verify().whole
    assert AuditLine.objects.count() == 1


def test_a_clock_that_jumps_back_is_a_notice_and_breaks_nothing(empty):
    for minutes in (0, 60, 5, 6):
        engine.append(connection, signer(), [(NOW + timedelta(minutes=minutes), ("doctor", *[""] * 8))], lane=3)
    verdict = verify()
    assert verdict.whole
    assert [(fault.kind, fault.lane, fault.serial, fault.is_notice) for fault in verdict.faults] == [
        ("clock", 3, 3, True)
    ]


def test_characters_cannot_move_from_one_field_into_the_next():
    texts = ("ab", "c", "", "", "", "", "", "", "")
    moved = ("a", "bc", "", "", "", "", "", "", "")
    assert message(bytes(32), 1, 1, "t", texts) != message(bytes(32), 1, 1, "t", moved)


@pytest.mark.parametrize(
    "what",
    [
        "UPDATE {lines} SET reason = 'x'",
        "DELETE FROM {lines}",
        "DELETE FROM {heads}",
        "UPDATE {heads} SET serial = serial - 1",
        "TRUNCATE {lines}",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_a_line(empty, what):
    if what.startswith("TRUNCATE") and connection.vendor != "postgresql":
        what = "DELETE FROM {lines} WHERE 1 = 1"
    record(actor(), "residents.view")
    assert engine.refuses_changes(connection)
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic(), connection.cursor() as c:
        c.execute(what.format(lines=engine.LINES, heads=engine.HEADS))
    assert verify().whole


def test_models_do_not_write_lines_by_another_way(empty):
    record(actor(), "residents.view")
    line = AuditLine.objects.get()
    with pytest.raises(Refused):
        line.save()
    with pytest.raises(Refused):
        line.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditLine.objects.update(reason="changed")


def test_many_lines_of_one_block_are_chained_as_one_by_one(empty):
    with audited(actor()) as trail:
        for n in range(500):
            trail.add("residents.import", resident_id=f"R{n}")
    verdict = verify()
    assert (verdict.whole, verdict.lines) == (True, 500)


# --- verification and seals ------------------------------------------------------------------------------------------


def write_lines(count: int, lane: int = 2) -> None:
    for n in range(count):
        texts = ("doctor", "township_doctor", "institution:A", "residents.view", "", f"R{n}", "care", "", "::1")
        engine.append(connection, signer(), [(NOW + timedelta(seconds=n), texts)], lane=lane)


def errors() -> list[tuple[str, int | None, int | None]]:
    return [(fault.kind, fault.lane, fault.serial) for fault in verify().faults if not fault.is_notice]


def test_verification_says_where_who_and_what(owner):
    write_lines(5)
    owner("UPDATE {lines} SET reason = 'forged' WHERE resident_id = 'R2'")
    fault = verify().faults[0]
    assert (fault.kind, fault.lane, fault.serial) == ("changed", 2, 3)
    assert (fault.at, fault.actor, fault.action) == ("2026-03-01 08:00:02", "doctor", "residents.view")


def test_a_gap_says_how_many_lines_are_gone(owner):
    write_lines(6)
    owner("DELETE FROM {lines} WHERE resident_id IN ('R2', 'R3')")
    assert errors() == [("removed", 2, 3)]
    assert "缺 2 行" in verify().faults[0].text


def test_two_lines_that_changed_places_are_named_with_where_they_came_from(owner):
    write_lines(4)
    a, b = AuditLine.objects.get(resident_id="R1").pk, AuditLine.objects.get(resident_id="R2").pk
    owner("UPDATE {lines} SET id = -1 WHERE id = %s", a)
    owner("UPDATE {lines} SET id = %s WHERE id = %s", a, b)
    owner("UPDATE {lines} SET id = %s WHERE id = -1", b)
    assert errors() == [("changed", 2, 2), ("changed", 2, 3)]
    moved = {fault.serial: fault.text for fault in verify().faults if fault.kind == "moved"}
    assert "原在 2-3" in moved[2]
    assert "原在 2-2" in moved[3]


def test_a_tail_cut_off_together_with_its_head_is_found_by_the_seal(owner):
    write_lines(5)
    seal_heads(why="seal", at=NOW)
    last = AuditLine.objects.order_by("-id").first()
    owner("DELETE FROM {lines} WHERE id = %s", last.pk)
    owner("UPDATE {heads} SET serial = 4, digest = %s WHERE lane = 2", last.previous)
    assert errors() == [("cut", 2, 5)]


def test_a_database_put_back_to_an_older_state_and_written_on_is_found(owner):
    write_lines(3)
    before = LaneHead.objects.get(lane=2)
    write_lines(2)
    seal_heads(why="seal", at=NOW)
    owner("DELETE FROM {lines} WHERE id > %s", AuditLine.objects.order_by("id")[2].pk)
    owner("UPDATE {heads} SET serial = 3, digest = %s WHERE lane = 2", before.digest)
    engine.append(connection, signer(), [(NOW, ("other", *[""] * 8))], lane=2)
    engine.append(connection, signer(), [(NOW, ("other", *[""] * 8))], lane=2)
    assert errors() == [("replaced", 2, 5)]


def test_after_a_restore_with_a_reason_the_loss_stays_known_but_is_no_longer_a_break(owner):
    write_lines(3)
    before = LaneHead.objects.get(lane=2)
    write_lines(2)
    seal_heads(why="seal", at=NOW)
    owner("DELETE FROM {lines} WHERE id > %s", AuditLine.objects.order_by("id")[2].pk)
    owner("UPDATE {heads} SET serial = 3, digest = %s WHERE lane = 2", before.digest)
    assert not verify().whole
    seal_heads(why="seal", at=NOW, restored="磁盘损坏，恢复前一日备份")
    verdict = verify()
    assert verdict.whole
    assert "至少 2 行随之失去" in verdict.faults[0].text
    assert "磁盘损坏" in verdict.faults[0].text


def test_a_seal_that_was_changed_or_taken_out_is_found(empty, home):
    for count in range(3):
        write_lines(1 + count)
        seal_heads(why="seal", at=NOW)
    path = home / FILE
    one, two, three = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert verify().whole
    path.write_text(one + three, encoding="utf-8")
    assert errors() == [("seal", None, None)]
    content = json.loads(two) | {"at": "2020-01-01 00:00:00.000000"}
    path.write_text(one + json.dumps(content) + "\n" + three, encoding="utf-8")
    assert errors() == [("seal", None, None)]


def test_a_seal_cut_off_by_a_power_failure_heals_with_the_next(empty, home):
    write_lines(2)
    seal_heads(why="seal", at=NOW)
    path = home / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert errors() == [("seal", None, None)]
    write_lines(1)
    seal_heads(why="seal", at=NOW)
    verdict = verify()
    assert verdict.whole
    assert [fault.kind for fault in verdict.faults] == ["torn"]


def test_the_same_state_is_sealed_once(empty, home):
    write_lines(2)
    first = seal_heads(why="start", at=NOW)
    assert seal_heads(why="start", at=NOW + timedelta(days=1)) == first
    assert len(read_seals(home)[0]) == 1
    assert (home / FILE).stat().st_mode & 0o077 == 0


def test_heads_that_do_not_fit_the_key_are_not_sealed(owner, settings, tmp_path_factory):
    write_lines(2, lane=2)
    write_lines(2, lane=3)
    owner("UPDATE {heads} SET digest = %s WHERE lane = 2", bytes(32))
    with pytest.raises(DataError):
        seal_heads(why="seal", at=NOW)
    settings.OPENCMC_HOME = tmp_path_factory.mktemp("other")  # another home, another key
    with pytest.raises(Refused, match="密钥"):
        seal_heads(why="seal", at=NOW)


def test_a_server_that_starts_seals_and_tells_of_a_tampered_end(owner, home):
    write_lines(2, lane=2)
    write_lines(2, lane=3)
    assert seal_at_start(NOW) == ""
    assert read_seals(home)[0][-1].why == "start"
    owner("UPDATE {heads} SET digest = %s WHERE lane = 2", bytes(32))
    assert "opencmc audit verify" in seal_at_start(NOW)


def test_a_later_part_can_be_verified_alone(owner):
    write_lines(10)
    verdict = verify(since=NOW + timedelta(seconds=6))
    assert (verdict.whole, verdict.lines) == (True, 4)
    owner("UPDATE {lines} SET reason = 'forged' WHERE resident_id = 'R2'")
    assert verify(since=NOW + timedelta(seconds=6)).whole
    owner("UPDATE {lines} SET reason = 'forged' WHERE resident_id = 'R8'")
    assert errors() == [("changed", 2, 3), ("changed", 2, 9)]
    assert not verify(since=NOW + timedelta(seconds=6)).whole


def test_a_verification_is_kept_and_seals_what_is_whole(empty, home):
    write_lines(3)
    verdict = verify_now(actor())
    kept = Verification.objects.get()
    assert (kept.whole, kept.lines, kept.share_done) == (True, verdict.lines, 1)
    assert verdict.lines == 4  # the verification's own line among them
    assert read_seals(home)[0][-1].why == "verify"


def test_what_is_broken_is_not_sealed(owner, home):
    write_lines(3)
    owner("UPDATE {lines} SET reason = 'forged' WHERE resident_id = 'R1'")
    assert not verify_now(actor()).whole
    assert not (home / FILE).exists()
    assert Verification.objects.get().findings[0]["serial"] == 2


def test_a_lane_that_refuses_lines_is_told_and_does_not_stop_the_verification(owner, monkeypatch):
    write_lines(3, lane=7)
    monkeypatch.setattr(engine._writer, "lane", 7)
    engine._writer.heads.clear()
    owner("UPDATE {heads} SET serial = 1 WHERE lane = 7")
    kinds = [fault.kind for fault in verify_now(actor()).faults]
    assert kinds[0] == "refused"
    assert "inserted" in kinds


# --- names -----------------------------------------------------------------------------------------------------------


def test_every_action_that_the_program_writes_has_a_name(repository):
    import django.apps

    assert django.apps.apps.ready
    unnamed = set()
    for path in sorted((repository / "src" / "opencmc").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_record = name == "record" and len(node.args) > 1
            is_trail = name == "add" and getattr(getattr(node.func, "value", None), "id", "") in {"trail", "inner"}
            given = node.args[1] if is_record else node.args[0] if is_trail and node.args else None
            if isinstance(given, ast.Constant) and isinstance(given.value, str) and not is_named(given.value):
                unnamed.add(f"{path.name}: {given.value}")
    assert unnamed == set()


def test_a_slice_names_its_own_actions():
    name_actions({"test.only": "只为测试"})
    assert action_label("test.only") == "只为测试"
    assert action_label("residents.view") == "查看居民档案"
    assert action_label("unknown.action") == "unknown.action"
