"""What a reorganisation does to the network, asked on plain rows."""

from datetime import date

import pytest
from network_rows import BEGAN, small_network

from opencmc.apps.network.checks import cyclic
from opencmc.apps.network.rearranging import CHANGE_KINDS, rearrange, undone
from opencmc.apps.network.rows import AttachmentRow, Moved, row_of

DAY = date(2026, 1, 1)
BEFORE = date(2025, 12, 31)


def after(*changes, day=DAY, rows=None):
    result = rearrange(rows or small_network(), changes, day)
    return result.after, [p.kind for p in result.problems], result


def members(rows, community, day):
    return {(m.institution_id, m.role) for m in rows.members_on(community, day)}


def test_a_moved_centre_takes_its_branch_and_clinics_along_and_the_day_before_stays():
    rows, problems, _ = after(("move", {"institution": "T1", "community": "G1", "to_community": "G2"}))
    assert problems == []
    assert members(rows, "G1", DAY) == {("H1", "lead")}
    assert members(rows, "G2", DAY) == {("H2", "lead"), ("T3", "member")} | {
        (i, "member") for i in ("T1", "T2", "V1", "V2")
    }
    assert members(rows, "G1", BEFORE) == members(small_network(), "G1", BEFORE)
    assert rows.general_community_of("V2", DAY) == "G2"
    assert rows.general_community_of("V2", BEFORE) == "G1"


def test_what_is_to_stay_stays():
    rows, problems, _ = after(
        ("move", {"institution": "T1", "community": "G1", "to_community": "G2", "attached": "stay"})
    )
    assert problems == []
    assert ("T2", "member") in members(rows, "G1", DAY)


def test_a_clinic_without_a_role_of_its_own_follows_the_centre_it_is_attached_to():
    rows, problems, _ = after(("attach", {"institution": "V3", "to_institution": "T1", "attachment_kind": "clinic"}))
    assert problems == []
    assert (rows.general_community_of("V3", BEFORE), rows.general_community_of("V3", DAY)) == ("G2", "G1")


def test_two_general_communities_on_one_day_are_refused_with_both_named():
    _, problems, result = after(("join", {"institution": "T3", "community": "G1", "role": "member"}))
    assert problems == ["one_general_community"]
    assert "第一综合医共体" in result.problems[0].sentence
    assert "第二综合医共体" in result.problems[0].sentence
    assert "转入" in result.problems[0].correction


def test_a_link_into_a_second_community_is_allowed():
    assert after(("join", {"institution": "T3", "community": "G1", "role": "linked"}))[1] == []


def test_a_lead_that_leaves_without_a_successor_is_refused():
    _, problems, result = after(("leave", {"institution": "H1", "community": "G1", "attached": "stay"}))
    assert problems == ["no_lead"]
    assert "继任" in result.problems[0].correction


def test_a_change_of_lead_keeps_one_lead_each_day():
    rows, problems, _ = after(("lead", {"community": "G1", "institution": "T1", "former_lead": "member"}))
    assert problems == []
    assert {("T1", "lead"), ("H1", "member")} <= members(rows, "G1", DAY)
    assert ("H1", "lead") in members(rows, "G1", BEFORE)


def test_a_circle_of_attachments_is_refused_and_said():
    _, problems, result = after(("attach", {"institution": "T1", "to_institution": "T2", "attachment_kind": "branch"}))
    assert problems == ["cycle"]
    assert "长街" in result.problems[0].sentence
    assert "茶院" in result.problems[0].sentence
    assert after(("attach", {"institution": "T1", "to_institution": "T1"}))[1] == ["cycle"]


def test_nothing_before_an_institution_has_opened_or_after_it_has_closed():
    opened = (
        "open",
        {"new_institution": "T9", "name": "新镇卫生院", "tier": "township", "kind": "township_health_centre"},
    )
    assert after(opened, ("join", {"institution": "T9", "community": "G2", "role": "member"}))[1] == []
    rows, _, _ = after(opened, day=date(2027, 1, 1))
    assert after(("join", {"institution": "T9", "community": "G2"}), rows=rows)[1] == ["not_open"]
    closing = ("close", {"institution": "T1"})
    assert set(after(closing)[1]) == {"closed"}  # its branch and its clinics still hang on it
    freed = [("detach", {"institution": i}) for i in ("T2", "V1")]
    assert after(*freed, closing)[1] == []


def test_an_unknown_institution_or_community_says_what_to_do():
    for change in (
        ("join", {"institution": "XX", "community": "G1"}),
        ("leave", {"institution": "T1", "community": "G9"}),
    ):
        _, problems, result = after(change)
        assert problems == ["unknown"]
        assert result.problems[0].position == 1
        assert result.problems[0].correction


def test_merging_moves_everybody_and_splitting_gives_a_part_its_own_lead():
    rows, problems, _ = after(("merge", {"community": "G2", "to_community": "G1"}))
    assert problems == []
    assert members(rows, "G2", DAY) == set()
    assert {("H2", "member"), ("T3", "member")} <= members(rows, "G1", DAY)
    rows, problems, _ = after(
        ("split", {"community": "G1", "new_community": "G3", "name": "第三综合医共体", "institution": "T1"})
    )
    assert problems == []
    assert members(rows, "G3", DAY) == {("T1", "lead"), ("T2", "member"), ("V1", "member"), ("V2", "member")}


def test_a_renamed_community_has_its_old_name_on_old_days():
    rows, problems, _ = after(("rename", {"community": "G1", "name": "东部医共体"}))
    assert problems == []
    assert rows.communities_on(BEFORE)["G1"].community_name == "第一综合医共体"
    assert rows.communities_on(DAY)["G1"].community_name == "东部医共体"
    assert members(rows, "G1", DAY) == members(small_network(), "G1", BEFORE)


def test_a_number_of_a_community_is_never_used_twice():
    rows, _, _ = after(("dissolve", {"community": "G2"}))
    found = ("found", {"new_community": "G2", "name": "又一个", "community_kind": "general", "institution": "T4"})
    assert after(found, day=date(2027, 1, 1), rows=rows)[1] == ["taken"]


def test_one_bad_change_does_not_hide_the_others():
    _, _, result = after(
        ("leave", {"institution": "T4", "community": "G1"}),
        ("join", {"institution": "T4", "community": "G1", "role": "member"}),
        ("join", {"institution": "XX", "community": "G1"}),
    )
    assert [(p.position, p.kind) for p in result.problems] == [(1, "no_role"), (3, "unknown")]
    assert ("T4", "member") in members(result.after, "G1", DAY)


def test_what_others_left_wrong_keeps_nobody_from_a_change():
    rows = small_network()
    rows.drop(rows.memberships["G2", "H2", BEGAN])  # G2 is without a lead already
    assert after(("join", {"institution": "T4", "community": "G1"}), rows=rows)[1] == []


def test_undoing_gives_the_former_rows_and_sees_what_somebody_changed_since():
    former = small_network()
    result = rearrange(former, [("merge", {"community": "G2", "to_community": "G1"})], DAY)
    back, changed = undone(result.after, result.moved)
    assert changed == []
    assert former.moved_to(back) == []
    later = rearrange(result.after, [("leave", {"institution": "T3", "community": "G1"})], DAY).after
    assert [row.institution_id for row in undone(later, result.moved)[1]] == ["T3"]


def test_rows_survive_being_stored():
    result = rearrange(small_network(), [("close", {"institution": "V3"})], DAY)
    assert [Moved.of(each.stored()) for each in result.moved] == list(result.moved)
    assert (
        row_of("attachment", {"institution_id": "A", "attached_to": "B", "kind": "branch", "start": "2020-01-01"}).end
        is None
    )


def test_a_cycle_in_loaded_rows_is_broken_at_its_youngest_attachment():
    rows = small_network()
    rows.put(AttachmentRow("T1", "V2", "other", date(2020, 1, 1)))
    assert cyclic(rows) == {("T1", date(2020, 1, 1))}


@pytest.mark.parametrize("kind", CHANGE_KINDS)
def test_every_kind_of_change_has_words_and_takes_the_fields_that_it_names(kind):
    assert str(CHANGE_KINDS[kind].label)
    assert str(CHANGE_KINDS[kind].help)
