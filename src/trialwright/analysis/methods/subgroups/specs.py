"""What the methods for subgroups take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec
from trialwright.analysis.methods.subgroups.options import InteractionOptions

SPECS: Mapping[str, MethodSpec] = {
    "interaction": MethodSpec(
        summary="tests of interactions of treatment with subgroups",
        options=InteractionOptions,
        compares=True,
        max_variables=1,
    ),
}
