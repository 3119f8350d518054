"""Source records for a derivation: the domain's variables that it reads, checked once and of known type."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.errors import MissingDatasetError, VariableTypeError
from trialwright.standards import Domains


def source_records(
    domains: Domains,
    domain: str,
    *,
    needed_by: str,
    texts: Sequence[str] = (),
    numbers: Sequence[str] = (),
    optional_texts: Sequence[str] = (),
    optional_numbers: Sequence[str] = (),
) -> pl.DataFrame:
    """The records of `domain` with exactly these variables, texts as `String` and numbers as `Float64`.

    An empty text becomes missing. An optional variable that the domain lacks is missing in every record. Raises
    `MissingDatasetError`, `MissingVariableError`, and `VariableTypeError` where a text stands for a number or the
    other way round.
    """
    if domain not in domains:
        raise MissingDatasetError(dataset=domain, needed_by=needed_by, present=domains)
    dataset = domains[domain]
    dataset.require([*texts, *numbers], needed_by=needed_by)
    schema = dataset.frame.schema
    columns = []
    for name in (*texts, *optional_texts):
        if name not in schema or schema[name] == pl.Null:
            columns.append(pl.lit(None, dtype=pl.String).alias(name))
            continue
        if schema[name] != pl.String:
            raise _wrong_type(domain, name, needed_by, expected="character", actual=schema[name])
        columns.append(pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name).str.strip_chars()).alias(name))
    for name in (*numbers, *optional_numbers):
        if name not in schema or schema[name] == pl.Null:
            columns.append(pl.lit(None, dtype=pl.Float64).alias(name))
            continue
        if not schema[name].is_numeric():
            raise _wrong_type(domain, name, needed_by, expected="numeric", actual=schema[name])
        columns.append(pl.col(name).cast(pl.Float64))
    return dataset.frame.select(columns)


def _wrong_type(domain: str, name: str, needed_by: str, *, expected: str, actual: pl.DataType) -> VariableTypeError:
    return VariableTypeError(
        dataset=domain, variable=name, needed_by=needed_by, expected=expected, actual=f"of type {actual}"
    )
