"""The methods for numbers compared between groups by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.continuous.rank_ancova import analyze_rank_ancova, rank_ancova_records
from trialwright.analysis.methods.continuous.t_test import analyze_t_test, t_test_records
from trialwright.analysis.methods.continuous.van_elteren import analyze_van_elteren, van_elteren_records
from trialwright.analysis.methods.continuous.wilcoxon import analyze_wilcoxon, wilcoxon_records
from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed

METHODS: Mapping[str, MethodFunction] = {
    "t_test": analyze_t_test,
    "wilcoxon": analyze_wilcoxon,
    "van_elteren": analyze_van_elteren,
    "rank_ancova": analyze_rank_ancova,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    "t_test": t_test_records,
    "wilcoxon": wilcoxon_records,
    "van_elteren": van_elteren_records,
    "rank_ancova": rank_ancova_records,
}
