"""Trials in blocks: the pieces of work of every simulation, wherever they run."""

from __future__ import annotations

from functools import partial
from typing import Protocol, TypeVar

from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK
from trialwright.errors import DesignError
from trialwright.execution import Counting, Execution

Block = TypeVar("Block")
Block_co = TypeVar("Block_co", covariant=True)


class BlockWork(Protocol[Block_co]):
    """What a block of trials gives, such as `partial(simulate_block, plan, seed=seed)`: of its arguments alone."""

    def __call__(self, *, block: int, trials: int) -> Block_co:
        """Simulate the first `trials` trials of a block."""
        ...


def simulate_in_blocks(
    work: BlockWork[Block], trials: int, *, execution: Execution, progress: Counting | None = None
) -> list[Block]:
    """What each block of so many trials gives, in order; the last block may be a part of one.

    For processes and clusters `work` must be one that can be pickled: a function of a module or a partial of one.
    `progress` is told how many blocks are done.
    """
    if trials < 1:
        raise DesignError(f"trials must be at least 1, got {trials!r}. Usual are 10,000 for power.")
    sizes = [min(TRIALS_PER_BLOCK, trials - start) for start in range(0, trials, TRIALS_PER_BLOCK)]
    return list(execution.map(partial(_one_block, work), list(enumerate(sizes)), progress=progress))


def _one_block(work: BlockWork[Block], piece: tuple[int, int]) -> Block:
    block, trials = piece
    return work(block=block, trials=trials)
