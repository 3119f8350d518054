"""What every step asks of records: those under a condition, their order, their variables, and other frames."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.conditions import parse_condition
from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.expressions import Expression, parse_expression
from trialwright.derivation.engine.lineage import BASELINE_LINEAGE, LINEAGE
from trialwright.errors import MissingVariableError


def matching(frame: pl.DataFrame, where: str, context: Context, dataset: str = "") -> pl.Expr:
    """A mask of the records of `frame` that fulfil `where`; `dataset` is whose they are (default: what is made)."""
    return parse_condition(where).to_expr(_schema(frame), dataset=dataset or context.making, needed_by=context.at_work)


def _schema(frame: pl.DataFrame) -> dict[str, pl.DataType]:
    """The variables of `frame` that a specification may name."""
    return {name: dtype for name, dtype in frame.schema.items() if name not in (LINEAGE, BASELINE_LINEAGE)}


def ordered(frame: pl.DataFrame, order: Sequence[str], context: Context) -> pl.DataFrame:
    """`frame` sorted: `-NAME` largest first, missing values first, ties as they were."""
    if not order:
        return frame
    names = [name.removeprefix("-") for name in order]
    need(frame, names, context)
    descending = [name.startswith("-") for name in order]
    return frame.sort(names, descending=descending, nulls_last=descending, maintain_order=True)


def need(frame: pl.DataFrame, names: Sequence[str], context: Context, dataset: str = "") -> None:
    """Raise `MissingVariableError` for the first of `names` that is not there."""
    for name in names:
        if name not in frame.columns:
            raise MissingVariableError(
                dataset=dataset or context.making,
                variable=name,
                needed_by=context.at_work,
                present=[column for column in frame.columns if not column.startswith("_")],
            )


def compiled(expression: str, frame: pl.DataFrame, context: Context, *, aggregates: bool = False) -> pl.Expr:
    """The expression for the records of `frame`."""
    parsed: Expression = parse_expression(expression)
    return parsed.to_expr(
        _schema(frame), dataset=context.making, needed_by=context.at_work, allows_aggregates=aggregates
    )


def source_frame(context: Context, name: str, *, supp: bool = False, optional: bool = False) -> pl.DataFrame | None:
    """The other frame of a join: known subjects only; None if it is optional and not there."""
    if optional and not context.has(name):
        return None
    frame = context.domain_with_supplement(name) if supp else context.frame(name)
    return frame.filter("_is_known").drop("_is_known") if "_is_known" in frame.columns else frame
