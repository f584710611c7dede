"""Worked examples of a pack's own formulas, computed when the pack is checked.

A case whose method is ``formula`` gives ``given: {formula: <text or the id of a formula parameter>, <name>: <number> …}`` and
expects ``{result: <number>}``. The examples of other methods are computed where those methods live.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from opencmc.policy.entry import DatedValue, Entry
from opencmc.policy.formula import Formula, FormulaError
from opencmc.policy.reading import Draft
from opencmc.policy.source import FileReport


def check_example(entry: Entry, known: Mapping[str, Draft], place: FileReport) -> None:
    for value in entry.values:
        if value.value["method"] == "formula":
            _check_formula(value, known, place)


def _check_formula(value: DatedValue, known: Mapping[str, Draft], place: FileReport) -> None:
    given, expect = dict(value.value["given"]), value.value["expect"]
    text = given.pop("formula", "")
    if not isinstance(text, str) or not text or set(expect) != {"result"} or not isinstance(expect["result"], str):
        correction = "写作 given: {formula: 算式或条目编号, 名称: 数…}，expect: {result: 数}"
        place.add("bad-example", value.line, "算式的算例不完整", correction)
        return
    if text in known:
        parameter = known[text].entry
        if parameter is None:
            return
        dated = parameter.on(value.start)
        if parameter.attributes.get("type") != "formula" or dated is None or not isinstance(dated.value, str):
            place.add(
                "bad-example",
                value.line,
                f"“{text}”在 {value.start} 不是一个算式",
                "请引用类型为 formula 的参数，并核对日期",
            )
            return
        text = dated.value
    try:
        result = Formula(text)(**given)
        expected = Decimal(expect["result"])
    except (FormulaError, ArithmeticError) as error:
        reason = str(error) if isinstance(error, FormulaError) else "result 不是一个数"
        place.add("bad-example", value.line, f"算例算不出来：{reason}", "请核对算式和已知条件")
        return
    if result != expected:
        place.add(
            "wrong-example",
            value.line,
            f"算例写的是 {expected}，按算式得 {result:f}",
            "请核对文件里的算例，改正算式或结果",
        )
