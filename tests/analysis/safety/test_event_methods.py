"""Adverse events by worst severity and by groups of terms; times to and of events; dose intensity; the liver."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze, parse_plan, trace
from trialwright.analysis.plan import OptionValue
from trialwright.errors import PlanError, VariableTypeError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset, Datasets

START = date(2024, 1, 1)


def day(number: int | None) -> date | None:
    return None if number is None else START + timedelta(days=number - 1)


SUBJECTS = pl.DataFrame(
    {
        "USUBJID": ["A1", "A2", "A3", "B1", "B2", "B3", "B4"],
        "ARM": ["A"] * 3 + ["B"] * 4,
        "TRTSDT": [START] * 7,
        "TRTEDT": [day(30), day(30), day(10), day(30), day(20), day(30), day(30)],
    }
)
EVENTS = pl.DataFrame(
    {
        "USUBJID": ["A1", "A1", "A1", "A2", "B1", "B1", "B2", "B3"],
        "AEBODSYS": ["SKIN", "SKIN", "NERVOUS", "NERVOUS", "SKIN", "SKIN", "NERVOUS", "SKIN"],
        "AEDECOD": ["Rash", "Rash", "Headache", "Headache", "Rash", "Itch", "Syncope", "Itch"],
        "AESEV": ["MILD", "SEVERE", "MILD", "MODERATE", "MODERATE", "MILD", None, "SEVERE"],
        "ASTDT": [day(n) for n in (5, 9, 2, 12, 7, 8, 3, 25)],
        "AENDT": [day(n) for n in (6, 12, 2, None, 10, 8, 3, None)],
    }
)


def run(
    method: str,
    variables: tuple[str, ...],
    records: pl.DataFrame,
    options: dict[str, OptionValue] | None = None,
    groups: dict[str, dict[str, tuple[str, ...]]] | None = None,
    subjects: pl.DataFrame = SUBJECTS,
) -> tuple[AnalysisPlan, Datasets, Results]:
    arm = Grouping(id="arm", variable="ARM", levels=tuple(Level(value=one, label=one) for one in "AB"), total="Total")
    plan = AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="All")},
        groupings={"arm": arm},
        analyses={
            "a": Analysis(
                id="a",
                method=method,
                dataset="ADXX",
                population="all",
                variables=variables,
                by=("arm",),
                options=options or {},
            )
        },
        displays={},
        event_groups=groups or {},
    )
    data = {"ADSL": Dataset(name="ADSL", frame=subjects), "ADXX": Dataset(name="ADXX", frame=records)}
    return plan, data, analyze(plan, data)


SEVERITY: dict[str, OptionValue] = {"worst": "AESEV", "levels": ("MILD", "MODERATE", "SEVERE")}


@pytest.mark.validates("worst_incidence")
def test_a_subject_counts_once_in_the_worst_severity_within_each_term(reference: References) -> None:
    """A1: rash mild and severe, headache mild. A2: headache moderate. B1: rash moderate, itch mild. B3: itch severe."""
    _, _, results = run("worst_incidence", ("AEBODSYS", "AEDECOD"), EVENTS, {**SEVERITY, "missing": "MISSING"})
    source = "enumeration by hand of the eight events in the test"
    expected = {
        "a/ARM=A/USUBJID/n": 2,
        "a/ARM=A/AESEV=SEVERE/USUBJID/n": 1,
        "a/ARM=A/AESEV=MODERATE/USUBJID/n": 1,
        "a/ARM=A/AESEV=MILD/USUBJID/n": 0,
        "a/ARM=A/AESEV=MILD/AEBODSYS=NERVOUS/n": 1,
        "a/ARM=A/AESEV=SEVERE/AEBODSYS=SKIN/n": 1,
        "a/ARM=A/AESEV=MILD/AEBODSYS=SKIN/AEDECOD=Rash/n": 0,
        "a/ARM=B/AESEV=MODERATE/AEBODSYS=SKIN/n": 1,
        "a/ARM=B/AESEV=MILD/AEBODSYS=SKIN/AEDECOD=Itch/n": 1,
        "a/ARM=B/AESEV=SEVERE/AEBODSYS=SKIN/AEDECOD=Itch/n": 1,
        "a/ARM=B/AESEV=MISSING/AEBODSYS=NERVOUS/AEDECOD=Syncope/n": 1,
        "a/ARM=B/AESEV=SEVERE/AEBODSYS=SKIN/AEDECOD=Itch/p": 0.25,
        "a/ARM=Total/AESEV=SEVERE/USUBJID/n": 2,
    }
    for name, value in expected.items():
        reference.holds(name, results[name].stat, value, tolerance=0, source=source)


def test_an_event_without_one_of_the_severities_is_left_out_and_said() -> None:
    _, _, results = run("worst_incidence", ("AEDECOD",), EVENTS, SEVERITY)

    assert results["a/ARM=B/USUBJID/n"].stat == 2
    assert "records with no or another AESEV, left out: 1" in results["a/ARM=B/USUBJID/n"].warnings
    assert results.get("a/ARM=B/AEDECOD=Syncope/n") is None


GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "Cutaneous": {"AEDECOD": ("RASH", "itch")},
    "Central": {"AEBODSYS": ("Nervous",)},
    "Hepatic": {"AEDECOD": ("Jaundice",)},
}


@pytest.mark.validates("event_groups")
def test_groups_of_terms_count_subjects_and_events(reference: References) -> None:
    """Fisher: 1 of 3 against 2 of 4, two-sided 1.0 (R 4.2.2, fisher.test(matrix(c(1, 2, 2, 2), 2))$p.value)."""
    _, _, results = run("event_groups", ("AEDECOD",), EVENTS, {"fisher": (("A", "B"),)}, GROUPS)
    source = "enumeration by hand of the eight events in the test"
    expected = {
        "a/ARM=A/EVENTGRP=Cutaneous/USUBJID/n": 1,
        "a/ARM=A/EVENTGRP=Cutaneous/USUBJID/n_events": 2,
        "a/ARM=B/EVENTGRP=Cutaneous/USUBJID/n": 2,
        "a/ARM=B/EVENTGRP=Cutaneous/USUBJID/p": 0.5,
        "a/ARM=B/EVENTGRP=Cutaneous/AEDECOD=Itch/n": 2,
        "a/ARM=Total/EVENTGRP=Central/USUBJID/n": 3,
        "a/ARM=A/EVENTGRP=Hepatic/USUBJID/n": 0,
    }
    for name, value in expected.items():
        reference.holds(name, results[name].stat, value, tolerance=0, source=source)
    reference.holds(
        "p of 1 of 3 against 2 of 4",
        results["a/ARM=A - B/EVENTGRP=Cutaneous/USUBJID/p_value"].stat,
        1.0,
        tolerance=1e-12,
        source="R 4.2.2, fisher.test(matrix(c(1, 2, 2, 2), 2))",
    )


def test_a_group_that_the_plan_lacks_is_an_error_that_lists_those_it_has() -> None:
    with pytest.raises(PlanError, match=r"Cardiac.*Cutaneous, Central, Hepatic"):
        run("event_groups", ("AEDECOD",), EVENTS, {"groups": ("Cardiac",)}, GROUPS)
    with pytest.raises(PlanError, match="event_groups"):
        run("event_groups", ("AEDECOD",), EVENTS)


PLAN = """
plan: {title: A}
parts: [aesi.csv]
analysis_sets: {all: {label: All}}
event_groups: {Central: {AEBODSYS: [NERVOUS]}}
analyses: {a: {method: event_groups, dataset: ADAE, population: all, variables: [AEDECOD]}}
"""


def test_groups_come_from_a_csv_file_of_the_user() -> None:
    text = "\ufeffgroup,variable,term,scope\nSkin,AEDECOD,Rash,narrow\nSkin,AEDECOD,Itch,broad\n\nSkin,AEBODSYS,SKIN,\n"

    plan = parse_plan(PLAN, parts={"aesi.csv": text})

    assert dict(plan.event_groups) == {
        "Central": {"AEBODSYS": ("NERVOUS",)},
        "Skin": {"AEDECOD": ("Rash", "Itch"), "AEBODSYS": ("SKIN",)},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n", r"aesi.csv, line 1.*lacks GROUP, VARIABLE, TERM"),
        ("", r"aesi.csv, line 1.*lacks"),
        ("GROUP,VARIABLE,TERM\nSkin,AEDECOD,\n", r"aesi.csv, line 2.*needs a group, a variable and a term"),
        ("GROUP,VARIABLE,TERM\nCentral,AEDECOD,Rash\n", r"Central.*a second time"),
    ],
)
def test_what_is_wrong_in_the_users_file_is_said_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(PlanError, match=expected):
        parse_plan(PLAN, parts={"aesi.csv": text})


@pytest.mark.parametrize("wrong", ["{}", "[a]", "{AEDECOD: Rash}", "{AEDECOD: []}", "{AEDECOD: [1]}"])
def test_an_event_group_must_be_lists_of_texts(wrong: str) -> None:
    with pytest.raises(PlanError, match="line 5"):
        parse_plan(PLAN.replace("{AEBODSYS: [NERVOUS]}", wrong), parts={"aesi.csv": "GROUP,VARIABLE,TERM\n"})


@pytest.mark.validates("time_to_first_event")
def test_time_to_first_event_censors_who_had_none_at_the_last_day(reference: References) -> None:
    """Group A: first events on days 2 and 12, nobody else, A3 censored on day 10; group B: 7, 3, 25; B4 on day 30."""
    _, _, results = run("time_to_first_event", ("ASTDT",), EVENTS, {"times": (5.0,)})
    source = (
        "R 4.2.2, survival 3.5-3: survfit(Surv(c(2, 12, 10), c(1, 1, 0)) ~ 1, conf.type = 'log-log'); "
        "survfit(Surv(c(7, 3, 25, 30), c(1, 1, 1, 0)) ~ 1)"
    )
    expected = {
        "a/ARM=A/ASTDT/n": 3,
        "a/ARM=A/ASTDT/events": 2,
        "a/ARM=A/ASTDT/median": 12,
        "a/ARM=A/ASTDT=2/survival": 2 / 3,
        "a/ARM=A/ASTDT=10/survival": 2 / 3,
        "a/ARM=A/ASTDT=12/survival": 0,
        "a/ARM=B/ASTDT/censored": 1,
        "a/ARM=B/ASTDT=5/survival": 0.75,
        "a/ARM=B/ASTDT/median": 16,
    }
    for name, value in expected.items():
        reference.holds(name, results[name].stat, value, tolerance=1e-12, source=source)


def test_subjects_without_dates_are_left_out_and_nobody_with_events_is_said() -> None:
    broken = SUBJECTS.with_columns(TRTSDT=pl.when(pl.col("USUBJID") == "A3").then(None).otherwise(pl.col("TRTSDT")))

    _, _, results = run("time_to_first_event", ("ASTDT",), EVENTS, subjects=broken)
    _, _, empty = run("time_to_first_event", ("ASTDT",), EVENTS.filter(pl.col("AEDECOD") == "none"))

    assert (results["a/ARM=A/ASTDT/n"].stat, results["a/ARM=A/ASTDT/n_missing"].stat) == (2, 1)
    assert empty["a/ARM=A/ASTDT/median"].stat_text == "NE"
    assert empty["a/ARM=A/ASTDT/median"].warnings == "no events"


def test_a_subject_whose_events_have_no_date_is_not_taken_for_one_without_events() -> None:
    # A1 has dates of two events of three, A2 of its only one no longer.
    undated = EVENTS.with_columns(
        ASTDT=pl.when(pl.col("USUBJID").is_in(["A2"]) | (pl.col("AEDECOD") == "Headache"))
        .then(None)
        .otherwise(pl.col("ASTDT"))
    )

    _, _, results = run("time_to_first_event", ("ASTDT",), undated)

    found = results["a/ARM=A/ASTDT/n_missing"]
    assert [results[f"a/ARM=A/ASTDT/{name}"].stat for name in ("n", "n_missing", "events", "censored")] == [2, 1, 1, 1]
    assert found.warnings == "subjects whose events have no date, left out: 1"
    assert not results["a/ARM=B/ASTDT/n_missing"].warnings


def test_nobody_observed_for_long_enough_is_said() -> None:
    _, _, results = run("time_to_first_event", ("ASTDT",), EVENTS, {"times": (99.0,)})

    assert results["a/ARM=B/ASTDT=99/survival"].warnings == "nobody is observed until 99"


@pytest.mark.validates("event_duration")
def test_events_that_go_on_are_censored(reference: References) -> None:
    """Group A: 2, 4 and 1 days, and one from day 12 on that had not ended on day 30 (19 days)."""
    _, _, results = run("event_duration", ("AEDECOD",), EVENTS)
    source = "R 4.2.2, survival 3.5-3: survfit(Surv(c(2, 4, 1, 19), c(1, 1, 1, 0)) ~ 1); mean, sd of c(2, 4, 1)"
    expected = {
        "a/ARM=A/AEDECOD/n": 4,
        "a/ARM=A/AEDECOD/n_ended": 3,
        "a/ARM=A/AEDECOD/mean": 7 / 3,
        "a/ARM=A/AEDECOD/sd": 1.527525231651947,
        "a/ARM=A/AEDECOD/median": 2,
        "a/ARM=A/AEDECOD/km_median": 3,
    }
    for name, value in expected.items():
        reference.holds(name, results[name].stat, value, tolerance=1e-12, source=source)


def test_events_that_end_before_they_start_have_no_duration() -> None:
    turned = EVENTS.with_columns(AENDT=pl.lit(day(1)))

    _, _, results = run("event_duration", ("AEDECOD",), turned)

    assert results["a/ARM=A/AEDECOD/n"].stat == 0
    assert results["a/ARM=A/AEDECOD/n_missing"].stat == 4
    assert results["a/ARM=A/AEDECOD/km_median"].warnings == "no events"


EXPOSURE = pl.DataFrame(
    {
        "USUBJID": ["A1", "A1", "A2", "B1", "B1", "B2"],
        "EXDOSE": [10.0, 20.0, 10.0, 0.0, 0.0, 5.0],
        "EXSTDTC": ["2024-01-01", "2024-01-08", "2024-01-01", "2024-01-01", "2024-01-11", "2024-01"],
        "EXENDTC": ["2024-01-05", "2024-01-10", "2024-01-10", "2024-01-10", "2024-01-20", "2024-01-10"],
        "PLANNED": [20.0, 20.0, 20.0, 0.0, 0.0, 0.0],
    }
)


@pytest.mark.validates("dose_intensity")
def test_dose_intensity_counts_interruptions(reference: References) -> None:
    """A1: 5 x 10 + 3 x 20 = 110 mg in 10 days, 11 mg a day, 55% of 20; A2: 100 mg in 10 days, 10 a day, 50%."""
    options: dict[str, OptionValue] = {"start": "EXSTDTC", "end": "EXENDTC", "planned": "PLANNED"}
    _, _, results = run("dose_intensity", ("EXDOSE",), EXPOSURE, options)
    expected = {
        "a/ARM=A/CUMDOSE/mean": 105,
        "a/ARM=A/CUMDOSE/max": 110,
        "a/ARM=A/TRTDURD/mean": 10,
        "a/ARM=A/AVGDD/mean": 10.5,
        "a/ARM=A/RDI/min": 50,
        "a/ARM=A/RDI/max": 55,
        "a/ARM=B/TRTDURD/max": 20,
        "a/ARM=B/CUMDOSE/n": 1,
        "a/ARM=B/CUMDOSE/n_missing": 3,
    }
    for name, value in expected.items():
        reference.holds(name, results[name].stat, value, tolerance=1e-12, source="arithmetic in the test's docstring")
    assert results["a/ARM=B/RDI/n"].stat == 0
    assert "left out: 1" in results["a/ARM=B/CUMDOSE/mean"].warnings


def test_a_number_is_no_date() -> None:
    with pytest.raises(VariableTypeError, match="a date"):
        run("dose_intensity", ("EXDOSE",), EXPOSURE, {"start": "EXDOSE", "end": "EXENDTC"})


LIVER = pl.DataFrame(
    {
        "USUBJID": ["A1", "A1", "A1", "A2", "A2", "A3", "A3", "B1", "B1", "B2", "B3", "B3"],
        "PARAMCD": ["ALT", "AST", "BILI", "ALT", "BILI", "ALT", "BILI", "AST", "BILI", "ALT", "ALT", "BILI"],
        "AVAL": [200.0, 90.0, 50.0, 121.0, 10.0, 30.0, 45.0, 120.0, 40.0, 400.0, 20.0, 10.0],
        "ANRHI": [40.0, 40.0, 20.0, 40.0, 20.0, 40.0, 20.0, 40.0, 20.0, 40.0, None, 20.0],
    }
)


@pytest.mark.validates("liver_safety")
def test_peaks_and_quadrants_of_edish(reference: References) -> None:
    """A1 fulfils Hy's law (5 and 2.5 x ULN); A2 3.025: Temple; A3 2.25: bilirubin; B1 exactly 3 and 2: within."""
    _, _, results = run("liver_safety", ("AVAL",), LIVER)
    expected = {
        "a/USUBJID=A1/PEAKAT/peak": 5,
        "a/USUBJID=A1/PEAKBILI/peak": 2.5,
        "a/ARM=A/QUADRANT=Hy's law/n": 1,
        "a/ARM=A/QUADRANT=Temple's corollary/n": 1,
        "a/ARM=A/QUADRANT=Hyperbilirubinemia/n": 1,
        "a/ARM=B/QUADRANT=Within limits/n": 1,
        "a/ARM=B/QUADRANT=Hy's law/N": 1,
    }
    source = "the limits of FDA's guidance on drug-induced liver injury (2009), by hand on the records of the test"
    for name, value in expected.items():
        reference.holds(name, results[name].stat, value, tolerance=1e-12, source=source)
    # B2 has no bilirubin and B3 no upper limit: neither has a place.
    assert results.get("a/USUBJID=B2/PEAKAT/peak") is None
    assert results.get("a/USUBJID=B3/PEAKAT/peak") is None


@pytest.mark.parametrize(
    ("method", "variables", "records", "options", "name", "count"),
    [
        ("worst_incidence", ("AEDECOD",), EVENTS, SEVERITY, "a/ARM=A/AESEV=MILD/AEDECOD=Rash/n", 1),
        ("event_groups", ("AEDECOD",), EVENTS, {}, "a/ARM=B/EVENTGRP=Cutaneous/AEDECOD=Itch/n", 2),
        ("time_to_first_event", ("ASTDT",), EVENTS, {}, "a/ARM=B/ASTDT/median", 3),
        ("event_duration", ("AEDECOD",), EVENTS, {}, "a/ARM=A/AEDECOD/mean", 4),
        ("liver_safety", ("AVAL",), LIVER, {}, "a/ARM=A/QUADRANT=Hy's law/n", 7),
        ("liver_safety", ("AVAL",), LIVER, {}, "a/USUBJID=A1/PEAKAT/peak", 3),
    ],
)
def test_a_result_leads_to_its_records(
    method: str,
    variables: tuple[str, ...],
    records: pl.DataFrame,
    options: dict[str, OptionValue],
    name: str,
    count: int,
) -> None:
    plan, data, results = run(method, variables, records, options, GROUPS)

    assert trace(name, plan, data, results).rows.height == count
