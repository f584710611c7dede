"""Every pack of the house loads without a finding, quotes its documents in their own words, and its examples can be read."""

import pytest

from opencmc.policy.formula import Formula
from opencmc.policy.lint import check_pack
from opencmc.policy.overlay import difference
from opencmc.policy.pack import default_root, list_packs, load_pack

PACKS = list_packs(default_root())


def test_there_are_packs():
    assert "national" in PACKS
    assert "ninghai" in PACKS


@pytest.mark.parametrize("pack_id", PACKS)
def test_a_pack_loads_without_a_finding(pack_id):
    assert [str(finding) for finding in check_pack(default_root(), pack_id)] == []


@pytest.mark.parametrize("pack_id", PACKS)
def test_quotations_are_the_documents_own_words(pack_id, shared_root):
    findings = check_pack(default_root(), pack_id, sources=shared_root / "seeds")
    assert [str(finding) for finding in findings] == []


@pytest.mark.parametrize("pack_id", PACKS)
def test_worked_examples_and_formulas_can_be_read(pack_id):
    pack = load_pack(default_root(), pack_id)
    for entry in pack.own.values():
        for value in entry.values:
            if entry.kind == "case":
                assert value.value["method"]
                assert value.value["given"]
                assert value.value["expect"]
            if entry.attributes.get("type") == "formula":
                assert Formula(value.value).names <= entry.attributes["inputs"].keys()


@pytest.mark.parametrize("pack_id", PACKS)
def test_what_a_pack_overrides_is_really_different(pack_id):
    pack = load_pack(default_root(), pack_id)
    if pack.parent is None:
        assert pack.overrides == ()
        return
    changed = {each.id for each in difference(pack, pack.parent) if each.change == "changed"}
    assert changed == set(pack.overrides)
