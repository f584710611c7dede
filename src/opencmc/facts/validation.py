"""The constraints of a logical table as SQL: what a column's text is read as, and when a row is at fault.

Engines read ``12.5`` as the whole number 13 and ``20250101`` as no date at all, so nothing is left to their casts:
a number or a date counts only when it is written in the one form that the table asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from opencmc.base.money import LARGEST_FEN
from opencmc.facts.schemas import DUCKDB_TYPES, quoted
from opencmc.facts.tables import Column, NotBefore, Table, Type

#: Blanks that people leave around a value: space, tab, no-break space, ideographic space, byte-order mark.
BLANKS = " \t\r\n\u00a0\u3000\ufeff"

#: A day outside is a slip of the pen (0205-03-01) or a stand-in for "none" (9999-12-31).
FIRST_DAY, LAST_DAY = "1900-01-01", "2099-12-31"

_TRUE, _FALSE = ("true", "1", "是", "t", "y", "yes"), ("false", "0", "否", "f", "n", "no")
_WHOLE_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")


@dataclass(frozen=True, slots=True)
class Fault:
    """A way for a row to be refused. ``sql`` is true (not merely null) for a row at fault."""

    column: str
    reason: str
    sql: str


@dataclass(frozen=True, slots=True)
class Typed:
    """How a logical column is made: ``sql`` gives its value or null, ``faults`` say when a given value was unreadable.

    The expressions are over two names: ``given`` stands for the value as brought.
    """

    sql: str
    faults: tuple[Fault, ...] = ()


Describe = Callable[[str], str]


def given_name(column: str) -> str:
    """The name under which a column's value as brought is kept beside the typed one."""
    return quoted(f"given {column}")


def given_text(sql: str, *, odd_blanks: bool = False) -> str:
    """``sql`` without surrounding blanks; null when nothing is left.

    ``odd_blanks`` takes away every kind of blank, not only spaces; it is four times slower, so it is for files in which
    there are any.
    """
    trimmed = f"trim({sql}, '{BLANKS}')" if odd_blanks else f"trim({sql})"
    return f"nullif({trimmed}, '')"


def typed(column: Column, given_type: str, describe: Describe, unreadable: str = "") -> Typed | None:
    """How to read ``column`` from a value of ``given_type``; None when that type can never be such a column.

    ``unreadable`` says what is wrong with a value that cannot be read, where the source has a form of its own.
    """
    given, name = given_name(column.name), column.name
    label = describe(name)
    whole = given_type in _WHOLE_TYPES
    fraction = given_type in ("FLOAT", "DOUBLE") or given_type.startswith("DECIMAL")
    text = given_type == "VARCHAR" or given_type.startswith("ENUM")

    def read(sql: str, expected: str) -> Typed:
        failed = f"{given} IS NOT NULL AND {quoted(name)} IS NULL"
        return Typed(sql, (Fault(name, f"{label}{unreadable or expected}", failed),))

    match column.type:
        case Type.TEXT if text or whole:
            return Typed(given if text else f"{given}::VARCHAR")
        case Type.DATE if given_type == "DATE":
            return Typed(given)
        case Type.DATE if given_type.startswith("TIMESTAMP"):
            return read(
                f"CASE WHEN {given} = date_trunc('day', {given}) THEN {given}::DATE END", "带有时刻：这一列只应有日期"
            )
        case Type.DATE if text:
            return read(
                f"CASE WHEN {given} LIKE '____-__-__' THEN TRY_CAST({given} AS DATE) END",
                "不是日期：应写作 2025-03-01，且确有其日",
            )
        case Type.INTEGER | Type.FEN if whole:
            return Typed(f"{given}::BIGINT")
        case Type.INTEGER | Type.FEN if fraction:
            sql = f"CASE WHEN {given} = floor({given}) THEN TRY_CAST({given} AS BIGINT) END"
            return read(sql, _whole_number(column))
        case Type.INTEGER | Type.FEN if text:
            number = f"TRY_CAST({given} AS BIGINT)"
            sql = (
                f"CASE WHEN {number}::VARCHAR = {given} THEN {number} "
                f"WHEN regexp_full_match({given}, '[+-]?[0-9]{{1,18}}') THEN {number} END"
            )
            return read(sql, _whole_number(column))
        case Type.BOOLEAN if given_type == "BOOLEAN":
            return Typed(given)
        case Type.BOOLEAN if text or whole:
            value = f"lower({given}::VARCHAR)"
            sql = f"CASE WHEN {value} IN {_texts(_TRUE)} THEN true WHEN {value} IN {_texts(_FALSE)} THEN false END"
            return read(sql, "不是是非：应写作 是/否、true/false 或 1/0")
        case Type.TEXT_LIST if text:
            return Typed(_non_empty(f"string_split({given}, '|')"))
        case Type.TEXT_LIST if given_type == "VARCHAR[]":
            return Typed(_non_empty(given))
    return None


def _non_empty(items: str) -> str:
    kept = f"list_filter(list_transform({items}, lambda item: trim(item)), lambda item: item <> '')"
    return f"CASE WHEN len({kept}) > 0 THEN {kept} END"


def _whole_number(column: Column) -> str:
    if column.type is Type.FEN:
        return "不是以分为单位的整数：12.34 元应写作 1234，不写小数点和千分位"
    return "不是整数：应只写数字"


def _texts(values: Iterable[str]) -> str:
    return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + ")"


def described_pattern(pattern: str) -> str:
    """A column's regular expression in words where it is digits of a length, otherwise as it is."""
    lengths = [re.fullmatch(r"\\d\{(\d+)\}", part) for part in pattern.split("|")]
    if all(lengths):
        return "应为 " + " 或 ".join(match[1] for match in lengths if match) + " 位数字"
    return f"应符合 {pattern}"


def value_faults(column: Column, describe: Describe) -> list[Fault]:
    """When the typed value of ``column`` breaks the column's own constraints."""
    name, label = quoted(column.name), describe(column.name)
    faults = []

    def add(reason: str, sql: str) -> None:
        faults.append(Fault(column.name, f"{label}{reason}", sql))

    if column.one_of:
        shown = "、".join(f"{code}（{text}）" for code, text in column.one_of.items())
        add(f"不在允许的取值之内：可取 {shown}", f"{name} NOT IN {_texts(column.one_of)}")
    if column.minimum is not None:
        wrong = "为负数：不应小于 0" if column.minimum == 0 else f"小于下限：应不小于 {column.minimum}"
        add(wrong, f"{name} < {column.minimum}")
    if column.maximum is not None:
        add(f"大于上限：应不大于 {column.maximum}", f"{name} > {column.maximum}")
    if column.type is Type.FEN:
        add("大得不可能：单个金额应小于 922 亿元", f"abs({name}) >= {LARGEST_FEN}")
    if column.matches:
        add(
            f"写法不对：{described_pattern(column.matches)}",
            f"NOT regexp_full_match({name}, '{column.matches.replace(chr(39), chr(39) * 2)}')",
        )
    if column.type is Type.DATE:
        add(
            "不在 1900–2099 年之内：请核对年份；没有日期请留空，不写 9999-12-31",
            f"({name} < DATE '{FIRST_DAY}' OR {name} > DATE '{LAST_DAY}')",
        )
    return faults


def row_faults(table: type[Table], describe: Describe) -> list[Fault]:
    """When the columns of a row contradict each other."""
    faults = []
    for check in table.checks:
        if isinstance(check, NotBefore):
            earlier, later = check.earlier, check.later
            reason = f"{check.because}：{describe(later)}不应早于{describe(earlier)}"
            sql = f"{quoted(later)} < {quoted(earlier)}"
            faults.append(Fault(later, reason, sql))
        else:
            reason = f"{check.because}：{describe(check.part)}不应大于{describe(check.whole)}"
            faults.append(Fault(check.part, reason, f"{quoted(check.part)} > {quoted(check.whole)}"))
    return faults


@dataclass(frozen=True, slots=True)
class Rules:
    """All the ways for a row of one table to be refused, and the SQL that finds them.

    ``select(relation)`` gives the logical columns and ``faults``: null for a good row, else the numbers of its faults.
    """

    table: type[Table]
    expressions: dict[str, str]
    faults: tuple[Fault, ...]

    def select(self, relation: str, given: dict[str, str], row: str = "") -> str:
        """``relation`` is SQL; ``given`` maps each logical column that was brought to its expression over it; ``row`` is
        the SQL of a row's position, passed through as ``row``, or "" where the position is not known yet."""
        position, passed = (f"{row} AS row, ", "row, ") if row else ("", "")
        brought = ", ".join(f"{sql} AS {given_name(name)}" for name, sql in given.items())
        read = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in self.expressions.items())
        logical = ", ".join(quoted(name) for name in self.table.columns)
        at_fault = " OR ".join(f"({fault.sql})" for fault in self.faults) or "false"
        numbers = ", ".join(f"CASE WHEN {fault.sql} THEN {i} END" for i, fault in enumerate(self.faults))
        listed = f"list_filter([{numbers}]::INTEGER[], lambda fault: fault IS NOT NULL)"
        return (
            f"SELECT {passed}{logical}, CASE WHEN {at_fault} THEN {listed} END AS faults "
            f"FROM (SELECT *, {read} FROM (SELECT {position}{brought} FROM {relation}))"
        )


def rules(
    table: type[Table],
    given_types: Mapping[str, str],
    describe: Describe,
    extra_faults: Iterable[Fault] = (),
    unreadable: Mapping[str, str] | None = None,
) -> Rules | str:
    """The rules for rows that bring the columns of ``given_types`` (logical column → DuckDB type of what is brought).

    A column that is not brought is null. The name of a column is returned when its type can never be right.
    """
    expressions: dict[str, str] = {}
    faults: list[Fault] = []
    for name, column in table.columns.items():
        made: Typed | None = Typed("NULL")
        if name in given_types:
            made = typed(column, given_types[name], describe, (unreadable or {}).get(name, ""))
        if made is None:
            return name
        expressions[name] = f"({made.sql})::{DUCKDB_TYPES[column.type]}" if name not in given_types else made.sql
        faults += made.faults
        if column.required or name in table.key:
            unread = f" AND {given_name(name)} IS NULL" if name in given_types and made.faults else ""
            faults.append(Fault(name, f"{describe(name)}没有填写：此列必填", f"{quoted(name)} IS NULL{unread}"))
        if name in given_types:
            faults += value_faults(column, describe)
    faults += row_faults(table, describe)
    return Rules(table, expressions, (*faults, *extra_faults))
