"""Assurance: the power averaged over what is believed of the effect, which is the probability of success.

Source: O'Hagan A, Stevens JW, Campbell MJ. Assurance in clinical trial design. Pharm Stat 2005;4:187-201.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from trialwright.design.sample_size.building import sides, two_groups
from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, Superiority
from trialwright.design.sample_size.means import Distribution, compute_power_two_means
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior, Prior
from trialwright.design.sample_size.proportions import ProportionTest, compute_power_two_proportions
from trialwright.design.sample_size.requirements import (
    Floats,
    check_margins,
    null_value,
    positive,
    probability,
    target_power,
)
from trialwright.design.sample_size.results import TwoGroupSampleSize
from trialwright.errors import DesignError

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS = 60
# Beyond so many standard deviations a normal distribution has nothing left in double precision.
_REACH = 8.5


def compute_assurance(power_at: Callable[[Floats], Floats], prior: Prior) -> float:
    """Mean of `power_at`, which takes an array of effects (or proportions), over `prior`; by quadrature."""
    effects, weights = _nodes(prior)
    return float(np.sum(weights * power_at(effects)))


def compute_sample_size_assurance_two_means(
    *,
    prior: NormalPrior,
    sd: float,
    alpha: float,
    sided: int,
    assurance: float,
    allocation_ratio: float = 1.0,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
) -> TwoGroupSampleSize:
    """Subjects with which the two-sample t-test succeeds with probability `assurance`, over the prior of the
    difference.

    `target_power` and `attained_power` of the result are assurances. Only a one-sided test has a side that is a
    success, so a two-sided superiority test counts either. Raises DesignError where the prior itself gives success less
    probability.
    """
    hypothesis = hypothesis or Superiority()
    target_power(assurance, alpha, sided)
    check_margins(hypothesis, 0.0, of="difference")
    positive("allocation_ratio", allocation_ratio)
    sd_prior = float(positive("NormalPrior.sd", prior.sd))
    _check_reachable(
        hypothesis, sided, assurance, lambda limit: float(special.ndtr((limit - prior.mean) / sd_prior)), 0.0
    )

    def assurance_at(n_experimental: float, n_control: float) -> Floats:
        return np.asarray(
            compute_assurance(
                lambda difference: compute_power_two_means(
                    difference=difference,
                    sd=sd,
                    n_experimental=n_experimental,
                    n_control=n_control,
                    alpha=alpha,
                    sided=sided,
                    hypothesis=hypothesis,
                    distribution=distribution,
                ),
                prior,
            )
        )

    return two_groups(
        assurance_at,
        method=f"assurance of the two-sample {'t' if distribution == 't' else 'z'}-test, normal prior",
        alpha=alpha,
        sided=sided,
        power=assurance,
        allocation_ratio=allocation_ratio,
        smallest_group=1.01,
        conventions=(
            "powers are assurances: averages over the prior of the difference, experimental - control",
            sides(alpha, sided, hypothesis),
        ),
    )


def compute_sample_size_assurance_two_proportions(
    *,
    prior: BetaPrior,
    proportion_control: float,
    alpha: float,
    sided: int,
    assurance: float,
    allocation_ratio: float = 1.0,
    hypothesis: Hypothesis | None = None,
    test: ProportionTest = "score",
) -> TwoGroupSampleSize:
    """Subjects with which a test of a difference of proportions succeeds with probability `assurance`.

    `prior` is of the experimental proportion; the control's is taken as known. Otherwise as
    `compute_sample_size_assurance_two_means`.
    """
    hypothesis = hypothesis or Superiority()
    target_power(assurance, alpha, sided)
    check_margins(hypothesis, 0.0, of="difference of proportions")
    positive("allocation_ratio", allocation_ratio)
    a, b = float(positive("BetaPrior.a", prior.a)), float(positive("BetaPrior.b", prior.b))
    control = float(probability("proportion_control", proportion_control))

    def below(limit: float) -> float:
        return float(special.betainc(a, b, min(1.0, max(0.0, control + limit))))

    _check_reachable(hypothesis, sided, assurance, below, 0.0)

    def assurance_at(n_experimental: float, n_control: float) -> Floats:
        return np.asarray(
            compute_assurance(
                lambda proportion: compute_power_two_proportions(
                    proportion_experimental=proportion,
                    proportion_control=control,
                    n_experimental=n_experimental,
                    n_control=n_control,
                    alpha=alpha,
                    sided=sided,
                    hypothesis=hypothesis,
                    test=test,
                ),
                prior,
            )
        )

    return two_groups(
        assurance_at,
        method=f"assurance of the test of two proportions ({test}), beta prior",
        alpha=alpha,
        sided=sided,
        power=assurance,
        allocation_ratio=allocation_ratio,
        smallest_group=1.0,
        conventions=(
            "powers are assurances: averages over the prior of the experimental proportion",
            sides(alpha, sided, hypothesis),
        ),
    )


def _nodes(prior: Prior) -> tuple[Floats, Floats]:
    if isinstance(prior, NormalPrior):
        positive("NormalPrior.sd", prior.sd)
        z, weights = _panels(-_REACH, _REACH)
        return prior.mean + prior.sd * z, weights * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    positive("BetaPrior.a", prior.a)
    positive("BetaPrior.b", prior.b)
    # A proportion sin(angle)^2 leaves no infinite density at 0 or 1 for a and b of 1/2 and above.
    spread = np.sqrt(prior.a * prior.b / (prior.a + prior.b + 1)) / (prior.a + prior.b)
    middle = prior.a / (prior.a + prior.b)
    lowest, highest = max(0.0, middle - 40 * spread), min(1.0, middle + 40 * spread)
    angle, weights = _panels(float(np.arcsin(np.sqrt(lowest))), float(np.arcsin(np.sqrt(highest))))
    log_density = (
        np.log(2.0)
        + (2 * prior.a - 1) * np.log(np.sin(angle))
        + (2 * prior.b - 1) * np.log(np.cos(angle))
        - special.betaln(prior.a, prior.b)
    )
    return np.sin(angle) ** 2, weights * np.exp(log_density)


def _panels(start: float, end: float) -> tuple[Floats, Floats]:
    edges = np.linspace(start, end, _PANELS + 1)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (_NODES + 1)).ravel(), (half * _WEIGHTS).ravel()


def _check_reachable(
    hypothesis: Hypothesis, sided: int, assurance: float, below: Callable[[float], float], neutral: float
) -> None:
    """`below` gives the prior probability of an effect below a limit."""
    if isinstance(hypothesis, Equivalence):
        highest = below(hypothesis.upper) - below(hypothesis.lower)
    elif sided == 2 and isinstance(hypothesis, Superiority):
        return
    else:
        under = below(null_value(hypothesis, neutral))
        highest = 1 - under if hypothesis.higher_is_better else under
    if assurance >= highest:
        raise DesignError(
            f"assurance = {assurance:g} is not reached at any sample size: the prior gives an effect that the test "
            f"looks for a probability of only {highest:.4g}. Ask for less than that, or give a prior that says so."
        )
