"""Multiple imputation against R: plug-in expectations under each assumption, mice; and data that are no good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze, trace
from trialwright.analysis.plan import OptionValue
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

VISITS = 4


def make_trial(
    *, n: int = 120, visits: int = VISITS, seed: int = 42, dropout: float = 0.12, holes: float = 0.0
) -> pl.DataFrame:
    """Arms P and A; a subject's last visit is geometric, and `holes` of the visits before it are missing."""
    rng = np.random.default_rng(seed)
    lag = np.abs(np.subtract.outer(range(visits), range(visits)))
    factor = np.linalg.cholesky(25 * 0.7**lag)
    arm = np.arange(n) % 2
    base = np.round(rng.normal(24, 4, n), 2)
    region = rng.integers(0, 2, n)
    time_effect = np.arange(1, visits + 1)
    values = -time_effect - 0.8 * np.outer(arm, time_effect) - 0.3 * (base[:, None] - 24) + region[:, None]
    values = np.round(values + rng.normal(size=(n, visits)) @ factor.T, 3)
    has = np.arange(visits) < rng.geometric(dropout, (n, 1))
    has &= rng.random((n, visits)) >= holes
    has[:, 0] |= ~has.any(axis=1)
    subject, visit = np.nonzero(has)
    return pl.DataFrame(
        {
            "USUBJID": [f"S{number:04d}" for number in subject],
            "ARM": ["PA"[code] for code in arm[subject]],
            "BASE": base[subject],
            "REGION": [f"R{code}" for code in region[subject]],
            "AVISITN": visit + 1,
            "CHG": values[subject, visit],
        }
    )


def plan_for(
    options: Mapping[str, OptionValue], *, method: str = "multiple_imputation", arms: Sequence[str] = ("P", "A")
) -> AnalysisPlan:
    chosen = {"covariates": ("BASE",), "factors": ("REGION",), "contrasts": (("A", "P"),), **options}
    levels = tuple(Level(value=arm, label=arm) for arm in arms)
    return AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="Everybody")},
        groupings={"arm": Grouping(id="arm", variable="ARM", levels=levels, reference="P")},
        analyses={
            "a": Analysis(
                id="a",
                method=method,
                dataset="ADXX",
                population="all",
                variables=("CHG",),
                by=("arm",),
                options=chosen,
            )
        },
        displays={},
    )


def datasets(records: pl.DataFrame) -> dict[str, Dataset]:
    subjects = records.select("USUBJID", "ARM", "BASE", "REGION").unique("USUBJID", maintain_order=True)
    return {
        "ADSL": Dataset(name="ADSL", frame=subjects.select("USUBJID", "ARM")),
        "ADXX": Dataset(name="ADXX", frame=records.drop("ARM")),
    }


def impute(records: pl.DataFrame, options: Mapping[str, OptionValue] | None = None, **more: Any) -> Results:
    return analyze(plan_for(options or {}, **more), datasets(records))


def stat(results: Results, name: str) -> float:
    value = results[f"a/{name}"].stat
    assert value is not None, (name, results[f"a/{name}"].warnings)
    return value


def difference(visit: int, name: str = "difference") -> str:
    return f"ARM=A - P/AVISITN={visit}/CHG/{name}"


# R 4.2.2, base lm: the regression of each visit on BASE, REGION and the visits before it, by arm, of values observed
# there; each missing value as its expectation under the assumption, from these coefficients; then
# lm(CHG ~ ARM + BASE + REGION) at visits 3 and 4. Of a monotone pattern the coefficients of different visits are
# independent a posteriori, so the mean over imputations converges to just this. Data: make_trial().
EXPECTED = {
    "missing_at_random": (-0.7768298888, -1.3165606484),
    "jump_to_reference": (-0.4764124607, -0.8385705531),
    "copy_reference": (-0.5578586223, -0.9883485301),
    "copy_increments": (-0.7031455983, -1.1688442136),
}
# The same with one regression of both arms, which has an indicator of the arm.
EXPECTED_TOGETHER = {
    "missing_at_random": (-0.8131328259, -1.3182437028),
    "jump_to_reference": (-0.6341561935, -0.9166343371),
    "copy_reference": (-0.7413473511, -1.0478107244),
    "copy_increments": (-0.9097121172, -1.2609385049),
}


@pytest.mark.validates("multiple_imputation")
@pytest.mark.parametrize("assumption", EXPECTED)
@pytest.mark.parametrize("by_arm", [True, False])
def test_means_converge_to_their_expectation_under_each_assumption(
    assumption: str, by_arm: bool, reference: References
) -> None:
    records = make_trial()
    assert (records.height, round(float(records["CHG"].sum()), 3)) == (374, -1011.101)  # the data that R had
    results = impute(records, {"assumption": assumption, "imputations": 5000, "by_arm": by_arm, "seed": 3})
    chosen, together = (EXPECTED, "apart") if by_arm else (EXPECTED_TOGETHER, "together")
    for visit, expected in zip((3, 4), chosen[assumption], strict=True):
        error = np.sqrt(stat(results, difference(visit, "between_variance")) / 5000)
        assert error < 0.0095
        reference.holds(
            f"A - P at visit {visit}, {assumption}, arms {together}, 5,000 draws (Monte Carlo error {error:.4f})",
            stat(results, difference(visit)),
            expected,
            tolerance=3 * error,
            source="R 4.2.2, lm by arm and visit, expectations of missing values written out, lm of the completed data",
        )


# R 4.2.2, mice 3.15.0, method "norm"; pool.scalar(Q, U, n = 120, k = 4) of lm(CHG ~ ARM + BASE + REGION): estimate, SE,
# df, fmi, and the Monte Carlo error of the estimate. "monotone": arms apart, maxit = 1, predictorMatrix lower
# triangular, m = 2000, make_trial(). "chained": maxit = 10, m = 200, make_trial(holes = 0.1), arms apart or together.
MICE: Mapping[str, tuple[Mapping[str, OptionValue], float, Mapping[int, tuple[float, float, float, float, float]]]] = {
    "monotone": (
        {},
        0.0,
        {
            2: (-1.328599, 0.986494, 96.6405, 0.16873, 0.00859),
            3: (-0.796126, 1.126120, 81.7187, 0.29813, 0.01335),
            4: (-1.340552, 1.050944, 73.6661, 0.36807, 0.01392),
        },
    ),
    "chained, arms apart": (
        {"model": "fully_conditional"},
        0.1,
        {
            2: (-1.393386, 1.042310, 87.7382, 0.23205, 0.03407),
            3: (-0.731302, 1.223906, 67.7535, 0.39355, 0.05293),
            4: (-0.769460, 1.088939, 65.9915, 0.40822, 0.04800),
        },
    ),
    "chained, arms together": (
        {"model": "fully_conditional", "by_arm": False},
        0.1,
        {
            2: (-1.442889, 1.016398, 89.0738, 0.22144, 0.03239),
            3: (-0.594731, 1.174117, 69.7834, 0.37676, 0.04963),
            4: (-0.719679, 1.022299, 67.3417, 0.39697, 0.04441),
        },
    ),
    # Data augmentation and chained regressions have the same model of normal data, up to their priors.
    "monotone, data augmented": (
        {},
        0.1,
        {
            2: (-1.393386, 1.042310, 87.7382, 0.23205, 0.03407),
            3: (-0.731302, 1.223906, 67.7535, 0.39355, 0.05293),
            4: (-0.769460, 1.088939, 65.9915, 0.40822, 0.04800),
        },
    ),
}


@pytest.mark.validates("multiple_imputation")
@pytest.mark.parametrize("case", MICE)
def test_pooled_results_are_those_of_mice_within_monte_carlo_error(case: str, reference: References) -> None:
    options, holes, expected = MICE[case]
    results = impute(make_trial(holes=holes), {**options, "imputations": 2000})
    for visit, (estimate, se, df, fraction, error) in expected.items():
        ours = np.sqrt(stat(results, difference(visit, "between_variance")) / 2000)
        both = float(np.hypot(error, ours))
        source = "R 4.2.2, mice 3.15.0, method norm, pool.scalar"
        reference.holds(
            f"A - P at visit {visit}, {case} (Monte Carlo error of both {both:.4f})",
            stat(results, difference(visit)),
            estimate,
            tolerance=3 * both,
            source=source,
        )
        # The relative Monte Carlo error of B is sqrt(2 / m); it moves the SE by about half the share of B in it.
        loose = 0.015 if case == "monotone" else 0.05
        quantity = f"of A - P at visit {visit}, {case}"
        found = stat(results, difference(visit, "se"))
        reference.holds(f"SE {quantity}", found, se, tolerance=loose, source=source, relative=True)
        found = stat(results, difference(visit, "df"))
        reference.holds(f"df {quantity}", found, df, tolerance=2 * loose, source=source, relative=True)
        found = stat(results, difference(visit, "fraction_missing"))
        reference.holds(f"missing information {quantity}", found, fraction, tolerance=loose, source=source)


def test_of_complete_data_imputation_changes_nothing() -> None:
    records = make_trial(dropout=1e-9)
    results = impute(records)
    complete = analyze(plan_for({}, method="ancova"), datasets(records.filter(pl.col("AVISITN") == 4)))
    assert stat(results, "CHG/n_imputed") == 0
    assert stat(results, difference(4)) == pytest.approx(stat(complete, "ARM=A - P/CHG/difference"), rel=1e-9)
    assert stat(results, difference(4, "se")) == pytest.approx(stat(complete, "ARM=A - P/CHG/se"), rel=1e-9)
    assert stat(results, difference(4, "between_variance")) == pytest.approx(0, abs=1e-20)
    # Barnard and Rubin: (v + 1) v / (v + 3) of v = 116 complete-data degrees of freedom.
    assert stat(results, difference(4, "df")) == pytest.approx(117 * 116 / 119, rel=1e-9)


def test_the_imputed_data_agree_with_the_mixed_model_under_missing_at_random() -> None:
    records = make_trial(n=400, seed=5)
    imputed = impute(records, {"imputations": 1000})
    mixed = analyze(
        plan_for({"covariates": (), "covariates_by_visit": ("BASE",)}, method="mmrm"),
        datasets(records),
    )
    for visit in (2, 4):
        se = stat(mixed, difference(visit, "se"))
        assert stat(imputed, difference(visit)) == pytest.approx(stat(mixed, difference(visit)), abs=0.15 * se)
        assert stat(imputed, difference(visit, "se")) == pytest.approx(se, rel=0.08)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    records = make_trial(holes=0.1)
    first, second, other = (impute(records, {"seed": seed}) for seed in (7, 7, 8))
    assert first.frame.equals(second.frame)
    assert stat(first, difference(4)) != stat(other, difference(4))
    assert "seed=7" in first["a/CHG/n"].method


def test_the_grouping_on_the_visit_gives_the_visits_and_their_order() -> None:
    records = make_trial()
    plan = plan_for({})
    levels = tuple(Level(value=visit, label=f"Visit {visit}") for visit in "234")
    groupings = {**plan.groupings, "visit": Grouping(id="visit", variable="AVISITN", levels=levels)}
    analysis = replace(plan.analyses["a"], by=("arm", "visit"))
    results = analyze(replace(plan, groupings=groupings, analyses={"a": analysis}), datasets(records))
    chosen = impute(records, {"visits": ("2", "3", "4")})
    assert stat(results, difference(4)) == stat(chosen, difference(4))
    assert results[f"a/{difference(4)}"].groups == (("ARM", "A - P"), ("AVISITN", "4"))
    assert "a/ARM=A/AVISITN=1/CHG/lsmean" not in results


def test_order_of_records_does_not_matter() -> None:
    records = make_trial(holes=0.1)
    data = datasets(records)
    turned = {**data, "ADXX": Dataset(name="ADXX", frame=data["ADXX"].frame.reverse())}
    assert analyze(plan_for({}), data).frame.equals(analyze(plan_for({}), turned).frame)


def test_counts_tell_observed_and_imputed_values() -> None:
    records = make_trial(holes=0.1)
    results = impute(records)
    assert (stat(results, "CHG/n_subjects"), stat(results, "CHG/n")) == (120, records.height)
    assert stat(results, "CHG/n_imputed") == 480 - records.height
    here = records.filter((pl.col("ARM") == "A") & (pl.col("AVISITN") == 4)).height
    assert stat(results, "ARM=A/AVISITN=4/CHG/n") == here
    assert stat(results, "ARM=A/AVISITN=4/CHG/n_imputed") == 60 - here


def test_delta_moves_the_mean_by_the_share_imputed() -> None:
    records = make_trial()
    shifted = impute(records, {"delta": ({"value": 2.0, "levels": ("A",), "visits": ("4",)},), "factors": ()})
    plain = impute(records, {"factors": ()})
    share = stat(plain, "ARM=A/AVISITN=4/CHG/n_imputed") / 60
    moved = stat(shifted, "ARM=A/AVISITN=4/CHG/lsmean") - stat(plain, "ARM=A/AVISITN=4/CHG/lsmean")
    # Exactly, but for what the covariate takes of it.
    assert moved == pytest.approx(2 * share, abs=0.05)
    assert stat(shifted, "ARM=A/AVISITN=3/CHG/lsmean") == stat(plain, "ARM=A/AVISITN=3/CHG/lsmean")


def test_delta_may_accumulate_and_spare_intermittent_values() -> None:
    records = make_trial(holes=0.15)
    without: dict[str, OptionValue] = {"factors": (), "covariates": ()}

    def mean(**delta: OptionValue) -> float:
        chosen = ({"value": 1.0, **delta},) if delta else ()
        return stat(impute(records, {**without, "delta": chosen}), "ARM=P/AVISITN=3/CHG/lsmean")

    base = mean()
    wide = records.filter(pl.col("ARM") == "P").pivot("AVISITN", index="USUBJID", values="CHG")
    has = wide.select("1", "2", "3", "4").with_columns(pl.all().is_not_null()).to_numpy()
    last = np.where(has, np.arange(1, 5), 0).max(axis=1)
    after = np.maximum(3 - last, 0)
    n = len(has)
    assert mean(accumulates=False) - base == pytest.approx((after > 0).sum() / n, rel=1e-9)
    assert mean(accumulates=True) - base == pytest.approx(after.sum() / n, rel=1e-9)
    assert mean(intermittent=True) - base == pytest.approx((~has[:, 2]).sum() / n, rel=1e-9)


def test_values_after_the_event_are_analysed_but_impute_nothing() -> None:
    records = make_trial(dropout=0.15).with_columns((pl.col("AVISITN") * 10).alias("ADY"))
    stops = dict.fromkeys(records["USUBJID"].unique().sort().to_list()[::4], 25)
    records = records.with_columns(pl.col("USUBJID").replace_strict(stops, default=None).alias("STOPDY"))
    wild = records.with_columns(
        pl.when(pl.col("ADY") > pl.col("STOPDY")).then(pl.col("CHG") + 1000).otherwise(pl.col("CHG")).alias("CHG")
    )
    option: dict[str, OptionValue] = {"event": "ADY > STOPDY", "assumption": "jump_to_reference"}
    tame, spiked = impute(records, option), impute(wild, option)
    assert stat(tame, "CHG/n") == records.height
    # At visit 4 only the observed values after the event differ, and they by 1,000.
    count = records.filter(
        (pl.col("ADY") > pl.col("STOPDY")) & (pl.col("AVISITN") == 4) & (pl.col("ARM") == "A")
    ).height
    plain: dict[str, OptionValue] = {**option, "covariates": (), "factors": ()}
    moved = stat(impute(wild, plain), "ARM=A/AVISITN=4/CHG/lsmean") - stat(
        impute(records, plain), "ARM=A/AVISITN=4/CHG/lsmean"
    )
    assert moved == pytest.approx(1000 * count / 60, rel=1e-9)
    assert stat(spiked, difference(4, "between_variance")) == pytest.approx(
        stat(tame, difference(4, "between_variance")), rel=1e-6
    )


def test_results_are_traced_to_the_observed_records() -> None:
    records = make_trial()
    plan, data = plan_for({}), datasets(records)
    results = analyze(plan, data)
    found = trace(f"a/{difference(4, 'p_value')}", plan, data, results)
    assert found.rows.height == records.height
    assert {"BASE", "REGION", "AVISITN", "CHG"} <= set(found.key_variables)


# --- data that are no good ---


def assert_nothing(results: Results, reason: str) -> None:
    for row in results.of_analysis("a"):
        assert row.stat is None or row.stat_name in (
            "n", "n_subjects", "n_missing", "n_imputed", "imputations", "conf_level"
        ), row.result_id  # fmt: skip
        assert reason in row.warnings, row.warnings


@pytest.mark.parametrize("model", ["monotone", "fully_conditional"])
def test_a_visit_at_which_nobody_of_an_arm_is_observed_is_not_imputed(model: str) -> None:
    records = make_trial().filter((pl.col("ARM") == "P") | (pl.col("AVISITN") < 4))
    assert_nothing(impute(records, {"model": model}), "nothing was imputed: nobody of A has a value at 4")


@pytest.mark.parametrize("model", ["monotone", "fully_conditional"])
def test_too_few_values_for_the_regression_are_told(model: str) -> None:
    records = make_trial()
    few = records.filter((pl.col("ARM") == "A") & (pl.col("AVISITN") == 4))["USUBJID"].to_list()[5:]
    results = impute(records.filter((pl.col("AVISITN") < 4) | ~pl.col("USUBJID").is_in(few)), {"model": model})
    assert_nothing(results, "4 of A has 5 observed values for a regression with 5 coefficients")


def test_one_observation_at_a_visit_is_too_few() -> None:
    records = make_trial()
    alone = records.filter(
        (pl.col("AVISITN") < 4) | (pl.col("USUBJID") == records.filter(pl.col("AVISITN") == 4)["USUBJID"][0])
    )
    assert_nothing(impute(alone, {"by_arm": False}), "has 1 observed values for a regression with")


@pytest.mark.parametrize("model", ["monotone", "fully_conditional"])
def test_a_visit_that_repeats_another_is_a_singular_covariance(model: str) -> None:
    wide = make_trial().pivot("AVISITN", index=["USUBJID", "ARM", "BASE", "REGION"], values="CHG")
    copied = wide.with_columns(pl.when(pl.col("3").is_not_null()).then(pl.col("2")).alias("3"))
    records = copied.unpivot(
        on=["1", "2", "3", "4"], index=["USUBJID", "ARM", "BASE", "REGION"], variable_name="AVISITN", value_name="CHG"
    ).with_columns(pl.col("AVISITN").cast(pl.Int64))
    assert_nothing(impute(records.drop_nulls(), {"model": model}), "a singular covariance")


def test_an_arm_without_subjects_is_not_estimable() -> None:
    records = make_trial()
    results = impute(records, {"contrasts": (("A", "P"), ("B", "P"))}, arms=("P", "A", "B"))
    row = results["a/ARM=B - P/AVISITN=4/CHG/difference"]
    assert row.stat_text == "NE"
    assert row.warnings == "no subjects with ARM = B; not estimable from these subjects"
    assert stat(results, "ARM=B/AVISITN=4/CHG/n") == 0
    assert stat(results, difference(4)) < 0
    lacking = impute(records, {"assumption": "copy_reference", "reference": "B"}, arms=("P", "A", "B"))
    assert_nothing(lacking, "there is nobody with the reference B to impute from")


def test_a_single_visit_is_imputed_from_covariates_alone() -> None:
    records = make_trial(holes=0.2).filter(pl.col("AVISITN") == 1)
    everybody = make_trial()
    data = datasets(everybody)
    subjects = everybody.select("USUBJID", "ARM", "BASE", "REGION").unique("USUBJID", maintain_order=True)
    data["ADSL"] = Dataset(name="ADSL", frame=subjects)
    data["ADXX"] = Dataset(name="ADXX", frame=records.select("USUBJID", "AVISITN", "CHG"))
    results = analyze(plan_for({}), data)
    assert stat(results, "CHG/n_subjects") == 120
    assert stat(results, difference(1, "fraction_missing")) > 0


def test_several_records_of_a_subject_at_a_visit_are_not_chosen_from() -> None:
    records = make_trial()
    assert_nothing(impute(pl.concat([records, records[:2]])), "2 records too many: some subjects have several")


def test_subjects_without_a_covariate_are_left_out_and_counted() -> None:
    records = make_trial()
    holed = records.with_columns(
        pl.when(pl.col("USUBJID") == "S0000").then(None).otherwise(pl.col("BASE")).alias("BASE")
    )
    results = impute(holed)
    assert stat(results, "CHG/n_subjects") == 119
    assert stat(results, "CHG/n_missing") == 1
    assert "subjects without a covariate or factor, left out: 1" in results["a/CHG/n"].warnings
    nothing = records.with_columns(pl.lit(None, pl.Float64).alias("CHG"))
    assert_nothing(impute(nothing), "no subject with a value and all covariates")


def test_a_plan_that_does_not_fit_is_an_error() -> None:
    records = make_trial()
    with pytest.raises(PlanError, match="needs the model 'monotone'"):
        impute(records, {"model": "fully_conditional", "assumption": "copy_reference"})
    with pytest.raises(PlanError, match="option reference names 'X'"):
        impute(records, {"assumption": "copy_reference", "reference": "X"})
    with pytest.raises(PlanError, match="option delta names 'X'"):
        impute(records, {"delta": ({"value": 1.0, "levels": ("X",)},)})
    with pytest.raises(PlanError, match="names the visit '9'"):
        impute(records, {"delta": ({"value": 1.0, "visits": ("9",)},)})
    with pytest.raises(PlanError, match="REGION is a term of the model twice"):
        impute(records, {"factors": ("REGION", "REGION")})
    with pytest.raises(PlanError, match="imputations"):
        impute(records, {"imputations": 1})
