"""Andersen and Gill's model, the mean cumulative function and exposure-adjusted rates against R and textbooks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm  # type: ignore[import-untyped]  # has no types
from tests.validation import References

from trialwright.analysis.methods.recurrent.exposure_rates import (
    compute_rate_difference,
    compute_rate_interval,
    compute_rate_ratio,
)
from trialwright.errors import DataError, PlanError, TrialwrightError
from trialwright.results import Result, Results

# Byar DP. In: Pavone-Macaluso M, ed. Bladder Tumors, 1980: recurrences of bladder tumors; R's survival::bladder2.
BLADDER = pl.read_csv(Path(__file__).parent / "data" / "bladder2.csv").with_columns(
    USUBJID=pl.col("id").cast(pl.String),
    ARM=pl.col("rx").replace_strict({1: "P", 2: "T"}, return_dtype=pl.String),
    CNSR=1 - pl.col("event"),
)
SUBJECTS = BLADDER.group_by("USUBJID", maintain_order=True).agg(
    pl.col("ARM").first(), pl.col("number").first(), pl.col("size").first(), FOLLOWUP=pl.col("stop").max()
)
EVENTS = BLADDER.filter(pl.col("event") == 1).select("USUBJID", pl.col("stop").alias("ADY"))
INTERVALS = {"start": "start", "censor": "CNSR"}


def row(results: Results, name: str) -> Result:
    return results[f"a/{name.replace(' / ', ' %2F ')}"]


def stat(results: Results, name: str) -> float:
    found = row(results, name)
    assert found.stat is not None, found.warnings
    return found.stat


@pytest.mark.validates("andersen_gill")
def test_bladder_tumors_with_covariates(run: Any, reference: References) -> None:
    source = (
        "R 4.2.2, survival 3.5-3, coxph(Surv(start, stop, event) ~ rx + number + size + cluster(id), data = bladder2)"
    )
    options = {**INTERVALS, "covariates": ("number", "size"), "contrasts": (("T", "P"),)}
    results = run("andersen_gill", ["stop"], BLADDER, options, subjects=SUBJECTS)
    for what, actual, value in (
        ("log rate ratio", math.log(stat(results, "ARM=T / P/stop/rate_ratio")), -0.4646869529434),
        ("robust standard error", stat(results, "ARM=T / P/stop/se_log"), 0.2655608118989),
        ("p-value", stat(results, "ARM=T / P/stop/p_value"), 0.080147),
        ("lower limit", stat(results, "ARM=T / P/stop/ci_lower"), 0.373373290871),
        ("upper limit", stat(results, "ARM=T / P/stop/ci_upper"), 1.05738901289),
        ("rate ratio per initial tumor", stat(results, "number/rate_ratio"), 1.191199021944),
        ("its robust standard error", stat(results, "number/se_log"), 0.0630405432007),
    ):
        tolerance = 5e-7 if what == "p-value" else 1e-8
        reference.holds(f"{what}, bladder2", actual, value, tolerance=tolerance, source=source)
    model = run("andersen_gill", ["stop"], BLADDER, {**options, "variance": "model"}, subjects=SUBJECTS)
    actual = stat(model, "ARM=T / P/stop/se_log")
    reference.holds("model's standard error, bladder2", actual, 0.1997321888271, tolerance=1e-8, source=source)


@pytest.mark.validates("andersen_gill")
@pytest.mark.parametrize(
    ("ties", "log_ratio", "robust"),
    [("efron", -0.37325511427, 0.280778561038), ("breslow", -0.365460115948, 0.273111589838)],
)
def test_records_that_are_events_give_the_same(
    run: Any, reference: References, ties: str, log_ratio: float, robust: float
) -> None:
    source = (
        f"R 4.2.2, survival 3.5-3, coxph(Surv(start, stop, event) ~ rx + cluster(id), ties = '{ties}', data = bladder2)"
    )
    options = {"follow_up": "FOLLOWUP", "ties": ties, "contrasts": (("T", "P"),)}
    from_events = run("andersen_gill", ["ADY"], EVENTS, options, subjects=SUBJECTS)
    actual = math.log(stat(from_events, "ARM=T / P/ADY/rate_ratio"))
    reference.holds(f"log rate ratio, {ties}, bladder2", actual, log_ratio, tolerance=1e-8, source=source)
    actual = stat(from_events, "ARM=T / P/ADY/se_log")
    reference.holds(f"robust standard error, {ties}, bladder2", actual, robust, tolerance=1e-8, source=source)
    assert stat(from_events, "ARM=P/ADY/n_events") + stat(from_events, "ARM=T/ADY/n_events") == 112
    assert stat(from_events, "ARM=P/ADY/n") + stat(from_events, "ARM=T/ADY/n") == SUBJECTS.height


@pytest.mark.validates("andersen_gill")
def test_statsmodels_has_the_same_estimate(run: Any, reference: References) -> None:
    frame = BLADDER.to_pandas()
    regressors = np.column_stack([frame["rx"] == 2, frame["number"], frame["size"]]).astype(float)
    # It counts those who enter at the time of an event: months are whole, half a month later nobody does.
    entry = frame["start"] + 0.5
    model = sm.PHReg(frame["stop"], regressors, status=frame["event"], entry=entry, ties="efron")
    fitted = model.fit()
    options = {**INTERVALS, "covariates": ("number", "size"), "contrasts": (("T", "P"),), "variance": "model"}
    results = run("andersen_gill", ["stop"], BLADDER, options, subjects=SUBJECTS)
    source = "statsmodels 0.15.0, PHReg(stop, [rx, number, size], status=event, entry=start + 0.5, ties='efron')"
    actual = math.log(stat(results, "ARM=T / P/stop/rate_ratio"))
    reference.holds("log rate ratio, bladder2", actual, float(fitted.params[0]), tolerance=1e-6, source=source)
    actual = stat(results, "ARM=T / P/stop/se_log")
    reference.holds("model's standard error", actual, float(fitted.bse[0]), tolerance=1e-6, source=source)


@pytest.mark.validates("mean_cumulative_function")
def test_mean_numbers_of_recurrences(run: Any, reference: References) -> None:
    source = (
        "R 4.2.2, survival 3.5-3, survfit(Surv(start, stop, event) ~ rx, data = bladder2, id = id): cumhaz, std.chaz"
    )
    options = {**INTERVALS, "times": (10, 20, 30)}
    results = run("mean_cumulative_function", ["stop"], BLADDER, options, subjects=SUBJECTS)
    expected = {
        "P": ((0.597780767901, 0.118972230104), (1.18288529752, 0.194210221185), (1.85629271662, 0.299619686855)),
        "T": ((0.416123642439, 0.126392128817), (0.651374965191, 0.173124881142), (1.22677734059, 0.289960373918)),
    }
    for arm, values in expected.items():
        for time, (mean, se) in zip((10, 20, 30), values, strict=True):
            prefix = f"ARM={arm}/stop={time}"
            actual = stat(results, f"{prefix}/mean_events")
            reference.holds(f"mean events by {time}, {arm}, bladder2", actual, mean, tolerance=1e-10, source=source)
            actual = stat(results, f"{prefix}/se")
            reference.holds(f"standard error by {time}, {arm}, bladder2", actual, se, tolerance=1e-10, source=source)
    same = run("mean_cumulative_function", ["ADY"], EVENTS, {"follow_up": "FOLLOWUP"}, subjects=SUBJECTS)
    assert stat(same, "ARM=T/ADY=20/mean_events") == stat(results, "ARM=T/stop=20/mean_events")


@pytest.mark.validates("mean_cumulative_function")
def test_a_mean_number_by_hand(run: Any, reference: References) -> None:
    # Two subjects over (0, 10], one of them until 6 only: events at 2, 4 (one subject twice) and 8.
    subjects = pl.DataFrame({"USUBJID": ["1", "2"], "ARM": ["A", "A"], "FU": [10, 6]})
    events = pl.DataFrame({"USUBJID": ["1", "2", "2", "1"], "ADY": [2, 4, 4, 8]})
    results = run("mean_cumulative_function", ["ADY"], events, {"follow_up": "FU", "times": (12,)}, subjects=subjects)
    source = "Lawless and Nadeau 1995, by hand: 1/2, 1/2 + 2/2, 1/2 + 2/2 + 1/1"
    for time, mean in ((2, 0.5), (4, 1.5), (8, 2.5)):
        actual = stat(results, f"ARM=A/ADY={time}/mean_events")
        reference.holds(f"mean events by {time}, two subjects", actual, mean, tolerance=1e-12, source=source)
    # Variance by 4: sums over subjects of (own increments - mean increments) / 2: (0.5 - 1, -0.5 + 1) / 2.
    actual = stat(results, "ARM=A/ADY=4/se")
    reference.holds("its standard error by 4", actual, math.sqrt(2) * 0.25, tolerance=1e-12, source=source)
    assert row(results, "ARM=A/ADY=12/mean_events").stat_text == "NE"
    assert row(results, "ARM=A/ADY=12/mean_events").warnings == "nobody is observed at 12"


def test_an_arm_without_events_and_a_study_without_events(run: Any) -> None:
    options = {"follow_up": "FOLLOWUP", "contrasts": (("T", "P"),)}
    only_placebo = EVENTS.join(SUBJECTS.filter(pl.col("ARM") == "P"), on="USUBJID", how="semi")
    results = run("andersen_gill", ["ADY"], only_placebo, options, subjects=SUBJECTS)
    found = row(results, "ARM=T / P/ADY/rate_ratio")
    assert found.stat_text == "NE"
    assert "no finite estimate" in found.warnings
    assert "no events" in row(results, "ARM=T/ADY/n_events").warnings
    assert row(results, "ARM/p_value").stat_text == "NE"
    assert "no finite estimate" in row(results, "ARM/p_value").warnings
    nothing = run("andersen_gill", ["ADY"], EVENTS.with_columns(ADY=-1), options, subjects=SUBJECTS)
    assert "no events" in row(nothing, "ARM=T / P/ADY/p_value").warnings
    assert "events outside of the follow-up, left out: 112" in row(nothing, "ARM=T / P/ADY/p_value").warnings
    empty = run(
        "mean_cumulative_function", ["ADY"], EVENTS.with_columns(ADY=-1), {"follow_up": "FOLLOWUP"}, subjects=SUBJECTS
    )
    assert "no events" in row(empty, "ARM=T/ADY/n_events").warnings


def test_follow_up_must_be_known_for_everybody(run: Any) -> None:
    with pytest.raises(TrialwrightError, match="NOTHERE"):
        run("andersen_gill", ["ADY"], EVENTS, {"follow_up": "NOTHERE", "contrasts": (("T", "P"),)}, subjects=SUBJECTS)
    with pytest.raises((PlanError, DataError), match="either 'start'"):
        run("andersen_gill", ["ADY"], EVENTS, {"contrasts": (("T", "P"),)}, subjects=SUBJECTS)


# --- exposure-adjusted rates ---


@pytest.mark.validates("exposure_adjusted_rate")
def test_exact_limits_of_a_rate(reference: References) -> None:
    lower, upper = compute_rate_interval(137, 24.19893, 0.95)
    source = "R 4.2.2, stats, poisson.test(137, 24.19893), the example of its help page"
    reference.holds("lower limit of a rate", lower, 4.75312480485, tolerance=1e-9, source=source)
    reference.holds("upper limit of a rate", upper, 6.69270933418, tolerance=1e-9, source=source)
    lower, upper = compute_rate_interval(10, 23.4, 0.95)
    source = "R 4.2.2, epitools 0.5-10.1, pois.exact(10, pt = 23.4)"
    reference.holds("lower limit, 10 by 23.4", lower, 0.204931136205, tolerance=2e-7, source=source)
    reference.holds("upper limit, 10 by 23.4", upper, 0.785912752937, tolerance=2e-7, source=source)
    lower, upper = compute_rate_interval(0, 12.5, 0.95)
    assert lower == 0
    source = "R 4.2.2, stats, poisson.test(0, 12.5)"
    reference.holds("upper limit without events", upper, 0.295110356329, tolerance=1e-9, source=source)
    # Garwood's table: with 10 events the 95% limits are 4.80 and 18.39.
    lower, upper = compute_rate_interval(10, 1.0, 0.95)
    source = "Garwood F. Biometrika 1936;28:437-442, table: 10 events"
    reference.holds("lower limit of 10 events", lower, 4.80, tolerance=5e-3, source=source)
    reference.holds("upper limit of 10 events", upper, 18.39, tolerance=5e-3, source=source)


@pytest.mark.validates("exposure_adjusted_rate")
def test_exact_ratios(reference: References) -> None:
    for events, exposures, estimate, p_value, lower, upper in (
        ((11, 21), (800.0, 3011.0), 1.97148809524, 0.0796686330333, 0.858426403392, 4.27726594365),
        ((4, 2), (10.0, 20.0), 4.0, 0.100137174211, 0.573267670956, 44.2194048676),
    ):
        found = compute_rate_ratio(events, exposures, conf_level=0.95, is_exact=True)
        source = f"R 4.2.2, stats, poisson.test(c{events}, c{exposures})"
        for what, actual, value in (
            ("ratio", found.estimate, estimate),
            ("p-value", found.p_value, p_value),
            ("lower limit", found.lower, lower),
            ("upper limit", found.upper, upper),
        ):
            reference.holds(f"{what}, {events} by {exposures}", actual, value, tolerance=1e-9, source=source)
    none_in_second = compute_rate_ratio((5, 0), (10.0, 12.0), conf_level=0.95, is_exact=True)
    assert none_in_second.upper is None
    assert none_in_second.estimate is None
    source = "R 4.2.2, stats, poisson.test(c(5, 0), c(10, 12))"
    reference.holds(
        "p-value, none in the second", none_in_second.p_value, 0.0194037913456, tolerance=1e-9, source=source
    )
    reference.holds(
        "lower limit, none in the second", none_in_second.lower, 1.09962702878, tolerance=1e-9, source=source
    )


@pytest.mark.validates("exposure_adjusted_rate")
def test_score_limits_of_a_difference(reference: References) -> None:
    found = compute_rate_difference((4, 2), (10.0, 20.0), conf_level=0.95, is_score=True)
    source = "R 4.2.2: Poisson likelihood maximized numerically under each difference (optimize), uniroot of the score"
    reference.holds("lower limit, 4/10 - 2/20", found.lower, -0.0409402703749, tolerance=1e-7, source=source)
    reference.holds("upper limit, 4/10 - 2/20", found.upper, 0.935220286991, tolerance=1e-7, source=source)
    # Under no difference the variance is that of the pooled rate.
    pooled = 6 / 30 * (1 / 10 + 1 / 20)
    assert found.statistic == pytest.approx(0.3 / math.sqrt(pooled))
    nothing = compute_rate_difference((0, 0), (10.0, 20.0), conf_level=0.95, is_score=True)
    z2 = 1.959963984540054**2
    assert (nothing.estimate, nothing.p_value) == (0.0, None)
    assert nothing.lower == pytest.approx(-z2 / 20)
    assert nothing.upper == pytest.approx(z2 / 10)


@pytest.mark.validates("exposure_adjusted_rate")
def test_a_wald_difference_of_the_textbook(reference: References) -> None:
    # Kirkwood and Sterne: 33 infections in 355 child-years, 24 in 518.
    found = compute_rate_difference((33, 24), (355.0, 518.0), conf_level=0.95, is_score=False)
    source = "Kirkwood BR, Sterne JAC. Essential Medical Statistics, 2nd ed., 2003, p. 241 (data), by hand"
    assert found.estimate is not None
    assert found.lower is not None
    assert found.upper is not None
    reference.holds("difference per 1000", 1000 * found.estimate, 46.6257, tolerance=1e-4, source=source)
    se = math.sqrt(33 / 355**2 + 24 / 518**2)
    assert found.se == pytest.approx(se)


def test_rates_of_groups_from_records_and_from_numbers(run: Any) -> None:
    subjects = pl.DataFrame(
        {
            "USUBJID": ["1", "2", "3", "4", "5"],
            "ARM": ["A", "A", "A", "B", "B"],
            "DAYS": [365.25, 730.5, None, 365.25, 365.25],
        }
    )
    events = pl.DataFrame({"USUBJID": ["1", "1", "2", "4"], "ASTDY": [100.0, 10.0, 73.05, 300.0]})
    by_record = run(
        "exposure_adjusted_rate",
        ["USUBJID"],
        events,
        {"exposure": "DAYS", "contrasts": (("A", "B"),)},
        subjects=subjects,
        total="All",
    )
    assert stat(by_record, "ARM=A/USUBJID/rate") == pytest.approx(100.0)
    assert (stat(by_record, "ARM=A/USUBJID/n"), stat(by_record, "ARM=A/USUBJID/n_events")) == (2, 3)
    assert "without exposure above 0, left out: 1" in row(by_record, "ARM=A/USUBJID/rate").warnings
    assert stat(by_record, "ARM=All/USUBJID/n_events") == 4
    assert stat(by_record, "ARM=A - B/USUBJID/difference") == pytest.approx(100 - 50)
    options = {"exposure": "DAYS", "unit": "subjects", "until": "ASTDY", "measure": "ratio", "contrasts": (("A", "B"),)}
    once = run("exposure_adjusted_rate", ["USUBJID"], events, options, subjects=subjects)
    assert stat(once, "ARM=A/USUBJID/exposure") == pytest.approx((10 + 73.05) / 365.25)
    assert stat(once, "ARM=A / B/USUBJID/rate_ratio") == pytest.approx((2 / 83.05) / (1 / (300 + 365.25)))
    numbers = subjects.with_columns(N=pl.Series([2, 1, 0, 1, None]))
    by_number = run("exposure_adjusted_rate", ["N"], numbers, {"exposure": "DAYS"})
    assert stat(by_number, "ARM=A/N/rate") == pytest.approx(100.0)


def test_groups_without_events_or_exposure_are_told(run: Any) -> None:
    subjects = pl.DataFrame({"USUBJID": ["1", "2"], "ARM": ["A", "B"], "DAYS": [100.0, 0.0], "N": [0, 0]})
    options = {"exposure": "DAYS", "contrasts": (("A", "B"),)}
    results = run("exposure_adjusted_rate", ["N"], subjects, options)
    assert row(results, "ARM=B/N/rate").stat_text == "NE"
    assert "no subject has any exposure" in row(results, "ARM=B/N/rate").warnings
    assert row(results, "ARM=A - B/N/difference").stat_text == "NE"
    assert "a group has no exposure" in row(results, "ARM=A - B/N/difference").warnings
    exposed = subjects.with_columns(DAYS=pl.Series([100.0, 50.0]))
    for measure, name in (("difference", "ARM=A - B/N/difference"), ("ratio", "ARM=A / B/N/rate_ratio")):
        results = run("exposure_adjusted_rate", ["N"], exposed, {**options, "measure": measure})
        assert "no events in either group" in row(results, name).warnings
    with pytest.raises(TrialwrightError, match="NOTHERE"):
        run("exposure_adjusted_rate", ["N"], exposed, {"exposure": "NOTHERE"})
