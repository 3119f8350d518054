"""Permuted blocks within strata."""

from __future__ import annotations

import numpy as np

from trialwright.rehearsal.outline import Ints


def simulate_allocation(
    stratum: Ints, ratios: tuple[int, ...], block_sizes: tuple[int, ...], rng: np.random.Generator
) -> Ints:
    """The arm of each subject, subjects given in the order of their randomisation.

    stratum      of each subject
    ratios       allocation ratio per arm
    block_sizes  multiples of the sum of the ratios; each block's is drawn with equal probability

    Within a stratum the arms of a full block stand in the ratio, in random order. Each stratum has its own stream, so
    that subjects of one stratum do not move the list of another.
    """
    arms = np.zeros(stratum.size, dtype=np.int64)
    block = np.repeat(np.arange(len(ratios)), ratios)
    for one, stream in enumerate(rng.spawn(int(stratum.max(initial=-1)) + 1)):
        members = np.flatnonzero(stratum == one)
        sequence: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        length = 0
        while length < members.size:
            size = int(stream.choice(block_sizes))
            sequence.append(stream.permutation(np.tile(block, size)))
            length += sequence[-1].size
        if sequence:
            arms[members] = np.concatenate(sequence)[: members.size]
    return arms
