"""Cases as graders of DRG groupers exchange them: no dates, no institution, no costs.

What the form does not say has to be said by whoever brings it (``--set discharged=… institution_id=…``); costs stay
unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from opencmc.base.errors import Refused
from opencmc.facts.engines import Workbench
from opencmc.facts.reading import Opened
from opencmc.facts.schemas import literal, quoted
from opencmc.facts.sources.header import find_columns
from opencmc.facts.sources.logical import describe_column
from opencmc.facts.sources.selection import Selection
from opencmc.facts.tables import Table
from opencmc.facts.tables.care import Stay
from opencmc.facts.validation import Fault, given_name, given_text

_FIELDS = {
    "stay_id": ("case_id", "病例号"),
    "sex": ("gender", "性别"),
    "age_years": ("age", "年龄"),
    "age_days": ("age_day", "不足一周岁的年龄（天）"),
    "birth_weight_g": ("birth_weight", "出生体重（克）"),
    "admitted": ("los_days", "住院天数"),
    "discharge_way": ("leaving_way", "离院方式"),
    "diagnoses": ("diagnoses", "诊断"),
    "procedures": ("procedures", "手术操作"),
}
_OPTIONAL = ("age_day", "birth_weight", "procedures")


class GroupingCases:
    """The source ``grouping_cases``."""

    name = "grouping_cases"
    label = "分组病例（case_id, gender, age, …, diagnoses, procedures）"
    table_name = "stay"
    settings = {
        "institution_id": "机构编号（必写：文件里没有）",
        "discharged": "出院日期（必写：文件里没有）；入院日期由住院天数推算",
        "insured_region": "参保地（区划代码）",
    }
    required_settings: tuple[str, ...] = ("institution_id", "discharged")

    def select(
        self, table: type[Table], opened: Sequence[Opened], settings: dict[str, str], bench: Workbench
    ) -> list[Selection]:
        try:
            discharged = date.fromisoformat(settings["discharged"])
        except ValueError as error:
            raise Refused(
                f"出院日期 {settings['discharged']} 不是日期。", possible_when="写作 --set discharged=2023-01-01。"
            ) from error
        return [_select(file, settings, discharged, table.table_name) for file in opened]


def _describe(column: str) -> str:
    if column == "admitted":
        return "由住院天数（los_days）推算的入院日期"
    if column in _FIELDS:
        header, label = _FIELDS[column]
        return f"{label}（{header}）"
    return describe_column(Stay, column)


def _select(opened: Opened, settings: dict[str, str], discharged: date, table_name: str) -> Selection:
    spellings = {header: (header,) for header, _ in _FIELDS.values()}
    found = find_columns(opened, spellings, [name for name in spellings if name not in _OPTIONAL], table_name)

    def field(name: str) -> str:
        if name not in found:
            return "NULL::VARCHAR"
        return given_text(f"{quoted(found[name])}::VARCHAR", odd_blanks=opened.file.odd_blanks)

    days = field("los_days")
    given = {name: field(header) for name, (header, _) in _FIELDS.items() if name != "admitted"}
    types = dict.fromkeys(given, "VARCHAR")
    given |= {
        "los": days,
        "institution_id": literal(settings["institution_id"]),
        "discharged": f"DATE '{discharged}'",
        "admitted": f"CASE WHEN regexp_full_match({days}, '[0-9]{{1,4}}') THEN DATE '{discharged}' - {days}::INTEGER END",
    }
    types |= {"institution_id": "VARCHAR", "discharged": "DATE", "admitted": "DATE"}
    if "insured_region" in settings:
        given["insured_region"], types["insured_region"] = literal(settings["insured_region"]), "VARCHAR"
    unused = [header for header in opened.types if header not in found.values()]
    notes = [f"{opened.name}：出院日期与机构由 --set 给定，入院日期由住院天数推算，费用不详"]
    if unused:
        notes.append(f"{opened.name} 的这些列没有用到：{'、'.join(unused)}")
    wrong = f"{given_name('los')} IS NOT NULL AND NOT regexp_full_match({given_name('los')}, '[0-9]{{1,4}}')"
    faults = (Fault("admitted", "住院天数（los_days）不是天数：应为整数", wrong),)
    return Selection(
        opened, opened.relation, given, types, _describe, row=opened.row, faults=faults, notes=tuple(notes)
    )
