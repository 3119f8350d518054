"""MMRM as a method of a plan: its results, what complete data reduce it to, and data that are no good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.validation import References

from trialwright.analysis import analyze, trace
from trialwright.analysis.methods.mmrm_data import arrange
from trialwright.analysis.methods.mmrm_fit import fit_mmrm
from trialwright.analysis.methods.mmrm_inference import infer
from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, OptionValue
from trialwright.errors import PlanError, VariableTypeError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

VISITS = (4, 8, 12)


def make_trial(n: int = 30, seed: int = 7, missing: float = 0.0, arms: Sequence[str] = ("A", "B")) -> pl.DataFrame:
    """One record for each subject and visit that is not missing."""
    rng = np.random.default_rng(seed)
    factor = np.linalg.cholesky(3 * 0.5 ** np.abs(np.subtract.outer(range(3), range(3))) + np.diag([0.2, 1, 2]))
    rows: list[dict[str, object]] = []
    for number in range(n):
        values, base, site = factor @ rng.normal(size=3), float(rng.normal(20, 4)), str(rng.integers(1, 4))
        for visit, value in zip(VISITS, values, strict=True):
            if rng.random() >= missing:
                rows.append(
                    {
                        "USUBJID": f"S{number:03d}",
                        "ARM": arms[number % len(arms)],
                        "SITE": site,
                        "BASE": base,
                        "AVISITN": visit,
                        "AVISIT": f"Week {visit}",
                        "ADY": 7 * visit + int(rng.integers(-3, 4)),
                        "CHG": float(value) + 0.1 * base + (number % len(arms)) * 0.5,
                    }
                )
    return pl.DataFrame(rows)


@pytest.fixture
def fit(run: Any) -> Any:
    """Fits CHG to records; contrasts of the first arm of each further one against the first."""

    def fitted(
        records: pl.DataFrame,
        options: Mapping[str, OptionValue] | None = None,
        *,
        arms: Sequence[str] = ("A", "B"),
        visits: Sequence[str] = (),
        by: Sequence[str] = ("arm",),
    ) -> Results:
        subjects = pl.DataFrame(
            {"USUBJID": records["USUBJID"].unique(maintain_order=True)}, schema={"USUBJID": pl.String}
        ).join(records.select("USUBJID", "ARM").unique("USUBJID"), on="USUBJID", maintain_order="left")
        chosen = {"contrasts": tuple((arm, arms[0]) for arm in arms[1:]), **(options or {})}
        results: Results = run(
            "mmrm", ["CHG"], records.drop("ARM"), chosen, arms=arms, by=by, subjects=subjects, visits=visits
        )
        return results

    return fitted


def stat(results: Results, name: str) -> float:
    value = results[f"a/{name}"].stat
    assert value is not None, (name, results[f"a/{name}"].warnings)
    return value


def test_complete_data_without_covariates_give_the_t_test_of_each_visit(fit: Any) -> None:
    records = make_trial()
    results = fit(records)
    for visit in VISITS:
        here = records.filter(pl.col("AVISITN") == visit)
        a, b = (here.filter(pl.col("ARM") == arm)["CHG"].to_numpy() for arm in "AB")
        test = stats.ttest_ind(b, a)
        name = f"ARM=B - A/AVISITN={visit}/CHG"
        assert stat(results, f"{name}/difference") == pytest.approx(b.mean() - a.mean(), rel=1e-10)
        assert stat(results, f"{name}/statistic") == pytest.approx(test.statistic, rel=1e-9)
        assert stat(results, f"{name}/df") == pytest.approx(28, rel=1e-8)
        assert stat(results, f"{name}/p_value") == pytest.approx(test.pvalue, rel=1e-8)
        interval = test.confidence_interval()
        assert stat(results, f"{name}/ci_lower") == pytest.approx(interval.low, rel=1e-8)
        assert stat(results, f"{name}/ci_upper") == pytest.approx(interval.high, rel=1e-8)
        assert stat(results, f"ARM=A/AVISITN={visit}/CHG/lsmean") == pytest.approx(a.mean(), rel=1e-10)
        assert results[f"a/ARM=A/AVISITN={visit}/CHG/n"].stat == 15


def test_complete_data_with_a_covariance_for_each_arm_give_welch_s_test(fit: Any) -> None:
    records = make_trial().with_columns(
        pl.when(pl.col("ARM") == "B").then(pl.col("CHG") * 3).otherwise(pl.col("CHG")).alias("CHG")
    )
    results = fit(records, {"covariance_by_arm": True})
    for visit in VISITS:
        here = records.filter(pl.col("AVISITN") == visit)
        a, b = (here.filter(pl.col("ARM") == arm)["CHG"].to_numpy() for arm in "AB")
        test = stats.ttest_ind(b, a, equal_var=False)
        name = f"ARM=B - A/AVISITN={visit}/CHG"
        assert stat(results, f"{name}/statistic") == pytest.approx(test.statistic, rel=1e-8)
        assert stat(results, f"{name}/df") == pytest.approx(test.df, rel=1e-7)
        assert stat(results, f"ARM=B/CHG={visit}, {visit}/covariance") == pytest.approx(np.var(b, ddof=1), rel=1e-7)


def test_the_mean_over_visits_of_complete_data_is_the_t_test_of_the_subjects_means(fit: Any) -> None:
    records = make_trial()
    means = records.group_by("USUBJID", "ARM").agg(pl.col("CHG").mean())
    a, b = (means.filter(pl.col("ARM") == arm)["CHG"].to_numpy() for arm in "AB")
    test = stats.ttest_ind(b, a)
    # The analysis of variance of a split plot says the same under compound symmetry.
    for structure in ("unstructured", "compound_symmetry"):
        results = fit(records, {"structure": structure})
        assert stat(results, "ARM=B - A/CHG/difference") == pytest.approx(b.mean() - a.mean(), rel=1e-9)
        assert stat(results, "ARM=B - A/CHG/statistic") == pytest.approx(test.statistic, rel=1e-7)
        assert stat(results, "ARM=B - A/CHG/df") == pytest.approx(28, rel=1e-7)


@pytest.mark.parametrize("df", ["kenward_roger", "kenward_roger_linear", "satterthwaite"])
def test_two_visits_of_one_arm_are_the_paired_t_test(df: str) -> None:
    records = make_trial(n=12, arms=("A",)).filter(pl.col("AVISITN") < 12)
    before, after = (records.filter(pl.col("AVISITN") == visit)["CHG"].to_numpy() for visit in (4, 8))
    visits = (records["AVISITN"] == 8).cast(pl.Int64).to_numpy()
    data = arrange(
        np.eye(2)[visits],
        records["CHG"].to_numpy(),
        subjects=np.repeat(np.arange(12), 2),
        visits=visits,
        n_visits=2,
        blocks=np.zeros(24, dtype=np.int64),
    )
    found = infer(fit_mmrm(data, "unstructured"), df, {}).estimate(np.array([-1.0, 1.0]), 0.95)
    test = stats.ttest_rel(after, before)
    assert found.statistic == pytest.approx(test.statistic, rel=1e-9)
    assert found.df == pytest.approx(11, rel=1e-8)
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-8)


def test_between_within_parts_the_degrees_of_freedom(fit: Any) -> None:
    records = make_trial(n=40, missing=0.1)
    results = fit(records, {"df": "between_within", "covariates": ("BASE",), "factors": ("SITE",)})
    # Subjects less the rank of intercept, arm, site and baseline: the comparison at a visit involves the arm.
    assert stat(results, "ARM=B - A/AVISITN=8/CHG/df") == 40 - (1 + 1 + 2 + 1)
    assert stat(results, "ARM=B - A/CHG/df") == 40 - 5


def test_ls_means_are_at_the_mean_covariate_and_weigh_factors_as_asked(fit: Any) -> None:
    records = make_trial(n=60, missing=0.1)
    equal = fit(records, {"covariates_by_visit": ("BASE",), "factors": ("SITE",)})
    observed = fit(records, {"covariates_by_visit": ("BASE",), "factors": ("SITE",), "weights": "observed"})
    shifted = fit(
        records.with_columns(pl.col("BASE") * 1e6 + 5), {"covariates_by_visit": ("BASE",), "factors": ("SITE",)}
    )
    difference = "ARM=B - A/AVISITN=12/CHG/difference"
    mean = "ARM=A/AVISITN=12/CHG/lsmean"
    assert stat(equal, difference) == pytest.approx(stat(observed, difference), rel=1e-9)
    assert stat(equal, mean) != pytest.approx(stat(observed, mean), rel=1e-6)
    assert stat(shifted, mean) == pytest.approx(stat(equal, mean), rel=1e-9)
    over = np.mean([stat(equal, f"ARM=A/AVISITN={visit}/CHG/lsmean") for visit in VISITS])
    assert stat(equal, "ARM=A/CHG/lsmean") == pytest.approx(float(over), rel=1e-9)


def test_results_say_what_was_fitted(fit: Any) -> None:
    records = make_trial(n=40, missing=0.1)
    results = fit(records, {"structure": "toeplitz", "conf_level": 0.9})
    row = results["a/ARM=B - A/AVISITN=8/CHG/p_value"]
    assert "structure=toeplitz" in row.method and "df=kenward_roger" in row.method
    assert row.groups == (("ARM", "B - A"), ("AVISITN", "8"))
    assert stat(results, "ARM=A/AVISITN=8/CHG/conf_level") == 0.9
    assert stat(results, "CHG/n") == records.height
    assert stat(results, "CHG/n_subjects") == 40
    assert stat(results, "CHG/aic") == pytest.approx(stat(results, "CHG/minus_2_log_likelihood") + 2 * 3)
    assert stat(results, "CHG=4, 8/covariance") == stat(results, "CHG=8, 12/covariance")


def test_records_that_lack_a_value_are_left_out_and_counted(fit: Any) -> None:
    records = make_trial(n=40)
    holed = records.with_columns(
        pl.when(pl.int_range(pl.len()) % 10 == 0).then(None).otherwise(pl.col("CHG")).alias("CHG")
    )
    results = fit(holed)
    assert (stat(results, "CHG/n"), stat(results, "CHG/n_missing")) == (108, 12)
    dropped = fit(holed.drop_nulls("CHG"))
    assert stat(dropped, "CHG/n_missing") == 0
    name = "ARM=B - A/AVISITN=12/CHG/p_value"
    assert stat(results, name) == stat(dropped, name)


def test_the_grouping_on_the_visit_gives_the_visits_and_their_order(fit: Any) -> None:
    records = make_trial(n=40, missing=0.1)
    results = fit(records, visits=("12", "4"), by=("arm", "visit"))
    fewer = fit(records, {"visits": ("12", "4")})
    alone = fit(records.filter(pl.col("AVISITN") != 8))
    name = "ARM=B - A/AVISITN=12/CHG/se"
    assert stat(results, name) == stat(fewer, name) == pytest.approx(stat(alone, name), rel=1e-9)
    assert not [row for row in results.of_analysis("a") if ("AVISITN", "8") in row.groups]


def test_an_order_that_nobody_gave_is_told(fit: Any) -> None:
    records = make_trial(n=40, missing=0.1)
    options = {"visit": "AVISIT", "structure": "ar1"}
    assert "alphabetical order of AVISIT" in fit(records, options)["a/CHG/n"].warnings
    given = fit(records, {**options, "visits": ("Week 4", "Week 8", "Week 12")})
    assert given["a/CHG/n"].warnings == ""
    by_number = fit(records, {"structure": "ar1"})
    assert stat(given, "ARM=B - A/AVISIT=Week 8/CHG/se") == stat(by_number, "ARM=B - A/AVISITN=8/CHG/se")


def test_spatial_power_takes_its_distances_from_the_visits_or_from_each_subject_s_times(fit: Any) -> None:
    records = make_trial(n=60, missing=0.1)
    # Without second derivatives, which are others in the correlation over a week than in that over a visit.
    linear = {"df": "kenward_roger_linear"}
    by_visit = fit(records, {**linear, "structure": "spatial_power"})
    ar1 = fit(records, {**linear, "structure": "ar1"})
    name = "ARM=B - A/AVISITN=12/CHG/se"
    assert stat(by_visit, name) == pytest.approx(stat(ar1, name), rel=1e-6)  # equally spaced
    by_day = fit(records, {**linear, "structure": "spatial_power", "times": ("ADY",)})
    assert stat(by_day, name) != pytest.approx(stat(ar1, name), rel=1e-6)
    assert not [row for row in by_day.of_analysis("a") if row.stat_name == "covariance"]
    with pytest.raises(VariableTypeError, match="AVISIT is character"):
        fit(records, {"structure": "spatial_power", "visit": "AVISIT"})


# --- data that are no good ---


def assert_nothing_is_estimated(results: Results, reason: str) -> None:
    for row in results.of_analysis("a"):
        assert row.stat_name in ("n", "n_subjects", "n_missing", "conf_level") or row.stat_text == "NE", row.result_id
        assert reason in row.warnings


def alike(records: pl.DataFrame) -> pl.DataFrame:
    """With week 12 a copy of week 8."""
    week_8 = pl.when(pl.col("AVISITN") == 12).then(pl.col("CHG").shift(1)).otherwise(pl.col("CHG"))
    return records.with_columns(week_8.alias("CHG"))


def test_a_singular_covariance_falls_back_and_says_so(fit: Any) -> None:
    results = fit(alike(make_trial()))
    row = results["a/ARM=B - A/AVISITN=12/CHG/p_value"]
    assert row.stat is not None
    assert row.warnings.startswith("the unstructured covariance could not be fitted: it may be singular")
    assert row.warnings.endswith("covariance took its place")
    assert "structure=unstructured" not in row.method


def test_a_singular_covariance_without_fallback_is_not_estimable(fit: Any) -> None:
    assert_nothing_is_estimated(fit(alike(make_trial()), {"fallback": ()}), "it may be singular")


def test_the_fallback_is_as_the_plan_says(fit: Any) -> None:
    results = fit(alike(make_trial()), {"fallback": ("compound_symmetry",)})
    assert "the compound symmetry covariance took its place" in results["a/CHG/n"].warnings
    assert "structure=compound_symmetry" in results["a/CHG/n"].method


def test_a_visit_with_one_observation_does_not_determine_its_variance(fit: Any) -> None:
    records = make_trial().filter((pl.col("AVISITN") < 12) | (pl.col("USUBJID") == "S000"))
    results = fit(records)
    warning = results["a/CHG/n"].warnings
    assert "the data do not determine every covariance parameter (only one record at AVISITN = 12)" in warning
    assert warning.endswith("; the Toeplitz covariance took its place")
    missing = results["a/ARM=B/AVISITN=12/CHG/lsmean"]
    assert missing.stat_text == "NE"
    assert missing.warnings.endswith("not estimable: no records with ARM = B at AVISITN = 12")
    assert results["a/ARM=B - A/AVISITN=12/CHG/p_value"].stat_text == "NE"
    assert results["a/ARM=B - A/AVISITN=8/CHG/p_value"].stat is not None
    assert results["a/ARM=B - A/CHG/p_value"].stat_text == "NE"
    assert_nothing_is_estimated(fit(records, {"fallback": ()}), "only one record at AVISITN = 12")


def test_visits_that_nobody_has_both_do_not_determine_their_covariance(fit: Any) -> None:
    half = pl.col("USUBJID").str.slice(1).cast(pl.Int64) % 4 < 2
    records = make_trial(n=40).filter(((pl.col("AVISITN") == 8) & half) | ((pl.col("AVISITN") == 4) & ~half))
    assert_nothing_is_estimated(fit(records, {"fallback": ()}), "nobody has both AVISITN = 4 and 8")


def test_an_arm_without_records_is_not_estimable(fit: Any) -> None:
    results = fit(make_trial(), arms=("A", "B", "C"))
    row = results["a/ARM=C/AVISITN=8/CHG/lsmean"]
    assert (row.stat_text, results["a/ARM=C/AVISITN=8/CHG/n"].stat) == ("NE", 0)
    assert row.warnings == "no records with ARM = C; not estimable: no records with ARM = C at AVISITN = 8"
    assert results["a/ARM=C - A/AVISITN=8/CHG/p_value"].stat_text == "NE"
    assert results["a/ARM=B - A/AVISITN=8/CHG/p_value"].stat is not None


def test_several_records_of_a_subject_at_a_visit_are_not_chosen_from(fit: Any) -> None:
    records = make_trial()
    assert_nothing_is_estimated(
        fit(pl.concat([records, records[:2]])), "2 records too many: some subjects have several"
    )


def test_nothing_to_estimate_a_covariance_from(fit: Any) -> None:
    records = make_trial()
    assert_nothing_is_estimated(fit(records.with_columns(pl.lit(1.0).alias("CHG"))), "no residual variation")
    assert_nothing_is_estimated(fit(records[:6]), "no degrees of freedom are left")
    assert_nothing_is_estimated(fit(records.with_columns(pl.lit(None, pl.Float64).alias("CHG"))), "no complete records")


def test_without_degrees_of_freedom_there_is_an_estimate_but_no_test(fit: Any) -> None:
    options = {"df": "between_within", "structure": "ar1", "effects": "arm", "covariates": ("BASE",)}
    results = fit(make_trial(n=3, seed=1), options)  # three subjects, and three columns between them
    row = results["a/ARM=B - A/CHG/p_value"]
    assert (row.stat_text, row.warnings) == ("NE", "no degrees of freedom are left")
    assert stat(results, "ARM=B - A/CHG/se") > 0


def test_a_plan_that_does_not_fit_is_an_error(fit: Any) -> None:
    with pytest.raises(PlanError, match="structure"):
        fit(make_trial(), {"structure": "spherical"})
    with pytest.raises(PlanError, match="compares 'D'"):
        fit(make_trial(), {"contrasts": (("D", "A"),)})
    with pytest.raises(PlanError, match="A is compared with itself"):
        fit(make_trial(), {"contrasts": (("A", "A"),)})
    with pytest.raises(PlanError, match="SITE is a term of the model twice"):
        fit(make_trial(), {"factors": ("SITE", "SITE")})
    with pytest.raises(PlanError, match="CHG is both response and term"):
        fit(make_trial(), {"covariates_by_visit": ("CHG",)})
    with pytest.raises(PlanError, match="the visit 4 stands here twice"):
        fit(make_trial(), {"visits": ("4", "8", "4")})


def test_a_covariate_under_both_options_has_its_slope_by_visit(fit: Any) -> None:
    once, both = (
        fit(make_trial(), {"covariates_by_visit": ("BASE",), "covariates": covariates})
        for covariates in ((), ("BASE",))
    )
    name = "ARM=B - A/AVISITN=12/CHG/p_value"
    assert stat(once, name) == stat(both, name)


# --- the way back ---


def test_results_are_traced_to_the_records_of_the_model() -> None:
    records = make_trial(n=20, missing=0.1)
    holed = records.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise(pl.col("CHG")).alias("CHG"))
    levels = tuple(Level(value=arm, label=arm) for arm in "AB")
    plan = AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="Everybody")},
        groupings={"arm": Grouping(id="arm", variable="ARM", levels=levels)},
        analyses={
            "a": Analysis(
                id="a",
                method="mmrm",
                dataset="ADXX",
                population="all",
                variables=("CHG",),
                by=("arm",),
                options={"covariates_by_visit": ("BASE",), "contrasts": (("B", "A"),)},
            )
        },
        displays={},
    )
    subjects = records.select("USUBJID", "ARM").unique(maintain_order=True)
    datasets = {"ADSL": Dataset(name="ADSL", frame=subjects), "ADXX": Dataset(name="ADXX", frame=holed)}
    results = analyze(plan, datasets)

    def rows(name: str) -> pl.DataFrame:
        return trace(f"a/{name}", plan, datasets, results).rows

    assert rows("ARM=B - A/AVISITN=8/CHG/p_value").height == records.height - 1
    assert rows("CHG/n_missing").height == 1
    here = rows("ARM=A/AVISITN=8/CHG/n")
    assert set(here["AVISITN"]) == {8} and set(here["ARM"]) == {"A"}
    assert here.height == stat(results, "ARM=A/AVISITN=8/CHG/n")
    assert rows("ARM=A/CHG/n")["USUBJID"].n_unique() == stat(results, "ARM=A/CHG/n")
    found = trace("a/CHG/n", plan, datasets, results)
    assert {"BASE", "CHG", "ARM", "USUBJID", "AVISITN"} <= set(found.key_variables)


@pytest.mark.validates("mmrm")
def test_the_restricted_likelihood_is_in_the_units_of_the_covariates(run: Any, reference: References) -> None:
    """log|X'V^-1 X| depends on the units of X: PROC MIXED's criterion takes covariates as the data have them."""
    rows = []
    for subject in range(16):
        for visit in (2, 4, 8):
            base = 10 + 7 * subject % 11
            effect = -visit / 4 if subject % 2 == 0 else 0
            value = base / 2 + 5 * subject % 7 + (3 * subject + visit * (subject + 1)) % 5 + effect
            if (subject + visit) % 7:
                rows.append((f"S{subject:02d}", "BA"[subject % 2 == 0], subject // 4 % 2, base, visit, value))
    names = ["USUBJID", "ARM", "SITE", "BASE", "AVISITN", "CHG"]
    records = pl.DataFrame(rows, schema=names, orient="row")
    subjects = records.select("USUBJID", "ARM").unique(maintain_order=True)
    source = "R 4.2.2, nlme 3.1-162, -2 logLik(gls({}, corSymm(~t | i), varIdent(~1 | f), method = 'REML'))"
    options: Mapping[str, OptionValue]
    for options, model, expected in (
        ({"covariates": ("BASE",), "factors": ("SITE",)}, "y ~ arm * f + factor(site) + base", 151.00425784735),
        ({"covariates_by_visit": ("BASE",)}, "y ~ arm * f + base:f", 157.47419687918),
    ):
        results = run("mmrm", ["CHG"], records, {**options, "convergence": "full"}, subjects=subjects)
        actual = stat(results, "CHG/minus_2_log_likelihood")
        what = f"-2 restricted log-likelihood, {model}"
        reference.holds(what, actual, expected, tolerance=1e-8, source=source.format(model))
        # Twice the number of covariance parameters, six.
        assert stat(results, "CHG/aic") == pytest.approx(actual + 12, rel=1e-12)
