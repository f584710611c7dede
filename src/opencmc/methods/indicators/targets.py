"""Targets of a pack against the figures of a run: met, not met, or not known, and how far off."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from opencmc.base.periods import Period
from opencmc.methods.indicators.cards import cite_record
from opencmc.methods.runs import Run, figures_of, printed
from opencmc.policy.entry import Entry
from opencmc.policy.pack import Pack

YES, NO, UNKNOWN = "yes", "no", "unknown"


@dataclass(frozen=True, slots=True)
class TargetResult:
    """``distance`` is value minus target (or minus last year's value for rising and falling), in the indicator's unit;
    positive means above. ``because`` says why it is not known."""

    target: str
    label: str
    indicator: str
    unit_kind: str
    unit_id: str
    period: str
    value: Decimal | None
    comparator: str
    target_value: Decimal | None
    due: str
    met: str
    distance: Decimal | None
    because: str
    standing: str
    cite: tuple[dict[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """With decimals as text."""
        record = asdict(self)
        for name in ("value", "target_value", "distance"):
            record[name] = None if record[name] is None else str(record[name])
        record["cite"] = list(self.cite)
        return record


def check_targets(
    run: Run, pack: Pack, period: str, *, unit_kind: str = "county", unit_id: str | None = None
) -> list[TargetResult]:
    """Every target that binds ``pack`` for a period and a unit (the county unless said otherwise).

    The target in force on the period's last day counts. An indicator that the run does not have is unknown.
    """
    unit = unit_id or run.region
    span = Period.parse(period)
    last_day = span.end - timedelta(days=1)
    names = [period, span.previous_year().name]
    table = figures_of(run, unit_kind=unit_kind, unit_id=unit, period=names).to_pylist()
    figures = {(row["indicator"], row["period"]): row for row in table}
    results = []
    for entry in pack.targets():
        dated = entry.on(last_day)
        if dated is None:
            continue
        now = figures.get((entry.attributes["indicator"], period))
        before = figures.get((entry.attributes["indicator"], span.previous_year().name))
        results.append(_judge(entry, dated, now, before, unit_kind, unit, period, pack))
    return results


def _decimal(figure: dict[str, Any] | None) -> Decimal | None:
    text = printed(figure["value_scaled"], figure["places"]) if figure else None
    return None if text is None else Decimal(text)


def _judge(
    entry: Entry, dated: Any, now: dict[str, Any] | None, before: dict[str, Any] | None, kind: str, unit: str,
    period: str, pack: Pack,
) -> TargetResult:  # fmt: skip
    comparator = entry.attributes["comparator"]
    value, because = _decimal(now), ""
    against = Decimal(dated.value) if comparator in (">=", "<=") else _decimal(before)
    if value is None:
        because = now["because"] if now else "本次运行没有这个指标的这一期数字"
    elif against is None:
        because = "没有上年同期的数字可比"
    distance = None if value is None or against is None else value - against
    met = UNKNOWN
    if distance is not None:
        reached = {">=": distance >= 0, "<=": distance <= 0, "rising": distance > 0, "falling": distance < 0}
        met = YES if reached[comparator] else NO
    due = entry.attributes.get("due")
    return TargetResult(
        target=entry.id,
        label=entry.label,
        indicator=entry.attributes["indicator"],
        unit_kind=kind,
        unit_id=unit,
        period=period,
        value=value,
        comparator=comparator,
        target_value=against,
        due=due.isoformat() if due else "",
        met=met,
        distance=distance,
        because=because,
        standing=dated.standing.value,
        cite=tuple(cite_record(c.document, c.clause, c.quote, [pack]) for c in dated.cites),
    )
