"""Names of diagnoses and operations by code. A code never stands alone: without a name the page says that there is none.

Names come from the installation's own lists, ``HOME/names/diagnoses.csv`` and ``procedures.csv`` (columns ``code,name``,
for example the codes of the medical insurance), then from the diagnoses that the generator of demonstration counties uses.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from opencmc.synthetic.sampling import read_table

#: What demonstration counties write beside a principal diagnosis, and the operations that they list.
_BESIDE = {
    "E78.500": "高脂血症", "K76.000": "脂肪肝", "N39.000": "泌尿道感染", "D64.900": "贫血", "J42.x00": "慢性支气管炎",
    "I69.300": "脑梗死后遗症", "M81.000": "骨质疏松", "K29.500": "慢性胃炎", "N40.x00": "前列腺增生", "I50.900": "心力衰竭",
    "E87.600": "低钾血症", "J96.000": "急性呼吸衰竭", "E87.001": "高钠血症", "L89.200": "压疮", "I25.103": "冠心病",
}  # fmt: skip


@lru_cache(maxsize=8)
def _listed(path: Path, _stamp: int) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["code"].strip(): row["name"].strip() for row in csv.DictReader(file) if row.get("code")}


def _own(kind: str) -> dict[str, str]:
    path = Path(settings.OPENCMC_HOME) / "names" / f"{kind}.csv"
    try:
        return _listed(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, str]:
    return _BESIDE | {row["code"]: row["name"] for row in read_table("diagnoses")}


def diagnosis_name(code: str | None) -> str:
    """急性上呼吸道感染; "I99.900（未收录名称）" where there is none; "" for no code."""
    return _named(code, _own("diagnoses"), _shipped())


def procedure_name(code: str | None) -> str:
    return _named(code, _own("procedures"), {})


def _named(code: str | None, *lists: dict[str, str]) -> str:
    if not code:
        return ""
    for names in lists:
        # An extended code (I10.x00x002) falls back on the code that it extends (I10.x00).
        for known in (code, code[:7], f"{code}.x00" if len(code) == 3 else code):
            if known in names:
                return names[known]
    return _("%(code)s（未收录名称）") % {"code": code}
