"""What the methods for proportions and tables of counts take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.proportions.options import CmhOptions
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "cmh": MethodSpec(summary="Cochran-Mantel-Haenszel statistics", options=CmhOptions, compares=True),
}
