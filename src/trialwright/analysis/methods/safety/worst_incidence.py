"""`worst_incidence`: subjects by nested terms, each counted once for a term, in the worst severity of its events.

Source: ICH E3, section 12.2.2 (adverse events by severity: a patient with an event more than once is counted at the
maximum intensity).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.safety.options import WorstIncidenceOptions
from trialwright.analysis.request import SUBJECT, Booleans, Cell, Groups, Request
from trialwright.results import Result

#: A term with the one around it, from outer to inner; () for any term at all.
_Path = tuple[str, ...]


def analyze_worst_incidence(request: Request, options: WorstIncidenceOptions) -> Iterator[Result]:
    """`n`, `N` and `p` of any term, each outer term and each term inside, by the worst level; and over all levels.

    The worst level is taken within the term: a subject with mild headache and severe rash is counted as severe among
    those with any event, and as mild among those with headache. A record with another level than those of the option
    is left out, with a warning.
    """
    levels = [*options.levels, *([options.missing] if options.missing is not None else [])]
    rank = {level: number for number, level in enumerate(levels)}
    texts = request.texts(options.worst)
    ranks = [rank.get(options.missing or "" if text is None else text) for text in texts]
    columns = [
        [options.uncoded if text is None else text for text in request.texts(variable)]
        for variable in request.analysis.variables
    ]
    paths: list[_Path] = list(zip(*columns, strict=True))
    known = sorted(
        {path[:depth] for path, found in zip(paths, ranks, strict=True) if found is not None for depth in range(3)}
        | {()}
    )
    others = sum(found is None for found in ranks)
    note = f"records with no or another {options.worst}, left out: {others}" if others else ""
    for cell in request.cells(totals=True):
        worst = _worst(request, cell, paths, ranks)
        total = int(cell.subjects.sum())
        warning = "\n".join(text for text in (empty_group(cell), note) if text)
        for path in known:
            found = list(worst.get(path, {}).values())
            outer, variable, level = _name(request, path)
            counts: list[tuple[Groups, int]] = [((*cell.groups, *outer), len(found))]
            counts += [((*cell.groups, (options.worst, name), *outer), found.count(rank[name])) for name in levels]
            for place, n in counts:
                yield from request.results(
                    {"n": n, "N": total, "p": proportion(n, total)},
                    groups=place,
                    variable=variable,
                    level=level,
                    warnings=warning,
                )


def _worst(request: Request, cell: Cell, paths: list[_Path], ranks: list[int | None]) -> dict[_Path, dict[int, int]]:
    """For each term the worst rank of each subject that has it."""
    worst: dict[_Path, dict[int, int]] = {}
    for row in cell.rows:
        rank, owner = ranks[row], int(request.subject_index[row])
        if rank is None:
            continue
        for depth in range(len(paths[row]) + 1):
            subjects = worst.setdefault(paths[row][:depth], {})
            subjects[owner] = max(subjects.get(owner, rank), rank)
    return worst


def _name(request: Request, path: _Path) -> tuple[Groups, str, str | None]:
    """The outer terms as groups, the variable and the level of a term."""
    variables = request.analysis.variables
    if not path:
        return (), SUBJECT, None
    return tuple(zip(variables, path[:-1], strict=False)), variables[len(path) - 1], path[-1]


def records_with_level(request: Request, options: WorstIncidenceOptions) -> Booleans:
    """The records that have one of the levels."""
    known = {*options.levels, *([None] if options.missing is not None else [])}
    return np.array([text in known for text in request.texts(options.worst)], dtype=bool)
