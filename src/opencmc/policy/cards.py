"""What an official reads: one card for each entry, generated from the pack and never typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from opencmc.policy.arithmetic import to_decimal
from opencmc.policy.entry import DatedValue, Entry
from opencmc.policy.pack import Pack
from opencmc.policy.references import in_force, parameter_text, references_in, referred
from opencmc.policy.schema import (
    COLUMN_TYPES,
    COMPARATORS,
    DIRECTIONS,
    KINDS,
    PARAMETER_TYPES,
    PERIOD_KINDS,
    POPULATIONS,
    UNIT_KINDS,
)
from opencmc.policy.wording import (
    say_citation,
    say_citations,
    say_definition,
    say_number,
    say_span,
    say_unit,
    say_value,
    tabulate,
)


@dataclass(frozen=True, slots=True)
class Card:
    """A card: its heading, and rows of (label, text). A text may have several lines.

    ``headings`` and ``table`` hold a list, a table or a network in full, where the row only counts it; otherwise empty.
    """

    card: str
    id: str
    label: str
    rows: tuple[tuple[str, str], ...]
    headings: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()

    def text(self, label: str) -> str:
        """The text of the row with this label, or empty when the card has no such row."""
        return next((text for name, text in self.rows if name == label), "")


def card(pack: Pack, entry_id: str, *, day: date, measures: Mapping[str, str] | None = None) -> Card:
    """The card of an entry as it stands on ``day``. ``measures`` names measures and methods of indicators to people.

    Raises ``PolicyError`` when the pack has no such entry.
    """
    entry = pack.entry(entry_id)
    now = entry.on(day)
    rows: list[tuple[str, str]] = []
    if entry.label_en:
        rows.append(("英文", entry.label_en))
    rows += _meaning(pack, entry, now, measures or {}, day)
    if entry.kind != "indicator":
        rows.append((_value_label(entry), say_value(entry, now.value) if now else f"{day} 没有取值"))
    if entry.kind == "target" and now:
        rows.append(("判定", _say_judgement(pack, entry, now)))
    rows += _targets(pack, entry, day)
    if now:
        rows += _standing(pack, now)
    rows.append(("最近核对", f"{entry.checked_on}" + (f"（{entry.checked_by}）" if entry.checked_by else "")))
    rows.append(("上级规定", _say_parent(pack, entry, day)))
    rows += [("算例", text) for text in _examples(pack, entry, now, day)]
    rows.append(("变更", _changes(entry)))
    if entry.note:
        rows.append(("说明", entry.note))
    rows.append(("政策包", f"{pack.label}（{pack.id} {pack.revision}）；条目写在 {entry.where}"))
    headings, table = tabulate(entry, now.value) if now else ((), ())
    return Card(KINDS[entry.kind].card, entry.id, entry.label, tuple(row for row in rows if row[1]), headings, table)


def _value_label(entry: Entry) -> str:
    return {"target": "目标", "duty": "职责", "list": "名单", "network": "名单", "case": "内容"}.get(entry.kind, "取值")


def _meaning(
    pack: Pack, entry: Entry, now: DatedValue | None, measures: Mapping[str, str], day: date
) -> list[tuple[str, str]]:
    attributes = entry.attributes
    match entry.kind:
        case "indicator":
            return _indicator(pack, entry, now, measures, day)
        case "parameter":
            said = PARAMETER_TYPES[attributes["type"]]
            unit = f"，单位 {say_unit(attributes['unit'])}" if attributes.get("unit") else ""
            rows = [("类型", said + unit)]
            if inputs := attributes.get("inputs"):
                rows.append(("输入", "；".join(f"{name}：{label}" for name, label in inputs.items())))
            if choices := attributes.get("choices"):
                rows.append(("可选", "、".join(choices.values())))
            return rows
        case "target":
            indicator = pack.entries.get(attributes["indicator"])
            rows = [("指标", f"{indicator.label}（{indicator.id}）" if indicator else attributes["indicator"])]
            rows += [("适用", attributes.get("scope", "")), ("起点", attributes.get("baseline", ""))]
            return [*rows, ("期限", f"{attributes['due']} 前" if "due" in attributes else "")]
        case "duty":
            return [
                ("责任单位", attributes["actor"]),
                ("期限", str(attributes.get("due", ""))),
                ("周期", attributes.get("recurrence", "")),
            ]
        case "table":
            columns = [
                f"{column['label']}（{COLUMN_TYPES[column['type']]}{'，' + column['unit'] if 'unit' in column else ''}）"
                for column in attributes["columns"].values()
            ]
            return [("列", "、".join(columns))]
        case _:
            return []


def _indicator(
    pack: Pack, entry: Entry, now: DatedValue | None, measures: Mapping[str, str], day: date
) -> list[tuple[str, str]]:
    attributes = entry.attributes
    older = pack.entries.get(attributes.get("succeeds", ""))
    rows = [("指标集", attributes["set"]), ("维度", attributes.get("dimension", ""))]
    if now:
        definition = now.value
        rows += [
            ("口径", definition.get("note", "")),
            ("分子", measures.get(definition.get("numerator", ""), definition.get("numerator", ""))),
            ("分母", measures.get(definition.get("denominator", ""), definition.get("denominator", ""))),
            ("计算", say_definition(_without_references(definition), measures)),
            *_parameters(pack, definition, day),
        ]
    return [
        *rows,
        ("分母来源", attributes.get("denominator_source", "")),
        ("不计入", "；".join(attributes.get("exclusions", ()))),
        ("人群", POPULATIONS[attributes["population"]]),
        ("单位", f"{say_unit(attributes['unit']) or '比值'}，保留 {attributes['places']} 位小数"),
        ("方向", DIRECTIONS[attributes["direction"]]),
        ("统计到", "、".join(UNIT_KINDS[kind] for kind in attributes["by"])),
        ("周期", "、".join(PERIOD_KINDS[kind] for kind in attributes["periods"])),
        ("前身", f"{older.label}（{older.id}）" if older else ""),
    ]


def _without_references(definition: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: text for name, text in definition.get("parameters", {}).items() if not referred(text)}
    return {**definition, "parameters": own}


def _parameters(pack: Pack, definition: Mapping[str, Any], day: date) -> list[tuple[str, str]]:
    """The rules that a definition refers to, each with its value, its standing and its clause."""
    rows = []
    for _, name in references_in(definition.get("parameters", {})):
        rule = pack.entries[name]
        dated = in_force(rule, day)
        assert dated is not None  # the lint allows no gap
        basis = [*say_citations(dated.cites, pack.documents), *([f"理由：{dated.because}"] if dated.because else [])]
        said = f"{rule.label}：{say_value(rule, dated.value)}（{dated.standing.label}，{say_span(dated)}，见 {name}）"
        codes = [f"编号：{parameter_text(rule, dated.value)}"] if rule.kind == "list" else []
        rows.append(("参数", "\n".join([said, *codes, *basis])))
    return rows


def _targets(pack: Pack, entry: Entry, day: date) -> list[tuple[str, str]]:
    """What the targets of the pack ask of an indicator."""
    rows = []
    for target in pack.all("target") if entry.kind == "indicator" else []:
        if target.attributes["indicator"] == entry.id and (dated := target.on(day)):
            cited = "；".join(say_citation(cite, pack.documents) for cite in dated.cites[:1])
            due = f"，{target.attributes['due']} 前" if "due" in target.attributes else ""
            rows.append(("目标", f"{say_value(target, dated.value)}{due}（{cited or dated.standing.label}）"))
    return rows


def _standing(pack: Pack, now: DatedValue) -> list[tuple[str, str]]:
    return [
        ("依据", "\n".join(say_citations(now.cites, pack.documents))),
        ("理由", now.because),
        ("把握", now.standing.label),
        ("注", now.note),
    ]


def _say_parent(pack: Pack, entry: Entry, day: date) -> str:
    above = pack.inherited(entry.id)
    if pack.parent is None or (above is None and entry.pack == pack.id):
        return "上级没有规定" if pack.parent else ""
    assert above is not None
    if above is entry:
        return f"照上级（{entry.pack}）"
    dated = above.on(day)
    return f"{above.pack}：{say_value(above, dated.value)}" if dated else f"{above.pack} 在 {day} 没有取值"


def _changes(entry: Entry) -> str:
    if len(entry.values) == 1 and entry.values[0].until is None:
        return f"{entry.values[0].start} 起，没有变过"
    return "\n".join(f"{say_span(value)}：{say_value(entry, value.value)}" for value in entry.values)


def _say_judgement(pack: Pack, entry: Entry, now: DatedValue) -> str:
    """A value that meets the target and the nearest one that does not, at the places to which the indicator is printed."""
    comparator, unit = entry.attributes["comparator"], entry.attributes.get("unit", "")
    if not isinstance(now.value, Decimal):
        return f"与上年同期比{now.value}即达到"
    indicator = pack.entries.get(entry.attributes["indicator"])
    exponent = now.value.as_tuple().exponent
    written = -exponent if isinstance(exponent, int) else 0
    step = Decimal(1).scaleb(-max(written, indicator.attributes["places"] if indicator else 0))
    missed = now.value + (step if comparator == "<=" else -step)
    return f"{say_number(now.value, unit)} 达到，{say_number(missed, unit)} 未达到（{COMPARATORS[comparator]}）"


def _examples(pack: Pack, entry: Entry, now: DatedValue | None, day: date) -> list[str]:
    """The pack's own worked examples of this entry; for a ratio without one, its arithmetic on round numbers."""
    found = []
    for case in pack.all("case"):
        dated = case.on(day) or case.values[-1]
        if case.attributes.get("about") == entry.id or dated.value["given"].get("formula") == entry.id:
            found.append(f"{case.label}：{say_value(case, dated.value)}")
    if found or entry.kind != "indicator" or now is None or now.value["method"] != "share":
        return found
    return [_share_example(entry.attributes, now.value)]


def _share_example(attributes: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    scale, places = definition.get("scale", 1), attributes["places"]
    value = Fraction(650 * scale, 1000)
    rounded = to_decimal(value).quantize(Decimal(1).scaleb(-places))
    return (
        f"分子 650、分母 1,000：650 ÷ 1,000 × {scale:,} = {say_number(rounded, attributes['unit'])}；分母为 0 时没有值"
    )
