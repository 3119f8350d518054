"""`listing`: the records themselves, each value a result."""

from __future__ import annotations

from collections.abc import Iterator

from trialwright.analysis.methods.options import ListingOptions
from trialwright.analysis.request import SUBJECT, Groups, Request
from trialwright.errors import MissingVariableError
from trialwright.results import Result

#: The second group of a listing's results: the number of the record within its subject, from 1.
ROW = "row"


def analyze_listing(request: Request, options: ListingOptions) -> Iterator[Result]:
    """`value` of each variable of each record, subjects in order of USUBJID.

    Numbers are statistics; texts and dates (yyyy-mm-dd) are texts; a missing value is an empty text.
    """
    columns = {variable: request.series(variable).to_list() for variable in request.analysis.variables}
    for groups, position in listed_records(request, options):
        for variable, values in columns.items():
            yield request.result("value", _shown(values[position]), groups=groups, variable=variable)


def listed_records(request: Request, options: ListingOptions) -> Iterator[tuple[Groups, int]]:
    """The groups and the position of each record, in the listing's order."""
    frame = request.frame.with_row_index("__position")
    for name in options.sort:
        if name not in frame.columns:
            raise MissingVariableError(
                dataset=request.dataset.name, variable=name, needed_by=request.user, present=request.frame.columns
            )
    ordered = frame.sort([SUBJECT, *options.sort], maintain_order=True, nulls_last=True)
    numbers: dict[str, int] = {}
    for subject, position in ordered.select(SUBJECT, "__position").iter_rows():
        numbers[subject] = numbers.get(subject, 0) + 1
        yield ((SUBJECT, subject), (ROW, str(numbers[subject]))), position


def _shown(value: object) -> float | str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "" if value != value else float(value)
    return str(value)
