"""A tiny country with one county below it, written anew for each test."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from opencmc.base.errors import Finding
from opencmc.policy.lint import check_pack
from opencmc.policy.pack import Pack, load_pack

COUNTRY = """\
id: country
label: 全国
revision: 1.0
"""
COUNTRY_DOCUMENTS = """\
- id: doc_n
  title: 关于推进共同体的意见
  number: 国发〔2020〕1号
  issued: 2020-01-01
  text: doc_n.txt
  clauses:
    一（一）: 总体要求
    二（三）: 支付方式
"""
COUNTRY_RULES = """\
- id: reserve.share
  kind: parameter
  label: 预留比例
  type: percent
  checked: {on: 2026-01-01}
  values:
    - from: 2020-01-01
      until: 2021-01-01
      value: 3
      standing: sourced
      cite: [{document: doc_n, clause: 二（三）}]
    - from: 2022-01-01
      value: 5.5
      standing: sourced
      cite: [{document: doc_n, clause: 二（三）, quote: 预留比例不超过5.5%}]
- id: m_share
  kind: indicator
  label: 基层就诊率
  set: national-2024
  population: provider
  unit: percent
  places: 2
  direction: up
  by: [county, institution]
  periods: [month, year]
  denominator_source: 门急诊登记
  exclusions: [健康体检, 核酸检测]
  checked: {on: 2026-01-01}
  values:
    - from: 2020-01-01
      value: {method: share, numerator: visits_primary, denominator: visits_county, scale: 100}
      standing: sourced
      cite: [{document: doc_n, clause: 一（一）}]
"""
COUNTY = """\
id: county
label: 示例县
region: "330226"
parent: country
revision: 2026.1
overrides: [reserve.share]
"""
COUNTY_DOCUMENTS = """\
- id: doc_c
  title: 示例县实施方案
  number: 示例〔2023〕2号
  issued: 2023-05-01
  text: doc_c.txt
  clauses: {三（一）: 预算, 三（二）: 首诊}
"""
COUNTY_RULES = """\
- id: reserve.share
  kind: parameter
  label: 预留比例
  type: percent
  checked: {on: 2026-02-01, by: 医保科}
  values:
    - from: 2023-06-01
      value: 3
      standing: sourced
      cite: [{document: doc_c, clause: 三（一）, quote: "年初按总额的3%预留,年底清算"}]
- id: target.primary
  kind: target
  label: 基层就诊率目标
  indicator: m_share
  comparator: ">="
  unit: percent
  due: 2025-12-31
  checked: {on: 2026-02-01}
  values:
    - {from: 2023-06-01, value: 65, standing: unverified, cite: [{document: doc_c, clause: 三（二）}]}
"""


class Policies:
    """A folder of packs under ``policies/``, with the documents' texts beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "policies"
        self.sources = folder / "texts"
        self.write("country/pack.yaml", COUNTRY)
        self.write("country/documents.yaml", COUNTRY_DOCUMENTS)
        self.write("country/rules/all.yaml", COUNTRY_RULES)
        self.write("county/pack.yaml", COUNTY)
        self.write("county/documents.yaml", COUNTY_DOCUMENTS)
        self.write("county/rules/all.yaml", COUNTY_RULES)
        self.write_text("doc_n.txt", "二、(三)支付方式。预留比例不超过 5.5 %,结余留用。")
        self.write_text("doc_c.txt", "三、(一)预算。年初按总额的３%预留，\n  年底清算。")

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        return path

    def write_text(self, name: str, content: str) -> None:
        self.sources.mkdir(exist_ok=True)
        (self.sources / name).write_text(content, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Write one thing differently."""
        path = self.root / name
        content = path.read_text(encoding="utf-8")
        assert old in content, f"{name} 里没有 {old}"
        path.write_text(content.replace(old, new, 1), encoding="utf-8")

    def check(self, pack_id: str = "county", *, quotes: bool = False) -> list[Finding]:
        return check_pack(self.root, pack_id, sources=self.sources if quotes else None)

    def load(self, pack_id: str = "county") -> Pack:
        return load_pack(self.root, pack_id)


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    return Policies(tmp_path)


@pytest.fixture
def day() -> date:
    return date(2025, 6, 30)
