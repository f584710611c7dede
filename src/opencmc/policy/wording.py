"""How values of a pack are said to people, in Chinese: on cards, in differences, in lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from opencmc.base.citations import Citation
from opencmc.base.money import format_yuan
from opencmc.policy.entry import DatedValue, Document, Entry
from opencmc.policy.network import COMMUNITY_KINDS, ROLES
from opencmc.policy.references import referred
from opencmc.policy.schema import COMPARATORS

#: What the usual units are called; any other unit is written in the pack as it should be read.
UNITS = {
    "percent": "%", "ratio": "", "yuan": "元", "fen": "分", "wan_yuan": "万元", "persons": "人", "visits": "人次", "cases": "例", "reports": "份",
    "days": "天", "months": "个月", "years": "年", "hours": "小时", "points": "分值", "times": "次", "institutions": "家", "beds": "张", "items": "项",
    "per_100": "每百人", "per_1000": "每千人", "per_10000": "每万人", "per_100000": "每十万人",
}  # fmt: skip
_SHOWN_ITEMS = 8

#: Methods that are no more than the division itself, so that naming them adds nothing.
_PLAIN_DIVISIONS = frozenset({"share", "ratio", "per_capita"})


def say_unit(unit: str) -> str:
    return UNITS.get(unit, unit)


def say_number(value: int | Decimal, unit: str) -> str:
    """``65%``, ``30 天``, ``1,234.5 元``; the number is never rounded."""
    name = say_unit(unit)
    number = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return f"{number}{name}" if name in ("", "%") else f"{number} {name}"


def say_value(entry: Entry, value: Any) -> str:
    """The value of an entry in one line. Long lists are cut and counted."""
    attributes = entry.attributes
    match entry.kind:
        case "parameter":
            if keys := attributes.get("keys"):
                return "；".join(f"{label} {_say_single(value[key], attributes)}" for key, label in keys.items())
            return _say_single(value, attributes)
        case "target":
            comparator = attributes["comparator"]
            if isinstance(value, str):
                return COMPARATORS[comparator]
            return f"{COMPARATORS[comparator]} {say_number(value, attributes.get('unit', ''))}"
        case "list":
            return _listed([item if isinstance(item, str) else item["label"] for item in value], "项")
        case "network":
            return _say_network(value)
        case "table":
            rows = ["，".join(_plain(cell) for cell in row) for row in value]
            return _listed(rows, "行", mark="；")
        case "case":
            return f"方法 {value['method']}；已知 {_say_tree(value['given'])}；应得 {_say_tree(value['expect'])}"
        case "indicator":
            return say_definition(value, {})
        case _:
            return str(value)


def say_definition(value: Mapping[str, Any], measures: Mapping[str, str]) -> str:
    """The definition of an indicator. ``measures`` names measures and methods to people, where their names are known."""

    def named(key: str) -> str:
        return measures.get(value[key], value[key])

    parts = [] if value["method"] in _PLAIN_DIVISIONS and "denominator" in value else [named("method")]
    if "numerator" in value and "denominator" in value:
        scale = value.get("scale", 1)
        parts.append(f"{named('numerator')} ÷ {named('denominator')}" + (f" × {scale:,}" if scale != 1 else ""))
    elif "numerator" in value:
        parts.append(named("numerator"))
    parts += [
        f"{key} 见条目 {name}" if (name := referred(text)) else f"{key} = {text}"
        for key, text in value.get("parameters", {}).items()
    ]
    return "，".join(parts)


def say_span(value: DatedValue) -> str:
    """``2018-01-01 起`` or ``2018-01-01 至 2020-12-31`` (the last day included, as people say it)."""
    if value.until is None:
        return f"{value.start} 起"
    return f"{value.start} 至 {date.fromordinal(value.until.toordinal() - 1)}"


def say_citation(citation: Citation, documents: Mapping[str, Document]) -> str:
    """``《title》（number） 三（一）（heading）：“quote”``."""
    return say_citations((citation,), documents)[0]


def say_citations(citations: Iterable[Citation], documents: Mapping[str, Document]) -> list[str]:
    """One line for each clause cited, with all that is quoted from it."""
    quotes: dict[tuple[str, str], list[str]] = {}
    for citation in citations:
        of_clause = quotes.setdefault((citation.document, citation.clause), [])
        if citation.quote:
            of_clause.append(f"“{citation.quote}”")
    lines = []
    for (name, clause), quoted in quotes.items():
        document = documents.get(name)
        heading = document.clauses.get(clause, "") if document else ""
        said = clause if heading in ("", clause) else f"{clause}（{heading}）"
        lines.append(f"{document.name if document else name} {said}" + (f"：{'；'.join(quoted)}" if quoted else ""))
    return lines


def _say_single(value: Any, attributes: Mapping[str, Any]) -> str:
    match attributes["type"]:
        case "percent":
            return say_number(value, "percent")
        case "fen":
            return f"{format_yuan(value)} 元"
        case "choice":
            return str(attributes["choices"][value])
        case "boolean":
            return "是" if value else "否"
        case "integer" | "decimal":
            return say_number(value, attributes.get("unit", ""))
        case _:
            return str(value)


def _say_network(value: Mapping[str, Any]) -> str:
    names = {each["id"]: each.get("short_name", each["name"]) for each in value["institutions"]}
    communities = [
        f"{each['name']}（{COMMUNITY_KINDS[each['kind']]}，牵头 {names[each['lead']]}，{len(each['members'])} 家成员）"
        for each in value["communities"]
    ]
    return f"{len(communities)} 个共同体、{len(names)} 家机构：" + "；".join(communities)


def tabulate(entry: Entry, value: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The value of a list, a table or a network in full: headings and rows. Both are empty for other kinds."""
    match entry.kind:
        case "table":
            headings = tuple(
                column["label"] + (f"（{say_unit(column['unit'])}）" if "unit" in column else "")
                for column in entry.attributes["columns"].values()
            )
            return headings, tuple(tuple(_plain(cell) for cell in row) for row in value)
        case "list":
            return ("编号", "名称", "说明"), tuple(
                ("", item, "") if isinstance(item, str) else (item["id"], item["label"], item.get("note", ""))
                for item in value
            )
        case "network":
            names = {each["id"]: each["name"] for each in value["institutions"]}
            rows = []
            for community in value["communities"]:
                heading = (community["name"], COMMUNITY_KINDS[community["kind"]])
                rows.append((*heading, names[community["lead"]], "牵头医院", ""))
                for member in community["members"]:
                    above = names.get(member.get("attached_to", ""), "")
                    rows.append((*heading, names[member["institution"]], ROLES[member["role"]], above))
            return ("共同体", "类别", "机构", "角色", "附属于"), tuple(rows)
        case _:
            return (), ()


def _plain(cell: Any) -> str:
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _say_tree(value: Any) -> str:
    match value:
        case dict():
            return "，".join(f"{key} = {_say_tree(inner)}" for key, inner in value.items())
        case tuple():
            return "[" + "，".join(_say_tree(inner) for inner in value) + "]"
        case _:
            return str(value)


def _listed(words: list[str], counter: str, mark: str = "、") -> str:
    if len(words) <= _SHOWN_ITEMS:
        return mark.join(words)
    return f"{mark.join(words[:_SHOWN_ITEMS])}等 {len(words)} {counter}"
