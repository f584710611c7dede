"""Inpatient front pages (病案首页) as hospitals report them to the national platform: one CSV row a stay, the header in
field codes (A01, A48, …) or in the standard's Chinese names. Cross-field rules: HQMS interface standard.

Names, document numbers, addresses and telephones stand in these files; none of them is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from opencmc.base.errors import DataError, Refused
from opencmc.facts.engines import Workbench
from opencmc.facts.reading import Opened
from opencmc.facts.schemas import literal, quoted
from opencmc.facts.sources.header import find_columns
from opencmc.facts.sources.selection import Selection
from opencmc.facts.tables import Table
from opencmc.facts.validation import Fault, given_name, given_text

_MOST = 40  # other diagnoses and other operations, each

_FIELDS = {
    "A01": "组织机构代码",
    "A48": "病案号",
    "A49": "住院次数",
    "B12": "入院时间",
    "B15": "出院时间",
    "A12C": "性别",
    "A14": "年龄（岁）",
    "A16": "（年龄不足1周岁的）年龄（天）",
    "A18x01": "新生儿出生体重(克)",
    "C03C": "出院主要诊断编码",
    "C14x01C": "主要手术操作编码",
    "B34C": "离院方式",
    "D01": "住院总费用",
    "D09": "住院总费用其中自付金额",
}
_OTHER_DIAGNOSES = [f"C06x{number:02d}C" for number in range(1, _MOST + 1)]
_OTHER_PROCEDURES = [f"C35x{number:02d}C" for number in range(1, _MOST + 1)]
#: The parts that add up to the total; "of it" fields (D19x01 …) are contained in these.
_PARTS = [f"D{number}" for number in range(11, 35)]
_REQUIRED = ("A48", "B12", "B15", "A12C", "C03C", "B34C", "D01")

#: The field that each logical column is read from.
_COLUMNS = {
    "stay_id": "A48",
    "institution_id": "A01",
    "admitted": "B12",
    "discharged": "B15",
    "sex": "A12C",
    "age_years": "A14",
    "age_days": "A16",
    "birth_weight_g": "A18x01",
    "diagnoses": "C03C",
    "procedures": "C14x01C",
    "discharge_way": "B34C",
    "total_fen": "D01",
    "own_fen": "D09",
}

_TIME_FORM = "不是时间：应写作 2025-03-01 08:00:00，且确有其日"
_YUAN_FORM = "不是金额：应写作元，至多两位小数，如 1234.50"
_UNREADABLE = {"admitted": _TIME_FORM, "discharged": _TIME_FORM, "total_fen": _YUAN_FORM, "own_fen": _YUAN_FORM}

_MOMENT = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?"
_YUAN = r"\d{1,10}(\.\d{1,2})?"


def _spellings() -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {field: (field, label) for field, label in _FIELDS.items()}
    names["A16"] += ("不足1周岁年龄（天）", "年龄（天）")
    for fields, label in ((_OTHER_DIAGNOSES, "出院其他诊断编码"), (_OTHER_PROCEDURES, "其他手术操作编码")):
        for number, field in enumerate(fields, 1):
            names[field] = (field, f"{label}{number}", *((label,) if number == 1 else ()))
    return names | {field: (field,) for field in _PARTS}


class FrontPage:
    """The source ``front_page``."""

    name = "front_page"
    label = "病案首页（HQMS 接口标准的 CSV）"
    table_name = "stay"
    settings = {
        "institution_id": "机构编号；不写则取组织机构代码（A01）",
        "resident_field": "载有居民编号的字段（例如 A47）；不写则居民不详。不可用 A20 身份证号",
    }
    required_settings: tuple[str, ...] = ()

    def select(
        self, table: type[Table], opened: Sequence[Opened], settings: dict[str, str], bench: Workbench
    ) -> list[Selection]:
        return [_select(file, settings, table.table_name) for file in opened]


def _describe(column: str) -> str:
    field = _COLUMNS.get(column)
    return f"{_FIELDS[field]}（{field}）" if field else f"居民编号（{column}）" if column == "resident_id" else column


def _select(opened: Opened, settings: dict[str, str], table_name: str) -> Selection:
    if opened.row:
        raise DataError(f"{opened.name}：病案首页应为 CSV 文件", table=table_name)
    required = _REQUIRED if "institution_id" in settings else ("A01", *_REQUIRED)
    found = find_columns(opened, _spellings(), required, table_name)

    def field(name: str) -> str:
        """The text of a field without blanks; null when it is empty, ``-`` or not in the file."""
        if name not in found:
            return "NULL::VARCHAR"
        return f"nullif({given_text(quoted(found[name]), odd_blanks=opened.file.odd_blanks)}, '-')"

    def day(name: str) -> str:
        text = field(name)
        return f"CASE WHEN regexp_full_match({text}, '{_MOMENT}') THEN left({text}, 10) ELSE {text} END"

    def fen(name: str) -> str:
        """Yuan with at most two decimals as fen; anything else stays as it is, to be refused as no amount."""
        text = field(name)
        digits = f"replace({text}, '.', '')"
        decimals = f"CASE WHEN contains({text}, '.') THEN length({text}) - position('.' IN {text}) ELSE 0 END"
        whole = f"(TRY_CAST({digits} AS BIGINT) * CASE {decimals} WHEN 2 THEN 1 WHEN 1 THEN 10 ELSE 100 END)::VARCHAR"
        return f"CASE WHEN regexp_full_match({text}, '{_YUAN}') THEN {whole} ELSE {text} END"

    def several(main: str, others: list[str]) -> str:
        listed = ", ".join([field(main), *(field(name) for name in others if name in found)])
        return f"CASE WHEN {field(main)} IS NOT NULL THEN [{listed}] END"

    institution = literal(settings["institution_id"]) if "institution_id" in settings else field("A01")
    in_days = f"({field('A16')} IS NOT NULL OR {field('A14')} = '0')"
    parts = " + ".join(f"coalesce(TRY_CAST({fen(name)} AS BIGINT), 0)" for name in _PARTS if name in found)
    others = " OR ".join(f"{field(name)} IS NOT NULL" for name in _OTHER_PROCEDURES if name in found)
    given = {
        "stay_id": f"{institution} || ':' || {field('A48')} || ':' || coalesce({field('A49')}, '1')",
        "institution_id": institution,
        "admitted": day("B12"),
        "discharged": day("B15"),
        "sex": field("A12C"),
        "age_years": field("A14"),
        "age_days": field("A16"),
        # A mother's front page carries the weight of her child; only a newborn's own says something about the patient.
        "birth_weight_g": f"CASE WHEN {in_days} THEN {field('A18x01')} END",
        "diagnoses": several("C03C", _OTHER_DIAGNOSES),
        "procedures": several("C14x01C", _OTHER_PROCEDURES),
        "discharge_way": field("B34C"),
        "total_fen": fen("D01"),
        "own_fen": fen("D09"),
    }
    types = {name: "VARCHAR[]" if name in ("diagnoses", "procedures") else "VARCHAR" for name in given}
    if resident := settings.get("resident_field"):
        given["resident_id"], types["resident_id"] = _resident(opened, resident), "VARCHAR"
    looked_at = {
        "B12": field("B12"),
        "B15": field("B15"),
        "parts": parts or "0",
        "others": others or "false",
        "total": field("D01"),
    }
    return Selection(
        opened, opened.relation, given | looked_at, types, _describe, faults=_faults(), unreadable=_UNREADABLE
    )


def _resident(opened: Opened, name: str) -> str:
    header = next((header for header in opened.types if header.lower() == name.lower()), None)
    if name.upper() == "A20" or header in ("身份证号", "A11", "姓名"):
        raise Refused("身份证号与姓名不进入病例表。", possible_when="请用居民编号所在的字段，例如健康卡号 A47。")
    if header is None:
        raise Refused(f"文件没有字段 {name}。", possible_when="用 --set resident_field=… 写出文件中有的字段。")
    return f"nullif({given_text(quoted(header), odd_blanks=opened.file.odd_blanks)}, '-')"


def _faults() -> tuple[Fault, ...]:
    total = '"total_fen"'
    return (
        Fault(
            "discharged",
            "出院时间（B15）早于入院时间（B12）",
            f'{given_name("B15")} < {given_name("B12")} AND "discharged" = "admitted" '
            f"AND length({given_name('B15')}) = length({given_name('B12')})",
        ),
        Fault("total_fen", "住院总费用（D01）没有填写：此列必填", f"{given_name('total')} IS NULL"),
        Fault("total_fen", "住院总费用（D01）为 0：应大于 0", f"{total} = 0"),
        Fault("total_fen", "住院总费用（D01）小于分项费用（D11–D34）之和", f"{total} < {given_name('parts')}"),
        Fault(
            "procedures",
            "有其他手术操作（C35x01C）而没有主要手术操作（C14x01C）",
            f'{given_name("others")} AND "procedures" IS NULL',
        ),
    )
