"""Multi-arm multi-stage designs with pre-planned bounds: several experimental arms against one control.

The trial looks at all comparisons after each stage, drops arms whose Z is at or below the futility bound, and ends at
the first stage at which one reaches the efficacy bound (that with the highest Z is then recommended) or no arm is left.
The bounds keep the familywise error rate in the strong sense. With one stage this is Dunnett's test. Probabilities are
integrated, not simulated.

Power is that of the least favorable configuration: to recommend the first arm if its effect is the interesting one and
that of all others the uninteresting one.

Source: Magirr D, Jaki T, Whitehead J. Biometrika 2012;99:494-501. Dunnett CW. J Am Stat Assoc 1955;50:1096-1121, and
1984 (configuration) in Santner TJ, Tamhane AC (eds), Design of Experiments, Dekker. Triangular bounds: Whitehead J,
Stratton I. Biometrics 1983;39:227-236.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from trialwright.design.sequential.boundaries import GivenBounds, HaybittlePeto, OBrienFleming, Pocock, WangTsiatis
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.adaptive.multi_arm_kernel import ArmPaths

MAX_STAGES = 4

CONVENTIONS = (
    "alpha is one-sided: the familywise error rate of all comparisons and stages together",
    "allocation_ratio is experimental / control, of one experimental arm, by stage",
    "effects are experimental - control, positive where the arm is better; the standard deviation is known",
    "n is cumulative by stage, and that of each experimental arm that is still in; ends with the first rejection",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangular:
    """Bounds c (1 + t) / sqrt(t) above and c (3 t - 1) / sqrt(t) below, which meet at t = 1.

    t is the information fraction of a stage. Source: Whitehead J, Stratton I. Biometrics 1983;39:227-236.
    """

    def shape(self, fractions: Sequence[float]) -> tuple[float, ...]:
        """The upper bounds with constant 1."""
        return tuple((1 + t) / math.sqrt(t) for t in fractions)

    def futility_shape(self, fractions: Sequence[float]) -> tuple[float, ...]:
        """The lower bounds with constant 1."""
        return tuple((3 * t - 1) / math.sqrt(t) for t in fractions)


MultiArmEfficacy = Triangular | Pocock | OBrienFleming | WangTsiatis | HaybittlePeto | GivenBounds
MultiArmFutility = Triangular | GivenBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiArmDesign:
    """A multi-arm multi-stage design, made by `compute_multi_arm_design`.

    arms                   experimental arms at the start
    efficacy_bounds        of the Z of each comparison
    futility_bounds        likewise; at the last stage the efficacy bound; None without futility
    familywise_error_rate  attained under the global null hypothesis, without non-binding futility
    power                  attained at the rounded numbers, in the least favorable configuration
    n_exact                cumulative subjects of one experimental arm at the last stage, unrounded
    n_experimental         cumulative subjects of one experimental arm, by stage, rounded up
    n_control              cumulative subjects of the control, by stage, rounded up
    """

    arms: int
    alpha: float
    target_power: float
    effect: float
    uninteresting_effect: float
    sd: float
    efficacy_bounds: tuple[float, ...]
    futility_bounds: tuple[float, ...] | None
    futility_is_binding: bool
    familywise_error_rate: float
    power: float
    n_exact: float
    n_experimental: tuple[int, ...]
    n_control: tuple[int, ...]
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def stages(self) -> int:
        """How many, the last included."""
        return len(self.efficacy_bounds)

    @property
    def n_total(self) -> int:
        """The most subjects the trial can have."""
        return self.arms * self.n_experimental[-1] + self.n_control[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiArmCharacteristics:
    """How a multi-arm design behaves under given effects of its experimental arms.

    effects                 experimental - control, of each arm
    disjunctive_power       probability of any rejection: the familywise error rate where no arm has an effect
    recommended             of each arm: probability to be rejected, with the highest Z, when the trial ends
    recommended_by_stage    arm, stage
    reached                 stage: probability that the trial gets there
    expected_n_experimental of each arm; likewise that of the control and of all arms together
    """

    effects: tuple[float, ...]
    disjunctive_power: float
    recommended: tuple[float, ...]
    recommended_by_stage: tuple[tuple[float, ...], ...]
    reached: tuple[float, ...]
    expected_n_experimental: tuple[float, ...]
    expected_n_control: float
    expected_n_total: float
    conventions: tuple[str, ...] = CONVENTIONS


def compute_multi_arm_design(
    *,
    arms: int,
    alpha: float,
    power: float,
    effect: float,
    uninteresting_effect: float,
    sd: float,
    efficacy: MultiArmEfficacy,
    futility: MultiArmFutility | None = None,
    futility_is_binding: bool = True,
    experimental_ratios: tuple[float, ...] = (1.0,),
    control_ratios: tuple[float, ...] | None = None,
) -> MultiArmDesign:
    """Bounds with familywise error rate `alpha` (one-sided), and the sample size with `power`.

    arms                    experimental arms, 1 to 20
    effect                  interesting difference of means, experimental - control
    uninteresting_effect    that of the other arms, below `effect`
    efficacy                bounds of Z; one stage needs none but the constant, so any rule gives Dunnett's test
    futility                `Triangular` needs it for the efficacy as well; or `GivenBounds`, one of Z for each stage
                            but the last. None: arms stay in
    futility_is_binding     whether the familywise error rate counts on arms being dropped
    experimental_ratios     cumulative subjects of one experimental arm by stage, in any unit, at most 4 stages
    control_ratios          those of the control in the same unit; None: the same

    For a binary or ordinal outcome with probability p that a subject of the experimental arm does better than one of
    the control, effect / sd = sqrt(2) * Phi^-1(p).
    """
    control_ratios = experimental_ratios if control_ratios is None else control_ratios
    _check(arms, alpha, power, effect, uninteresting_effect, sd, experimental_ratios, control_ratios)
    _check_rules(efficacy, futility, len(experimental_ratios), is_binding=futility_is_binding)

    def bounds_of(sizes: tuple[float, ...], controls: tuple[float, ...]) -> tuple[_Bounds, float]:
        return _solve_bounds(arms, alpha, efficacy, futility, sizes, controls, is_binding=futility_is_binding)

    bounds, error = bounds_of(experimental_ratios, control_ratios)
    effects = (effect,) + (uninteresting_effect,) * (arms - 1)

    def power_of(unit: float) -> float:
        sizes = tuple(unit * ratio for ratio in experimental_ratios)
        controls = tuple(unit * ratio for ratio in control_ratios)
        return _best_of_first(bounds, sizes, controls, tuple(one / sd for one in effects))

    unit = _solve_size(power_of, power, (sd / effect) ** 2)
    exact = unit * experimental_ratios[-1]
    are_whole = all(float(ratio).is_integer() for ratio in (*experimental_ratios, *control_ratios))
    if are_whole:
        unit = math.ceil(unit - 1e-9)
    n_experimental = tuple(math.ceil(unit * ratio - 1e-9) for ratio in experimental_ratios)
    n_control = tuple(math.ceil(unit * ratio - 1e-9) for ratio in control_ratios)
    if not are_whole:
        # Rounding has changed the ratios, and the bounds change with them.
        bounds, error = bounds_of(tuple(map(float, n_experimental)), tuple(map(float, n_control)))
    return MultiArmDesign(
        arms=arms,
        alpha=alpha,
        target_power=power,
        effect=effect,
        uninteresting_effect=uninteresting_effect,
        sd=sd,
        efficacy_bounds=bounds.upper,
        futility_bounds=bounds.lower,
        futility_is_binding=futility_is_binding and futility is not None,
        familywise_error_rate=error,
        power=_best_of_first(bounds, n_experimental, n_control, tuple(one / sd for one in effects)),
        n_exact=exact,
        n_experimental=n_experimental,
        n_control=n_control,
    )


def compute_multi_arm_characteristics(design: MultiArmDesign, *, effects: tuple[float, ...]) -> MultiArmCharacteristics:
    """How `design` behaves if its experimental arms have these effects; futility is obeyed whether it binds or not."""
    if len(effects) != design.arms or not all(math.isfinite(effect) for effect in effects):
        raise DesignError(
            f"effects must be {design.arms} finite numbers, one for each experimental arm, got {effects!r}; "
            "0 for an arm that is like the control."
        )
    kinds = sorted(set(effects))
    counts = [effects.count(kind) for kind in kinds]
    paths = _integrate(
        _Bounds(design.efficacy_bounds, design.futility_bounds),
        design.n_experimental,
        design.n_control,
        [kind / design.sd for kind in kinds],
        counts,
        wants_best=True,
    )
    steps = [after - before for before, after in zip((0, *design.n_experimental), design.n_experimental, strict=False)]
    control_steps = [after - before for before, after in zip((0, *design.n_control), design.n_control, strict=False)]
    place = [kinds.index(effect) for effect in effects]
    expected = tuple(math.fsum(n * p for n, p in zip(steps, paths.active[one], strict=True)) for one in place)
    control = math.fsum(n * p for n, p in zip(control_steps, paths.running, strict=True))
    return MultiArmCharacteristics(
        effects=effects,
        disjunctive_power=1 - paths.no_rejection,
        recommended=tuple(float(paths.best[one].sum()) for one in place),
        recommended_by_stage=tuple(tuple(map(float, paths.best[one])) for one in place),
        reached=tuple(map(float, paths.running)),
        expected_n_experimental=expected,
        expected_n_control=control,
        expected_n_total=control + math.fsum(expected),
    )


@dataclass(frozen=True, slots=True)
class _Bounds:
    upper: tuple[float, ...]
    lower: tuple[float, ...] | None


def _integrate(
    bounds: _Bounds,
    sizes: Sequence[float],
    controls: Sequence[float],
    drifts: Sequence[float],
    counts: Sequence[int],
    *,
    wants_best: bool,
) -> ArmPaths:
    import numpy as np

    from trialwright.design.adaptive.multi_arm_kernel import integrate_arms

    lower = (-math.inf,) * len(sizes) if bounds.lower is None else bounds.lower
    return integrate_arms(
        experimental=np.asarray(sizes, np.float64),
        control=np.asarray(controls, np.float64),
        upper=np.asarray(bounds.upper, np.float64),
        lower=np.asarray(lower, np.float64),
        drifts=np.asarray(drifts, np.float64),
        counts=np.asarray(counts, np.int64),
        wants_best=wants_best,
    )


def _best_of_first(
    bounds: _Bounds, sizes: Sequence[float], controls: Sequence[float], drifts: tuple[float, ...]
) -> float:
    # The first arm is a class of its own, even where the others have its effect.
    kinds, counts = [drifts[0]], [1]
    if len(drifts) > 1:
        kinds, counts = [*kinds, drifts[1]], [1, len(drifts) - 1]
    return float(_integrate(bounds, sizes, controls, kinds, counts, wants_best=True).best[0].sum())


def _solve_bounds(
    arms: int,
    alpha: float,
    efficacy: MultiArmEfficacy,
    futility: MultiArmFutility | None,
    sizes: Sequence[float],
    controls: Sequence[float],
    *,
    is_binding: bool,
) -> tuple[_Bounds, float]:
    """The bounds, and the familywise error rate they have."""
    from scipy.optimize import brentq

    # Information of a comparison, in units of that of the last stage.
    information = [1 / (1 / n + 1 / m) for n, m in zip(sizes, controls, strict=True)]
    fractions = tuple(one / information[-1] for one in information)
    scale = [size / sizes[-1] for size in sizes]
    control_scale = [size / sizes[-1] for size in controls]

    def bounds_at(constant: float) -> _Bounds:
        if isinstance(efficacy, GivenBounds):
            upper = efficacy.z
        elif isinstance(efficacy, HaybittlePeto):
            upper = (*(efficacy.interim_z,) * (len(sizes) - 1), constant)
        else:
            shape = efficacy.shape(fractions)
            upper = tuple(constant * one / shape[-1] for one in shape)
        if futility is None:
            return _Bounds(upper, None)
        if isinstance(futility, GivenBounds):
            return _Bounds(upper, (*futility.z, upper[-1]))
        return _Bounds(upper, (*(upper[-1] / 2 * one for one in futility.futility_shape(fractions[:-1])), upper[-1]))

    def error_of(bounds: _Bounds) -> float:
        counted = bounds if is_binding else _Bounds(bounds.upper, None)
        return 1 - _integrate(counted, scale, control_scale, [0.0], [arms], wants_best=False).no_rejection

    if isinstance(efficacy, GivenBounds):
        bounds = bounds_at(0.0)
        error = error_of(bounds)
        if error > alpha * (1 + 1e-6):
            raise DesignError(
                f"GivenBounds.z = {efficacy.z!r} have a familywise error rate of {error:.6f}, above alpha = {alpha!r}. "
                "Raise them, or let a rule find them."
            )
    else:
        if error_of(bounds_at(0.05)) < alpha:
            raise DesignError(
                f"alpha = {alpha!r} is not used up by any efficacy bounds: the futility bounds stop too many trials. "
                "Lower them below the efficacy bounds that the trial has without them."
            )
        if error_of(bounds_at(12.0)) > alpha:
            raise DesignError(
                f"alpha = {alpha!r} is spent before the last stage: {efficacy!r} rejects too easily there. Raise it."
            )
        constant = float(brentq(lambda value: error_of(bounds_at(value)) - alpha, 0.05, 12.0, xtol=1e-9))
        bounds = bounds_at(constant)
        error = error_of(bounds)
    for stage, (low, high) in enumerate(zip((bounds.lower or ())[:-1], bounds.upper, strict=False), start=1):
        if low >= high:
            raise DesignError(
                f"At stage {stage} the futility bound {low:.4f} reaches the efficacy bound {high:.4f}, so the trial "
                "would always end there. Lower it, or leave out the later stages."
            )
    return bounds, error


def _solve_size(power_of: Callable[[float], float], power: float, scale: float) -> float:
    """The unit of subjects that has the power; `scale` is (sd / effect)^2."""
    quantile = NormalDist().inv_cdf

    def missing(root: float) -> float:
        # The quantile of the power is nearly linear in the root of the size, so that few steps are needed.
        return quantile(min(max(power_of(root * root), 1e-12), 1 - 1e-12)) - target

    target, before = quantile(power), 0.5 * math.sqrt(scale)
    root, last = 3.0 * math.sqrt(scale), missing(before)
    for _ in range(40):
        now = missing(root)
        if abs(now) < 1e-9:
            return root * root
        slope = (now - last) / (root - before)
        if slope <= 1e-9 or root > 300 * math.sqrt(scale):
            break
        before, last = root, now
        root = min(max(root - now / slope, 0.3 * root), 3 * root)
        if abs(root - before) < 1e-7 * root:
            return root * root
    raise DesignError(
        f"power = {power!r} is not reached with any sample size: {power_of(before * before):.4f} is near the most: "
        "the other arms, or the futility bounds, are too close. Lower uninteresting_effect or the futility bounds."
    )


def _check(
    arms: int,
    alpha: float,
    power: float,
    effect: float,
    uninteresting: float,
    sd: float,
    sizes: Sequence[float],
    controls: Sequence[float],
) -> None:
    if not 1 <= arms <= 20:
        raise DesignError(
            f"arms must lie between 1 and 20, got {arms!r}; it counts experimental arms, not the control."
        )
    if not 0 < alpha < 0.5:
        raise DesignError(f"alpha must lie between 0 and 0.5, got {alpha!r}; it is one-sided, and 0.025 is usual.")
    if not alpha < power < 1:
        raise DesignError(f"power must lie between alpha = {alpha!r} and 1, got {power!r}; 0.9 is usual.")
    if not 0 < sd < math.inf:
        raise DesignError(f"sd must be above 0, got {sd!r}.")
    if not 0 < effect < math.inf:
        raise DesignError(f"effect must be above 0, got {effect!r}. If lower values are better, turn the sign around.")
    if arms > 1 and not uninteresting < effect:
        raise DesignError(
            f"uninteresting_effect must be below effect = {effect!r}, got {uninteresting!r}: no sample size tells arms "
            "of equal effects apart. Half of effect, or 0, are usual."
        )
    if not 1 <= len(sizes) <= MAX_STAGES or len(controls) != len(sizes):
        raise DesignError(
            f"experimental_ratios has {len(sizes)} stages and control_ratios {len(controls)}; give 1 to {MAX_STAGES}, "
            "as many for both."
        )
    for name, values in (("experimental_ratios", sizes), ("control_ratios", controls)):
        if not all(before < after < math.inf for before, after in zip((0.0, *values), values, strict=False)):
            raise DesignError(
                f"{name} must be above 0 and increase, got {tuple(values)!r}: they are cumulative, as (1, 2) for two "
                "equal stages."
            )


def _check_rules(
    efficacy: MultiArmEfficacy, futility: MultiArmFutility | None, stages: int, *, is_binding: bool
) -> None:
    if isinstance(efficacy, GivenBounds) and len(efficacy.z) != stages:
        raise DesignError(
            f"GivenBounds of efficacy has {len(efficacy.z)} bounds for {stages} stages. Give one for each."
        )
    if isinstance(futility, GivenBounds) and len(futility.z) != stages - 1:
        raise DesignError(
            f"GivenBounds of futility has {len(futility.z)} bounds for {stages} stages. Give {stages - 1}: at the last "
            "stage the efficacy bound decides."
        )
    if isinstance(efficacy, Triangular) and stages > 1 and not (isinstance(futility, Triangular) and is_binding):
        raise DesignError(
            "Triangular efficacy bounds belong to triangular futility bounds that bind. Give futility=Triangular() "
            "with futility_is_binding=True, or another efficacy rule."
        )
