"""What the methods for proportions and tables of counts take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.proportions.options import (
    BreslowDayOptions,
    CmhOptions,
    CochranArmitageOptions,
    LogisticOptions,
    McnemarOptions,
    OddsRatioOptions,
    ProportionOptions,
    RiskDifferenceOptions,
    RiskRatioOptions,
)
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "cmh": MethodSpec(summary="Cochran-Mantel-Haenszel statistics", options=CmhOptions, compares=True),
    "proportion": MethodSpec(summary="a proportion with its confidence interval", options=ProportionOptions),
    "risk_difference": MethodSpec(
        summary="differences of proportions, with and without strata", options=RiskDifferenceOptions, compares=True
    ),
    "risk_ratio": MethodSpec(
        summary="ratios of proportions, with and without strata", options=RiskRatioOptions, compares=True
    ),
    "odds_ratio": MethodSpec(summary="odds ratios, with and without strata", options=OddsRatioOptions, compares=True),
    "breslow_day": MethodSpec(
        summary="test that strata have the same odds ratio", options=BreslowDayOptions, compares=True
    ),
    "logistic_regression": MethodSpec(
        summary="logistic regression with odds ratios, also penalised (Firth)", options=LogisticOptions, compares=True
    ),
    "mcnemar": MethodSpec(
        summary="test of two binary variables of the same subjects", options=McnemarOptions, max_variables=2
    ),
    "cochran_armitage": MethodSpec(
        summary="test of a trend of proportions", options=CochranArmitageOptions, compares=True
    ),
}
