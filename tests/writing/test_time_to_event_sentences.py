"""How the report tells the methods for times to an event."""

from __future__ import annotations

import pytest
from tests.writing.report_inputs import analysis, plan_of, section_text

from trialwright.analysis.plan import OptionValue
from trialwright.results import Results
from trialwright.study import example_study
from trialwright.writing import write_csr

CASES: list[tuple[str, dict[str, OptionValue], str]] = [
    (
        "weighted_logrank",
        {"gamma": 1, "strata": ("REGION1",)},
        "log-rank test with Fleming and Harrington's weights (rho = 0, gamma = 1) by treatment, stratified by",
    ),
    ("weighted_logrank", {"weights": "tarone_ware"}, "log-rank test with Tarone and Ware's weights by treatment"),
    ("maxcombo", {}, "largest of several weighted log-rank tests (MaxCombo) between levels of treatment"),
    (
        "cox",
        {"interval": "profile", "ties": "breslow"},
        "Cox's proportional hazards model with treatment, Breslow's method for ties; hazard ratios with "
        "confidence intervals by the profile likelihood",
    ),
    ("cox", {"robust": True}, "Efron's method for ties and robust variance; hazard ratios with"),
    ("proportional_hazards_test", {}, "test of proportional hazards in Cox's model with treatment"),
    ("rmst", {"tau": 24}, "restricted mean survival times up to time 24 by treatment"),
    ("rmst", {}, "restricted mean survival times by treatment with confidence intervals"),
    ("piecewise_exponential", {"cutpoints": (28,)}, "hazards that are constant within intervals of time, by treatment"),
    ("cumulative_incidence", {"competing": {"Death": 2}}, "cumulative incidences of competing events by treatment"),
    ("gray_test", {"competing": {"Death": 2}}, "Gray's test of cumulative incidences by treatment"),
    ("fine_gray", {"competing": {"Death": 2}}, "Fine and Gray's proportional hazards model of the subdistribution"),
]


@pytest.mark.parametrize(("method", "options", "expected"), CASES)
def test_a_method_is_told_in_words(method: str, options: dict[str, OptionValue], expected: str) -> None:
    told = analysis("a", method, "primary_efficacy", variables=("AVAL",), options=options)
    text = section_text(write_csr(example_study(), plan_of(told), Results.of([]), []), "9.7.1")
    assert expected in text
