"""The steps that every derivation is built of: records are taken, joined, summarized, computed, picked, flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import polars as pl
from pydantic import BeforeValidator, Field

from trialwright.conditions import parse_condition
from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.engine.expressions import Expression, parse_expression
from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage, traced, union_lineage
from trialwright.errors import DataError, MissingVariableError, PlanError
from trialwright.findings import Finding, Rule, Severity
from trialwright.marked_yaml import Border, Text

AMBIGUOUS_JOIN = Rule(
    id="derive.ambiguous-join",
    title="A join finds at most one record for each key.",
    source="ADaMIG 1.3: each analysis variable has one value in a record",
    severity=Severity.WARNING,
)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _parsed_condition(text: object) -> object:
    if isinstance(text, str):
        try:
            parse_condition(text)
        except PlanError as error:
            raise ValueError(str(error)) from None
    return text


def _parsed_expression(text: object) -> object:
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = getattr(text, "text", str(text))
    if isinstance(text, str):
        try:
            parse_expression(text)
        except PlanError as error:
            raise ValueError(str(error)) from None
    return text


def _without_names(value: object) -> object:
    """A name, or names and {NAME: expression}s, as one mapping."""
    if isinstance(value, str):
        return {value: value}
    if not isinstance(value, list):
        return value
    taken: dict[object, object] = {}
    for item in value:
        for name, expression in item.items() if isinstance(item, dict) else [(item, item)]:
            if name in taken:
                raise ValueError(f"{name} is taken twice.")
            taken[name] = expression
    return taken


Names: TypeAlias = Annotated[list[str], BeforeValidator(_as_list)]
#: The text of a condition, parsed once to see that it can be.
ConditionText: TypeAlias = Annotated[str, BeforeValidator(_parsed_condition)]
#: The text of an expression.
ExpressionText: TypeAlias = Annotated[str, BeforeValidator(_parsed_expression)]
Taken: TypeAlias = Annotated[dict[str, ExpressionText], BeforeValidator(_without_names)]
Keep: TypeAlias = Literal["first", "last"]


class RecordsOptions(Border):
    """Options of `records`: the records of an SDTM domain, those of subjects whom DM lacks left out.

    where     which of them; may name supplemental qualifiers
    supp      whether supplemental qualifiers become variables
    texts, numbers  variables that a domain need not have; they are missing if it has not
    optional  no records at all if there is no such domain, but the variables in `texts` and `numbers`
    """

    domain: str
    where: ConditionText = ""
    supp: bool = False
    texts: Names = Field(default_factory=list)
    numbers: Names = Field(default_factory=list)
    optional: bool = False


class FrameOptions(Border):
    """Options of `frame`: the records of a frame, or of a dataset made before."""

    name: str
    where: ConditionText = ""


class JoinOptions(Border):
    """Options of `join`: variables of one record of another frame for each record.

    source    (`from`) a domain, a frame, or a dataset made before
    by        the variables that both have; {HERE: THERE} where the names differ
    take      variables, or {NAME: expression over the other frame}
    order     by what the other's records are sorted; -NAME: largest first; missing values come first
    pick      which of several records of a key; not given: there must be one, and a second one is a finding
    supp      whether the supplemental qualifiers of a domain are variables
    optional  missing values if there is no such domain
    """

    source: Annotated[str, Field(alias="from")]
    by: Annotated[list[str | dict[str, str]], BeforeValidator(_as_list)] = Field(default=["USUBJID"])
    where: ConditionText = ""
    order: Names = Field(default_factory=list)
    pick: Keep | None = None
    take: Taken
    supp: bool = False
    optional: bool = False


class SummarizeOptions(Border):
    """Options of `summarize`: as `join`, of values that several records make together (`sum(EXDOSE)`)."""

    source: Annotated[str, Field(alias="from")]
    by: Names = Field(default_factory=lambda: ["USUBJID"])
    where: ConditionText = ""
    order: Names = Field(default_factory=list)
    take: dict[str, ExpressionText]
    supp: bool = False
    optional: bool = False


class AggregateOptions(Border):
    """Options of `aggregate`: the records become one for each `by`, with aggregated values."""

    by: Names
    take: dict[str, ExpressionText]
    where: ConditionText = ""
    order: Names = Field(default_factory=list)


class ExistsOptions(Border):
    """Options of `exists`: `yes` where another frame has a record with the same key, `no` elsewhere."""

    variable: str
    source: Annotated[str, Field(alias="from")]
    by: Names = Field(default_factory=lambda: ["USUBJID"])
    where: ConditionText = ""
    yes: Text = "Y"
    no: Text | None = None
    supp: bool = False
    optional: bool = False


class Case(Border):
    """A value under a condition; without `when` it holds for all that no case before it held for."""

    when: ConditionText = ""
    value: ExpressionText


class ComputeOptions(Border):
    """Options of `compute`: variables in their order; a later one may read an earlier one.

    where  the records that get the value; others keep what they have
    """

    values: dict[str, ExpressionText | list[Case]]
    where: ConditionText = ""


class LookupOptions(Border):
    """Options of `lookup`: `variable` by the value of `of`.

    values  value to value
    default what others get; not given: missing
    """

    variable: str
    of: str
    values: dict[str, str | int | float]
    default: str | int | float | None = None


class TableOptions(Border):
    """Options of `table`: variables by a small table that stands in the specification.

    by      the variables of the table that the records have
    rows    the table
    others  what becomes of records that it does not know; "keep" with missing values, or "drop"
    """

    by: Names
    rows: list[dict[str, str | int | float | None]]
    others: Literal["keep", "drop"] = "keep"


class FilterOptions(Border):
    """Options of `filter`: the records that remain."""

    where: ConditionText


class SortOptions(Border):
    """Options of `sort`: by what; -NAME: largest first; missing values come first, ties stay in order."""

    order: Names


class PickOptions(Border):
    """Options of `pick`: one record of each `by` remains, among those that fulfil `where`; the others go."""

    by: Names
    order: Names
    keep: Keep = "first"
    where: ConditionText = ""


class FlagOptions(Border):
    """Options of `flag`: `value` on one record of each `by`, among those that fulfil `where`.

    order  which is the first; -NAME: largest first; missing values come first, ties go by the records' order
    no     what the other records get
    """

    name: str
    by: Names
    order: Names
    keep: Keep = "first"
    where: ConditionText = ""
    value: Text = "Y"
    no: Text | None = None


class StackOptions(Border):
    """Options of `stack`: the records of several frames, one behind the other; a variable that one lacks is missing."""

    frames: Names


class RenameOptions(Border):
    """Options of `rename`: old name to new."""

    names: dict[str, str]


class NumberOptions(Border):
    """Options of `number`: 1, 2, 3, ... within each `by`, in this order."""

    name: str
    by: Names
    order: Names


# --- what they do -----------------------------------------------------------------------------------------------------


def matching(frame: pl.DataFrame, where: str, context: Context, dataset: str = "the records") -> pl.Expr:
    """A mask of the records of `frame` that fulfil `where`."""
    return parse_condition(where).to_expr(frame.schema, dataset=dataset, needed_by=context.at_work)


def ordered(frame: pl.DataFrame, order: Sequence[str], context: Context) -> pl.DataFrame:
    """`frame` sorted: `-NAME` largest first, missing values first, ties as they were."""
    if not order:
        return frame
    names = [name.removeprefix("-") for name in order]
    need(frame, names, context)
    descending = [name.startswith("-") for name in order]
    return frame.sort(names, descending=descending, nulls_last=descending, maintain_order=True)


def need(frame: pl.DataFrame, names: Sequence[str], context: Context, dataset: str = "the records") -> None:
    """Raise `MissingVariableError` for the first of `names` that is not there."""
    for name in names:
        if name not in frame.columns:
            raise MissingVariableError(
                dataset=dataset,
                variable=name,
                needed_by=context.at_work,
                present=[column for column in frame.columns if not column.startswith("_")],
            )


def compiled(expression: str, frame: pl.DataFrame, context: Context, *, aggregates: bool = False) -> pl.Expr:
    """The expression for the records of `frame`."""
    parsed: Expression = parse_expression(expression)
    return parsed.to_expr(frame.schema, needed_by=context.at_work, allows_aggregates=aggregates)


def source_frame(context: Context, name: str, *, supp: bool = False, optional: bool = False) -> pl.DataFrame | None:
    """The other frame of a join: known subjects only; None if it is optional and not there."""
    if optional and not context.has(name):
        return None
    frame = context.domain_with_supplement(name) if supp else context.frame(name)
    return frame.filter("_is_known").drop("_is_known") if "_is_known" in frame.columns else frame


def run_records(records: pl.DataFrame, options: RecordsOptions, context: Context) -> pl.DataFrame:
    """The records of the domain."""
    absent = [(name, pl.String) for name in options.texts] + [(name, pl.Float64) for name in options.numbers]
    frame = source_frame(context, options.domain, supp=options.supp, optional=options.optional)
    if frame is None:
        return pl.DataFrame(schema={"USUBJID": pl.String, **dict(absent), LINEAGE: pl.List(pl.UInt32)})
    frame = frame.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent if name not in frame.columns
    )
    return frame.filter(matching(frame, options.where, context, options.domain)) if options.where else frame


def run_frame(records: pl.DataFrame, options: FrameOptions, context: Context) -> pl.DataFrame:
    """The records of the frame or dataset."""
    frame = source_frame(context, options.name)
    assert frame is not None
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
    made = _aggregated(other, options.by, options.where, options.order, options.take, context)
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
    return chosen.group_by(by, maintain_order=True).agg(
        *values, *([union_lineage()] if LINEAGE in chosen.columns else [])
    )


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
