"""Values that stand beside each other as records of parameters, one below the other (a Basic Data Structure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter made of a variable.

    value  the numeric variable that becomes AVAL, or the text that becomes AVALC
    """

    code: str
    label: str
    value: str


def derive_parameters(
    records: pl.DataFrame, parameters: Sequence[Parameter], *, keeps_missing: bool = False
) -> pl.DataFrame:
    """For each of `records` one record per parameter: PARAMCD, PARAM, PARAMN (their order) and AVAL or AVALC.

    Records come parameter by parameter. One without a value is left out unless `keeps_missing`.

    Source: ADaMIG 1.3, section 3.3.4 (PARAM, PARAMCD, PARAMN, AVAL, AVALC) and section 4.2.
    """
    made = []
    for number, parameter in enumerate(parameters, start=1):
        is_text = records.schema[parameter.value] == pl.String
        value, no_value = pl.col(parameter.value), pl.lit(None)
        part = records if keeps_missing else records.filter(value.is_not_null())
        made.append(
            part.with_columns(
                PARAMCD=pl.lit(parameter.code),
                PARAM=pl.lit(parameter.label),
                PARAMN=pl.lit(number, dtype=pl.Int64),
                AVAL=(no_value if is_text else value).cast(pl.Float64),
                AVALC=(value if is_text else no_value).cast(pl.String),
            )
        )
    return pl.concat(made)
