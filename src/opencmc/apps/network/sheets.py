"""The workbook of a network: which sheets and columns there are, how a cell is read, and what stands in the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise

from opencmc.apps.network import models
from opencmc.apps.network.models.governance import BODY_KINDS, POST_KINDS
from opencmc.apps.network.models.institutions import NAME_KINDS, SERVICE_KINDS
from opencmc.apps.network.models.standards import RESULTS
from opencmc.apps.network.rows import (
    ATTACHMENT_KINDS,
    COMMUNITY_KINDS,
    INSTITUTION_KINDS,
    MEMBERSHIP_ROLES,
    TIERS,
)

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Wrong(Exception):
    """A cell that cannot be read: what was expected."""


@dataclass(frozen=True, slots=True)
class Column:
    """``choices``: code → label; a cell may hold either. ``pattern`` is for the whole text."""

    name: str
    label: str
    type: str = "text"
    required: bool = True
    choices: dict[str, Any] | None = None
    pattern: str = ""
    expected: str = ""
    longest: int = 200

    def read(self, cell: Any) -> Any:
        """The value of a cell; :class:`Wrong` with what is expected. Nothing is "" for text, otherwise ``None``."""
        if isinstance(cell, str):
            cell = cell.strip().strip("\u3000\ufeff")
        if cell is None or cell == "":
            if self.required:
                raise Wrong("必填")
            return "" if self.type == "text" and not self.choices else None
        return getattr(self, f"_{self.type}")(cell)

    def _text(self, cell: Any) -> str:
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if isinstance(cell, datetime):
            raise Wrong(self.expected or "文字，不是日期")
        text = str(cell)
        if self.choices:
            found = [code for code, label in self.choices.items() if text in (code, str(label))]
            if not found:
                raise Wrong("下列之一：" + "、".join(str(label) for label in self.choices.values()))
            return found[0]
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise Wrong(self.expected)
        if len(text) > self.longest:
            raise Wrong(f"不超过 {self.longest} 个字")
        return text

    def _date(self, cell: Any) -> date:
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        found = _DAY.fullmatch(str(cell))
        if not found:
            raise Wrong("日期，写作 2025-03-08")
        try:
            day = date(*(int(part) for part in found.groups()))
        except ValueError:
            raise Wrong("日历上有的日期") from None
        if not 1900 <= day.year <= 2099:
            raise Wrong("1900–2099 年之内的日期；没有止日请留空")
        return day

    def _integer(self, cell: Any) -> int:
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if isinstance(cell, bool) or not re.fullmatch(r"\d{1,6}", str(cell)):
            raise Wrong("不小于 0 的整数")
        return int(cell)


@dataclass(frozen=True, slots=True)
class Sheet:
    """``key`` are the columns that tell rows apart; ``rows`` reads those of the database."""

    id: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[], list[dict[str, Any]]]
    note: str

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


_ID = Column("institution_id", "机构编号", longest=60)
_START, _END = Column("start", "起日", "date"), Column("end", "止日（不含）", "date", required=False)


def _of(model: Any, *names: str, **renamed: str) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        wanted = [*names, *renamed.values()]
        found = model.objects.order_by("pk").values(*wanted)
        back = {v: k for k, v in renamed.items()}
        return [{back.get(k, k): v for k, v in row.items()} for row in found]

    return read


def _institutions() -> list[dict[str, Any]]:
    names = (
        "institution_id",
        "name",
        "short_name",
        "tier",
        "kind",
        "region",
        "township",
        "open_beds",
        "opened",
        "closed",
    )
    found = models.Institution.objects.order_by("institution_id").values(*names)
    return [row for row in found if not (row["opened"] and row["closed"] and row["closed"] <= row["opened"])]


SHEETS: dict[str, Sheet] = {
    sheet.id: sheet
    for sheet in (
        Sheet(
            "institution", "机构",
            (_ID, Column("name", "机构名称（第一名称）"), Column("short_name", "简称", required=False, longest=100),
             Column("tier", "层级", choices=TIERS), Column("kind", "类别", choices=INSTITUTION_KINDS),
             Column("region", "所在县（区划代码）", pattern=r"\d{6}", expected="6 位数字的区划代码"),
             Column("township", "所在乡镇（区划代码）", required=False, pattern=r"\d{9}", expected="9 位数字的区划代码"),
             Column("open_beds", "开放床位", "integer", required=False),
             Column("opened", "开业日期", "date", required=False), Column("closed", "停业日期", "date", required=False)),
            ("institution_id",), _institutions, "一行一家机构。编号不改；要改名，改名称栏即可。",
        ),
        Sheet(
            "name", "名称",
            (_ID, Column("kind", "名称类别", choices=NAME_KINDS), Column("text", "名称"), _START, _END),
            ("institution_id", "kind", "text", "start"),
            _of(models.InstitutionName, "institution_id", "kind", "text", "start", "end"),
            "第一名称不变、加挂牌子：牌子另起一行，类别选“加挂牌子”。",
        ),
        Sheet(
            "membership", "成员关系",
            (Column("community_id", "共同体编号", longest=60), Column("community_name", "共同体名称"),
             Column("community_kind", "共同体类别", choices=COMMUNITY_KINDS), _ID,
             Column("role", "角色", choices=MEMBERSHIP_ROLES), _START, _END),
            ("community_id", "institution_id", "start"),
            _of(models.Membership, "community_id", "community_name", "community_kind", "institution_id", "role", "start",
                "end"),
            "一家机构同一天只属于一个综合医共体（医联除外）；一个共同体同一天只有一家牵头。",
        ),
        Sheet(
            "attachment", "附属",
            (_ID, Column("attached_to", "附属于（机构编号）", longest=60),
             Column("kind", "附属方式", choices=ATTACHMENT_KINDS), _START, _END),
            ("institution_id", "start"),
            _of(models.Attachment, "institution_id", "attached_to", "kind", "start", "end"),
            "起日 1900-01-01 表示没有记过从何时起。",
        ),
        Sheet(
            "service", "科室与服务",
            (_ID, Column("kind", "类别", choices=SERVICE_KINDS), Column("code", "编号", longest=60), Column("label", "名称"),
             _START, _END),
            ("institution_id", "kind", "code", "start"),
            _of(models.InstitutionService, "institution_id", "kind", "code", "label", "start", "end"),
            "科室与功能区用编号 mch（妇幼健康部）、general_practice（全科医学部）、tcm_hall（中医馆）、"
            "specialty_area（专科服务区）等；服务清单用病种编码。",
        ),
        Sheet(
            "standard", "标准答复",
            (_ID, Column("pack", "政策包", longest=60), Column("entry_id", "标准编号", longest=120),
             Column("item", "条目编号", longest=60), Column("result", "结果", choices=RESULTS), Column("since", "自何日", "date"),
             Column("evidence", "佐证", required=False, longest=400)),
            ("institution_id", "pack", "entry_id", "item", "since"),
            _of(models.StandardAnswer, "institution_id", "pack", "entry_id", "item", "result", "since", "evidence"),
            "同一条的较晚一行有效，较早的作为历史保留。",
        ),
        Sheet(
            "post", "公共卫生派驻",
            (Column("kind", "职务", choices=POST_KINDS), _ID, Column("person", "人员", longest=100),
             Column("username", "账号", required=False, longest=150),
             Column("from_unit", "派出单位", required=False), _START, _END),
            ("kind", "institution_id", "person", "start"),
            _of(models.PublicHealthPost, "kind", "institution_id", "person", "username", "from_unit", "start", "end"),
            "专员派驻到牵头医院，联络员派驻到成员单位。",
        ),
        Sheet(
            "body", "治理机构",
            (Column("name", "名称"), Column("kind", "类别", choices=BODY_KINDS),
             Column("community_id", "共同体编号", required=False, longest=60), _START, _END),
            ("name",), _of(models.GovernanceBody, "name", "kind", "community_id", "start", "end"),
            "全县的机构不填共同体编号。",
        ),
        Sheet(
            "decision", "治理决定",
            (Column("body", "治理机构"), Column("decided_on", "决定日期", "date"), Column("title", "题目"),
             Column("text", "内容", longest=20_000), Column("document_number", "文号", required=False, longest=100)),
            ("body", "decided_on", "title"),
            _of(models.Decision, "decided_on", "title", "text", "document_number", body="body__name"),
            "只能增加；已记下的决定不由导入修改。",
        ),
    )
}  # fmt: skip


def shown(column: Column, value: Any) -> Any:
    """A value as a cell shows it: a label for a code."""
    if column.choices and value in column.choices:
        label = column.choices[value]
        return str(label) if isinstance(label, Promise) else label
    return value
