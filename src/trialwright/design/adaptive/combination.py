"""Combination tests: stage-wise p-values of an adaptive trial combined so that the type I error is kept.

The p-values of the stages come from different subjects (or from independent increments), so that without effect each is
uniform, or higher, given all that came before. Whatever the interim data are used for then leaves the distribution of
the combination as it is, as long as the combination was fixed before.

The inverse normal combination is sum(w_j Z_j) / sqrt(sum(w_j^2)) over the stages so far, with squared weights that are
the planned increments of information. Without effect it behaves as the Z statistic of a group-sequential trial with
that information, so any of its bounds serve. Fisher's combination is the product of the p-values.

Source: Lehmacher W, Wassmer G. Biometrics 1999;55:1286-1290. Cui L, Hung HMJ, Wang SJ. Biometrics 1999;55:853-857.
Bauer P, Köhne K. Biometrics 1994;50:1029-1041. Conditional rejection probability: Müller HH, Schäfer H. Biometrics
2001;57:886-891.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from trialwright.design.sequential.boundaries import GivenBounds
from trialwright.design.sequential.design import EfficacyRule, FutilityRule, GroupSequentialDesign
from trialwright.design.sequential.fisher_combination import FisherCombination, Method, compute_fisher_combination
from trialwright.errors import DesignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_NORMAL = NormalDist()

Decision = Literal["reject", "stop for futility", "continue", "do not reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationTest:
    """A one-sided combination test, made by `compute_inverse_normal_test` or `compute_fisher_test`.

    rule   the bounds: a group-sequential design, to whose Z the inverse normal combination is held, or Fisher's test
    """

    rule: GroupSequentialDesign | FisherCombination

    def __post_init__(self) -> None:
        if isinstance(self.rule, GroupSequentialDesign) and self.rule.sided != 1:
            raise DesignError(
                f"CombinationTest.rule has sided=2 and alpha = {self.rule.alpha!r}: stage-wise p-values are one-sided, "
                "since an adaptive change is made for one direction. Give sided=1 with "
                f"alpha = {self.rule.alpha / 2:g}."
            )

    @property
    def stages(self) -> int:
        """How many, the last included."""
        return self.rule.looks if isinstance(self.rule, GroupSequentialDesign) else self.rule.stages

    @property
    def alpha(self) -> float:
        """One-sided type I error over all stages."""
        return self.rule.alpha

    @property
    def futility_is_binding(self) -> bool:
        """Whether the type I error counts on stopping for futility."""
        return self.rule.futility_is_binding

    @property
    def weights(self) -> tuple[float, ...]:
        """Of each stage: roots of the planned increments of information, or 1 for each factor of Fisher's product."""
        if isinstance(self.rule, FisherCombination):
            return (1.0,) * self.stages
        fractions = self.rule.information_fractions
        return tuple(math.sqrt(t - s) for s, t in zip((0.0, *fractions), fractions, strict=False))

    @property
    def critical_values(self) -> tuple[float, ...]:
        """The combination rejects at or above them (inverse normal), or at or below (Fisher)."""
        if isinstance(self.rule, FisherCombination):
            return self.rule.critical_values
        return self.rule.efficacy_bounds

    @property
    def futility_values(self) -> tuple[float, ...] | None:
        """Of each stage but the last: of the combined z (inverse normal), or of the stage's p-value (Fisher)."""
        if isinstance(self.rule, FisherCombination):
            return self.rule.futility_levels
        return None if self.rule.futility_bounds is None else self.rule.futility_bounds[:-1]

    @property
    def conventions(self) -> tuple[str, ...]:
        """What the numbers mean."""
        return (
            "alpha is one-sided; z above 0 favors the experimental arm",
            "z and p-values are of the subjects (events) of one stage alone",
            "weights are those planned, whatever the sizes of the stages become",
        )


def compute_inverse_normal_test(
    *,
    efficacy: EfficacyRule | None,
    alpha: float,
    information_fractions: tuple[float, ...] | None = None,
    looks: int | None = None,
    futility: FutilityRule | None = None,
    futility_is_binding: bool = False,
    power: float = 0.9,
) -> CombinationTest:
    """The inverse normal combination test with the bounds of any group-sequential rule.

    efficacy               None: no stage but the last can reject, and the last has the full alpha
    information_fractions  planned, increasing to 1; the squared weights are their increments
    futility               a spending function for 1 - power, or given bounds of the combined z, one for each stage but
                           the last

    `power` matters for a spending function of futility, and for the drift of the design in `rule`.
    """
    from trialwright.design.sequential.solving import compute_group_sequential_design

    if efficacy is None:
        count = len(information_fractions) if information_fractions is not None else looks or 0
        if not 0 < alpha < 0.5:
            raise DesignError(f"alpha must lie between 0 and 0.5, got {alpha!r}; it is one-sided, and 0.025 is usual.")
        if futility_is_binding:
            raise DesignError(
                "futility_is_binding lowers efficacy bounds, and efficacy is None. Give a rule, or False."
            )
        # A hair above the quantile: rounding must not carry its error above alpha.
        efficacy = GivenBounds(z=(*(math.inf,) * (count - 1), -_NORMAL.inv_cdf(alpha) + 1e-12))
    return CombinationTest(
        rule=compute_group_sequential_design(
            efficacy=efficacy,
            alpha=alpha,
            sided=1,
            power=power,
            looks=looks,
            information_fractions=information_fractions,
            futility=futility,
            futility_is_binding=futility_is_binding,
        )
    )


def compute_fisher_test(
    *,
    stages: int,
    alpha: float,
    method: Method = "equal levels",
    futility_levels: tuple[float, ...] | None = None,
    futility_is_binding: bool = False,
) -> CombinationTest:
    """Fisher's combination test; arguments as those of `compute_fisher_combination`."""
    return CombinationTest(
        rule=compute_fisher_combination(
            stages=stages,
            alpha=alpha,
            method=method,
            futility_levels=futility_levels,
            futility_is_binding=futility_is_binding,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationStage:
    """The test after one stage.

    z, p_value                       of the stage alone, one-sided
    statistic                        combination of the stages so far: z of the inverse normal, product of Fisher's test
    critical_value, futility_value   those of the stage; None where there is none
    decision                         what the bounds say, whether or not the trial keeps to them
    conditional_rejection_probability   to reject at a later stage without effect: the level that whatever follows may
                                     have. None after the last stage
    repeated_p_value                 the smallest alpha at which the test would reject at this stage; None for given
                                     bounds, which belong to one alpha
    """

    stage: int
    z: float
    p_value: float
    statistic: float
    critical_value: float
    futility_value: float | None
    decision: Decision
    conditional_rejection_probability: float | None
    repeated_p_value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationAnalysis:
    """The test after the stages so far.

    rejected_at      the first stage that rejects; None if none has
    overall_p_value  the smallest alpha at which a stage so far would have rejected: the smallest repeated
                     p-value
    """

    stages: tuple[CombinationStage, ...]
    rejected_at: int | None
    overall_p_value: float | None
    conventions: tuple[str, ...]

    @property
    def decision(self) -> Decision:
        """Of the stage that rejected first, or of the last one so far."""
        return self.stages[-1 if self.rejected_at is None else self.rejected_at - 1].decision


def compute_combination_analysis(
    test: CombinationTest, *, z: Sequence[float] | None = None, p_values: Sequence[float] | None = None
) -> CombinationAnalysis:
    """The test after one stage or more, from one-sided stage-wise p-values, or z statistics of the stages alone.

    After a binding futility bound nothing is combined any more: that is refused.
    """
    from trialwright.design.adaptive.combination_inference import (
        compute_conditional_rejection_probability,
        compute_stage_p_value,
    )

    scores = stage_scores(test, z=z, p_values=p_values)
    stages: list[CombinationStage] = []
    for stage in range(1, len(scores) + 1):
        statistic = float(combine(test, scores[:stage]))
        decision = decide(test, stage, statistic, scores[stage - 1])
        if stage < len(scores) and decision == "stop for futility" and test.futility_is_binding:
            raise DesignError(
                f"Stage {stage} crossed the binding futility bound, and data of stage {stage + 1} are given. The type "
                "I error counts on the trial having ended. Leave them out; a test with futility_is_binding=False may "
                "go on."
            )
        is_last = stage == test.stages
        stages.append(
            CombinationStage(
                stage=stage,
                z=scores[stage - 1],
                p_value=_upper_tail(scores[stage - 1]),
                statistic=statistic,
                critical_value=test.critical_values[stage - 1],
                futility_value=None if is_last or test.futility_values is None else test.futility_values[stage - 1],
                decision=decision,
                conditional_rejection_probability=None
                if is_last
                else compute_conditional_rejection_probability(test, z=scores[:stage]),
                repeated_p_value=compute_stage_p_value(test, z=scores[:stage]),
            )
        )
    return CombinationAnalysis(
        stages=tuple(stages),
        rejected_at=next((one.stage for one in stages if one.decision == "reject"), None),
        overall_p_value=min((one.repeated_p_value for one in stages if one.repeated_p_value is not None), default=None),
        conventions=test.conventions,
    )


def stage_scores(
    test: CombinationTest, *, z: Sequence[float] | None, p_values: Sequence[float] | None
) -> tuple[float, ...]:
    """z of each stage, from one of both. DesignError for anything that is no statistic of the test's stages."""
    if (z is None) == (p_values is None):
        raise DesignError("Give either z or p_values of the stages, and not both.")
    if p_values is not None:
        if not all(0 < value < 1 for value in p_values):
            raise DesignError(
                f"p_values must lie between 0 and 1, both excluded, got {tuple(p_values)!r}. Give one-sided p-values "
                "of the stages; where one is printed as 0 or 1, give z."
            )
        scores = tuple(-_NORMAL.inv_cdf(value) for value in p_values)
    else:
        scores = tuple(float(value) for value in z or ())
    if not all(math.isfinite(value) for value in scores):
        raise DesignError(f"z must be finite numbers, got {scores!r}. A stage without a statistic cannot be combined.")
    if not 1 <= len(scores) <= test.stages:
        raise DesignError(
            f"There are {len(scores)} stages of data, but the test has {test.stages}; give one value for each taken."
        )
    return scores


def combine(test: CombinationTest, z: ArrayLike) -> Floats:
    """The combination of the stages so far, along the last axis of `z`."""
    import numpy as np
    from scipy.special import log_ndtr

    scores = np.asarray(z, np.float64)
    if isinstance(test.rule, FisherCombination):
        return np.asarray(np.exp(log_ndtr(-scores).sum(axis=-1)), np.float64)
    weights = np.asarray(test.weights[: scores.shape[-1]])
    return np.asarray(scores @ weights / math.sqrt(float(weights @ weights)), np.float64)


def is_rejected(test: CombinationTest, stage: int, statistic: ArrayLike) -> NDArray[np.bool_]:
    """Whether the combination rejects at `stage` (from 1); NaN does not."""
    import numpy as np

    value, critical = np.asarray(statistic), test.critical_values[stage - 1]
    return np.asarray(value <= critical if isinstance(test.rule, FisherCombination) else value >= critical)


def is_futile(test: CombinationTest, stage: int, statistic: ArrayLike, stage_z: ArrayLike) -> NDArray[np.bool_]:
    """Whether the trial stops for futility at `stage`, if the test does not reject there."""
    import numpy as np
    from scipy.special import ndtr

    value, bounds = np.asarray(statistic), test.futility_values
    if bounds is None or stage == test.stages:
        return np.zeros(value.shape, np.bool_)
    if isinstance(test.rule, FisherCombination):
        return np.asarray(ndtr(-np.asarray(stage_z)) > bounds[stage - 1])
    return np.asarray(value <= bounds[stage - 1])


def decide(test: CombinationTest, stage: int, statistic: float, stage_z: float) -> Decision:
    """What the bounds of one stage say."""
    if bool(is_rejected(test, stage, statistic)):
        return "reject"
    if stage == test.stages:
        return "do not reject"
    return "stop for futility" if bool(is_futile(test, stage, statistic, stage_z)) else "continue"


def next_critical_z(test: CombinationTest, stage: int, statistic: ArrayLike) -> Floats:
    """The z that the stage after `stage` must reach, alone, for the combination to reject there.

    Minus infinite where any does (Fisher's product cannot rise), infinite where none does.
    """
    import numpy as np
    from scipy.special import ndtri

    value, critical = np.asarray(statistic, np.float64), test.critical_values[stage]
    if isinstance(test.rule, FisherCombination):
        with np.errstate(divide="ignore"):
            return np.asarray(-ndtri(np.minimum(critical / value, 1.0)), np.float64)
    before, after = test.rule.information_fractions[stage - 1 : stage + 1]
    return np.asarray((critical * math.sqrt(after) - value * math.sqrt(before)) / math.sqrt(after - before), np.float64)


def _upper_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))
