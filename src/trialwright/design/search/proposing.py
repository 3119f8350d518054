"""Which candidates a search looks at: all of a small space, else those that optuna proposes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from trialwright.design.search.space import Place, SearchSpace

if TYPE_CHECKING:
    from optuna.trial import Trial


class Lesson(Protocol):
    """What a proposer learns of a candidate that is a possible trial.

    costs     to be made small, one for each thing to be made large or small
    excesses  by how much each limit is broken; 0 or below where it is kept
    """

    @property
    def costs(self) -> Sequence[float]: ...

    @property
    def excesses(self) -> Sequence[float]: ...


class Proposer(Protocol):
    """Proposes places of a space, each design once, and learns from how they did."""

    def propose(self, count: int) -> list[Place]:
        """So many designs that were not proposed before; fewer if there are no more."""
        ...

    def learn(self, lessons: Sequence[Lesson | None]) -> None:
        """How the last proposals did, in their order; None for no possible trial."""
        ...


class EveryPlace:
    """Proposes all designs of a space, in their order."""

    def __init__(self, space: SearchSpace, canonical: Callable[[Place], Place]) -> None:
        self._left = iter(dict.fromkeys(map(canonical, space.every_place())))

    def propose(self, count: int) -> list[Place]:
        """See `Proposer.propose`."""
        return list(islice(self._left, count))

    def learn(self, lessons: Sequence[Lesson | None]) -> None:
        """There is nothing to learn from."""


class Optuna:
    """Proposes by optuna's NSGA-II, which keeps designs that few others beat and mixes and changes them.

    Source: Deb K, Pratap A, Agarwal S, Meyarivan T. A fast and elitist multiobjective genetic algorithm: NSGA-II. IEEE
    Transactions on Evolutionary Computation 2002; 6: 182-197.
    """

    #: Proposals per proposal asked for, after which what is missing is drawn at random.
    _PATIENCE = 20

    def __init__(
        self, space: SearchSpace, canonical: Callable[[Place], Place], *, aims: int, population: int, seed: int
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space, self._canonical = space, canonical
        sampler_seed, own_seed = np.random.SeedSequence(seed).generate_state(2)
        self._rng = np.random.default_rng(int(own_seed))
        sampler = optuna.samplers.NSGAIISampler(population_size=population, seed=int(sampler_seed))
        self._study = optuna.create_study(sampler=sampler, directions=["minimize"] * aims)
        self._failed = optuna.trial.TrialState.FAIL
        self._known: dict[Place, Lesson | None] = {}
        self._asked: dict[Place, list[Trial]] = {}

    def propose(self, count: int) -> list[Place]:
        """See `Proposer.propose`."""
        self._asked = {}
        for _ in range(self._PATIENCE * count):
            if len(self._asked) == count:
                break
            self._take(self._study.ask())
        while len(self._asked) < count:
            place = self._canonical(self._space.place(int(self._rng.integers(self._space.places))))
            if place not in self._known and place not in self._asked:
                axes = zip(self._space.axes, place, strict=True)
                self._study.enqueue_trial({axis.name: one for axis, one in axes})
                self._take(self._study.ask())
        return list(self._asked)

    def learn(self, lessons: Sequence[Lesson | None]) -> None:
        """See `Proposer.learn`."""
        for (place, trials), lesson in zip(self._asked.items(), lessons, strict=True):
            self._known[place] = lesson
            for trial in trials:
                self._tell(trial, lesson)
        self._asked = {}

    def _take(self, trial: Trial) -> None:
        """Note a proposal; of a design that is known, tell at once how it did."""
        place = self._canonical(
            tuple(
                trial.suggest_int(axis.name, 0, len(axis.values) - 1)
                if axis.is_ordered
                else trial.suggest_categorical(axis.name, range(len(axis.values)))
                for axis in self._space.axes
            )
        )
        if place in self._known:
            self._tell(trial, self._known[place])
        else:
            self._asked.setdefault(place, []).append(trial)

    def _tell(self, trial: Trial, lesson: Lesson | None) -> None:
        if lesson is None:
            self._study.tell(trial, state=self._failed)
            return
        for number, excess in enumerate(lesson.excesses):
            trial.set_constraint(str(number), excess)
        self._study.tell(trial, list(lesson.costs))
