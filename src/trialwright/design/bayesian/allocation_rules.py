"""Rules that say how probably the next subject goes to each arm. Light: nothing heavy is loaded.

Sources: Thompson WR. Biometrika 1933;25:285-294. Thall PF, Wathen JK. Practical Bayesian adaptive randomisation in
clinical trials. Eur J Cancer 2007;43:859-866 (power n/2N). Hu F, Zhang LX. Asymptotic properties of doubly adaptive
biased coin designs for multitreatment clinical trials. Ann Stat 2004;32:268-301. Rosenberger WF, Stallard N, Ivanova A,
Harper CN, Ricks ML. Optimal adaptive designs for binary response trials. Biometrics 2001;57:909-913 (RSIHR). Wei LJ,
Durham S. The randomized play-the-winner rule in medical trials. J Am Stat Assoc 1978;73:840-843. Ivanova A. A
play-the-winner-type urn design with reduced variability. Metrika 2003;58:1-13 (drop the loser). Efron B. Forcing a
sequential experiment to be balanced. Biometrika 1971;58:403-417.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trialwright.design.bayesian.priors import check_beta
from trialwright.design.early.requirements import count, positive, probability
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior
from trialwright.design.sample_size.requirements import one_of
from trialwright.errors import DesignError

Target = Literal["neyman", "rsihr"]

_UNIFORM = BetaPrior(a=1, b=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualAllocation:
    """Permuted blocks with one place for each arm: what the others are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasedCoin:
    """Efron's coin, two arms: the arm with fewer subjects gets the next one with this probability."""

    probability: float = 2 / 3

    def __post_init__(self) -> None:
        if not 0.5 <= self.probability <= 1:
            raise DesignError(
                f"BiasedCoin.probability must lie between 0.5 and 1, got {self.probability!r}. Usual: 2/3."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThompsonSampling:
    """In proportion to (posterior probability that the arm is the best)^power.

    power          None for n / 2N, n of N subjects randomized so far (Thall and Wathen); 1 is Thompson's rule, 0.5 its
                   square root, 0 equal allocation
    prior          of each arm's response rate, for binary outcomes
    normal_prior   of each arm's mean, for normal outcomes, whose standard deviations are taken as known
    """

    power: float | None = None
    prior: BetaPrior = _UNIFORM
    normal_prior: NormalPrior | None = None

    def __post_init__(self) -> None:
        if self.power is not None and not (math.isfinite(self.power) and self.power >= 0):
            raise DesignError(
                f"ThompsonSampling.power must be at least 0, got {self.power!r}. Give 1, 0.5, or None for n/2N."
            )
        check_beta(self.prior)
        if min(self.prior.a, self.prior.b) < 0.5:
            raise DesignError(
                f"ThompsonSampling.prior must have a and b of at least 0.5, got {self.prior!r}. Give 0.5 or 1 for both."
            )
        if self.normal_prior is not None:
            positive("ThompsonSampling.normal_prior.sd", self.normal_prior.sd)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublyAdaptiveBiasedCoin:
    """Hu and Zhang's design: drives the allocation to an optimal one, estimated as outcomes come in.

    target   "neyman": smallest variance of the difference for a given size, in proportion to the standard deviations;
             "rsihr": fewest expected failures for a given variance, in proportion to the roots of the response rates
             (binary outcomes)
    gamma    how hard: 0 draws with the target's probabilities, 2 is usual, large values hardly draw
    """

    target: Target
    gamma: float = 2.0

    def __post_init__(self) -> None:
        one_of("DoublyAdaptiveBiasedCoin.target", self.target, ("neyman", "rsihr"))
        if not (math.isfinite(self.gamma) and self.gamma >= 0):
            raise DesignError(f"DoublyAdaptiveBiasedCoin.gamma must be at least 0 and finite, got {self.gamma!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomizedPlayTheWinner:
    """Wei and Durham's urn RPW(balls, reward), binary outcomes.

    A success puts `reward` balls of its arm into the urn, a failure `reward` balls of the others, in equal parts (Wei
    1979 for more than two arms).
    """

    balls: float = 1.0
    reward: float = 1.0

    def __post_init__(self) -> None:
        positive("RandomizedPlayTheWinner.balls", self.balls)
        positive("RandomizedPlayTheWinner.reward", self.reward)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTheLoser:
    """Ivanova's urn, binary outcomes: the ball of the arm that was drawn comes back after a success only.

    balls          of each arm at the start
    immigration    balls that, when drawn, go back and bring one ball of each arm
    """

    balls: int = 1
    immigration: int = 1

    def __post_init__(self) -> None:
        count("DropTheLoser.balls", self.balls)
        count("DropTheLoser.immigration", self.immigration)


AllocationRule = (
    EqualAllocation | BiasedCoin | ThompsonSampling | DoublyAdaptiveBiasedCoin | RandomizedPlayTheWinner | DropTheLoser
)


def compute_target_allocation(
    target: Target | Literal["urn"], *, rates: Sequence[float] | None = None, sds: Sequence[float] | None = None
) -> tuple[float, ...]:
    """The share of each arm that the rule aims at, at true response rates or standard deviations.

    "urn" is the limit of the play-the-winner and drop-the-loser rules of two or more arms: in proportion to 1 / failure
    rate (Ivanova 2003; for RPW with two arms the same).
    """
    one_of("target", target, ("neyman", "rsihr", "urn"))
    if (rates is None) == (sds is None):
        raise DesignError("Give either rates or sds, one value for each arm.")
    if sds is not None:
        if target != "neyman":
            raise DesignError(f"target {target!r} is one of response rates: give rates, or take 'neyman' for sds.")
        shares = [positive("sds", sd) for sd in sds]
    else:
        assert rates is not None
        values = [probability("rates", rate) for rate in rates]
        if target == "neyman":
            shares = [math.sqrt(rate * (1 - rate)) for rate in values]
        elif target == "rsihr":
            shares = [math.sqrt(rate) for rate in values]
        else:
            shares = [1 / (1 - rate) for rate in values]
    total = sum(shares)
    return tuple(share / total for share in shares)
