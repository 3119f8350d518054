"""What a method takes, as a type: for the reader of plans, known without loading what computes it (numpy, scipy)."""

from __future__ import annotations

from dataclasses import dataclass

from trialwright.analysis.methods.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSpec:
    """What a method takes.

    summary        what it gives, in a few words
    options        the model of its options
    compares       whether it compares the levels of the first grouping (which it then needs)
    max_variables  of one analysis; None for any number
    max_by         number of groupings that it takes
    """

    summary: str
    options: type[Options]
    compares: bool = False
    max_variables: int | None = None
    max_by: int = 4
