"""What is known of designs as rows of the table of results, so that documents refer to them as to any other number.

====================== ============================== ==========================================================
analysis               groups                         statistics
====================== ============================== ==========================================================
`design.choice`        DESIGN                         subjects, looks, events, power (computed, planned scenario),
                                                      maximum_cost, probability_of_success, least_power, trials;
                                                      allocation, endpoint (a text each), sites
`design.bounds`        DESIGN, LOOK                   information_fraction, efficacy_z, efficacy_p (sides of the test),
                                                      futility_z, alpha_spent, beta_spent
`design.behavior`      DESIGN, SCENARIO               power, any_rejection, all_rejections, expected_subjects,
                                                      expected_duration, expected_cost; each with `_se`
`design.comparisons`   DESIGN, SCENARIO, COMPARISON   power, with `_se`
`design.looks`         DESIGN, SCENARIO, LOOK         reached, efficacy, futility, observed, subjects, time
`design.costs`         DESIGN, SCENARIO, PART         cost, with `_se`
`design.enrollment`    DESIGN, SCENARIO, SUBJECTS     median, lower, upper; without SUBJECTS: level
`design.power_curve`   DESIGN, EFFECT                 power, information (expected, as a fraction of the maximum)
`design.run`                                          trials, seed
`design.run`           CONVENTION                     text: what the numbers mean, a sentence each
`design.search_run`                                   definition (a digest), candidates, feasible, impossible, space,
                                                      front, trials, verification_trials
`design.search`        CANDIDATE                      a statistic for each objective, is_feasible, on_front
`design.front`         POINT                          subjects, allocation, looks, efficacy, futility, sites, ..., and
                                                      each objective as verified
====================== ============================== ==========================================================

Simulated statistics have their Monte Carlo standard error beside them, under the name with `_se`. DESIGN, SCENARIO and
COMPARISON are the ids of `design.yaml`; LOOK counts from 1. EFFECT is in units of the effect planned for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from trialwright.results import Result, Results

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, TrialDesign
    from trialwright.design.search.model import (
        DesignComparison,
        DesignEvaluation,
        DesignSearch,
        Objective,
        ScenarioEvaluation,
    )
    from trialwright.design.simulation.operating_characteristics import Estimate

#: Effects at which the power curves are computed, in units of the effect planned for.
POWER_CURVE_EFFECTS: Sequence[float] = tuple(step / 10 for step in range(16))

_ARRIVALS = "quantiles of the gamma distribution of the arrivals of a Poisson process"
_COMPUTED = "recursive numerical integration of the group-sequential normal approximation (Jennison and Turnbull 2000)"


def results_of_comparison(comparison: DesignComparison) -> Results:
    """The rows of designs that were compared; see the module for their names."""
    designs = (_rows_of_design(comparison, evaluation) for evaluation in comparison.evaluations)
    return Results.of([*_comparison_rows(comparison), *chain.from_iterable(designs)])


def results_of_search(search: DesignSearch, *, definition_digest: str) -> Results:
    """The rows of a search: every candidate as it was searched, and the front as it was verified.

    definition_digest  of the file that was searched with, so that a search of another definition is told from this one
    """
    of_file = Result(
        analysis_id="design.search_run",
        stat_name="definition",
        stat=None,
        stat_text=definition_digest,
        method="SHA-256 of design.yaml",
    )
    return Results.of([of_file, *_run_rows(search), *_candidate_rows(search), *_front_rows(search)])


def searched_definition(results: Results) -> str:
    """The digest of the definition that the rows of a search are of; empty without a search."""
    found = results.find("design.search_run", "definition")
    return "" if found is None else found.stat_text or ""


def statistic_of(objective: Objective) -> str:
    """The name of an objective's statistic: its measure, with the scenario if it names one."""
    return f"{objective.measure}.{objective.scenario}" if objective.scenario else objective.measure


def _comparison_rows(comparison: DesignComparison) -> Iterator[Result]:
    first = comparison.evaluations[0]
    for name, value in (("trials", first.trials), ("seed", first.seed)):
        yield Result(analysis_id="design.run", stat_name=name, stat=float(value), method="as chosen")
    for number, words in enumerate(comparison.conventions, start=1):
        groups = (("CONVENTION", str(number)),)
        yield Result(
            analysis_id="design.run", groups=groups, stat_name="text", stat=None, stat_text=words, method="as written"
        )


def _rows_of_design(comparison: DesignComparison, evaluation: DesignEvaluation) -> Iterator[Result]:
    groups = (("DESIGN", evaluation.design.id),)
    yield from _choice_rows(comparison.definition, evaluation, groups)
    yield from _bound_rows(comparison.definition, evaluation, groups)
    yield from _power_curve_rows(evaluation, groups)
    for scenario in evaluation.scenarios:
        inner = (*groups, ("SCENARIO", scenario.scenario))
        yield from _scenario_rows(comparison, evaluation, scenario, inner)


def _choice_rows(
    definition: DesignDefinition, evaluation: DesignEvaluation, groups: tuple[tuple[str, str], ...]
) -> Iterator[Result]:
    design, simulated = evaluation.design, _simulated(evaluation)

    def row(stat_name: str, stat: float | None, method: str = "as chosen") -> Result:
        return Result(
            analysis_id="design.choice",
            groups=groups,
            stat_name=stat_name,
            stat=None if stat is None else float(stat),
            stat_text="none" if stat is None else None,
            method=method,
        )

    yield row("subjects", evaluation.maximum_subjects)
    yield row("looks", design.looks)
    yield row("events", design.events)
    for name, value in _features(definition, design).items():
        if name in ("allocation", "endpoint", "sites"):
            yield _chosen("design.choice", groups, name, value)
    yield row("power", evaluation.computed_power, _COMPUTED)
    yield row("trials", evaluation.trials)
    success = evaluation.probability_of_success
    is_computed = success is not None and success.standard_error == 0
    for name, estimate, method in (
        ("probability_of_success", success, f"{_COMPUTED}, averaged over the prior" if is_computed else simulated),
        ("least_power", evaluation.least_power, simulated),
        ("maximum_cost", evaluation.maximum_cost, simulated),
    ):
        if estimate is not None:
            yield from _estimated("design.choice", groups, name, estimate, method)


def _bound_rows(
    definition: DesignDefinition, evaluation: DesignEvaluation, groups: tuple[tuple[str, str], ...]
) -> Iterator[Result]:
    from trialwright.design.definition.planning import nominal_p

    bounds, design = evaluation.bounds, evaluation.design
    alpha = bounds.cumulative_alpha_spent if bounds else ()
    beta = (bounds.cumulative_beta_spent if bounds else None) or ()
    for look, fraction in enumerate(design.information_fractions):
        efficacy = evaluation.efficacy_z[look]
        futility = evaluation.futility_z[look] if evaluation.futility_z else -math.inf
        statistics: dict[str, float] = {"information_fraction": fraction, "efficacy_z": efficacy}
        statistics["efficacy_p"] = nominal_p(definition, efficacy) if math.isfinite(efficacy) else math.nan
        statistics["futility_z"] = futility
        if alpha:
            statistics["alpha_spent"] = alpha[look]
        if beta:
            statistics["beta_spent"] = beta[look]
        for name, value in statistics.items():
            is_number = math.isfinite(value)
            yield Result(
                analysis_id="design.bounds",
                groups=(*groups, ("LOOK", str(look + 1))),
                stat_name=name,
                stat=float(value) if is_number else None,
                stat_text=None if is_number else "none",
                method=_COMPUTED,
            )


def _power_curve_rows(evaluation: DesignEvaluation, groups: tuple[tuple[str, str], ...]) -> Iterator[Result]:
    from trialwright.design.search.power_curves import compute_power_curve

    for point in compute_power_curve(evaluation, POWER_CURVE_EFFECTS):
        inner = (*groups, ("EFFECT", f"{point.effect:g}"))
        for name, value in (("power", point.power), ("information", point.expected_information)):
            yield Result(analysis_id="design.power_curve", groups=inner, stat_name=name, stat=value, method=_COMPUTED)


def _scenario_rows(
    comparison: DesignComparison,
    evaluation: DesignEvaluation,
    scenario: ScenarioEvaluation,
    groups: tuple[tuple[str, str], ...],
) -> Iterator[Result]:
    method = _simulated(evaluation)
    behavior = {
        "power": scenario.power,
        "any_rejection": scenario.any_rejection,
        "all_rejections": scenario.all_rejections,
        "expected_subjects": scenario.expected_subjects,
        "expected_observed": scenario.expected_observed,
        "expected_duration": scenario.expected_duration,
        **({} if scenario.expected_cost is None else {"expected_cost": scenario.expected_cost}),
    }
    for name, estimate in behavior.items():
        yield from _estimated("design.behavior", groups, name, estimate, method)
    for arm, estimate in zip(comparison.definition.test.comparisons, scenario.rejections, strict=True):
        yield from _estimated("design.comparisons", (*groups, ("COMPARISON", arm)), "power", estimate, method)
    for number, look in enumerate(scenario.looks, start=1):
        inner = (*groups, ("LOOK", str(number)))
        for name in ("reached", "efficacy", "futility", "observed", "subjects", "time"):
            yield from _estimated("design.looks", inner, name, getattr(look, name), method)
    for part, estimate in scenario.cost_parts.items():
        yield from _estimated("design.costs", (*groups, ("PART", part)), "cost", estimate, method)
    forecast = scenario.enrollment
    yield Result(
        analysis_id="design.enrollment", groups=groups, stat_name="level", stat=forecast.level, method="as chosen"
    )
    quantiles = zip(forecast.subjects, forecast.median, forecast.lower, forecast.upper, strict=True)
    for subjects, *values in quantiles:
        inner = (*groups, ("SUBJECTS", str(subjects)))
        for name, value in zip(("median", "lower", "upper"), values, strict=True):
            yield Result(
                analysis_id="design.enrollment", groups=inner, stat_name=name, stat=float(value), method=_ARRIVALS
            )


def _run_rows(search: DesignSearch) -> Iterator[Result]:
    counts = {
        "candidates": len(search.candidates),
        "feasible": sum(search.is_feasible),
        "impossible": len(search.impossible),
        "space": search.space_size,
        "front": len(search.front),
        "trials": search.candidates[0].trials if search.candidates else 0,
        "verification_trials": search.front[0].verified.trials if search.front else 0,
    }
    for name, count in counts.items():
        yield Result(analysis_id="design.search_run", stat_name=name, stat=float(count), method="count")


def _candidate_rows(search: DesignSearch) -> Iterator[Result]:
    on_front = {point.searched.design.id for point in search.front}
    for candidate, values, is_feasible in zip(search.candidates, search.values, search.is_feasible, strict=True):
        groups = (("CANDIDATE", candidate.design.id),)
        names = map(statistic_of, search.objectives)
        statistics = dict(zip(names, values, strict=True))
        statistics |= {"is_feasible": float(is_feasible), "on_front": float(candidate.design.id in on_front)}
        for name, value in statistics.items():
            yield Result(
                analysis_id="design.search", groups=groups, stat_name=name, stat=value, method=_simulated(candidate)
            )


def _front_rows(search: DesignSearch) -> Iterator[Result]:
    from trialwright.design.search.measures import measure_of

    for number, point in enumerate(search.front, start=1):
        groups, verified = (("POINT", str(number)),), point.verified
        method = _simulated(verified)
        broken = {"broken_limits": "; ".join(point.broken_limits)} if point.broken_limits else {}
        for name, value in {**_features(search.definition, verified.design), **broken}.items():
            yield _chosen("design.front", groups, name, value)
        for objective in search.objectives:
            estimate = measure_of(objective, verified)
            yield from _estimated("design.front", groups, statistic_of(objective), estimate, method)


def _chosen(analysis_id: str, groups: tuple[tuple[str, str], ...], name: str, value: int | str) -> Result:
    """What a design is made of, as a number or as words."""
    number = float(value) if isinstance(value, int) else None
    words = value if isinstance(value, str) else None
    return Result(
        analysis_id=analysis_id, groups=groups, stat_name=name, stat=number, stat_text=words, method="as chosen"
    )


def _features(definition: DesignDefinition, design: TrialDesign) -> dict[str, int | str]:
    """What a design is made of; rules of bounds only where it has them, the endpoint only where there are several."""
    from trialwright.design.search.space import describe_rule

    features: dict[str, int | str] = {
        "candidate": design.label,
        "subjects": design.subjects,
        "allocation": ":".join(map(str, design.allocation)),
        "looks": ", ".join(f"{fraction:.3g}" for fraction in design.information_fractions),
        "efficacy": "none" if design.efficacy is None else describe_rule(design.efficacy),
        "futility": "none" if design.futility is None else describe_rule(design.futility),
        "sites": sum(definition.sites_of(design).values()),
    }
    if design.events is not None:
        features["events"] = design.events
    if len(definition.endpoints) > 1:
        features["endpoint"] = definition.endpoint(design.endpoint).label
    return features


def _estimated(
    analysis_id: str, groups: tuple[tuple[str, str], ...], name: str, estimate: Estimate, method: str
) -> Iterator[Result]:
    """A simulated statistic, and its Monte Carlo standard error where it has one."""
    absent = "none" if estimate.value is None else None
    yield Result(
        analysis_id=analysis_id,
        groups=groups,
        stat_name=name,
        stat=estimate.value,
        stat_text=absent,
        method=method,
    )
    if estimate.standard_error is not None:
        yield Result(
            analysis_id=analysis_id,
            groups=groups,
            stat_name=f"{name}_se",
            stat=estimate.standard_error,
            method=method,
        )


def _simulated(evaluation: DesignEvaluation) -> str:
    return f"simulation of {evaluation.trials} trials per scenario, seed {evaluation.seed}"
