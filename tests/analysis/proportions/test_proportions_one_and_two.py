"""Proportions, their differences and ratios against published tables, R and Python's statsmodels and scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.validation import References

from trialwright.analysis.methods.proportions.comparison import Measure, TwoGroups, two_groups
from trialwright.analysis.methods.proportions.odds_ratio import compute_breslow_day, compute_odds_ratio
from trialwright.analysis.methods.proportions.one_sample import compute_proportion_interval
from trialwright.analysis.methods.proportions.risk_difference import compute_risk_difference
from trialwright.analysis.methods.proportions.risk_ratio import compute_risk_ratio

R = "R 4.2.2"
STATSMODELS = "statsmodels 0.15.0"
NEWCOMBE_1 = "Newcombe RG. Stat Med 1998;17:857-872, table I"
NEWCOMBE_2 = "Newcombe RG. Stat Med 1998;17:873-890, table II"
# SAS/STAT User's Guide, The FREQ Procedure, example Cochran-Mantel-Haenszel Statistics: migraine, women and men.
MIGRAINE = TwoGroups(events=np.array([[16.0, 5.0], [12.0, 7.0]]), totals=np.array([[27.0, 25.0], [28.0, 26.0]]))
SAS_MIGRAINE = "SAS/STAT User's Guide, The FREQ Procedure, example Cochran-Mantel-Haenszel Statistics (Migraine)"
# Three small strata with a group of no responders in two.
SPARSE = TwoGroups(
    events=np.array([[0.0, 2.0], [3.0, 1.0], [5.0, 0.0]]), totals=np.array([[4.0, 10.0], [10.0, 7.0], [14.0, 11.0]])
)


UNEVEN = TwoGroups(
    events=np.array([[1.0, 2.0], [3.0, 1.0], [5.0, 1.0], [30.0, 12.0]]),
    totals=np.array([[4.0, 10.0], [10.0, 7.0], [14.0, 11.0], [40.0, 25.0]]),
)


@pytest.mark.validates("proportion")
@pytest.mark.parametrize(
    ("events", "total", "method", "lower", "upper"),
    [
        (81, 263, "wald", 0.2522, 0.3638),
        (81, 263, "clopper_pearson", 0.2527, 0.3676),
        (81, 263, "wilson", 0.2553, 0.3662),
        (81, 263, "wilson_corrected", 0.2535, 0.3682),
        (15, 148, "wald", 0.0527, 0.1500),
        (15, 148, "clopper_pearson", 0.0578, 0.1617),
        (15, 148, "wilson", 0.0624, 0.1605),
        (15, 148, "wilson_corrected", 0.0598, 0.1644),
        (0, 20, "clopper_pearson", 0.0, 0.1684),
        (0, 20, "wilson", 0.0, 0.1611),
        (0, 20, "wilson_corrected", 0.0, 0.2005),
        (1, 29, "clopper_pearson", 0.0009, 0.1776),
        (1, 29, "wilson", 0.0061, 0.1718),
        (1, 29, "wilson_corrected", 0.0018, 0.1963),
    ],
)
def test_newcombes_table_of_intervals(
    reference: References, events: int, total: int, method: str, lower: float, upper: float
) -> None:
    found = compute_proportion_interval(events, total, 0.95, method)
    reference.holds(f"{method}, {events}/{total}, lower", found[0], lower, tolerance=5e-5, source=NEWCOMBE_1)
    reference.holds(f"{method}, {events}/{total}, upper", found[1], upper, tolerance=5e-5, source=NEWCOMBE_1)


@pytest.mark.validates("proportion")
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("wald", "normal"),
        ("wilson", "wilson"),
        ("clopper_pearson", "beta"),
        ("agresti_coull", "agresti_coull"),
        ("jeffreys", "jeffreys"),
    ],
)
def test_statsmodels_intervals(reference: References, ours: str, theirs: str) -> None:
    from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

    for events, total, conf_level in ((3, 17, 0.95), (16, 17, 0.9), (40, 200, 0.99)):
        found = compute_proportion_interval(events, total, conf_level, ours)
        expected = proportion_confint(events, total, alpha=1 - conf_level, method=theirs)
        source = f"{STATSMODELS}, proportion_confint({events}, {total}, alpha={1 - conf_level:.2f}, method='{theirs}')"
        for side, actual, value in zip(("lower", "upper"), found, expected, strict=True):
            reference.holds(f"{ours}, {events}/{total}, {side}", actual, float(value), tolerance=1e-9, source=source)


def test_jeffreys_limits_reach_the_ends_where_nobody_or_everybody_responds() -> None:
    # SAS: the lower limit is 0 for no events, the upper limit 1 for all.
    assert compute_proportion_interval(0, 20, 0.95, "jeffreys")[0] == 0
    assert compute_proportion_interval(20, 20, 0.95, "jeffreys")[1] == 1


@pytest.mark.validates("risk_difference")
@pytest.mark.parametrize(
    ("counts", "method", "lower", "upper"),
    [
        ((56, 70, 48, 80), "wald", 0.0575, 0.3425),
        ((56, 70, 48, 80), "farrington_manning", 0.0533, 0.3377),
        ((56, 70, 48, 80), "miettinen_nurminen", 0.0528, 0.3382),
        ((56, 70, 48, 80), "newcombe", 0.0524, 0.3339),
        ((9, 10, 3, 10), "wald", 0.2605, 0.9395),
        ((9, 10, 3, 10), "farrington_manning", 0.1821, 0.8370),
        ((9, 10, 3, 10), "miettinen_nurminen", 0.1700, 0.8406),
        ((9, 10, 3, 10), "newcombe", 0.1705, 0.8090),
        ((5, 56, 0, 29), "newcombe", -0.0381, 0.1926),
        ((0, 10, 0, 20), "newcombe", -0.1611, 0.2775),
        ((10, 10, 0, 20), "newcombe", 0.6791, 1.0),
    ],
)
def test_newcombes_table_of_differences(
    reference: References, counts: tuple[int, int, int, int], method: str, lower: float, upper: float
) -> None:
    # Mee's interval, his method 4, is the one that Farrington and Manning's statistic gives.
    found = compute_risk_difference(two_groups(*counts), method, 0.95)
    what = f"{method}, {counts[0]}/{counts[1]} - {counts[2]}/{counts[3]}"
    reference.holds(f"{what}, lower", found.ci_lower, lower, tolerance=5e-5, source=NEWCOMBE_2)
    reference.holds(f"{what}, upper", found.ci_upper, upper, tolerance=5e-5, source=NEWCOMBE_2)


@pytest.mark.validates("risk_difference")
def test_statsmodels_newcombe(reference: References) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    found = compute_risk_difference(two_groups(7, 34, 1, 34), "newcombe", 0.9)
    expected = confint_proportions_2indep(7, 34, 1, 34, method="newcomb", compare="diff", alpha=0.1)
    source = f"{STATSMODELS}, confint_proportions_2indep(7, 34, 1, 34, method='newcomb', alpha=0.1)"
    reference.holds("newcombe, 7/34 - 1/34, 90%, lower", found.ci_lower, expected[0], tolerance=1e-12, source=source)
    reference.holds("newcombe, 7/34 - 1/34, 90%, upper", found.ci_upper, expected[1], tolerance=1e-12, source=source)


@pytest.mark.validates("risk_difference")
def test_score_tests_of_a_margin(reference: References) -> None:
    # The data of Rodary C et al. Stat Med 1989;8:1375-1381: chemotherapy and radiotherapy.
    for method, statistic, p_value in (
        ("farrington_manning", 2.9571513252669, 0.0015524784724460),
        ("miettinen_nurminen", 2.9481218344927, 0.0015985551794722),
    ):
        source = f"{R}: likelihood under A - B = -0.1 maximized by optimize (dbinom), statistic written out"
        found = compute_risk_difference(two_groups(83, 88, 69, 76), method, 0.95, margin=-0.1, alternative="greater")
        what = f"{method}, 83/88 - 69/76, margin -0.1"
        reference.holds(f"{what}, statistic", found.statistic, statistic, tolerance=1e-6, source=source)
        reference.holds(f"{what}, one-sided p", found.p_value, p_value, tolerance=1e-8, source=source)


@pytest.mark.validates("risk_difference")
@pytest.mark.parametrize(
    ("groups", "method", "weights", "lower", "upper"),
    [
        (MIGRAINE, "miettinen_nurminen", "cmh", 0.089065896712616, 0.440483565463879),
        (MIGRAINE, "miettinen_nurminen", "miettinen_nurminen", 0.089069918886281, 0.440503343348611),
        (UNEVEN, "miettinen_nurminen", "cmh", 0.062291315214299, 0.391979813041750),
        (UNEVEN, "miettinen_nurminen", "miettinen_nurminen", 0.062416356991828, 0.392972329132835),
        (MIGRAINE, "newcombe", "cmh", 0.089372713191223, 0.432793011332933),
        (UNEVEN, "newcombe", "cmh", 0.048038953820605, 0.392908905479944),
    ],
)
def test_stratified_intervals_written_out(
    reference: References, groups: TwoGroups, method: str, weights: str, lower: float, upper: float
) -> None:
    source = f"{R}: the papers' equations with optimize for the restricted likelihood and uniroot for the limits"
    found = compute_risk_difference(groups, method, 0.95, weights=weights, is_stratified=True)
    what = f"stratified {method}, {weights} weights, {int(groups.totals.sum())} subjects"
    reference.holds(f"{what}, lower", found.ci_lower, lower, tolerance=1e-7, source=source)
    reference.holds(f"{what}, upper", found.ci_upper, upper, tolerance=1e-7, source=source)


@pytest.mark.validates("risk_difference")
@pytest.mark.parametrize(
    ("counts", "method", "lower", "upper", "p_above", "p_below"),
    [
        ((9, 10, 3, 10), "santner_snell", 0.12677199400564, 0.88533200599585, 0.00590896606445, 1.0),
        ((9, 10, 3, 10), "chan_zhang", 0.16076825544099, 0.87947186958421, 0.00397777557373, 1.0),
        ((7, 15, 12, 15), "santner_snell", -0.6542515569470, 0.0562400895833, 1.0, 0.0493685733527),
        ((7, 15, 12, 15), "chan_zhang", -0.6369863262460, 0.0238597706214, 1.0, 0.0341091546616),
        ((5, 12, 1, 9), "chan_zhang", -0.1215672983616, 0.6507368935578, 0.0856478190894, 1.0),
    ],
)
def test_exact_intervals_by_enumeration(
    reference: References,
    counts: tuple[int, int, int, int],
    method: str,
    lower: float,
    upper: float,
    p_above: float,
    p_below: float,
) -> None:
    source = (
        f"{R}: all tables by expand.grid, dbinom; score by optimize of the likelihood; largest over 401 "
        "nuisance values, then optimize; limits by uniroot, tol = 1e-8"
    )
    groups = two_groups(*counts)
    found = compute_risk_difference(groups, method, 0.95)
    what = f"{method}, {counts[0]}/{counts[1]} - {counts[2]}/{counts[3]}"
    reference.holds(f"{what}, lower", found.ci_lower, lower, tolerance=1e-7, source=source)
    reference.holds(f"{what}, upper", found.ci_upper, upper, tolerance=1e-7, source=source)
    for alternative, p_value in (("greater", p_above), ("less", p_below)):
        one_sided = compute_risk_difference(groups, method, 0.95, alternative=alternative).p_value
        reference.holds(f"{what}, p, {alternative}", one_sided, p_value, tolerance=1e-7, source=source)


@pytest.mark.validates("risk_difference")
def test_published_and_scipys_exact_tests(reference: References) -> None:
    influenza = compute_risk_difference(two_groups(7, 15, 12, 15), "chan_zhang", 0.95, alternative="less")
    source = "Chan ISF. Stat Med 1998;17:1403-1413, influenza vaccine (Fries et al.), one-sided p = 0.0341"
    reference.holds("chan_zhang, 7/15 - 12/15, one-sided p", influenza.p_value, 0.0341, tolerance=5e-5, source=source)
    found = compute_risk_difference(two_groups(56, 70, 48, 80), "chan_zhang", 0.95, alternative="greater")
    source = "scipy 1.17.1, barnard_exact([[56, 48], [14, 32]], alternative='greater', n=512)"
    reference.holds("chan_zhang, 56/70 - 48/80, p", found.p_value, 0.0049634168295646245, tolerance=1e-8, source=source)


def test_groups_too_large_for_an_exact_interval_are_told() -> None:
    found = compute_risk_difference(two_groups(60, 1000, 45, 1000), "santner_snell", 0.95)
    assert found.estimate == pytest.approx(0.015)
    assert found.ci_lower is None
    assert "too large" in found.warning


@pytest.mark.validates("risk_difference")
def test_metafors_mantel_haenszel_difference(reference: References) -> None:
    source = f"{R}, metafor 3.8.1, rma.mh(ai = c(16, 12), bi = c(11, 16), ci = c(5, 7), di = c(20, 19), measure = 'RD')"
    found = compute_risk_difference(MIGRAINE, "mantel_haenszel", 0.95, is_stratified=True)
    for name, actual, expected in (
        ("difference", found.estimate, 0.27375985788496),
        ("se", found.se, 0.09043892346404),
        ("lower", found.ci_lower, 0.09650282509487),
        ("upper", found.ci_upper, 0.45101689067506),
        ("p", found.p_value, 0.00246982786424),
    ):
        reference.holds(f"Mantel-Haenszel, migraine, {name}", actual, expected, tolerance=1e-11, source=source)
    sparse = compute_risk_difference(SPARSE, "mantel_haenszel", 0.95, is_stratified=True)
    source = (
        f"{R}, metafor 3.8.1, rma.mh(ai = c(0, 3, 5), bi = c(4, 7, 9), ci = c(2, 1, 0), "
        "di = c(8, 6, 11), measure = 'RD')"
    )
    reference.holds("Mantel-Haenszel, zero cells", sparse.estimate, 0.1732521240659, tolerance=1e-11, source=source)
    reference.holds("Mantel-Haenszel, zero cells, se", sparse.se, 0.1058368606902, tolerance=1e-11, source=source)


@pytest.mark.parametrize("method", ["newcombe", "miettinen_nurminen"])
@pytest.mark.parametrize("weights", ["cmh", "miettinen_nurminen"])
def test_one_stratum_is_no_strata(method: str, weights: str) -> None:
    groups = two_groups(56, 70, 48, 80)
    alone = compute_risk_difference(groups, method, 0.95)
    stratified = compute_risk_difference(groups, method, 0.95, weights=weights, is_stratified=True)
    assert (stratified.ci_lower, stratified.ci_upper) == pytest.approx((alone.ci_lower, alone.ci_upper), abs=1e-9)
    assert stratified.statistic == (None if method == "newcombe" else pytest.approx(alone.statistic, rel=1e-9))


@pytest.mark.validates("risk_ratio", "odds_ratio", "breslow_day")
def test_the_example_of_proc_freq_by_strata(reference: References) -> None:
    odds = compute_odds_ratio(MIGRAINE, "mantel_haenszel", 0.95)
    risk = compute_risk_ratio(MIGRAINE, "mantel_haenszel", 0.95)
    others = TwoGroups(events=MIGRAINE.totals - MIGRAINE.events, totals=MIGRAINE.totals)
    column2 = compute_risk_ratio(others, "mantel_haenszel", 0.95)
    for name, found, expected in (
        ("odds ratio", odds, (3.3132, 1.4456, 7.5934)),
        ("risk ratio, column 1", risk, (2.1636, 1.2336, 3.7948)),
        ("risk ratio, column 2", column2, (0.6420, 0.4705, 0.8761)),
    ):
        for side, actual, value in zip(
            ("", ", lower", ", upper"), (found.estimate, found.ci_lower, found.ci_upper), expected, strict=True
        ):
            reference.holds(
                f"Mantel-Haenszel {name}, migraine{side}", actual, value, tolerance=5e-5, source=SAS_MIGRAINE
            )
    homogeneity = compute_breslow_day(MIGRAINE, is_adjusted=False)
    reference.holds("Breslow-Day, migraine", homogeneity.statistic, 1.4929, tolerance=5e-5, source=SAS_MIGRAINE)
    reference.holds("Breslow-Day, migraine, p", homogeneity.p_value, 0.2218, tolerance=5e-5, source=SAS_MIGRAINE)


@pytest.mark.validates("risk_ratio", "odds_ratio", "breslow_day")
def test_metafors_mantel_haenszel_ratios(reference: References) -> None:
    source = f"{R}, metafor 3.8.1, rma.mh(ai = c(16, 12), bi = c(11, 16), ci = c(5, 7), di = c(20, 19))"
    sparse = (
        f"{R}, metafor 3.8.1, rma.mh(ai = c(0, 3, 5), bi = c(4, 7, 9), ci = c(2, 1, 0), di = c(8, 6, 11), to = 'none')"
    )
    odds, risk = (f(MIGRAINE, "mantel_haenszel", 0.95) for f in (compute_odds_ratio, compute_risk_ratio))
    few_odds, few_risk = (f(SPARSE, "mantel_haenszel", 0.95) for f in (compute_odds_ratio, compute_risk_ratio))
    for what, actual, expected, where in (
        ("se of log odds ratio, migraine", odds.se, 0.42315638151850, source),
        ("p of odds ratio, migraine", odds.p_value, 0.00464201624908, source),
        ("se of log risk ratio, migraine", risk.se, 0.28666919519071, source),
        ("p of risk ratio, migraine", risk.p_value, 0.00709814477415, source),
        ("Breslow-Day, migraine", compute_breslow_day(MIGRAINE, is_adjusted=False).statistic, 1.492928497987, source),
        ("Tarone, migraine", compute_breslow_day(MIGRAINE, is_adjusted=True).statistic, 1.490537337347, source),
        ("Tarone, migraine, p", compute_breslow_day(MIGRAINE, is_adjusted=True).p_value, 0.222133107641, source),
        ("odds ratio, zero cells", few_odds.estimate, 3.314529914530, sparse),
        ("se of log odds ratio, zero cells", few_odds.se, 0.778397945979, sparse),
        ("risk ratio, zero cells", few_risk.estimate, 2.962318840580, sparse),
        ("se of log risk ratio, zero cells", few_risk.se, 0.781417142987, sparse),
        ("Breslow-Day, zero cells", compute_breslow_day(SPARSE, is_adjusted=False).statistic, 4.421058030561, sparse),
        ("Tarone, zero cells", compute_breslow_day(SPARSE, is_adjusted=True).statistic, 4.419377015753, sparse),
    ):
        reference.holds(f"Mantel-Haenszel {what}", actual, expected, tolerance=1e-10, source=where)


@pytest.mark.validates("risk_ratio")
def test_koopmans_example(reference: References) -> None:
    source = "Koopman PAR. Biometrics 1984;40:513-517, example: 36/40 and 16/80"
    found = compute_risk_ratio(two_groups(36, 40, 16, 80), "koopman", 0.95)
    reference.holds("koopman, 36/40 / 16/80, lower", found.ci_lower, 2.94, tolerance=0.005, source=source)
    reference.holds("koopman, 36/40 / 16/80, upper", found.ci_upper, 7.15, tolerance=0.005, source=source)


@pytest.mark.validates("risk_ratio", "odds_ratio")
@pytest.mark.parametrize(
    ("compare", "ours", "theirs", "is_corrected"),
    [
        ("ratio", "wald", "log", None),
        ("ratio", "koopman", "score", False),
        ("ratio", "miettinen_nurminen", "score", True),
        ("odds-ratio", "woolf", "logit", None),
        ("odds-ratio", "score", "score", False),
        ("odds-ratio", "miettinen_nurminen", "score", True),
    ],
)
def test_statsmodels_ratios(
    reference: References, compare: str, ours: str, theirs: str, is_corrected: bool | None
) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    options: dict[str, Any] = {} if is_corrected is None else {"correction": is_corrected}
    function = compute_risk_ratio if compare == "ratio" else compute_odds_ratio
    for counts in ((36, 40, 16, 80), (9, 10, 3, 10)):
        found = function(two_groups(*counts), ours, 0.95)
        with np.errstate(all="ignore"):  # it tries ratios without a meaning on its way
            expected = confint_proportions_2indep(*counts, compare=compare, method=theirs, **options)
        source = f"{STATSMODELS}, confint_proportions_2indep{(*counts, compare, theirs, is_corrected)}"
        for side, actual, value in zip(("lower", "upper"), (found.ci_lower, found.ci_upper), expected, strict=True):
            what = f"{compare}, {ours}, {counts[0]}/{counts[1]}, {counts[2]}/{counts[3]}, {side}"
            reference.holds(what, actual, float(value), tolerance=2e-6, relative=True, source=source)


@pytest.mark.validates("odds_ratio")
def test_exact_odds_ratios(reference: References) -> None:
    for counts, table, expected in (
        ((36, 40, 16, 80), "[[36, 4], [16, 64]]", (34.504737029474, 10.359941019852, 152.95908208886)),
        ((9, 10, 3, 10), "[[9, 1], [3, 7]]", (17.269033937972, 1.3871135379434, 1047.8399817038)),
    ):
        found = compute_odds_ratio(two_groups(*counts), "exact", 0.95)
        source = f"scipy 1.17.1, stats.contingency.odds_ratio({table}, kind='conditional')"
        for side, actual, value in zip(
            ("estimate", "lower", "upper"), (found.estimate, found.ci_lower, found.ci_upper), expected, strict=True
        ):
            reference.holds(f"exact, {table}, {side}", actual, value, tolerance=1e-10, relative=True, source=source)
    without = compute_odds_ratio(two_groups(5, 56, 0, 29), "exact", 0.95)
    source = f"{R}, fisher.test(matrix(c(5, 51, 0, 29), 2))"
    assert without.estimate == math.inf
    assert without.ci_upper == math.inf
    reference.holds("exact, 5/56 and 0/29, lower", without.ci_lower, 0.483270710149, tolerance=5e-6, source=source)
    reference.holds("exact, 5/56 and 0/29, p", without.p_value, 0.160621443209, tolerance=1e-11, source=source)


def nothing(found: Measure) -> bool:
    return found.ci_lower is None and found.ci_upper is None and found.p_value is None


def test_no_events_give_no_silent_number() -> None:
    none = two_groups(0, 10, 0, 20)
    for method in ("wald", "miettinen_nurminen", "koopman"):
        found = compute_risk_ratio(none, method, 0.95)
        assert nothing(found)
        assert "no events in either group" in found.warning
    for method in ("woolf", "exact", "score", "miettinen_nurminen"):
        found = compute_odds_ratio(none, method, 0.95)
        assert nothing(found)
        assert "respond alike" in found.warning
    wald = compute_risk_difference(none, "wald", 0.95)
    assert nothing(wald)
    assert "choose newcombe or miettinen_nurminen" in wald.warning
    # The score interval is defined, and wide.
    score = compute_risk_difference(none, "miettinen_nurminen", 0.95)
    assert score.ci_lower is not None
    assert score.ci_lower < -0.15


def test_an_arm_without_events_is_infinite_or_half_a_subject_is_added_and_told() -> None:
    groups = two_groups(5, 56, 0, 29)
    assert nothing(compute_risk_ratio(groups, "wald", 0.95))
    added = compute_risk_ratio(groups, "wald", 0.95, adds_half=True)
    # By hand: log(5.5/57 / (0.5/30)), variance 1/5.5 - 1/57 + 1/0.5 - 1/30.
    assert added.estimate == pytest.approx(5.5 / 57 / (0.5 / 30), rel=1e-12)
    assert added.se == pytest.approx(math.sqrt(1 / 5.5 - 1 / 57 + 2 - 1 / 30), rel=1e-12)
    assert "0.5 has been added" in added.warning
    assert compute_odds_ratio(groups, "woolf", 0.95).estimate == math.inf
    halves = compute_odds_ratio(groups, "woolf", 0.95, adds_half=True)
    assert halves.estimate == pytest.approx(5.5 * 29.5 / (51.5 * 0.5), rel=1e-12)
    score = compute_risk_ratio(groups, "miettinen_nurminen", 0.95)
    assert score.ci_upper == math.inf
    assert score.ci_lower == pytest.approx(0.71749507828, rel=1e-8)  # statsmodels 0.15.0: 0.7175
    assert "infinite" in score.warning


def test_a_stratum_of_one_group_says_nothing_and_is_told() -> None:
    more = TwoGroups(
        events=np.vstack([MIGRAINE.events, [[3.0, 0.0], [0.0, 0.0]]]),
        totals=np.vstack([MIGRAINE.totals, [[8.0, 0.0], [0.0, 0.0]]]),
    )
    for function in (compute_odds_ratio, compute_risk_ratio):
        found, alone = function(more, "mantel_haenszel", 0.95), function(MIGRAINE, "mantel_haenszel", 0.95)
        assert (found.estimate, found.se) == (alone.estimate, alone.se)
        assert found.warning == "strata with subjects of one group only, which say nothing: 1"
    assert compute_breslow_day(more, is_adjusted=True).df == 1
    for method in ("newcombe", "mantel_haenszel", "miettinen_nurminen"):
        found = compute_risk_difference(more, method, 0.95, is_stratified=True)
        assert found.ci_lower == compute_risk_difference(MIGRAINE, method, 0.95, is_stratified=True).ci_lower


def test_wald_tests_a_margin_on_one_side() -> None:
    groups = two_groups(56, 70, 48, 80)
    # By hand: (0.2 + 0.1) / sqrt(0.8 * 0.2 / 70 + 0.6 * 0.4 / 80) = 4.1263818, and its upper tail.
    greater = compute_risk_difference(groups, "wald", 0.95, margin=-0.1, alternative="greater")
    assert greater.statistic == pytest.approx(0.3 / math.sqrt(0.16 / 70 + 0.24 / 80), rel=1e-12)
    assert greater.p_value == pytest.approx(math.erfc(4.126381832 / math.sqrt(2)) / 2, rel=1e-6)
    less = compute_risk_difference(groups, "wald", 0.95, margin=-0.1, alternative="less")
    assert less.p_value == pytest.approx(1 - (greater.p_value or 0), rel=1e-12)


@pytest.mark.parametrize("method", ["miettinen_nurminen", "farrington_manning"])
def test_a_score_method_says_why_it_has_no_standard_error(method: str) -> None:
    found = compute_risk_difference(two_groups(9, 9, 0, 7), method, 0.95)
    assert found.se is None
    assert found.estimate == 1
    assert found.warning == "each group responds wholly or not at all: under the estimate the standard error is 0"


@pytest.mark.validates("risk_ratio")
def test_stratified_scores_and_margins_of_a_ratio(reference: References) -> None:
    source = (
        "R 4.2.2: the restricted maximum by optimize(dbinom(x_a, n_a, R q) dbinom(x_b, n_b, q)), scores summed with "
        "weights n_A n_B / n, uniroot"
    )
    strata = TwoGroups(
        events=np.array([[12.0, 7.0], [5.0, 6.0], [20.0, 9.0]]),
        totals=np.array([[30.0, 28.0], [18.0, 21.0], [41.0, 37.0]]),
    )
    found = compute_risk_ratio(strata, "miettinen_nurminen", 0.95)
    against = compute_risk_ratio(strata, "miettinen_nurminen", 0.95, margin=0.8)
    for name, actual, expected in (
        ("estimate", found.estimate, 1.61613993242),
        ("lower", found.ci_lower, 1.04873892687),
        ("upper", found.ci_upper, 2.53149441279),
        ("z", found.statistic, 2.18187245552),
        ("z against 0.8", against.statistic, 3.24064041825),
    ):
        reference.holds(f"miettinen_nurminen, three strata, {name}", actual, expected, tolerance=1e-7, source=source)
    single = two_groups(12, 30, 7, 28)
    manning = compute_risk_ratio(single, "farrington_manning", 0.95, margin=0.8, alternative="greater")
    for name, actual, expected in (
        ("lower", manning.ci_lower, 0.7603068942252),
        ("z against 0.8", manning.statistic, 1.8196385698602),
        ("one-sided p", manning.p_value, 0.0344070319729),
    ):
        reference.holds(f"farrington_manning, 12/30 / 7/28, {name}", actual, expected, tolerance=1e-7, source=source)


def test_a_margin_of_a_ratio_moves_the_test_and_not_the_interval() -> None:
    groups = two_groups(12, 30, 7, 28)
    for method in ("wald", "koopman", "miettinen_nurminen"):
        plain = compute_risk_ratio(groups, method, 0.95)
        assert plain.ci_lower is not None
        at_limit = compute_risk_ratio(groups, method, 0.95, margin=plain.ci_lower, alternative="greater")
        assert at_limit.ci_lower == plain.ci_lower
        assert at_limit.p_value == pytest.approx(0.025, rel=1e-6), method


def test_strata_of_a_ratio_without_events_or_without_a_group() -> None:
    empty = TwoGroups(events=np.array([[0.0, 3.0], [0.0, 0.0]]), totals=np.array([[9.0, 8.0], [4.0, 0.0]]))
    found = compute_risk_ratio(empty, "miettinen_nurminen", 0.95)
    assert (found.estimate, found.ci_lower) == (0, 0)
    assert found.ci_upper is not None and 0 < found.ci_upper < 10
    assert found.warning == "strata with subjects of one group only, which say nothing: 1"
    apart = TwoGroups(events=np.array([[1.0, 0.0], [0.0, 1.0]]), totals=np.array([[9.0, 0.0], [0.0, 8.0]]))
    assert compute_risk_ratio(apart, "miettinen_nurminen", 0.95).warning == "no stratum has subjects of both groups"
