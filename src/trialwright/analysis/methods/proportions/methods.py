"""The methods for proportions and tables of counts by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.proportions.cmh import analyze_cmh, cmh_records

METHODS: Mapping[str, MethodFunction] = {
    "cmh": analyze_cmh,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    "cmh": cmh_records,
}
