"""The steps that every derivation is built of: records are taken, joined, summarized, computed, picked, flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.engine.expressions import parse_expression
from trialwright.derivation.engine.lineage import (
    BASELINE_LINEAGE,
    LINEAGE,
    merged_lineage,
    traced,
    union_lineage,
    united,
)
from trialwright.derivation.steps.options import (
    AggregateOptions,
    Case,
    ComputeOptions,
    ExistsOptions,
    FilterOptions,
    FlagOptions,
    FrameOptions,
    JoinOptions,
    LookupOptions,
    NumberOptions,
    PickOptions,
    RecordsOptions,
    RenameOptions,
    SortOptions,
    StackOptions,
    SummarizeOptions,
    TableOptions,
)
from trialwright.derivation.steps.records import compiled, matching, need, ordered, source_frame
from trialwright.errors import DataError, PlanError
from trialwright.findings import Finding, Rule, Severity

AMBIGUOUS_JOIN = Rule(
    id="derive.ambiguous-join",
    title="A join finds at most one record for each key.",
    source="ADaMIG 1.3: each analysis variable has one value in a record",
    severity=Severity.WARNING,
)


def run_records(records: pl.DataFrame, options: RecordsOptions, context: Context) -> pl.DataFrame:
    """The records of the domain."""
    absent = [(name, pl.String) for name in options.texts] + [(name, pl.Float64) for name in options.numbers]
    frame = source_frame(context, options.domain, supp=options.supp, optional=options.optional)
    if frame is None:
        return pl.DataFrame(schema={"USUBJID": pl.String, **dict(absent), LINEAGE: pl.List(pl.UInt32)})
    frame = frame.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent if name not in frame.columns
    )
    context.offer(options.domain, frame)
    return frame.filter(matching(frame, options.where, context, options.domain)) if options.where else frame


def run_frame(records: pl.DataFrame, options: FrameOptions, context: Context) -> pl.DataFrame:
    """The records of the frame or dataset."""
    frame = source_frame(context, options.name)
    assert frame is not None
    context.offer(options.name, frame)
    return frame.filter(matching(frame, options.where, context, options.name)) if options.where else frame


def run_join(records: pl.DataFrame, options: JoinOptions, context: Context) -> pl.DataFrame:
    """`records` with the variables taken."""
    pairs = [(item, item) if isinstance(item, str) else next(iter(item.items())) for item in options.by]
    here, there = [one for one, _ in pairs], [other for _, other in pairs]
    need(records, here, context)
    other = source_frame(context, options.source, supp=options.supp, optional=options.optional)
    if other is None:
        return records.with_columns(pl.lit(None).alias(name) for name in options.take)
    if options.where:
        other = other.filter(matching(other, options.where, context, options.source))
    need(other, there, context, options.source)
    other = ordered(other, options.order, context)
    if options.pick is None:
        _report_ambiguity(other, there, options.source, context)
    other = other.unique(there, keep=options.pick or "first", maintain_order=True)
    taken = other.select(
        *(pl.col(name).alias(f"_key{position}") for position, name in enumerate(there)),
        *(compiled(text, other, context).alias(name) for name, text in options.take.items()),
        *([] if context.is_dataset(options.source) else [pl.col(name) for name in traced(other.columns)]),
    )
    keys = [f"_key{position}" for position in range(len(there))]
    return _joined(records, taken, here, keys, list(options.take))


def _report_ambiguity(other: pl.DataFrame, by: Sequence[str], source: str, context: Context) -> None:
    repeated = other.filter(~pl.struct(by).is_first_distinct())
    for row in repeated.select(by).unique(maintain_order=True).iter_rows(named=True):
        key = ", ".join(f"{name} {value}" for name, value in row.items())
        context.report(
            Finding.of(
                AMBIGUOUS_JOIN,
                where=f"{source}, {key}",
                message=f"{context.at_work} finds more than one record; the first one is used.",
                remedy="Say with `order` and `pick` which one is meant, or narrow it with `where`.",
            )
        )


def _joined(
    records: pl.DataFrame, taken: pl.DataFrame, here: Sequence[str], keys: Sequence[str], names: Sequence[str]
) -> pl.DataFrame:
    """`records` with the columns `names` of `taken`, in place of those that they have; lineage united."""
    kept = records.drop([name for name in names if name in records.columns and name not in here])
    joined = kept.join(
        taken, left_on=list(here), right_on=list(keys), how="left", maintain_order="left", suffix="_taken"
    )
    lineage = f"{LINEAGE}_taken"
    if lineage in joined.columns:
        joined = joined.with_columns(merged_lineage(LINEAGE, lineage).alias(LINEAGE)).drop(lineage)
    return joined


def run_summarize(records: pl.DataFrame, options: SummarizeOptions, context: Context) -> pl.DataFrame:
    """`records` with the values that the other's records make together."""
    need(records, options.by, context)
    other = source_frame(context, options.source, supp=options.supp, optional=options.optional)
    if other is None:
        return records.with_columns(pl.lit(None).alias(name) for name in options.take)
    need(other, options.by, context, options.source)
    # The records that gain the value have their own baseline, if any.
    made = _aggregated(other, options.by, options.where, options.order, options.take, context)
    made = made.drop(BASELINE_LINEAGE, strict=False)
    if context.is_dataset(options.source):
        made = context.without_lineage(made)
    keys = [f"_key{position}" for position in range(len(options.by))]
    return _joined(records, made.rename(dict(zip(options.by, keys, strict=True))), options.by, keys, list(options.take))


def _aggregated(
    frame: pl.DataFrame,
    by: Sequence[str],
    where: str,
    order: Sequence[str],
    take: Mapping[str, str],
    context: Context,
) -> pl.DataFrame:
    chosen = frame.filter(matching(frame, where, context)) if where else frame
    chosen = ordered(chosen, order, context)
    values = [compiled(text, chosen, context, aggregates=True).alias(name) for name, text in take.items()]
    for name, text in take.items():
        if not parse_expression(text).is_aggregate:
            raise PlanError(
                f"{context.at_work}: {name} = {text!r} is no value of several records. "
                "Use first, last, min, max, sum, mean, median, count or n_unique."
            )
    return chosen.group_by(by, maintain_order=True).agg(*values, *united(chosen.columns))


def run_aggregate(records: pl.DataFrame, options: AggregateOptions, context: Context) -> pl.DataFrame:
    """One record for each `by`."""
    need(records, options.by, context)
    return _aggregated(records, options.by, options.where, options.order, options.take, context)


def run_exists(records: pl.DataFrame, options: ExistsOptions, context: Context) -> pl.DataFrame:
    """`records` with the flag."""
    need(records, options.by, context)
    no = pl.lit(options.no, dtype=pl.String)
    other = source_frame(context, options.source, supp=options.supp, optional=options.optional)
    if other is None:
        return records.with_columns(no.alias(options.variable))
    if options.where:
        other = other.filter(matching(other, options.where, context, options.source))
    need(other, options.by, context, options.source)
    found = other.group_by(options.by, maintain_order=True).agg(
        pl.lit(options.yes).first().alias(options.variable),
        *([] if context.is_dataset(options.source) or LINEAGE not in other.columns else [union_lineage()]),
    )
    keys = [f"_key{position}" for position in range(len(options.by))]
    taken = found.rename(dict(zip(options.by, keys, strict=True)))
    return _joined(records, taken, options.by, keys, [options.variable]).with_columns(
        pl.coalesce(options.variable, no).alias(options.variable)
    )


def run_compute(records: pl.DataFrame, options: ComputeOptions, context: Context) -> pl.DataFrame:
    """`records` with the variables computed."""
    for name, value in options.values.items():
        cases = [Case(value=value)] if isinstance(value, str) else value
        expression = _of_cases(cases, records, context)
        if options.where:
            before = pl.col(name) if name in records.columns else pl.lit(None)
            expression = pl.when(matching(records, options.where, context)).then(expression).otherwise(before)
        records = records.with_columns(expression.alias(name))
    return records


def _of_cases(cases: Sequence[Case], records: pl.DataFrame, context: Context) -> pl.Expr:
    branches: Any = None
    for case in cases:
        then = compiled(case.value, records, context)
        if not case.when:
            return then if branches is None else branches.otherwise(then)
        mask = matching(records, case.when, context)
        branches = pl.when(mask).then(then) if branches is None else branches.when(mask).then(then)
    return branches if branches is not None else pl.lit(None)


def run_lookup(records: pl.DataFrame, options: LookupOptions, context: Context) -> pl.DataFrame:
    """`records` with the variable."""
    need(records, [options.of], context)
    dtype = _common_type([*options.values.values(), options.default])
    keys: list[str] | list[float] = list(options.values)
    column = pl.col(options.of)
    if records.schema[options.of].is_numeric():
        try:
            keys = [float(key) for key in options.values]
        except ValueError:
            raise DataError(
                f"{context.at_work}: {options.of} is a number, and {', '.join(options.values)} are not all numbers."
            ) from None
        column = column.cast(pl.Float64)
    values = [_plain(value, dtype) for value in options.values.values()]
    default = pl.lit(_plain(options.default, dtype), dtype=dtype)
    return records.with_columns(
        column.replace_strict(keys, values, default=default, return_dtype=dtype).alias(options.variable)
    )


def _common_type(values: Sequence[object]) -> type[pl.String] | type[pl.Float64]:
    numbers = [value for value in values if isinstance(value, int | float)]
    return pl.Float64 if numbers and len(numbers) == sum(value is not None for value in values) else pl.String


def _plain(value: object, dtype: type[pl.DataType]) -> object:
    if value is None:
        return None
    if dtype == pl.Float64:
        return float(str(value))
    return getattr(value, "text", str(value))


def run_table(records: pl.DataFrame, options: TableOptions, context: Context) -> pl.DataFrame:
    """`records` with the table's variables."""
    need(records, options.by, context)
    names = list(dict.fromkeys(name for row in options.rows for name in row))
    columns = []
    for name in names:
        cells = [row.get(name) for row in options.rows]
        if name in options.by:
            dtype: Any = records.schema[name]
            kind: type[pl.DataType] = pl.Float64 if dtype.is_numeric() else pl.String
        else:
            dtype = kind = _common_type(cells)
        columns.append(pl.Series(name, [_plain(cell, kind) for cell in cells]).cast(dtype))
    table = pl.DataFrame(columns)
    need(table, options.by, context, "the table")
    if table.select(options.by).is_duplicated().any():
        raise PlanError(f"{context.at_work}: two rows of the table have the same {', '.join(options.by)}.")
    kept = records.drop([name for name in names if name in records.columns and name not in options.by])
    how: Literal["inner", "left"] = "inner" if options.others == "drop" else "left"
    return kept.join(table, on=options.by, how=how, maintain_order="left", nulls_equal=True)


def run_filter(records: pl.DataFrame, options: FilterOptions, context: Context) -> pl.DataFrame:
    """The records that fulfil the condition."""
    return records.filter(matching(records, options.where, context))


def run_sort(records: pl.DataFrame, options: SortOptions, context: Context) -> pl.DataFrame:
    """The records in order."""
    return ordered(records, options.order, context)


def run_pick(records: pl.DataFrame, options: PickOptions, context: Context) -> pl.DataFrame:
    """One record of each `by`."""
    need(records, options.by, context)
    chosen = records.filter(matching(records, options.where, context)) if options.where else records
    return ordered(chosen, options.order, context).unique(options.by, keep=options.keep, maintain_order=True)


def run_flag(records: pl.DataFrame, options: FlagOptions, context: Context) -> pl.DataFrame:
    """`records` with the flag."""
    need(records, options.by, context)
    numbered = records.drop(options.name, strict=False).with_row_index("_row")
    among = numbered.filter(matching(records, options.where, context)) if options.where else numbered
    chosen = (
        ordered(among, options.order, context)
        .unique(options.by, keep=options.keep, maintain_order=True)
        .select("_row", pl.lit(options.value).alias(options.name))
    )
    flagged = numbered.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")
    return flagged if options.no is None else flagged.with_columns(pl.col(options.name).fill_null(options.no))


def run_stack(records: pl.DataFrame, options: StackOptions, context: Context) -> pl.DataFrame:
    """The frames' records, behind the records that there are."""
    frames = [frame for name in options.frames if (frame := source_frame(context, name)) is not None]
    return pl.concat([*([records] if records.width else []), *frames], how="diagonal_relaxed")


def run_rename(records: pl.DataFrame, options: RenameOptions, context: Context) -> pl.DataFrame:
    """`records` with new names."""
    need(records, list(options.names), context)
    return records.drop([new for new in options.names.values() if new in records.columns]).rename(options.names)


def run_number(records: pl.DataFrame, options: NumberOptions, context: Context) -> pl.DataFrame:
    """`records` with their number, in their own order."""
    need(records, options.by, context)
    numbered = ordered(records.drop(options.name, strict=False).with_row_index("_row"), options.order, context)
    return (
        numbered.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(options.by).alias(options.name))
        .sort("_row")
        .drop("_row")
    )


STEPS: dict[str, Step] = {
    "records": Step(RecordsOptions, run_records, whole="domain"),
    "frame": Step(FrameOptions, run_frame, whole="name"),
    "join": Step(JoinOptions, run_join),
    "summarize": Step(SummarizeOptions, run_summarize),
    "aggregate": Step(AggregateOptions, run_aggregate),
    "exists": Step(ExistsOptions, run_exists),
    "compute": Step(ComputeOptions, run_compute, whole="values"),
    "lookup": Step(LookupOptions, run_lookup),
    "table": Step(TableOptions, run_table),
    "filter": Step(FilterOptions, run_filter, whole="where"),
    "sort": Step(SortOptions, run_sort, whole="order"),
    "pick": Step(PickOptions, run_pick),
    "flag": Step(FlagOptions, run_flag),
    "stack": Step(StackOptions, run_stack, whole="frames"),
    "rename": Step(RenameOptions, run_rename, whole="names"),
    "number": Step(NumberOptions, run_number),
}
