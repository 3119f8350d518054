"""One stream of random numbers per component, so that switching one off does not move another's draws."""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np


@unique
class Component(IntEnum):
    """The parts of a rehearsal that draw random numbers. A number, once given, is never given to another part."""

    ENROLLMENT = 1
    SCREENING = 2
    POPULATION = 3
    RANDOMIZATION = 4
    VISITS = 5
    EFFICACY = 6
    ITEMS = 7
    DROPOUT = 8
    ADVERSE_EVENTS = 9
    DOSING = 10
    LABORATORY = 11
    VITAL_SIGNS = 12
    MEDICAL_HISTORY = 13
    MEDICATION = 14
    DEVIATIONS = 15
    UNSCHEDULED_VISITS = 16


class Streams:
    """The streams of one rehearsal, all from one seed.

    Making them spawns one child of the generator's seed, so that a second rehearsal with the same generator differs
    from the first; the generator's own draws are untouched.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        seed = rng.bit_generator.seed_seq
        if not isinstance(seed, np.random.SeedSequence):
            raise TypeError("The generator has no SeedSequence: make it with numpy.random.default_rng(seed).")
        (self._root,) = seed.spawn(1)

    def of(self, component: Component) -> np.random.Generator:
        """A fresh generator at the start of the component's stream."""
        key = (*self._root.spawn_key, int(component))
        sequence = np.random.SeedSequence(self._root.entropy, spawn_key=key, pool_size=self._root.pool_size)
        return np.random.Generator(np.random.PCG64DXSM(sequence))
