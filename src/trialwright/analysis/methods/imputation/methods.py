"""The methods for missing data by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.imputation.multiple_imputation import analyze_multiple_imputation
from trialwright.analysis.methods.imputation.options import ImputationOptions
from trialwright.analysis.methods.imputation.tipping_point import analyze_tipping_point
from trialwright.analysis.methods.mmrm_model import find_visits
from trialwright.analysis.request import Booleans, Request

METHODS: Mapping[str, MethodFunction] = {
    "multiple_imputation": analyze_multiple_imputation,
    "tipping_point": analyze_tipping_point,
}


def _at_visits(request: Request, options: ImputationOptions) -> Booleans:
    """The records at a visit of the model, in a level of the treatment, that have a response."""
    everywhere = np.ones(request.frame.height, dtype=bool)
    used = (request.level_codes(everywhere) >= 0) & (find_visits(request, options).codes >= 0)
    has = [~np.isnan(request.numbers(variable)) for variable in request.analysis.variables]
    found: Booleans = used & np.logical_or.reduce(has)
    return found


#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {"multiple_imputation": _at_visits, "tipping_point": _at_visits}
