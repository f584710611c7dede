"""Which pack value, table, method, page or command carries out each clause of a seed document.

A pack that holds a document whose text is at hand (``text`` in documents.yaml) has a ``coverage.yaml``: a list of
``{document, clause, asks, carried_out_by: [pack:entry, table:NAME, method:NAME, page:NAME, command:NAME], not_yet}``
with each clause of the document exactly once. A clause that nothing carries out says why in ``not_yet``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from opencmc.base.errors import Finding, PolicyError
from opencmc.policy.pack import Pack, list_packs, load_pack
from opencmc.policy.source import Fields, FileReport, Items, Node, Text, read_yaml

FILE = "coverage.yaml"
_KEYS = {"document", "clause", "asks", "carried_out_by", "not_yet"}
KINDS = {"table": "数据表", "method": "方法", "page": "页面", "command": "命令"}


@dataclass(frozen=True, slots=True)
class Covered:
    """One clause of one document, what it asks for, and what carries it out. ``where`` is ``file:line``."""

    pack: str
    document: str
    clause: str
    asks: str
    carried_out_by: tuple[str, ...]
    not_yet: str
    where: str


def _text(node: Node | None) -> str:
    return node.text.strip() if isinstance(node, Text) else ""


def _read(root: Path, pack_id: str, report: FileReport) -> list[Covered]:
    path = root / pack_id / FILE
    if not path.exists():
        return []
    node = read_yaml(path.read_bytes(), report)
    rows: list[Covered] = []
    for item in node.items if isinstance(node, Items) else ():
        if not isinstance(item, Fields):
            report.add("wrong-type", item.line, "读到的不是一条（键与值）", "每条写 document、clause、asks 等键")
            continue
        for key in item.fields.keys() - _KEYS:
            report.add("unknown-key", item.lines[key], f"不认识的键“{key}”", f"可用的键：{'、'.join(sorted(_KEYS))}")
        carriers = item.fields.get("carried_out_by")
        rows.append(
            Covered(
                pack=pack_id,
                document=_text(item.fields.get("document")),
                clause=_text(item.fields.get("clause")),
                asks=_text(item.fields.get("asks")),
                carried_out_by=tuple(_text(c) for c in carriers.items) if isinstance(carriers, Items) else (),
                not_yet=_text(item.fields.get("not_yet")),
                where=f"{report.where}:{item.line}",
            )
        )
    return rows


def _findings_of(pack: Pack, rows: list[Covered], packs: dict[str, Pack]) -> list[Finding]:
    findings = []
    file = f"policies/{pack.id}/{FILE}"
    wanted = [(d.id, clause) for d in pack.own_documents.values() if d.text for clause in d.clauses]
    counted = Counter((row.document, row.clause) for row in rows)
    for document, clause in wanted:
        if not counted[document, clause]:
            findings.append(Finding("uncovered", f"{file}:1", f"{document} 的“{clause}”没有一条", "请补一条"))
    for row in rows:
        if (row.document, row.clause) not in wanted:
            correction = "请写 documents.yaml 里该文件的条款"
            findings.append(Finding("unknown-clause", row.where, f"“{row.document} {row.clause}”不存在", correction))
        elif counted[row.document, row.clause] > 1:
            findings.append(Finding("duplicate", row.where, f"“{row.clause}”写了不止一次", "请合并成一条"))
        if not row.asks:
            findings.append(Finding("missing-key", row.where, "没有写 asks", "请用一句话写明该条款要求什么"))
        if not row.carried_out_by and not row.not_yet:
            correction = "请写由什么落实，或在 not_yet 中写明尚未落实的原因"
            findings.append(Finding("missing-key", row.where, "既没有 carried_out_by 也没有 not_yet", correction))
        for carrier in row.carried_out_by:
            kind, _, name = carrier.partition(":")
            if kind in packs and name not in packs[kind].entries:
                findings.append(Finding("unknown-entry", row.where, f"“{carrier}”不存在", "请写政策包里有的条目"))
            elif kind not in packs and kind not in KINDS:
                correction = "写作 政策包:条目、table:表名、method:方法、page:页面 或 command:命令"
                findings.append(Finding("wrong-type", row.where, f"读不懂“{carrier}”", correction))
    return findings


def load_coverage(root: Path) -> list[Covered]:
    """The coverage of all packs below ``root``, in the order of their files. Raises ``PolicyError``."""
    packs = {pack_id: load_pack(root, pack_id) for pack_id in list_packs(root)}
    rows: list[Covered] = []
    findings: list[Finding] = []
    for pack_id, pack in packs.items():
        report = FileReport(f"policies/{pack_id}/{FILE}")
        own = _read(root, pack_id, report)
        rows += own
        findings += [*report.findings, *_findings_of(pack, own, packs)]
    if findings:
        raise PolicyError(findings)
    return rows


def coverage_reference(root: Path) -> str:
    """The coverage table as Markdown, one section a document."""
    rows = load_coverage(root)
    lines = [
        "# 条款落实对照 · Coverage of the seed documents",
        "",
        (
            "五份政策文件的每一条由什么落实：政策包条目、数据表、方法、页面或命令；尚未落实的写明原因。"
            "由 `policies/*/coverage.yaml` 生成（`make fix`），`tests/docs` 保证它完整。"
        ),
        "",
        "| 文件 | 条款数 | 已有落实 | 其中还有未尽 | 尚未落实 |",
        "|---|---:|---:|---:|---:|",
    ]
    documents = list(dict.fromkeys((row.pack, row.document) for row in rows))
    titles = {d: load_pack(root, pack_id).documents[d] for pack_id, d in documents}
    for _, document in documents:
        own = [row for row in rows if row.document == document]
        carried = [row for row in own if row.carried_out_by]
        partly = sum(1 for row in carried if row.not_yet)
        lines.append(
            f"| {titles[document].title} | {len(own)} | {len(carried)} | {partly} | {len(own) - len(carried)} |"
        )
    for _, document in documents:
        about = titles[document]
        lines += [
            "",
            f"## {about.title}",
            "",
            " · ".join(x for x in (about.number, about.issued_by, document) if x),
            "",
        ]
        lines += ["| 条款 | 要求 | 由什么落实 | 尚未落实 |", "|---|---|---|---|"]
        for row in rows:
            if row.document == document:
                carriers = "、".join(f"`{carrier}`" for carrier in row.carried_out_by)
                heading = about.clauses[row.clause]
                clause = row.clause if heading == row.clause else f"{row.clause} {heading}"
                lines.append(f"| {clause} | {row.asks} | {carriers} | {row.not_yet} |")
    return "\n".join(lines) + "\n"
