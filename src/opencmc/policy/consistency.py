"""What must agree between the parts of a pack, and between a pack and its ancestors: overrides, citations, quotations,
references and worked examples."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from opencmc.base.errors import Finding
from opencmc.policy import shapes
from opencmc.policy.entry import Document, Entry
from opencmc.policy.examples import check_example
from opencmc.policy.folder import Folder
from opencmc.policy.quotes import Texts
from opencmc.policy.reading import CitedAt, Draft
from opencmc.policy.references import REFERABLE, gap_in, references_in
from opencmc.policy.source import Fields, FileReport, Items, Text
from opencmc.policy.wording import say_unit


def check_consistency(folders: list[Folder], sources: Path | None) -> list[Finding]:
    """The findings of a lineage, nearest pack first in ``folders``.

    What rests on something that could not be read at all is not judged: a parent that is missing or a file with a slip
    of indentation would otherwise call forth a finding for everything that points into it.
    """
    if not folders:
        return []
    last = folders[-1].head
    whole = last is not None and not last.parent
    unread = {name for folder in folders for name in folder.unread}
    documents_known = whole and "documents.yaml" not in unread
    entries_known = whole and not unread - {"documents.yaml", "coverage.yaml"}
    texts = Texts(sources) if sources is not None else None
    documents: dict[str, Document] = {}
    inherited: dict[str, Draft] = {}
    findings: list[Finding] = []
    for folder in reversed(folders):
        _check_documents(folder, documents, texts, findings)
        documents |= folder.documents
        own = {draft.id: draft for draft in folder.drafts}
        if entries_known:
            _check_overrides(folder, own, inherited, findings)
        known = {**inherited, **own}
        for draft in folder.drafts:
            place = FileReport(draft.report.where, findings)
            for cited in draft.cites if documents_known else ():
                _check_citation(cited, documents, texts, place)
            if entries_known:
                _check_references(draft, known, place)
        for draft in known.values() if entries_known else ():
            if draft.kind == "indicator":
                _check_parameters(draft, known, own, findings)
        inherited = known
    return findings


def _check_documents(
    folder: Folder, inherited: dict[str, Document], texts: Texts | None, findings: list[Finding]
) -> None:
    place = FileReport(folder.documents_report.where, findings)
    for document in folder.documents.values():
        if document.id in inherited:
            above = inherited[document.id].pack
            place.add(
                "duplicate-id",
                document.line,
                f"文件“{document.id}”已在上级政策包 {above} 登记",
                "可以直接引用上级登记的文件，请删去这一份",
            )
        if texts is not None and document.text and texts.folded(document.text) is None:
            correction = f"请核对 text 的文件名，或把原文放进 {texts.folder.name}；没有原文时删去 text"
            place.add("missing-text", document.line, f"找不到文件“{document.id}”的原文 {document.text}", correction)


def _check_overrides(
    folder: Folder, own: dict[str, Draft], inherited: dict[str, Draft], findings: list[Finding]
) -> None:
    if folder.head is None:
        return
    listed = folder.head.override_lines
    for name, draft in own.items():
        if name not in inherited:
            continue
        above = inherited[name]
        place = FileReport(draft.report.where, findings)
        if name not in listed:
            correction = f"若确要与上级不同，请在 pack.yaml 的 overrides 里列出 {name}；否则请删去本条或另取编号"
            place.add(
                "unlisted-override",
                draft.line,
                f"“{name}”改写了上级（{above.report.where}:{above.line}），却没有列明",
                correction,
            )
        if draft.kind and above.kind and draft.kind != above.kind:
            place.add(
                "kind-changed",
                draft.line,
                f"“{name}”在上级是 {above.kind}，这里是 {draft.kind}",
                "改写不能换种类，请另取编号",
            )
    place = FileReport(folder.head_report.where, findings)
    for name, line in listed.items():
        if name not in inherited:
            hint = shapes.near(name, inherited)
            correction = f"{hint}overrides 只列上级已有而本包改写的条目，请改正或删去"
            place.add("unknown-override", line, f"overrides 列了“{name}”，上级没有这个条目", correction)
        elif name not in own:
            place.add(
                "unknown-override",
                line,
                f"overrides 列了“{name}”，本包却没有写这个条目",
                "请补上条目，或从 overrides 删去",
            )


def _check_citation(cited: CitedAt, documents: dict[str, Document], texts: Texts | None, place: FileReport) -> None:
    citation = cited.citation
    document = documents.get(citation.document)
    if document is None:
        hint = shapes.near(citation.document, documents)
        correction = f"{hint}请先在 documents.yaml 登记这份文件，再引用它的编号"
        place.add("unknown-document", cited.line, f"没有登记文件“{citation.document}”", correction)
        return
    if document.clauses and citation.clause not in document.clauses:
        folded = {unicodedata.normalize("NFKC", clause): clause for clause in document.clauses}
        same = folded.get(unicodedata.normalize("NFKC", citation.clause.replace(" ", "")))
        if same:
            correction = f"请写作“{same}”（用全角括号）"
        else:
            hint = shapes.near(citation.clause, document.clauses)
            first = "、".join(list(document.clauses)[:12]) + ("…" if len(document.clauses) > 12 else "")
            correction = f"{hint}{document.name}的条款目录有：{first}。确有此条时请补进 documents.yaml 的 clauses"
        place.add("unknown-clause", cited.line, f"文件“{document.id}”的条款目录里没有“{citation.clause}”", correction)
    if not citation.quote or texts is None or not document.text or texts.folded(document.text) is None:
        return
    if not texts.holds(document.text, citation.quote):
        nearest = texts.nearest(document.text, citation.quote)
        said = f"原文相近处为“{nearest}…”。" if nearest else ""
        correction = f"{said}引文须与原文逐字一致（空格和全半角不论）；若是概括，请写进 note"
        place.add("quote-not-found", cited.line, f"{document.name}里找不到引文“{citation.quote[:40]}”", correction)


#: Keys whose value is the id of another entry, and the kind that it must be of.
_REFERENCES = {"target": ("indicator", "indicator"), "indicator": ("succeeds", "indicator")}


def _check_references(draft: Draft, known: dict[str, Draft], place: FileReport) -> None:
    entry = draft.entry
    if entry is None:
        return
    key, kind = _REFERENCES.get(entry.kind, ("", ""))
    if name := entry.attributes.get(key):
        other = known.get(name)
        line = draft.node.lines[key]
        if other is None or (other.kind and other.kind != kind):
            indicators = [each.id for each in known.values() if each.kind == kind]
            fault = "没有这个指标" if other is None else f"“{name}”是 {other.kind}，不是指标"
            correction = f"{shapes.near(name, indicators)}请改正编号，或先在 indicators/ 里定义这个指标"
            place.add("unknown-reference", line, f"{key} 指向“{name}”：{fault}", correction)
        elif entry.kind == "target" and other.entry is not None:
            _check_unit(draft, other.entry, place)
    if entry.kind == "case":
        about = entry.attributes.get("about", "")
        if about and about not in known:
            line = draft.node.lines["about"]
            correction = f"{shapes.near(about, known)}请改正编号，或删去 about"
            place.add("unknown-reference", line, f"about 指向“{about}”：没有这个条目", correction)
        check_example(entry, known, place)


def _check_parameters(draft: Draft, known: dict[str, Draft], own: dict[str, Draft], findings: list[Finding]) -> None:
    """Every ``entry:`` of an indicator's parameters names a rule of this pack or an ancestor's that never lapses.

    An inherited indicator is judged again by what this pack rewrites.
    """
    for parameter, name, line in _parameters_of(draft):
        other = known.get(name)
        if draft.id not in own and name not in own:
            continue
        place = FileReport(draft.report.where, findings)
        said = f"参数 {parameter} 指向“{name}”"
        if other is None:
            rules = [each.id for each in known.values() if each.kind in REFERABLE]
            correction = f"{shapes.near(name, rules)}请改正编号，或先写这个条目"
            place.add("unknown-reference", line, f"{said}：没有这个条目", correction)
        elif other.kind and (
            other.kind not in REFERABLE or (other.entry and other.entry.attributes.get("type") == "formula")
        ):
            kind = other.kind if other.kind not in REFERABLE else "算式"
            place.add("unknown-reference", line, f"{said}：这是 {kind}", "只能指向参数（算式除外）或清单")
        elif other.entry is not None and (day := gap_in(other.entry)):
            correction = f"请在 {name} 补上从 {day} 起的取值"
            if draft.id in own:
                place.add("no-value", line, f"{said}：从 {day} 起没有取值", correction)
            else:
                fault = f"指标“{draft.id}”要用“{name}”，它从 {day} 起没有取值"
                FileReport(other.report.where, findings).add("no-value", other.line, fault, correction)


def _parameters_of(draft: Draft) -> Iterator[tuple[str, str, int]]:
    """``(parameter, entry id, line)`` of every reference in an indicator, as far as it could be read."""
    values = draft.node.fields.get("values")
    for dated in values.items if isinstance(values, Items) else ():
        value = dated.fields.get("value") if isinstance(dated, Fields) else None
        parameters = value.fields.get("parameters") if isinstance(value, Fields) else None
        if isinstance(parameters, Fields):
            texts = {name: node.text for name, node in parameters.fields.items() if isinstance(node, Text)}
            for parameter, name in references_in(texts):
                yield parameter, name, parameters.lines[parameter]


def _check_unit(draft: Draft, indicator: Entry, place: FileReport) -> None:
    """A target of 0.65 for an indicator in percent would be met by everybody."""
    assert draft.entry is not None
    unit, of_indicator = draft.entry.attributes.get("unit"), indicator.attributes["unit"]
    if unit is not None and (say_unit(unit) == "%") != (say_unit(of_indicator) == "%"):
        correction = f"请把 unit 写作 {of_indicator}，并核对目标值的大小（65% 写作 65）"
        place.add(
            "unit-mismatch",
            draft.node.lines["unit"],
            f"目标的单位是 {unit}，指标“{indicator.id}”的单位是 {of_indicator}",
            correction,
        )
