"""`graphical`: Bretz's sequentially rejective procedures: hypotheses with shares of alpha that rejected ones pass on.

Source: Bretz F, Maurer W, Brannath W, Posch M. Stat Med 2009;28:586-604: algorithm 1 (the update of the graph) and 2
(adjusted p-values). Each rejection frees the hypothesis's share of alpha, which goes along its transitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.multiplicity.hypotheses import FoundPValue, find_p_values
from trialwright.analysis.methods.multiplicity.options import GraphicalOptions
from trialwright.analysis.request import Floats, Request
from trialwright.results import Result

_EQUAL = 1e-12
#: The variable of results that are transitions, with the level "A -> B".
GRAPH = "graph"
STEP = "STEP"


@dataclass(frozen=True, kw_only=True)
class TestGraph:
    """Shares of alpha of the hypotheses, and the transitions from each (row) to each (column); 0 for rejected ones."""

    weights: Floats
    transitions: Floats


@dataclass(frozen=True, kw_only=True)
class GraphicalDecision:
    """A hypothesis after the procedure.

    level   at which it was tested last
    order   the step in which it was rejected, from 1; 0 if it was not
    """

    adjusted: float
    level: float
    order: int


@dataclass(frozen=True, kw_only=True)
class GraphicalTest:
    """Decisions, and the graph after each rejection with the hypothesis that was rejected."""

    decisions: tuple[GraphicalDecision, ...]
    steps: tuple[tuple[int, TestGraph], ...]


def update_graph(graph: TestGraph, rejected: int, remaining: Sequence[int]) -> TestGraph:
    """The graph without the hypothesis `rejected`; `remaining` are the others that are not rejected yet."""
    weights, old = np.zeros_like(graph.weights), graph.transitions
    transitions = np.zeros_like(old)
    for one in remaining:
        weights[one] = graph.weights[one] + graph.weights[rejected] * old[rejected, one]
        through = old[one, rejected] * old[rejected, one]
        for other in remaining:
            if other != one and through < 1 - _EQUAL:
                transitions[one, other] = (old[one, other] + old[one, rejected] * old[rejected, other]) / (1 - through)
    return TestGraph(weights=weights, transitions=transitions)


def compute_graphical(p_values: Sequence[float], graph: TestGraph, alpha: float) -> GraphicalTest:
    """The procedure at familywise error rate `alpha`.

    Adjusted p-values are 1 for hypotheses that never get a share of alpha.
    """
    remaining = list(range(len(p_values)))
    adjusted = [1.0] * len(p_values)
    levels = [alpha * float(weight) for weight in graph.weights]
    order = [0] * len(p_values)
    steps: list[tuple[int, TestGraph]] = []
    current, highest = graph, 0.0
    while remaining:
        tested = [one for one in remaining if current.weights[one] > 0]
        if not tested:
            break
        best = min(tested, key=lambda one: (p_values[one] / current.weights[one], one))
        highest = max(highest, p_values[best] / float(current.weights[best]))
        adjusted[best] = min(1.0, highest)
        is_rejected = highest <= alpha * (1 + _EQUAL)
        remaining.remove(best)
        current = update_graph(current, best, remaining)
        if is_rejected:
            steps.append((best, current))
            order[best] = len(steps)
            for one in remaining:
                levels[one] = alpha * float(current.weights[one])
    return GraphicalTest(
        decisions=tuple(
            GraphicalDecision(adjusted=adjusted[one], level=levels[one], order=order[one])
            for one in range(len(p_values))
        ),
        steps=tuple(steps),
    )


def analyze_graphical(request: Request, options: GraphicalOptions) -> Iterator[Result]:
    """Decisions on the hypotheses, the transitions of the graph, and the graph after each rejection."""
    names = list(options.hypotheses)
    found = find_p_values(request, options)
    alpha = options.alpha if options.alpha is not None else request.alpha
    graph = TestGraph(
        weights=np.array([options.weights.get(name, 0.0) for name in names]),
        transitions=np.array([[options.transitions.get(one, {}).get(other, 0.0) for other in names] for one in names]),
    )
    test = compute_graphical([one.tested for one in found], graph, alpha)
    for index, (one, decision) in enumerate(zip(found, test.decisions, strict=True)):
        yield from _hypothesis(request, one, decision, alpha * float(graph.weights[index]))
    for source, target in _edges(graph):
        level = f"{names[source]} -> {names[target]}"
        yield request.result("transition", float(graph.transitions[source, target]), variable=GRAPH, level=level)
    yield from _steps(request, names, test, alpha)


def _edges(graph: TestGraph) -> list[tuple[int, int]]:
    rows, columns = np.nonzero(graph.transitions)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _hypothesis(request: Request, one: FoundPValue, decision: GraphicalDecision, share: float) -> list[Result]:
    return request.results(
        {
            "p_value": one.p_value,
            "p_adjusted": None if one.p_value is None else decision.adjusted,
            "alpha_share": share,
            "alpha_last": decision.level,
            "rejected": float(decision.order > 0 and one.p_value is not None),
            "order": decision.order,
        },
        variable=one.id,
        warnings=one.warning,
    )


def _steps(request: Request, names: Sequence[str], test: GraphicalTest, alpha: float) -> Iterator[Result]:
    """The graph after each rejection; other names of statistics than the first graph's, which figures draw."""
    left = list(range(len(names)))
    for number, (rejected, graph) in enumerate(test.steps, start=1):
        groups = ((STEP, str(number)),)
        left.remove(rejected)
        yield request.result("rejected_hypothesis", names[rejected], groups=groups, variable=GRAPH)
        for one in left:
            share = alpha * float(graph.weights[one])
            yield request.result("updated_alpha_share", share, groups=groups, variable=names[one])
        for source, target in _edges(graph):
            yield request.result(
                "updated_transition",
                float(graph.transitions[source, target]),
                groups=groups,
                variable=GRAPH,
                level=f"{names[source]} -> {names[target]}",
            )
