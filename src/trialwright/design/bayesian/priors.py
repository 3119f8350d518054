"""What is believed before a trial: conjugate distributions and mixtures of them. Does not load numpy.

A robust meta-analytic-predictive prior is a mixture of what earlier trials say and a vague component (Schmidli et al.
2014); a power prior counts earlier subjects only in part (Ibrahim and Chen 2000).

Sources: Schmidli H, Gsteiger S, Roychoudhury S, O'Hagan A, Spiegelhalter D, Neuenschwander B. Robust meta-analytic-
predictive priors in clinical trials with historical control information. Biometrics 2014;70:1023-1032. Ibrahim JG,
Chen MH. Power prior distributions for regression models. Stat Sci 2000;15:46-60.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.design.early.requirements import positive, probability
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaPrior:
    """A gamma distribution of an event rate: mean `shape` / `rate`; `rate` is the exposure that it is worth."""

    shape: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalGammaPrior:
    """Of a mean and a precision: the precision is gamma(`shape`, `rate`), the mean normal around `mean` with precision
    `subjects` * precision: the prior is worth that many subjects for the mean, and 2 * `shape` for the variance."""

    mean: float
    subjects: float
    shape: float
    rate: float

    def __post_init__(self) -> None:
        _finite("NormalGammaPrior.mean", self.mean)
        positive("NormalGammaPrior.subjects", self.subjects)
        positive("NormalGammaPrior.shape", self.shape)
        positive("NormalGammaPrior.rate", self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaMixture:
    """A mixture of beta distributions; `weights` sum to 1."""

    weights: tuple[float, ...]
    components: tuple[BetaPrior, ...]

    def __post_init__(self) -> None:
        _check_weights(self.weights, len(self.components))
        for component in self.components:
            check_beta(component)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalMixture:
    """A mixture of normal distributions; `weights` sum to 1."""

    weights: tuple[float, ...]
    components: tuple[NormalPrior, ...]

    def __post_init__(self) -> None:
        _check_weights(self.weights, len(self.components))
        for component in self.components:
            _finite("NormalPrior.mean", component.mean)
            positive("NormalPrior.sd", component.sd)


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaMixture:
    """A mixture of gamma distributions; `weights` sum to 1."""

    weights: tuple[float, ...]
    components: tuple[GammaPrior, ...]

    def __post_init__(self) -> None:
        _check_weights(self.weights, len(self.components))
        for component in self.components:
            positive("GammaPrior.shape", component.shape)
            positive("GammaPrior.rate", component.rate)


BetaBelief = BetaPrior | BetaMixture
NormalBelief = NormalPrior | NormalMixture
GammaBelief = GammaPrior | GammaMixture

#: Below this a beta distribution has so much mass beside 0 or 1 that probabilities of differences lose digits.
_SMALLEST_BETA = 0.05


def check_beta(prior: BetaPrior) -> None:
    """Refuse a beta distribution that is none, or that is nearly two points."""
    for name, value in (("a", prior.a), ("b", prior.b)):
        if not (math.isfinite(value) and value >= _SMALLEST_BETA):
            raise DesignError(
                f"BetaPrior.{name} must be at least {_SMALLEST_BETA}, got {value!r}. "
                "Give 1 for a uniform prior, 0.5 for Jeffreys'."
            )


def as_beta_mixture(prior: BetaBelief) -> BetaMixture:
    """`prior` as a mixture, of one component if it is none."""
    return BetaMixture(weights=(1.0,), components=(prior,)) if isinstance(prior, BetaPrior) else prior


def as_normal_mixture(prior: NormalBelief) -> NormalMixture:
    """`prior` as a mixture, of one component if it is none."""
    return NormalMixture(weights=(1.0,), components=(prior,)) if isinstance(prior, NormalPrior) else prior


def as_gamma_mixture(prior: GammaBelief) -> GammaMixture:
    """`prior` as a mixture, of one component if it is none."""
    return GammaMixture(weights=(1.0,), components=(prior,)) if isinstance(prior, GammaPrior) else prior


def robustify_beta(prior: BetaBelief, *, vague_weight: float, vague: BetaPrior | None = None) -> BetaMixture:
    """`prior` with a vague component (uniform, if not given) of weight `vague_weight`: a robust MAP prior."""
    probability("vague_weight", vague_weight)
    mixture = as_beta_mixture(prior)
    return BetaMixture(
        weights=(*(weight * (1 - vague_weight) for weight in mixture.weights), vague_weight),
        components=(*mixture.components, vague or BetaPrior(a=1, b=1)),
    )


def robustify_normal(prior: NormalBelief, *, vague_weight: float, vague: NormalPrior) -> NormalMixture:
    """`prior` with a vague component of weight `vague_weight`.

    Usual is a `vague` that is worth one subject: around the prior's mean, with the standard deviation of a subject.
    """
    probability("vague_weight", vague_weight)
    mixture = as_normal_mixture(prior)
    return NormalMixture(
        weights=(*(weight * (1 - vague_weight) for weight in mixture.weights), vague_weight),
        components=(*mixture.components, vague),
    )


def compute_power_prior_beta(initial: BetaPrior, *, responses: int, n: int, discount: float) -> BetaPrior:
    """The beta prior that counts each of `n` earlier subjects as `discount` (0 to 1) of a subject."""
    check_beta(initial)
    _discount(discount)
    if not 0 <= responses <= n:
        raise DesignError(f"responses must lie between 0 and n = {n}, got {responses!r}.")
    return BetaPrior(a=initial.a + discount * responses, b=initial.b + discount * (n - responses))


def compute_power_prior_normal(initial: NormalPrior, *, estimate: float, se: float, discount: float) -> NormalPrior:
    """The normal prior that counts the information of an earlier estimate, 1 / `se`^2, as `discount` (0 to 1) of it."""
    _discount(discount)
    positive("se", se)
    before, more = 1 / positive("NormalPrior.sd", initial.sd) ** 2, discount / se**2
    return NormalPrior(mean=(before * initial.mean + more * estimate) / (before + more), sd=(before + more) ** -0.5)


def compute_commensurate_prior_normal(*, estimate: float, se: float, commensurability: float) -> NormalPrior:
    """The commensurate prior of a mean, given how alike the trials are.

    The new mean is normal around the earlier one with precision `commensurability`, of which there is an earlier
    estimate under a flat prior (Hobbs et al., Biometrics 2011;67:1047-1056, with a fixed commensurability).
    """
    positive("se", se)
    positive("commensurability", commensurability)
    _finite("estimate", estimate)
    return NormalPrior(mean=estimate, sd=math.sqrt(se**2 + 1 / commensurability))


def _discount(discount: float) -> None:
    if not 0 <= discount <= 1:
        raise DesignError(
            f"discount must lie between 0 (earlier data count nothing) and 1 (they count fully), got {discount!r}."
        )


def _finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise DesignError(f"{name} must be a finite number, got {value!r}.")


def _check_weights(weights: tuple[float, ...], components: int) -> None:
    if not weights or len(weights) != components:
        raise DesignError(f"weights has {len(weights)} values for {components} components. Give one for each.")
    if any(not weight > 0 for weight in weights) or abs(math.fsum(weights) - 1) > 1e-9:
        raise DesignError(f"weights must be above 0 and sum to 1, got {weights!r}.")
