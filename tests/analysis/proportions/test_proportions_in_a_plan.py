"""The methods as a plan in YAML asks for them, and the way back from their results to the records."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from trialwright.analysis import AnalysisPlan, analyze, parse_plan, trace
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

PLAN = """
plan: {title: Proportions, alpha: 0.05}
analysis_sets:
  itt: {label: Intent-to-Treat, condition: "ITTFL = 'Y'"}
groupings:
  treatment: {variable: TRT01P, reference: Placebo, total: Total, levels: [Placebo, Low, High]}
  visit: {variable: AVISITN, levels: ["12", "24"]}
analyses:
  share: {method: proportion, dataset: ADEFF, population: itt, variables: CRIT1FL, by: [treatment, visit],
          options: {interval: wilson, missing: failure}}
  difference: {method: risk_difference, dataset: ADEFF, population: itt, where: "AVISITN = 24", variables: CRIT1FL,
          by: treatment, options: {method: miettinen_nurminen, strata: [REGION1], margin: -0.1, alternative: greater}}
  ratio: {method: risk_ratio, dataset: ADEFF, population: itt, where: "AVISITN = 24", variables: CRIT1FL, by: treatment,
          options: {event: "CRIT1FL = 'Y'", contrasts: [[High, Low]]}}
  day: {method: breslow_day, dataset: ADEFF, population: itt, where: "AVISITN = 24", variables: CRIT1FL, by: treatment,
          options: {strata: [REGION1]}}
  model: {method: logistic_regression, dataset: ADEFF, population: itt, variables: CRIT1FL, by: [treatment, visit],
          options: {factors: [REGION1], covariates: [BASE], intervals: profile, test: likelihood_ratio}}
  trend: {method: cochran_armitage, dataset: ADEFF, population: itt, where: "AVISITN = 24", variables: CRIT1FL,
          by: treatment, options: {scores: [0, 10, 30], method: exact}}
  cmh: {method: cmh, dataset: ADEFF, population: itt, by: [treatment, visit], variables: CRIT1FL,
          options: {strata: [REGION1], contrasts: [[High, Placebo]]}}
"""


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    return parse_plan(PLAN)


@pytest.fixture(scope="module")
def data() -> dict[str, Dataset]:
    rng = np.random.default_rng(11)
    n = 240
    arms = ["Placebo", "Low", "High"]
    adsl = pl.DataFrame(
        {
            "USUBJID": [f"S{k:03d}" for k in range(n)],
            "TRT01P": [arms[k % 3] for k in range(n)],
            "REGION1": ["Europe" if k % 2 else "North America" for k in range(n)],
            "ITTFL": ["N" if k >= 237 else "Y" for k in range(n)],
            "BASE": rng.normal(25, 4, n),
        }
    )
    visits = [
        {"USUBJID": f"S{k:03d}", "AVISITN": visit, "CRIT1FL": "Y" if rng.random() < 0.3 + 0.1 * (k % 3) else "N"}
        for k in range(n)
        for visit in (12, 24)
        if visit == 12 or k % 10
    ]
    return {"ADSL": Dataset(name="ADSL", frame=adsl), "ADEFF": Dataset(name="ADEFF", frame=pl.DataFrame(visits))}


@pytest.fixture(scope="module")
def results(plan: AnalysisPlan, data: dict[str, Dataset]) -> Results:
    return analyze(plan, data)


def test_every_method_gives_numbers(results: Results) -> None:
    for name in (
        "share/TRT01P=Total/AVISITN=24/CRIT1FL/ci_upper",
        "difference/TRT01P=High - Placebo/CRIT1FL/p_value",
        "difference/TRT01P=Low - Placebo/CRIT1FL/difference",
        "ratio/TRT01P=High %2F Low/CRIT1FL/risk_ratio",
        "day/TRT01P=High %2F Placebo/CRIT1FL/p_value",
        "model/TRT01P=High %2F Placebo/AVISITN=24/CRIT1FL/ci_lower",
        "model/AVISITN=12/BASE/odds_ratio",
        "trend/CRIT1FL/p_value",
        "cmh/TRT01P=High - Placebo/AVISITN=12/CRIT1FL/p_value",
    ):
        assert results[name].stat is not None, name


def test_non_responder_imputation_counts_the_whole_set_at_each_visit(results: Results) -> None:
    assert results["share/TRT01P=Total/AVISITN=24/CRIT1FL/N"].stat == 237
    assert results["share/TRT01P=Total/AVISITN=24/CRIT1FL/n_missing"].stat == 24
    assert results["share/TRT01P=Total/AVISITN=12/CRIT1FL/n_missing"].stat == 0


def test_results_lead_back_to_their_records(plan: AnalysisPlan, data: dict[str, Dataset], results: Results) -> None:
    for name, arms, visits in (
        ("share/TRT01P=High/AVISITN=24/CRIT1FL/p", {"High"}, {24}),
        ("difference/TRT01P=High - Placebo/CRIT1FL/difference", {"High", "Placebo"}, {24}),
        ("model/TRT01P=High %2F Placebo/AVISITN=12/CRIT1FL/odds_ratio", {"High", "Placebo"}, {12}),
        ("cmh/AVISITN=12/CRIT1FL/p_value", {"High", "Low", "Placebo"}, {12}),
    ):
        found = trace(name, plan, data, results)
        assert set(found.rows["TRT01P"]) == arms, name
        assert set(found.rows["AVISITN"]) == visits, name
        assert found.rows.height > 60


def test_options_that_do_not_fit_are_said_with_their_place() -> None:
    with pytest.raises(PlanError, match="knows no strata"):
        parse_plan(PLAN.replace("method: miettinen_nurminen", "method: wald"))
    with pytest.raises(PlanError, match="greater than -1"):
        parse_plan(PLAN.replace("margin: -0.1", "margin: -10"))


def test_a_model_with_many_sites_has_profile_limits_around_its_estimates() -> None:
    from trialwright.analysis.methods.proportions.logistic_fit import fit_logistic

    rng = np.random.default_rng(5)
    sites, arms = rng.integers(0, 30, 1000), rng.integers(0, 3, 1000)
    design = np.hstack([np.ones((1000, 1)), np.eye(3)[arms], np.eye(30)[sites], rng.normal(size=(1000, 2))])
    response = (rng.random(1000) < 0.3 + 0.1 * arms).astype(float)
    function = np.zeros(design.shape[1])
    function[1], function[3] = -1, 1
    for is_firth in (False, True):
        model = fit_logistic(design, response, is_firth=is_firth)
        lower, upper = model.profile_interval(function, 0.95)
        assert lower < model.estimate(function)[0] < upper
