"""The methods for time to an event by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.time_to_event.cox import analyze_cox, cox_records

METHODS: Mapping[str, MethodFunction] = {
    "cox": analyze_cox,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    "cox": cox_records,
}
