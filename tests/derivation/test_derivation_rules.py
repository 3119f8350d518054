"""The small rules, each on a handful of rows whose answer is worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.derivation.functions.analysis_visits import plan_analysis_visits
from trialwright.derivation.functions.baseline import derive_ablfl, derive_base, derive_chg
from trialwright.derivation.functions.disposition import derive_disposition
from trialwright.derivation.functions.exposure import derive_exposure
from trialwright.derivation.functions.last_observation import derive_locf
from trialwright.derivation.functions.partial_dates import derive_event_dates
from trialwright.derivation.functions.study_days import study_day, study_day_of
from trialwright.derivation.functions.time_to_event import derive_tte
from trialwright.derivation.functions.treatment_emergent import derive_trtemfl
from trialwright.derivation.functions.treatment_numbers import compute_treatment_numbers

DATES = st.dates(min_value=date(1990, 1, 1), max_value=date(2050, 12, 31))


@given(DATES, DATES)
def test_there_is_no_study_day_zero(event: date, reference: date) -> None:
    assert study_day(event, reference) != 0


@settings(deadline=None, max_examples=50)
@given(DATES, DATES)
def test_study_days_of_columns_are_those_of_dates(event: date, reference: date) -> None:
    frame = pl.DataFrame({"event": [event], "reference": [reference]})

    assert frame.select(study_day_of(pl.col("event"), pl.col("reference"))).item() == study_day(event, reference)


def test_the_reference_is_day_1_and_the_day_before_it_day_minus_1() -> None:
    # SDTMIG 3.4, section 4.4.4; 2024 is a leap year.
    assert study_day(date(2024, 2, 28), date(2024, 2, 28)) == 1
    assert study_day(date(2024, 2, 27), date(2024, 2, 28)) == -1
    assert study_day(date(2024, 3, 1), date(2024, 2, 28)) == 3


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # First dose 2024-03-10, end of study 2024-06-15.
        ("2024-03-12", "2024-03-14", (date(2024, 3, 12), None, date(2024, 3, 14), None)),
        ("2024-03-12T08:15", None, (date(2024, 3, 12), None, None, None)),
        ("2024-03", "2024-04", (date(2024, 3, 10), "D", date(2024, 4, 30), "D")),  # may be the first dose: is
        ("2024-02", None, (date(2024, 2, 1), "D", None, None)),  # surely before
        ("2024-05", None, (date(2024, 5, 1), "D", None, None)),  # surely after
        ("2024", "2024", (date(2024, 3, 10), "M", date(2024, 6, 15), "M")),  # end not after the study
        ("2023", "2023-12", (date(2023, 1, 1), "M", date(2023, 12, 31), "D")),
        (None, None, (date(2024, 3, 10), "Y", None, None)),
        (None, "2024-01-20", (date(2024, 1, 20), "Y", date(2024, 1, 20), None)),  # ended before treatment
        ("2024-03", "2024-03-05", (date(2024, 3, 1), "D", date(2024, 3, 5), None)),
        ("2024-02-30", None, (date(2024, 2, 1), "D", None, None)),  # a day that February lacks is unknown
        ("2024---15", None, (date(2024, 3, 10), "M", None, None)),  # ISO 8601 with the month missing
        ("UNKNOWN", None, (date(2024, 3, 10), "Y", None, None)),
        # It began after the end of study, in the month in which it ended: it does not end before it began.
        ("2024-06-20", "2024-06", (date(2024, 6, 20), None, date(2024, 6, 20), "D")),
        ("2024-06-20", "2024-06-16", (date(2024, 6, 20), None, date(2024, 6, 16), None)),  # known: left to a finding
    ],
)
def test_partial_dates_are_imputed_towards_treatment(
    start: str | None, end: str | None, expected: tuple[date | None, str | None, date | None, str | None]
) -> None:
    records = pl.DataFrame(
        {"S": [start], "E": [end], "TRTSDT": [date(2024, 3, 10)], "EOSDT": [date(2024, 6, 15)]},
        schema_overrides={"S": pl.String, "E": pl.String},
    )

    derived = derive_event_dates(records, start="S", end="E")

    assert derived.select("ASTDT", "ASTDTF", "AENDT", "AENDTF").row(0) == expected


def test_without_a_first_dose_an_unknown_start_stays_unknown() -> None:
    records = pl.DataFrame(
        {"S": [None, "2024-03"], "E": [None, None], "TRTSDT": [None, None], "EOSDT": [None, None]},
        schema={"S": pl.String, "E": pl.String, "TRTSDT": pl.Date, "EOSDT": pl.Date},
    )

    derived = derive_event_dates(records, start="S", end="E")

    assert derived.select("ASTDT", "ASTDTF").rows() == [(None, None), (date(2024, 3, 1), "D")]


def test_treatment_emergence_begins_with_the_first_dose_and_ends_after_the_last() -> None:
    first, last = date(2024, 3, 10), date(2024, 6, 1)
    starts = [first - timedelta(1), first, last + timedelta(30), last + timedelta(31), None]
    records = pl.DataFrame({"ASTDT": starts, "TRTSDT": [first] * 5, "TRTEDT": [last] * 5})

    assert derive_trtemfl(records, days_after_end=30)["TRTEMFL"].to_list() == [None, "Y", "Y", None, None]
    assert derive_trtemfl(records)["TRTEMFL"].to_list() == [None, "Y", "Y", "Y", None]


def test_an_event_of_someone_never_treated_is_not_treatment_emergent() -> None:
    records = pl.DataFrame(
        {"ASTDT": [date(2024, 3, 10)], "TRTSDT": [None], "TRTEDT": [None]},
        schema_overrides={"TRTSDT": pl.Date, "TRTEDT": pl.Date},
    )

    assert derive_trtemfl(records, days_after_end=30)["TRTEMFL"].to_list() == [None]


def _measurements() -> pl.DataFrame:
    dose = date(2024, 3, 10)
    days = [-5, 0, 0, 0, 4, -9, None, 3]
    return pl.DataFrame(
        {
            "USUBJID": ["A"] * 5 + ["B"] * 3,
            "PARAMCD": "X",
            "SEQ": [1, 2, 3, 4, 5, 1, 2, 3],
            "ADT": [None if day is None else dose + timedelta(day) for day in days],
            "AVAL": [10.0, 11.0, 12.0, None, 15.0, 0.0, 8.0, 3.0],
            "TRTSDT": dose,
        }
    )


def test_baseline_is_the_last_value_on_or_before_the_first_dose() -> None:
    flagged = derive_ablfl(_measurements(), order=["ADT", "SEQ"])

    # A: of the three records of the day of the first dose the last one has no value. B: the undated one cannot tell.
    assert flagged.filter(pl.col("ABLFL") == "Y").select("USUBJID", "SEQ").rows() == [("A", 3), ("B", 1)]
    assert flagged.drop("ABLFL").equals(_measurements())


def test_change_is_the_value_less_baseline_and_in_percent_of_it() -> None:
    based = derive_base(derive_ablfl(_measurements(), order=["ADT", "SEQ"]))
    changed = derive_chg(based, after=pl.col("ADT") > pl.col("TRTSDT"))

    assert based["BASE"].to_list() == [12.0] * 5 + [0.0] * 3
    # A: 15 - 12 = 3 and 3 / 12 = 25%; B: 3 - 0 = 3, of nothing no percentage. Nothing before the dose or undated.
    assert changed["CHG"].to_list() == [None, None, None, None, 3.0, None, None, 3.0]
    assert changed["PCHG"].to_list() == [None, None, None, None, 25.0, None, None, None]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"),
            st.sampled_from("XY"),
            st.integers(-20, 20),
            st.one_of(st.none(), st.floats(-100, 100)),
        ),
        max_size=12,
    )
)
def test_there_is_at_most_one_baseline_per_parameter(rows: list[tuple[str, str, int, float | None]]) -> None:
    dose = date(2024, 3, 10)
    records = pl.DataFrame(
        {
            "USUBJID": [row[0] for row in rows],
            "PARAMCD": [row[1] for row in rows],
            "ADT": [dose + timedelta(row[2]) for row in rows],
            "AVAL": [row[3] for row in rows],
            "TRTSDT": [dose] * len(rows),
        },
        schema={"USUBJID": pl.String, "PARAMCD": pl.String, "ADT": pl.Date, "AVAL": pl.Float64, "TRTSDT": pl.Date},
    )

    changed = derive_chg(derive_base(derive_ablfl(records)))
    baselines = changed.filter(pl.col("ABLFL") == "Y")

    assert not baselines.select("USUBJID", "PARAMCD").is_duplicated().any()
    assert (baselines["ADT"] <= dose).all()
    assert baselines["AVAL"].to_list() == baselines["BASE"].to_list()
    known = changed.drop_nulls("CHG")
    assert known["CHG"].to_list() == (known["AVAL"] - known["BASE"]).to_list()


VISITS = pl.DataFrame({"AVISITN": [2, 4, 6], "AVISIT": ["Week 2", "Week 4", "Week 6"]})


def _scores(rows: list[tuple[str, int, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "USUBJID": [row[0] for row in rows],
            "PARAMCD": ["T"] * len(rows),
            "AVISITN": [row[1] for row in rows],
            "AVISIT": [f"Week {row[1]}" for row in rows],
            "AVAL": [row[2] for row in rows],
            "ADT": [date(2024, 1, 1) + timedelta(7 * row[1]) for row in rows],
            "QSSEQ": list(range(1, len(rows) + 1)),
            "ABLFL": ["Y" if row[1] == 0 else None for row in rows],
        },
        schema={
            "USUBJID": pl.String,
            "PARAMCD": pl.String,
            "AVISITN": pl.Int64,
            "AVISIT": pl.String,
            "AVAL": pl.Float64,
            "ADT": pl.Date,
            "QSSEQ": pl.Int64,
            "ABLFL": pl.String,
        },
    )


def _carried(records: pl.DataFrame) -> list[tuple[object, ...]]:
    return records.filter(pl.col("DTYPE") == "LOCF").select("USUBJID", "AVISIT", "AVAL", "QSSEQ").rows()


def test_the_last_value_is_carried_to_the_visits_missed_after_it() -> None:
    scores = _scores([("A", 0, 30.0), ("A", 2, 25.0), ("A", 6, 10.0), ("B", 0, 28.0), ("B", 2, 20.0)])

    carried = derive_locf(scores, VISITS)

    assert _carried(carried) == [("A", "Week 4", 25.0, 2), ("B", "Week 4", 20.0, 5), ("B", "Week 6", 20.0, 5)]
    assert carried.head(5).drop("DTYPE").equals(scores)
    assert carried["ABLFL"].to_list() == ["Y", None, None, "Y", None, None, None, None]


def test_of_several_records_of_a_visit_the_latest_is_carried() -> None:
    scores = _scores([("A", 2, 21.0), ("A", 2, 22.0)]).with_columns(
        ADT=pl.Series([date(2024, 1, 17), date(2024, 1, 15)])
    )

    assert _carried(derive_locf(scores, VISITS)) == [("A", "Week 4", 21.0, 1), ("A", "Week 6", 21.0, 1)]


def test_a_missing_value_is_carried_over_not_carried() -> None:
    assert _carried(derive_locf(_scores([("A", 2, 25.0), ("A", 4, None)]), VISITS)) == [
        ("A", "Week 4", 25.0, 1),
        ("A", "Week 6", 25.0, 1),
    ]


def test_baseline_is_carried_only_where_that_is_asked_for() -> None:
    scores = _scores([("A", 0, 30.0), ("A", 4, 20.0), ("B", 0, 28.0)])

    assert _carried(derive_locf(scores, VISITS)) == [("A", "Week 6", 20.0, 2)]
    assert _carried(derive_locf(scores, VISITS, carries_baseline=True)) == [
        ("A", "Week 2", 30.0, 1),
        ("B", "Week 2", 28.0, 3),
        ("B", "Week 4", 28.0, 3),
        ("A", "Week 6", 20.0, 2),
        ("B", "Week 6", 28.0, 3),
    ]


def test_nothing_is_carried_where_there_is_nothing() -> None:
    assert derive_locf(_scores([]), VISITS).height == 0


def test_a_carried_record_has_the_target_of_the_visit_it_stands_for() -> None:
    scores = _scores([("A", 2, 25.0)]).with_columns(AWTARGET=pl.lit(15), AWTDIFF=pl.lit(1))
    targets = VISITS.with_columns(AWTARGET=pl.col("AVISITN") * 7 + 1)

    carried = derive_locf(scores, targets).filter(pl.col("DTYPE") == "LOCF")

    assert carried.select("AVISIT", "AWTARGET", "AWTDIFF").rows() == [("Week 4", 29, None), ("Week 6", 43, None)]


def test_a_disposition_that_names_a_milestone_is_none() -> None:
    records = pl.DataFrame(
        [
            ("A", "PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED", "SCREENING", date(2024, 1, 1)),
            ("A", "DISPOSITION EVENT", "NOT RANDOMIZED", "SCREENING", date(2024, 1, 9)),
            ("B", "DISPOSITION EVENT", "INFORMED CONSENT WITHDRAWN", "TREATMENT", date(2024, 2, 1)),
            ("B", None, "RANDOMIZED", "TREATMENT", date(2024, 1, 15)),
        ],
        schema=["USUBJID", "DSCAT", "DSDECOD", "EPOCH", "_date"],
        orient="row",
    ).with_columns(DSTERM=pl.col("DSDECOD"), DSSCAT=pl.lit(None, dtype=pl.String))

    subjects = derive_disposition(records)

    assert subjects.select("USUBJID", "_consent", "RANDDT").rows() == [
        ("A", date(2024, 1, 1), None),
        ("B", None, date(2024, 1, 15)),
    ]


def test_days_with_two_records_count_once_and_days_without_lower_compliance() -> None:
    records = pl.DataFrame(
        {
            "USUBJID": ["A", "A", "A"],
            "EXDOSE": [10.0, 10.0, 20.0],
            "EXDOSFRQ": ["QD", "BID", None],
            "_start": [date(2024, 1, 1), date(2024, 1, 4), date(2024, 1, 9)],
            "_end": [date(2024, 1, 5), date(2024, 1, 6), date(2024, 1, 10)],
        }
    )

    (exposed,) = derive_exposure(records).to_dicts()

    # Days 1-6 and 9-10 of ten: 8 days. Dose: 5 x 10 + 3 x 2 x 10 + 2 x 20 = 150 mg.
    assert (exposed["TRTDURD"], exposed["DOSEDAYS"], exposed["CUMDOSE"]) == (10, 8, 150.0)
    assert exposed["COMPLPCT"] == 80.0


def test_a_record_within_another_adds_no_day() -> None:
    records = pl.DataFrame(
        {
            "USUBJID": ["A", "A", "B"],
            "EXDOSE": [10.0, 10.0, 10.0],
            "EXDOSFRQ": ["QD", "QD", "QD"],
            "_start": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)],
            "_end": [date(2024, 1, 6), date(2024, 1, 3), date(2024, 1, 4)],
        }
    )

    exposed = derive_exposure(records)

    # B ends before it starts: one day, on which a dose was begun.
    assert exposed.select("USUBJID", "TRTDURD", "DOSEDAYS").rows() == [("A", 6, 6), ("B", 1, 1)]


def test_treatment_ends_before_the_study_on_the_same_day() -> None:
    day = date(2024, 5, 1)
    records = pl.DataFrame(
        {
            "USUBJID": ["A", "A", "A"],
            "DSCAT": ["DISPOSITION EVENT"] * 3,
            "DSSCAT": [None, None, None],
            "EPOCH": ["FOLLOW-UP", "TREATMENT", "SCREENING"],
            "DSDECOD": ["LOST TO FOLLOW-UP", "COMPLETED", "COMPLETED"],
            "DSTERM": ["LOST", "COMPLETED", "COMPLETED"],
            "_date": [day, day, day],
        },
        schema_overrides={"DSSCAT": pl.String},
    )

    (ended,) = derive_disposition(records).to_dicts()

    assert (ended["EOTSTT"], ended["DCTREAS"]) == ("COMPLETED", None)
    assert (ended["EOSSTT"], ended["DCSREAS"], ended["DCSREASP"]) == ("DISCONTINUED", "LOST TO FOLLOW-UP", "LOST")


def _dated(rows: list[tuple[str, int]], description: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "USUBJID": [row[0] for row in rows],
            "ADT": [date(2024, 1, 1) + timedelta(row[1] - 1) for row in rows],
            "EVNTDESC": [description] * len(rows),
            "SRCDOM": ["X"] * len(rows),
            "SRCVAR": ["ADT"] * len(rows),
            "SRCSEQ": list(range(1, len(rows) + 1)),
        },
        schema_overrides={"USUBJID": pl.String, "ADT": pl.Date, "EVNTDESC": pl.String, "SRCSEQ": pl.Int64},
    )


def test_time_runs_to_the_first_event_or_the_last_date_without_one() -> None:
    subjects = pl.DataFrame(
        {"USUBJID": ["A", "B", "C", "D"], "STARTDT": [date(2024, 1, 1), date(2024, 1, 1), date(2024, 1, 1), None]}
    )
    events = _dated([("A", 40), ("A", 15), ("B", 0), ("D", 3)], "event")
    censorings = _dated([("A", 90), ("B", 30), ("B", 57)], "none").with_columns(CNSDTDSC=pl.lit("Last visit"))

    times = derive_tte(subjects, events, censorings).select("USUBJID", "AVAL", "CNSR", "SRCSEQ", "CNSDTDSC")

    # A: event on day 15 (its second record). B: the event on the day before the start does not count. C: no record.
    assert times.rows() == [
        ("A", 15, 0, 2, None),
        ("B", 57, 1, 3, "Last visit"),
        ("C", 1, 1, None, "Start of the time at risk"),
    ]


def test_windows_meet_halfway_and_leave_no_day_out() -> None:
    visits = plan_analysis_visits(
        [(1, "Screening", -14), (2, "Baseline", 1), (3, "W2", 15), (4, "W4", 29), (5, "W8", 57)]
    )

    # Midpoints: (15 + 29) / 2 = 22, (29 + 57) / 2 = 43.
    assert [(visit.first_day, visit.last_day) for visit in visits[2:]] == [(2, 22), (23, 43), (44, 9999)]
    assert [visit.avisitn for visit in visits] == [-2, 0, 2, 4, 8]
    assert [(visit.first_day, visit.last_day) for visit in visits[:2]] == [(None, None)] * 2


@pytest.mark.parametrize(
    ("treatments", "numbers"),
    [
        (["Placebo", "TWX-101 10 mg", "TWX-101 30 mg"], [0, 10, 30]),
        (["Drug 0.5 mg", "Drug 5 mg", "Placebo"], [1, 2, 3]),  # half a milligram is no whole number
        (["Drug 5 mg", "Other 5 mg"], [1, 2]),
        ([], []),
    ],
)
def test_treatments_are_numbered_by_dose_where_the_dose_is_clear(treatments: list[str], numbers: list[int]) -> None:
    assert list(compute_treatment_numbers(treatments).values()) == numbers
