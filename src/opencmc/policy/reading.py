"""From located text to documents and entries; what could not be read whole is kept as a draft, so that one mistake does
not call forth a row of others."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from opencmc.base.citations import Citation, Standing
from opencmc.policy import shapes
from opencmc.policy.entry import DatedValue, Document, Entry
from opencmc.policy.schema import (
    CITE_KEYS,
    COMMON_KEYS,
    DOCUMENT_KEYS,
    KINDS,
    PACK_KEYS,
    STANDINGS,
    VALUES_KEY,
    Kind,
)  # fmt: skip
from opencmc.policy.shapes import Key, Reader, Unreadable
from opencmc.policy.source import Fields, FileReport, Items, Node, Text

_NO_DATE = "每个取值都要写明从哪天起适用，例如 from: 2025-01-01（文件没有写明施行日时用印发日）"
_NO_CITE = "请在 cite 中写明 documents.yaml 里的文件编号和条款，例如 cite: [{document: 004_9d0ef5496f593d7d, clause: 三（一）}]"
_NO_BECAUSE = "拟定的取值没有文件可引，请用 because 写明拟定的理由"


@dataclass(frozen=True, slots=True)
class PackHead:
    """``pack.yaml``. ``lines`` holds the line of each key; ``override_lines`` that of each listed override."""

    id: str
    label: str
    revision: str
    region: str
    parent: str
    note: str
    override_lines: dict[str, int]
    lines: dict[str, int]


@dataclass(frozen=True, slots=True)
class CitedAt:
    citation: Citation
    line: int


@dataclass(slots=True)
class Draft:
    """An entry as far as it could be read. ``entry`` is ``None`` when something in it is wrong."""

    id: str
    kind: str
    line: int
    node: Fields
    report: FileReport
    entry: Entry | None = None
    cites: list[CitedAt] = field(default_factory=list)


def read_head(node: Node, report: FileReport) -> PackHead | None:
    try:
        values, _ = shapes.take(node, PACK_KEYS, report, what="pack.yaml")
    except Unreadable:
        return None
    assert isinstance(node, Fields)
    if not {"id", "label", "revision"} <= values.keys():
        return None
    overrides: dict[str, int] = {}
    if isinstance(listed := node.fields.get("overrides"), Items) and "overrides" in values:
        for name, each in zip(values["overrides"], listed.items, strict=True):
            if name in overrides:
                report.add("duplicate-id", each.line, f"overrides 里“{name}”列了两次", "请只留一个")
            overrides.setdefault(name, each.line)
    return PackHead(
        id=values["id"], label=values["label"], revision=values["revision"], region=values.get("region", ""),
        parent=values.get("parent", ""), note=values.get("note", ""), override_lines=overrides, lines=node.lines,
    )  # fmt: skip


def read_documents(node: Node, pack: str, report: FileReport) -> dict[str, Document]:
    """The documents of a pack. One that could not be read whole is kept if it has an id and clauses."""
    if not isinstance(node, Items):
        report.add("wrong-type", node.line, f"读到{shapes.shown(node)}，应为文件列表", "每份文件一项，以“- id: …”开头")
        return {}
    documents: dict[str, Document] = {}
    for item in node.items:
        try:
            values, _ = shapes.take(item, DOCUMENT_KEYS, report, what="文件")
        except Unreadable:
            continue
        if "id" not in values:
            continue
        name = values["id"]
        if name in documents:
            report.add(
                "duplicate-id",
                item.line,
                f"文件“{name}”登记了两次（第一次在第 {documents[name].line} 行）",
                "请只留一个",
            )
            continue
        documents[name] = Document(**{"title": name, "clauses": {}, **values}, pack=pack, line=item.line)
    return documents


def read_entries(node: Node, *, pack: str, file: str, report: FileReport) -> list[Draft]:
    """The entries of one file: a mapping is one, a list is several."""
    nodes = node.items if isinstance(node, Items) else (node,)
    drafts = []
    for each in nodes:
        if isinstance(each, Fields):
            drafts.append(_read_entry(each, pack, file, report))
            continue
        hint = "冒号要用英文半角“:”，后面加空格。" if isinstance(each, Text) and "：" in each.text else ""
        report.add(
            "wrong-type",
            each.line,
            f"读到{shapes.shown(each)}，应为一个条目（一组键）",
            f"{hint}条目以 id: 编号 开头，其余键与它左对齐",
        )
    return drafts


def _kind_of(node: Fields, report: FileReport, file: str) -> Kind | None:
    labels = {name: kind.label for name, kind in KINDS.items()}
    if "kind" not in node.fields:
        guess = file.split("/")[0].rstrip("s")
        example = guess if guess in KINDS else "parameter"
        report.add("missing-key", node.line, "条目缺少“kind”", f"请补上 kind，例如 kind: {example}")
        return None
    try:
        return KINDS[shapes.one_of(labels)(node.fields["kind"], report)]
    except Unreadable:
        return None


def _read_entry(node: Fields, pack: str, file: str, report: FileReport) -> Draft:
    before = len(report.findings)
    id_node, kind_node = node.fields.get("id"), node.fields.get("kind")
    draft = Draft(
        id=id_node.text.strip() if isinstance(id_node, Text) else "",
        kind=kind_node.text if isinstance(kind_node, Text) else "",
        line=node.line,
        node=node,
        report=report,
    )
    kind = _kind_of(node, report, file)
    if kind is None:
        return draft
    keys = {**COMMON_KEYS, **kind.keys}
    elsewhere = {
        key: f"“{key}”只用于{'、'.join(k.label for k in KINDS.values() if key in k.keys)}。"
        for other in KINDS.values()
        for key in other.keys
        if key not in keys
    }
    inner = Fields({key: value for key, value in node.fields.items() if key != VALUES_KEY}, node.lines, node.line)
    values, whole = shapes.take(inner, keys, report, what=f"{kind.label}条目", elsewhere=elsewhere)
    attributes = {key: values[key] for key in kind.keys if key in values}
    whole = kind.check(attributes, node, report) and whole
    dated = _read_values(node, kind, attributes, whole, draft)
    if whole and dated and len(report.findings) == before:
        draft.entry = Entry(
            id=values["id"], kind=draft.kind, label=values["label"], label_en=values.get("label_en", ""),
            note=values.get("note", ""), checked_on=values["checked"]["on"], checked_by=values["checked"].get("by", ""),
            pack=pack, file=file, line=node.line, attributes=attributes, values=dated,
        )  # fmt: skip
    return draft


def _read_values(
    node: Fields, kind: Kind, attributes: Mapping[str, Any], whole: bool, draft: Draft
) -> tuple[DatedValue, ...]:
    """The dated values in order. Their types are looked at only when the attributes, which give the type, are sound."""
    report = draft.report
    listed = node.fields.get(VALUES_KEY)
    if listed is None:
        hint = "值要放在 values 下，每个取值写明起始日和依据" if "value" in node.fields else "请补上 values"
        report.add(
            "missing-key",
            node.line,
            "条目缺少“values”",
            f"{hint}，例如 values: [{{from: 2025-01-01, value: …, standing: sourced, cite: […]}}]",
        )
        return ()
    if not isinstance(listed, Items) or not listed.items:
        report.add(
            "wrong-type", listed.line, f"读到{shapes.shown(listed)}，应为取值列表", "每个取值一项，以“- from: 日期”开头"
        )
        return ()
    reader: Reader[Any] = kind.value(attributes) if whole else _skip
    read = [value for each in listed.items if (value := _read_value(each, reader, draft)) is not None]
    return _in_order(read, report)


def _skip(node: Node, report: FileReport) -> Any:
    return None


def _read_value(node: Node, reader: Reader[Any], draft: Draft) -> DatedValue | None:
    report = draft.report
    keys = {
        "from": Key(shapes.day),
        "until": Key(shapes.day),
        "value": Key(reader, required=True),
        "standing": Key(shapes.one_of(STANDINGS), required=True, example="sourced"),
        "cite": Key(shapes.list_of(_cite, at_least=0, what="依据列表")),
        "because": Key(shapes.text),
        "note": Key(shapes.text),
    }
    try:
        values, whole = shapes.take(node, keys, report, what="取值")
    except Unreadable:
        return None
    assert isinstance(node, Fields)
    cites: tuple[CitedAt, ...] = values.get("cite", ())
    draft.cites.extend(cites)
    if "from" not in node.fields:
        report.add("undated", node.line, "取值没有起始日（from）", _NO_DATE)
        whole = False
    standing = values.get("standing")
    if standing in ("sourced", "unverified") and not cites and ("cite" not in node.fields or "cite" in values):
        started = f"{values['from']} 起的" if "from" in values else ""
        report.add("uncited", node.line, f"{started}取值没有依据（standing 为 {standing}）", _NO_CITE)
        whole = False
    if standing == "proposed" and "because" not in node.fields:
        report.add("uncited", node.line, "拟定的取值没有写理由（because）", _NO_BECAUSE)
        whole = False
    if not whole:
        return None
    return DatedValue(
        start=values["from"], until=values.get("until"), value=values["value"], standing=Standing(values["standing"]),
        cites=tuple(each.citation for each in cites), because=values.get("because", ""), line=node.line,
        note=values.get("note", ""),
    )  # fmt: skip


def _cite(node: Node, report: FileReport) -> CitedAt:
    values = shapes.record(CITE_KEYS, what="依据")(node, report)
    return CitedAt(Citation(values["document"], values["clause"], values.get("quote", "")), node.line)


def _in_order(values: list[DatedValue], report: FileReport) -> tuple[DatedValue, ...]:
    """By starting day; each holds until the next one starts, unless it says an earlier day itself."""
    ordered: list[DatedValue] = []
    values = sorted(values, key=lambda value: value.start)
    for value, following in itertools.zip_longest(values, values[1:]):
        next_start: date | None = following.start if following else None
        if value.until is not None and value.until <= value.start:
            report.add(
                "overlap",
                value.line,
                f"取值从 {value.start} 到 {value.until} 不含一天",
                "until 是不再适用的第一天，应晚于 from",
            )
        if following and next_start is not None and next_start == value.start:
            report.add(
                "overlap",
                following.line,
                f"两个取值都从 {value.start} 起（另一个在第 {value.line} 行）",
                "请改正其中一个的 from，或只留一个",
            )
        elif following and value.until is not None and next_start is not None and value.until > next_start:
            correction = f"请把 until 改为 {next_start}，或删去（写了下一个取值就不必写 until）"
            report.add(
                "overlap",
                value.line,
                f"取值到 {value.until} 为止，与 {next_start} 起的取值（第 {following.line} 行）重叠",
                correction,
            )
        until = value.until if value.until is not None else next_start
        ordered.append(
            DatedValue(
                value.start, until, value.value, value.standing, value.cites, value.because, value.line, value.note
            )
        )
    return tuple(ordered)
