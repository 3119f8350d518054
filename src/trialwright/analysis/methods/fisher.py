"""Fisher's exact test of r x c tables (Freeman-Halton): the probability of tables no likelier than the observed one.

2 x 2 tables are summed directly. Larger ones go through a network in the manner of Mehta and Patel (FEXACT): columns
are taken one after another; a node is what is left of the row totals; paths that meet in a node with the same
probability so far are counted together; a path is dropped as soon as the most or the least likely completion decides
its fate.

Tables whose probability is within a relative 1e-7 of the observed one are ties and count, as in R's `fisher.test`.

Sources: Freeman GH, Halton JH. Biometrika 1951;38:141-149. Mehta CR, Patel NR. J Am Stat Assoc 1983;78:427-434.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from trialwright.analysis.request import Floats, Integers

TIE = 1e-7
#: Paths kept at one stage before a table is taken to be too large for an exact test.
MAX_PATHS = 4_000_000


class TooLargeError(ArithmeticError):
    """The table has too many neighbors for an exact test."""


@lru_cache(maxsize=1)
def _log_factorials(size: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, size)))])


def log_factorials(largest: int) -> Floats:
    """log(k!) for k = 0 .. at least `largest`."""
    return _log_factorials(1 << max(10, (largest + 1).bit_length()))


@lru_cache(maxsize=65536)
def compute_fisher_2x2(a: int, b: int, c: int, d: int) -> float:
    """Two-sided p-value of the table ((a, b), (c, d)); 1 if a row or column is empty."""
    rows, columns = (a + b, c + d), (a + c, b + d)
    total = sum(rows)
    if 0 in rows or 0 in columns:
        return 1.0
    logs = log_factorials(total)
    cell = np.arange(max(0, columns[0] - rows[1]), min(rows[0], columns[0]) + 1)
    likelihood = -(logs[cell] + logs[rows[0] - cell] + logs[columns[0] - cell] + logs[rows[1] - columns[0] + cell])
    observed = likelihood[a - cell[0]]
    weight = np.exp(likelihood - likelihood.max())
    return min(1.0, float(weight[likelihood <= observed + math.log1p(TIE)].sum() / weight.sum()))


def compute_fisher(table: Sequence[Sequence[int]]) -> float:
    """Two-sided p-value of an r x c table; 1 if fewer than two rows or two columns have a count.

    Raises `TooLargeError` if the table has too many neighbors.
    """
    counts = np.asarray(table, dtype=np.int64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return 1.0
    if counts.shape == (2, 2):
        return compute_fisher_2x2(*(int(count) for count in counts.ravel()))
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T  # fewer rows make fewer nodes
    return _Network(counts).p_value()


class _Network:
    """The tables with the margins of `counts`.

    Probabilities are kept as the sum of -log(x!) over the cells; what all tables share is added at the end. The bounds
    of a node are the largest and smallest such sums of the columns still to come.
    """

    def __init__(self, counts: Integers) -> None:
        self.logs = log_factorials(int(counts.sum()))
        self.rows = tuple(sorted(int(total) for total in counts.sum(axis=1)))
        # The largest column comes last: it is what the others leave.
        self.columns = sorted(int(total) for total in counts.sum(axis=0))
        self.limit = -float(self.logs[counts].sum()) + math.log1p(TIE)
        self.base = sum(self.columns) + 1
        self._bounds: dict[tuple[int, tuple[int, ...]], tuple[float, float]] = {}
        self._steps: dict[tuple[int, tuple[int, ...]], tuple[list[tuple[int, ...]], Integers, Floats]] = {}

    def p_value(self) -> float:
        stage: dict[tuple[int, ...], tuple[Floats, Floats]] = {self.rows: (np.zeros(1), np.ones(1))}
        counted: list[float] = []
        for index in range(len(self.columns)):
            following: dict[tuple[int, ...], list[tuple[Floats, Floats]]] = {}
            for node, (past, weight) in stage.items():
                longest, shortest = self._bound(index, node)
                undecided = self._settle(index, node, past, weight, longest, shortest, counted)
                if undecided is None:
                    continue
                nodes, target, gain = self._step(index, node)
                for number, child in enumerate(nodes):
                    gains = gain[target == number]
                    values = (undecided[0][:, None] + gains[None, :]).ravel()
                    weights = np.repeat(undecided[1], len(gains))
                    following.setdefault(child, []).append((values, weights))
            stage = {node: _merge(parts) for node, parts in following.items()}
            if sum(len(values) for values, _ in stage.values()) > MAX_PATHS:
                raise TooLargeError
        constant = float(
            self.logs[list(self.rows)].sum() + self.logs[self.columns].sum() - self.logs[sum(self.columns)]
        )
        return min(1.0, math.fsum(math.exp(value + constant) for value in counted))

    def _settle(
        self,
        index: int,
        node: tuple[int, ...],
        past: Floats,
        weight: Floats,
        longest: float,
        shortest: float,
        counted: list[float],
    ) -> tuple[Floats, Floats] | None:
        """Counts the paths all of whose completions count, drops those none of whose do, and gives back the rest."""
        # A bound and a table's own probability sum the same logarithms in another order: 1e-9 is far below TIE.
        all_in = past + longest <= self.limit + 1e-9
        none_in = past + shortest > self.limit + 1e-9
        if all_in.any():
            rest = self.columns[index:]
            completions = float(self.logs[sum(rest)] - self.logs[list(node)].sum() - self.logs[rest].sum())
            counted.extend((past[all_in] + np.log(weight[all_in]) + completions).tolist())
        undecided = ~(all_in | none_in)
        return (past[undecided], weight[undecided]) if undecided.any() else None

    def _bound(self, index: int, node: tuple[int, ...]) -> tuple[float, float]:
        """The largest and the smallest sum that the columns from `index` on can add."""
        if index == len(self.columns) - 1:
            only = -float(self.logs[list(node)].sum())
            return only, only
        key = index, node
        if key not in self._bounds:
            nodes, target, gain = self._step(index, node)
            below = np.array([self._bound(index + 1, child) for child in nodes])[target]
            self._bounds[key] = float((gain + below[:, 0]).max()), float((gain + below[:, 1]).min())
        return self._bounds[key]

    def _step(self, index: int, node: tuple[int, ...]) -> tuple[list[tuple[int, ...]], Integers, Floats]:
        """The nodes that column `index` can lead to from `node`; for each way there its node's number and its sum.

        Row totals are sorted: the order of rows does not matter for the completions.
        """
        key = index, node
        if key not in self._steps:
            splits = _splits(self.columns[index], node)
            left = np.sort(np.asarray(node) - splits, axis=1)
            codes = left @ (self.base ** np.arange(len(node), dtype=object)).astype(np.float64)
            _, first, target = np.unique(codes, return_index=True, return_inverse=True)
            nodes = [tuple(int(total) for total in left[position]) for position in first]
            self._steps[key] = nodes, target.ravel(), -self.logs[splits].sum(axis=1)
        return self._steps[key]


def _splits(total: int, limits: Sequence[int]) -> Integers:
    """Every way to part `total` over the rows with at most `limits` in each, one a line."""
    head = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total])
    room = list(itertools.accumulate(reversed(limits)))[::-1]
    for index, limit in enumerate(limits[:-1]):
        lowest = np.maximum(0, left - room[index + 1])
        highest = np.minimum(limit, left)
        sizes = highest - lowest + 1
        parent = np.repeat(np.arange(len(left)), sizes)
        offset = np.arange(len(parent)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        chosen = lowest[parent] + offset
        head = np.column_stack([head[parent], chosen])
        left = left[parent] - chosen
    return np.column_stack([head, left])


def _merge(parts: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Paths with the same probability so far (up to rounding errors) as one with their weights together."""
    values = np.concatenate([values for values, _ in parts])
    weights = np.concatenate([weights for _, weights in parts])
    _, first, group = np.unique(np.round(values, 9), return_index=True, return_inverse=True)
    summed: Floats = np.bincount(group.ravel(), weights=weights).astype(np.float64)
    return values[first], summed
