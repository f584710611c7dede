"""YAML read as written: every scalar is text, and everything knows its line.

YAML itself never makes a number, a date or a truth value here (``no`` stays a word and ``2026.1`` a revision); the
schema types the text. What YAML would pass over in silence is a finding: a key given twice, an anchor, a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from opencmc.base.errors import Finding

#: libyaml where the machine has it (ten times faster), the plain loader otherwise; both give the same nodes.
_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_CORE_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", None}

_SYNTAX_HINTS = (
    ("found character '\\t'", "缩进里有制表符", "YAML 只能用空格缩进，请把制表符（Tab）换成两个空格"),
    (
        "mapping values are not allowed",
        "这里多出一个冒号，或缩进不齐",
        "文字里有英文冒号加空格时请给整句加引号；同级的键要左对齐",
    ),
    (
        "could not find expected ':'",
        "这里少一个冒号",
        "键和值之间写英文冒号加空格，例如 label: 名称（不要写成全角“：”）",
    ),
    ("expected <block end>", "缩进不齐", "同一层的键或“- ”要左对齐，下一层多缩进两个空格"),
    ("did not find expected key", "缩进不齐，或引号没有成对", "同一层的键要左对齐；引号要成对，引号后面不能再有文字"),
    ("did not find expected '-'", "列表缩进不齐", "同一列表的每一项都以“- ”开头并左对齐"),
    ("entries are not allowed", "“- ”写在了不该写的地方", "列表另起一行、缩进两个空格，每项以“- ”开头"),
    (
        "did not find expected ',' or",
        "花括号或方括号里的写法不对",
        "{…} 和 […] 里各项用英文逗号隔开，括号要成对；文字里有英文逗号、冒号时请加引号",
    ),
    ("did not find expected node content", "花括号或方括号没有写完", "括号要成对，各项用英文逗号隔开"),
    ("found unexpected end of stream", "引号没有成对", "请补上缺少的引号"),
    ("found undefined alias", "“*”开头的文字被当成了引用", "文字以 * 或 & 开头时请加引号"),
    ("found another document", "一个文件里有两份文档（---）", "请去掉“---”，一个文件只写一份"),
    ("cannot start any token", "文字以 YAML 的保留符号开头", "文字以 % @ ` 等符号开头时请加引号"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, as written."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping; ``lines`` holds the line of each key. Of a key given twice the first is kept."""

    fields: dict[str, Node]
    lines: dict[str, int]
    line: int


Node = Text | Items | Fields


@dataclass(slots=True)
class FileReport:
    """Collects the findings of one file. ``where`` is the file as a person names it, ``policies/<pack>/file.yaml``."""

    where: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: str, line: int, finding: str, correction: str) -> None:
        self.findings.append(Finding(kind, f"{self.where}:{line}", finding, correction))


def read_yaml(content: bytes, report: FileReport) -> Node | None:
    """The content of one YAML file, or ``None`` after reporting why there is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        report.add("encoding", line, "文件不是 UTF-8 编码", "请在编辑器中另存为 UTF-8（不少表格软件默认存成 GBK）")
        return None
    try:
        root = yaml.compose(text, Loader=_LOADER)
        if root is not None and not (isinstance(root, yaml.ScalarNode) and not root.value.strip()):
            return _convert(root, report, set())
        report.add("empty-file", 1, "文件是空的", "请写入内容，或删除这个文件")
    except yaml.YAMLError as error:
        _report_syntax(text, error, report)
    except RecursionError:
        report.add("yaml-syntax", 1, "内容嵌套太深", "政策包只需要几层缩进，请检查括号是否多写")
    return None


def _report_syntax(text: str, error: yaml.YAMLError, report: FileReport) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "无法读作 YAML")
    if problem == "found unexpected end of stream":
        # The quotation that never ends is where it begins, not at the end of the file.
        mark = getattr(error, "context_mark", None) or mark
    if mark is not None:
        line = min(mark.line, text.count("\n")) + 1
    else:
        line = text[: getattr(error, "position", 0)].count("\n") + 1
    rows = text.splitlines()
    shown = rows[line - 1].strip()[:40] if line <= len(rows) else ""
    if tab := next((i for i, row in enumerate(rows, 1) if re.match(r"[ -]*\t", row)), None):
        line, problem, shown = tab, "found character '\\t'", ""
    unexplained = (f"不是合规的 YAML（{problem}）", "请检查这一行和上一行的缩进、冒号和引号")
    explained = ((finding, correction) for phrase, finding, correction in _SYNTAX_HINTS if phrase in problem)
    finding, correction = next(explained, unexplained)
    opened = getattr(error, "context_mark", None)
    if "括号" in finding and opened is not None and opened.line + 1 < line:
        correction = f"括号从第 {opened.line + 1} 行开始。{correction}"
    report.add("yaml-syntax", line, f"{finding}：读到“{shown}”" if shown else finding, correction)


def _convert(node: yaml.Node, report: FileReport, seen: set[int]) -> Node:
    line = node.start_mark.line + 1
    if id(node) in seen:
        report.add("yaml-feature", line, "用了 YAML 的锚点引用（& 和 *）", "政策包不用引用，请把内容照写一遍")
        return Text("", line)
    seen.add(id(node))
    if node.tag not in _CORE_TAGS:
        report.add("yaml-feature", line, f"用了 YAML 标签“{node.tag}”", "请去掉“!”开头的标签；值的类型由政策包格式规定")
    if isinstance(node, yaml.ScalarNode):
        return Text(node.value, line)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(item, report, seen) for item in node.value), line)
    fields: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        value = _convert(value_node, report, seen)
        if not isinstance(key_node, yaml.ScalarNode):
            report.add("yaml-syntax", key_line, "键不是文字", "键写作一个词，例如 label: 名称；花括号要成对")
        elif key_node.value in fields:
            first = lines[key_node.value]
            report.add(
                "duplicate-key", key_line, f"键“{key_node.value}”写了两次（第一次在第 {first} 行）", "请只留一个"
            )
        else:
            fields[key_node.value], lines[key_node.value] = value, key_line
    return Fields(fields, lines, line)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything inside it, in order."""
    yield node
    if isinstance(node, Items):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, Fields):
        for value in node.fields.values():
            yield from walk(value)
