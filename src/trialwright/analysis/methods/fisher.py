"""Fisher's exact test of r x c tables (Freeman-Halton): the probability of tables no likelier than the observed one.

2 x 2 tables are summed directly. Larger ones go through a network in the manner of Mehta and Patel (FEXACT): columns
are taken one after another; a node is what is left of the row totals; paths that meet in a node with the same
probability so far are counted together; a path is dropped as soon as the most or the least likely completion decides
its fate.

Tables whose probability is within a relative 1e-7 of the observed one are ties and count, as in R's `fisher.test`.

Sources: Freeman GH, Halton JH. Biometrika 1951;38:141-149. Mehta CR, Patel NR. J Am Stat Assoc 1983;78:427-434.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from trialwright.analysis.request import Booleans, Floats, Integers

TIE = 1e-7
#: Different paths at one stage, and ways over one column, above which a table is too large for an exact test.
MAX_PATHS = 3_000_000
MAX_WAYS = 10_000_000
#: Continued paths held at once.
CHUNK = 2_000_000


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
    return _compute_network(tuple(map(tuple, counts.tolist())))


@lru_cache(maxsize=4096)
def _compute_network(table: tuple[tuple[int, ...], ...]) -> float:
    """The p-value of a table without empty rows and columns; many of a trial's tables are alike."""
    return _Network(np.array(table, dtype=np.int64)).p_value()


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """The nodes before one column, and every way over that column.

    nodes    remaining row totals, sorted: one node a line
    parent   for each way the node it leaves, in order; `child` the node of the next stage that it reaches
    gain     what it adds to the sum of -log(x!)
    """

    nodes: Integers
    parent: Integers
    child: Integers
    gain: Floats


@dataclass(frozen=True, kw_only=True)
class _Paths:
    """Ways through the first columns: the node they end in, the sum of -log(x!) so far, and how many they are."""

    node: Integers
    past: Floats
    weight: Floats

    def of(self, chosen: Integers | Booleans) -> _Paths:
        return _Paths(node=self.node[chosen], past=self.past[chosen], weight=self.weight[chosen])


class _Network:
    """The tables with the margins of `counts`.

    What a table's probability has beside the sum of -log(x!) over its cells is the same for all tables.
    """

    def __init__(self, counts: Integers) -> None:
        self.logs = log_factorials(int(counts.sum()))
        # The largest column comes last: it is what the others leave.
        self.columns: list[int] = sorted(counts.sum(axis=0).tolist())
        self.rows = np.sort(counts.sum(axis=1))
        self.limit = -float(self.logs[counts].sum()) + math.log1p(TIE)
        self.stages = self._stages()
        self.longest, self.shortest = self._bounds()

    def _stages(self) -> list[_Stage]:
        nodes = self.rows.reshape(1, -1)
        stages = []
        for column in self.columns[:-1]:
            parent, splits = _splits(column, nodes)
            left = np.sort(nodes[parent] - splits, axis=1)
            following, child = _distinct(left)
            stages.append(_Stage(nodes=nodes, parent=parent, child=child, gain=-self.logs[splits].sum(axis=1)))
            nodes = following
        # The last column is what is left: one way, to the end.
        last = np.arange(len(nodes))
        stages.append(_Stage(nodes=nodes, parent=last, child=np.zeros_like(last), gain=-self.logs[nodes].sum(axis=1)))
        return stages

    def _bounds(self) -> tuple[list[Floats], list[Floats]]:
        """For each stage and node the largest and the smallest sum that the remaining columns can add."""
        largest, smallest = [np.zeros(1)], [np.zeros(1)]
        for stage in reversed(self.stages):
            starts = np.searchsorted(stage.parent, np.arange(len(stage.nodes)))
            largest.append(np.maximum.reduceat(stage.gain + largest[-1][stage.child], starts))
            smallest.append(np.minimum.reduceat(stage.gain + smallest[-1][stage.child], starts))
        return largest[::-1], smallest[::-1]

    def p_value(self) -> float:
        paths = _Paths(node=np.zeros(1, dtype=np.int64), past=np.zeros(1), weight=np.ones(1))
        total = 0.0
        for index, stage in enumerate(self.stages):
            counted, paths = self._settle(index, paths)
            total += counted
            starts = np.searchsorted(stage.parent, np.arange(len(stage.nodes) + 1))
            parts = []
            for some in _chunks(paths, np.diff(starts)):
                counted, undecided = self._settle(index + 1, _extend(stage, starts, some))
                total += counted
                parts.append(_merge(undecided))
            paths = _merge(_joined(parts))
            if len(paths.past) > MAX_PATHS:
                raise TooLargeError
        return min(1.0, total)

    def _settle(self, index: int, paths: _Paths) -> tuple[float, _Paths]:
        """The probability of the paths all of whose completions count, and the paths that are not decided yet."""
        # A bound and a table's own probability sum the same logarithms in another order: 1e-9 is far below TIE.
        limit = self.limit + 1e-9
        all_in = paths.past + self.longest[index][paths.node] <= limit
        undecided = ~all_in & (paths.past + self.shortest[index][paths.node] <= limit)
        rest = self.columns[index:]
        constant = self.logs[self.rows].sum() + self.logs[self.columns].sum() - self.logs[sum(self.columns)]
        # The completions of a node are multinomial: their probabilities sum to this, whatever they are.
        completions = np.zeros(1)
        if rest:
            completions = self.logs[sum(rest)] - self.logs[self.stages[index].nodes].sum(axis=1) - self.logs[rest].sum()
        done = paths.of(all_in)
        counted = float((done.weight * np.exp(done.past + completions[done.node] + constant)).sum())
        return counted, paths.of(undecided)


def _splits(total: int, limits: Integers) -> tuple[Integers, Integers]:
    """Every way to part `total` over rows with at most `limits` in each: the line of `limits` it belongs to, the parts.

    Each line of `limits` sums to at least `total`.
    """
    parent = np.arange(len(limits))
    left = np.full(len(limits), total)
    parts: list[Integers] = []
    for row in range(limits.shape[1] - 1):
        room = limits[parent, row + 1 :].sum(axis=1)
        lowest, highest = np.maximum(0, left - room), np.minimum(limits[parent, row], left)
        sizes = highest - lowest + 1
        if sizes.sum() > MAX_WAYS:
            raise TooLargeError
        source = np.repeat(np.arange(len(left)), sizes)
        chosen = lowest[source] + np.arange(len(source)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        parent, left, parts = parent[source], left[source] - chosen, [part[source] for part in parts]
        parts.append(chosen)
    return parent, np.column_stack([*parts, left])


def _distinct(lines: Integers) -> tuple[Integers, Integers]:
    """The different lines, and for each line which of them it is."""
    base = int(lines.max()) + 1
    width = lines.shape[1] - 1  # all lines have the same sum
    if base**width >= 2**62:
        raise TooLargeError
    codes = lines[:, :width] @ np.array([base**power for power in range(width)], dtype=np.int64)
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    return lines[first], which.ravel().astype(np.int64)


def _chunks(paths: _Paths, ways: Integers) -> Iterator[_Paths]:
    """The paths in portions that have a few million continuations each."""
    work = np.cumsum(ways[paths.node]) if len(paths.node) else np.zeros(0)
    portion = (work // CHUNK).astype(np.int64)
    for number in np.unique(portion):
        yield paths.of(portion == number)


def _extend(stage: _Stage, starts: Integers, paths: _Paths) -> _Paths:
    """Every path continued in every way over the stage's column."""
    ways = np.diff(starts)[paths.node]
    source = np.repeat(np.arange(len(ways)), ways)
    way = np.arange(len(source)) + np.repeat(starts[paths.node] - np.cumsum(ways) + ways, ways)
    return _Paths(node=stage.child[way], past=paths.past[source] + stage.gain[way], weight=paths.weight[source])


def _joined(parts: list[_Paths]) -> _Paths:
    return _Paths(
        node=np.concatenate([part.node for part in parts] or [np.zeros(0, dtype=np.int64)]),
        past=np.concatenate([part.past for part in parts] or [np.zeros(0)]),
        weight=np.concatenate([part.weight for part in parts] or [np.zeros(0)]),
    )


def _merge(paths: _Paths) -> _Paths:
    """Paths to the same node with the same sum (up to rounding errors) as one with their weights together."""
    if not len(paths.past):
        return paths
    rounded = np.round((paths.past - paths.past.min()) * 1e8).astype(np.int64)
    codes = paths.node * (int(rounded.max()) + 1) + rounded
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    merged = paths.of(first)
    return _Paths(
        node=merged.node, past=merged.past, weight=np.bincount(group.ravel(), weights=paths.weight).astype(np.float64)
    )
