"""What must hold for any two groups and any table, zero cells included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.analysis.methods.proportions.cmh import Alternative, Scores, compute_cmh
from trialwright.analysis.methods.proportions.comparison import Measure, TwoGroups
from trialwright.analysis.methods.proportions.odds_ratio import compute_breslow_day, compute_odds_ratio
from trialwright.analysis.methods.proportions.one_sample import compute_proportion_interval
from trialwright.analysis.methods.proportions.risk_difference import compute_risk_difference
from trialwright.analysis.methods.proportions.risk_ratio import compute_risk_ratio
from trialwright.analysis.methods.proportions.trend import compute_cochran_armitage

ALTERNATIVES: tuple[Alternative, ...] = ("correlation", "row_mean_scores", "general")
SCORES: tuple[Scores, ...] = ("table", "rank", "ridit", "modified_ridit")


@st.composite
def strata(draw: st.DrawFn, at_most: int = 4) -> TwoGroups:
    totals = [(draw(st.integers(1, 12)), draw(st.integers(1, 12))) for _ in range(draw(st.integers(1, at_most)))]
    events = [(draw(st.integers(0, a)), draw(st.integers(0, b))) for a, b in totals]
    return TwoGroups(events=np.array(events, dtype=float), totals=np.array(totals, dtype=float))


def turned(groups: TwoGroups) -> TwoGroups:
    return TwoGroups(events=groups.events[:, ::-1], totals=groups.totals[:, ::-1])


def same(actual: float | None, expected: float | None, tolerance: float = 1e-6) -> None:
    if expected is None or actual is None:
        assert actual is None
        assert expected is None
    else:
        assert actual == pytest.approx(expected, rel=tolerance, abs=tolerance)


def holds_estimate(found: Measure) -> None:
    if found.ci_lower is None or found.ci_upper is None:
        assert found.ci_lower is None
        assert found.ci_upper is None
        assert found.warning
        return
    assert found.estimate is not None
    assert found.ci_lower <= found.estimate * (1 + 1e-6) + 1e-6
    assert found.ci_upper >= found.estimate * (1 - 1e-6) - 1e-6
    assert found.p_value is None or 0 <= found.p_value <= 1


@settings(max_examples=60, deadline=None)
@given(strata(), st.sampled_from(["wald", "newcombe", "miettinen_nurminen", "farrington_manning", "mantel_haenszel"]))
def test_a_difference_turned_round_changes_its_sign(groups: TwoGroups, method: str) -> None:
    is_stratified = method in ("newcombe", "miettinen_nurminen", "mantel_haenszel") and len(groups.totals) > 1
    if method == "mantel_haenszel" and not is_stratified:
        return
    for weights in ("cmh", "miettinen_nurminen"):
        one, other = (
            compute_risk_difference(each, method, 0.95, weights=weights, is_stratified=is_stratified)
            for each in (groups, turned(groups))
        )
        holds_estimate(one)
        same(other.estimate, None if one.estimate is None else -one.estimate)
        same(other.ci_lower, None if one.ci_upper is None else -one.ci_upper)
        same(other.p_value, one.p_value)
        if one.ci_lower is not None and one.ci_upper is not None and method not in ("wald", "mantel_haenszel"):
            assert -1 <= one.ci_lower <= one.ci_upper <= 1


@settings(max_examples=15, deadline=None)
@given(strata(at_most=1), st.sampled_from(["santner_snell", "chan_zhang"]))
def test_an_exact_difference_turned_round_changes_its_sign(groups: TwoGroups, method: str) -> None:
    one, other = (compute_risk_difference(each, method, 0.95) for each in (groups, turned(groups)))
    holds_estimate(one)
    same(other.ci_lower, None if one.ci_upper is None else -one.ci_upper, 1e-5)
    same(other.p_value, one.p_value, 1e-5)


@settings(max_examples=60, deadline=None)
@given(
    strata(),
    st.sampled_from(
        [
            ("risk", "wald"),
            ("risk", "miettinen_nurminen"),
            ("risk", "koopman"),
            ("risk", "mantel_haenszel"),
            ("odds", "woolf"),
            ("odds", "exact"),
            ("odds", "score"),
            ("odds", "miettinen_nurminen"),
            ("odds", "mantel_haenszel"),
        ]
    ),
    st.booleans(),
)
def test_a_ratio_turned_round_is_its_inverse(groups: TwoGroups, which: tuple[str, str], adds_half: bool) -> None:
    function = compute_risk_ratio if which[0] == "risk" else compute_odds_ratio
    one, other = (function(each, which[1], 0.95, adds_half=adds_half) for each in (groups, turned(groups)))
    for found in (one, other):
        if found.estimate is not None and math.isfinite(found.estimate):
            holds_estimate(found)
    if one.estimate and math.isfinite(one.estimate):
        assert other.estimate == pytest.approx(1 / one.estimate, rel=1e-6)
    same(other.p_value, one.p_value)
    if one.ci_lower and other.ci_upper is not None and math.isfinite(other.ci_upper):
        assert other.ci_upper == pytest.approx(1 / one.ci_lower, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(strata(), st.booleans())
def test_breslow_day_does_not_depend_on_the_order_of_groups(groups: TwoGroups, is_adjusted: bool) -> None:
    one, other = (compute_breslow_day(each, is_adjusted=is_adjusted) for each in (groups, turned(groups)))
    same(other.statistic, one.statistic)
    assert (one.statistic is None) == (one.p_value is None)
    if one.statistic is None:
        assert one.warning


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from(["wald", "wilson", "wilson_corrected", "clopper_pearson", "agresti_coull", "jeffreys"]),
    st.sampled_from([0.8, 0.95, 0.999]),
)
def test_an_interval_holds_its_proportion_and_mirrors(counts: tuple[int, int], method: str, conf_level: float) -> None:
    events, total = counts
    lower, upper = compute_proportion_interval(events, total, conf_level, method)
    assert 0 <= lower <= events / total + 1e-12
    assert events / total - 1e-12 <= upper <= 1
    mirrored = compute_proportion_interval(total - events, total, conf_level, method)
    assert mirrored == pytest.approx((1 - upper, 1 - lower), abs=1e-9)


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray[tuple[int, int, int], np.dtype[np.int64]]:
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4)))
    cells = draw(st.lists(st.integers(0, 5), min_size=math.prod(shape), max_size=math.prod(shape)))
    return np.array(cells, dtype=np.int64).reshape(shape)


@settings(max_examples=80, deadline=None)
@given(tables(), st.sampled_from(ALTERNATIVES), st.sampled_from(SCORES))
def test_cmh_does_not_depend_on_the_order_of_strata_and_rows(
    table: np.ndarray[tuple[int, int, int], np.dtype[np.int64]], alternative: Alternative, scores: Scores
) -> None:
    one = compute_cmh(table, alternative, scores)
    other = compute_cmh(table[::-1, ::-1], alternative, scores)
    assert (one.df, one.strata, one.n) == (other.df, other.strata, other.n)
    same(other.statistic, one.statistic)
    mirrored = compute_cmh(table[:, :, ::-1], alternative, scores)
    same(mirrored.statistic, one.statistic)
    assert one.df <= one.df_whole or one.statistic is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=4),
    st.booleans(),
)
def test_a_trend_mirrored_has_the_other_sign(groups: list[tuple[int, int]], is_exact: bool) -> None:
    events, totals = [x for x, _ in groups], [n for _, n in groups]
    scores = [float(number) for number in range(len(groups))]
    one = compute_cochran_armitage(events, totals, scores, is_exact=is_exact)
    other = compute_cochran_armitage(events[::-1], totals[::-1], scores, is_exact=is_exact)
    same(other.statistic, None if one.statistic is None else -one.statistic)
    same(other.p_value, one.p_value)
