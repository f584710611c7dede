"""The three families of refusal. Anything else that is raised is a fault and stays a traceback."""

from __future__ import annotations

from dataclasses import dataclass, field


class OpenCMCError(Exception):
    """A refusal that a person can act on; ``exit_code`` is what a command answers with."""

    exit_code = 1


class Refused(OpenCMCError):
    """A person may not, or not yet.

    ``sentence`` says what is refused, ``rule`` names the rule behind it, ``possible_when`` says what would make it
    possible.
    """

    exit_code = 3

    def __init__(self, sentence: str, *, rule: str = "", possible_when: str = "") -> None:
        self.sentence = sentence.rstrip("。")
        self.rule = rule
        self.possible_when = possible_when.strip("；。")
        shown = self.sentence + (f"（{rule}）" if rule else "")
        super().__init__("。".join(part for part in (shown, self.possible_when) if part) + "。")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it stands, and how to mend it."""

    kind: str
    where: str
    finding: str
    correction: str

    def __str__(self) -> str:
        return f"{self.where}：{self.finding}。{self.correction}"


class PolicyError(OpenCMCError):
    """A policy pack is wrong. Carries every finding, not only the first."""

    exit_code = 4

    def __init__(self, findings: list[Finding] | tuple[Finding, ...]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


@dataclass(frozen=True, slots=True)
class DataReason:
    """Why rows were refused: how many, and on which source lines (the first few). Never a patient's values.

    A reason that lies in the whole file, such as a missing column, counts no rows.
    """

    reason: str
    count: int
    lines: tuple[int, ...] = field(default=())

    def __str__(self) -> str:
        if not self.count:
            return self.reason
        return f"{self.reason}：{self.count} 行" + (
            f"（第 {'、'.join(map(str, self.lines))} 行）" if self.lines else ""
        )


class DataError(OpenCMCError):
    """Records are wrong. Names the table and counts the rows; never shows a patient's values."""

    exit_code = 5

    def __init__(self, sentence: str, *, table: str = "", reasons: tuple[DataReason, ...] = ()) -> None:
        self.sentence = sentence
        self.table = table
        self.reasons = reasons
        shown = [f"- {reason}" for reason in reasons]
        super().__init__("\n".join([f"{table}：{sentence}" if table else sentence, *shown]))
