"""One pack's own folder, read by itself: its head, its documents and its entries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from opencmc.base.errors import Finding
from opencmc.policy.entry import Document
from opencmc.policy.reading import Draft, PackHead, read_documents, read_entries, read_head
from opencmc.policy.source import FileReport, Node, read_yaml

#: Files at the top of a pack; everything else is below a sub-folder.
TOP_FILES = ("pack.yaml", "documents.yaml", "coverage.yaml")


@dataclass(slots=True)
class Folder:
    """What one folder holds. ``unread`` names the files that are no YAML at all; ``digest`` is a SHA-256 over the names and
    contents of its YAML files."""

    id: str
    head: PackHead | None = None
    documents: dict[str, Document] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    head_report: FileReport = field(default_factory=lambda: FileReport(""))
    documents_report: FileReport = field(default_factory=lambda: FileReport(""))
    findings: list[Finding] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    digest: bytes = b""


def read_folder(root: Path, pack_id: str) -> Folder:
    """Read every YAML file of the pack, in alphabetical order."""
    path = root / pack_id
    place = f"policies/{pack_id}"
    folder = Folder(pack_id)
    digest = hashlib.sha256()
    reports: list[FileReport] = []

    def read(file: Path) -> tuple[Node | None, FileReport]:
        name = file.relative_to(path).as_posix()
        content = file.read_bytes()
        digest.update(f"{pack_id}/{name}\0{len(content)}\0".encode() + content)
        report = FileReport(f"{place}/{name}")
        reports.append(report)
        return read_yaml(content, report), report

    for file in sorted(path.rglob("*"), key=lambda each: each.relative_to(path).as_posix()):
        if not file.is_file() or file.suffix not in (".yaml", ".yml"):
            continue
        name = file.relative_to(path).as_posix()
        if file.suffix == ".yml" or ("/" not in name and name not in TOP_FILES):
            where = FileReport(f"{place}/{name}")
            hint = (
                "请改名为 .yaml"
                if file.suffix == ".yml"
                else "请移到 parameters、lists、targets 等子文件夹；顶层只放 " + "、".join(TOP_FILES)
            )
            where.add("unknown-file", 1, "这个文件不会被读到", hint)
            reports.append(where)
            continue
        node, report = read(file)
        if node is None:
            folder.unread.add(name)
            continue
        if name == "pack.yaml":
            folder.head, folder.head_report = read_head(node, report), report
            if folder.head is not None and folder.head.id != pack_id:
                report.add(
                    "wrong-id",
                    folder.head.lines["id"],
                    f"编号是“{folder.head.id}”，文件夹叫“{pack_id}”",
                    "两者要一致，请改其中一个",
                )
        elif name == "documents.yaml":
            folder.documents, folder.documents_report = read_documents(node, pack_id, report), report
        elif name != "coverage.yaml":
            folder.drafts += read_entries(node, pack=pack_id, file=name, report=report)
    _check_unique(folder)
    folder.findings = [finding for report in reports for finding in report.findings]
    folder.digest = digest.digest()
    return folder


def _check_unique(folder: Folder) -> None:
    seen: dict[str, Draft] = {}
    for draft in folder.drafts:
        first = seen.setdefault(draft.id, draft) if draft.id else draft
        if first is not draft:
            line = draft.node.lines["id"]
            finding = f"编号“{draft.id}”已在 {first.report.where}:{first.line} 用过"
            draft.report.add(
                "duplicate-id",
                line,
                finding,
                "每个编号在一个政策包里只用一次；同一事项的新旧取值请写在同一条目的 values 里",
            )
