"""Recorded protocol deviations are true of the data; unplanned visits have a cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from trialwright.rehearsal import Rehearsal, Scenario, ScenarioError, simulate_trial
from trialwright.rehearsal.deviation_assumptions import Deviations
from trialwright.study import Study


@pytest.fixture(scope="module", params=["rehearsal", "harsh"])
def trial(request: pytest.FixtureRequest) -> Rehearsal:
    found: Rehearsal = request.getfixturevalue(request.param)
    return found


def days(column: str) -> pl.Expr:
    return pl.col(column).str.to_date().cast(pl.Int64)


def deviations(trial: Rehearsal, coded: str) -> pl.DataFrame:
    return trial.domains["DV"].frame.filter(pl.col("DVDECOD") == coded)


def away(trial: Rehearsal) -> pl.DataFrame:
    """The visits after day 1 with the days by which each lies before or after its nominal day."""
    visits = trial.domains["SV"].frame.filter(pl.col("VISITDY") > 1)
    return visits.with_columns(away=pl.col("SVSTDY") - pl.col("VISITDY"))


def window(calm12: Study) -> dict[str, tuple[float, float]]:
    return {
        visit.label: (visit.window_before_days or 0, visit.window_after_days or 0)
        for visit in calm12.visits()
        if (visit.day or 0) > 1
    }


def test_a_recorded_visit_is_outside_its_window_by_so_many_days(trial: Rehearsal, calm12: Study) -> None:
    recorded = deviations(trial, "VISIT OUT OF WINDOW")
    assert recorded.height > 10
    held = {(row["USUBJID"], row["VISIT"]): (row["SVSTDTC"], row["away"]) for row in away(trial).iter_rows(named=True)}
    limits = window(calm12)
    for row in recorded.iter_rows(named=True):
        visit = row["DVTERM"].split(" visit ")[0]
        date, departure = held[row["USUBJID"], visit]
        before, after = limits[visit]
        beyond = max(departure - after, -departure - before)
        assert beyond > 0
        assert row["DVSTDTC"] == date
        assert f" visit {beyond:.0f} day" in row["DVTERM"]
        assert ("after" if departure > 0 else "before") in row["DVTERM"]
        assert row["DVCAT"] == ("MAJOR" if beyond >= 7 else "MINOR")


def test_all_are_recorded_where_every_site_does(calm12: Study, scenario: Scenario) -> None:
    assert scenario.deviations is not None
    careful = replace(scenario, deviations=replace(scenario.deviations, recorded=1.0))
    trial = simulate_trial(calm12, careful, np.random.default_rng(3))
    limits = window(calm12)
    outside = [
        row
        for row in away(trial).iter_rows(named=True)
        if not -limits[row["VISIT"]][0] <= row["away"] <= limits[row["VISIT"]][1]
    ]
    assert deviations(trial, "VISIT OUT OF WINDOW").height == len(outside)


def test_a_visit_recorded_as_not_done_was_not(trial: Rehearsal) -> None:
    held = set(trial.domains["SV"].frame.select("USUBJID", "VISIT").iter_rows())
    missed = deviations(trial, "VISIT NOT DONE")
    assert missed.height > 5
    assert not [
        row for row in missed.iter_rows(named=True) if (row["USUBJID"], row["DVTERM"].split(" visit ")[0]) in held
    ]


def test_doses_recorded_as_missed_are_a_gap_between_doses(trial: Rehearsal) -> None:
    doses = trial.domains["EX"].frame.with_columns(start=days("EXSTDTC"), end=days("EXENDTC"))
    missed = deviations(trial, "DOSES MISSED").with_columns(first=days("DVSTDTC"), last=days("DVENDTC"))
    assert missed.height > 3
    for row in missed.iter_rows(named=True):
        own = doses.filter(pl.col("USUBJID") == row["USUBJID"])
        assert own.filter(pl.col("end") == row["first"] - 1).height == 1
        assert own.filter(pl.col("start") == row["last"] + 1).height == 1
        assert row["DVTERM"] == f"No study drug taken for {row['last'] - row['first'] + 1} days"


def test_prohibited_medications_are_in_cm_when_they_are_said_to_be(trial: Rehearsal) -> None:
    taken = trial.domains["CM"].frame
    first = dict(trial.domains["DM"].frame.select("USUBJID", "RFSTDTC").iter_rows())
    during = deviations(trial, "PROHIBITED MEDICATION")
    assert during.height > 2
    for row in during.iter_rows(named=True):
        course = taken.filter((pl.col("USUBJID") == row["USUBJID"]) & (pl.col("CMSTDTC") == row["DVSTDTC"]))
        assert row["DVTERM"].split(" taken ")[0].upper() in course["CMTRT"].to_list()
        assert row["DVENDTC"] in course["CMENDTC"].to_list()
        assert row["DVSTDTC"] > first[row["USUBJID"]]
    for row in deviations(trial, "EXCLUSION CRITERION MET").iter_rows(named=True):
        drug = row["DVTERM"].split(": ")[1].split(" before ")[0].upper()
        course = taken.filter((pl.col("USUBJID") == row["USUBJID"]) & (pl.col("CMTRT") == drug))
        reference = pl.lit(row["DVSTDTC"]).str.to_date().cast(pl.Int64)
        assert course.filter(days("CMENDTC").is_between(reference - 14, reference)).height == 1


def test_deviations_move_no_other_draws_and_are_none_where_the_scenario_has_none(
    calm12: Study, scenario: Scenario, rehearsal: Rehearsal
) -> None:
    without = simulate_trial(calm12, replace(scenario, deviations=None), np.random.default_rng(20250113))
    assert without.domains["DV"].frame.height == 0
    assert without.domains["DV"].frame.columns == rehearsal.domains["DV"].frame.columns
    for name in ("DM", "SV", "EX", "AE", "LB", "QS"):
        assert without.domains[name].frame.equals(rehearsal.domains[name].frame)
    prohibited = [one.name for one in scenario.deviations.medications] if scenario.deviations else []
    kept = rehearsal.domains["CM"].frame.filter(~pl.col("CMTRT").is_in(prohibited)).drop("CMSEQ")
    assert kept.equals(without.domains["CM"].frame.drop("CMSEQ"))


def test_prohibited_medications_need_names() -> None:
    with pytest.raises(ScenarioError, match="list them under medications"):
        Deviations(prohibited_medication=0.1)


def test_an_event_may_bring_an_unplanned_visit(calm12: Study, scenario: Scenario, rehearsal: Rehearsal) -> None:
    assert scenario.visits is not None
    busy = replace(scenario, visits=replace(scenario.visits, unscheduled=0.4))
    trial = simulate_trial(calm12, busy, np.random.default_rng(20250113))
    visits = trial.domains["SV"].frame
    unplanned = visits.filter(pl.col("VISITDY").is_null())
    assert unplanned.height > 30
    assert (
        visits.filter(pl.col("VISITDY").is_not_null())
        .drop("SVUPDES")
        .equals(rehearsal.domains["SV"].frame.drop("SVUPDES"))
    )
    assert not visits.select(pl.struct("USUBJID", "SVSTDTC").is_duplicated().any()).item()
    in_order = visits.sort("USUBJID", "SVSTDTC")["VISITNUM"]
    assert in_order.equals(visits.sort("USUBJID", "VISITNUM")["VISITNUM"])
    events = trial.domains["AE"].frame.with_columns(came=days("AESTDTC") + 1)
    began = set(events.select("USUBJID", "came", "AEDECOD").iter_rows())
    for row in unplanned.with_columns(day=days("SVSTDTC")).iter_rows(named=True):
        assert row["VISIT"] == f"UNSCHEDULED {row['VISITNUM']}"
        assert (row["USUBJID"], row["day"], row["SVUPDES"].removeprefix("ADVERSE EVENT: ")) in began
