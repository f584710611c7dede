"""The page that tells how to write a pack: its examples are one sound pack, and it explains every kind of finding."""

import re

import pytest
import yaml

from opencmc.policy.cards import card
from opencmc.policy.lint import check_pack
from opencmc.policy.overlay import difference
from opencmc.policy.pack import load_pack
from opencmc.policy.schema import KINDS, PARAMETER_TYPES


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "policy-packs.md").read_text(encoding="utf-8")


@pytest.fixture
def example(page, tmp_path):
    """The page's blocks, written to the files that their first lines name."""
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        first, _, rest = block.partition("\n")
        path = tmp_path / first.removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rest, encoding="utf-8")
    return tmp_path / "policies"


def test_every_yaml_block_is_valid_and_names_its_file(page):
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 12
    for block in blocks:
        assert re.match(r"# policies/\w+/[\w/]+\.yaml\n", block)
        assert yaml.safe_load(block)


def test_the_examples_form_one_pack_without_a_finding(example):
    assert [str(finding) for finding in check_pack(example, "example")] == []


def test_the_examples_show_every_kind_of_entry(example):
    pack = load_pack(example, "example")
    assert {entry.kind for entry in pack.own.values()} == set(KINDS)
    for entry in pack.own.values():
        assert card(pack, entry.id, day=entry.values[0].start).rows


def test_the_example_departs_from_its_parent_as_the_page_says(example):
    pack = load_pack(example, "example")
    (changed,) = [each for each in difference(pack, pack.parent) if each.change == "changed"]
    assert (changed.id, changed.old) == ("reserve.share", "2023-07-01 起：5%")
    assert changed.new == "2025-01-01 至 2025-12-31：3%；2026-01-01 起：2.5%"


def test_every_type_and_every_kind_of_finding_is_explained(page, repository):
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((repository / "src" / "opencmc" / "policy").glob("*.py"))
        if path.stem != "coverage"
    )
    kinds = set(re.findall(r'(?:\badd\(|\bFinding\(|\bkind=)\s*"([a-z]+(?:-[a-z]+)*)"', source))
    assert len(kinds) > 25
    unexplained = {kind for kind in kinds | set(PARAMETER_TYPES) | set(KINDS) if f"`{kind}`" not in page}
    assert unexplained == set()
