"""Strata: the combinations of the values of variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialwright.analysis.request import Integers, Request


def stratum_codes(columns: Sequence[Sequence[str | None]], size: int) -> Integers:
    """A number for each combination of values, from 0 in order of appearance; -1 where one is missing.

    Without columns everything is in stratum 0.
    """
    numbers: dict[tuple[str | None, ...], int] = {}
    codes = np.zeros(size, dtype=np.int64)
    if columns:
        for row, key in enumerate(zip(*columns, strict=True)):
            codes[row] = -1 if None in key else numbers.setdefault(key, len(numbers))
    return codes


def record_strata(request: Request, variables: Sequence[str]) -> Integers:
    """The stratum of each record."""
    return stratum_codes([request.texts(variable) for variable in variables], request.frame.height)
