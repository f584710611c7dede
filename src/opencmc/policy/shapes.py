"""Small readers that turn located text into typed values, and say what was read and what was expected.

A reader takes a node and the report of its file and returns a typed value. What it cannot read it reports and then raises
:class:`Unreadable`, which the surrounding record or list catches, so that one pass finds everything that is wrong.
"""

from __future__ import annotations

import calendar
import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from opencmc.policy.source import Fields, FileReport, Items, Node, Text

type Reader[T] = Callable[[Node, FileReport], T]

#: A number in a pack has at most this many digits; more is a slip of the keyboard.
LONGEST_NUMBER = 30

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOOSE_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


class Unreadable(Exception):
    """The node could not be read; its finding has been reported already."""


def shown(node: Node) -> str:
    """How a node is quoted in a finding."""
    match node:
        case Text(text=""):
            return "空值"
        case Text(text=content):
            flat = " ".join(content.split())
            return f"“{flat if len(flat) <= 40 else flat[:38] + '…'}”"
        case Items(items=items):
            return f"一个列表（{len(items)} 项）"
        case Fields(fields=fields):
            return f"一组键（{'、'.join(list(fields)[:4])}{'…' if len(fields) > 4 else ''}）"


def refuse(node: Node, report: FileReport, expected: str, correction: str, *, kind: str = "wrong-type") -> Unreadable:
    """Report a node that is not what it should be; ``raise`` the answer."""
    report.add(kind, node.line, f"读到{shown(node)}，应为{expected}", correction)
    return Unreadable()


def near(word: str, words: Iterable[str]) -> str:
    """``是不是想写“…”？`` when one of ``words`` looks like ``word``, otherwise empty."""
    plain = unicodedata.normalize("NFKC", word).strip().lower()
    table = {unicodedata.normalize("NFKC", each).lower(): each for each in words}
    found = difflib.get_close_matches(plain, table, n=1, cutoff=0.6)
    return f"是不是想写“{table[found[0]]}”？" if found else ""


def text(node: Node, report: FileReport) -> str:
    if not isinstance(node, Text):
        raise refuse(node, report, "一段文字", "请写成一行文字；含英文逗号、冒号或 # 的文字要加引号")
    value = node.text.strip()
    if not value:
        raise refuse(node, report, "一段文字", "请填写内容，或删去这个键", kind="empty")
    return value


def identifier(node: Node, report: FileReport) -> str:
    """A dotted lower-case ASCII id such as ``budget.overrun_bearer``."""
    value = text(node, report)
    if not _IDENTIFIER.fullmatch(value):
        raise refuse(
            node, report, "编号", "编号用小写英文、数字、下划线，以点分段，例如 budget.overrun_bearer", kind="bad-id"
        )
    return value


def code(node: Node, report: FileReport) -> str:
    """An ASCII code of anything that has its own numbering: a document, an institution, an item of a list."""
    value = text(node, report)
    if not _CODE.fullmatch(value):
        raise refuse(node, report, "编号", "编号只用英文字母、数字、点、下划线和连字符，例如 NH-G1", kind="bad-id")
    return value


def matching(pattern: str, expected: str, correction: str) -> Reader[str]:
    compiled = re.compile(pattern)

    def read(node: Node, report: FileReport) -> str:
        value = text(node, report)
        if not compiled.fullmatch(value):
            raise refuse(node, report, expected, correction)
        return value

    return read


def _plain_number(value: str) -> str:
    """The number that was probably meant: full-width digits, grouping marks and a percent sign taken away."""
    return re.sub(r"[,_ %]", "", unicodedata.normalize("NFKC", value))


def integer(node: Node, report: FileReport) -> int:
    value = text(node, report)
    if not _INTEGER.fullmatch(value) or len(value) > LONGEST_NUMBER:
        guess = _plain_number(value)
        meant = f"请写作 {guess}" if _INTEGER.fullmatch(guess) else "请写成阿拉伯数字，例如 12"
        raise refuse(node, report, "整数", f"{meant}（不写千分位、单位和小数点）")
    return int(value)


def natural(node: Node, report: FileReport) -> int:
    value = integer(node, report)
    if value < 0:
        raise refuse(node, report, "不小于 0 的整数", "请去掉负号")
    return value


def decimal(node: Node, report: FileReport) -> Decimal:
    value = text(node, report)
    if not _DECIMAL.fullmatch(value) or len(value) > LONGEST_NUMBER:
        guess = _plain_number(value)
        meant = f"请写作 {guess}" if _DECIMAL.fullmatch(guess) else "请写成阿拉伯数字，例如 0.85"
        raise refuse(node, report, "小数或整数", f"{meant}（不写千分位和单位）")
    return Decimal(value)


def percent(node: Node, report: FileReport) -> Decimal:
    """A share in percent: ``"65"`` is 65 %."""
    value = text(node, report)
    if value.endswith(("%", "％")):
        raise refuse(node, report, "百分数的数字部分", f"请写作 {_plain_number(value)}（单位已是百分比，不再写 %）")
    return decimal(node, report)


def fen(node: Node, report: FileReport) -> int:
    """Money in whole fen."""
    value = text(node, report)
    if not _INTEGER.fullmatch(value) or len(value) > LONGEST_NUMBER:
        raise refuse(node, report, "以分为单位的整数", "金额一律以分计：12.50 元写作 1250，1 万元写作 1000000")
    return int(value)


def boolean(node: Node, report: FileReport) -> bool:
    value = text(node, report)
    if value not in ("true", "false"):
        raise refuse(node, report, "true 或 false", "是写作 true，否写作 false")
    return value == "true"


def day(node: Node, report: FileReport) -> date:
    value = text(node, report)
    match = _DATE.fullmatch(value)
    if match is None:
        loose = _LOOSE_DATE.fullmatch(unicodedata.normalize("NFKC", value).replace(" ", ""))
        example = "{}-{:0>2}-{:0>2}".format(*loose.groups()) if loose else "2025-01-01"
        raise refuse(node, report, "日期", f"日期写作 年-月-日，例如 {example}", kind="bad-date")
    year, month, number = (int(part) for part in match.groups())
    try:
        return date(year, month, number)
    except ValueError:
        if year >= 1 and 1 <= month <= 12:
            last = calendar.monthrange(year, month)[1]
            correction = f"{year} 年 {month} 月只有 {last} 天，请核对原文的日期"
        else:
            correction = "年份从 0001 起，月份从 01 到 12，请核对原文的日期"
        raise refuse(node, report, "日历上有的日期", correction, kind="bad-date") from None


def day_or_text(node: Node, report: FileReport) -> date | str:
    """A day when it is written as one (and then it must exist), otherwise words such as ``每季度末``."""
    return day(node, report) if _DATE.fullmatch(text(node, report)) else text(node, report)


def one_of(choices: Mapping[str, str]) -> Reader[str]:
    """One of the keys of ``choices`` (code → label)."""

    def read(node: Node, report: FileReport) -> str:
        value = text(node, report)
        if value not in choices:
            by_label = next((key for key, label in choices.items() if label == value), "")
            hint = f"“{value}”写作 {by_label}。" if by_label else near(value, choices)
            listed = "、".join(f"{key}（{label}）" if label != key else key for key, label in choices.items())
            raise refuse(node, report, "下列之一", f"{hint}可用：{listed}", kind="unknown-choice")
        return value

    return read


def list_of[T](reader: Reader[T], *, at_least: int = 1, what: str = "列表") -> Reader[tuple[T, ...]]:
    def read(node: Node, report: FileReport) -> tuple[T, ...]:
        if not isinstance(node, Items):
            raise refuse(node, report, what, "请写成列表：每项一行、以“- ”开头，或写作 [甲, 乙]")
        if len(node.items) < at_least:
            raise refuse(node, report, f"至少 {at_least} 项的{what}", "请填写内容，或删去这个键", kind="empty")
        return _all(node.items, reader, report)

    return read


def mapping_of[T](
    reader: Reader[T], *, keys: re.Pattern[str] | None = None, what: str = "一组键和值"
) -> Reader[dict[str, T]]:
    """A mapping whose keys are names given by the pack, not by the schema."""

    def read(node: Node, report: FileReport) -> dict[str, T]:
        if not isinstance(node, Fields):
            raise refuse(node, report, what, "请写成 键: 值，每个一行，或写作 {键: 值, 键: 值}")
        if not node.fields:
            raise refuse(node, report, f"不空的{what}", "请填写内容，或删去这个键", kind="empty")
        bad = [key for key in node.fields if not key.strip() or (keys is not None and not keys.fullmatch(key))]
        for key in bad:
            report.add(
                "bad-id", node.lines[key], f"读到键“{key}”，应为一个名称", "名称用英文、数字和下划线，以英文字母开头"
            )
        values = _all(node.fields.values(), reader, report)
        if bad:
            raise Unreadable
        return dict(zip(node.fields, values, strict=True))

    return read


def _all[T](nodes: Iterable[Node], reader: Reader[T], report: FileReport) -> tuple[T, ...]:
    """Read every node, so that every finding is made, and only then give up."""
    read: list[T] = []
    failed = False
    for node in nodes:
        try:
            read.append(reader(node, report))
        except Unreadable:
            failed = True
    if failed:
        raise Unreadable
    return tuple(read)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a closed record: how its value is read, whether it must be there, and how an example looks."""

    reader: Reader[Any]
    required: bool = False
    example: str = ""


def take(
    node: Node, keys: Mapping[str, Key], report: FileReport, *, what: str, elsewhere: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], bool]:
    """Read a closed record as far as possible: the values that could be read, and whether that is all of it.

    ``elsewhere`` explains keys that belong to another place (key → sentence).
    """
    if not isinstance(node, Fields):
        raise refuse(node, report, f"{what}（一组键）", f"请写成 键: 值；可用的键：{'、'.join(keys)}")
    whole = True
    for key in node.fields:
        if key not in keys:
            _report_unknown(key, node, keys, report, what=what, elsewhere=elsewhere or {})
            whole = False
    values: dict[str, Any] = {}
    for name, key_of in keys.items():
        if name in node.fields:
            try:
                values[name] = key_of.reader(node.fields[name], report)
            except Unreadable:
                whole = False
        elif key_of.required:
            example = f"，例如 {name}: {key_of.example}" if key_of.example else ""
            report.add("missing-key", node.line, f"{what}缺少“{name}”", f"请补上 {name}{example}")
            whole = False
    return values, whole


def record(keys: Mapping[str, Key], *, what: str) -> Reader[dict[str, Any]]:
    """A closed record; unreadable unless all of it is right."""

    def read(node: Node, report: FileReport) -> dict[str, Any]:
        values, whole = take(node, keys, report, what=what)
        if not whole:
            raise Unreadable
        return values

    return read


def _report_unknown(
    key: str, node: Fields, keys: Mapping[str, Key], report: FileReport, *, what: str, elsewhere: Mapping[str, str]
) -> None:
    value = node.fields[key]
    if isinstance(value, Text) and not value.text and not key.isascii():
        # {quote: 甲,乙} reads 乙 as a key: the comma of the quotation ended the value.
        finding = f"“{key}”被读成了一个键"
        correction = '前一个值里多半有英文逗号。请给整段文字加引号，例如 quote: "甲,乙"'
    else:
        finding = f"{what}里没有“{key}”这个键"
        spare = [name for name in keys if name not in node.fields]
        hint = elsewhere.get(key) or near(key, spare) or near(key, keys)
        correction = f"{hint}可用的键：{'、'.join(keys)}"
    report.add("unknown-key", node.lines[key], finding, correction)
