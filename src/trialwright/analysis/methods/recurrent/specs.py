"""What the methods for counts and recurrent events take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.recurrent.options import (
    AndersenGillOptions,
    ExposureRateOptions,
    MeanCumulativeOptions,
    NegativeBinomialOptions,
    PoissonOptions,
)
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "poisson_regression": MethodSpec(
        summary="Poisson regression of counts with rate ratios", options=PoissonOptions, compares=True
    ),
    "negative_binomial": MethodSpec(
        summary="negative binomial regression of counts with rate ratios",
        options=NegativeBinomialOptions,
        compares=True,
    ),
    "andersen_gill": MethodSpec(
        summary="Andersen and Gill's model of recurrent events with robust variance",
        options=AndersenGillOptions,
        compares=True,
        max_variables=1,
    ),
    "mean_cumulative_function": MethodSpec(
        summary="mean number of events over time", options=MeanCumulativeOptions, max_variables=1
    ),
    "exposure_adjusted_rate": MethodSpec(
        summary="events by time at risk, with exact intervals", options=ExposureRateOptions, max_variables=1
    ),
}
