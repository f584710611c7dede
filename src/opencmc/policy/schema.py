"""The closed schema of a policy pack: which files there are, which keys, and of what type.

``pack.yaml``       id, label, region?, parent?, revision, overrides?, note?
``documents.yaml``  list of {id, title, number?, issued_by?, issued?, in_force?, text?, url?, note?, clauses}
other ``*.yaml`` below sub-folders: one entry, or a list of entries, of the kinds in :data:`KINDS`.

Every entry has ``id, kind, label, checked`` and ``values``, and may have ``label_en`` and ``note``. Each dated value is
``{from, until?, value, standing, cite?, because?, note?}``. What each kind adds is in :data:`KINDS` and in
``docs/policy-packs.md``.

Beyond the plain kinds the schema knows what real documents needed:

* a *parameter* may have ``keys`` (code → label); its value is then one value of its type for each of these keys, no more and
  no fewer, for example a reimbursement share for each tier;
* a *parameter* of type ``formula`` has ``inputs`` (name → label); its value is a formula over exactly these names;
* a *target* may have ``scope`` (for whom) and ``baseline`` (from where), both words for people;
* a parameter of an *indicator*'s definition may refer to a rule: ``entry:`` and the id of a parameter or a list
  (:mod:`opencmc.policy.references`);
* a *case* may say which entry it is ``about``, and is then shown on that entry's card.

Nothing here knows other entries: what must agree between entries is checked in :mod:`opencmc.policy.lint`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opencmc.policy import shapes
from opencmc.policy.formula import Formula, FormulaError
from opencmc.policy.network import read_network
from opencmc.policy.shapes import Key, Reader, Unreadable
from opencmc.policy.source import Fields, FileReport, Items, Node, Text

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

PARAMETER_TYPES = {
    "integer": "整数", "decimal": "小数", "percent": "百分比", "fen": "金额（分）", "text": "文字", "boolean": "是否",
    "date": "日期", "choice": "选项", "formula": "算式",
}  # fmt: skip
COLUMN_TYPES = {"text": "文字", "integer": "整数", "decimal": "小数", "date": "日期"}
COMPARATORS = {">=": "不低于", "<=": "不高于", "rising": "逐年上升", "falling": "逐年下降"}
POPULATIONS = {"provider": "县内机构提供的服务", "insured": "本县参保人", "register": "登记在册的人、岗位或物"}
DIRECTIONS = {"up": "越高越好", "down": "越低越好", "none": "不分高低"}
UNIT_KINDS = {"county": "县", "community": "医共体", "institution": "机构", "tier": "层级", "township": "乡镇"}
PERIOD_KINDS = {"month": "月", "quarter": "季", "ytd": "年初至今", "year": "年"}
STANDINGS = {"sourced": "有出处", "unverified": "待核实", "proposed": "拟定"}


PACK_KEYS = {
    "id": Key(shapes.identifier, required=True, example="ninghai"),
    "label": Key(shapes.text, required=True, example="宁海县"),
    "region": Key(
        shapes.matching(r"[1-8][0-9](?:[0-9]{2}){0,2}", "行政区划代码", '省 2 位、市 4 位、县 6 位数字，例如 "330226"')
    ),
    "parent": Key(shapes.identifier),
    "revision": Key(shapes.text, required=True, example="2026.1"),
    "overrides": Key(shapes.list_of(shapes.identifier, at_least=0)),
    "note": Key(shapes.text),
}

DOCUMENT_KEYS = {
    "id": Key(shapes.code, required=True, example="zhengfu_2017_66"),
    "title": Key(shapes.text, required=True),
    "number": Key(shapes.text),
    "issued_by": Key(shapes.text),
    "issued": Key(shapes.day),
    "in_force": Key(shapes.day),
    "text": Key(shapes.text),
    "url": Key(shapes.text),
    "note": Key(shapes.text),
    "clauses": Key(shapes.mapping_of(shapes.text, what="条款目录"), required=True, example="{全文: 全文}"),
}

CITE_KEYS = {
    "document": Key(shapes.code, required=True),
    "clause": Key(shapes.text, required=True, example="三（一）"),
    "quote": Key(shapes.text),
}

CHECKED_KEYS = {"on": Key(shapes.day, required=True, example="2026-11-21"), "by": Key(shapes.text)}

_labels = shapes.mapping_of(shapes.text, keys=_NAME, what="编号到名称的对照")

_COLUMN = shapes.record(
    {
        "type": Key(shapes.one_of(COLUMN_TYPES), required=True, example="text"),
        "label": Key(shapes.text, required=True),
        "unit": Key(shapes.text),
    },
    what="表的列",
)

COMMON_KEYS: dict[str, Key] = {
    "id": Key(shapes.identifier, required=True, example="budget.overrun_bearer"),
    "kind": Key(shapes.text, required=True, example="parameter"),
    "label": Key(shapes.text, required=True),
    "label_en": Key(shapes.text),
    "note": Key(shapes.text),
    "checked": Key(shapes.record(CHECKED_KEYS, what="checked"), required=True, example="{on: 2026-11-21}"),
}

#: ``values`` is read apart from the other keys, because its type follows from them.
VALUES_KEY = "values"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry: its name for people, its card's name, its own keys, and the reader of its value.

    ``value`` takes the attributes that were read and gives the reader; ``check`` reports what the attributes must agree on.
    """

    label: str
    card: str
    keys: Mapping[str, Key]
    value: Callable[[Mapping[str, Any]], Reader[Any]]
    check: Callable[[Mapping[str, Any], Fields, FileReport], bool] = lambda attributes, node, report: True


# parameter ------------------------------------------------------------------------------------------------------------


def _formula(inputs: Mapping[str, str]) -> Reader[str]:
    def read(node: Node, report: FileReport) -> str:
        value = shapes.text(node, report)
        try:
            formula = Formula(value)
        except FormulaError as error:
            raise shapes.refuse(node, report, "算式", str(error), kind="bad-formula") from None
        if unknown := sorted(formula.names - inputs.keys()):
            hint = shapes.near(unknown[0], inputs)
            correction = f"{hint}请在 inputs 里补上它的名称和含义，或改用已有的：{'、'.join(inputs)}"
            raise shapes.refuse(
                node, report, f"只用 inputs 里的名称（没有“{unknown[0]}”）", correction, kind="bad-formula"
            )
        return value

    return read


def _parameter_value(attributes: Mapping[str, Any]) -> Reader[Any]:
    readers: dict[str, Reader[Any]] = {
        "integer": shapes.integer,
        "decimal": shapes.decimal,
        "percent": shapes.percent,
        "fen": shapes.fen,
        "text": shapes.text,
        "boolean": shapes.boolean,
        "date": shapes.day,
        "choice": shapes.one_of(attributes.get("choices", {})),
        "formula": _formula(attributes.get("inputs", {})),
    }
    reader = readers[attributes["type"]]
    if keys := attributes.get("keys"):
        return shapes.record({key: Key(reader, required=True) for key in keys}, what="按 keys 分列的值")
    return reader


def _check_parameter(attributes: Mapping[str, Any], node: Fields, report: FileReport) -> bool:
    type_ = attributes.get("type")
    whole = True
    for key, types, why in (
        ("choices", ("choice",), "列出可选的编号和名称，例如 choices: {lead: 牵头医院, shared: 按比例}"),
        ("inputs", ("formula",), "列出算式里的名称和含义，例如 inputs: {就诊率: 县域就诊率}"),
        ("unit", ("integer", "decimal"), "写明单位，例如 unit: 天"),
    ):
        if type_ in types and key not in node.fields:
            report.add("missing-key", node.line, f"类型为 {type_} 的参数缺少“{key}”", f"请{why}")
            whole = False
        elif key != "unit" and type_ not in types and key in attributes:
            report.add(
                "unknown-key",
                node.lines[key],
                f"类型为 {type_} 的参数不用“{key}”",
                f"请删去 {key}，或把 type 改为 {types[0]}",
            )
            whole = False
    return whole


# list, table, case ----------------------------------------------------------------------------------------------------

_list_item = shapes.record(
    {"id": Key(shapes.code, required=True), "label": Key(shapes.text, required=True), "note": Key(shapes.text)},
    what="清单项",
)


def _read_list(node: Node, report: FileReport) -> tuple[str | dict[str, str], ...]:
    """Items are plain words or ``{id, label, note?}``; none may come twice."""

    def item(each: Node, report: FileReport) -> str | dict[str, str]:
        return shapes.text(each, report) if isinstance(each, Text) else _list_item(each, report)

    items = shapes.list_of(item, what="清单")(node, report)
    assert isinstance(node, Items)
    seen: dict[str, int] = {}
    for each, value in zip(node.items, items, strict=True):
        name = value if isinstance(value, str) else value["id"]
        if name in seen:
            report.add("duplicate-id", each.line, f"清单里“{name}”出现两次（第一次在第 {seen[name]} 行）", "请只留一个")
            raise Unreadable
        seen[name] = each.line
    return items


def _table_value(attributes: Mapping[str, Any]) -> Reader[Any]:
    columns: Mapping[str, Mapping[str, str]] = attributes["columns"]
    readers: dict[str, Reader[Any]] = {
        "text": shapes.text, "integer": shapes.integer, "decimal": shapes.decimal, "date": shapes.day,
    }  # fmt: skip

    def row(node: Node, report: FileReport) -> tuple[Any, ...]:
        if not isinstance(node, Items) or len(node.items) != len(columns):
            expected = f"一行 {len(columns)} 格（{'、'.join(columns)}）"
            raise shapes.refuse(node, report, expected, '请按 columns 的顺序写作 [甲, 乙, …]，每列一格，空格写作 "—"')
        cells, failed = [], False
        for cell, column in zip(node.items, columns.values(), strict=True):
            try:
                cells.append(readers[column["type"]](cell, report))
            except Unreadable:
                failed = True
        if failed:
            raise Unreadable
        return tuple(cells)

    return shapes.list_of(row, what="表的行")


def read_tree(node: Node, report: FileReport) -> Any:
    """Words as they stand, in lists and mappings: the inputs of a worked example, whose meaning its method knows."""
    match node:
        case Text(text=value):
            return value
        case Items(items=items):
            return tuple(read_tree(item, report) for item in items)
        case Fields(fields=fields):
            return {key: read_tree(value, report) for key, value in fields.items()}


_case_value = shapes.record(
    {
        "method": Key(shapes.identifier, required=True),
        "given": Key(shapes.mapping_of(read_tree, what="已知条件"), required=True),
        "expect": Key(shapes.mapping_of(read_tree, what="应得结果"), required=True),
    },
    what="算例",
)


# target, indicator ----------------------------------------------------------------------------------------------------


def _target_value(attributes: Mapping[str, Any]) -> Reader[Any]:
    words = {"rising": "上升", "falling": "下降"}
    if word := words.get(attributes["comparator"]):
        return shapes.one_of({word: word})
    return shapes.percent if attributes.get("unit") == "percent" else shapes.decimal


def _check_target(attributes: Mapping[str, Any], node: Fields, report: FileReport) -> bool:
    if attributes.get("comparator") in (">=", "<=") and "unit" not in node.fields:
        report.add("missing-key", node.line, "目标缺少“unit”", "请写明目标值的单位，例如 unit: percent")
        return False
    return True


def _scale(node: Node, report: FileReport) -> int:
    value = shapes.natural(node, report)
    if value == 0:
        raise shapes.refuse(node, report, "大于 0 的整数", "百分比写 100，每万人写 10000，不放大写 1")
    return value


def _places(node: Node, report: FileReport) -> int:
    value = shapes.natural(node, report)
    if value > 6:
        raise shapes.refuse(node, report, "0 到 6", "请写保留的小数位数，例如 2")
    return value


_indicator_value = shapes.record(
    {
        "method": Key(shapes.identifier, required=True, example="share"),
        "numerator": Key(shapes.identifier),
        "denominator": Key(shapes.identifier),
        "scale": Key(_scale),
        "parameters": Key(shapes.mapping_of(shapes.text, keys=_NAME, what="方法的参数")),
        "note": Key(shapes.text),
    },
    what="指标定义",
)


def _always(reader: Reader[Any]) -> Callable[[Mapping[str, Any]], Reader[Any]]:
    return lambda attributes: reader


KINDS: dict[str, Kind] = {
    "parameter": Kind(
        "参数",
        "参数卡",
        {
            "type": Key(shapes.one_of(PARAMETER_TYPES), required=True, example="percent"),
            "unit": Key(shapes.text),
            "choices": Key(_labels),
            "keys": Key(_labels),
            "inputs": Key(shapes.mapping_of(shapes.text, what="算式的输入")),
        },
        _parameter_value,
        _check_parameter,
    ),
    "list": Kind("清单", "名单卡", {}, _always(_read_list)),
    "network": Kind("网络", "名单卡", {}, _always(read_network)),
    "target": Kind(
        "目标",
        "目标卡",
        {
            "indicator": Key(shapes.identifier, required=True, example="m24_07"),
            "comparator": Key(shapes.one_of(COMPARATORS), required=True, example='">="'),
            "unit": Key(shapes.text),
            "due": Key(shapes.day),
            "scope": Key(shapes.text),
            "baseline": Key(shapes.text),
        },
        _target_value,
        _check_target,
    ),
    "duty": Kind(
        "职责",
        "职责卡",
        {
            "actor": Key(shapes.text, required=True, example="县医保局"),
            "due": Key(shapes.day_or_text),
            "recurrence": Key(shapes.text),
        },
        _always(shapes.text),
    ),
    "table": Kind(
        "表",
        "参数卡",
        {
            "columns": Key(
                shapes.mapping_of(_COLUMN, keys=_NAME, what="列"),
                required=True,
                example="{tier: {type: text, label: 层级}}",
            )
        },
        _table_value,
    ),
    "case": Kind("算例", "算例卡", {"about": Key(shapes.identifier)}, _always(_case_value)),
    "indicator": Kind(
        "指标",
        "指标卡",
        {
            "set": Key(
                shapes.matching(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", "指标集的编号", "例如 national-2024"), required=True
            ),
            "dimension": Key(shapes.text),
            "population": Key(shapes.one_of(POPULATIONS), required=True, example="provider"),
            "unit": Key(shapes.text, required=True, example="percent"),
            "places": Key(_places, required=True, example="2"),
            "direction": Key(shapes.one_of(DIRECTIONS), required=True, example="up"),
            "by": Key(shapes.list_of(shapes.one_of(UNIT_KINDS)), required=True, example="[county, institution]"),
            "periods": Key(shapes.list_of(shapes.one_of(PERIOD_KINDS)), required=True, example="[month, year]"),
            "succeeds": Key(shapes.identifier),
            "denominator_source": Key(shapes.text),
            "exclusions": Key(shapes.list_of(shapes.text)),
        },
        _always(_indicator_value),
    ),
}
