"""What the methods for numbers compared between groups take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.continuous.options import (
    RankAncovaOptions,
    TTestOptions,
    VanElterenOptions,
    WilcoxonOptions,
)
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "t_test": MethodSpec(summary="Student's and Welch's t tests", options=TTestOptions),
    "wilcoxon": MethodSpec(
        summary="Wilcoxon's tests and the Kruskal-Wallis test, with Hodges-Lehmann estimates", options=WilcoxonOptions
    ),
    "van_elteren": MethodSpec(
        summary="van Elteren's stratified Wilcoxon test", options=VanElterenOptions, compares=True
    ),
    "rank_ancova": MethodSpec(
        summary="nonparametric analysis of covariance of ranks", options=RankAncovaOptions, compares=True
    ),
}
