"""How the report tells the methods for proportions and for numbers compared between groups."""

from __future__ import annotations

import pytest
from tests.writing.report_inputs import analysis, plan_of, section_text

from trialwright.analysis.plan import OptionValue
from trialwright.results import Results
from trialwright.study import example_study
from trialwright.writing import write_csr

PAIR = (("High", "Placebo"),)
CASES: list[tuple[str, dict[str, OptionValue], str]] = [
    ("cmh", {"alternative": "row_mean_scores"}, "Cochran-Mantel-Haenszel test of mean scores by treatment"),
    (
        "cmh",
        {"strata": ("REGION1",)},
        "Cochran-Mantel-Haenszel test of general association by treatment, stratified by",
    ),
    ("proportion", {}, "proportions with exact (Clopper-Pearson) confidence intervals by treatment"),
    (
        "proportion",
        {"interval": "wilson", "missing": "failure"},
        "Wilson's confidence intervals by treatment; patients without a response counted as non-responders",
    ),
    (
        "risk_difference",
        {"contrasts": PAIR},
        "differences of proportions between levels of treatment with Newcombe's confidence intervals",
    ),
    (
        "risk_difference",
        {"contrasts": PAIR, "method": "miettinen_nurminen", "strata": ("REGION1",), "margin": -0.1},
        "confidence intervals and tests after Miettinen and Nurminen, stratified by",
    ),
    (
        "risk_difference",
        {"contrasts": PAIR, "method": "farrington_manning", "margin": -0.1},
        "Farrington and Manning; the difference under the null hypothesis was -0.1",
    ),
    (
        "risk_ratio",
        {"contrasts": PAIR, "method": "koopman"},
        "risk ratios between levels of treatment with Koopman's score confidence intervals",
    ),
    ("odds_ratio", {"contrasts": PAIR, "method": "exact"}, "exact conditional confidence intervals and Fisher's"),
    (
        "breslow_day",
        {"contrasts": PAIR, "strata": ("REGION1",)},
        "Breslow-Day test with Tarone's adjustment that the odds ratios",
    ),
    (
        "logistic_regression",
        {"contrasts": PAIR, "penalty": "firth", "intervals": "profile", "test": "likelihood_ratio"},
        "logistic regression by Firth's penalised likelihood with treatment; odds ratios with profile "
        "likelihood confidence intervals and likelihood ratio tests",
    ),
    ("cochran_armitage", {"method": "exact"}, "exact Cochran-Armitage test of a trend of proportions"),
    (
        "t_test",
        {"contrasts": PAIR},
        "Welch's t test (unequal variances, Satterthwaite's degrees of freedom) by treatment",
    ),
    ("t_test", {"contrasts": PAIR, "variance": "equal"}, "t test with pooled variance by treatment"),
    ("t_test", {"design": "paired", "pair": "BASE"}, "paired t test by treatment"),
    ("wilcoxon", {"design": "one_sample"}, "Wilcoxon signed rank test by treatment"),
]


@pytest.mark.parametrize(("method", "options", "expected"), CASES)
def test_a_method_is_told_with_what_the_options_choose(
    method: str, options: dict[str, OptionValue], expected: str
) -> None:
    told = analysis("a", method, "primary_efficacy", variables=("AVAL",), options=options)
    text = section_text(write_csr(example_study(), plan_of(told), Results.of([]), []), "9.7.1")
    assert expected in text
