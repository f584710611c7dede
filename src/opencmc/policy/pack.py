"""A policy pack: its own documents and entries, laid over those of its ancestors."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from opencmc.base.errors import Finding, PolicyError
from opencmc.policy import shapes
from opencmc.policy.consistency import check_consistency
from opencmc.policy.entry import Document, Entry
from opencmc.policy.folder import Folder, read_folder


@dataclass(frozen=True, eq=False)
class Pack:
    """A county's rules, ready to be asked.

    ``documents`` and ``entries`` are merged over the lineage, the nearest winning; ``own`` and ``own_documents`` are those
    that this pack itself writes. ``fingerprint`` is a SHA-256 over the files of the pack and of its ancestors.
    """

    id: str
    label: str
    region: str
    revision: str
    parent: Pack | None
    documents: dict[str, Document]
    entries: dict[str, Entry]
    own: dict[str, Entry]
    own_documents: dict[str, Document]
    overrides: tuple[str, ...]
    fingerprint: str
    note: str = ""

    @property
    def lineage(self) -> list[str]:
        """This pack, its parent, and so on: ``["ninghai", "zhejiang", "national"]``."""
        return [self.id, *(self.parent.lineage if self.parent else [])]

    @property
    def identity(self) -> str:
        """What a run writes into its manifest: revision and the beginning of the fingerprint."""
        return f"{self.revision}+{self.fingerprint[:12]}"

    def entry(self, entry_id: str) -> Entry:
        """The entry, or :class:`PolicyError` that names the nearest id."""
        if entry_id in self.entries:
            return self.entries[entry_id]
        hint = shapes.near(entry_id, self.entries)
        correction = f"{hint}用 opencmc pack show {self.id} 查看全部条目"
        raise PolicyError(
            [Finding("unknown-entry", f"policies/{self.id}", f"政策包里没有条目“{entry_id}”", correction)]
        )

    def value(self, entry_id: str, day: date) -> Any:
        """The typed value that holds on ``day``. Raises :class:`PolicyError` when there is no such entry, or when it says
        nothing about that day."""
        entry = self.entry(entry_id)
        dated = entry.on(day)
        if dated is not None:
            return dated.value
        spans = "；".join(
            f"{value.start} 起" + (f"至 {value.until} 前" if value.until else "") for value in entry.values
        )
        correction = f"已有取值：{spans}。请换一个日期，或在 values 里补上适用于这一天的取值"
        raise PolicyError(
            [Finding("no-value", entry.where, f"“{entry.label}”（{entry_id}）在 {day} 没有取值", correction)]
        )

    def all(self, kind: str) -> list[Entry]:
        """The entries of a kind, in the order of their ids."""
        return [self.entries[name] for name in sorted(self.entries) if self.entries[name].kind == kind]

    def targets(self) -> list[Entry]:
        """The targets that bind this county: its own, and its ancestors' that name no ``scope``. A target for some
        counties only (a pilot zone) binds a county that restates it in its own pack."""
        return [target for target in self.all("target") if target.pack == self.id or not target.attributes.get("scope")]

    def inherited(self, entry_id: str) -> Entry | None:
        """What the parent says under the same id."""
        return self.parent.entries.get(entry_id) if self.parent else None


def default_root() -> Path:
    """The folder of the packs: ``OPENCMC_POLICIES``, or ``policies`` beside ``src``."""
    named = os.environ.get("OPENCMC_POLICIES")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "policies"


def list_packs(root: Path) -> list[str]:
    """The ids of the packs below ``root``, in alphabetical order."""
    return sorted(path.parent.name for path in root.glob("*/pack.yaml"))


def load_pack(root: Path, pack_id: str, *, sources: Path | None = None) -> Pack:
    """Read a pack and its ancestors. Raises :class:`PolicyError` with all findings if there is any."""
    pack, findings = _load(root, pack_id, sources)
    if findings or pack is None:
        raise PolicyError(findings)
    return pack


def check_folder(root: Path, pack_id: str, *, sources: Path | None = None) -> list[Finding]:
    """All findings of a pack and its ancestors."""
    return _load(root, pack_id, sources)[1]


def _load(root: Path, pack_id: str, sources: Path | None) -> tuple[Pack | None, list[Finding]]:
    folders, findings = _read_lineage(root, pack_id)
    findings += check_consistency(folders, sources)
    findings = sorted(dict.fromkeys(findings), key=_position)
    if findings:
        return None, findings
    pack: Pack | None = None
    digest = hashlib.sha256()
    for folder in reversed(folders):
        assert folder.head is not None
        digest.update(folder.digest)
        own = {draft.id: draft.entry for draft in folder.drafts if draft.entry is not None}
        pack = Pack(
            id=folder.id,
            label=folder.head.label,
            region=folder.head.region,
            revision=folder.head.revision,
            parent=pack,
            documents={**(pack.documents if pack else {}), **folder.documents},
            entries={**(pack.entries if pack else {}), **own},
            own=own,
            own_documents=folder.documents,
            overrides=tuple(folder.head.override_lines),
            fingerprint=digest.hexdigest(),
            note=folder.head.note,
        )
    return pack, []


def _position(finding: Finding) -> tuple[str, int, str]:
    file, _, line = finding.where.rpartition(":")
    return (file, int(line), finding.kind) if line.isdigit() else (finding.where, 0, finding.kind)


def _read_lineage(root: Path, pack_id: str) -> tuple[list[Folder], list[Finding]]:
    """The pack's folder, its parent's, and so on, as far as they can be found."""
    if not (root / pack_id / "pack.yaml").is_file():
        known = list_packs(root)
        hint = shapes.near(pack_id, known)
        listed = f"已有：{'、'.join(known)}" if known else "这里还没有政策包；可用环境变量 OPENCMC_POLICIES 指明文件夹"
        where = f"policies/{pack_id}"
        return [], [Finding("unknown-pack", where, f"没有政策包“{pack_id}”（缺 pack.yaml）", f"{hint}{listed}")]
    folders: list[Folder] = []
    findings: list[Finding] = []
    current = pack_id
    while True:
        folder = read_folder(root, current)
        folders.append(folder)
        findings += folder.findings
        head = folder.head
        if head is None or not head.parent:
            return folders, findings
        where = f"policies/{current}/pack.yaml:{head.lines['parent']}"
        if head.parent in (seen := [each.id for each in folders]):
            circle = " → ".join([*seen[seen.index(head.parent) :], head.parent])
            findings.append(
                Finding("parent-cycle", where, f"上级绕成一圈：{circle}", "请改正其中一个的 parent；全国包没有上级")
            )
            return folders, findings
        if not (root / head.parent / "pack.yaml").is_file():
            known = [each for each in list_packs(root) if each != current]
            correction = (
                f"{shapes.near(head.parent, known)}已有：{'、'.join(known) or '（无）'}。没有上级时请删去 parent"
            )
            findings.append(Finding("unknown-parent", where, f"找不到上级政策包“{head.parent}”", correction))
            return folders, findings
        current = head.parent
