"""Merging two entries and taking it back leaves everything as it was, whatever the entries hold."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from residents_of_a_county import CENTRE, CLINIC, EAST, NOW, OTHER_CLINIC, SYSTEM, make_network, number

from opencmc.apps.residents.merge_checks import cautions
from opencmc.apps.residents.merging import carry_relations, merge, plan_merge
from opencmc.apps.residents.models import CareRelation, Household, MergeRecord, Resident, ResidentChange, SearchKey
from opencmc.apps.residents.unmerging import unmerge
from opencmc.apps.residents.writing import apply_fields, insert_resident
from opencmc.apps.tasks.models import Task
from opencmc.base.errors import Refused
from opencmc.facts.histories import refresh_histories

WHY = "本人到场核对证件"
#: Counters and the trail of writes grow; everything else is to be as it was.
GROWS = {"version", "id"}

ENTRY = st.fixed_dictionaries(
    {
        "phone": st.sampled_from(["", "13800000001", "13800000002"]), "card": st.sampled_from(["", "ABC123456"]),
        "address": st.sampled_from(["", "前街 1 号"]), "insurance_type": st.sampled_from(["", "390", "310"]),
        "team": st.sampled_from(["", "一队"]), "programmes": st.sampled_from(["", "|elderly|", "|diabetes|hypertension|"]),
        "township": st.sampled_from(["", EAST]), "institution_id": st.sampled_from(["", CLINIC, OTHER_CLINIC]),
        "id_number": st.sampled_from(["", number("1950-05-06", 11), number("1950-05-06", 13)]),
        "death_date": st.sampled_from(["", "2026-01-05"]), "mother_id": st.sampled_from(["", number("1930-01-01", 12)]),
    }
)  # fmt: skip
LINKS = st.fixed_dictionaries(
    {"kept_home": st.sampled_from(["", "H1"]), "merged_home": st.sampled_from(["", "H1", "H2"]), "head": st.booleans(),
     "child": st.booleans(), "tasks": st.integers(0, 2), "related": st.booleans()}
)  # fmt: skip


@pytest.fixture
def network(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    refresh_histories(tmp_path)  # an empty lake, read at once
    make_network()


def person(pk, fields):
    row = Resident(resident_id=pk)
    base = {"name": "张三", "sex": "1", "birth_date": "1950-05-06"}
    kind = "citizen_id" if fields.get("id_number") else "none"
    insert_resident(row, {**base, **fields, "id_type": kind}, SYSTEM, conflict_is_allowed=True)
    return Resident.objects.get(pk=pk)


def task(pk, number):
    return Task.objects.create(
        kind="follow_up", item="elderly", label="随访", resident_id=pk, institution_id=CENTRE, since=NOW.date(),
        due=NOW.date(), source="test", source_key=f"{pk}:{number}", created_at=NOW, changed_at=NOW, changed_by="x",
    )  # fmt: skip


def arrange(one, other, links):
    person("A", one)
    person("B", other)
    for home in ("H1", "H2"):
        Household.objects.create(household_id=home)
    Resident.objects.filter(pk="A").update(household=links["kept_home"] or None)
    Resident.objects.filter(pk="B").update(household=links["merged_home"] or None)
    if links["head"] and links["merged_home"]:
        Household.objects.filter(pk=links["merged_home"]).update(head="B")
    if links["child"]:
        person("C", {})
        Resident.objects.filter(pk="C").update(mother="B")
    if links["related"]:
        CareRelation.objects.create(
            resident_id="B", institution_id=CENTRE, kind="visit", start=date(2025, 1, 1), end=date(2026, 9, 1)
        )
    for at in range(links["tasks"]):
        task("B", at)


def everything():
    tables = (Resident, SearchKey, CareRelation, Household, Task)
    found = {}
    for table in tables:
        rows = []
        for row in table.objects.all():
            values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname not in GROWS}
            rows.append(
                sorted((k, bytes(v).hex() if isinstance(v, bytes | memoryview) else str(v)) for k, v in values.items())
            )
        found[table.__name__] = sorted(rows)
    return found


def versions(*ids):
    rows = Resident.objects.in_bulk(ids)
    return tuple(rows[pk].version for pk in ids)


def joined(kept, merged):
    found = [each.code for each in cautions(*(Resident.objects.get(pk=pk) for pk in (kept, merged)))]
    return merge(SYSTEM, kept, merged, versions=versions(kept, merged), reason=WHY, confirmed=found)


HYPOTHESIS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@HYPOTHESIS
@given(ENTRY, ENTRY, LINKS)
def test_merging_and_taking_it_back_leaves_every_table_as_it_was(network, one, other, links):
    with transaction.atomic():
        arrange(one, other, links)
        carry_relations()
        before = everything()
        row = joined("A", "B")
        assert Resident.objects.get(pk="B").merged_into_id == "A"
        assert not Task.objects.filter(resident_id="B").exists()
        assert everything() != before
        undone = unmerge(SYSTEM, row.pk, "看错了，是两个人")
        assert everything() == before
        assert undone.left_over == []
        transaction.set_rollback(True)


@HYPOTHESIS
@given(ENTRY, ENTRY, LINKS, st.sampled_from(["phone", "address", "team"]), st.sampled_from(["", "13900009999", "后街"]))
def test_an_edit_in_between_stays_on_the_kept_entry_and_the_other_is_as_it_was(
    network, one, other, links, field, value
):
    with transaction.atomic():
        arrange(one, other, links)
        before = everything()["Resident"]
        merged_before = next(row for row in before if ("resident_id", "B") in row)
        row = joined("A", "B")
        kept = Resident.objects.get(pk="A")
        changed = apply_fields(kept, {field: value}, SYSTEM, kept=True)
        undone = unmerge(SYSTEM, row.pk, "看错了，是两个人")
        after = everything()["Resident"]
        assert next(row for row in after if ("resident_id", "B") in row) == merged_before
        if changed:
            from opencmc.apps.residents.writing import values_of

            assert values_of(Resident.objects.get(pk="A"))[field] == value
            assert bool(undone.left_over) == (field in row.moved["filled"])
        transaction.set_rollback(True)


@HYPOTHESIS
@given(ENTRY, ENTRY, ENTRY)
def test_a_chain_is_taken_apart_from_the_outside_and_comes_back_link_by_link(network, one, two, three):
    with transaction.atomic():
        for pk, fields in (("A", one), ("B", two), ("C", three)):
            person(pk, fields)
        before = everything()
        inner = joined("B", "C")
        between = everything()
        outer = joined("A", "B")
        assert {row.merged_into_id for row in Resident.objects.filter(pk__in=["B", "C"])} == {"A"}
        with pytest.raises(Refused, match="后来又并入"):
            unmerge(SYSTEM, inner.pk, "先拆里面那次")
        unmerge(SYSTEM, outer.pk, "看错了，是两个人")
        assert everything() == between
        unmerge(SYSTEM, inner.pk, "看错了，是两个人")
        assert everything() == before
        transaction.set_rollback(True)


@HYPOTHESIS
@given(ENTRY, ENTRY, ENTRY, st.permutations([0, 1]))
def test_two_entries_in_one_come_out_in_any_order(network, one, two, three, order):
    with transaction.atomic():
        for pk, fields in (("A", one), ("B", two), ("C", three)):
            person(pk, {**fields, "id_number": ""})
        before = everything()
        rows = [joined("A", "B"), joined("A", "C")]
        for at in order:
            unmerge(SYSTEM, rows[at].pk, "看错了，是两个人")
        assert everything() == before
        transaction.set_rollback(True)


def test_a_finished_task_stays_where_it_was_done_and_is_named(network):
    person("A", {})
    person("B", {})
    done, open_ = task("B", 1), task("B", 2)
    row = joined("A", "B")
    Task.objects.filter(pk=done.pk).update(state="done", done_on=NOW.date())
    undone = unmerge(SYSTEM, row.pk, "看错了，是两个人")
    assert Task.objects.get(pk=done.pk).resident_id == "A"
    assert Task.objects.get(pk=open_.pk).resident_id == "B"
    assert "1 项在合并期间办完的待办" in "".join(undone.left_over)


def test_everything_merged_is_written_down_and_a_second_separation_is_refused(network):
    person("A", {})
    person("B", {"phone": "13800000001"})
    plan = plan_merge(SYSTEM, "A", "B")
    assert plan.taken == ("电话",)
    row = joined("A", "B")
    assert row.snapshot["merged"]["resident_id"] == "B"
    assert "13800000001" not in str(row.snapshot) + str(row.moved)
    assert ResidentChange.objects.filter(resident="A", version=2).exists()
    unmerge(SYSTEM, row.pk, "看错了，是两个人")
    with pytest.raises(Refused, match="已经拆分"):
        unmerge(SYSTEM, row.pk, "再来一次看看")
    assert MergeRecord.objects.get().undone_at == NOW
