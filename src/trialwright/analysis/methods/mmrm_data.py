"""Repeated measures laid out for the fit: one row for each subject, one column for each visit, patterns together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.analysis.request import Booleans, Floats, Integers

#: Of the largest singular value of the design; regressors are to come in comparable units.
_RANK_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Block:
    """Subjects that share their covariance parameters.

    subjects     where they stand among all subjects
    patterns     where their patterns stand among all patterns
    pattern_template, subject_template  which matrix of the covariance structure each has
    distance     (template, visit, visit) distances in time; None where visits stand for them
    """

    subjects: slice
    patterns: slice
    pattern_template: Integers
    subject_template: Integers
    distance: Floats | None


@dataclass(frozen=True, kw_only=True)
class RepeatedMeasures:
    """The records of one model, ready for the fit.

    Subjects are ordered by block, template and the visits that they have; a pattern is a run of subjects equal in them.

    design        (subject, visit, column): orthonormal over the records; 0 where there is no record
    response      (subject, visit): divided by `scale`; 0 where there is no record
    scale         residual SD of least squares
    row_space     projector on the space of estimable functions of the original columns
    to_reduced    turns a function of the original columns into one of `design`'s
    log_det       to add to log|X'X| so that it is that of the first independent columns, in the data's units
    present       (pattern, visit): which visits a pattern has
    counts        subjects of each pattern
    starts        first subject of each pattern
    """

    design: Floats
    response: Floats
    scale: float
    row_space: Floats
    to_reduced: Floats
    log_det: float
    rank: int
    n_records: int
    present: Booleans
    counts: Integers
    starts: Integers
    blocks: tuple[Block, ...]

    @property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return len(self.design)

    @property
    def n_visits(self) -> int:
        """Number of visits."""
        return int(self.present.shape[1])

    @property
    def residual_df(self) -> int:
        """Records less the rank of the design."""
        return self.n_records - self.rank

    def by_pattern(self, per_subject: Floats) -> Floats:
        """Sums over the subjects of each pattern."""
        return np.add.reduceat(per_subject, self.starts, axis=0)


def arrange(
    design: Floats,
    response: Floats,
    *,
    subjects: Integers,
    visits: Integers,
    n_visits: int,
    blocks: Integers,
    times: Floats | None = None,
    units: Floats | None = None,
) -> RepeatedMeasures:
    """Lay out records, of which each subject has at most one at each visit.

    subjects, visits  of each record; numbered from 0 without gaps
    blocks            of each record: which covariance parameters its subject has
    times             (record, coordinate); None where the structure has no distances
    units             what each column was divided by; None for 1: the restricted likelihood depends on the regressors'
                      units, and is to be in those of the data
    """
    to_reduced, row_space, log_det, rank = _reduce(design, np.ones(design.shape[1]) if units is None else units)
    reduced = design @ to_reduced
    residual = response - reduced @ (reduced.T @ response)
    freedom = len(response) - rank
    scale = float(np.sqrt(residual @ residual / freedom)) if freedom > 0 else 0.0
    if scale <= 1e-10 * float(np.abs(response).max(initial=0)):
        scale = 0.0
    n_subjects = int(subjects.max()) + 1
    wide = np.zeros((n_subjects, n_visits, rank))
    wide[subjects, visits] = reduced
    outcome = np.zeros((n_subjects, n_visits))
    outcome[subjects, visits] = response / (scale or 1.0)
    has = np.zeros((n_subjects, n_visits), dtype=bool)
    has[subjects, visits] = True
    block = np.zeros(n_subjects, dtype=np.int64)
    block[subjects] = blocks
    place = None
    if times is not None:
        place = np.zeros((n_subjects, n_visits, times.shape[1]))
        place[subjects, visits] = times
    template, distances = _templates(place, has, block)
    key = np.column_stack([block, template, has.astype(np.int64)])
    order = np.lexsort(key.T[::-1])
    key = key[order]
    is_new = np.ones(n_subjects, dtype=bool)
    is_new[1:] = (key[1:] != key[:-1]).any(axis=1)
    starts = np.flatnonzero(is_new)
    patterns = key[starts]
    found = []
    for number in np.unique(block):
        who, which = np.flatnonzero(key[:, 0] == number), np.flatnonzero(patterns[:, 0] == number)
        found.append(
            Block(
                subjects=slice(int(who[0]), int(who[-1]) + 1),
                patterns=slice(int(which[0]), int(which[-1]) + 1),
                pattern_template=patterns[which, 1],
                subject_template=key[who, 1],
                distance=distances.get(int(number)),
            )
        )
    return RepeatedMeasures(
        design=wide[order],
        response=outcome[order],
        scale=scale,
        row_space=row_space,
        to_reduced=to_reduced,
        log_det=log_det,
        rank=rank,
        n_records=len(response),
        present=patterns[:, 2:].astype(bool),
        counts=np.diff(np.append(starts, n_subjects)),
        starts=starts,
        blocks=tuple(found),
    )


def _templates(place: Floats | None, has: Booleans, block: Integers) -> tuple[Integers, dict[int, Floats]]:
    """For each subject its template within its block, and the templates' distances by block.

    Where everybody has a visit at the same time there is one template, else one for each subject that differs.
    """
    template = np.zeros(len(has), dtype=np.int64)
    if place is None:
        return template, {}
    shared = np.zeros(place.shape[1:])
    is_shared = True
    for visit in range(has.shape[1]):
        there = place[has[:, visit], visit]
        shared[visit] = there[0] if len(there) else 0
        is_shared = is_shared and bool((there == shared[visit]).all())
    distances = {}
    for number in np.unique(block):
        who = np.flatnonzero(block == number)
        if is_shared:
            places = shared[None]
        else:
            places, template[who] = np.unique(place[who], axis=0, return_inverse=True)
        step = places[:, :, None] - places[:, None, :]
        distances[int(number)] = np.sqrt(np.square(step).sum(axis=-1))
    return template, distances


def _reduce(design: Floats, units: Floats) -> tuple[Floats, Floats, float, int]:
    """`to_reduced`, `row_space`, `log_det` and the rank of a design."""
    n, p = design.shape
    triangle = np.linalg.qr(design, mode="r") if n > p else design
    _, singular, right = np.linalg.svd(triangle, full_matrices=False)
    rank = int((singular > _RANK_TOLERANCE * singular[0]).sum()) if singular.size and singular[0] > 0 else 0
    singular, right = singular[:rank], right[:rank]
    coordinates = singular[:, None] * right
    chosen = _first_independent(coordinates)
    log_det = 2 * float(np.linalg.slogdet(coordinates[:, chosen])[1] + np.log(units[chosen]).sum()) if rank else 0.0
    return right.T / singular, right.T @ right, log_det, rank


def _first_independent(columns: Floats) -> list[int]:
    """The columns that do not depend on those to their left."""
    basis = np.zeros((columns.shape[0], 0))
    chosen: list[int] = []
    for index in range(columns.shape[1]):
        column = columns[:, index]
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length > 1e-8 * max(float(np.linalg.norm(column)), 1e-300) and len(chosen) < columns.shape[0]:
            chosen.append(index)
            basis = np.column_stack([basis, rest / length])
    return chosen
