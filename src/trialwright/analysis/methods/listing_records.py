"""The records of a listing with everything it shows of them: joined variables, flags, words, computed texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import polars as pl

from trialwright.analysis.methods.listing_options import PLACE, JoinOptions, ListingOptions
from trialwright.analysis.request import SUBJECT, Request, level_texts, number_text
from trialwright.conditions import parse_condition
from trialwright.errors import DataError, MissingDatasetError, PlanError

_SUPPLEMENTAL = re.compile(r"SUPP([A-Z]{2,4})")
_KEY = "__key{}"
#: Length of `yyyy-mm-dd`.
_DATE = 10


def with_computed(request: Request, options: ListingOptions) -> Request:
    """`request` with the joined and computed variables of `options` beside those of its records.

    Order of the records and their number stay. Raises `PlanError` where a new variable has the name of one that is
    there, `DataError` where a joined dataset has several records for one.
    """
    for join in options.join:
        _refuse_known(request, join.variables)
        request = replace(request, frame=_joined(request, join))
    _refuse_known(request, [*options.flags, *options.texts])
    flags = {name: request.categories(words) for name, words in options.flags.items()}
    request = _with_columns(request, flags)
    request = _with_columns(request, {name: _in_words(request, name, words) for name, words in options.labels.items()})
    for name, text in options.texts.items():
        request = _with_columns(request, {name: _texts(request, text)})
    return request


def _refuse_known(request: Request, names: Sequence[str]) -> None:
    for name in names:
        if name in request.frame.columns:
            raise PlanError(
                f"{request.user} makes a variable {name}, but {request.dataset.name} has one of that name: "
                "give it another name."
            )


def _with_columns(request: Request, columns: dict[str, list[str | None]]) -> Request:
    made = [pl.Series(name, values, dtype=pl.String) for name, values in columns.items()]
    return replace(request, frame=request.frame.with_columns(made)) if made else request


def _in_words(request: Request, name: str, words: dict[str, str]) -> list[str | None]:
    return [None if text is None else words.get(text, text) for text in request.texts(name)]


# --- other datasets ---


def _joined(request: Request, join: JoinOptions) -> pl.DataFrame:
    other = request.datasets.get(join.dataset)
    if other is None:
        raise MissingDatasetError(dataset=join.dataset, needed_by=request.user, present=request.datasets)
    if _SUPPLEMENTAL.fullmatch(join.dataset):
        return _supplemented(request, join)
    other.require([*join.on, *join.variables], needed_by=request.user)
    names = {_KEY.format(number): name for number, name in enumerate(join.on)}
    keys = list(names)
    left = request.frame.with_columns(
        pl.Series(key, request.texts(name), dtype=pl.String) for key, name in names.items()
    )
    condition = parse_condition(join.where).to_expr(other.frame.schema, dataset=join.dataset, needed_by=request.user)
    frame = other.frame.filter(condition)
    right = frame.select(
        *(pl.Series(key, level_texts(frame[name]), dtype=pl.String) for key, name in names.items()),
        *(pl.col(name) for name in join.variables),
    )
    doubled = right.filter(pl.struct(keys).is_duplicated())
    if doubled.height:
        where = ", ".join(f"{name}={value}" for name, value in zip(join.on, doubled.select(keys).row(0), strict=True))
        raise DataError(
            f"{request.user} joins {join.dataset} by {', '.join(join.on)}, but it has several records with {where}. "
            "Name more variables under 'on', or join another dataset."
        )
    return left.join(right, on=keys, how="left", maintain_order="left").drop(keys)


def _supplemented(request: Request, join: JoinOptions) -> pl.DataFrame:
    """With QNAMs of a supplemental dataset: its records are the parent's by IDVAR and IDVARVAL, or the subject's."""
    other = request.datasets[join.dataset]
    other.require([SUBJECT, "IDVAR", "IDVARVAL", "QNAM", "QVAL"], needed_by=request.user)
    known = set(other.frame["QNAM"].drop_nulls().to_list())
    for name in join.variables:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise PlanError(f"{request.user} asks {join.dataset} for {name}, but its QNAM are: {there}.")
    values: dict[tuple[str, str, str, str], str] = {}
    wanted = other.frame.filter(pl.col("QNAM").is_in(join.variables))
    for subject, variable, value, name, text in wanted.select(SUBJECT, "IDVAR", "IDVARVAL", "QNAM", "QVAL").iter_rows():
        values[subject, variable or "", _as_level(value) if variable else "", name] = text
    identifiers = [name for name in wanted["IDVAR"].drop_nulls().unique().sort().to_list() if name]
    keys = {name: request.texts(name) for name in identifiers}
    subjects = request.frame[SUBJECT].to_list()
    columns: dict[str, list[str | None]] = {}
    for name in join.variables:
        found: list[str | None] = []
        for position, subject in enumerate(subjects):
            text = values.get((subject, "", "", name))
            for identifier, levels in keys.items():
                text = values.get((subject, identifier, levels[position] or "", name), text)
            found.append(text)
        columns[name] = found
    return _with_columns(request, columns).frame


def _as_level(text: str | None) -> str:
    """The value of IDVARVAL as a level is named: `1.0` and ` 1` are `1`."""
    try:
        return number_text(float(text or ""))
    except ValueError:
        return text or ""


# --- computed texts ---


def _texts(request: Request, template: str) -> list[str | None]:
    words: list[str] = []
    shown: list[list[str]] = []
    end = 0
    for found in PLACE.finditer(template):
        words.append(template[end : found.start()])
        shown.append([_shown(value, found["format"] or "") for value in request.series(found["name"]).to_list()])
        end = found.end()
    words.append(template[end:])
    if not shown:
        return [template] * request.frame.height
    made: list[str | None] = []
    for values in zip(*shown, strict=True):
        pieces = [piece for pair in zip(words, values, strict=False) for piece in pair]
        text = "".join((*pieces, words[-1])).replace("()", "")
        made.append(" ".join(text.split()) if any(values) else None)
    return made


def _shown(value: object, format: str) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(float(value), format)
    text = str(value)
    return text[:_DATE] if format == "date" else text


@lru_cache(maxsize=65536)
def _number(value: float, format: str) -> str:
    """Halves away from zero, as displays round; the number is first taken to 12 significant digits."""
    if format in ("", "date"):
        return number_text(value)
    exact = Decimal(f"{value:.12g}")
    if format.startswith("."):
        rounded = exact.quantize(Decimal(1).scaleb(-int(format[1:])), rounding=ROUND_HALF_UP)
        return str(abs(rounded) if rounded == 0 else rounded)
    places = max(int(format[:-1]) - 1 - exact.adjusted(), 0) if exact else 0
    return number_text(float(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)))
