"""Sample size and power for two proportions by large-sample tests.

Sources: Farrington CP, Manning G. Stat Med 1990;9:1447-1454 (score tests). Fleiss JL, Tytun A, Ury HK. Biometrics
1980;36:343-346 (continuity correction, unequal groups). Cohen J. Statistical power analysis for the behavioral
sciences, 2nd ed. Erlbaum 1988, chapter 6 (arcsine). Chow SC, Shao J, Wang H, Lokhnygina Y. Sample size calculations in
clinical research, 3rd ed. CRC 2018, chapter 4 (unpooled, odds ratio). Katz D et al. Biometrics 1978;34:469-474 (log
ratio).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from trialwright.design.sample_size.building import sides, two_groups
from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, Superiority
from trialwright.design.sample_size.requirements import (
    Floats,
    check_margins,
    check_reachable,
    null_value,
    one_of,
    one_sided_alpha,
    positive,
    probability,
    target_power,
)
from trialwright.design.sample_size.results import TwoGroupSampleSize
from trialwright.design.sample_size.score_variances import (
    Measure,
    compute_contrast,
    compute_contrast_variance,
    compute_restricted_proportions,
)
from trialwright.errors import DesignError

ProportionTest = Literal["score", "score_corrected", "unpooled", "arcsine"]
_TESTS = {
    "score": "score test, its variance by the proportions most likely under the null hypothesis "
    "(Farrington-Manning; without margin the pooled one)",
    "score_corrected": "score test with Yates' continuity correction (Fleiss, Tytun and Ury)",
    "unpooled": "Wald test, its variance by the observed proportions",
    "arcsine": "z-test of proportions after the arcsine transformation",
}
_WORDS: dict[Measure, str] = {
    "difference": "difference of proportions",
    "ratio": "ratio of proportions",
    "odds_ratio": "odds ratio",
}


def compute_power_two_proportions(
    *,
    proportion_experimental: ArrayLike,
    proportion_control: ArrayLike,
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    measure: Measure = "difference",
    test: ProportionTest = "score",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of a large-sample test of two proportions; arguments may be arrays.

    measure   scale of the null hypothesis and of margins: `difference` (experimental - control), `ratio` or
              `odds_ratio` (experimental / control)
    test      `score`: null variance at the proportions most likely under the null hypothesis: pooled, weighted by the
              sizes, where that is no difference, Farrington-Manning's otherwise; the alternative's variance is
              unpooled. Ratios are tested as p1 - ratio p2, odds ratios on the log scale. `score_corrected`: the same
              with a continuity correction, for differences without margin. `unpooled`: both variances at the assumed
              proportions; ratios and odds ratios on the log scale. `arcsine`: differences without margin
    """
    hypothesis = hypothesis or Superiority()
    one_of("measure", measure, get_args(Measure))
    _check_test(hypothesis, measure, test)
    level = one_sided_alpha(alpha, sided, hypothesis)
    p1, p2, n1, n2 = np.broadcast_arrays(
        probability("proportion_experimental", proportion_experimental),
        probability("proportion_control", proportion_control),
        positive("n_experimental", n_experimental),
        positive("n_control", n_control),
    )
    z = -special.ndtri(level)
    if isinstance(hypothesis, Equivalence):
        above, above_0, above_1 = _parts(p1, p2, n1, n2, hypothesis.lower, measure, test)
        below, below_0, below_1 = _parts(p1, p2, n1, n2, hypothesis.upper, measure, test)
        both = special.ndtr((above - z * above_0) / above_1) + special.ndtr((-below - z * below_0) / below_1) - 1
        return np.maximum(both, 0.0)
    shift, null_se, se = _parts(p1, p2, n1, n2, null_value(hypothesis, _neutral(measure)), measure, test)
    is_two_sided = sided == 2 and isinstance(hypothesis, Superiority)
    if is_two_sided:
        shift = np.abs(shift)
    elif not hypothesis.higher_is_better:
        shift = -shift
    power = special.ndtr((shift - z * null_se) / se)
    if is_two_sided and counts_both_tails:
        power = power + special.ndtr((-shift - z * null_se) / se)
    return np.asarray(power)


def compute_sample_size_two_proportions(
    *,
    proportion_experimental: float,
    proportion_control: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    hypothesis: Hypothesis | None = None,
    measure: Measure = "difference",
    test: ProportionTest = "score",
    counts_both_tails: bool = False,
) -> TwoGroupSampleSize:
    """Subjects that give a test of two proportions its power; arguments as in `compute_power_two_proportions`."""
    hypothesis = hypothesis or Superiority()
    one_of("measure", measure, get_args(Measure))
    target_power(power, alpha, sided)
    positive("allocation_ratio", allocation_ratio)
    p1 = float(probability("proportion_experimental", proportion_experimental))
    p2 = float(probability("proportion_control", proportion_control))
    effect = {"difference": p1 - p2, "ratio": p1 / p2, "odds_ratio": p1 / (1 - p1) / (p2 / (1 - p2))}[measure]
    _check_test(hypothesis, measure, test)
    check_reachable(hypothesis, effect, sided, _neutral(measure), of=_WORDS[measure])

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_two_proportions(
            proportion_experimental=p1,
            proportion_control=p2,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            measure=measure,
            test=test,
            counts_both_tails=counts_both_tails,
        )

    against = "experimental - control" if measure == "difference" else "experimental / control"
    return two_groups(
        power_at,
        method=_TESTS[test],
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        smallest_group=1.0,
        conventions=(
            f"{_WORDS[measure]} is {against}",
            "power by the normal approximation",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def _neutral(measure: Measure) -> float:
    return 0.0 if measure == "difference" else 1.0


def _check_test(hypothesis: Hypothesis, measure: Measure, test: ProportionTest) -> None:
    check_margins(hypothesis, _neutral(measure), of=_WORDS[measure])
    one_of("test", test, get_args(ProportionTest))
    limits = (
        (hypothesis.lower, hypothesis.upper)
        if isinstance(hypothesis, Equivalence)
        else (null_value(hypothesis, _neutral(measure)),)
    )
    if measure == "difference" and any(abs(limit) >= 1 for limit in limits):
        raise DesignError(
            f"A limit of a difference of proportions must lie between -1 and 1, got {limits}. Give 0.1 for 10 points."
        )
    if test in ("score_corrected", "arcsine") and (measure != "difference" or limits != (0.0,)):
        raise DesignError(
            f"test='{test}' is of a difference of proportions without margin, got measure='{measure}' with limits "
            f"{limits}. Use test='score' or 'unpooled'."
        )


def _parts(
    p1: Floats, p2: Floats, n1: Floats, n2: Floats, null: float, measure: Measure, test: ProportionTest
) -> tuple[Floats, Floats, Floats]:
    """Distance from the null hypothesis, and its standard errors under the null hypothesis and the alternative."""
    if test == "arcsine":
        se = np.sqrt(1 / n1 + 1 / n2)
        return 2 * np.arcsin(np.sqrt(p1)) - 2 * np.arcsin(np.sqrt(p2)), se, se
    on_log_scale = test == "unpooled"
    shift = compute_contrast(p1, p2, null, measure, on_log_scale=on_log_scale)
    se = np.sqrt(compute_contrast_variance(p1, p2, n1, n2, null, measure, on_log_scale=on_log_scale))
    if test == "unpooled":
        return shift, se, se
    q1, q2 = compute_restricted_proportions(p1, p2, n1, n2, null, measure)
    null_se = np.sqrt(compute_contrast_variance(q1, q2, n1, n2, null, measure, on_log_scale=on_log_scale))
    if test == "score_corrected":
        shift = np.sign(shift) * np.maximum(np.abs(shift) - (1 / n1 + 1 / n2) / 2, 0.0)
    return shift, null_se, se
