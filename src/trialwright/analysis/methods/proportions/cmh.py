"""`cmh`: the Cochran-Mantel-Haenszel statistics of SAS PROC FREQ, for tables of any size in any number of strata.

In each stratum all margins are held fixed, so that the counts have the multiple hypergeometric distribution if rows and
columns are independent; differences from expectation and covariances are summed over the strata.

Sources: Mantel N. J Am Stat Assoc 1963;58:690-700. Landis JR, Heyman ER, Koch GG. Int Stat Rev 1978;46:237-254. Stokes
ME, Davis CS, Koch GG. Categorical Data Analysis Using SAS, 3rd ed., 2012, chapters 4 and 6. SAS/STAT User's Guide, The
FREQ Procedure, Cochran-Mantel-Haenszel statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.methods.proportions.options import CmhOptions
from trialwright.analysis.methods.proportions.strata import record_strata
from trialwright.analysis.request import Booleans, Cell, Floats, Groups, Integers, Request, contrast_level, level_texts
from trialwright.errors import PlanError
from trialwright.results import Result

#: An eigenvalue of a covariance, scaled to correlations, that is below this part of the largest is 0.
_RANK_TOLERANCE = 1e-10

Alternative = Literal["correlation", "row_mean_scores", "general"]
Scores = Literal["table", "rank", "ridit", "modified_ridit"]


@dataclass(frozen=True, kw_only=True)
class CmhTest:
    """A Cochran-Mantel-Haenszel test; `statistic` and `p_value` are None where no stratum compares anything.

    n         all counts
    strata    that contribute: those with more than one row and more than one column
    df_whole  the degrees of freedom that the table has if its strata are connected
    """

    n: int
    strata: int
    statistic: float | None
    df: int
    df_whole: int
    p_value: float | None


def compute_cmh(
    table: Integers,
    alternative: Alternative = "general",
    scores: Scores = "table",
    *,
    row_scores: Sequence[float] | None = None,
    column_scores: Sequence[float] | None = None,
) -> CmhTest:
    """The test of `table`: strata x rows x columns, counts.

    `row_scores`, `column_scores` are the table scores; not given: 1, 2, ... Rows and columns that are empty in all
    strata do not count. The degrees of freedom are the rank of the covariance: (r - 1)(c - 1), r - 1 or 1, unless the
    strata do not connect the rows (or columns) with one another, or the scores of all columns are equal.
    """
    _, n_rows, n_columns = table.shape
    kept_rows, kept_columns = table.sum(axis=(0, 2)) > 0, table.sum(axis=(0, 1)) > 0
    total = int(table.sum())
    table = table[:, kept_rows][:, :, kept_columns]
    counts = table[(table.sum(axis=2) > 0).sum(axis=1) > 1]
    counts = counts[(counts.sum(axis=1) > 0).sum(axis=1) > 1].astype(np.float64)
    whole = {
        "correlation": 1,
        "row_mean_scores": int(kept_rows.sum()) - 1,
        "general": (int(kept_rows.sum()) - 1) * (int(kept_columns.sum()) - 1),
    }[alternative]
    if not len(counts):
        return CmhTest(n=total, strata=0, statistic=None, df=0, df_whole=whole, p_value=None)
    sizes, rows, columns = counts.sum(axis=(1, 2)), counts.sum(axis=2), counts.sum(axis=1)
    excess = counts - rows[:, :, None] * columns[:, None, :] / sizes[:, None, None]
    row_part = _spread(rows, sizes)
    column_part = _spread(columns, sizes) / (sizes**2 * (sizes - 1))[:, None, None]
    if alternative != "general":
        given = column_scores if column_scores is not None else np.arange(1.0, n_columns + 1)
        weights = _scores(scores, columns, np.asarray(given, dtype=np.float64)[kept_columns])
        excess = np.einsum("hij,hj->hi", excess, weights)[:, :, None]
        column_part = np.einsum("hj,hjk,hk->h", weights, column_part, weights)[:, None, None]
    if alternative == "correlation":
        given = row_scores if row_scores is not None else np.arange(1.0, n_rows + 1)
        weights = _scores(scores, rows, np.asarray(given, dtype=np.float64)[kept_rows])
        excess = np.einsum("hij,hi->hj", excess, weights)[:, None, :]
        row_part = np.einsum("hi,hik,hk->h", weights, row_part, weights)[:, None, None]
    size = excess.shape[1] * excess.shape[2]
    covariance = np.einsum("hik,hjl->ijkl", row_part, column_part).reshape(size, size)
    statistic, df = _quadratic(excess.sum(axis=0).ravel(), covariance)
    return CmhTest(
        n=total,
        strata=len(counts),
        statistic=statistic,
        df=df,
        df_whole=whole,
        p_value=None if statistic is None else chi_square_upper_tail(statistic, df),
    )


def _spread(margins: Floats, sizes: Floats) -> Floats:
    """n diag(m) - m m' of each stratum's margins m."""
    diagonal = sizes[:, None, None] * margins[:, :, None] * np.eye(margins.shape[1])
    spread: Floats = diagonal - margins[:, :, None] * margins[:, None, :]
    return spread


def _scores(kind: Scores, margins: Floats, given: Floats) -> Floats:
    """The scores of the levels in each stratum."""
    if kind == "table":
        # Centered, so that large values (dates, platelets) do not lose digits: only differences matter.
        return np.tile(given - given.mean(), (len(margins), 1))
    ranks: Floats = np.cumsum(margins, axis=1) - (margins - 1) / 2
    if kind != "rank":
        ranks = ranks / (margins.sum(axis=1)[:, None] + (1 if kind == "modified_ridit" else 0))
    return ranks


def _quadratic(vector: Floats, covariance: Floats) -> tuple[float | None, int]:
    """`vector` in the metric of the generalized inverse of its covariance, and the rank of that; None for rank 0."""
    scale = np.sqrt(np.diag(covariance).clip(min=0))
    kept = scale > 1e-12 * scale.max(initial=0.0)
    if not kept.any():
        return None, 0
    standardized = vector[kept] / scale[kept]
    values, vectors = np.linalg.eigh(covariance[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept]))
    used = values > _RANK_TOLERANCE * values[-1]
    projected = vectors[:, used].T @ standardized
    return float((projected**2 / values[used]).sum()), int(used.sum())


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """The columns of the table: of each record or subject one, -1 for none.

    codes      of each record; with `event` of each subject's first record, -1 for the others
    scores     table scores of the columns
    """

    codes: Integers
    scores: Floats
    names: tuple[str, ...]


def analyze_cmh(request: Request, options: CmhOptions) -> Iterator[Result]:
    """The test over all levels of the first grouping, and of each contrast alone.

    Records without a value of the variable or of a stratum are left out; a warning says how many they are.
    """
    axis = request.compared
    strata = record_strata(request, options.strata)
    row_scores = _row_scores(request)
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            columns = _columns(request, variable, options, cell)
            rows = request.level_codes(cell.records)
            used = (rows >= 0) & (columns.codes >= 0) & (strata >= 0)
            table = _tensor(strata[used], rows[used], columns.codes[used], len(axis.levels), len(columns.names))
            told = _uncounted(request, options, cell, rows, columns.codes, strata)
            test, warning = _compute(table, options, row_scores, columns)
            yield from _results(request, test, cell.groups, variable, [warning, told])
            for first, second in options.contrasts:
                pair = [axis.levels.index(level) for level in (first, second)]
                test, warning = _compute(table[:, pair], options, row_scores[pair], columns)
                groups = ((axis.variable, contrast_level(first, second)), *cell.groups)
                yield from _results(request, test, groups, variable, [warning, told])


def _results(request: Request, test: CmhTest, groups: Groups, variable: str, warnings: Sequence[str]) -> list[Result]:
    stats: dict[str, float | str | None] = {
        "n": test.n,
        "n_strata": test.strata,
        "statistic": test.statistic,
        "df": test.df,
        "p_value": test.p_value,
    }
    told = "; ".join(text for text in warnings if text)
    return request.results(stats, groups=groups, variable=variable, warnings=told)


def cmh_records(request: Request, options: CmhOptions) -> Booleans:
    """The records with a level of the first grouping and of each stratum; with several variables, all of them."""
    everything = np.ones(request.frame.height, dtype=bool)
    used = (request.level_codes(everything) >= 0) & (record_strata(request, options.strata) >= 0)
    if options.event is None and not options.categories and len(request.analysis.variables) == 1:
        used &= request.series(request.analysis.variables[0]).is_not_null().to_numpy()
    return used


def _row_scores(request: Request) -> Floats:
    """The values of a numeric grouping; else 1, 2, ..."""
    axis = request.compared
    if request.series(axis.variable).dtype.is_numeric():
        return np.array([float(level) for level in axis.levels])
    return np.arange(1.0, len(axis.levels) + 1)


def _columns(request: Request, variable: str, options: CmhOptions, cell: Cell) -> _Columns:
    if options.event is not None:
        return _event_columns(request, options.event, cell)
    if options.categories:
        names = list(options.categories)
        texts = request.categories(options.categories)
        scores = np.arange(1.0, len(names) + 1)
    else:
        series = request.series(variable)
        texts = level_texts(series)
        here = series.filter(cell.records).drop_nulls().unique().sort()
        found = [text for text in level_texts(here) if text is not None]
        names = list(dict.fromkeys([*options.levels, *found]))
        scores = np.arange(1.0, len(names) + 1)
        if series.dtype.is_numeric():
            scores = np.array([_number(name, request, variable) for name in names])
    numbers = {name: number for number, name in enumerate(names)}
    codes = np.array([-1 if text is None else numbers.get(text, -1) for text in texts], dtype=np.int64)
    return _Columns(codes=codes, scores=scores, names=tuple(names))


def _number(level: str, request: Request, variable: str) -> float:
    try:
        return float(level)
    except ValueError:
        raise PlanError(
            f"{request.user} names the level {level!r} of {variable}, which is numeric. Name its levels as numbers."
        ) from None


def _event_columns(request: Request, event: str, cell: Cell) -> _Columns:
    """Each subject once, by its first record: whether any of its records fulfils the condition."""
    holds = np.array(request.holds(event), dtype=bool)
    with_event = np.zeros(request.subjects.height, dtype=bool)
    with_event[request.subject_index[holds & cell.records]] = True
    codes = np.full(request.frame.height, -1, dtype=np.int64)
    rows = np.flatnonzero(cell.records)
    subjects, first = np.unique(request.subject_index[rows], return_index=True)
    codes[rows[first]] = with_event[subjects].astype(np.int64)
    return _Columns(codes=codes, scores=np.array([0.0, 1.0]), names=("without", "with"))


def _tensor(strata: Integers, rows: Integers, columns: Integers, n_rows: int, n_columns: int) -> Integers:
    """The counts: strata x rows x columns."""
    n_strata = int(strata.max(initial=0)) + 1
    flat = (strata * n_rows + rows) * n_columns + columns
    counts = np.bincount(flat, minlength=n_strata * n_rows * n_columns)
    return counts.astype(np.int64).reshape(n_strata, n_rows, n_columns)


def _compute(table: Integers, options: CmhOptions, row_scores: Floats, columns: _Columns) -> tuple[CmhTest, str]:
    """The test, and what is to be said of it."""
    filled = int((table.sum(axis=(1, 2)) > 1).sum())
    if 1 < options.least_strata > filled and table.any():
        test = CmhTest(n=int(table.sum()), strata=filled, statistic=None, df=0, df_whole=0, p_value=None)
        return test, f"fewer than {options.least_strata} strata have two records"
    test = compute_cmh(
        table,
        options.alternative,
        options.scores,
        row_scores=row_scores.tolist(),
        column_scores=columns.scores.tolist(),
    )
    return test, _warning(test)


def _warning(test: CmhTest) -> str:
    if not test.n:
        return "no records with all values"
    if test.statistic is None:
        return "no stratum has two groups and two different values"
    if test.df < test.df_whole:
        return f"the strata do not connect all groups and levels: {test.df} degrees of freedom, not {test.df_whole}"
    return ""


def _uncounted(
    request: Request, options: CmhOptions, cell: Cell, rows: Integers, columns: Integers, strata: Integers
) -> str:
    """Who is in no cell of the table, and subjects that are in several."""
    grouped = rows >= 0
    without_stratum = int((grouped & (columns >= 0) & (strata < 0)).sum())
    told = [(f"{'subjects' if options.event else 'records'} without a stratum", without_stratum)]
    if options.event is None:
        told.append(("records without a value", int((grouped & (columns < 0)).sum())))
    elif (subjects := request.compared.subjects) is not None:
        expected = cell.subjects & np.logical_or.reduce(subjects)
        expected[request.subject_index[cell.records]] = False
        told.append(("subjects of the analysis set without a record", int(expected.sum())))
    texts = [f"{what}, left out: {count}" for what, count in told if count]
    used = request.subject_index[grouped & (columns >= 0) & (strata >= 0)]
    several = len(used) - len(np.unique(used))
    if several:
        texts.append(f"subjects have several records, each of which counts: {several} records beyond the first")
    return "; ".join(texts)
