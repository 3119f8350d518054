"""Numbers of treatments: TRT01PN beside TRT01P."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl


def compute_treatment_numbers(treatments: Sequence[str]) -> Mapping[str, int]:
    """The number (TRT01PN) of each treatment: its dose in mg, 0 for placebo; if a dose is unclear, 1, 2, ... in order.

    A dose is unclear if a name holds no whole number of mg, or two names hold the same.
    """
    doses: list[int] = []
    for treatment in treatments:
        found = re.search(r"(?<![\d.])(\d+)\s*mg\b", treatment)
        if found is not None:
            doses.append(int(found.group(1)))
        elif treatment.strip().lower() == "placebo":
            doses.append(0)
    if len(doses) == len(treatments) == len(set(doses)):
        return dict(zip(treatments, doses, strict=True))
    return {treatment: number for number, treatment in enumerate(treatments, start=1)}


def derive_treatment_numbers(records: pl.DataFrame, numbers: Mapping[str, str]) -> pl.DataFrame:
    """`records` with a number for each treatment: `{"TRT01PN": "TRT01P", "TRT01AN": "TRT01A"}`.

    A treatment has the same number in all variables; see `compute_treatment_numbers` for which.
    """
    names = pl.concat([records[name].cast(pl.String) for name in numbers.values()]).drop_nulls().unique().sort()
    known = compute_treatment_numbers(names.to_list())
    return records.with_columns(
        pl.col(source).cast(pl.String).replace_strict(known, default=None, return_dtype=pl.Int64).alias(name)
        for name, source in numbers.items()
    )
