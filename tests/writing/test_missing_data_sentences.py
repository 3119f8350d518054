"""What section 9.7.1 says of methods for repeated measures and missing data, and of estimands."""

from __future__ import annotations

import pytest
from tests.writing.report_inputs import analysis, plan_of, section_text

from trialwright.analysis.plan import Analysis
from trialwright.results import Results
from trialwright.study import Study, example_study
from trialwright.writing import write_csr


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


def told(study: Study, *analyses: Analysis) -> str:
    return section_text(write_csr(study, plan_of(*analyses), Results.of([]), []), "9.7.1")


def test_a_repeated_measures_model_is_told_with_structure_degrees_of_freedom_and_terms(study: Study) -> None:
    options = {"factors": ("REGION1",), "covariates_by_visit": ("BASE",), "structure": "toeplitz_heterogeneous"}
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
