"""What the methods for missing data take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.imputation.options import MultipleImputationOptions, TippingPointOptions
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "multiple_imputation": MethodSpec(
        summary="analysis of covariance at each visit of multiply imputed data, under MAR or with reference to an arm",
        options=MultipleImputationOptions,
        compares=True,
        max_by=3,  # the visit may be one group more in a result's name
    ),
    "tipping_point": MethodSpec(
        summary="multiple imputation with growing penalties, up to the one at which significance is lost",
        options=TippingPointOptions,
        compares=True,
        max_by=2,  # the visit and the penalty are groups of a result's name
    ),
}
