"""One word for one thing: the glossary is complete and says nothing twice."""

from collections import Counter

import pytest

from opencmc.base.citations import Standing
from opencmc.facts.tables import TABLES
from opencmc.facts.tables.network import TIERS


@pytest.fixture(scope="module")
def glossary(repository):
    lines = (repository / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    heading, *terms = rows
    assert heading == ["中文", "English", "identifier", "含义", "出处"]
    return terms


def test_every_row_is_whole(glossary):
    assert [row for row in glossary if len(row) != 5 or not all(row)] == []


@pytest.mark.parametrize("column", [0, 1, 2])
def test_no_word_stands_twice(glossary, column):
    counted = Counter(row[column] for row in glossary)
    assert [word for word, count in counted.items() if count > 1] == []


def test_the_words_of_the_house_are_in_it(glossary):
    kinds = {"parameter", "list", "network", "target", "duty", "indicator", "table", "case"}
    wanted = set(TABLES) | set(TIERS) | {standing.value for standing in Standing} | kinds | {"community", "institution"}
    assert wanted - {row[2] for row in glossary} == set()


def test_each_logical_table_has_the_label_of_its_term(glossary):
    terms = {row[2]: row[0] for row in glossary}
    different = {
        name: (table.table_label, terms[name])
        for name, table in TABLES.items()
        if table.table_label not in terms[name] and terms[name] not in table.table_label
    }
    assert different == {}
