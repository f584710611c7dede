"""Files of residents as rows: CSV in UTF-8 or GB18030, or the first sheet of an Excel file, under Chinese or English heads."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from opencmc.apps.residents.words import FIELDS, ID_TYPES, INSURANCE, SEXES
from opencmc.base.errors import Refused

#: More rows or bytes than this are asked for in parts.
MOST_ROWS, MOST_BYTES = 200_000, 60_000_000
#: What a file may hold, in the order of the template.
COLUMNS = (
    "name", "id_type", "id_number", "no_id_reason", "sex", "birth_date", "phone", "card", "mother_id", "township", "village",
    "address", "insurance_type", "institution_id", "team", "death_date", "resident_id",
)  # fmt: skip
_ALSO = {
    "身份证号": "id_number", "身份证": "id_number", "身份证号码": "id_number", "证件号": "id_number", "手机": "phone",
    "联系电话": "phone", "手机号": "phone", "健康卡": "card", "电子健康卡号": "card", "生日": "birth_date", "村（社区）": "village",
    "机构": "institution_id", "full_name": "name", "document_number": "id_number", "id": "resident_id", "户主姓名": "",
}  # fmt: skip
_CODED = {"sex": SEXES, "insurance_type": INSURANCE, "id_type": ID_TYPES}
_WORDS = {"sex": {"男性": "1", "女性": "2", "m": "1", "f": "2"}, "id_type": {"身份证": "citizen_id", "无": "none"}}


@dataclass(frozen=True, slots=True)
class Sheet:
    """``heads`` as they stand in the file; ``fields`` the field of each column ("" where it is not read); ``rows`` with
    their number in the file."""

    heads: tuple[str, ...]
    fields: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_sheet(content: bytes, file_name: str) -> Sheet:
    """The rows of a file. Refused with a sentence when it is too large, not a table, or has no column of names."""
    if len(content) > MOST_BYTES or content.count(b"\n") > MOST_ROWS + 1:
        raise too_many()
    rows = _excel(content) if content[:4] == b"PK\x03\x04" else _delimited(content, file_name)
    heads: tuple[str, ...] = ()
    found: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if not heads:
            heads = cells
            continue
        if len(found) >= MOST_ROWS:
            raise too_many()
        found.append((number, cells))
    if not heads:
        raise Refused(_("文件里没有内容"), possible_when=_("请下载模板，填好后再导入"))
    fields = tuple(_field(head) for head in heads)
    twice = sorted({head for head, field in zip(heads, fields, strict=True) if field and fields.count(field) > 1})
    if twice:
        raise Refused(_("有两列说的是同一件事：%(heads)s") % {"heads": "、".join(twice)}, possible_when=_("请留下一列"))
    if "name" not in fields or not {"id_number", "birth_date"} & set(fields):
        raise Refused(
            _("第一行应为列名，至少要有“姓名”和“证件号码”（或“出生日期”）；读到的是：%(heads)s")
            % {"heads": "、".join(head[:12] for head in heads[:8])},
            possible_when=_("请下载模板对照列名"),
        )
    return Sheet(heads, fields, tuple(found))


def too_many() -> Refused:
    return Refused(
        _("一次最多导入 %(rows)s 行、%(mb)d MB") % {"rows": f"{MOST_ROWS:,}", "mb": MOST_BYTES // 1_000_000},
        possible_when=_("请分成几份，一份一份导入；整县的数据请用 opencmc load 装入"),
    )


def _field(head: str) -> str:
    text = head.strip().strip("*").replace(" ", "")
    labels = {str(label): name for name, label in FIELDS.items()}
    found = (
        labels.get(text)
        or _ALSO.get(text)
        or _ALSO.get(text.lower())
        or (text.lower() if text.lower() in COLUMNS else "")
    )
    return found if found in COLUMNS else ""


def _excel(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise Refused(_("这个 Excel 文件打不开"), possible_when=_("请另存为 .xlsx 或 CSV 再导入")) from error
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, tuple(_text(cell) for cell in row)
    finally:
        book.close()


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        # 15 digits is all that a sheet keeps of a number: a longer one has been spoilt before it came here.
        return str(int(cell)) if abs(cell) < 10**15 else f"{cell:.0f}?"
    return str(cell).strip()


def _delimited(content: bytes, file_name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    text = _decoded(content, file_name)
    first = text[: text.find("\n") + 1 or len(text)]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            # A leading apostrophe is how a sheet marks a cell as text.
            yield reader.line_num, tuple(cell.strip().removeprefix("'") for cell in cells)
    except csv.Error as error:
        raise Refused(
            _("第 %(line)d 行附近不能分成列") % {"line": reader.line_num},
            possible_when=_("请另存为 CSV（UTF-8）再导入"),
        ) from error


def _decoded(content: bytes, file_name: str) -> str:
    if b"\x00" in content[:4000]:
        raise Refused(
            _("“%(name)s”不是 CSV 或 Excel 文件") % {"name": file_name[:60]},
            possible_when=_("请另存为 .xlsx 或 CSV 再导入"),
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise Refused(_("文件的编码既不是 UTF-8，也不是 GB18030"), possible_when=_("请另存为 CSV（UTF-8）再导入"))


def values_of_row(sheet: Sheet, cells: Sequence[str]) -> dict[str, str]:
    """The fields of one row; words for codes (男, 身份证, 城乡居民医保) become codes."""
    found = {field: cells[at] if at < len(cells) else "" for at, field in enumerate(sheet.fields) if field}
    for name, codes in _CODED.items():
        if text := found.get(name, ""):
            words = {str(label): code for code, label in codes.items()} | _WORDS.get(name, {})
            found[name] = words.get(text, words.get(text.lower(), text))
    if not found.get("id_type"):
        found["id_type"] = "citizen_id" if found.get("id_number") else "none"
    return found
