"""The formula language: what it computes, how exactly, and what it will not do."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opencmc.policy.formula import Formula, FormulaError
from opencmc.policy.grammar import LONGEST_TEXT


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("1 + 2 * 3", {}, "7"),
        ("(1 + 2) * 3", {}, "9"),
        ("10 - 4 - 3", {}, "3"),
        ("12 / 4 / 3", {}, "1"),
        ("-2 ^ 2", {}, "-4"),
        ("2 ^ 3 ^ 2", {}, "512"),
        ("2 ** 3", {}, "8"),
        ("- - 3", {}, "3"),
        ("2 * -3", {}, "-6"),
        ("0.1 + 0.2", {}, "0.3"),
        ("1 / 3 * 3", {}, "1"),
        ("1 / 3", {}, "0.3333333333333333333333333333"),
        ("2 / 3", {}, "0.6666666666666666666666666667"),
        ("收入 * 3%", {"收入": 1000}, "30"),
        ("65%", {}, "0.65"),
        ("若(就诊率 >= 65, 10, 就诊率 / 65 * 10)", {"就诊率": "52"}, "8"),
        ("if(x > 1 and not y < 1, 1, 0)", {"x": 2, "y": 1}, "1"),
        ("若(0 < 甲 <= 10 且 (甲 != 5 或 乙 = 1), 1, 2)", {"甲": 5, "乙": 0}, "2"),
        ("最大(0, 最小(100, 得分))", {"得分": Decimal("-3.5")}, "0"),
        ("绝对值(a - b)", {"a": 1, "b": 3}, "2"),
        ("向上取整(1.2) + 向下取整(-1.2)", {}, "0"),
        ("（甲＋乙）×２÷４", {"甲": 1, "乙": 2}, "1.5"),
        ("若(甲≥1，1，0)", {"甲": 1}, "1"),
        ("x * 1", {"x": Fraction(1, 4)}, "0.25"),
    ],
)
def test_formulas_compute_what_they_say(text, values, result):
    assert Formula(text)(**values) == Decimal(result)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("四舍五入(2.5)", "3"), ("四舍五入(3.5)", "4"), ("四舍五入(-2.5)", "-3"), ("四舍五入(0.125, 2)", "0.13"),
        ("四舍五入(2/3, 4)", "0.6667"), ("round(1250, -2)", "1300"), ("round(0.4999999)", "0"),
    ],
)  # fmt: skip
def test_a_half_is_rounded_up_as_the_documents_say(text, result):
    assert Formula(text)() == Decimal(result)


def test_a_formula_lists_its_inputs():
    assert Formula("若(就诊率 >= 目标, 满分, 就诊率 / 目标 * 满分)").names == {"就诊率", "目标", "满分"}
    assert Formula("1 + 1").names == frozenset()


def test_a_condition_chooses_before_the_other_side_is_computed():
    assert Formula("若(分母 = 0, 0, 分子 / 分母)")(分子=1, 分母=0) == 0


def test_a_missing_input_is_named_and_not_taken_as_zero():
    with pytest.raises(FormulaError, match="缺少输入：分子、分母"):
        Formula("分子 / 分母")(x=1)


@pytest.mark.parametrize(
    "value",
    [0.1, True, None, [], "一", "1e9", "nan", "٣", Decimal("NaN"), Decimal("Infinity"), Decimal("1e999999"), 1j],
)
def test_only_numbers_go_in(value):
    with pytest.raises(FormulaError):
        Formula("x + 1")(x=value)


ATTACKS = [
    "", "  ", "1_000", "1,000", "1e9", "0x10", "1.", ".5", "1.2.3", "007", "9" * 31, "x.real", "x.__class__", "(1).real", "x[0]", "[1]", "{1}",
    "'a'", '"a" * 9', "“甲”", "f''", "__import__('os')", "open(1)", "eval(1)", "lambda: 1", "x := 1", "x = 1", "1; 2", "1 if x else 2", "x for x",
    "9^9^9", "9^10", "2^-1", "2^0.5", "((((9^9)^9)^9)^9)^9", "1 // 2", "5 % 3", "1 << 2", "~1", "!x", "a & b", "a | b", "@x", "x?", "x²", "½", "3②",
    "1 +", "* 2", "(1", "1)", "()", "max()", "round(1, 2, 3)", "round(1, 7)", "round(1, 0.5)", "若(1, 2, 3)", "若(x > 1, 2)", "x > 1", "非 1", "1 且 2",
    "(x > 1) + 1", "max(x > 1, 2)", "若", "max", "且 + 1", "最大值(1)", "甲 乙", "2x", "a..b", "1 == 1", "\x00", "1\n#", "\\", "1/0", "1/(2-2)", "`1`", "$1",
    "(" * 60 + "1" + ")" * 60, "-" * 60 + "1", "非 " * 60 + "(x > 1)", "1" + "+1" * 500, "1" * (LONGEST_TEXT + 1), "(" * 1999,
    "max(" * 60 + "1" + ")" * 60, "2^" * 60 + "1", "*".join(["9" * 30] * 40),
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_what_is_not_a_formula_is_refused_with_a_sentence(text):
    with pytest.raises(FormulaError) as refusal:
        Formula(text)(x=2, a=1, b=1)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in str(refusal.value))


def test_something_else_than_text_is_refused():
    with pytest.raises(FormulaError):
        Formula(1000)  # type: ignore[arg-type]


def test_the_longest_allowed_formula_is_computed_and_does_not_exhaust_the_stack():
    assert Formula("1" + "+1" * 199)() == 200
    assert Formula("(" * 24 + "1" + ")" * 24)() == 1


@pytest.mark.parametrize(
    ("text", "hint"), [("1_000", "1000"), ("x.a", "属性"), ("open(1)", "可用：若"), ("x > 1", "若(条件")]
)
def test_a_refusal_says_how_to_write_it_instead(text, hint):
    with pytest.raises(FormulaError) as refusal:
        Formula(text)
    assert hint in str(refusal.value)


# laws

numbers = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
terms = st.recursive(
    st.one_of(
        st.integers(0, 10**6).map(lambda whole: (str(whole), Fraction(whole))),
        st.decimals(min_value=0, max_value=10**6, places=3).map(lambda number: (f"{number:f}", Fraction(number))),
    ),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda each: (
            f"({each[0][0]} {each[1]} {each[2][0]})",
            {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__}[each[1]](each[0][1], each[2][1]),
        )
    ),
    max_leaves=12,
)


@given(terms)
def test_sums_and_products_are_those_of_fractions(term):
    text, expected = term
    assert Fraction(Formula(text)()) == expected


@given(numbers, numbers, numbers)
def test_arithmetic_on_inputs_is_that_of_fractions(a, b, c):
    assert Fraction(Formula("a * b - c + a")(a=a, b=b, c=c)) == Fraction(a) * Fraction(b) - Fraction(c) + Fraction(a)


@given(numbers, numbers.filter(bool))
def test_division_undone_gives_the_number_back(a, b):
    assert Formula("a / b * b")(a=a, b=b) == a


@given(numbers, st.integers(-4, 4))
def test_rounding_moves_a_number_by_at_most_half_and_is_odd(value, places):
    rounded = Fraction(Formula(f"四舍五入(x, {places})")(x=value))
    step = Fraction(10) ** -places
    assert abs(rounded - Fraction(value)) <= step / 2
    assert rounded % step == 0
    assert Fraction(Formula(f"四舍五入(-x, {places})")(x=value)) == -rounded


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**40))
def test_a_result_without_end_is_given_to_28_digits(a, b):
    result = Fraction(Formula("a / b")(a=a, b=b))
    exact = Fraction(a, b)
    assert abs(result - exact) <= abs(exact) / 10**27


@settings(max_examples=400)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="0123456789.+-*/^%()<>=!,_ xy甲乙若且或非maxround四舍五入最小\n", max_size=60),
        st.lists(
            st.sampled_from(["1", "0", "2.5", "x", "甲", "+", "-", "*", "/", "^", "(", ")", ",", "若", "max", "round", "<", ">=", "且", "非", "%"]),
            max_size=30,
        ).map(" ".join),
    ),
    st.one_of(st.integers(), st.decimals(allow_nan=True), st.fractions(), st.text(max_size=5), st.floats()),
)  # fmt: skip
def test_whatever_is_written_gives_a_number_or_a_formula_error(text, value):
    try:
        result = Formula(text)(x=value, y=1, 甲=2, 乙=3)
    except FormulaError:
        return
    assert isinstance(result, Decimal)
    assert result.is_finite()
