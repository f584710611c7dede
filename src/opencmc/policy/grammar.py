"""The grammar of formulas: from text to a function of the inputs, one method for each level of binding.

Numbers and conditions are told apart here, before anything is computed. Length, depth and number of steps are bounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from opencmc.policy.arithmetic import COMPARISONS, FUNCTIONS, OPERATIONS, FormulaError, bounded

LONGEST_TEXT, DEEPEST, MOST_NODES, LONGEST_NUMBER = 2000, 25, 400, 30

Scope = dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a formula: how it is computed, and whether it is a condition."""

    number: Callable[[Scope], Fraction] | None
    condition: Callable[[Scope], bool] | None = None


_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9][0-9_.]*[A-Za-z_]*)|(?P<name>[^\W\d]\w*)|(?P<sign><=|>=|==|!=|\*\*|[-+*/^()<>=,%]))",
    re.UNICODE,
)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_SPELLINGS = str.maketrans(
    {"×": "*", "÷": "/", "−": "-", "—": "-", "≤": "<=", "≥": ">=", "≠": "!=", "、": ",", "“": '"', "”": '"'}
)
_SPELLED = {
    "若": "if", "最小": "min", "最大": "max", "绝对值": "abs", "四舍五入": "round", "向上取整": "ceil", "向下取整": "floor",
}  # fmt: skip
_RESERVED = frozenset([*_SPELLED, *_SPELLED.values()])
_WORDS = {"且": "and", "或": "or", "非": "not", "and": "and", "or": "or", "not": "not"}


def read_formula(text: str) -> tuple[Callable[[Scope], Fraction], frozenset[str]]:
    """The function that a formula describes, and the names of its inputs. Raises :class:`FormulaError`."""
    if not isinstance(text, str):
        raise FormulaError("算式应为文字")
    if len(text) > LONGEST_TEXT:
        raise FormulaError(f"算式太长（{len(text)} 字，最多 {LONGEST_TEXT}），请拆成几个")
    reader = _Reader(_tokens(text))
    node = reader.whole()
    if node.number is None:
        raise FormulaError("算式的结果是一个条件，不是数；请写作 若(条件, 甲, 乙)")
    return node.number, frozenset(reader.names)


def _half_width(text: str) -> str:
    """Full-width letters, digits and signs as the usual ones. Signs such as ² are refused: 3² must not become 32."""
    for character in text:
        decomposition = unicodedata.decomposition(character)
        if (
            decomposition.startswith("<")
            and not decomposition.startswith(("<wide>", "<narrow>"))
            and not character.isspace()
        ):
            raise FormulaError(f"算式里不能有“{character}”，请改用普通的数字和符号（乘方写作 x^2）")
    return unicodedata.normalize("NFKC", text).translate(_SPELLINGS)


def _tokens(text: str) -> list[tuple[str, str]]:
    text = _half_width(text)
    tokens: list[tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            bad = text[position:].strip()[0]
            hint = "：不能取属性，名称里也不用点" if bad == "." else "：算式里不用文字" if bad in "'\"" else ""
            raise FormulaError(f"算式里不能有“{bad}”{hint}")
        kind = match.lastgroup or ""
        word = match[kind]
        if kind == "number" and (not _NUMBER.fullmatch(word) or len(word) > LONGEST_NUMBER):
            raise FormulaError(f"读不懂的数“{word[:40]}”：写作 1000 或 0.65，不用下划线、千分位和科学记数法")
        tokens.append((kind, word))
        position = match.end()
    return tokens


class _Reader:
    """Reads tokens into nodes, one method for each level of binding."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0
        self.nodes = 0
        self.depth = 0
        self.names: set[str] = set()

    def whole(self) -> _Node:
        if not self.tokens:
            raise FormulaError("算式是空的")
        node = self.either()
        if self.position < len(self.tokens):
            raise FormulaError(f"“{self.tokens[self.position][1]}”处读不下去：可能少一个运算符，或多一个括号")
        return node

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def accept(self, *words: str) -> str:
        word = self.peek()
        if word and word in words:
            self.position += 1
            return word
        return ""

    def expect(self, word: str) -> None:
        if not self.accept(word):
            got = f"读到“{self.peek()}”" if self.peek() else "算式到此结束"
            raise FormulaError(f"这里应有“{word}”，{got}")

    def made(self, node: _Node) -> _Node:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise FormulaError(f"算式太复杂（超过 {MOST_NODES} 步），请拆成几个")
        return node

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(f"括号嵌套太深（最多 {DEEPEST} 层），请拆成几个")

    # conditions

    def either(self) -> _Node:
        self.deeper()
        node = self.chain(self.both, any, "或", "or")
        self.depth -= 1
        return node

    def both(self) -> _Node:
        return self.chain(self.negated, all, "且", "and")

    def chain(self, part: Callable[[], _Node], holds: Callable[[Iterable[bool]], bool], *words: str) -> _Node:
        """Conditions joined by one word, computed from left to right only as far as needed."""
        first = part()
        if self.peek() not in words:
            return first
        parts = [_condition(first, words[0])]
        while self.accept(*words):
            parts.append(_condition(self.made(part()), words[0]))
        return self.made(_Node(None, lambda scope: holds(each(scope) for each in parts)))

    def negated(self) -> _Node:
        if not self.accept("非", "not"):
            return self.compared()
        self.deeper()
        a = _condition(self.negated(), "非")
        self.depth -= 1
        return self.made(_Node(None, lambda scope: not a(scope)))

    def compared(self) -> _Node:
        """``a < b <= c`` means ``a < b 且 b <= c``."""
        left = self.sum()
        if self.peek() not in COMPARISONS:
            return left
        parts, signs = [_number(left)], []
        while sign := self.accept(*COMPARISONS):
            signs.append(COMPARISONS[sign])
            parts.append(_number(self.made(self.sum())))

        def holds(scope: Scope) -> bool:
            values = [part(scope) for part in parts]
            return all(sign(a, b) for sign, a, b in zip(signs, values, values[1:], strict=False))

        return self.made(_Node(None, holds))

    # numbers

    def sum(self) -> _Node:
        return self.series(self.product, "+", "-")

    def product(self) -> _Node:
        return self.series(self.signed, "*", "/")

    def series(self, part: Callable[[], _Node], *signs: str) -> _Node:
        """Operations of one rank, from left to right; one step however long, so that computing needs no deep stack."""
        first = part()
        if self.peek() not in signs:
            return first
        start, steps = _number(first), []
        while sign := self.accept(*signs):
            steps.append((OPERATIONS[sign], _number(self.made(part()))))

        def total(scope: Scope) -> Fraction:
            value = start(scope)
            for operate, operand in steps:
                value = bounded(operate(value, operand(scope)))
            return value

        return self.made(_Node(total))

    def signed(self) -> _Node:
        if self.accept("-"):
            self.deeper()
            a = _number(self.signed())
            self.depth -= 1
            return self.made(_Node(lambda scope: -a(scope)))
        base = self.atom()
        if sign := self.accept("^", "**"):
            self.deeper()
            a, b, operate = _number(base), _number(self.signed()), OPERATIONS[sign]
            self.depth -= 1
            return self.made(_Node(lambda scope: bounded(operate(a(scope), b(scope)))))
        return base

    def atom(self) -> _Node:
        if self.position >= len(self.tokens):
            raise FormulaError("算式没有写完：最后缺一个数或名称")
        kind, word = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            value = Fraction(word) / 100 if self.accept("%") else Fraction(word)
            return self.made(_Node(lambda scope: value))
        if kind == "name" and self.peek() == "(":
            return self.call(word)
        if kind == "name":
            if word in _RESERVED or word in _WORDS:
                raise FormulaError(f"“{word}”是保留的词，不能作名称；用作函数时后面要有括号")
            self.names.add(word)
            return self.made(_Node(lambda scope: scope[word]))
        if word == "(":
            node = self.either()
            self.expect(")")
            return node
        raise FormulaError(f"“{word}”处应为一个数、名称或括号")

    def call(self, word: str) -> _Node:
        name = _SPELLED.get(word, word)
        if name not in _RESERVED:
            listed = "、".join(f"{chinese}（{english}）" for chinese, english in _SPELLED.items())
            raise FormulaError(f"没有“{word}”这个函数，可用：{listed}")
        self.expect("(")
        arguments = [self.either()]
        while self.accept(","):
            arguments.append(self.either())
        self.expect(")")
        fewest, most = {"if": (3, 3), "min": (1, 40), "max": (1, 40), "round": (1, 2)}.get(name, (1, 1))
        if not fewest <= len(arguments) <= most:
            count = f"{fewest}" if fewest == most else f"{fewest} 到 {most}"
            raise FormulaError(f"“{word}”要 {count} 个参数，读到 {len(arguments)} 个")
        if name == "if":
            test, then, otherwise = _condition(arguments[0], word), _number(arguments[1]), _number(arguments[2])
            return self.made(_Node(lambda scope: then(scope) if test(scope) else otherwise(scope)))
        numbers = [_number(argument) for argument in arguments]
        apply = FUNCTIONS[name]
        return self.made(_Node(lambda scope: bounded(apply(*(number(scope) for number in numbers)))))


def _number(node: _Node) -> Callable[[Scope], Fraction]:
    if node.number is None:
        raise FormulaError("这里要一个数，读到的是条件；请写作 若(条件, 甲, 乙)")
    return node.number


def _condition(node: _Node, word: str) -> Callable[[Scope], bool]:
    if node.condition is None:
        raise FormulaError(f"“{word}”要一个条件（例如 就诊率 >= 65），读到的是一个数")
    return node.condition
