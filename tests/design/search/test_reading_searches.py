"""The part `search` of design.yaml, and what is wrong with it, at its line and column."""

from __future__ import annotations

import pytest

from trialwright.design.definition.reading import parse_design
from trialwright.design.search import Objective, SearchRequest, read_search
from trialwright.design.sequential import HwangShihDeCani, LanDeMetsOBrienFleming
from trialwright.errors import DesignError

DESIGN = """\
design: {title: T, chosen: fixed}
arms: {C: Control, A: Active}
endpoints:
  value: {label: Value, kind: normal, better: higher, followup: 4}
  response: {label: Response, kind: binary, better: higher, followup: 4}
test: {alpha: 0.025, sided: 1, power: 0.9, comparisons: [A]}
scenarios:
  planned:
    outcomes:
      value: {means: {C: 0, A: 5}, sd: 10}
      response: {probabilities: {C: 0.3, A: 0.5}}
enrollment:
  near: {sites: 4, rate: 1}
  far: {sites: 2, rate: 1}
designs:
  fixed: {endpoint: value, subjects: 180}
  other: {endpoint: value, subjects: 200, looks: 2, efficacy: pocock}
"""
LINES = DESIGN.count("\n")
OBJECTIVES = "  objectives: [{measure: power, sense: maximize}]\n"


def read(search: str) -> SearchRequest:
    return read_search(parse_design(DESIGN + "search:\n" + search))


def test_a_search_is_read() -> None:
    request = read(
        """\
  base: other
  candidates: 50
  trials: 500
  verify_trials: 5000
  space:
    subjects: {from: 120, to: 200, step: 40}
    looks: [1, 2, [0.4, 0.7, 1]]
    efficacy: [lan_demets_obrien_fleming, {rule: hwang_shih_decani, gamma: -4}]
    futility: [null, {rule: hwang_shih_decani, gamma: -2}]
    allocation: [[1, 1], {A: 3, C: 2}]
    endpoint: [value, response]
    sites: {near: [4, 6], far: {from: 0, to: 3, step: 1}}
  objectives:
    - {measure: power, sense: maximize, at_least: 0.8}
    - {measure: expected_duration, sense: minimize, scenario: planned}
    - {measure: maximum_subjects, at_most: 190}
"""
    )
    assert (request.candidates, request.trials, request.verify_trials) == (50, 500, 5000)
    space = request.space
    assert space.base.id == "other"
    assert space.subjects == (120, 160, 200)
    assert space.information_fractions == ((1.0,), (0.5, 1.0), (0.4, 0.7, 1.0))
    assert space.efficacy == (LanDeMetsOBrienFleming(), HwangShihDeCani(gamma=-4))
    assert space.futility == (None, HwangShihDeCani(gamma=-2))
    assert space.allocation == ((1, 1), (2, 3))
    assert space.endpoint == ("value", "response")
    assert space.sites == {"near": (4, 6), "far": (0, 1, 2, 3)}
    assert request.objectives == (
        Objective(measure="power", sense="maximize", at_least=0.8),
        Objective(measure="expected_duration", sense="minimize", scenario="planned"),
        Objective(measure="maximum_subjects", at_most=190),
    )


def test_what_is_not_said_has_its_usual_value() -> None:
    request = read("  space: {subjects: [100, 200]}\n" + OBJECTIVES)
    assert (request.candidates, request.trials, request.verify_trials) == (200, 2_000, 20_000)
    assert request.space.base.id == "fixed"


def test_ranges_with_steps_of_fractions_reach_their_ends() -> None:
    request = read("  space: {subjects: [100, 200], followup: {from: 0.1, to: 0.7, step: 0.2}}\n" + OBJECTIVES)
    assert request.space.followup == pytest.approx((0.1, 0.3, 0.5, 0.7))


BAD: list[tuple[str, int, str]] = [
    ("  space: {subjects: []}\n" + OBJECTIVES, 2, "there is nothing to choose from here"),
    ("  space: {}\n" + OBJECTIVES, 2, "The space of the search has nothing to choose from"),
    ("  space: {subjects: [100]}\n" + OBJECTIVES, 2, "has one design only"),
    ("  space: {sites: {near: []}}\n" + OBJECTIVES, 2, "there is nothing to choose from here"),
    ("  space: {sites: {west: [1, 2]}}\n" + OBJECTIVES, 2, "sites.west is no group of sites of the definition"),
    ("  space: {subjects: [100, 100]}\n" + OBJECTIVES, 2, "has a value twice: 100"),
    ("  space: {subjects: {from: 200, to: 100, step: 10}}\n" + OBJECTIVES, 2, "a range must go up from `from` to `to`"),
    ("  space: {subjects: {from: 100, to: 200, step: 0}}\n" + OBJECTIVES, 2, "a range must go up from `from` to `to`"),
    ("  space: {subjects: {from: 1, to: 9999, step: 1}}\n" + OBJECTIVES, 2, "this is 9,999 values; 1,000 at most"),
    ("  space: {looks: [0, 1]}\n" + OBJECTIVES, 2, "looks must be a number from 1, or fractions"),
    ("  space: {looks: [1, 300000000]}\n" + OBJECTIVES, 2, "less than or equal to 100"),
    ("  space: {subjects: [-5, 100]}\n" + OBJECTIVES, 2, "greater than or equal to 2"),
    ("  space: {subjects: [100, 1000000000000]}\n" + OBJECTIVES, 2, "less than or equal to 1000000"),
    ("  space: {subjects: many}\n" + OBJECTIVES, 2, "this must be a valid list, or be a mapping. Found 'many'"),
    ("  space: {allocation: [[1, 1000000000]]}\n" + OBJECTIVES, 2, "less than or equal to 1000"),
    ("  trials: 1000000000000\n  space: {looks: [1, 2]}\n" + OBJECTIVES, 2, "less than or equal to 10000000"),
    ("  space: {looks: [1, [0.5, 0.4, 1]]}\n" + OBJECTIVES, 2, "Found [0.5, 0.4, 1.0]"),
    ("  space: {looks: [1, 2], efficacy: [pocok]}\n" + OBJECTIVES, 2, "'pocok' is no rule that serves here"),
    ("  space: {looks: [1, 2], futility: [pocock]}\n" + OBJECTIVES, 2, "'pocock' is no rule that serves here"),
    ("  space: {allocation: [[1, 1], [1, 2, 3]]}\n" + OBJECTIVES, 2, "must have a weight from 1 for each arm: C, A"),
    ("  space: {endpoint: [value, pain]}\n" + OBJECTIVES, 2, "'pain' is no endpoint of the definition"),
    ("  space: {subjects: [100, 200], size: [1]}\n" + OBJECTIVES, 2, "the key 'size' is not known here"),
    ("  space: {subjects: [100, 200]}\n", 2, "the key 'objectives' is missing"),
    ("  base: none\n  space: {subjects: [100, 200]}\n" + OBJECTIVES, 2, "there is no design 'none'"),
    ("  candidates: 1\n  space: {subjects: [100, 200]}\n" + OBJECTIVES, 2, "candidates must be at least 2, got 1"),
    (
        "  space: {subjects: [100, 200]}\n  objectives: [{measure: beauty, sense: maximize}]\n",
        3,
        "Found 'beauty'",
    ),
    (
        "  space: {subjects: [100, 200]}\n  objectives:\n    - {measure: power, sense: maximize}\n"
        "    - {measure: power, at_least: 0.9, at_most: 0.8}\n",
        5,
        "at least 0.9 and at most 0.8, which no design can be",
    ),
    (
        "  space: {subjects: [100, 200]}\n  objectives:\n    - {measure: power, sense: maximize, at_least: 90}\n",
        4,
        "to be at least 90, but it is 1 at most",
    ),
    (
        "  space: {subjects: [100, 200]}\n  objectives: [{measure: expected_cost, sense: minimize}]\n",
        3,
        "needs a cost model",
    ),
    (
        "  space: {subjects: [100, 200]}\n  objectives: [{measure: power, at_least: 0.8}]\n",
        3,
        "No objective is to be maximized or minimized",
    ),
]


def test_a_value_in_a_list_that_cannot_be_is_one_problem() -> None:
    with pytest.raises(DesignError) as raised:
        read("  space: {subjects: [-5, 100]}\n" + OBJECTIVES)

    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(("search", "line", "message"), BAD)
def test_what_is_wrong_is_told_where_it_stands(search: str, line: int, message: str) -> None:
    with pytest.raises(DesignError) as raised:
        read(search)
    assert message in str(raised.value)
    assert f"design.yaml, line {LINES + line}, column" in str(raised.value)


def test_all_problems_are_told_together() -> None:
    with pytest.raises(DesignError) as raised:
        read("  candidates: 1\n  space: {subjects: [], looks: [0]}\n" + OBJECTIVES)
    assert len(str(raised.value).splitlines()) == 3


def test_a_design_without_a_search_says_so() -> None:
    with pytest.raises(DesignError, match="has no part search"):
        read_search(parse_design(DESIGN))
