"""Makes a group-sequential design: its bounds, and the drift at which it has its power."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TypeGuard

from trialwright.design.sequential.boundaries import (
    ClassicalBounds,
    GivenBounds,
    HaybittlePeto,
    OBrienFleming,
    OptimumWangTsiatis,
    Pocock,
    WangTsiatis,
    compute_classical_bounds,
    type_one_error,
)
from trialwright.design.sequential.design import EfficacyRule, FutilityRule, GroupSequentialDesign
from trialwright.design.sequential.integration import START, Recursion, compute_exits, continuation
from trialwright.design.sequential.operating import compute_operating_characteristics
from trialwright.design.sequential.spending import (
    SpendingFunction,
    UserSpending,
    check_fractions,
    cumulative_spending,
)
from trialwright.errors import DesignError

_NORMAL = NormalDist()


def compute_group_sequential_design(
    *,
    efficacy: EfficacyRule,
    alpha: float,
    sided: int,
    power: float,
    looks: int | None = None,
    information_fractions: tuple[float, ...] | None = None,
    futility: FutilityRule | None = None,
    futility_is_binding: bool = False,
) -> GroupSequentialDesign:
    """The design with type I error `alpha` in all, and `power` at its drift.

    efficacy               a classical rule, a spending function, or given bounds; two-sided: alpha / 2 on each side
    looks                  number of looks, evenly spaced; or `information_fractions`, increasing to 1
    futility               a spending function for 1 - power, or given bounds (one for each look but the last): lower
                           bounds if one-sided, inner wedges +-z if two-sided. Power is attained with them obeyed
    futility_is_binding    True: the efficacy bounds count on the trial stopping for futility, and are lower for it

    The last futility bound is the last efficacy bound. Spending the type II error follows Pampallona S, Tsiatis AA,
    Kim KM. Drug Inf J 2001;35:1113-1121; the drift is the one at which the two bounds meet at the last look.
    Source: Jennison C, Turnbull BW. 2000, chapters 2, 5, 7 and 19.
    """
    fractions = _fractions(looks, information_fractions)
    _check_rates(alpha=alpha, sided=sided, power=power)
    problem = Problem(
        fractions=fractions,
        spending_fractions=fractions,
        alpha=alpha,
        sided=sided,
        power=power,
        efficacy=efficacy.at(fractions) if isinstance(efficacy, UserSpending) else efficacy,
        futility=futility.at(fractions) if isinstance(futility, UserSpending) else futility,
        is_binding=futility_is_binding,
    )
    _check_rules(problem)
    if isinstance(efficacy, OptimumWangTsiatis):
        return _optimum(problem, efficacy)
    return _solve(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    fractions: tuple[float, ...]
    spending_fractions: tuple[float, ...]
    alpha: float
    sided: int
    power: float
    efficacy: EfficacyRule
    futility: FutilityRule | None
    is_binding: bool

    @property
    def fixed_drift(self) -> float:
        return _NORMAL.inv_cdf(self.power) - _NORMAL.inv_cdf(self.alpha / self.sided)


@dataclass(frozen=True, slots=True)
class Bounds:
    upper: tuple[float, ...]
    futility: tuple[float, ...] | None
    power: float


def _fractions(looks: int | None, fractions: tuple[float, ...] | None) -> tuple[float, ...]:
    if (looks is None) == (fractions is None):
        raise DesignError("Give either looks (evenly spaced) or information_fractions (increasing to 1), and not both.")
    if fractions is not None:
        check_fractions(fractions, "information_fractions")
        return (*fractions[:-1], 1.0)
    if not isinstance(looks, int) or not 1 <= looks <= 100:
        raise DesignError(
            f"looks must be a whole number between 1 and 100, got {looks!r}. Count the final analysis as a look."
        )
    return tuple((look + 1) / looks for look in range(looks))


def _check_rates(*, alpha: float, sided: int, power: float) -> None:
    if sided not in (1, 2):
        raise DesignError(f"sided must be 1 or 2, got {sided!r}: whether alpha is of one side or of both together.")
    if not 0 < alpha < sided / 2:
        raise DesignError(
            f"alpha must lie above 0 and below {sided / 2:g} for a {sided}-sided design, got {alpha!r}. "
            "0.025 one-sided or 0.05 two-sided are usual; give a rate, not percent."
        )
    if not alpha / sided < power < 1:
        raise DesignError(
            f"power must lie between the level of one side ({alpha / sided:g}) and 1, got {power!r}: at or below it "
            "no trial is needed, and 1 no trial reaches. 0.8 or 0.9 are usual."
        )


def _check_rules(problem: Problem) -> None:
    looks = len(problem.fractions)
    futility = problem.futility
    if isinstance(futility, GivenBounds):
        if len(futility.z) != looks - 1:
            raise DesignError(
                f"futility has {len(futility.z)} bounds for {looks} looks; give {looks - 1}, one for each look but the "
                "last, whose futility bound is its efficacy bound."
            )
        if problem.sided == 2 and any(not 0 <= bound < math.inf for bound in futility.z):
            raise DesignError(
                f"Futility bounds of a two-sided design are inner wedges +-z, finite and not below 0, "
                f"got {futility.z!r}. Use 0 for a look without one."
            )
    if isinstance(problem.efficacy, GivenBounds) and len(problem.efficacy.z) != looks:
        raise DesignError(f"efficacy has {len(problem.efficacy.z)} bounds for {looks} looks; give one for each look.")
    if futility is None and problem.is_binding:
        raise DesignError("futility_is_binding is True, but there is no futility rule. Give one, or leave it False.")
    if isinstance(futility, UserSpending) and not math.isclose(futility.cumulative[-1], 1 - problem.power):
        raise DesignError(
            f"The futility spending ends at {futility.cumulative[-1]!r}, but 1 - power is {1 - problem.power:g}. "
            "Its last value must be 1 - power."
        )
    if isinstance(problem.efficacy, UserSpending) and not math.isclose(problem.efficacy.cumulative[-1], problem.alpha):
        raise DesignError(
            f"The efficacy spending ends at {problem.efficacy.cumulative[-1]!r}, but alpha is {problem.alpha!r}. "
            "Its last value must be alpha."
        )


def _solve(problem: Problem) -> GroupSequentialDesign:
    bounds_at = _bounds_of(problem)

    def bounds_with_power(drift: float) -> Bounds:
        bounds = bounds_at(drift)
        if not math.isnan(bounds.power):
            return bounds
        lower, inner = exit_bounds(bounds.upper, bounds.futility, problem.sided)
        power = float(compute_exits(problem.fractions, bounds.upper, lower, drift, inner).upper.sum())
        return Bounds(bounds.upper, bounds.futility, power)

    drift = _drift(bounds_with_power, problem)
    bounds = bounds_with_power(drift)
    _check_bounds(bounds, problem)
    return build(problem, bounds, drift)


def build(problem: Problem, bounds: Bounds, drift: float) -> GroupSequentialDesign:
    """The design of a problem solved."""
    return GroupSequentialDesign(
        information_fractions=problem.fractions,
        spending_fractions=problem.spending_fractions,
        alpha=problem.alpha,
        sided=problem.sided,
        target_power=problem.power,
        power=bounds.power,
        efficacy=problem.efficacy,
        futility=problem.futility,
        futility_is_binding=problem.is_binding,
        efficacy_bounds=bounds.upper,
        futility_bounds=bounds.futility,
        drift=drift,
        conventions=_conventions(problem),
    )


def _conventions(problem: Problem) -> tuple[str, ...]:
    sides = "one-sided" if problem.sided == 1 else "two-sided, half of it on each side"
    sentences = [
        f"alpha {problem.alpha:g} is {sides}; positive Z favors the experimental arm",
        "bounds are of the Z statistic; stage levels are one-sided",
        "the drift is the expected Z at the maximum information; power counts crossings of the upper efficacy bound",
        "the inflation factor is the maximum information over that of the design without interim looks",
    ]
    if problem.futility is not None:
        binding = "counts on it (binding)" if problem.is_binding else "does not count on it (non-binding)"
        sentences.append(f"power and expected sizes are with stopping for futility; the type I error {binding}")
    return tuple(sentences)


def exit_bounds(
    upper: tuple[float, ...], futility: tuple[float, ...] | None, sided: int
) -> tuple[tuple[float, ...], tuple[float, ...] | None]:
    """Lower bounds and inner wedges of a design for `compute_exits`."""
    if sided == 2:
        return tuple(-bound for bound in upper), None if futility is None else (*futility[:-1], 0.0)
    return ((-math.inf,) * len(upper) if futility is None else (*futility[:-1], -math.inf)), None


def _bounds_of(problem: Problem) -> Callable[[float], Bounds]:
    """Bounds as a function of the drift; only spending of the type II error makes them depend on it."""
    futility = problem.futility
    if futility is None or isinstance(futility, GivenBounds):
        binding = None
        if futility is not None and problem.is_binding:
            binding = (*futility.z, 0.0 if problem.sided == 2 else -math.inf)
        upper = compute_upper(problem, binding)
        given = None if futility is None else (*futility.z, upper[-1])
        fixed = Bounds(upper, given, math.nan)
        return lambda drift: fixed
    if not problem.is_binding:
        upper = compute_upper(problem, None)
        return lambda drift: spend_futility(problem, drift, upper=upper)
    if is_spending(problem.efficacy):
        return lambda drift: spend_futility(problem, drift, upper=None)
    return lambda drift: _classical_with_spent_futility(problem, drift)


def is_spending(rule: EfficacyRule) -> TypeGuard[SpendingFunction]:
    """Whether the rule is a spending function."""
    return not isinstance(rule, WangTsiatis | Pocock | OBrienFleming | HaybittlePeto | OptimumWangTsiatis | GivenBounds)


def _is_classical(rule: EfficacyRule) -> TypeGuard[ClassicalBounds]:
    return isinstance(rule, WangTsiatis | Pocock | OBrienFleming | HaybittlePeto)


def _alpha_increments(problem: Problem, spending: SpendingFunction) -> tuple[float, ...]:
    """Type I error of each look on each side."""
    rate = problem.alpha / problem.sided
    return _increments(cumulative_spending(spending, rate, problem.spending_fractions, "efficacy"))


def _beta_increments(problem: Problem, spending: SpendingFunction) -> tuple[float, ...]:
    return _increments(cumulative_spending(spending, 1 - problem.power, problem.spending_fractions, "futility"))


def _increments(cumulative: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(after - before for before, after in zip((0.0, *cumulative), cumulative, strict=False))


def compute_upper(problem: Problem, binding: tuple[float, ...] | None) -> tuple[float, ...]:
    """The efficacy bounds, with futility bounds that are known or do not bind."""
    efficacy = problem.efficacy
    if isinstance(efficacy, GivenBounds):
        error = type_one_error(problem.fractions, efficacy.z, sided=problem.sided, binding_futility=binding)
        if error > problem.alpha * (1 + 1e-6):
            raise DesignError(
                f"The efficacy bounds {efficacy.z!r} have a type I error of {error:.6g}, above alpha = "
                f"{problem.alpha!r}. Raise them, or give a rule that finds them."
            )
        return efficacy.z
    if _is_classical(efficacy):
        return compute_classical_bounds(
            efficacy, problem.fractions, alpha=problem.alpha, sided=problem.sided, binding_futility=binding
        )
    if not is_spending(efficacy):
        raise TypeError("the optimum is resolved to its Wang-Tsiatis bounds first")
    recursion, state, upper = Recursion(problem.fractions, 0.0), START, []
    for look, probability in enumerate(_alpha_increments(problem, efficacy)):
        bound = recursion.upper_bound(state, look, probability)
        upper.append(bound)
        if look + 1 < len(problem.fractions):
            state = recursion.advance(state, look, _region(problem, bound, None if binding is None else binding[look]))
    return tuple(upper)


def _region(problem: Problem, upper: float, futility: float | None) -> tuple[tuple[float, float], ...]:
    """Where a trial goes on; `futility` is a lower bound or an inner wedge, as the design has one side or two."""
    if problem.sided == 2:
        return continuation(-upper, upper, 0.0 if futility is None else min(futility, upper))
    return continuation(-math.inf if futility is None else min(futility, upper), upper)


def spend_futility(problem: Problem, drift: float, *, upper: tuple[float, ...] | None) -> Bounds:
    """Futility bounds that spend the type II error under `drift`, with the power that results.

    upper   the efficacy bounds; None finds them at the same time, with the futility bounds binding
    """
    beta = _beta_increments(problem, problem.futility) if is_spending_futility(problem.futility) else ()
    alpha: tuple[float, ...] = ()
    if upper is None and is_spending(problem.efficacy):
        alpha = _alpha_increments(problem, problem.efficacy)
    without, under = Recursion(problem.fractions, 0.0), Recursion(problem.fractions, drift)
    state, state_under = START, START
    uppers: list[float] = []
    lowers: list[float] = []
    power, last = 0.0, len(problem.fractions) - 1
    for look in range(last + 1):
        bound = upper[look] if upper is not None else without.upper_bound(state, look, alpha[look])
        uppers.append(bound)
        power += under.probability_above(state_under, look, bound)
        if look == last:
            lowers.append(bound)
            break
        find = under.inner_bound if problem.sided == 2 else under.lower_bound
        futility = min(find(state_under, look, beta[look]), bound)
        lowers.append(futility)
        region = _region(problem, bound, futility)
        state_under = under.advance(state_under, look, region)
        if upper is None:
            state = without.advance(state, look, region)
    return Bounds(tuple(uppers), tuple(lowers), power)


def is_spending_futility(rule: FutilityRule | None) -> TypeGuard[SpendingFunction]:
    """Whether the futility rule is a spending function."""
    return rule is not None and not isinstance(rule, GivenBounds)


def _classical_with_spent_futility(problem: Problem, drift: float) -> Bounds:
    """Classical efficacy bounds whose constant counts on futility bounds that spend: both are found together."""
    efficacy = problem.efficacy
    if isinstance(efficacy, GivenBounds):
        return spend_futility(problem, drift, upper=efficacy.z)
    if not _is_classical(efficacy):
        raise TypeError("only classical bounds have a constant")
    upper = compute_classical_bounds(efficacy, problem.fractions, alpha=problem.alpha, sided=problem.sided)
    for _ in range(60):
        bounds = spend_futility(problem, drift, upper=upper)
        following = compute_classical_bounds(
            efficacy, problem.fractions, alpha=problem.alpha, sided=problem.sided, binding_futility=bounds.futility
        )
        moved = max(abs(after - before) for after, before in zip(following, upper, strict=True))
        upper = following
        if moved < 1e-10:
            break
    return spend_futility(problem, drift, upper=upper)


def _drift(bounds_at: Callable[[float], Bounds], problem: Problem) -> float:
    from scipy.optimize import brentq

    target = _NORMAL.inv_cdf(problem.power)

    def missing(drift: float) -> float:
        # The quantile of the power is nearly linear in the drift, so that few steps are needed.
        return _NORMAL.inv_cdf(min(max(bounds_at(drift).power, 1e-300), 1 - 1e-15)) - target

    low, high = problem.fixed_drift * 0.98, problem.fixed_drift * 1.1
    for _ in range(12):
        if missing(high) >= 0:
            break
        low, high = high, high * 1.5
    else:
        raise DesignError(
            f"power = {problem.power!r} is not reached even at {(high / problem.fixed_drift) ** 2:.0f} times the "
            "information of a design without interim looks: the futility bounds stop too many trials. Lower them, or "
            "spend less early."
        )
    if missing(low) > 0:
        low = 1e-6
    return float(brentq(missing, low, high, xtol=1e-11, rtol=1e-13))


def _check_bounds(bounds: Bounds, problem: Problem) -> None:
    if problem.sided == 2 and min(bounds.upper) < 0:
        raise DesignError(
            f"alpha = {problem.alpha!r} gives efficacy bounds below 0, {bounds.upper!r}; choose a lower alpha."
        )
    for look, bound in enumerate((bounds.futility or ())[:-1]):
        if bound >= bounds.upper[look]:
            raise DesignError(
                f"At look {look + 1} the futility bound ({bound:.4f}) reaches the efficacy bound "
                f"({bounds.upper[look]:.4f}), so the trial would always end there. Spend less of the "
                "type II error early, lower the given bounds, or leave out the later looks."
            )


def _optimum(problem: Problem, rule: OptimumWangTsiatis) -> GroupSequentialDesign:
    from scipy.optimize import minimize_scalar

    def solve(delta: float) -> GroupSequentialDesign:
        return _solve(replace(problem, efficacy=WangTsiatis(delta=delta)))

    def expected(delta: float) -> float:
        design = solve(delta)

        def ratio(drift: float) -> float:
            return compute_operating_characteristics(design, drift=drift).expected_information_ratio

        total = ratio(design.drift)
        if rule.criterion == "inflation and H1":
            total += design.inflation_factor
        elif rule.criterion == "H0, H01 and H1":
            total += ratio(0.0) + ratio(design.drift / 2)
        return total

    best = minimize_scalar(expected, bounds=(-0.5, 1.0), method="bounded", options={"xatol": 1e-5})
    return solve(round(float(best.x), 3))
