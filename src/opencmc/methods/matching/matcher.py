"""One record against a few candidates, in plain Python: what a registration desk asks while somebody stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opencmc.methods.matching.blocking import keys_of
from opencmc.methods.matching.comparisons import FIELDS
from opencmc.methods.matching.decisions import DIFFERENT, SAME, Thresholds, decide, rule_label
from opencmc.methods.matching.model import Model, shipped_model
from opencmc.methods.matching.one_record import prepare_one

_ORDER = {SAME: 0, DIFFERENT: 2}


@dataclass(frozen=True, slots=True)
class Reason:
    """How a field agrees: ``level`` and its label, and what it adds to the weight in hundredths of a bit (negative
    speaks against one person)."""

    field: str
    field_label: str
    level: str
    level_label: str
    weight: int


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate: its ``record_id``, what is decided, by which ``rule`` (empty when the model decided) and its label,
    the probability in parts per million, and how every field agrees."""

    candidate: str
    decision: str
    kind: str
    rule: str
    rule_label: str
    probability: int
    reasons: tuple[Reason, ...]


class Matcher:
    """Compares single records by the same levels, parameters and rules as whole registers."""

    def __init__(self, thresholds: Thresholds, model: Model | None = None) -> None:
        self._thresholds = thresholds
        self._model = model or shipped_model()

    def blocking_keys(self, record: Mapping[str, Any]) -> list[str]:
        """The keys under which a record is kept and looked up, such as ``phone_year:11012345678|1970|2``: candidates are
        the records with a key in common. They hold names and numbers in plain text; store a keyed hash of them."""
        return keys_of(prepare_one(record, self._model.common_names))

    def score(self, record: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> list[Scored]:
        """Every candidate with its decision, the likeliest first."""
        common = self._model.common_names
        prepared = prepare_one(record, common)
        scored = [self._scored(str(each["record_id"]), prepared, prepare_one(each, common)) for each in candidates]
        return sorted(scored, key=lambda each: (_ORDER.get(each.decision, 1), -each.probability, each.candidate))

    def _scored(self, candidate: str, record: Mapping[str, Any], other: Mapping[str, Any]) -> Scored:
        found = [(field, field.level(record, other)) for field in FIELDS]
        levels = {field.name: level.name for field, level in found}
        probability = self._model.probability(levels)
        decided = decide(levels, probability, self._thresholds)
        reasons = tuple(
            Reason(
                field.name, field.label, level.name, level.label,
                round(100 * self._model.weights[field.name][level.name]),
            )
            for field, level in found
        )  # fmt: skip
        return Scored(
            candidate, decided.decision, decided.kind, decided.rule, rule_label(decided.rule), probability, reasons
        )
