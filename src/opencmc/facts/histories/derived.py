"""What a page says about a history, each with the events that it is taken from.

Whatever depends on a day gets that day; nothing here reads a clock, and nothing is assumed that no event says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from opencmc.facts.histories.history import Date, Event, History

#: Lasting diseases by the first characters of their ICD-10 codes (GB/T 14396-2016, the three-character categories). Those
#: that a programme manages carry the programme's name, so that diagnosis and enrolment meet.
CHRONIC: Mapping[str, tuple[str, ...]] = {
    "hypertension": ("I10", "I11", "I12", "I13", "I15"),
    "diabetes": ("E11", "E12", "E13", "E14"),
    "severe_mental_disorder": ("F20", "F22", "F25", "F31"),
    "tuberculosis": ("A15", "A16", "A17", "A18", "A19"),
    "diabetes_type_1": ("E10",),
    "ischaemic_heart_disease": ("I20", "I21", "I22", "I23", "I24", "I25"),
    "cerebrovascular_disease": ("I60", "I61", "I62", "I63", "I64", "I67", "I69"),
    "copd": ("J44",),
    "asthma": ("J45",),
    "chronic_kidney_disease": ("N18",),
    "chronic_viral_hepatitis": ("B18",),
    "malignant_neoplasm": ("C",),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A lasting disease that was diagnosed, or a programme in which the person is or was.

    ``since`` is the earliest date that an event gives, which may be later than the disease began. ``enrolled`` says
    whether an enrolment is open on the day asked about; ``sources`` are the events, newest first.
    """

    name: str
    since: date
    enrolled: bool
    sources: tuple[Event, ...]

    @property
    def diagnosed(self) -> bool:
        return any(event.table in ("visit", "stay") for event in self.sources)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured on a day at a follow-up, in the units of the table's columns; a part not measured is None."""

    date: Date
    values: Mapping[str, int | None]
    source: Event


def is_open(event: Event, on: date) -> bool:
    """Whether ``on`` lies in the event's ``[date, until)``; without an end it lasts."""
    return event.date <= on and (event.until is None or on < event.until)


def problems(history: History, on: date, chronic: Mapping[str, tuple[str, ...]] = CHRONIC) -> tuple[Problem, ...]:
    """Lasting diseases and programmes known by ``on``, the longest known first. ``chronic`` are prefixes of ICD-10 codes by
    name."""
    found: dict[str, list[Event]] = {}
    for event in history.events:
        if event.date <= on:
            for name in _names(event, chronic):
                found.setdefault(name, []).append(event)
    made = [
        Problem(
            name,
            min(event.date for event in sources),
            any(event.table == "enrolment" and is_open(event, on) for event in sources),
            tuple(sources),
        )
        for name, sources in found.items()
    ]
    return tuple(sorted(made, key=lambda problem: (problem.since, problem.name)))


def _names(event: Event, chronic: Mapping[str, tuple[str, ...]]) -> list[str]:
    if event.table == "enrolment":
        return [str(event["programme"])]
    if event.table == "visit":
        codes: tuple[str, ...] = (str(event["diagnosis"] or ""),)
    elif event.table == "stay":
        listed = event["diagnoses"]
        codes = listed if isinstance(listed, tuple) else ()
    else:
        return []
    return [name for name, prefixes in chronic.items() if any(code.startswith(prefixes) for code in codes)]


def _measured(history: History, columns: tuple[str, ...], limit: int) -> tuple[Measurement, ...]:
    series = []
    for event in history.of("follow_up"):
        values = {name: value if isinstance(value := event[name], int) else None for name in columns}
        if any(value is not None for value in values.values()):
            series.append(Measurement(event.date, values, event))
    return tuple(series[:limit])


def pressures(history: History, limit: int = 12) -> tuple[Measurement, ...]:
    """The last blood pressures, ``systolic`` and ``diastolic`` in mmHg, newest first."""
    return _measured(history, ("systolic", "diastolic"), limit)


def glucoses(history: History, limit: int = 12) -> tuple[Measurement, ...]:
    """The last fasting glucoses, ``glucose_tenth`` in tenths of mmol/L, newest first."""
    return _measured(history, ("glucose_tenth",), limit)


def open_contracts(history: History, on: date) -> tuple[Event, ...]:
    """The family-doctor contracts that last on a day."""
    return tuple(event for event in history.of("contract") if is_open(event, on))


def recent_stays(history: History, on: date) -> tuple[Event, ...]:
    """The stays of the twelve months up to ``on``: discharged after the same day of the year before, admitted by ``on``."""
    leap_day = (on.month, on.day) == (2, 29)
    last_year = on.replace(year=on.year - 1, day=28 if leap_day else on.day)
    return tuple(event for event in history.of("stay") if event.until and event.until > last_year and event.date <= on)
