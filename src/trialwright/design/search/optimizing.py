"""The search for the designs that nothing else beats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trialwright.design.search.conventions import conventions_of
from trialwright.design.search.evaluation import complete_evaluation, simulate_behavior
from trialwright.design.search.front import aims_of, broken_limits, excesses_of, find_front, values_of
from trialwright.design.search.journal import Entry, Impossible, Journal, header_of, key_of, open_journal
from trialwright.design.search.model import (
    DesignEvaluation,
    DesignSearch,
    FrontPoint,
    ImpossibleCandidate,
)
from trialwright.design.search.proposing import EveryPlace, Optuna, Proposer
from trialwright.design.search.requests import check_numbers, check_objectives, check_seed, check_space
from trialwright.design.search.space import SearchSpace, choose, describe
from trialwright.design.simulation.drawing import new_seed
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution, Progress, SilentProgress, step_of_work

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, TrialDesign
    from trialwright.design.search.model import Objective
    from trialwright.design.search.space import Place

#: Candidates that are proposed, and evaluated side by side, before the next are. Another number would make another
#: search of the same seed; the number of workers must not.
BATCH = 20


class SearchInterruptedError(DesignError):
    """A search was interrupted; what it had evaluated is in its journal, if it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    costs: tuple[float, ...]
    excesses: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What evaluating candidates takes, with the place where they are kept."""

    definition: DesignDefinition
    trials: int
    seed: int
    execution: Execution
    journal: Journal
    prefix: str

    def evaluate(self, designs: Sequence[TrialDesign]) -> list[Entry]:
        """Each design's entry: from the journal, or evaluated and entered there as soon as it is known."""
        keys = [self.prefix + key_of(design) for design in designs]
        missing = {key: design for key, design in zip(keys, designs, strict=True) if key not in self.journal.entries}
        evaluate = partial(evaluate_candidate, self.definition, self.trials, self.seed)
        for key, entry in zip(missing, self.execution.map(evaluate, missing.values()), strict=True):
            self.journal.add({key: entry})
        return [self.journal.entries[key] for key in keys]


def optimize_design(
    definition: DesignDefinition,
    space: SearchSpace,
    objectives: Sequence[Objective],
    *,
    candidates: int = 200,
    trials: int = 2_000,
    verify_trials: int = 20_000,
    seed: int,
    execution: Execution = IN_THIS_PROCESS,
    progress: Progress | None = None,
    journal: Path | None = None,
) -> DesignSearch:
    """Look for designs of the space that do well by all objectives, and verify those that nothing beats.

    candidates     how many designs are evaluated at most; a space that has no more is searched through, in a larger one
                   optuna proposes
    trials         per scenario in the search; `verify_trials` those of the front, with other random numbers
    journal        a file that keeps what was evaluated. A search that is interrupted (Ctrl-C) and started again with it
                   goes on where it was, and comes to the same end; more candidates may be asked for then

    The same seed gives the same search wherever it runs, interrupted or not. With `Processes`, give one that is in a
    `with` block: its workers then stay for the whole search. Raises `DesignError` for a request that cannot be met, and
    `SearchInterruptedError` when it is interrupted.
    """
    telling = SilentProgress() if progress is None else progress
    check_numbers(candidates=candidates, trials=trials, verify_trials=verify_trials)
    check_seed(seed)
    check_space(definition, space)
    check_objectives(definition, space, objectives)
    book = open_journal(journal, header_of(definition, seed=seed, trials=trials))
    # Three independent streams: the search, its verification, and the proposals.
    searching, verifying, proposing = (new_seed(np.random.default_rng([seed, one])) for one in range(3))
    search = _Work(definition=definition, trials=trials, seed=searching, execution=execution, journal=book, prefix="")
    verification = replace(search, trials=verify_trials, seed=verifying, prefix=f"{verify_trials} other trials: ")
    proposer = _proposer(definition, space, objectives, candidates=candidates, seed=proposing)
    try:
        found = _search(search, space, objectives, proposer, candidates=candidates, progress=telling)
        front = _verify(verification, objectives, found, telling)
    except KeyboardInterrupt as interruption:
        raise _interrupted(book) from interruption
    return DesignSearch(
        definition=definition,
        objectives=tuple(objectives),
        candidates=found.evaluations,
        values=found.values,
        is_feasible=found.is_feasible,
        front=front,
        impossible=found.impossible,
        space_size=space.size(definition),
        seed=seed,
        conventions=conventions_of(definition, of_search=True),
    )


def evaluate_candidate(definition: DesignDefinition, trials: int, seed: int, design: TrialDesign) -> Entry:
    """How a candidate behaves, or why it is no possible trial: a piece of work of its arguments alone."""
    try:
        return simulate_behavior(definition, design, trials=trials, seed=seed)
    except DesignError as error:
        return Impossible(reason=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    evaluations: tuple[DesignEvaluation, ...]
    values: tuple[tuple[float, ...], ...]
    is_feasible: tuple[bool, ...]
    impossible: tuple[ImpossibleCandidate, ...]


def _search(
    work: _Work,
    space: SearchSpace,
    objectives: Sequence[Objective],
    proposer: Proposer,
    *,
    candidates: int,
    progress: Progress,
) -> _Found:
    aims = aims_of(objectives)
    evaluations: list[DesignEvaluation] = []
    impossible: list[ImpossibleCandidate] = []
    feasible: list[bool] = []
    total = min(candidates, space.size(work.definition))
    while (done := len(evaluations) + len(impossible)) < total:
        places = proposer.propose(min(BATCH, total - done))
        title = f"Candidates {done + 1} to {done + len(places)} of {total}; {sum(feasible)} keep the limits"
        with step_of_work(title, progress):
            outcomes = _evaluate_places(work, space, places, first_number=done + 1)
        lessons: list[_Lesson | None] = []
        for outcome in outcomes:
            if isinstance(outcome, ImpossibleCandidate):
                impossible.append(outcome)
                lessons.append(None)
                continue
            evaluations.append(outcome)
            values = values_of(objectives, outcome)
            lesson = _Lesson(
                costs=tuple(sign * values[number] for number, sign in aims), excesses=excesses_of(objectives, values)
            )
            feasible.append(all(excess <= 0 for excess in lesson.excesses))
            lessons.append(lesson)
        proposer.learn(lessons)
    if not evaluations:
        reason, count = Counter(one.reason for one in impossible).most_common(1)[0]
        raise DesignError(f"None of the {total} candidates is a possible trial. Of {count} of them: {reason}")
    return _Found(
        evaluations=tuple(evaluations),
        values=tuple(values_of(objectives, one) for one in evaluations),
        is_feasible=tuple(feasible),
        impossible=tuple(impossible),
    )


def _evaluate_places(
    work: _Work, space: SearchSpace, places: Sequence[Place], *, first_number: int
) -> list[DesignEvaluation | ImpossibleCandidate]:
    """What becomes of each place, in order. The number of a candidate is its name."""
    designs: dict[int, TrialDesign] = {}
    outcomes: dict[int, DesignEvaluation | ImpossibleCandidate] = {}
    for number, place in enumerate(places, start=first_number):
        name = f"candidate {number}"
        try:
            design = choose(space, place, work.definition)
        except DesignError as error:
            base = replace(space.base, id=name, label=name)
            outcomes[number] = ImpossibleCandidate(design=base, reason=str(error))
        else:
            designs[number] = replace(design, id=name, label=describe(space, design))
    for (number, design), entry in zip(designs.items(), work.evaluate(list(designs.values())), strict=True):
        outcomes[number] = _outcome(work, design, entry)
    return [outcome for _, outcome in sorted(outcomes.items())]


def _outcome(work: _Work, design: TrialDesign, entry: Entry) -> DesignEvaluation | ImpossibleCandidate:
    if isinstance(entry, Impossible):
        return ImpossibleCandidate(design=design, reason=entry.reason)
    return complete_evaluation(work.definition, design, entry, trials=work.trials, seed=work.seed)


def _verify(work: _Work, objectives: Sequence[Objective], found: _Found, progress: Progress) -> tuple[FrontPoint, ...]:
    front = [found.evaluations[place] for place in find_front(objectives, found.values, found.is_feasible)]
    points: list[FrontPoint] = []
    for start in range(0, len(front), BATCH):
        batch = front[start : start + BATCH]
        title = f"Verifying designs {start + 1} to {start + len(batch)} of {len(front)}"
        with step_of_work(title, progress):
            entries = work.evaluate([one.design for one in batch])
        for searched, entry in zip(batch, entries, strict=True):
            verified = _outcome(work, searched.design, entry)
            assert isinstance(verified, DesignEvaluation)  # it was a possible trial when it was searched
            broken = broken_limits(objectives, values_of(objectives, verified))
            points.append(FrontPoint(searched=searched, verified=verified, broken_limits=broken))
    return tuple(points)


def _proposer(
    definition: DesignDefinition, space: SearchSpace, objectives: Sequence[Objective], *, candidates: int, seed: int
) -> Proposer:
    canonical = partial(_canonical, space, definition)
    if space.size(definition) <= candidates:
        return EveryPlace(space, canonical)
    return Optuna(space, canonical, aims=len(aims_of(objectives)), population=BATCH, seed=seed)


def _canonical(space: SearchSpace, definition: DesignDefinition, place: Place) -> Place:
    return space.canonical(place, definition)


def _interrupted(journal: Journal) -> SearchInterruptedError:
    done = len(journal.entries)
    if journal.path is None:
        return SearchInterruptedError(
            f"The search was interrupted after {done} evaluations, which are lost. Give it a journal, and it can go on "
            "where it was."
        )
    return SearchInterruptedError(
        f"The search was interrupted after {done} evaluations, which {journal.path} keeps. Start it again with the "
        "same definition, seed and journal, and it goes on from there."
    )
