"""`bonferroni`, `holm`, `hochberg`, `hommel`, `fixed_sequence`: the procedures of `adjusted` on results above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialwright.analysis.methods.multiplicity.adjusted import (
    Decision,
    Procedure,
    compute_bonferroni,
    compute_fixed_sequence,
    compute_hochberg,
    compute_holm,
    compute_hommel,
)
from trialwright.analysis.methods.multiplicity.hypotheses import FoundPValue, find_p_values
from trialwright.analysis.methods.multiplicity.options import HypothesesOptions, WeightedOptions
from trialwright.analysis.request import Request
from trialwright.results import Result


def analyze_bonferroni(request: Request, options: WeightedOptions) -> Iterator[Result]:
    """Adjusted p-value, level and decision of each hypothesis."""
    yield from _weighted(request, options, compute_bonferroni)


def analyze_holm(request: Request, options: WeightedOptions) -> Iterator[Result]:
    """As `analyze_bonferroni`."""
    yield from _weighted(request, options, compute_holm)


def analyze_hochberg(request: Request, options: HypothesesOptions) -> Iterator[Result]:
    """As `analyze_bonferroni`."""
    yield from _apply(request, options, compute_hochberg, ())


def analyze_hommel(request: Request, options: HypothesesOptions) -> Iterator[Result]:
    """As `analyze_bonferroni`, without levels: Hommel's procedure has no single one."""
    yield from _apply(request, options, compute_hommel, ())


def analyze_fixed_sequence(request: Request, options: HypothesesOptions) -> Iterator[Result]:
    """As `analyze_bonferroni`; the level is 0 for what is not tested any more."""
    yield from _apply(request, options, compute_fixed_sequence, ())


def _weighted(request: Request, options: WeightedOptions, procedure: Procedure) -> Iterator[Result]:
    count = len(options.hypotheses)
    weights = [options.weights.get(name, 1.0) for name in options.hypotheses]
    total = sum(weights)
    yield from _apply(request, options, procedure, [weight / total for weight in weights] if count else [])


def _apply(
    request: Request, options: HypothesesOptions, procedure: Procedure, weights: Sequence[float]
) -> Iterator[Result]:
    found = find_p_values(request, options)
    alpha = options.alpha if options.alpha is not None else request.alpha
    decisions = procedure([one.tested for one in found], weights, alpha)
    for one, decision in zip(found, decisions, strict=True):
        yield from _results(request, one, decision)


def _results(request: Request, one: FoundPValue, decision: Decision) -> list[Result]:
    stats: dict[str, float | str | None] = {
        "p_value": one.p_value,
        "p_adjusted": None if one.p_value is None else decision.adjusted,
        "rejected": float(decision.is_rejected and one.p_value is not None),
        "order": decision.order,
    }
    if decision.level is not None:
        stats["alpha_share"] = decision.level
    return request.results(stats, variable=one.id, warnings=one.warning)
