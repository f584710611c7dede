"""Everything that can be wrong with a pack, each with its place and its correction.

``python -m opencmc.policy.lint [PACK] [--root DIR] [--sources DIR]`` prints the findings.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from opencmc.base.errors import Finding
from opencmc.policy.pack import check_folder, default_root, list_packs


def check_pack(root: Path, pack_id: str, *, sources: Path | None = None) -> list[Finding]:
    """All findings of a pack and of its ancestors, in the order of files and lines. ``sources`` is a folder with the
    documents' texts; with it, every quotation is looked up."""
    return check_folder(root, pack_id, sources=sources)


def check_all(root: Path, *, sources: Path | None = None) -> list[Finding]:
    """The findings of every pack below ``root``, each once."""
    found = (finding for pack_id in list_packs(root) for finding in check_pack(root, pack_id, sources=sources))
    return list(dict.fromkeys(found))


def default_sources() -> Path | None:
    """The folder named by ``OPENCMC_SEEDS``, if it is set."""
    folder = os.environ.get("OPENCMC_SEEDS")
    return Path(folder) if folder else None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m opencmc.policy.lint", description="检查政策包")
    parser.add_argument("pack", nargs="?", help="政策包编号；不写则检查全部")
    parser.add_argument("--root", type=Path, default=None, help="政策包所在的文件夹")
    parser.add_argument("--sources", type=Path, default=default_sources(), help="文件原文所在的文件夹，用来核对引文")
    options = parser.parse_args(arguments)
    root = options.root or default_root()
    if options.pack:
        findings = check_pack(root, options.pack, sources=options.sources)
    else:
        findings = check_all(root, sources=options.sources)
    sys.stdout.writelines(f"{each.where} [{each.kind}] {each.finding}。{each.correction}\n" for each in findings)
    sys.stderr.write(f"{len(findings)} 个问题\n" if findings else "没有发现问题\n")
    return 4 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
