"""Curves, restricted means, piecewise hazards and the test of proportional hazards against R and by hand."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from tests.validation import References

from trialwright.analysis.methods.time_to_event.options import CoxOptions, KaplanMeierOptions, PiecewiseOptions
from trialwright.results import Results

R = "R 4.2.2, survival 3.5-3"
PAIR = (("6-MP", "Control"),)


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


@pytest.mark.validates("kaplan_meier")
@pytest.mark.parametrize(
    ("conf_type", "control", "six_mp"),
    [
        ("plain", (0.173252705187, 0.588652056717), (0.564099326679, 0.941783026262)),
        ("log", (0.2208453613182, 0.657132736169), (0.5859189820297, 0.967574754552)),
        ("log-log", (0.1830665488204, 0.577788677746), (0.5031995108, 0.889361835169)),
        ("arcsin", (0.19025085376003, 0.593100937444), (0.54621515821052, 0.911946645929)),
        ("logit", (0.2032289291494, 0.597538359841), (0.5247784845397, 0.893740010588)),
    ],
)
def test_intervals_at_a_landmark_agree_with_survfit(
    run: Any,
    reference: References,
    leukemia: pl.DataFrame,
    conf_type: str,
    control: tuple[float, float],
    six_mp: tuple[float, float],
) -> None:
    results = run("kaplan_meier", ["AVAL"], leukemia, {"conf_type": conf_type, "times": (10,)})
    source = f"{R}, summary(survfit(Surv(time, status) ~ arm, conf.type = '{conf_type}'), times = 10)"
    for arm, limits in (("Control", control), ("6-MP", six_mp)):
        for bound, value in zip(("ci_lower", "ci_upper"), limits, strict=True):
            found = stat(results, f"ARM={arm}/AVAL=10/{bound}")
            reference.holds(f"{bound} at 10, {conf_type}, {arm}", found, value, tolerance=1e-11, source=source)


@pytest.mark.validates("kaplan_meier")
def test_quantiles_and_follow_up_agree_with_survfit(run: Any, reference: References, leukemia: pl.DataFrame) -> None:
    options = {"quantiles": (0.1, 0.6), "follow_up": True, "conf_type": "arcsin"}
    results = run("kaplan_meier", ["AVAL"], leukemia, options)
    source = f"{R}, quantile(survfit(Surv(time, status) ~ arm, conf.type = 'arcsin'), c(.1, .6))"
    for name, expected in (
        ("ARM=6-MP/AVAL/percentile_10", 6),
        ("ARM=6-MP/AVAL/percentile_10_ci_lower", 6),
        ("ARM=6-MP/AVAL/percentile_10_ci_upper", 13),
        ("ARM=6-MP/AVAL/percentile_60_ci_lower", 16),
        ("ARM=Control/AVAL/percentile_60", 8),
        ("ARM=Control/AVAL/percentile_60_ci_upper", 12),
    ):
        reference.holds(name, stat(results, name), expected, tolerance=0, source=source)
    reverse = run("kaplan_meier", ["AVAL"], leukemia, {"follow_up": True})
    source = f"{R}, quantile(survfit(Surv(time, 1 - status) ~ arm, conf.type = 'log-log'))"
    for name, expected in (
        ("follow_up_q1", 17),
        ("follow_up_median", 25),
        ("follow_up_q3", 32),
        ("follow_up_median_ci_lower", 11),
        ("follow_up_median_ci_upper", 32),
    ):
        reference.holds(name, stat(reverse, f"ARM=6-MP/AVAL/{name}"), expected, tolerance=0, source=source)
    nobody = reverse["a/ARM=Control/AVAL/follow_up_median"]
    assert (nobody.stat_text, nobody.warnings) == ("NE", "nobody is censored")


@pytest.mark.validates("kaplan_meier")
def test_rates_at_a_landmark_are_compared(run: Any, reference: References, leukemia: pl.DataFrame) -> None:
    plain = run("kaplan_meier", ["AVAL"], leukemia, {"times": (10,), "contrasts": PAIR})
    name = "ARM=6-MP - Control/AVAL=10"
    source = f"{R}, summary(survfit(...), times = 10): differences of surv, std.err combined"
    for quantity, expected in (
        ("difference", 0.371988795518),
        ("se", 0.143224105559),
        ("statistic", 2.59724991172),
        ("p_value", 0.00939735241173),
    ):
        reference.holds(quantity, stat(plain, f"{name}/{quantity}"), expected, tolerance=1e-10, source=source)
    options = {"times": (10,), "contrasts": PAIR, "contrast_scale": "log-log"}
    transformed = run("kaplan_meier", ["AVAL"], leukemia, options)
    source = f"{R}, summary(survfit(...), times = 10): log(-log(surv)), std.err / (surv * log(surv))"
    found = stat(transformed, f"{name}/statistic")
    reference.holds("statistic, log-log", found, 2.28711287866, tolerance=1e-10, source=source)
    # From the log-log limits of each arm above (survfit): d -+ root of (S1 - L1)^2 + (U2 - S2)^2 and so on.
    low = 0.371988795518 - math.hypot(0.7529411764706 - 0.5031995108, 0.577788677746 - 0.3809523809524)
    high = 0.371988795518 + math.hypot(0.889361835169 - 0.7529411764706, 0.3809523809524 - 0.1830665488204)
    source = f"by hand from the limits of {R}, survfit(conf.type = 'log-log'); Zou and Donner 2008, eq. 3"
    reference.holds("lower, log-log", stat(transformed, f"{name}/ci_lower"), low, tolerance=1e-10, source=source)
    reference.holds("upper, log-log", stat(transformed, f"{name}/ci_upper"), high, tolerance=1e-10, source=source)


@pytest.mark.validates("kaplan_meier")
def test_a_landmark_analysis_counts_time_from_the_landmark(
    run: Any, reference: References, leukemia: pl.DataFrame
) -> None:
    results = run("kaplan_meier", ["AVAL"], leukemia, {"landmark": 5})
    source = f"{R}, quantile(survfit(Surv(time - 5, status) ~ arm, subset = time > 5, conf.type = 'log-log'), .5)"
    for name, expected in (("ARM=6-MP/AVAL/median", 18), ("ARM=Control/AVAL/median", 6.5)):
        reference.holds(name, stat(results, name), expected, tolerance=0, source=source)
    assert stat(results, "ARM=Control/AVAL/n_before_landmark") == 9
    assert stat(results, "ARM=Control/AVAL/n_missing") == 0


def test_a_rate_beyond_the_data_is_not_compared(run: Any, leukemia: pl.DataFrame) -> None:
    results = run("kaplan_meier", ["AVAL"], leukemia, {"times": (0, 40), "contrasts": PAIR})
    beyond = results["a/ARM=6-MP - Control/AVAL=40/p_value"]
    assert (beyond.stat_text, beyond.warnings) == ("NE", "nobody in one of the groups is observed until 40")
    assert results["a/ARM=6-MP - Control/AVAL=0/p_value"].stat_text == "NE"
    with pytest.raises(ValidationError, match="name them under 'times'"):
        KaplanMeierOptions(contrasts=[["A", "B"]])


def test_negative_times_are_left_out_and_told(run: Any, leukemia: pl.DataFrame) -> None:
    odd = leukemia.with_columns(pl.when(pl.int_range(pl.len()) == 0).then(-1.0).otherwise(pl.col("AVAL")).alias("AVAL"))
    results = run("kaplan_meier", ["AVAL"], odd)
    assert stat(results, "ARM=6-MP/AVAL/n") == 20
    assert results["a/ARM=6-MP/AVAL/median"].warnings == "records with a negative AVAL, left out: 1"
    zero = run("kaplan_meier", ["AVAL"], leukemia.with_columns(pl.lit(0.0).alias("AVAL")))
    assert stat(zero, "ARM=Control/AVAL=0/survival") == 0


def test_several_records_of_a_subject_are_told(run: Any, leukemia: pl.DataFrame) -> None:
    doubled = pl.concat([leukemia, leukemia.head(2)])
    subjects = [f"S{row}" for row in range(42)]
    records = doubled.with_columns(USUBJID=pl.Series([*subjects, "S0", "S1"]))
    adsl = leukemia.select("ARM").with_columns(USUBJID=pl.Series(subjects))
    warning = run("kaplan_meier", ["AVAL"], records, subjects=adsl)["a/ARM=6-MP/AVAL/median"].warnings
    assert warning == "2 records too many: some subjects have several; restrict them with 'where'"


# --- restricted means ---


@pytest.mark.validates("rmst")
def test_restricted_means_agree_with_survfit(
    run: Any, reference: References, leukemia: pl.DataFrame, formula: pl.DataFrame
) -> None:
    results = run("rmst", ["AVAL"], leukemia, {"tau": 20, "contrasts": PAIR})
    source = f"{R}, print(survfit(Surv(time, status) ~ arm), rmean = 20)"
    for arm, value, error in (
        ("Control", 8.42857142857, 1.2680826825),
        ("6-MP", 16.11652661064, 1.25156019601),
    ):
        reference.holds(
            f"mean to 20, {arm}", stat(results, f"ARM={arm}/AVAL/estimate"), value, tolerance=1e-9, source=source
        )
        reference.holds(f"se, {arm}", stat(results, f"ARM={arm}/AVAL/se"), error, tolerance=1e-9, source=source)
    tied = run("rmst", ["AVAL"], formula, {"tau": 30, "censor": "CNSR1"})
    source = f"{R}, print(survfit(Surv(t, st) ~ g), rmean = 30); data of the test's formula"
    for arm, value, error in (
        ("A", 21.3, 1.78708328476),
        ("B", 21.7333333333, 1.74287969454),
        ("C", 22.0, 1.81597846292),
    ):
        reference.holds(
            f"mean to 30, {arm}", stat(tied, f"ARM={arm}/AVAL/estimate"), value, tolerance=1e-9, source=source
        )
        reference.holds(f"se, {arm}", stat(tied, f"ARM={arm}/AVAL/se"), error, tolerance=1e-9, source=source)


@pytest.mark.validates("rmst")
def test_without_censoring_it_is_the_mean(run: Any, reference: References, leukemia: pl.DataFrame) -> None:
    results = run("rmst", ["AVAL"], leukemia, {"contrasts": PAIR, "measure": "ratio"})
    # All 21 controls have the event, the last at 23 weeks: tau is 23, the smaller of the two largest times.
    control = leukemia.filter(pl.col("ARM") == "Control")["AVAL"]
    assert stat(results, "ARM=Control/AVAL/tau") == 23
    mean, spread = 182 / 21, math.sqrt(float(((control - 182 / 21) ** 2).sum())) / 21
    source = "by hand: the 21 times add up to 182; without censoring Greenwood's is the sum of squares / n^2"
    found = stat(results, "ARM=Control/AVAL/estimate")
    reference.holds("mean of the controls", found, mean, tolerance=1e-12, source=source)
    reference.holds("its se", stat(results, "ARM=Control/AVAL/se"), spread, tolerance=1e-12, source=source)
    # By hand: areas of 6-MP are 6 x 1 + 1 x 0.857143 + 3 x 0.806723 + 3 x 0.752941 + 3 x 0.690196 + 6 x 0.627451
    # + 1 x 0.537815 (published survival of Kleinbaum and Klein, table 2.3).
    area = 6 + 0.8571 + 3 * 0.8067 + 3 * 0.7529 + 3 * 0.6902 + 6 * 0.6275 + 0.5378
    found = stat(results, "ARM=6-MP/AVAL/estimate")
    source = "Kleinbaum DG, Klein M. Survival Analysis, 2nd ed., 2005, table 2.3: rectangles added by hand"
    reference.holds("area under 6-MP to 23", found, area, tolerance=1e-3, source=source)
    ratio = stat(results, "ARM=6-MP %2F Control/AVAL/ratio")
    reference.holds("ratio", ratio, area / mean, tolerance=1e-3, source=source)


def test_a_restricted_mean_needs_somebody_until_tau(run: Any, leukemia: pl.DataFrame) -> None:
    results = run("rmst", ["AVAL"], leukemia, {"tau": 40, "contrasts": PAIR})
    mean = results["a/ARM=6-MP/AVAL/estimate"]
    assert (mean.stat_text, mean.warnings) == ("NE", "nobody is observed until 40")
    # The controls' curve has reached 0, and stays there.
    assert stat(results, "ARM=Control/AVAL/estimate") == pytest.approx(182 / 21)
    assert results["a/ARM=6-MP - Control/AVAL/p_value"].warnings == "nobody is observed until 40"
    without = run("rmst", ["AVAL"], leukemia.head(21), {"contrasts": PAIR}, arms=["6-MP", "Control"])
    assert without["a/ARM=6-MP - Control/AVAL/difference"].warnings == "no subjects"
    censored = run("rmst", ["AVAL"], leukemia.with_columns(pl.lit(1.0).alias("CNSR")), {"contrasts": PAIR})
    assert censored["a/ARM=6-MP - Control/AVAL/p_value"].warnings == "no events up to tau"


# --- piecewise exponential ---


@pytest.mark.validates("piecewise_exponential")
def test_piecewise_hazards_agree_with_poisson_regression(
    run: Any, reference: References, leukemia: pl.DataFrame
) -> None:
    results = run("piecewise_exponential", ["AVAL"], leukemia, {"cutpoints": (8, 16), "contrasts": PAIR})
    name = "ARM=6-MP %2F Control/AVAL"
    value = stat(results, f"{name}/hazard_ratio")
    assert value is not None
    source = "R 4.2.2, glm(status ~ arm + factor(interval) + offset(log(time at risk)), poisson) on survSplit records"
    difference = -3.804452876430 + 2.212547418584
    reference.holds("common log ratio", math.log(value), difference, tolerance=1e-8, source=source)
    source = "R 4.2.2, poisson.test(9, 359)$conf.int"
    reference.holds("rate", stat(results, "ARM=6-MP/AVAL/ci_lower"), 0.0114634348116, tolerance=1e-12, source=source)
    reference.holds("rate", stat(results, "ARM=6-MP/AVAL/ci_upper"), 0.0475899817588, tolerance=1e-12, source=source)
    # By hand: until week 8 the 13 events of the controls come in 123 weeks, the 4 of 6-MP in 159.
    source = "by hand: events and weeks at risk until week 8, counted from the published times"
    ratio = (4 / 159) / (13 / 123)
    name = f"{name}=(0, 8]"
    reference.holds("ratio", stat(results, f"{name}/hazard_ratio"), ratio, tolerance=1e-12, source=source)
    error = math.sqrt(1 / 4 + 1 / 13)
    reference.holds("se of log", stat(results, f"{name}/se_log"), error, tolerance=1e-12, source=source)


def test_intervals_without_events_or_without_anybody(run: Any, leukemia: pl.DataFrame) -> None:
    results = run("piecewise_exponential", ["AVAL"], leukemia, {"cutpoints": (0.5, 23), "contrasts": PAIR, "per": 52})
    first = results["a/ARM=6-MP %2F Control/AVAL=(0, 0.5]/hazard_ratio"]
    assert (first.stat_text, first.warnings) == ("NE", "an arm has no events in the interval")
    assert stat(results, "ARM=6-MP/AVAL=(0, 0.5]/estimate") == 0
    assert results["a/ARM=Control/AVAL=(23, inf)/estimate"].warnings == "nobody at risk"
    silent = leukemia.with_columns(pl.when(pl.col("ARM") == "6-MP").then(1.0).otherwise(pl.col("CNSR")).alias("CNSR"))
    common = run("piecewise_exponential", ["AVAL"], silent, {"cutpoints": (8,), "contrasts": PAIR})
    assert common["a/ARM=6-MP %2F Control/AVAL/hazard_ratio"].warnings == "an arm has no events, or no time at risk"
    with pytest.raises(ValidationError, match="from the smallest to the largest"):
        PiecewiseOptions(cutpoints=[8, 4])


# --- proportional hazards ---


@pytest.mark.validates("proportional_hazards_test")
@pytest.mark.parametrize(
    ("transform", "arm", "x", "overall"),
    [
        ("km", 0.05304397146, 0.0431073461745, 0.06825651461),
        ("rank", 0.0942887231781, 0.0212892093795, 0.0942887700278),
        ("identity", 0.0943001211022, 0.0226374595001, 0.0943238633483),
        ("log", 0.00355498650199, 0.04765456559451, 0.05878634473663),
    ],
)
def test_slopes_over_time_agree_with_cox_zph(
    run: Any,
    reference: References,
    formula: pl.DataFrame,
    transform: str,
    arm: float,
    x: float,
    overall: float,
) -> None:
    options = {"covariates": ("X",), "strata": ("REGION",), "censor": "CNSR1", "transform": transform}
    results = run("proportional_hazards_test", ["AVAL"], formula, options)
    source = f"{R}, cox.zph(coxph(Surv(t, st) ~ g + x + strata(r)), transform = '{transform}')"
    for name, expected in (("ARM", arm), ("X", x), ("AVAL", overall)):
        reference.holds(
            f"chi-square of {name}, {transform}",
            stat(results, f"{name}/statistic"),
            expected,
            tolerance=1e-7,
            relative=True,
            source=source,
        )
    assert stat(results, "ARM/df") == 2
    assert stat(results, "AVAL/df") == 3


@pytest.mark.validates("proportional_hazards_test")
def test_a_slope_is_the_score_test_of_a_time_dependent_covariate(
    run: Any, reference: References, formula: pl.DataFrame
) -> None:
    options = {"covariates": ("X",), "censor": "CNSR1", "transform": "log"}
    results = run("proportional_hazards_test", ["AVAL"], formula, options)
    source = f"{R}, coxph(~ g + x + tt(x), tt = x * log(t), init = c(coef, 0), iter.max = 0)$score"
    found = stat(results, "X/statistic")
    reference.holds("slope over log time", found, 0.00713662880703, tolerance=1e-8, relative=True, source=source)


@pytest.mark.validates("proportional_hazards_test")
def test_slopes_with_delayed_entry_agree_with_cox_zph(run: Any, reference: References, formula: pl.DataFrame) -> None:
    options = {"covariates": ("X",), "censor": "CNSR1", "start": "START", "ties": "breslow"}
    results = run("proportional_hazards_test", ["AVAL"], formula, options)
    source = f"{R}, cox.zph(coxph(Surv(s0, t, st) ~ g + x, ties = 'breslow'), transform = 'km')"
    for name, expected in (("ARM", 0.23221369658138), ("X", 0.000595940723857), ("AVAL", 0.233903514637111)):
        found = stat(results, f"{name}/statistic")
        reference.holds(name, found, expected, tolerance=1e-6, relative=True, source=source)


def test_no_slope_without_a_model(run: Any, leukemia: pl.DataFrame) -> None:
    censored = run("proportional_hazards_test", ["AVAL"], leukemia.with_columns(pl.lit(1.0).alias("CNSR")))
    assert censored["a/AVAL/p_value"].warnings == "no events"
    silent = leukemia.with_columns(pl.when(pl.col("ARM") == "6-MP").then(1.0).otherwise(pl.col("CNSR")).alias("CNSR"))
    infinite = run("proportional_hazards_test", ["AVAL"], silent)["a/ARM/p_value"]
    assert (infinite.stat_text, infinite.warnings) == (
        "NE",
        "a hazard ratio has no finite estimate (monotone likelihood)",
    )
    zero = leukemia.with_columns(pl.col("AVAL") - 1)
    logged = run("proportional_hazards_test", ["AVAL"], zero, {"transform": "log"})["a/AVAL/p_value"]
    assert logged.warnings == "an event at time 0 has no logarithm"
    once = leukemia.with_columns(CNSR=(pl.int_range(pl.len()) != 5).cast(pl.Float64))
    assert run("proportional_hazards_test", ["AVAL"], once)["a/AVAL/p_value"].stat_text == "NE"


def test_options_that_do_not_go_together_are_refused() -> None:
    for options, words in (
        ({"ties": "exact", "robust": True}, "goes with neither"),
        ({"robust": True, "interval": "profile"}, "Wald intervals only"),
        ({"firth": True, "interval": "score"}, "Wald and profile"),
        ({"cutpoints": [3, 3]}, "each once"),
    ):
        with pytest.raises(ValidationError, match=words):
            CoxOptions.model_validate(options)
