"""What a page says about a history: problems, last values, open contracts, recent stays, each with its events."""

from datetime import date
from pathlib import Path

import pytest
from histories_rows import CONTRACT, ENROLMENT, EVERYTHING, FOLLOW_UP, STAY, VISIT, put

from opencmc.facts.histories import (
    glucoses,
    open_contracts,
    pressures,
    problems,
    read_lake,
    recent_stays,
)

TODAY = date(2025, 7, 1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_problem_joins_its_diagnoses_and_its_enrolment_and_says_since_when(home):
    put(home, EVERYTHING)
    found = problems(read_lake(home, ["甲"]), TODAY)
    assert [(problem.name, problem.since, problem.enrolled, problem.diagnosed) for problem in found] == [
        ("hypertension", date(2019, 5, 1), True, True),
        ("cerebrovascular_disease", date(2025, 4, 1), False, True),
        ("diabetes", date(2025, 4, 1), False, True),
    ]
    assert [event.key for event in found[0].sources] == ["v1", "m1"]
    assert [event.key for event in found[2].sources] == ["s1"]


def test_what_came_after_the_day_asked_about_is_not_known_on_it(home):
    put(home, EVERYTHING)
    found = problems(read_lake(home, ["甲"]), date(2025, 3, 15))
    assert [problem.name for problem in found] == ["hypertension"]


def test_an_enrolment_that_has_ended_is_a_problem_but_not_managed(home):
    put(home, {"enrolment": [ENROLMENT | {"end": TODAY}]})
    history = read_lake(home, ["甲"])
    assert [problem.enrolled for problem in problems(history, TODAY)] == [False]
    assert [problem.enrolled for problem in problems(history, date(2025, 6, 30))] == [True]
    assert [problem.diagnosed for problem in problems(history, TODAY)] == [False]


def test_a_passing_illness_or_a_visit_without_diagnosis_is_no_problem(home):
    put(home, {"visit": [VISIT | {"diagnosis": "J20.900"}, VISIT | {"visit_id": "v2", "diagnosis": None}]})
    history = read_lake(home, ["甲"])
    assert problems(history, TODAY) == ()
    assert [problem.name for problem in problems(history, TODAY, {"bronchitis": ("J20",)})] == ["bronchitis"]


def test_last_values_are_newest_first_and_what_was_not_measured_is_not_zero(home):
    put(
        home,
        {
            "follow_up": [
                FOLLOW_UP,
                FOLLOW_UP | {"follow_up_id": "f2", "date": date(2025, 6, 1), "systolic": 150, "diastolic": None},
                FOLLOW_UP
                | {
                    "follow_up_id": "f3",
                    "date": date(2025, 6, 9),
                    "systolic": None,
                    "diastolic": None,
                    "glucose_tenth": 71,
                },
                FOLLOW_UP
                | {
                    "follow_up_id": "f4",
                    "date": date(2025, 6, 20),
                    "systolic": None,
                    "diastolic": None,
                    "outcome": "lost",
                },
            ]
        },
    )
    history = read_lake(home, ["甲"])
    assert [(m.date, dict(m.values), m.source.key) for m in pressures(history)] == [
        (date(2025, 6, 1), {"systolic": 150, "diastolic": None}, "f2"),
        (date(2025, 5, 5), {"systolic": 138, "diastolic": 86}, "f1"),
    ]
    assert [(m.values["glucose_tenth"], m.source.key) for m in glucoses(history)] == [(71, "f3")]
    assert [m.source.key for m in pressures(history, limit=1)] == ["f2"]


def test_contracts_are_open_from_their_first_day_until_before_their_end(home):
    put(home, {"contract": [CONTRACT, CONTRACT | {"contract_id": "k2", "start": date(2026, 1, 1), "end": None}]})
    history = read_lake(home, ["甲"])
    keys = {day: [event.key for event in open_contracts(history, date.fromisoformat(day))] for day in (
        "2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01", "2030-01-01"
    )}  # fmt: skip
    assert keys == {
        "2024-12-31": [], "2025-01-01": ["k1"], "2025-12-31": ["k1"], "2026-01-01": ["k2"], "2030-01-01": ["k2"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("on", "found"),
    [("2025-03-31", []), ("2025-04-01", ["s1"]), ("2026-04-08", ["s1"]), ("2026-04-09", []), ("2028-02-29", [])],
)
def test_a_stay_is_recent_for_twelve_months_after_the_discharge(home, on, found):
    put(home, {"stay": [STAY]})
    assert [event.key for event in recent_stays(read_lake(home, ["甲"]), date.fromisoformat(on))] == found
