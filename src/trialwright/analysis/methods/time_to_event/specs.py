"""What the methods for time to an event take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec
from trialwright.analysis.methods.time_to_event.options import (
    CoxOptions,
)

SPECS: Mapping[str, MethodSpec] = {
    "cox": MethodSpec(
        summary="proportional hazards model with hazard ratios", options=CoxOptions, compares=True, max_variables=1
    ),
}
