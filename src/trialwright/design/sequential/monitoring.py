"""A design recomputed for the information that was observed, and its bounds at another type I error."""

from __future__ import annotations

import math
from dataclasses import replace

from trialwright.design.sequential.boundaries import GivenBounds, HaybittlePeto
from trialwright.design.sequential.design import GroupSequentialDesign
from trialwright.design.sequential.integration import compute_exits
from trialwright.design.sequential.solving import (
    Bounds,
    Problem,
    build,
    compute_upper,
    exit_bounds,
    is_spending,
    is_spending_futility,
    spend_futility,
)
from trialwright.errors import DesignError


def compute_monitored_design(
    design: GroupSequentialDesign, *, observed_fractions: tuple[float, ...], is_final: bool = False
) -> GroupSequentialDesign:
    """`design` with its bounds recomputed at the looks that were taken.

    observed_fractions   information at the looks so far, as a fraction of the planned maximum
    is_final             whether the last of them is the final analysis, which then spends all that is left of alpha,
                         with less information than planned or more

    The spending functions are read at the observed fractions; planned looks with more information follow. Bounds of
    looks taken before stay what they were. The information fractions of what comes back are of its own maximum, and its
    drift is that of the same effect; `power` is what it attains.
    Source: Lan KKG, DeMets DL. Biometrics 1989;45:1017-1020. Jennison C, Turnbull BW. 2000, section 7.3.
    """
    _check_observed(observed_fractions, is_final=is_final)
    if not (is_spending(design.efficacy) or isinstance(design.efficacy, HaybittlePeto)):
        raise DesignError(
            f"The bounds of {type(design.efficacy).__name__} keep alpha at the planned information only, and the "
            f"observed fractions are {observed_fractions!r}. Design the trial with a spending function; one that "
            f"spends as this design does is UserSpending(cumulative={design.cumulative_alpha_spent!r}, "
            f"fractions={design.information_fractions!r})."
        )
    planned = () if is_final else tuple(t for t in design.information_fractions if t > observed_fractions[-1])
    fractions = (*observed_fractions, *planned)
    scaled = tuple(fraction / fractions[-1] for fraction in fractions[:-1])
    problem = replace(_problem(design), fractions=(*scaled, 1.0), spending_fractions=(*fractions[:-1], 1.0))
    drift = design.drift * math.sqrt(fractions[-1])
    bounds = _bounds(problem, drift)
    lower, inner = exit_bounds(bounds.upper, bounds.futility, design.sided)
    power = float(compute_exits(problem.fractions, bounds.upper, lower, drift, inner).upper.sum())
    changed = build(problem, replace(bounds, power=power), drift)
    # The target keeps its drift of a fixed design, which inflation is told against.
    return replace(changed, target_power=design.target_power)


def compute_upper_bounds(design: GroupSequentialDesign, *, alpha: float) -> tuple[float, ...]:
    """The efficacy bounds that the rule of `design` has at another `alpha`, not counting on futility."""
    if isinstance(design.efficacy, GivenBounds):
        raise DesignError(
            "Given efficacy bounds belong to one alpha, so there is none at which they would just be crossed. "
            "Use a design with a classical rule or a spending function."
        )
    problem = replace(_problem(design), alpha=alpha, futility=None, is_binding=False)
    return compute_upper(problem, None)


def _problem(design: GroupSequentialDesign) -> Problem:
    return Problem(
        fractions=design.information_fractions,
        spending_fractions=design.spending_fractions,
        alpha=design.alpha,
        sided=design.sided,
        power=design.target_power,
        efficacy=design.efficacy,
        futility=design.futility,
        is_binding=design.futility_is_binding,
    )


def _bounds(problem: Problem, drift: float) -> Bounds:
    futility = problem.futility
    if is_spending_futility(futility):
        if not problem.is_binding or not is_spending(problem.efficacy):
            return spend_futility(problem, drift, upper=compute_upper(problem, None))
        return spend_futility(problem, drift, upper=None)
    if not isinstance(futility, GivenBounds):
        return Bounds(compute_upper(problem, None), None, math.nan)
    none = 0.0 if problem.sided == 2 else -math.inf
    interim = len(problem.fractions) - 1
    given = (*futility.z[:interim], *(none,) * (interim - len(futility.z)))
    upper = compute_upper(problem, (*given, none) if problem.is_binding else None)
    return Bounds(upper, (*given, upper[-1]), math.nan)


def _check_observed(fractions: tuple[float, ...], *, is_final: bool) -> None:
    if not fractions:
        raise DesignError("observed_fractions is empty. Give the information fraction of each look taken so far.")
    for look, (before, after) in enumerate(zip((0.0, *fractions), fractions, strict=False), start=1):
        if not before < after < math.inf:
            raise DesignError(
                f"observed_fractions must increase from above 0, but that of look {look} is {after!r} after "
                f"{before!r}: a look without new information decides nothing. Leave the look out."
            )
        if after >= 1.0 and not (is_final and look == len(fractions)):
            raise DesignError(
                f"observed_fractions has {after!r} at look {look}: the planned maximum information is in, so this is "
                "the final analysis. Make it the last value, and is_final=True."
            )
