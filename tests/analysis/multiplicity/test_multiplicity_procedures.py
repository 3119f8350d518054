"""Multiple test procedures by p-values against R, other programs' documentation and closed tests, and bad input."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.validation import References

from trialwright.analysis.methods.multiplicity.adjusted import (
    compute_bonferroni,
    compute_fixed_sequence,
    compute_hochberg,
    compute_holm,
    compute_hommel,
)
from trialwright.analysis.methods.multiplicity.gatekeeping import TestedFamily as Family
from trialwright.analysis.methods.multiplicity.gatekeeping import adjusted_p_values, decide_families
from trialwright.analysis.methods.multiplicity.graphical import TestGraph as Graph
from trialwright.analysis.methods.multiplicity.graphical import compute_graphical, update_graph

PROCEDURES = {
    "bonferroni": compute_bonferroni,
    "holm": compute_holm,
    "hochberg": compute_hochberg,
    "hommel": compute_hommel,
}
FIVE = (0.005, 0.011, 0.02, 0.04, 0.13)
TEN = (0.00085, 0.0051, 0.0128, 0.0135, 0.0136, 0.031, 0.0311, 0.04, 0.045, 0.6)


def equal(count: int) -> list[float]:
    return [1 / count] * count


@pytest.mark.validates("bonferroni", "holm", "hochberg", "hommel")
@pytest.mark.parametrize(
    ("name", "p_values", "expected"),
    [
        ("bonferroni", FIVE, (0.025, 0.055, 0.1, 0.2, 0.65)),
        ("holm", FIVE, (0.025, 0.044, 0.06, 0.08, 0.13)),
        ("hochberg", FIVE, (0.025, 0.044, 0.06, 0.08, 0.13)),
        ("hommel", FIVE, (0.025, 0.04, 0.06, 0.08, 0.13)),
        ("holm", TEN, (0.0085, 0.0459, 0.1024, 0.1024, 0.1024, 0.155, 0.155, 0.155, 0.155, 0.6)),
        ("hochberg", TEN, (0.0085, 0.0459, 0.0816, 0.0816, 0.0816, 0.09, 0.09, 0.09, 0.09, 0.6)),
        ("hommel", TEN, (0.0085, 0.0362666666667, 0.05625, 0.05625, 0.05625, 0.0675, 0.0675, 0.08, 0.09, 0.6)),
    ],
)
def test_adjusted_p_values_as_r_has_them(
    reference: References, name: str, p_values: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    found = PROCEDURES[name](p_values, equal(len(p_values)), 0.05)
    for p_value, decision, value in zip(p_values, found, expected, strict=True):
        source = f"R 4.2.2, stats, p.adjust(c{p_values}, '{name}')"
        what = f"{name}, p = {p_value} of {len(p_values)}"
        reference.holds(what, decision.adjusted, value, tolerance=1e-12, source=source)
        assert decision.is_rejected == (value <= 0.05)


# SAS/STAT User's Guide, The MULTTEST Procedure, "Inputting Raw p-Values": 24 tests.
SAS_24: tuple[float, ...] = (
    *(0.28282, 0.30688, 0.71022, 0.77175, 0.78180, 0.88581, 0.54685, 0.84978, 0.24228, 0.58977, 0.03498, 0.41607),
    *(0.31631, 0.05254, 0.45061, 0.75758, 0.12496, 0.49485, 0.21572, 0.50505, 0.94372, 0.81260, 0.77596, 0.36889),
)


@pytest.mark.validates("holm", "hochberg")
def test_the_p_values_of_multtest(reference: References) -> None:
    source = "SAS/STAT 14.1 User's Guide, The MULTTEST Procedure, Output 67.5.2"
    holm = compute_holm(SAS_24, equal(24), 0.05)
    hochberg = compute_hochberg(SAS_24, equal(24), 0.05)
    for number, step_down, step_up in ((1, 1.0, 0.9437), (11, 0.8395, 0.8395), (13, 1.0, 0.9437)):
        actual = holm[number - 1].adjusted
        reference.holds(f"Holm, test {number}", actual, step_down, tolerance=5e-5, source=source)
        actual = hochberg[number - 1].adjusted
        reference.holds(f"Hochberg, test {number}", actual, step_up, tolerance=5e-5, source=source)


def simes(p_values: Sequence[float]) -> float:
    return min(len(p_values) * p / rank for rank, p in enumerate(sorted(p_values), start=1))


def closed(p_values: Sequence[float], local: Callable[[tuple[int, ...]], float]) -> list[float]:
    """Adjusted p-values of the closed test with `local` p-values of intersections (sets of positions)."""
    count = len(p_values)
    sets = [chosen for size in range(1, count + 1) for chosen in itertools.combinations(range(count), size)]
    return [min(1.0, max(local(chosen) for chosen in sets if one in chosen)) for one in range(count)]


P_VALUES = st.lists(st.floats(min_value=1e-6, max_value=1), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(P_VALUES)
def test_hommel_and_holm_are_closed_tests(p_values: list[float]) -> None:
    hommel = closed(p_values, lambda chosen: simes([p_values[one] for one in chosen]))
    holm = closed(p_values, lambda chosen: len(chosen) * min(p_values[one] for one in chosen))
    weights = equal(len(p_values))
    assert [one.adjusted for one in compute_hommel(p_values, weights, 0.05)] == pytest.approx(hommel, rel=1e-9)
    assert [one.adjusted for one in compute_holm(p_values, weights, 0.05)] == pytest.approx(holm, rel=1e-9)


@pytest.mark.validates("holm", "bonferroni")
def test_weighted_procedures_are_closed_tests(reference: References) -> None:
    p_values, weights = (0.012, 0.02, 0.03), (0.6, 0.3, 0.1)
    expected = closed(
        p_values,
        lambda chosen: min(p_values[one] / weights[one] for one in chosen) * sum(weights[one] for one in chosen),
    )
    source = "closed test of weighted Bonferroni tests, all intersections (Benjamini and Hochberg 1997)"
    for decision, value in zip(compute_holm(p_values, weights, 0.05), expected, strict=True):
        reference.holds("weighted Holm", decision.adjusted, value, tolerance=1e-12, source=source)
    first = compute_bonferroni(p_values, weights, 0.05)[0]
    reference.holds("weighted Bonferroni", first.adjusted, 0.02, tolerance=1e-12, source="by hand: 0.012 / 0.6")
    assert first.level == pytest.approx(0.03)


@pytest.mark.validates("fixed_sequence")
def test_a_fixed_sequence_stops_at_the_first_that_fails(reference: References) -> None:
    found = compute_fixed_sequence((0.01, 0.03, 0.2, 0.001), (), 0.05)
    source = "Maurer, Hothorn and Lehmacher 1995: the largest p-value up to the hypothesis"
    for decision, value in zip(found, (0.01, 0.03, 0.2, 0.2), strict=True):
        reference.holds("fixed sequence", decision.adjusted, value, tolerance=1e-15, source=source)
    assert [one.is_rejected for one in found] == [True, True, False, False]
    assert [one.level for one in found] == [0.05, 0.05, 0.05, 0.0]
    closed_test = closed((0.01, 0.03, 0.2, 0.001), lambda chosen: (0.01, 0.03, 0.2, 0.001)[min(chosen)])
    source = "closed test that takes the first p-value of each intersection"
    for decision, value in zip(found, closed_test, strict=True):
        reference.holds("fixed sequence, closed", decision.adjusted, value, tolerance=1e-15, source=source)


# --- graphs ---


def graph(weights: Sequence[float], transitions: Sequence[Sequence[float]]) -> Graph:
    return Graph(weights=np.array(weights, dtype=float), transitions=np.array(transitions, dtype=float))


@pytest.mark.validates("graphical")
def test_two_doses_and_three_endpoints_of_graphical_mcp(reference: References) -> None:
    epsilon = 1e-5
    two_doses = graph(
        (0.5, 0.5, 0, 0, 0, 0),
        (
            (0, 0.5, 0.25, 0, 0.25, 0),
            (0.5, 0, 0, 0.25, 0, 0.25),
            (0, 0, 0, 0, 1, 0),
            (epsilon, 0, 0, 0, 0, 1 - epsilon),
            (0, epsilon, 1 - epsilon, 0, 0, 0),
            (0, 0, 0, 1, 0, 0),
        ),
    )
    found = compute_graphical((0.015, 0.013, 0.01, 0.007, 0.1, 0.0124), two_doses, 0.025)
    source = "R package graphicalMCP, vignette closed-testing, graph_test_closure(test_types = 'bonferroni')"
    for number, (decision, value) in enumerate(
        zip(found.decisions, (0.026, 0.026, 0.028, 0.028, 0.1, 0.028), strict=True), start=1
    ):
        reference.holds(f"adjusted p of H{number}", decision.adjusted, value, tolerance=1e-6, source=source)
    assert not found.steps


def all_subsets_weights(start: Graph) -> dict[frozenset[int], np.ndarray]:
    """The weights of each intersection: the graph without the other hypotheses, in whatever order they go."""
    count = len(start.weights)
    found = {}
    for size in range(1, count + 1):
        for chosen in itertools.combinations(range(count), size):
            current, remaining = start, list(range(count))
            for one in reversed(range(count)):
                if one not in chosen:
                    remaining.remove(one)
                    current = update_graph(current, one, remaining)
            found[frozenset(chosen)] = current.weights
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(min_value=1e-4, max_value=0.2), min_size=4, max_size=4),
    st.lists(st.floats(min_value=0.01, max_value=1), min_size=16, max_size=16),
    st.lists(st.floats(min_value=0.01, max_value=1), min_size=4, max_size=4),
)
def test_a_graph_is_the_closed_test_of_its_weighted_bonferroni_tests(
    p_values: list[float], edges: list[float], shares: list[float]
) -> None:
    transitions = np.array(edges).reshape(4, 4)
    np.fill_diagonal(transitions, 0)
    transitions /= transitions.sum(axis=1, keepdims=True)
    start = Graph(weights=np.array(shares) / sum(shares), transitions=transitions)
    weights = all_subsets_weights(start)
    expected = closed(
        p_values,
        lambda chosen: min(p_values[one] / max(weights[frozenset(chosen)][one], 1e-300) for one in chosen),
    )
    found = compute_graphical(p_values, start, 0.05)
    assert [one.adjusted for one in found.decisions] == pytest.approx(expected, rel=1e-8)
    for decision, adjusted in zip(found.decisions, expected, strict=True):
        if abs(adjusted - 0.05) > 1e-9:
            assert (decision.order > 0) == (adjusted <= 0.05)


@pytest.mark.validates("graphical")
def test_holm_and_fixed_sequence_are_graphs(reference: References) -> None:
    count = len(FIVE)
    share = 1 / (count - 1)
    holm = graph(equal(count), [[0 if i == j else share for j in range(count)] for i in range(count)])
    source = "R 4.2.2, stats, p.adjust(method = 'holm'): Holm's procedure is the complete graph (Bretz 2009)"
    for decision, value in zip(
        compute_graphical(FIVE, holm, 0.05).decisions, (0.025, 0.044, 0.06, 0.08, 0.13), strict=True
    ):
        reference.holds("Holm as a graph", decision.adjusted, value, tolerance=1e-12, source=source)
    chain = graph((1, 0, 0), ((0, 1, 0), (0, 0, 1), (0, 0, 0)))
    found = compute_graphical((0.01, 0.2, 0.001), chain, 0.05)
    assert [one.adjusted for one in found.decisions] == [0.01, 0.2, 0.2]
    assert [one.order for one in found.decisions] == [1, 0, 0]


@pytest.mark.validates("graphical")
def test_the_update_of_bretz(reference: References) -> None:
    # Two primary hypotheses pass half to each other and half to a secondary one of their own, which passes all on.
    start = graph((0.5, 0.5, 0, 0), ((0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5), (0, 1, 0, 0), (1, 0, 0, 0)))
    after = update_graph(start, 0, [1, 2, 3])
    source = "Bretz et al. 2009, algorithm 1, by hand"
    for name, actual, value in (
        ("weight of H2", after.weights[1], 0.75),
        ("weight of H3", after.weights[2], 0.25),
        ("H2 -> H3", after.transitions[1, 2], (0 + 0.5 * 0.5) / (1 - 0.25)),
        ("H2 -> H4", after.transitions[1, 3], 0.5 / (1 - 0.25)),
        ("H4 -> H2", after.transitions[3, 1], 0.5),
        ("H4 -> H3", after.transitions[3, 2], 0.5),
        ("H3 -> H2", after.transitions[2, 1], 1.0),
    ):
        reference.holds(f"after rejecting H1: {name}", float(actual), value, tolerance=1e-12, source=source)


def test_a_hypothesis_without_a_share_of_alpha_is_not_rejected() -> None:
    lonely = graph((1, 0), ((0, 0), (0, 0)))
    found = compute_graphical((0.2, 0.0), lonely, 0.05)
    assert [one.adjusted for one in found.decisions] == [0.2, 1.0]


# --- gatekeeping ---


@pytest.mark.validates("gatekeeping")
def test_the_two_families_of_multxpert(reference: References) -> None:
    # The example of pargateadjp's help page: truncated Holm (0.5), then Holm.
    families = (
        Family(p_values=(0.0082, 0.0174), truncation=0.5),
        Family(p_values=(0.0042, 0.0180), truncation=1.0),
    )
    found = adjusted_p_values(families, is_serial=False)
    source = (
        "data and procedure of R package multxpert, pargateadjp (Dmitrienko, Tamhane and Bretz 2009, section 5.4); "
        "values by hand: 2 x 0.0082, 0.0174 / 0.75, and all of alpha is left once both are rejected"
    )
    for what, actual, value in (
        ("primary 1", found[0][0], 2 * 0.0082),
        ("primary 2", found[0][1], 0.0174 / 0.75),
        # With one primary accepted a quarter of alpha is left: 2 x 0.0042 / 0.25 is more than 0.0232.
        ("secondary 1", found[1][0], 0.0174 / 0.75),
        ("secondary 2", found[1][1], 0.0174 / 0.75),
    ):
        reference.holds(what, actual, value, tolerance=1e-12, source=source)
    decisions = decide_families(families, 0.025, is_serial=False)
    assert [sorted(one.rejected) for one in decisions] == [[0, 1], [0, 1]]


@pytest.mark.validates("gatekeeping")
def test_parallel_gatekeeping_with_bonferroni_is_a_graph(reference: References) -> None:
    p_values = (0.02, 0.06, 0.011, 0.024)
    families = (Family(p_values=p_values[:2], truncation=0.0), Family(p_values=p_values[2:], truncation=1.0))
    found = adjusted_p_values(families, is_serial=False)
    gates = graph((0.5, 0.5, 0, 0), ((0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5), (0, 0, 0, 1), (0, 0, 1, 0)))
    expected = compute_graphical(p_values, gates, 0.05)
    source = "the graph of parallel gatekeeping (Bretz et al. 2009); graphs are held to graphicalMCP"
    for actual, decision in zip((*found[0], *found[1]), expected.decisions, strict=True):
        reference.holds("parallel gatekeeping", actual, decision.adjusted, tolerance=1e-12, source=source)
    assert found[1][0] == pytest.approx(0.044)


@pytest.mark.validates("gatekeeping")
def test_serial_gatekeeping_waits_for_all_of_a_family(reference: References) -> None:
    families = (
        Family(p_values=(0.01, 0.04), truncation=1.0, is_step_up=True),
        Family(p_values=(0.001, 0.03), truncation=1.0),
    )
    found = adjusted_p_values(families, is_serial=True)
    source = "by hand: Hochberg 0.02 and 0.04; then the larger of 0.04 and Holm's 0.002 and 0.03"
    for actual, value in zip((*found[0], *found[1]), (0.02, 0.04, 0.04, 0.04), strict=True):
        reference.holds("serial gatekeeping", actual, value, tolerance=1e-12, source=source)
    decisions = decide_families(families, 0.03, is_serial=True)
    assert [sorted(one.rejected) for one in decisions] == [[0], []]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(min_value=1e-6, max_value=0.3), min_size=2, max_size=4),
    st.floats(min_value=0, max_value=1),
    st.booleans(),
)
def test_truncation_lies_between_bonferroni_and_the_procedure(
    p_values: list[float], truncation: float, is_step_up: bool
) -> None:
    least, middle, most = (
        len(Family(p_values=tuple(p_values), truncation=part, is_step_up=is_step_up).rejected(0.05))
        for part in (0.0, truncation, 1.0)
    )
    assert least <= middle <= most
    holm = compute_hochberg if is_step_up else compute_holm
    assert most == sum(one.is_rejected for one in holm(p_values, equal(len(p_values)), 0.05))
