"""The search: its front, what it makes of interruptions, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.design.search.definitions import normal_definition, survival_definition

from trialwright.design.definition import DesignDefinition
from trialwright.design.search import (
    DesignSearch,
    Objective,
    SearchInterruptedError,
    SearchSpace,
    evaluate_design,
    is_journal_of,
    measure_of,
    optimize_design,
)
from trialwright.design.search.front import find_front
from trialwright.design.search.space import choose
from trialwright.design.sequential import HwangShihDeCani, LanDeMetsOBrienFleming, Pocock
from trialwright.errors import DesignError
from trialwright.execution import InThisProcess, Processes, Threads

POWER = Objective(measure="power", sense="maximize", at_least=0.5)
SUBJECTS = Objective(measure="expected_subjects", sense="minimize")
COST = Objective(measure="expected_cost", sense="minimize", at_most=900.0)


@pytest.fixture(scope="module")
def definition() -> DesignDefinition:
    return normal_definition(0.0, 6.0, delay=2.0)


def small_space(definition: DesignDefinition) -> SearchSpace:
    """12 designs: the rules make no difference to a single look."""
    return SearchSpace(
        base=definition.designs["looks"],
        subjects=(80, 120, 160),
        information_fractions=((1.0,), (0.5, 1.0)),
        efficacy=(LanDeMetsOBrienFleming(), Pocock(), HwangShihDeCani(gamma=-4.0)),
    )


def large_space(definition: DesignDefinition) -> SearchSpace:
    return SearchSpace(
        base=definition.designs["looks"],
        subjects=tuple(range(60, 201, 10)),
        information_fractions=((1.0,), (0.5, 1.0), (0.4, 0.7, 1.0)),
        efficacy=(LanDeMetsOBrienFleming(), Pocock()),
        futility=(None, HwangShihDeCani(gamma=-2.0)),
        allocation=((1, 1), (2, 3), (1, 2)),
        sites={"main": (1, 2, 3)},
    )


def search(definition: DesignDefinition, space: SearchSpace, **options: Any) -> DesignSearch:
    asked: dict[str, Any] = {"candidates": 40, "trials": 50, "verify_trials": 100, "seed": 3}
    return optimize_design(definition, space, (POWER, SUBJECTS, COST), **(asked | options))


@pytest.fixture(scope="module")
def found(definition: DesignDefinition) -> DesignSearch:
    return search(definition, large_space(definition))


def test_a_small_space_is_searched_through(definition: DesignDefinition) -> None:
    result = search(definition, small_space(definition))
    assert result.is_exhaustive
    assert (len(result.candidates), result.space_size) == (12, 12)
    designs = [replace(one.design, id="", label="") for one in result.candidates]
    assert all(designs.count(one) == 1 for one in designs)
    for subjects, looks in product((80, 120, 160), (1, 2)):
        same = [one for one in designs if one.subjects == subjects and one.looks == looks]
        assert len(same) == {1: 1, 2: 3}[looks]


def test_nothing_beats_a_design_of_the_front(found: DesignSearch) -> None:
    assert (len(found.candidates), found.space_size) == (40, 15 * 3 * 3 * (1 + 4 + 4))
    assert not found.is_exhaustive
    on_front = {point.searched.design.id for point in found.front}
    assert 2 <= len(on_front) < sum(found.is_feasible) < 40
    rows = list(zip(found.candidates, found.values, found.is_feasible, strict=True))
    for candidate, (power, subjects, cost), feasible in rows:
        assert feasible == (power >= 0.5 and cost <= 900)
        beaten = any(
            (p >= power and s <= subjects and c <= cost) and (p, s, c) != (power, subjects, cost)
            for _, (p, s, c), is_rival in rows
            if is_rival
        )
        assert (candidate.design.id in on_front) == (feasible and not beaten)
    powers = [measure_of(POWER, point.searched).value for point in found.front]
    assert powers == sorted(powers, key=lambda value: -(value or 0))


def test_candidates_are_no_two_the_same_design(found: DesignSearch) -> None:
    designs = [replace(one.design, id="", label="") for one in found.candidates]
    assert all(designs.count(one) == 1 for one in designs)
    assert [one.design.id for one in found.candidates] == [f"candidate {number}" for number in range(1, 41)]


def test_a_candidate_is_what_it_is_when_evaluated_by_itself(definition: DesignDefinition, found: DesignSearch) -> None:
    for one in (found.candidates[0], found.candidates[-1], found.front[0].verified):
        assert evaluate_design(definition, one.design, trials=one.trials, seed=one.seed) == one


def test_the_front_is_verified_with_other_random_numbers(found: DesignSearch) -> None:
    for point in found.front:
        assert point.verified.design == point.searched.design
        assert (point.searched.trials, point.verified.trials) == (50, 100)
        assert point.verified.seed != point.searched.seed
        kept = (measure_of(POWER, point.verified).value or 0) >= 0.5 and (
            measure_of(COST, point.verified).value or 0
        ) <= 900
        assert (point.broken_limits == ()) == kept
    assert len({point.verified.seed for point in found.front}) == 1


def test_a_design_that_verification_moves_off_its_limits_is_told(definition: DesignDefinition) -> None:
    # Power in the search is that of 50 trials: a limit just at the best of them may well not hold in others.
    space = small_space(definition)
    first = search(definition, space, seed=1)
    best = max(values[0] for values in first.values)
    again = optimize_design(
        definition,
        space,
        (replace(POWER, at_least=best), SUBJECTS),
        candidates=20,
        trials=50,
        verify_trials=1_000,
        seed=1,
    )
    assert again.front
    for point in again.front:
        power = measure_of(POWER, point.verified).value or 0
        assert point.broken_limits == (
            (f"power is {power:.6g}, and at least {best:g} is asked",) if power < best else ()
        )
    assert any(point.broken_limits for point in again.front)


def test_the_same_seed_is_the_same_search_on_threads(definition: DesignDefinition, found: DesignSearch) -> None:
    assert repr(search(definition, large_space(definition), execution=Threads(2))) == repr(found)


@pytest.mark.expensive
def test_the_same_seed_is_the_same_search_on_processes(definition: DesignDefinition, found: DesignSearch) -> None:
    with Processes(2) as place:
        assert repr(search(definition, large_space(definition), execution=place)) == repr(found)


def test_another_seed_is_another_search(definition: DesignDefinition, found: DesignSearch) -> None:
    assert search(definition, large_space(definition), seed=4).candidates != found.candidates


class Interrupted(InThisProcess):
    """Gives so many results, and then somebody presses Ctrl-C."""

    def __init__(self, after: int) -> None:
        self.left = after

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], **_: Any) -> Iterator[Any]:
        for item in items:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            yield function(item)


@pytest.mark.parametrize("after", [0, 7, 20, 41])
def test_an_interrupted_search_goes_on_to_the_same_end(
    definition: DesignDefinition, found: DesignSearch, after: int, tmp_path: Path
) -> None:
    journal, whole = tmp_path / "interrupted.jsonl", tmp_path / "whole.jsonl"
    with pytest.raises(SearchInterruptedError, match=rf"after {after} evaluations, which .* keeps\. Start it"):
        search(definition, large_space(definition), journal=journal, execution=Interrupted(after))
    assert repr(search(definition, large_space(definition), journal=journal)) == repr(found)
    search(definition, large_space(definition), journal=whole)
    assert journal.read_bytes() == whole.read_bytes()


def test_a_search_that_is_done_is_not_simulated_again(
    definition: DesignDefinition, found: DesignSearch, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    search(definition, large_space(definition), journal=journal)
    again = search(definition, large_space(definition), journal=journal, execution=Interrupted(0))
    assert repr(again) == repr(found)


def test_more_candidates_go_on_from_fewer(definition: DesignDefinition, found: DesignSearch, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    fewer = search(definition, large_space(definition), journal=journal, candidates=20)
    assert fewer.candidates == found.candidates[:20]
    assert search(definition, large_space(definition), journal=journal).candidates == found.candidates


def test_what_a_crash_left_unfinished_is_evaluated_again(
    definition: DesignDefinition, found: DesignSearch, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    search(definition, large_space(definition), journal=journal)
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) // 2])
    assert repr(search(definition, large_space(definition), journal=journal)) == repr(found)
    assert journal.read_bytes() == content


def test_without_a_journal_an_interruption_says_what_is_lost(definition: DesignDefinition) -> None:
    with pytest.raises(SearchInterruptedError, match=r"after 5 evaluations, which are lost\. Give it a journal"):
        search(definition, large_space(definition), execution=Interrupted(5))


class Told:
    def __init__(self) -> None:
        self.titles: list[str] = []

    def start(self, title: str) -> None:
        self.titles.append(title)

    def finish(self) -> None:
        pass


def test_a_search_says_how_far_it_is(definition: DesignDefinition, found: DesignSearch) -> None:
    told = Told()
    search(definition, large_space(definition), progress=told)
    assert [title.split(";")[0] for title in told.titles] == [
        "Candidates 1 to 20 of 40",
        "Candidates 21 to 40 of 40",
        f"Verifying designs 1 to {min(20, len(found.front))} of {len(found.front)}",
        *([f"Verifying designs 21 to {len(found.front)} of {len(found.front)}"] if len(found.front) > 20 else []),
    ]


def test_impossible_candidates_are_counted_with_their_reasons() -> None:
    definition = survival_definition(0.6)
    base = definition.designs["fixed"]
    space = SearchSpace(base=base, subjects=(100, 150, 200), events=(90, 120, 140))
    result = optimize_design(definition, space, (POWER, SUBJECTS), candidates=20, trials=50, verify_trials=50, seed=1)
    assert len(result.candidates) + len(result.impossible) == 9 == result.space_size
    assert {(one.design.subjects, one.design.events) for one in result.impossible} == {(100, 120), (100, 140)}
    assert "expected" in result.impossible[0].reason
    with pytest.raises(DesignError, match=r"None of the 2 candidates is a possible trial\. Of 1 of them: "):
        optimize_design(
            definition,
            SearchSpace(base=base, subjects=(60, 80)),
            (POWER, SUBJECTS),
            candidates=20,
            trials=50,
            verify_trials=50,
            seed=1,
        )


def test_looks_without_rules_are_no_design(definition: DesignDefinition) -> None:
    space = SearchSpace(
        base=definition.designs["fixed"],
        subjects=(80, 100),
        information_fractions=((1.0,), (0.5, 1.0)),
        efficacy=(None, Pocock()),
    )
    result = search(definition, space)
    assert (len(result.candidates), len(result.impossible), result.space_size) == (4, 2, 6)
    assert all("neither efficacy nor futility" in one.reason for one in result.impossible)


def test_an_impossible_limit_leaves_no_front(definition: DesignDefinition) -> None:
    wanted = (replace(POWER, at_least=1.0), replace(SUBJECTS, at_most=10.0))
    result = optimize_design(
        definition, small_space(definition), wanted, candidates=20, trials=50, verify_trials=50, seed=1
    )
    assert result.front == ()
    assert not any(result.is_feasible)


def test_a_front_of_ties_keeps_them() -> None:
    wanted = (POWER, SUBJECTS)
    values = [(0.9, 100.0), (0.9, 100.0), (0.95, 120.0), (0.9, 110.0), (0.99, 90.0)]
    assert find_front(wanted, values, [True, True, True, True, False]) == (2, 0, 1)
    assert find_front(wanted, values, [True] * 5) == (4,)


def test_values_that_make_no_difference_are_one_design(definition: DesignDefinition) -> None:
    space = small_space(definition)
    places = {space.canonical(place, definition) for place in space.every_place()}
    assert len(places) == space.size(definition) == 12
    assert choose(space, (0, 0, 2), definition) == choose(space, (0, 0, 1), definition)
    assert choose(space, (0, 0, 2), definition).efficacy is None
    sites = SearchSpace(base=definition.designs["looks"], sites={"main": (1, 2)})
    assert choose(sites, (1,), definition).sites == {"main": 2}


REFUSED: list[tuple[tuple[Objective, ...], str]] = [
    ((), "No objective is to be maximized or minimized"),
    ((replace(POWER, sense=None),), "No objective is to be maximized or minimized"),
    ((POWER, replace(POWER, measure="beauty")), "There is no measure 'beauty' of designs. Known are: power"),  # type: ignore[arg-type] # as somebody might
    ((POWER, replace(POWER, at_least=0.9)), "power is named twice"),
    ((replace(POWER, at_least=0.9, at_most=0.8),), "at least 0.9 and at most 0.8, which no design can be"),
    ((replace(POWER, at_least=1.2),), "to be at least 1.2, but it is 1 at most"),
    ((POWER, Objective(measure="maximum_subjects", at_most=70)), "to be at most 70, but it is 80 at least"),
    ((POWER, Objective(measure="maximum_subjects")), "neither a sense nor a limit"),
    ((replace(POWER, scenario="bad"),), "names the scenario 'bad', which the definition does not have"),
    ((Objective(measure="least_power", sense="maximize", scenario="null"),), "cannot be of null"),
    ((Objective(measure="probability_of_success", sense="maximize"),), "needs a prior, or weights of the scenarios"),
    ((replace(POWER, sense="most"),), "has the sense 'most'"),  # type: ignore[arg-type] # as somebody might
]


@pytest.mark.parametrize(("objectives", "message"), REFUSED)
def test_objectives_that_cannot_be_met_are_refused(
    definition: DesignDefinition, objectives: tuple[Objective, ...], message: str
) -> None:
    with pytest.raises(DesignError, match=message.replace("(", r"\(")):
        optimize_design(definition, small_space(definition), objectives, seed=1)


def test_measures_need_what_they_measure(definition: DesignDefinition) -> None:
    with pytest.raises(DesignError, match="expected_cost needs a cost model"):
        optimize_design(replace(definition, cost=None), small_space(definition), (COST,), seed=1)
    flat = normal_definition(0.0, 0.0)
    with pytest.raises(DesignError, match="least_power has no value"):
        optimize_design(flat, small_space(flat), (Objective(measure="least_power", sense="maximize"),), seed=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"candidates": 1}, "candidates must be at least 2, got 1"),
        ({"trials": 0}, "trials must be at least 1, got 0"),
        ({"verify_trials": 0}, "verify_trials must be at least 1, got 0"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_numbers_that_are_no_search_are_refused(
    definition: DesignDefinition, options: dict[str, int], message: str
) -> None:
    with pytest.raises(DesignError, match=message):
        search(definition, small_space(definition), **options)


def test_spaces_that_have_nothing_to_choose_are_refused(definition: DesignDefinition) -> None:
    base = definition.designs["looks"]
    with pytest.raises(DesignError, match="nothing to choose from"):
        SearchSpace(base=base)
    with pytest.raises(DesignError, match=r"subjects has a value twice: 80\. Give each value once"):
        SearchSpace(base=base, subjects=(80, 100, 80))
    for space, message in (
        (SearchSpace(base=base, subjects=(80,)), "has one design only"),
        (SearchSpace(base=base, endpoint=("value", "bad")), "'bad' is no endpoint of the definition. It has: value"),
        (SearchSpace(base=base, sites={"bad": (1, 2)}), r"sites\.bad is no group of sites of the definition"),
        (SearchSpace(base=base, sites={"main": (-1, 2)}), r"sites\.main must not be negative"),
    ):
        with pytest.raises(DesignError, match=message):
            search(definition, space)


def test_a_journal_of_another_search_is_refused(definition: DesignDefinition, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    space = small_space(definition)
    search(definition, space, journal=journal)
    other = normal_definition(0.0, 7.0, delay=2.0)
    with pytest.raises(DesignError, match=r"is of another definition: its candidates do not behave like those"):
        search(other, small_space(other), journal=journal)
    assert is_journal_of(journal, definition, seed=3, trials=50)
    assert not is_journal_of(journal, other, seed=3, trials=50)
    assert not is_journal_of(journal, definition, seed=3, trials=60)
    with pytest.raises(DesignError, match="is of seed 3, not 4"):
        search(definition, space, journal=journal, seed=4)
    with pytest.raises(DesignError, match="is of trials 50, not 60"):
        search(definition, space, journal=journal, trials=60)
    # Designs in question, and the names of what is asked for, make no difference.
    fewer = replace(definition, designs={"looks": definition.designs["looks"]})
    assert search(fewer, small_space(fewer), journal=journal, execution=Interrupted(0)).front


def test_a_file_that_is_no_journal_is_refused(definition: DesignDefinition, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text("no journal\n", encoding="utf-8")
    with pytest.raises(DesignError, match="Line 1 of the journal"):
        search(definition, small_space(definition), journal=journal)
    journal.write_text("{}\n", encoding="utf-8")
    with pytest.raises(DesignError, match="is no journal of a search"):
        search(definition, small_space(definition), journal=journal)
    with pytest.raises(DesignError, match="cannot be read"):
        search(definition, small_space(definition), journal=tmp_path)
    with pytest.raises(DesignError, match="cannot be written"):
        search(definition, small_space(definition), journal=tmp_path / "none" / "journal.jsonl")
    journal.unlink()
    search(definition, small_space(definition), journal=journal)
    lines = journal.read_text(encoding="utf-8").splitlines()
    lines[3] = json.dumps({"candidate": "x"})
    journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DesignError, match=r"Line 4 of the journal .* is no entry of a search"):
        search(definition, small_space(definition), journal=journal)
