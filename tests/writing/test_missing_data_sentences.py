"""What section 9.7.1 says of methods for repeated measures and missing data, and of estimands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.writing.report_inputs import analysis, plan_of, section_text

from trialwright.analysis.estimands import IntercurrentEvent
from trialwright.analysis.plan import Analysis, OptionValue
from trialwright.results import Results
from trialwright.study import Study, example_study
from trialwright.writing import write_csr


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


def told(study: Study, *analyses: Analysis) -> str:
    return section_text(write_csr(study, plan_of(*analyses), Results.of([]), []), "9.7.1")


def test_a_repeated_measures_model_is_told_with_structure_degrees_of_freedom_and_terms(study: Study) -> None:
    options: Mapping[str, OptionValue] = {
        "factors": ("REGION1",),
        "covariates_by_visit": ("BASE",),
        "structure": "toeplitz_heterogeneous",
    }
    text = told(study, analysis("a", "mmrm", "primary_efficacy", options=options))
    assert (
        "mixed model for repeated measures (restricted maximum likelihood) of the observed data with treatment, visit "
        "and their interaction, and with region, and with slopes of baseline value by visit as terms of the mean; a "
        "heterogeneous Toeplitz covariance within patients and Kenward and Roger's variance and degrees of freedom; "
        "LS means and their differences with confidence intervals by visit (analysis set: Intent-to-treat)."
    ) in text
    plain = told(
        study, analysis("a", "mmrm", "primary_efficacy", options={"effects": "arm+visit", "df": "satterthwaite"})
    )
    assert "with treatment and visit as terms of the mean; an unstructured covariance within patients and" in plain


def test_multiple_imputation_is_told_with_its_assumption(study: Study) -> None:
    options: Mapping[str, OptionValue] = {
        "covariates": ("BASE",),
        "assumption": "jump_to_reference",
        "imputations": 200,
    }
    text = told(study, analysis("a", "multiple_imputation", "supportive_efficacy", options=options))
    assert (
        "analysis of covariance at each visit with treatment and baseline value, after multiple imputation "
        "(200 completed datasets, pooled by Rubin's rules with Barnard and Rubin's degrees of freedom); missing values "
        "were drawn by regression of each visit on those before it and the terms of the analysis, within each of the "
        "treatment groups; after discontinuation they were taken to jump to the mean of the reference group "
        "(analysis set: Intent-to-treat)."
    ) in text
    options = {"deltas": (0, 1), "contrasts": (("High", "Placebo"),)}
    text = told(study, analysis("a", "tipping_point", "supportive_efficacy", options=options))
    assert (
        "tipping point analysis: analysis of covariance at each visit with treatment after multiple imputation" in text
    )


def test_intercurrent_events_are_told_with_their_strategies(study: Study) -> None:
    events = (
        IntercurrentEvent(event="rescue medication", strategy="treatment_policy"),
        IntercurrentEvent(event="stopping treatment", strategy="hypothetical", after="ADY > STOPDY", missing=("CHG",)),
    )
    one = replace(analysis("a", "mmrm", "primary_efficacy"), intercurrent_events=events)
    text = told(study, one)
    assert (
        "by visit; values were used whether or not rescue medication had occurred (treatment policy strategy) and "
        "values after stopping treatment were counted as missing (hypothetical strategy) (analysis set" in text
    )
