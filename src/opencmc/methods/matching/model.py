"""The stored model: how often each level of agreement is met among pairs of one person and among others."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from opencmc.base.errors import DataError
from opencmc.methods.matching.blocking import BLOCKS
from opencmc.methods.matching.comparisons import FIELDS
from opencmc.methods.matching.decisions import CERTAIN

#: The form of the stored file.
FORM = 1
_SHIPPED = "model.json"
#: Weights of two levels of a field are at least so far apart (bits): Splink tells levels by them.
APART = 1e-6


@dataclass(frozen=True)
class Model:
    """Parameters of the model.

    ``prior`` is the probability that two records taken at random are of one person. ``levels`` holds, for every field
    and level but ``unknown``, the shares (m, u) of pairs at that level: among pairs of one person, and among pairs of
    two. ``common_names`` are names borne by many. ``trained`` says on what, how and when it was trained.
    """

    prior: float
    levels: Mapping[str, Mapping[str, tuple[float, float]]]
    common_names: frozenset[str]
    trained: Mapping[str, Any]

    def __post_init__(self) -> None:
        for field in FIELDS:
            wanted = set(field.names()) - {"unknown"}
            if set(self.levels.get(field.name, {})) != wanted:
                raise DataError(f"匹配模型的“{field.label}”应有这些层级：{'、'.join(sorted(wanted))}")
            for level, (m, u) in self.levels[field.name].items():
                if not (0 < m <= 1 and 0 < u <= 1):
                    raise DataError(f"匹配模型的“{field.label}”（{level}）的 m、u 应大于 0、不大于 1")
            weights = sorted(self.weights[field.name].values())
            if any(high - low < APART for low, high in pairwise(weights)):
                raise DataError(f"匹配模型的“{field.label}”有两个层级的权重相同，无法分辨")
        if not 0 < self.prior < 1:
            raise DataError("匹配模型的先验概率应在 0 与 1 之间")

    @cached_property
    def weights(self) -> dict[str, dict[str, float]]:
        """What each level of each field adds to the weight of a pair, in bits; 0 where nothing is known."""
        return {
            field: {"unknown": 0.0} | {level: math.log2(m / u) for level, (m, u) in levels.items()}
            for field, levels in self.levels.items()
        }

    def probability(self, levels: Mapping[str, str]) -> int:
        """The probability of one person at these levels, in parts per million, half up."""
        weight = math.log2(self.prior / (1 - self.prior))
        for field in FIELDS:
            weight += self.weights[field.name][levels[field.name]]
        share = 1 / (1 + 2**-weight) if weight >= 0 else 2**weight / (1 + 2**weight)
        return int(share * CERTAIN + 0.5)

    def settings(self, link_type: str) -> dict[str, Any]:
        """The same model as Splink reads it."""
        return {
            "link_type": link_type,
            "unique_id_column_name": "row",
            "probability_two_random_records_match": self.prior,
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": True,
            "blocking_rules_to_generate_predictions": blocking_rules(),
            "comparisons": comparisons(self.levels),
        }

    def save(self, path: Path) -> None:
        """Write the model as JSON."""
        document = {
            "form": FORM,
            "trained": dict(self.trained),
            "prior": self.prior,
            "levels": {
                field: {level: list(both) for level, both in levels.items()} for field, levels in self.levels.items()
            },
            "common_names": " ".join(sorted(self.common_names)),
        }
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def blocking_rules() -> list[dict[str, Any]]:
    return [
        {"blocking_rule": " AND ".join(f"l.{column} = r.{column}" for column in block.columns), "sql_dialect": "duckdb"}
        for block in BLOCKS
    ]


def comparisons(levels: Mapping[str, Mapping[str, tuple[float, float]]] | None = None) -> list[dict[str, Any]]:
    """The fields as Splink's comparisons, with ``m`` and ``u`` where ``levels`` are given."""
    made = []
    for field in FIELDS:
        stated = []
        for level in field.levels:
            one: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.label}
            if level.name == "unknown":
                one["is_null_level"] = True
            elif levels is not None:
                one["m_probability"], one["u_probability"] = levels[field.name][level.name]
            stated.append(one)
        made.append(
            {"output_column_name": field.name, "comparison_description": field.label, "comparison_levels": stated}
        )
    return made


def read_model(path: Path) -> Model:
    """Read a stored model. Raises :class:`DataError` when the file is not one."""
    return _from_text(path.read_text(encoding="utf-8"), path.name)


@cache
def shipped_model() -> Model:
    """The model that comes with the package, trained on made-up records; a county should train its own."""
    return _from_text(files("opencmc.methods.matching").joinpath(_SHIPPED).read_text(encoding="utf-8"), _SHIPPED)


def _from_text(text: str, name: str) -> Model:
    try:
        document = json.loads(text)
        if document["form"] != FORM:
            raise DataError(f"{name}：模型文件的格式是 {document['form']}，应为 {FORM}；请重新训练")
        levels = {
            field: {level: (m, u) for level, (m, u) in stated.items()} for field, stated in document["levels"].items()
        }
        return Model(document["prior"], levels, frozenset(document["common_names"].split()), document["trained"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{name} 不是匹配模型文件") from error
