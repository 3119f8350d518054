"""What must hold in every SDTM package that a rehearsal makes, in a good trial and in a troubled one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from trialwright.rehearsal import Dropout, Rehearsal, Scenario, simulate_trial
from trialwright.rehearsal.sdtm.variables import DOMAINS
from trialwright.study import Study

SUBJECT_DOMAINS = [name for name, domain in DOMAINS.items() if domain.has_subjects]


@pytest.fixture(params=["rehearsal", "harsh"])
def trial(request: pytest.FixtureRequest) -> Rehearsal:
    found: Rehearsal = request.getfixturevalue(request.param)
    return found


def frame(trial: Rehearsal, name: str) -> pl.DataFrame:
    return trial.domains[name].frame


def with_subject(trial: Rehearsal, name: str) -> pl.DataFrame:
    """The domain's records beside the subject's own dates."""
    own = frame(trial, "DM").select(
        "USUBJID", "RFSTDTC", "RFXSTDTC", "RFXENDTC", "RFICDTC", "RFPENDTC", "DTHDTC", "ARMNRS", "ARMCD"
    )
    return frame(trial, name).join(own, on="USUBJID", how="left", suffix="_DM")


def end_of_treatment(trial: Rehearsal) -> pl.DataFrame:
    """One record per randomised subject: how and when treatment ended."""
    return (
        frame(trial, "DS")
        .filter((pl.col("DSCAT") == "DISPOSITION EVENT") & (pl.col("EPOCH") == "TREATMENT"))
        .select("USUBJID", "DSDECOD", "DSSTDTC")
    )


def test_all_domains_are_there_with_their_variables_in_order_and_labels(trial: Rehearsal) -> None:
    assert sorted(trial.domains) == sorted(
        ["DM", "DS", "EX", "SV", "DV", "AE", "CM", "MH", "VS", "LB", "QS", "TA", "TE", "TV", "TI", "TS"]
    )
    for name, dataset in trial.domains.items():
        assert dataset.frame.columns == list(DOMAINS[name].labels)
        assert dict(dataset.labels) == dict(DOMAINS[name].labels)
        assert dataset.label
        assert all(len(label) <= 40 for label in dataset.labels.values()), "SAS transport files allow 40 characters"
        assert all(dtype in (pl.String(), pl.Float64()) for dtype in dataset.frame.dtypes)
        assert dataset.frame["DOMAIN"].unique().to_list() == [name]
        assert dataset.frame["STUDYID"].unique().to_list() == ["TW101-201"]


@pytest.mark.parametrize("name", SUBJECT_DOMAINS)
def test_every_record_belongs_to_a_subject_of_dm(trial: Rehearsal, name: str) -> None:
    assert set(frame(trial, name)["USUBJID"]) <= set(frame(trial, "DM")["USUBJID"])
    assert frame(trial, "DM")["USUBJID"].is_unique().all()


@pytest.mark.parametrize("name", [name for name in SUBJECT_DOMAINS if f"{name}SEQ" in DOMAINS[name].labels])
def test_sequence_numbers_count_the_records_of_a_subject(trial: Rehearsal, name: str) -> None:
    counted = frame(trial, name).group_by("USUBJID").agg(pl.col(f"{name}SEQ").sort(), pl.len().alias("n"))
    for numbers, n in counted.select(f"{name}SEQ", "n").iter_rows():
        assert numbers == list(range(1, n + 1))


@pytest.mark.parametrize("name", SUBJECT_DOMAINS)
def test_there_is_no_study_day_zero_and_days_count_from_the_first_dose(trial: Rehearsal, name: str) -> None:
    records = with_subject(trial, name)
    for prefix in ("", "ST", "EN"):
        day, date = f"{name}{prefix}DY", f"{name}{prefix}DTC"
        if day not in records.columns:
            continue
        known = records.filter(pl.col(date).is_not_null() & pl.col("RFSTDTC").is_not_null())
        difference = known.select(
            (pl.col(date).str.to_date() - pl.col("RFSTDTC").str.to_date()).dt.total_days().alias("d"), day
        )
        assert (known[day] != 0).all()
        assert difference.filter(pl.col("d") >= 0).select((pl.col(day) == pl.col("d") + 1).all()).item()
        assert difference.filter(pl.col("d") < 0).select((pl.col(day) == pl.col("d")).all()).item()
        unknown = records.filter(pl.col(date).is_null() | pl.col("RFSTDTC").is_null())
        assert unknown[day].is_null().all()


@pytest.mark.parametrize(
    ("name", "date"),
    [
        *[("SV", "SVSTDTC"), ("VS", "VSDTC"), ("LB", "LBDTC"), ("QS", "QSDTC"), ("MH", "MHDTC"), ("DS", "DSSTDTC")],
        *[("AE", "AESTDTC"), ("AE", "AEENDTC"), ("EX", "EXSTDTC"), ("EX", "EXENDTC"), ("CM", "CMENDTC")],
    ],
)
def test_nothing_happens_before_consent_or_after_last_contact_or_death(trial: Rehearsal, name: str, date: str) -> None:
    records = with_subject(trial, name).filter(pl.col(date).is_not_null())
    assert records.height > 0
    assert records.select((pl.col(date) >= pl.col("RFICDTC")).all()).item()
    assert records.select((pl.col(date) <= pl.col("RFPENDTC")).all()).item()
    dead = records.filter(pl.col("DTHDTC").is_not_null())
    assert dead.select((pl.col(date) <= pl.col("DTHDTC")).all()).item()


def test_nothing_is_measured_on_the_day_of_death(calm12: Study, scenario: Scenario) -> None:
    deadly = replace(scenario, dropout=Dropout(death=6.0))
    visits = with_subject(simulate_trial(calm12, deadly, np.random.default_rng(1)), "SV")
    visits = visits.filter(pl.col("DTHDTC").is_not_null())
    # About 180 deaths in 84 days with 6 visits: a dozen fall on a visit's day.
    assert visits["USUBJID"].n_unique() > 150
    assert visits.select((pl.col("SVSTDTC") < pl.col("DTHDTC")).all()).item()


def test_medications_begin_after_birth_and_those_for_events_after_consent(trial: Rehearsal) -> None:
    medications = with_subject(trial, "CM").filter(pl.col("CMSTDTC") >= pl.col("RFICDTC"))
    events = frame(trial, "AE").select("USUBJID", pl.col("AEDECOD").alias("CMINDC"), "AESTDTC")
    # Prohibited medications are taken for reasons of their own.
    prohibited = frame(trial, "DV").filter(pl.col("DVSCAT").is_in(["MEDICATION", "ELIGIBILITY"]))
    drugs = prohibited["DVTERM"].str.extract("(?:: )?([A-Z][a-z]+) (?:taken|before)", 1).str.to_uppercase()
    medications = medications.join(
        prohibited.select("USUBJID", drugs.alias("CMTRT")), on=["USUBJID", "CMTRT"], how="anti"
    )
    matched = medications.join(events, on=["USUBJID", "CMINDC"]).filter(pl.col("AESTDTC") <= pl.col("CMSTDTC"))
    assert matched.select("USUBJID", "CMSEQ").n_unique() == medications.height


@pytest.mark.parametrize(
    ("name", "date", "activity"),
    [
        ("VS", "VSDTC", "Vital signs"),
        ("LB", "LBDTC", "Clinical laboratory tests"),
        ("QS", "QSDTC", "HAM-A"),
        ("MH", "MHDTC", "Medical history"),
    ],
)
def test_measurements_follow_the_schedule_of_activities(
    trial: Rehearsal, calm12: Study, name: str, date: str, activity: str
) -> None:
    scheduled = {
        visit.number: activity in {one.shown for one in visit.activities}
        for visit in calm12.schedule_of_activities().visits
    }
    visits = frame(trial, "SV").select("USUBJID", pl.col("SVSTDTC").alias(date), "VISITNUM")
    asked = visits.filter(
        pl.col("VISITNUM").is_in([float(number) for number, is_asked in scheduled.items() if is_asked])
    )
    done = frame(trial, name).select("USUBJID", date).unique()
    assert done.join(asked, on=["USUBJID", date], how="anti").height == 0, "measured where nothing is scheduled"
    assert asked.join(done, on=["USUBJID", date], how="anti").height == 0, "scheduled and visited, but not measured"


def test_visits_are_those_of_the_study_in_its_order(trial: Rehearsal, calm12: Study) -> None:
    planned = {(float(visit.number), visit.label, float(visit.day or 0)) for visit in calm12.visits()}
    visits = frame(trial, "SV").sort("USUBJID", "VISITNUM")
    assert set(visits.select("VISITNUM", "VISIT", "VISITDY").unique().iter_rows()) == planned
    steps = visits.with_columns(
        later=pl.col("SVSTDTC").str.to_date() > pl.col("SVSTDTC").str.to_date().shift(1).over("USUBJID")
    )
    assert steps["later"].drop_nulls().all()


def test_most_visits_lie_in_their_windows(rehearsal: Rehearsal, calm12: Study) -> None:
    windows = {float(v.number): (v.window_before_days or 0, v.window_after_days or 0) for v in calm12.visits()}
    visits = frame(rehearsal, "SV").filter(pl.col("VISITNUM") > 2, pl.col("SVSTDY").is_not_null())
    inside = [
        -windows[number][0] <= day - planned <= windows[number][1]
        for number, day, planned in visits.select("VISITNUM", "SVSTDY", "VISITDY").iter_rows()
    ]
    # The scenario puts 3% outside; four standard errors of a proportion of about 1,400 visits are 1.8%.
    assert 0.952 < sum(inside) / len(inside) < 0.988


def test_doses_lie_inside_treatment_and_do_not_overlap(trial: Rehearsal) -> None:
    doses = with_subject(trial, "EX").join(end_of_treatment(trial), on="USUBJID")
    assert doses.select((pl.col("EXSTDTC") <= pl.col("EXENDTC")).all()).item()
    assert doses.select((pl.col("EXENDTC") <= pl.col("DSSTDTC")).all()).item()
    assert doses.filter(pl.col("DSDECOD") == "COMPLETED").select((pl.col("EXENDTC") < pl.col("DSSTDTC")).all()).item()
    bounds = doses.group_by("USUBJID").agg(
        pl.col("EXSTDTC").min() == pl.col("RFXSTDTC").first(), pl.col("EXENDTC").max() == pl.col("RFXENDTC").first()
    )
    assert bounds.select(pl.all_horizontal("EXSTDTC", "EXENDTC").all()).item()
    gaps = doses.sort("USUBJID", "EXSEQ").select(
        (pl.col("EXSTDY") - pl.col("EXENDY").shift(1).over("USUBJID")).drop_nulls()
    )
    assert (gaps.to_series() >= 2).all(), "two runs of doses are at least one missed day apart"


def test_treatment_given_is_that_of_the_arm(trial: Rehearsal) -> None:
    given = with_subject(trial, "EX").select("ARMCD", "EXTRT", "EXDOSE").unique().sort("EXDOSE")
    assert given.rows() == [("PBO", "PLACEBO", 0.0), ("LOW", "TWX-101", 10.0), ("HIGH", "TWX-101", 30.0)]


def test_each_epoch_entered_has_one_disposition(trial: Rehearsal) -> None:
    events = frame(trial, "DS").filter(pl.col("DSCAT") == "DISPOSITION EVENT")
    assert events.select("USUBJID", "EPOCH").is_unique().all()
    decoded = {
        epoch: dict(group.select("USUBJID", "DSDECOD").iter_rows()) for (epoch,), group in events.group_by("EPOCH")
    }
    subjects = frame(trial, "DM")
    failures = set(subjects.filter(pl.col("ARMNRS") == "SCREEN FAILURE")["USUBJID"])
    assert {subject for subject, how in decoded["SCREENING"].items() if how == "SCREEN FAILURE"} == failures
    assert set(decoded["TREATMENT"]) == set(subjects["USUBJID"]) - failures
    completed = {subject for subject, how in decoded["TREATMENT"].items() if how == "COMPLETED"}
    assert set(decoded["FOLLOW-UP"]) == completed
    last = (
        events.sort("DSSTDTC")
        .group_by("USUBJID")
        .agg(pl.col("DSSTDTC").last())
        .join(subjects.select("USUBJID", "RFPENDTC"), on="USUBJID")
    )
    assert last.select((pl.col("DSSTDTC") == pl.col("RFPENDTC")).all()).item()


def test_milestones_are_consent_for_all_and_randomization_for_those_with_an_arm(trial: Rehearsal) -> None:
    milestones = with_subject(trial, "DS").filter(pl.col("DSCAT") == "PROTOCOL MILESTONE")
    consent = milestones.filter(pl.col("DSDECOD") == "INFORMED CONSENT OBTAINED")
    assert consent["USUBJID"].sort().to_list() == frame(trial, "DM")["USUBJID"].sort().to_list()
    assert consent.select((pl.col("DSSTDTC") == pl.col("RFICDTC")).all()).item()
    randomized = milestones.filter(pl.col("DSDECOD") == "RANDOMIZED")
    arms = frame(trial, "DM").filter(pl.col("ARMCD").is_not_null())
    assert randomized["USUBJID"].sort().to_list() == arms["USUBJID"].sort().to_list()


def test_who_completed_came_to_the_last_visit_of_treatment_and_who_left_did_not(trial: Rehearsal) -> None:
    last = frame(trial, "SV").filter(pl.col("VISIT") == "Week 12")["USUBJID"]
    completed = end_of_treatment(trial).filter(pl.col("DSDECOD") == "COMPLETED")["USUBJID"]
    assert set(last) == set(completed)


def test_discontinued_subjects_have_no_data_afterwards(trial: Rehearsal) -> None:
    left = end_of_treatment(trial).filter(pl.col("DSDECOD") != "COMPLETED")
    assert left.height > 10
    for name, date in (("SV", "SVSTDTC"), ("AE", "AESTDTC"), ("EX", "EXENDTC"), ("LB", "LBDTC"), ("CM", "CMSTDTC")):
        records = frame(trial, name).join(left, on="USUBJID")
        assert records.select((pl.col(date) <= pl.col("DSSTDTC")).all()).item(), name


def test_discontinuation_for_an_adverse_event_has_its_event(trial: Rehearsal) -> None:
    ended = set(end_of_treatment(trial).filter(pl.col("DSDECOD") == "ADVERSE EVENT")["USUBJID"])
    withdrawn = frame(trial, "AE").filter((pl.col("AEACN") == "DRUG WITHDRAWN") & (pl.col("AEOUT") != "FATAL"))
    assert len(ended) >= 3
    assert withdrawn["USUBJID"].is_unique().all()
    assert set(withdrawn["USUBJID"]) == ended


def test_deaths_are_told_the_same_way_everywhere(harsh: Rehearsal) -> None:
    subjects = frame(harsh, "DM").filter(pl.col("DTHFL") == "Y")
    assert subjects.height >= 20
    fatal = frame(harsh, "AE").filter(pl.col("AEOUT") == "FATAL")
    assert fatal.select((pl.col("AESDTH") == "Y").all() & (pl.col("AESER") == "Y").all()).item()
    disposed = frame(harsh, "DS").filter(pl.col("DSDECOD") == "DEATH")
    expected = dict(subjects.select("USUBJID", "DTHDTC").iter_rows())
    assert dict(fatal.select("USUBJID", "AEENDTC").iter_rows()) == expected
    assert dict(disposed.select("USUBJID", "DSSTDTC").iter_rows()) == expected
    others = frame(harsh, "AE").filter(pl.col("AEOUT") != "FATAL").join(subjects, on="USUBJID")
    assert others.filter(pl.col("AEENDTC").is_not_null()).select((pl.col("AEENDTC") < pl.col("DTHDTC")).all()).item()


def test_events_end_after_they_begin_or_go_on(trial: Rehearsal) -> None:
    events = frame(trial, "AE")
    assert events.filter(pl.col("AEENDTC") < pl.col("AESTDTC")).height == 0
    goes_on = events.filter(pl.col("AEENDTC").is_null())
    assert set(goes_on["AEOUT"]) <= {"RECOVERING/RESOLVING", "NOT RECOVERED/NOT RESOLVED", "UNKNOWN"}
    assert (goes_on["AEENRTPT"] == "ONGOING").all()
    assert set(events.filter(pl.col("AEENDTC").is_not_null())["AEOUT"]) <= {"RECOVERED/RESOLVED", "FATAL"}


def test_action_on_treatment_only_where_there_is_treatment(trial: Rehearsal) -> None:
    events = with_subject(trial, "AE")
    before = events.filter(pl.col("RFXSTDTC").is_null() | (pl.col("AESTDTC") < pl.col("RFXSTDTC")))
    assert before.height > 0
    assert set(before["AEACN"]) == {"NOT APPLICABLE"}
    assert set(before["AEREL"]) == {"NOT RELATED"}


def test_an_interruption_leaves_a_gap_in_the_doses(trial: Rehearsal) -> None:
    interrupted = with_subject(trial, "AE").filter(pl.col("AEACN") == "DRUG INTERRUPTED")
    assert interrupted.height >= 3
    doses = frame(trial, "EX").select("USUBJID", "EXSTDY", "EXENDY")
    for subject, onset in interrupted.select("USUBJID", "AESTDY").iter_rows():
        own = doses.filter(pl.col("USUBJID") == subject)
        day_after = own.filter((pl.col("EXSTDY") <= onset + 1) & (pl.col("EXENDY") >= onset + 1))
        # An event that is over on the day of its onset interrupts nothing.
        ended = interrupted.filter((pl.col("USUBJID") == subject) & (pl.col("AESTDY") == onset))["AEENDY"][0]
        assert day_after.height == 0 or ended == onset


def test_baseline_is_the_last_result_before_the_dose(trial: Rehearsal) -> None:
    for name in ("VS", "LB", "QS"):
        records = with_subject(trial, name)
        flagged = records.filter(pl.col(f"{name}LOBXFL") == "Y")
        assert flagged.select("USUBJID", f"{name}TESTCD").is_unique().all()
        assert flagged.select((pl.col(f"{name}DTC") <= pl.col("RFXSTDTC")).all()).item()
        later = records.filter(
            (pl.col(f"{name}DTC") <= pl.col("RFXSTDTC")) & pl.col(f"{name}STRESN").is_not_null()
        ).join(
            flagged.select("USUBJID", f"{name}TESTCD", pl.col(f"{name}DTC").alias("at")),
            on=["USUBJID", f"{name}TESTCD"],
        )
        assert later.select((pl.col(f"{name}DTC") <= pl.col("at")).all()).item()
        treated = frame(trial, "DM").filter(pl.col("RFXSTDTC").is_not_null())["USUBJID"]
        assert set(flagged["USUBJID"]) == set(treated)


def test_the_total_is_the_sum_of_the_items(trial: Rehearsal) -> None:
    scores = frame(trial, "QS").with_columns(is_total=pl.col("QSTESTCD") == "HAMATOT")
    sums = scores.group_by("USUBJID", "VISITNUM").agg(
        pl.col("QSSTRESN").filter(~pl.col("is_total")).sum().alias("items"),
        pl.col("QSSTRESN").filter("is_total").first().alias("total"),
        pl.len().alias("n"),
    )
    assert (sums["n"] == 15).all()
    assert (sums["items"] == sums["total"]).all()
    items = scores.filter(~pl.col("is_total"))["QSSTRESN"]
    assert items.min() == 0
    assert items.max() == 4


def test_who_is_randomized_met_the_criteria_on_the_scale(trial: Rehearsal) -> None:
    scores = with_subject(trial, "QS").filter(pl.col("VISITNUM") <= 2, pl.col("ARMCD").is_not_null())
    assert scores.filter(pl.col("QSTESTCD") == "HAMATOT")["QSSTRESN"].min() >= 20  # type: ignore[operator]
    first_two = scores.filter(pl.col("QSTESTCD").is_in(["HAMA101", "HAMA102"]))
    assert first_two["QSSTRESN"].min() >= 2  # type: ignore[operator]
    low = with_subject(trial, "DS").filter(pl.col("DSTERM") == "HAM-A TOTAL SCORE BELOW 20")["USUBJID"]
    assert low.len() > 5
    failed = frame(trial, "QS").filter(pl.col("USUBJID").is_in(low.to_list()), pl.col("QSTESTCD") == "HAMATOT")
    assert failed["QSSTRESN"].max() < 20  # type: ignore[operator]


def test_laboratory_results_agree_with_their_ranges_and_units(trial: Rehearsal) -> None:
    results = frame(trial, "LB").filter(pl.col("LBSTAT").is_null())
    value, low, high = pl.col("LBSTRESN"), pl.col("LBSTNRLO"), pl.col("LBSTNRHI")
    expected = (
        pl.when(value < low).then(pl.lit("LOW")).when(value > high).then(pl.lit("HIGH")).otherwise(pl.lit("NORMAL"))
    )
    assert results.select((pl.col("LBNRIND") == expected).all()).item()
    assert results.select((pl.col("LBSTRESC").cast(pl.Float64) == value).all()).item()
    # Glucose: 1 mg/dL is 0.0555 mmol/L (molar mass 180.16 g/mol).
    glucose = results.filter(pl.col("LBTESTCD") == "GLUC", pl.col("LBORRESU") == "mg/dL")
    assert glucose.height > 50
    difference = glucose.select((pl.col("LBORRES").cast(pl.Float64) * 10 / 180.16 - value).abs().max()).item()
    assert difference < 0.06
    not_done = frame(trial, "LB").filter(pl.col("LBSTAT") == "NOT DONE")
    assert not_done.height > 20
    assert not_done.select(pl.all_horizontal(pl.col("LBORRES", "LBSTRESN", "LBNRIND").is_null()).all()).item()


def test_nobody_is_of_an_age_or_weight_that_the_criteria_exclude(trial: Rehearsal) -> None:
    subjects = frame(trial, "DM")
    assert 18 <= subjects["AGE"].min() <= subjects["AGE"].max() <= 65  # type: ignore[operator]
    first = frame(trial, "VS").filter(pl.col("VISITNUM") == 1).pivot(on="VSTESTCD", index="USUBJID", values="VSSTRESN")
    index = first.select(pl.col("WEIGHT") / (pl.col("HEIGHT") / 100) ** 2).to_series()
    assert index.min() > 17.0  # type: ignore[operator]
    assert index.max() < 39.0  # type: ignore[operator]
