"""Random numbers of trials: the same for the same seed, whatever is made of them.

Trials come in blocks of a fixed size. Each block has a stream for each purpose, derived from the seed, the block's
number and the purpose alone, and a stream is read subject by subject. So a trial is the same however many are simulated
and on however many cores; designs with the same seed have the same draws for the same subjects, whatever their looks,
bounds, hazards and dropouts; and the first subjects of a larger trial are those of a smaller one.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Another number would make other trials of the same seed.
TRIALS_PER_BLOCK: Final = 100


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of how streams are derived: never change one."""

    ENTRY = 0
    ARM = 1
    OUTCOME = 2
    LOSS = 3
    POPULATION_STRATUM = 4
    PROGRESSION = 5
    DEATH_AFTER_PROGRESSION = 6
    SITE_RATE = 7
    TOXICITY = 20
    RESPONSE = 22
    DOSE_RESPONSE = 30
    STAGE_OUTCOME = 60
    STAGE_LOSS = 61
    ENRICHMENT_STRATUM = 62
    SEAMLESS_ENTRY = 63
    SEAMLESS_EARLY = 64
    SEAMLESS_FINAL = 65
    SEAMLESS_LOSS = 66
    RERANDOMIZATION = 80


def new_seed(rng: np.random.Generator) -> int:
    """A seed of 128 bits from `rng`: the same from a fresh generator of the same seed."""
    return int.from_bytes(rng.bytes(16), "little")


def _stream(seed: int, block: int, purpose: Purpose) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(block, int(purpose)))))


def draw_exponential(seed: int, block: int, purpose: Purpose, subjects: int) -> Floats:
    """Standard exponential: a row per subject, a column per trial of the block."""
    return _stream(seed, block, purpose).standard_exponential((subjects, TRIALS_PER_BLOCK))


def draw_uniform(seed: int, block: int, purpose: Purpose, subjects: int) -> Floats:
    """Standard uniform: a row per subject, a column per trial of the block."""
    return _stream(seed, block, purpose).random((subjects, TRIALS_PER_BLOCK))


def draw_normal(seed: int, block: int, purpose: Purpose, subjects: int) -> Floats:
    """Standard normal: a row per subject, a column per trial of the block."""
    return _stream(seed, block, purpose).standard_normal((subjects, TRIALS_PER_BLOCK))


def draw_gamma(seed: int, block: int, purpose: Purpose, rows: int, shape: float) -> Floats:
    """Gamma of this shape and scale 1: a row each, a column per trial of the block."""
    return _stream(seed, block, purpose).standard_gamma(shape, (rows, TRIALS_PER_BLOCK))
