"""`incidence`: subjects and events by nested terms, such as system organ class and preferred term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.fisher import compute_fisher_2x2
from trialwright.analysis.methods.options import IncidenceOptions
from trialwright.analysis.request import SUBJECT, Booleans, Cell, Groups, Request, contrast_level
from trialwright.results import Result

#: A term with those around it, from outer to inner; () for any term at all.
Path = tuple[str, ...]


@dataclass
class _Tally:
    subjects: set[int] = field(default_factory=set)
    events: int = 0


def analyze_incidence(request: Request, options: IncidenceOptions) -> Iterator[Result]:
    """`n`, `N`, `p` and `n_events` of any term, of each outer term and of each term inside; Fisher's test on request.

    A subject counts once for each term, however many events there are. A term that occurs anywhere is given for every
    group, with zeros where nobody has it.
    """
    counted = None if options.event is None else np.array(request.holds(options.event), dtype=bool)
    variables = request.analysis.variables
    columns = [
        [options.uncoded if text is None else text for text in request.texts(variable)] for variable in variables
    ]
    paths = list(zip(*columns, strict=True))
    known = sorted({path[:depth] for path in paths for depth in range(len(variables) + 1)} | {()})
    cells = list(request.cells(totals=True))
    tallies = [_tally(request, cell, paths, counted) for cell in cells]
    for cell, tally in zip(cells, tallies, strict=True):
        total = int(cell.subjects.sum())
        warning = empty_group(cell)
        for path in known:
            one = tally.get(path, _Tally())
            groups, variable, level = _name(path, variables, cell.groups)
            yield from request.results(
                {
                    "n": len(one.subjects),
                    "N": total,
                    "p": proportion(len(one.subjects), total),
                    "n_events": one.events,
                },
                groups=groups,
                variable=variable,
                level=level,
                warnings=warning,
            )
    yield from _compare(request, options, cells, tallies, known)


def _tally(request: Request, cell: Cell, paths: list[Path], counted: Booleans | None) -> dict[Path, _Tally]:
    tally: dict[Path, _Tally] = defaultdict(_Tally)
    owners = request.subject_index.tolist()
    depth = len(request.analysis.variables)
    rows = cell.rows if counted is None else np.flatnonzero(cell.records & counted).tolist()
    for row in rows:
        for length in range(depth + 1):
            one = tally[paths[row][:length]]
            one.subjects.add(owners[row])
            one.events += 1
    return tally


def _name(path: Path, variables: tuple[str, ...], groups: Groups) -> tuple[Groups, str, str | None]:
    """Groups, variable and level of a term: outer terms are groups, as in AEBODSYS=.../AEDECOD=..."""
    if not path:
        return groups, SUBJECT, None
    outer = tuple(zip(variables, path[:-1], strict=False))
    return (*groups, *outer), variables[len(path) - 1], path[-1]


def _compare(
    request: Request,
    options: IncidenceOptions,
    cells: list[Cell],
    tallies: list[dict[Path, _Tally]],
    known: list[Path],
) -> Iterator[Result]:
    if not options.fisher:
        return
    by_groups = {cell.groups: (cell, tally) for cell, tally in zip(cells, tallies, strict=True)}
    variable = request.compared.variable
    for first, second in options.fisher:
        for rest in request.cells(totals=True, skip_first=True):
            first_cell, first_tally = by_groups[(variable, first), *rest.groups]
            second_cell, second_tally = by_groups[(variable, second), *rest.groups]
            groups: Groups = ((variable, contrast_level(first, second)), *rest.groups)
            first_total, second_total = int(first_cell.subjects.sum()), int(second_cell.subjects.sum())
            empty = not first_total or not second_total
            for path in known:
                first_n = len(first_tally.get(path, _Tally()).subjects)
                second_n = len(second_tally.get(path, _Tally()).subjects)
                term_groups, term_variable, level = _name(path, request.analysis.variables, groups)
                yield request.result(
                    "p_value",
                    None
                    if empty
                    else compute_fisher_2x2(first_n, first_total - first_n, second_n, second_total - second_n),
                    groups=term_groups,
                    variable=term_variable,
                    level=level,
                    warnings="a group has no subjects" if empty else "",
                )
