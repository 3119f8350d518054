"""`event_groups`: subjects and events by groups of terms: adverse events of special interest, standardised queries.

The groups are the plan's `event_groups`, which a user's file may hold: each a list of values of one or several
variables (AEDECOD, AEBODSYS, ...), of which any one makes a record belong. A record may belong to several groups.

Source: Introductory Guide for Standardised MedDRA Queries, MSSO (a query is a set of terms; broad and narrow scope are
two groups).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.fisher import compute_fisher_2x2
from trialwright.analysis.methods.safety.options import EventGroupOptions
from trialwright.analysis.request import SUBJECT, Booleans, Cell, Groups, Request, contrast_level
from trialwright.errors import PlanError
from trialwright.results import Result

#: The variable that results name the group by.
EVENT_GROUP = "EVENTGRP"


def analyze_event_groups(request: Request, options: EventGroupOptions) -> Iterator[Result]:
    """`n`, `N`, `p` and `n_events` of each group, and of each term of the analysed variable inside it.

    Texts are compared without regard to case. A group none of whose terms occurs has zeros.
    """
    variable = request.analysis.variables[0]
    terms = [options.uncoded if text is None else text for text in request.texts(variable)]
    cells = list(request.cells(totals=True))
    for name, belongs in members_of_groups(request, options).items():
        inside: list[str | None] = [None]
        if options.terms:
            inside += sorted({terms[row] for row in np.flatnonzero(belongs).tolist()})
        for term in inside:
            chosen = belongs if term is None else belongs & np.array([text == term for text in terms], dtype=bool)
            counts: dict[Groups, tuple[int, int]] = {}
            for cell in cells:
                owners = request.subject_index[cell.records & chosen]
                n, total = len(np.unique(owners)), int(cell.subjects.sum())
                counts[cell.groups] = n, total
                yield from request.results(
                    {"n": n, "N": total, "p": proportion(n, total), "n_events": len(owners)},
                    groups=(*cell.groups, (EVENT_GROUP, name)),
                    variable=SUBJECT if term is None else variable,
                    level=term,
                    warnings=empty_group(cell),
                )
            yield from _compare(request, options, counts, name, term)


def members_of_groups(request: Request, options: EventGroupOptions) -> Mapping[str, Booleans]:
    """Which records belong to each of the groups that are asked for; raises `PlanError` for one the plan has not."""
    if not request.event_groups:
        raise PlanError(
            f"{request.user} counts groups of terms, and the plan has none. Define them under 'event_groups', or name "
            "a CSV file with the columns GROUP, VARIABLE and TERM among the plan's 'parts'."
        )
    found = {}
    for name in options.groups or request.event_groups:
        if name not in request.event_groups:
            raise PlanError(
                f"{request.user} asks for the event group {name!r}, which the plan does not define. "
                f"There are: {', '.join(request.event_groups)}."
            )
        found[name] = np.logical_or.reduce(
            [_has_one_of(request, variable, values) for variable, values in request.event_groups[name].items()]
        )
    return found


def _has_one_of(request: Request, variable: str, values: Sequence[str]) -> Booleans:
    wanted = {value.casefold() for value in values}
    return np.array([text is not None and text.casefold() in wanted for text in request.texts(variable)], dtype=bool)


def _compare(
    request: Request,
    options: EventGroupOptions,
    counts: Mapping[Groups, tuple[int, int]],
    name: str,
    term: str | None,
) -> Iterator[Result]:
    for first, second in options.fisher:
        for rest in _others(request):
            (first_n, first_total), (second_n, second_total) = (
                counts[(request.compared.variable, level), *rest.groups] for level in (first, second)
            )
            empty = not first_total or not second_total
            yield request.result(
                "p_value",
                None
                if empty
                else compute_fisher_2x2(first_n, first_total - first_n, second_n, second_total - second_n),
                groups=(
                    (request.compared.variable, contrast_level(first, second)),
                    *rest.groups,
                    (EVENT_GROUP, name),
                ),
                variable=SUBJECT if term is None else request.analysis.variables[0],
                level=term,
                warnings="a group has no subjects" if empty else "",
            )


def _others(request: Request) -> Iterator[Cell]:
    return request.cells(totals=True, skip_first=True)


def records_of_groups(request: Request, options: EventGroupOptions) -> Booleans:
    """The records that belong to a group."""
    return np.asarray(np.logical_or.reduce(list(members_of_groups(request, options).values())), dtype=bool)
