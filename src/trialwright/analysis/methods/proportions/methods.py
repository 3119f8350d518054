"""The methods for proportions and tables of counts by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.proportions.cmh import analyze_cmh, cmh_records
from trialwright.analysis.methods.proportions.logistic import analyze_logistic_regression, logistic_records
from trialwright.analysis.methods.proportions.odds_ratio import analyze_breslow_day, analyze_odds_ratio
from trialwright.analysis.methods.proportions.one_sample import analyze_proportion
from trialwright.analysis.methods.proportions.paired import analyze_mcnemar, mcnemar_records
from trialwright.analysis.methods.proportions.responses import used_records
from trialwright.analysis.methods.proportions.risk_difference import analyze_risk_difference
from trialwright.analysis.methods.proportions.risk_ratio import analyze_risk_ratio
from trialwright.analysis.methods.proportions.trend import analyze_cochran_armitage

METHODS: Mapping[str, MethodFunction] = {
    "cmh": analyze_cmh,
    "proportion": analyze_proportion,
    "risk_difference": analyze_risk_difference,
    "risk_ratio": analyze_risk_ratio,
    "odds_ratio": analyze_odds_ratio,
    "breslow_day": analyze_breslow_day,
    "logistic_regression": analyze_logistic_regression,
    "mcnemar": analyze_mcnemar,
    "cochran_armitage": analyze_cochran_armitage,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    "cmh": cmh_records,
    "proportion": used_records,
    "risk_difference": used_records,
    "risk_ratio": used_records,
    "odds_ratio": used_records,
    "breslow_day": used_records,
    "logistic_regression": logistic_records,
    "mcnemar": mcnemar_records,
    "cochran_armitage": used_records,
}
