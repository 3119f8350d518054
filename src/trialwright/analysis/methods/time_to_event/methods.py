"""The methods for time to an event by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.time_to_event.cox import analyze_cox, cox_records
from trialwright.analysis.methods.time_to_event.cumulative_incidence import (
    analyze_cumulative_incidence,
    incidence_records,
)
from trialwright.analysis.methods.time_to_event.fine_gray import analyze_fine_gray, fine_gray_records
from trialwright.analysis.methods.time_to_event.gray import analyze_gray_test, gray_records
from trialwright.analysis.methods.time_to_event.kaplan_meier import analyze_kaplan_meier
from trialwright.analysis.methods.time_to_event.logrank import (
    analyze_logrank,
    analyze_weighted_logrank,
    weighted_logrank_records,
)
from trialwright.analysis.methods.time_to_event.maxcombo import analyze_maxcombo, maxcombo_records
from trialwright.analysis.methods.time_to_event.piecewise import analyze_piecewise_exponential, piecewise_records
from trialwright.analysis.methods.time_to_event.proportional_hazards import (
    analyze_proportional_hazards_test,
    proportional_hazards_records,
)
from trialwright.analysis.methods.time_to_event.rmst import analyze_rmst, rmst_records

METHODS: Mapping[str, MethodFunction] = {
    "kaplan_meier": analyze_kaplan_meier,
    "logrank": analyze_logrank,
    "weighted_logrank": analyze_weighted_logrank,
    "maxcombo": analyze_maxcombo,
    "cox": analyze_cox,
    "proportional_hazards_test": analyze_proportional_hazards_test,
    "rmst": analyze_rmst,
    "piecewise_exponential": analyze_piecewise_exponential,
    "cumulative_incidence": analyze_cumulative_incidence,
    "gray_test": analyze_gray_test,
    "fine_gray": analyze_fine_gray,
}

#: Which records of the request a method works on, before groups part them; for `trace`. It knows more of
#: `kaplan_meier` and `logrank`: who is at risk, and who has the event, at each time.
RECORDS: Mapping[str, RecordsUsed] = {
    "weighted_logrank": weighted_logrank_records,
    "maxcombo": maxcombo_records,
    "cox": cox_records,
    "proportional_hazards_test": proportional_hazards_records,
    "rmst": rmst_records,
    "piecewise_exponential": piecewise_records,
    "cumulative_incidence": incidence_records,
    "gray_test": gray_records,
    "fine_gray": fine_gray_records,
}
