"""The methods for subgroups by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.subgroups.interaction import analyze_interaction, interaction_records

METHODS: Mapping[str, MethodFunction] = {"interaction": analyze_interaction}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {"interaction": interaction_records}
