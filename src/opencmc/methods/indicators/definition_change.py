"""How much of a change is only a change of definition.

When an indicator ``succeeds`` an older one, both are computed for every period. From the old figure of an earlier period
to the new figure of a later one, the way leads over the old definition on the later period: what happens on the first
leg is real, what happens on the second is only the words.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from opencmc.base.errors import Refused
from opencmc.methods.runs import Run, figures_of, printed


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """``total = real + of_definition`` wherever all are known. With one period ``earlier`` equals ``later``, and only
    the part of the definition remains."""

    indicator: str
    succeeds: str
    unit_kind: str
    unit_id: str
    earlier: str
    later: str
    old_earlier: Decimal | None
    old_later: Decimal | None
    new_later: Decimal | None
    new_earlier: Decimal | None
    missing: tuple[str, ...]

    @property
    def real(self) -> Decimal | None:
        """The old definition's own change."""
        return _minus(self.old_later, self.old_earlier)

    @property
    def of_definition(self) -> Decimal | None:
        """New minus old definition on the later period."""
        return _minus(self.new_later, self.old_later)

    @property
    def total(self) -> Decimal | None:
        """From the old definition's earlier figure to the new definition's later one."""
        return _minus(self.new_later, self.old_earlier)

    def as_json(self) -> dict[str, Any]:
        record = {**asdict(self), "real": self.real, "of_definition": self.of_definition, "total": self.total}
        return {
            name: str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value
            for name, value in record.items()
        }


def _minus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else left - right


def definition_change(
    run: Run, indicator: str, period: str, *, earlier: str | None = None, unit_kind: str = "county",
    unit_id: str | None = None,
) -> DefinitionChange:  # fmt: skip
    """The change of ``indicator`` from ``earlier`` (old definition) to ``period`` (new definition), taken apart.

    Raises :class:`Refused` when the indicator succeeds no other one.
    """
    known = run.definitions()
    if indicator not in known or not known[indicator]["succeeds"]:
        raise Refused(f"指标 {indicator} 没有写明接续哪个旧指标（succeeds）", possible_when="，不能拆分定义变化。")
    old = str(known[indicator]["succeeds"])
    unit, first = unit_id or run.region, earlier or period
    rows = figures_of(
        run, indicator=[indicator, old], unit_kind=unit_kind, unit_id=unit, period=sorted({first, period})
    ).to_pylist()
    found: dict[tuple[str, str], Decimal] = {}
    missing: list[str] = []
    for row in rows:
        text = printed(row["value_scaled"], row["places"])
        if text is None:
            missing.append(f"{row['indicator']} {row['period']}：{row['because']}")
        else:
            found[row["indicator"], row["period"]] = Decimal(text)
    return DefinitionChange(
        indicator, old, unit_kind, unit, first, period,
        old_earlier=found.get((old, first)), old_later=found.get((old, period)),
        new_later=found.get((indicator, period)), new_earlier=found.get((indicator, first)), missing=tuple(missing),
    )  # fmt: skip
