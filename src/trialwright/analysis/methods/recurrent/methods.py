"""The methods for counts and recurrent events by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.recurrent.andersen_gill import analyze_andersen_gill
from trialwright.analysis.methods.recurrent.exposure_rates import (
    analyze_exposure_adjusted_rate,
    exposure_rate_records,
)
from trialwright.analysis.methods.recurrent.histories import history_records
from trialwright.analysis.methods.recurrent.mean_cumulative import analyze_mean_cumulative_function
from trialwright.analysis.methods.recurrent.rate_models import (
    analyze_negative_binomial,
    analyze_poisson,
    rate_model_records,
)

METHODS: Mapping[str, MethodFunction] = {
    "poisson_regression": analyze_poisson,
    "negative_binomial": analyze_negative_binomial,
    "andersen_gill": analyze_andersen_gill,
    "mean_cumulative_function": analyze_mean_cumulative_function,
    "exposure_adjusted_rate": analyze_exposure_adjusted_rate,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    "poisson_regression": rate_model_records,
    "negative_binomial": rate_model_records,
    "andersen_gill": history_records,
    "mean_cumulative_function": history_records,
    "exposure_adjusted_rate": exposure_rate_records,
}
