"""Train the model on a county's own records: expectation-maximisation without any answer key (Splink)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
from splink import Linker

from opencmc.base.errors import Refused
from opencmc.methods.matching.comparisons import FIELDS
from opencmc.methods.matching.database import splink_database
from opencmc.methods.matching.model import APART, Model, blocking_rules, comparisons
from opencmc.methods.matching.names import cleaned
from opencmc.methods.matching.records import prepare

#: Fewer records do not hold enough pairs of one person.
LEAST = 5_000
#: A name borne by more than one in so many is common.
COMMON_NAME = 50_000
#: Pairs drawn at random for what is met among pairs of two people.
RANDOM_PAIRS = 10_000_000
#: Pairs that agree on these are looked at to learn the other fields. Nearly all with one number are one person; what
#: families share (telephone, surname, village) is no block, or kin would be learnt as one person.
_EM_BLOCKS = ("l.document = r.document", "l.name = r.name AND l.birth = r.birth")
#: Rules that hold of hardly any pair of two people; they find the stated share of pairs of one person.
_SURE = ("l.document = r.document AND l.name = r.name", "l.name = r.name AND l.birth = r.birth AND l.phone = r.phone")
_SURE_SHARE = 0.85
#: No level is impossible: the least share among pairs of one person, and of two.
_LEAST_M, _LEAST_U = 1e-5, 1e-7


def train(records: pa.Table, *, day: date, source: str, seed: int = 1, random_pairs: int = RANDOM_PAIRS) -> Model:
    """A model of ``records`` (see :data:`~opencmc.methods.matching.records.RECORD_SCHEMA`).

    ``day`` and ``source`` say when and on what it was trained and are kept in it. Raises :class:`Refused` for fewer
    than 5,000 records.
    """
    if len(records) < LEAST:
        raise Refused(f"训练匹配模型至少需要 {LEAST} 条记录，现有 {len(records)} 条。")
    common = _common_names(records)
    prepared = prepare(records, common)
    prepared = prepared.append_column("row", pa.array(range(len(prepared)), type=pa.int64()))
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row",
        "blocking_rules_to_generate_predictions": blocking_rules(),
        "comparisons": comparisons(),
    }
    with splink_database() as database:
        linker = Linker(database.register(prepared), settings, log_level=None)
        linker.training.estimate_probability_two_random_records_match(list(_SURE), recall=_SURE_SHARE)
        linker.training.estimate_u_using_random_sampling(max_pairs=random_pairs, seed=seed)
        for block in _EM_BLOCKS:
            linker.training.estimate_parameters_using_expectation_maximisation(block)
        found = linker.misc.save_model_to_json(None)
    how = {
        "day": day.isoformat(),
        "source": source,
        "records": len(records),
        "method": "Splink 5 EM",
        "random_pairs": random_pairs,
        "em_blocks": list(_EM_BLOCKS),
        "sure_rules": list(_SURE),
        "sure_share": _SURE_SHARE,
        "common_name": f"1/{COMMON_NAME}",
        "seed": seed,
    }
    return Model(found["probability_two_random_records_match"], _levels(found), common, how)


def _common_names(records: pa.Table) -> frozenset[str]:
    """Names borne by more than one record in fifty thousand, and by five at least."""
    written = records["full_name"].drop_null().value_counts()
    counted: Counter[str] = Counter()
    for text, count in zip(written.field("values").to_pylist(), written.field("counts").to_pylist(), strict=True):
        if name := cleaned(text):
            counted[name] += count
    least = max(5, -(-len(records) // COMMON_NAME))
    return frozenset(name for name, count in counted.items() if count >= least)


def _levels(found: Mapping[str, Any]) -> dict[str, dict[str, tuple[float, float]]]:
    """The shares of every level. Pairs drawn at random hold some of one person; what those add is taken off again."""
    prior = found["probability_two_random_records_match"]
    levels: dict[str, dict[str, tuple[float, float]]] = {}
    for field, comparison in zip(FIELDS, found["comparisons"], strict=True):
        levels[field.name] = {}
        for level, stated in zip(field.levels, comparison["comparison_levels"], strict=True):
            if level.name == "unknown":
                continue
            m, u = _share(stated.get("m_probability")), _share(stated.get("u_probability"))
            u = (u - prior * m) / (1 - prior)
            m, u = round(max(m, _LEAST_M), 9), round(max(u, _LEAST_U), 9)
            while any(abs(math.log2(m / u * b / a)) < 2 * APART for a, b in [*levels[field.name].values(), (1, 1)]):
                u *= 1 + 4 * APART
            levels[field.name][level.name] = (m, u)
    return levels


def _share(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0
