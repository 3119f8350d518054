"""Progression-free survival: each situation of the FDA's table A, and what the EMA's appendix does instead.

FDA. Clinical Trial Endpoints for the Approval of Cancer Drugs and Biologics, December 2018, appendix 3, table A
(situation, date of progression or censoring, outcome). EMA/CHMP/27994/2008/Rev.1. Assessments every 8 weeks, 7 days'
window.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from trialwright.derivation.functions.oncology import (
    EMA_RULES,
    CensoringRules,
    TumorAssessment,
    TumorCourse,
    compute_progression_time,
    compute_survival_time,
    derive_best_response,
    derive_duration_of_response,
    derive_overall_survival,
    derive_progression_free_survival,
    fda_rules,
)

START = date(2024, 1, 1)
FDA = fda_rules(56, window_days=7)


def after(days: int | None) -> date | None:
    return None if days is None else START + timedelta(days=days)


def end(
    rules: CensoringRules,
    *responses: tuple[int, str],
    death: int | None = None,
    therapy: int | None = None,
    clinical: int | None = None,
    has_baseline: bool = True,
) -> tuple[int, bool]:
    """Days from the start to the end, and whether it is an event."""
    found = compute_progression_time(
        TumorCourse(
            start=START,
            assessments=[TumorAssessment(date=START + timedelta(days=day), response=one) for day, one in responses],
            death=after(death),
            new_therapy=after(therapy),
            clinical_progression=after(clinical),
            has_baseline=has_baseline,
        ),
        rules,
    )
    return (found.date - START).days, found.is_event


SD2 = ((56, "SD"), (112, "SD"))


@pytest.mark.parametrize(
    ("situation", "fda", "ema"),
    [
        # No baseline tumour assessments: randomisation, censored.
        ({"responses": ((56, "SD"), (112, "PD")), "has_baseline": False}, (0, False), (112, True)),
        # Progression documented between scheduled visits: date of the assessment that shows it, progressed.
        ({"responses": (*SD2, (140, "PD"))}, (140, True), (140, True)),
        # No progression: last radiological assessment, censored.
        ({"responses": SD2}, (112, False), (112, False)),
        # An assessment that was not evaluable is not adequate.
        ({"responses": (*SD2, (168, "NE"))}, (112, False), (112, False)),
        # Treatment discontinued for undocumented progression: last radiological assessment, censored.
        ({"responses": SD2, "clinical": 130}, (112, False), (112, False)),
        # New anticancer treatment started: last radiological assessment before it, censored.
        ({"responses": (*SD2, (168, "PD")), "therapy": 120}, (112, False), (168, True)),
        ({"responses": (*SD2, (168, "SD")), "therapy": 120}, (112, False), (168, False)),
        ({"responses": SD2, "therapy": 120, "death": 150}, (112, False), (150, True)),
        # On the day on which progression was documented it was not before it.
        ({"responses": (*SD2, (168, "PD")), "therapy": 168}, (168, True), (168, True)),
        # Death before the first assessment: date of death, progressed.
        ({"responses": (), "death": 40}, (40, True), (40, True)),
        # Death between adequate assessment visits: date of death, progressed.
        ({"responses": SD2, "death": 150}, (150, True), (150, True)),
        # One missed visit is no reason to censor: 2 x 56 + 7 = 119 days after day 112.
        ({"responses": SD2, "death": 231}, (231, True), (231, True)),
        # Death or progression after more than one missed visit: last assessment before, censored.
        ({"responses": SD2, "death": 232}, (112, False), (232, True)),
        ({"responses": (*SD2, (280, "PD"))}, (112, False), (280, True)),
        ({"responses": (*SD2, (168, "NE"), (224, "NE"), (280, "PD"))}, (112, False), (280, True)),
        # No assessment at all: the start.
        ({"responses": ()}, (0, False), (0, False)),
        ({"responses": (), "death": 300}, (0, False), (300, True)),
    ],
)
def test_each_situation_ends_as_the_guidance_says(
    situation: dict[str, Any], fda: tuple[int, bool], ema: tuple[int, bool]
) -> None:
    responses = situation.pop("responses")

    assert end(FDA, *responses, **situation) == fda
    assert end(EMA_RULES, *responses, **situation) == ema


def test_clinical_progression_counts_where_the_rules_say_so() -> None:
    rules = CensoringRules(new_therapy_censors=False, no_baseline_censors=False, clinical_counts=True)

    assert end(rules, *SD2, clinical=130) == (130, True)


def test_survival_ends_with_death_or_the_last_date_alive() -> None:
    assert compute_survival_time(START, death=after(100), last_alive=after(90)).date == after(100)
    censored = compute_survival_time(START, death=None, last_alive=after(90))
    assert (censored.date, censored.is_event, censored.date_description) == (after(90), False, "Last date known alive")
    assert compute_survival_time(START, death=None, last_alive=None).date == START


def test_datasets_say_what_happened_and_why_a_time_is_censored() -> None:
    responses = pl.DataFrame(
        {
            "USUBJID": ["1", "1", "1", "2", "2"],
            "ADT": [after(56), after(98), after(150), after(56), after(112)],
            "AVALC": ["PR", "PR", "PD", "SD", None],
        }
    )
    subjects = pl.DataFrame(
        {
            "USUBJID": ["1", "2", "3", "4"],
            "STARTDT": [START, START, START, None],
            "DTHDT": pl.Series([None, None, after(20), None], dtype=pl.Date),
            "NEWTRTDT": pl.Series([None, after(70), None, None], dtype=pl.Date),
            "LSTALVDT": pl.Series([after(200), after(180), None, None], dtype=pl.Date),
        }
    )
    made = derive_progression_free_survival(responses, subjects, FDA)

    assert made.select("USUBJID", "PARAMCD", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC").rows() == [
        ("1", "PFS", 151.0, 0, "Documented progression", None),
        (
            "2",
            "PFS",
            57.0,
            1,
            "New anticancer therapy before the event",
            "Last adequate tumor assessment before new anticancer therapy",
        ),
        ("3", "PFS", 21.0, 0, "Death", None),
    ]
    assert derive_overall_survival(subjects)["AVAL"].to_list() == [201.0, 181.0, 21.0]
    duration = derive_duration_of_response(made, derive_best_response(responses, subjects))
    # From the first PR on day 57 to the progression on day 151.
    assert duration.select("USUBJID", "PARAMCD", "STARTDT", "AVAL", "CNSR").rows() == [("1", "DOR", after(56), 95.0, 0)]
