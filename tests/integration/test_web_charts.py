"""Pictures are accessible, escape what they show, and carry their table."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from opencmc.apps.pictures import Bar, Bars, Break, Bullet, Flow, Line, Stream, Tile, Tiles, Trend, Twin
from opencmc.web.charts import draw
from opencmc.web.charts.scale import mark_text, round_marks

TWIN = Twin(("a",), (("1",),))
PICTURES = [
    Bullet("b", "基层就诊率", "本期 57%，目标 65%", 57.0, 65.0, 61.0, 100.0, "missed"),
    Bullet("b2", "没有结果", "无", None, None, None, 1.0, "unknown"),
    Trend("t", "按月", "升", ("2024-01", "2024-02", "2024-03"),
          (Line("2024 版", (1.0, None, 2.5), ("1", "—", "2.5")), Line("2020 版", (1.0, 1.2, 2.4), ("1", "1.2", "2.4"), "older")),
          TWIN, target=2.0, target_label="目标 ≥ 2", breaks=(Break(1, "改用新口径"),), unit="%"),
    Trend("s", "小", "平", ("2024-01", "2024-02"), (Line("x", (3.0, 3.0), ("3", "3")),), TWIN, small=True),
    Bars("r", "机构", "由好到差", (Bar("<b>甲</b>", 3.0, "3", "county", "/x?a=1&b=2"), Bar("乙", None, "未报送")), TWIN, 2.0, "目标"),
    Tiles("m", "乡镇", "方位", (Tile("长街镇", 1, 0, "57%", -2, "missed", "/y"), Tile("力洋镇", 0, 1, "—", None, "unknown"))),
    Flow("f", "流向", "去向", (Stream("长街镇", "county", "县第一医院", 9), Stream("力洋镇", "outside", "省级医院", 1)),
         {"county": "县级", "outside": "县外"}, "人次", TWIN, ("居住地", "层级", "医院")),
]  # fmt: skip


@pytest.mark.parametrize("picture", PICTURES, ids=lambda p: p.name)
def test_a_picture_is_well_formed_named_and_without_a_style(picture):
    root = ElementTree.fromstring(f"<div>{draw(picture)}</div>")
    for svg in root:
        described = set(svg.attrib["aria-labelledby"].split())
        ids = {e.attrib["id"]: e for e in svg.iter() if "id" in e.attrib}
        assert described <= set(ids)
        assert all(ids[name].text for name in described)
        assert svg.attrib["role"] in {"img", "group"}
        assert not any("style" in e.attrib for e in svg.iter())


def test_text_from_data_cannot_become_markup():
    assert "<b>" not in draw(PICTURES[4])
    assert "&lt;b&gt;甲" in draw(PICTURES[4])


def test_a_gap_is_not_bridged():
    drawn = draw(PICTURES[2])
    main = re.findall(r'<polyline points="([^"]+)" class="trend-line main"', drawn)
    assert len(main) == 2


def test_a_level_has_its_own_colour_and_pattern():
    drawn = draw(PICTURES[6])
    assert 'fill="url(#p-county)"' in drawn
    assert 'fill="url(#p-outside)"' in drawn


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 100.0), (56.1, 57.9), (-3.0, 4.0), (5.0, 5.0), (0.0, 0.0), (7e5, 7.3e5)]
)
def test_marks_are_round_and_enclose_the_values(low, high):
    marks = round_marks(low, high)
    assert marks[0] <= low
    assert marks[-1] >= high
    assert 2 <= len(marks) <= 8
    assert len({mark_text(m, marks[1] - marks[0]) for m in marks}) == len(marks)
