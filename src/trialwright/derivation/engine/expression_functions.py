"""The functions of the language of expressions, with what they take and give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trialwright.derivation.functions.partial_dates import complete_date, earliest_date, latest_date
from trialwright.derivation.functions.study_days import study_day_of

#: A value that lies below a half by less than this share is rounded as a half: 0.285 is stored as 0.28499999999999998.
_ROUNDING_TOLERANCE = 2.0**-48


@dataclass(frozen=True, slots=True)
class Typed:
    """A polars expression with the kind of its values: text, number, date, or any (missing)."""

    expr: pl.Expr
    kind: str


def kind_of(dtype: pl.DataType) -> str:
    """The kind of a column's values."""
    if dtype.is_numeric():
        return "number"
    if isinstance(dtype, pl.Date):
        return "date"
    return "any" if isinstance(dtype, pl.Null) else "text" if isinstance(dtype, pl.String) else str(dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the language.

    form        how it is written, for people
    kinds       of its arguments; the last one repeats up to `most` arguments
    is_uniform  whether the arguments of kind "any" must be of one kind
    """

    form: str
    says: str
    kinds: tuple[str, ...]
    least: int
    most: int
    build: Callable[[Sequence[Typed]], Typed]
    is_uniform: bool = False

    def takes(self, number: int) -> bool:
        """Whether it takes so many arguments."""
        return self.least <= number <= self.most

    def kinds_of(self, number: int) -> tuple[str, ...]:
        """The kinds of so many arguments."""
        return tuple(self.kinds[min(position, len(self.kinds) - 1)] for position in range(number))


_MANY = 50


def _one(form: str, says: str, takes: str, gives: str, compute: Callable[[pl.Expr], pl.Expr]) -> Function:
    return Function(
        form=form,
        says=says,
        kinds=(takes,),
        least=1,
        most=1,
        build=lambda arguments: Typed(compute(arguments[0].expr), arguments[0].kind if gives == "same" else gives),
    )


def _many(form: str, says: str, takes: str, gives: str, compute: Callable[[list[pl.Expr]], pl.Expr]) -> Function:
    return Function(
        form=form,
        says=says,
        kinds=(takes,),
        least=1,
        most=_MANY,
        is_uniform=True,
        build=lambda arguments: Typed(
            compute([argument.expr for argument in arguments]),
            next((argument.kind for argument in arguments if argument.kind != "any"), "any")
            if gives == "same"
            else gives,
        ),
    )


def _literal_number(argument: Typed) -> int:
    return int(pl.select(argument.expr).item())


def round_half_away(value: pl.Expr, digits: int = 0) -> pl.Expr:
    """`value` rounded to so many digits after the point, halves away from zero, as SAS's ROUND does.

    A value that is a half but for its binary representation is taken for one.
    """
    scale = 10.0**digits
    scaled = value.cast(pl.Float64).abs() * scale
    # Of large numbers the share would be more than a unit; those above 2**52 are whole.
    tolerance = pl.min_horizontal(scaled * _ROUNDING_TOLERANCE, pl.lit(1e-6))
    rounded = (
        value.sign() * pl.when(scaled < 2.0**52).then((scaled + tolerance + 0.5).floor()).otherwise(scaled) / scale
    )
    # polars multiplies by the inverse of a constant, and 33 * 0.1 is 3.3000000000000003: hence the second rounding.
    return rounded.round(digits)


def _round(arguments: Sequence[Typed]) -> Typed:
    digits = _literal_number(arguments[1]) if len(arguments) > 1 else 0
    return Typed(round_half_away(arguments[0].expr, digits), "number")


def _substr(arguments: Sequence[Typed]) -> Typed:
    start = arguments[1].expr.cast(pl.Int64) - 1
    length = arguments[2].expr.cast(pl.Int64) if len(arguments) > 2 else None
    part = arguments[0].expr.str.slice(start, length)
    return Typed(pl.when(part != "").then(part), "text")


def _word(arguments: Sequence[Typed]) -> Typed:
    number = _literal_number(arguments[1])
    separator = arguments[2].expr if len(arguments) > 2 else pl.lit(" ")
    word = arguments[0].expr.str.split(separator).list.get(number - 1 if number > 0 else number, null_on_oob=True)
    return Typed(pl.when(word != "").then(word), "text")


def _replaced(arguments: Sequence[Typed]) -> Typed:
    return Typed(arguments[0].expr.str.replace_all(arguments[1].expr, arguments[2].expr, literal=True), "text")


def _text(arguments: Sequence[Typed]) -> Typed:
    value, kind = arguments[0].expr, arguments[0].kind
    if kind != "number":
        return Typed(value.cast(pl.String), "text")
    number = value.cast(pl.Float64)
    whole = pl.when(number == number.round()).then(number.cast(pl.Int64, strict=False)).cast(pl.String)
    return Typed(pl.coalesce(whole, number.cast(pl.String)), "text")


def _pair(compute: Callable[[pl.Expr, pl.Expr], pl.Expr], gives: str) -> Callable[[Sequence[Typed]], Typed]:
    return lambda arguments: Typed(compute(arguments[0].expr, arguments[1].expr), gives)


def _whole_years(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    before_birthday = (end.dt.month() < start.dt.month()) | (
        (end.dt.month() == start.dt.month()) & (end.dt.day() < start.dt.day())
    )
    return end.dt.year() - start.dt.year() - before_birthday.cast(pl.Int32)


def _positive(compute: Callable[[pl.Expr], pl.Expr], *, or_zero: bool = False) -> Callable[[pl.Expr], pl.Expr]:
    return lambda value: pl.when(value >= 0 if or_zero else value > 0).then(compute(value.cast(pl.Float64)))


#: Functions of the values of one record.
FUNCTIONS: Mapping[str, Function] = {
    "abs": _one("abs(x)", "without its sign", "number", "number", lambda x: x.abs()),
    "floor": _one("floor(x)", "the next whole number below", "number", "number", lambda x: x.floor()),
    "ceil": _one("ceil(x)", "the next whole number above", "number", "number", lambda x: x.ceil()),
    "sqrt": _one("sqrt(x)", "square root", "number", "number", _positive(lambda x: x.sqrt(), or_zero=True)),
    "exp": _one("exp(x)", "e to the power x", "number", "number", lambda x: x.cast(pl.Float64).exp()),
    "log": _one("log(x)", "natural logarithm", "number", "number", _positive(lambda x: x.log())),
    "log10": _one("log10(x)", "logarithm to base 10", "number", "number", _positive(lambda x: x.log10())),
    "round": Function(
        form="round(x) or round(x, digits)",
        says="rounded, halves away from zero",
        kinds=("number",),
        least=1,
        most=2,
        build=_round,
    ),
    "least": _many("least(a, b, ...)", "the smallest that is not missing", "any", "same", pl.min_horizontal),
    "greatest": _many("greatest(a, b, ...)", "the largest that is not missing", "any", "same", pl.max_horizontal),
    "total": _many(
        "total(a, b, ...)",
        "the sum of those that are not missing; missing if all are",
        "number",
        "number",
        lambda values: pl.when(pl.any_horizontal(v.is_not_null() for v in values)).then(pl.sum_horizontal(values)),
    ),
    "average": _many(
        "average(a, b, ...)", "the mean of those that are not missing", "number", "number", pl.mean_horizontal
    ),
    "coalesce": _many("coalesce(a, b, ...)", "the first that is not missing", "any", "same", pl.coalesce),
    "concat": _many(
        "concat(a, b, ...)",
        "texts one behind the other, missing ones left out",
        "text",
        "text",
        lambda texts: pl.concat_str(texts, ignore_nulls=True),
    ),
    "upper": _one("upper(text)", "in capitals", "text", "text", lambda x: x.str.to_uppercase()),
    "lower": _one("lower(text)", "in small letters", "text", "text", lambda x: x.str.to_lowercase()),
    "proper": _one("proper(text)", "each word with a capital", "text", "text", lambda x: x.str.to_titlecase()),
    "trim": _one("trim(text)", "without blanks at its ends", "text", "text", lambda x: x.str.strip_chars()),
    "length": _one("length(text)", "number of characters", "text", "number", lambda x: x.str.len_chars()),
    "substr": Function(
        form="substr(text, start) or substr(text, start, length)",
        says="characters from the one numbered `start`, counted from 1",
        kinds=("text", "number"),
        least=2,
        most=3,
        build=_substr,
    ),
    "word": Function(
        form="word(text, number) or word(text, number, separator)",
        says="the word of this number, counted from 1, from the end if negative",
        kinds=("text", "number", "text"),
        least=2,
        most=3,
        build=_word,
    ),
    "replace": Function(
        form="replace(text, old, new)",
        says="each `old` replaced by `new`",
        kinds=("text",),
        least=3,
        most=3,
        build=_replaced,
    ),
    "text": Function(
        form="text(value)",
        says="as a text; whole numbers without a point",
        kinds=("any",),
        least=1,
        most=1,
        build=_text,
    ),
    "number": _one(
        "number(text)",
        "the number that a text is; missing if it is none",
        "text",
        "number",
        lambda x: x.str.strip_chars().cast(pl.Float64, strict=False).fill_nan(None),
    ),
    "complete_date": Function(
        form="complete_date(DTC)",
        says="the date of an ISO 8601 text that has year, month and day; else missing",
        kinds=("text",),
        least=1,
        most=1,
        build=lambda arguments: Typed(complete_date(arguments[0].expr), "date"),
    ),
    "earliest": Function(
        form="earliest(DTC)",
        says="the first date that a complete or partial ISO 8601 text can mean",
        kinds=("text",),
        least=1,
        most=1,
        build=lambda arguments: Typed(earliest_date(arguments[0].expr), "date"),
    ),
    "latest": Function(
        form="latest(DTC)",
        says="the last date that it can mean",
        kinds=("text",),
        least=1,
        most=1,
        build=lambda arguments: Typed(latest_date(arguments[0].expr), "date"),
    ),
    "year": _one("year(date)", "calendar year", "date", "number", lambda x: x.dt.year()),
    "month": _one("month(date)", "month, 1 to 12", "date", "number", lambda x: x.dt.month()),
    "day": _one("day(date)", "day of the month", "date", "number", lambda x: x.dt.day()),
    "days": Function(
        form="days(start, end)",
        says="days from start to end, both included",
        kinds=("date",),
        least=2,
        most=2,
        build=_pair(lambda start, end: (end - start).dt.total_days() + 1, "number"),
    ),
    "whole_years": Function(
        form="whole_years(start, end)",
        says="completed years from start to end: age at end of somebody born at start",
        kinds=("date",),
        least=2,
        most=2,
        build=_pair(_whole_years, "number"),
    ),
    "study_day": Function(
        form="study_day(date, reference)",
        says="study day, the reference being day 1; there is no day 0",
        kinds=("date",),
        least=2,
        most=2,
        build=_pair(study_day_of, "number"),
    ),
}

#: Functions that make one value of several records.
AGGREGATES: Mapping[str, Function] = {
    "first": _one("first(x)", "of the first record, in the step's order", "any", "same", lambda x: x.first()),
    "last": _one("last(x)", "of the last record", "any", "same", lambda x: x.last()),
    "min": _one("min(x)", "the smallest", "any", "same", lambda x: x.min()),
    "max": _one("max(x)", "the largest", "any", "same", lambda x: x.max()),
    "sum": _one(
        "sum(x)",
        "the sum of those that are not missing; missing if all are",
        "number",
        "number",
        lambda x: pl.when(x.is_not_null().any()).then(x.sum()),
    ),
    "mean": _one("mean(x)", "the mean of those that are not missing", "number", "number", lambda x: x.mean()),
    "median": _one("median(x)", "the median of those that are not missing", "number", "number", lambda x: x.median()),
    "count": Function(
        form="count() or count(x)",
        says="number of records, or of those where x is not missing",
        kinds=("any",),
        least=0,
        most=1,
        build=lambda arguments: Typed((arguments[0].expr.count() if arguments else pl.len()).cast(pl.Int64), "number"),
    ),
    "n_unique": _one(
        "n_unique(x)",
        "number of different values that are not missing",
        "any",
        "number",
        lambda x: x.drop_nulls().n_unique().cast(pl.Int64),
    ),
}


def functions_of_expressions() -> Mapping[str, Function]:
    """All functions by name, those of several records behind those of one."""
    return {**FUNCTIONS, **AGGREGATES}
