"""The multiple test procedures by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.multiplicity.comparisons import analyze_dunnett, analyze_tukey, comparison_records
from trialwright.analysis.methods.multiplicity.gatekeeping import analyze_gatekeeping
from trialwright.analysis.methods.multiplicity.graphical import analyze_graphical
from trialwright.analysis.methods.multiplicity.hypotheses import no_records
from trialwright.analysis.methods.multiplicity.stepwise import (
    analyze_bonferroni,
    analyze_fixed_sequence,
    analyze_hochberg,
    analyze_holm,
    analyze_hommel,
)

METHODS: Mapping[str, MethodFunction] = {
    "bonferroni": analyze_bonferroni,
    "holm": analyze_holm,
    "hochberg": analyze_hochberg,
    "hommel": analyze_hommel,
    "fixed_sequence": analyze_fixed_sequence,
    "gatekeeping": analyze_gatekeeping,
    "graphical": analyze_graphical,
    "dunnett": analyze_dunnett,
    "tukey": analyze_tukey,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    **dict.fromkeys(
        ("bonferroni", "holm", "hochberg", "hommel", "fixed_sequence", "gatekeeping", "graphical"), no_records
    ),
    "dunnett": comparison_records,
    "tukey": comparison_records,
}
