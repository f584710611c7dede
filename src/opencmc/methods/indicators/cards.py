"""What a run keeps about each indicator, so that a figure can be read years later without its pack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opencmc.methods.indicators.definitions import Definition, Formula
from opencmc.methods.indicators.formulas import METHODS
from opencmc.methods.indicators.measures import MEASURES, Flow, Persons, Stock, Total
from opencmc.methods.indicators.where import WHERE
from opencmc.policy.pack import Pack
from opencmc.policy.references import Reference
from opencmc.policy.wording import say_value

_WHOSE = {
    "provider": "县域内机构为任何人提供的服务（按机构所在归属）",
    "insured": "本县参保人，不论在何处就医（按参保地，乡镇按现住地归属）",
    "register": "登记在册的人、岗位或物（期末时点）",
}


#: Registers of people and not of institutions: when they are counted, and where.
_PEOPLE = {
    "population": ("期末或之前最近一次统计", "现住本县"),
    "population_65": ("期末或之前最近一次统计", "现住本县"),
    "population_of_ages": ("期末或之前最近一次统计", "现住本县"),
    "premature_deaths": ("期内死亡", "生前现住本县"),
}


def measure_record(name: str) -> dict[str, Any] | None:
    """A measure in words: what is counted, in which table, at which institutions."""
    if name not in MEASURES:
        return None
    measure = MEASURES[name]
    record: dict[str, Any] = {"name": name, "label": measure.label, "unit": measure.unit}
    match measure:
        case Flow():
            record |= {"rows": measure.rows.__doc__ or "", "where": WHERE[measure.where].label}
        case Persons():
            record |= {"rows": "同一人在一个单位、一个期间内只计一次", "where": WHERE[measure.where].label}
        case Stock():
            when = "期内各月末之和" if measure.every_month else "期末时点"
            about = _PEOPLE.get(measure.register)
            record |= (
                {"rows": about[0], "where": about[1]} if about else {"rows": when, "where": WHERE[measure.where].label}
            )
        case Total():
            record |= {"parts": list(measure.parts), "minus": list(measure.minus)}
    return record


def definition_record(definition: Definition, packs: Sequence[Pack], *, population_source: str) -> dict[str, Any]:
    """The indicator's card as data."""
    given = definition.entry.attributes
    uses_population = any(
        name in ("population", "population_65", "population_of_ages")
        for formula in definition.formulas
        for name in (formula.numerator, formula.denominator)
    )
    return {
        "id": definition.id,
        "label": definition.label,
        "set": definition.set,
        "dimension": given.get("dimension") or "",
        "population": definition.population,
        "population_label": _WHOSE[definition.population],
        "unit": definition.unit,
        "places": definition.places,
        "direction": definition.direction,
        "by": list(definition.by),
        "periods": list(definition.periods),
        "succeeds": given.get("succeeds") or "",
        "denominator_source": population_source
        if uses_population and population_source
        else given.get("denominator_source") or "",
        "exclusions": list(given.get("exclusions") or ()),
        "note": definition.entry.note,
        "checked_on": definition.entry.checked_on.isoformat(),
        "pack": definition.pack,
        "defined_at": definition.entry.where,
        "formulas": [_formula_record(formula, packs) for formula in definition.formulas],
    }


def _formula_record(formula: Formula, packs: Sequence[Pack]) -> dict[str, Any]:
    dated = formula.dated
    return {
        "from": formula.start.isoformat(),
        "defined_from": dated.start.isoformat(),
        "method": formula.method,
        "method_label": METHODS[formula.method],
        "numerator": measure_record(formula.numerator),
        "denominator": measure_record(formula.denominator),
        "scale": formula.scale,
        "divisor": formula.divisor,
        "parameters": dict(sorted(formula.parameters.items())),
        "references": [_reference_record(each, packs) for each in formula.references],
        "note": dated.value.get("note") or dated.note,
        "standing": dated.standing.value,
        "standing_label": dated.standing.label,
        "because": dated.because,
        "cite": [cite_record(citation.document, citation.clause, citation.quote, packs) for citation in dated.cites],
    }


def _reference_record(reference: Reference, packs: Sequence[Pack]) -> dict[str, Any]:
    """The rule behind a parameter: what it is called, what it says, and on whose word."""
    entry, dated = reference.entry, reference.dated
    return {
        "parameter": reference.parameter,
        "entry": entry.id,
        "label": entry.label,
        "text": reference.text,
        "value": say_value(entry, dated.value),
        "from": dated.start.isoformat(),
        "standing": dated.standing.value,
        "standing_label": dated.standing.label,
        "because": dated.because,
        "note": dated.note or entry.note,
        "defined_at": entry.where,
        "cite": [cite_record(citation.document, citation.clause, citation.quote, packs) for citation in dated.cites],
    }


def cite_record(document: str, clause: str, quote: str, packs: Sequence[Pack]) -> dict[str, str]:
    """A citation with the names that a person knows the document and the clause by."""
    known = next((pack.documents[document] for pack in packs if document in pack.documents), None)
    return {
        "document": document,
        "clause": clause,
        "title": known.title if known else document,
        "number": known.number if known else "",
        "heading": known.clauses.get(clause, "") if known else "",
        "quote": quote,
    }
