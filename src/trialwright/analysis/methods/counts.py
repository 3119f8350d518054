"""`count`: numbers and proportions of subjects or records, by level of a variable or of those that fulfil `where`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.options import CountOptions
from trialwright.analysis.request import SUBJECT, Cell, Request
from trialwright.results import Result


def proportion(count: int, total: int) -> float | None:
    """`count / total`; None of nothing."""
    return count / total if total else None


def empty_group(cell: Cell) -> str:
    """The warning for a group without subjects; empty otherwise."""
    if not cell.groups or cell.subjects.any():
        return ""
    return f"no subjects with {', '.join(f'{variable} = {level}' for variable, level in cell.groups)}"


def level_of_records(request: Request, variable: str, options: CountOptions) -> list[str | None]:
    """The level that each record counts for; None for none."""
    texts = request.categories(options.categories) if options.categories else request.texts(variable)
    if options.missing is not None:
        return [options.missing if text is None else text for text in texts]
    return texts


def analyze_counts(request: Request, options: CountOptions) -> Iterator[Result]:
    """`n`, `N` and `p` of each variable's levels; of the subjects with a record, for the variable USUBJID."""
    for variable in request.analysis.variables:
        if variable == SUBJECT:
            yield from _count_all(request, options)
        else:
            yield from _count_levels(request, variable, options)


def _count_all(request: Request, options: CountOptions) -> Iterator[Result]:
    for cell in request.cells(totals=True):
        chosen = request.subject_index[cell.records]
        n = len(np.unique(chosen)) if options.unit == "subjects" else len(chosen)
        stats: dict[str, float | str | None] = {"n": n}
        if options.unit == "subjects":
            total = int(cell.subjects.sum())
            stats |= {"N": total, "p": proportion(n, total)}
        yield from request.results(stats, groups=cell.groups, variable=SUBJECT, warnings=empty_group(cell))


def _count_levels(request: Request, variable: str, options: CountOptions) -> Iterator[Result]:
    texts = level_of_records(request, variable, options)
    levels = [*options.categories] if options.categories else request.levels(variable, options.levels)
    if options.missing is not None and options.missing not in levels:
        levels.append(options.missing)
    owners = request.subject_index.tolist() if options.unit == "subjects" else list(range(len(texts)))
    for cell in request.cells(totals=True):
        members: dict[str, set[int]] = {level: set() for level in levels}
        with_value: set[int] = set()
        everybody: set[int] = set()
        for row in cell.rows:
            everybody.add(owners[row])
            text = texts[row]
            if text is not None:
                members[text].add(owners[row])
                with_value.add(owners[row])
        if options.denominator == "nonmissing":
            total = len(with_value)
        elif options.unit == "subjects":
            total = int(cell.subjects.sum())
        else:
            total = len(everybody)
        warning = empty_group(cell)
        yield from request.results(
            {"n": len(with_value), "n_missing": len(everybody - with_value), "N": total},
            groups=cell.groups,
            variable=variable,
            warnings=warning,
        )
        for level, holders in members.items():
            yield from request.results(
                {"n": len(holders), "N": total, "p": proportion(len(holders), total)},
                groups=cell.groups,
                variable=variable,
                level=level,
                warnings=warning,
            )
