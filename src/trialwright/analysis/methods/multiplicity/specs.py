"""What the multiple test procedures take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.multiplicity.options import (
    DunnettOptions,
    GatekeepingOptions,
    GraphicalOptions,
    HypothesesOptions,
    TukeyOptions,
    WeightedOptions,
)
from trialwright.analysis.methods.options import Options
from trialwright.analysis.methods.spec import MethodSpec


def _on_results(summary: str, options: type[Options]) -> MethodSpec:
    return MethodSpec(summary=summary, options=options, max_variables=1, max_by=0)


SPECS: Mapping[str, MethodSpec] = {
    "bonferroni": _on_results("Bonferroni's procedure, also weighted", WeightedOptions),
    "holm": _on_results("Holm's procedure, also weighted", WeightedOptions),
    "hochberg": _on_results("Hochberg's procedure", HypothesesOptions),
    "hommel": _on_results("Hommel's procedure", HypothesesOptions),
    "fixed_sequence": _on_results("hypotheses tested in a fixed order", HypothesesOptions),
    "gatekeeping": _on_results("serial and parallel gatekeeping of families of hypotheses", GatekeepingOptions),
    "graphical": _on_results("graphical multiple test procedure", GraphicalOptions),
    "dunnett": MethodSpec(summary="Dunnett's comparisons with a control", options=DunnettOptions, compares=True),
    "tukey": MethodSpec(summary="Tukey and Kramer's comparisons of all pairs", options=TukeyOptions, compares=True),
}
