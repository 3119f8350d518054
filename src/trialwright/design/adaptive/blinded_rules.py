"""Rules that size a trial again from pooled outcomes, without telling the arms apart.

The planned effect stands; what is estimated is the nuisance parameter: a variance, the overall proportion of responses.
The final test stays the conventional one. Under the null hypothesis pooled outcomes say nothing about the difference of
the arms, so its type I error hardly moves; a test shows it by simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from trialwright.design.adaptive.reestimation import BlindedInterim, check_limits
from trialwright.errors import DesignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_NORMAL = NormalDist()
#: Proportions nearer to 0 or 1 than that have no variance to speak of.
_EDGE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedVarianceRule:
    """Units in all from the one-sample variance of the pooled outcomes.

    difference  planned, between the means
    alpha       one-sided
    adjusted    True: the part of the variance that the planned difference would make is taken off, which is right if
                the difference is as planned and too small otherwise; False is the usual choice
    minimum, maximum   units in all; the planned number as minimum is a design that can only grow

    Normal approximation: (z_alpha + z_beta)^2 (1 + r)^2 / r * variance / difference^2.
    Source: Kieser M, Friede T. Stat Med 2003;22:3571-3581. Zucker DM, Wittes JT, Schabenberger O, Brittain E. Stat Med
    1999;18:3493-3509.
    """

    difference: float
    alpha: float
    power: float
    minimum: int
    maximum: int
    allocation_ratio: float = 1.0
    adjusted: bool = False

    def __post_init__(self) -> None:
        _check_test("BlindedVarianceRule", self.alpha, self.power, self.allocation_ratio)
        check_limits("BlindedVarianceRule", self.minimum, self.maximum)
        if self.difference == 0 or not math.isfinite(self.difference):
            raise DesignError(
                f"BlindedVarianceRule.difference must be a number other than 0, got {self.difference!r}: it is the "
                "planned difference of the means, which no number of units would find if it were 0."
            )

    def variance(self, interim: BlindedInterim) -> Floats:
        """The variance within arms that the pooled outcomes speak for; 0 where the adjustment leaves none."""
        import numpy as np

        if not self.adjusted:
            return interim.variance
        share = self.allocation_ratio / (1 + self.allocation_ratio) ** 2
        between = share * self.difference**2 * interim.units / (interim.units - 1)
        return np.asarray(np.maximum(interim.variance - between, 0.0), np.float64)

    def total_units(self, interim: BlindedInterim) -> Floats:
        """Units at the final analysis, unrounded."""
        import numpy as np

        ratio = self.allocation_ratio
        factor = (_needed_drift(self.alpha, self.power) / self.difference) ** 2 * (1 + ratio) ** 2 / ratio
        return np.asarray(np.clip(factor * self.variance(interim), self.minimum, self.maximum), np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedProportionRule:
    """Units in all from the pooled proportion of responses.

    effect    planned, of the proportions as `measure` says: difference (experimental - control), or ratio (experimental
              / control) of risks or odds
    alpha     one-sided

    The arms' proportions are those with the planned effect whose mean, weighted by allocation, is the pooled one; a
    difference that does not fit between 0 and 1 is put at the edge. The size is that of the score test.
    Source: Gould AL. Stat Med 1992;11:55-66.
    """

    effect: float
    alpha: float
    power: float
    minimum: int
    maximum: int
    measure: Literal["difference", "risk_ratio", "odds_ratio"] = "difference"
    allocation_ratio: float = 1.0

    def __post_init__(self) -> None:
        _check_test("BlindedProportionRule", self.alpha, self.power, self.allocation_ratio)
        check_limits("BlindedProportionRule", self.minimum, self.maximum)
        if self.measure == "difference":
            if not (-1 < self.effect < 1 and self.effect != 0):
                raise DesignError(
                    f"BlindedProportionRule.effect must lie between -1 and 1 and not be 0, got {self.effect!r}: it is "
                    "a difference of proportions. Give 0.1 for 10 points."
                )
        elif not (0 < self.effect < math.inf and self.effect != 1):
            raise DesignError(
                f"BlindedProportionRule.effect must be above 0 and not 1, got {self.effect!r}: it is a ratio, "
                "experimental / control."
            )

    def proportions(self, pooled: ArrayLike) -> tuple[Floats, Floats]:
        """Of the experimental and the control arm, with the planned effect around a pooled proportion."""
        import numpy as np

        mean, r = np.clip(np.asarray(pooled, np.float64), _EDGE, 1 - _EDGE), self.allocation_ratio
        if self.measure == "difference":
            control = np.clip(mean - r * self.effect / (1 + r), max(0.0, -self.effect), min(1.0, 1 - self.effect))
            experimental = control + self.effect
        elif self.measure == "risk_ratio":
            control = np.minimum(mean * (1 + r) / (1 + r * self.effect), min(1.0, 1 / self.effect))
            experimental = control * self.effect
        else:
            # The mean of p and p OR / (1 - p + p OR), weighted 1 to r, is a quadratic equation in p.
            odds, total = self.effect, mean * (1 + r)
            a, b, c = odds - 1, 1 + r * odds - total * (odds - 1), -total
            control = 2 * -c / (b + np.sqrt(b * b - 4 * a * c))
            experimental = control * odds / (1 - control + control * odds)
        inside = (_EDGE, 1 - _EDGE)
        return np.asarray(np.clip(experimental, *inside)), np.asarray(np.clip(control, *inside))

    def total_units(self, interim: BlindedInterim) -> Floats:
        """Units at the final analysis, unrounded."""
        import numpy as np

        r = self.allocation_ratio
        experimental, control = self.proportions(interim.mean)
        mean = (r * experimental + control) / (1 + r)
        under_null = np.sqrt(mean * (1 - mean) * (1 + 1 / r))
        under_effect = np.sqrt(experimental * (1 - experimental) / r + control * (1 - control))
        drift = -_NORMAL.inv_cdf(self.alpha) * under_null + _NORMAL.inv_cdf(self.power) * under_effect
        total = (1 + r) * (drift / (experimental - control)) ** 2
        return np.asarray(np.clip(total, self.minimum, self.maximum), np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedSize:
    """What a blinded rule says at one interim analysis.

    total_units   of the whole trial, rounded up
    nuisance      what was estimated: the variance used, or the pooled proportion
    """

    total_units: int
    nuisance: float


def compute_blinded_size(rule: BlindedVarianceRule | BlindedProportionRule, *, values: ArrayLike) -> BlindedSize:
    """What `rule` says of pooled outcomes: numbers, or 1 for a response and 0 for none."""
    import numpy as np

    outcomes = np.asarray(values, np.float64)
    if outcomes.ndim != 1 or len(outcomes) < 2 or not np.isfinite(outcomes).all():
        raise DesignError(
            f"values must be a list of at least 2 finite numbers, got {outcomes.size} with shape {outcomes.shape}. "
            "Leave out subjects without an outcome."
        )
    interim = BlindedInterim(
        units=np.asarray([float(len(outcomes))]),
        mean=np.asarray([outcomes.mean()]),
        variance=np.asarray([outcomes.var(ddof=1)]),
    )
    if isinstance(rule, BlindedProportionRule):
        if not np.isin(outcomes, (0.0, 1.0)).all():
            raise DesignError("values must be 1 for a response and 0 for none where the rule is one of proportions.")
        nuisance = interim.mean
    else:
        nuisance = rule.variance(interim)
    total = max(math.ceil(float(rule.total_units(interim)[0]) - 1e-9), len(outcomes))
    return BlindedSize(total_units=total, nuisance=float(nuisance[0]))


def _needed_drift(alpha: float, power: float) -> float:
    return _NORMAL.inv_cdf(power) - _NORMAL.inv_cdf(alpha)


def _check_test(name: str, alpha: float, power: float, allocation_ratio: float) -> None:
    if not 0 < alpha < 0.5:
        raise DesignError(f"{name}.alpha must lie between 0 and 0.5, got {alpha!r}; it is one-sided, 0.025 is usual.")
    if not alpha < power < 1:
        raise DesignError(
            f"{name}.power must lie between alpha ({alpha:g}) and 1, got {power!r}. Usual are 0.8 and 0.9."
        )
    if not 0 < allocation_ratio < math.inf:
        raise DesignError(
            f"{name}.allocation_ratio must be above 0, got {allocation_ratio!r} (experimental / control)."
        )
