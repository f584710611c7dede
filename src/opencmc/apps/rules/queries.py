"""Reads of packs. A pack is read once a process and again only when one of its files changed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from opencmc.apps.rules.models import PackInUse
from opencmc.base.errors import PolicyError, Refused
from opencmc.policy.pack import Pack, default_root, list_packs, load_pack


def _state_of_files(root: Path) -> tuple[int, int]:
    """How many pack files there are and when the last one changed: cheap, and enough to notice an edit."""
    changed = [path.stat().st_mtime_ns for path in root.rglob("*.yaml")]
    return len(changed), max(changed, default=0)


def list_pack_ids() -> list[str]:
    return list_packs(default_root())


def pack_by_id(pack_id: str) -> Pack:
    """The pack as its files are now; read again only when a file changed. Refused when there is no such pack."""
    root = default_root()
    if not (root / pack_id / "pack.yaml").is_file():
        raise Refused(f"没有政策包“{pack_id}”。", possible_when=f"现有：{'、'.join(list_pack_ids())}。")
    return _pack(root, pack_id, _state_of_files(root))


@lru_cache(maxsize=64)
def _pack(root: Path, pack_id: str, _state: tuple[int, int]) -> Pack:
    return load_pack(root, pack_id)


def lineage_labels(pack: Pack) -> dict[str, str]:
    """The labels of a pack and its ancestors by id, the pack itself first."""
    return {pack.id: pack.label} | (lineage_labels(pack.parent) if pack.parent else {})


def pack_labels() -> list[tuple[str, str]]:
    """(id, label) of the packs that can be read."""
    root = default_root()
    return _labels(root, _state_of_files(root))


@lru_cache(maxsize=4)
def _labels(root: Path, state: tuple[int, int]) -> list[tuple[str, str]]:
    labels = []
    for pack_id in list_packs(root):
        try:
            labels.append((pack_id, _pack(root, pack_id, state).label))
        except PolicyError:  # somebody is working on that pack; the others stay readable
            continue
    return labels


def published_pack() -> str:
    """The pack named for this installation when its run was published, or ""."""
    return PackInUse.objects.values_list("pack", flat=True).first() or ""


def pack_in_use() -> Pack:
    """The pack named for this installation; before one was named, the national one."""
    return pack_by_id(published_pack() or "national")
