"""What the data themselves say of a variable: its type, how long its values are, how many digits they have."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from trialwright.standards.metadata import VariableType

#: More digits after the point than this come of how computers calculate.
MOST_DIGITS = 8
#: How near a rounded number must be to be the number; relative above 1.
_NEARNESS = 1e-9

_DATE = r"\d{4}-\d{2}-\d{2}"
_PARTIAL_DATE = r"(?:\d{4}|-)(?:-(?:\d{2}|-)(?:-\d{2})?)?"
_DATE_TIME = _DATE + r"T\d{2}:\d{2}(?::\d{2})?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the values of a variable are.

    type                text, integer, float or a type of ISO 8601 texts; SAS dates and times are integers
    length              bytes of the longest text; digits of the longest number, with its point
    significant_digits  digits after the point that tell all values apart; None of what is no float
    display_format      SAS format of a date or time
    has_data            whether any value is there
    """

    type: VariableType
    length: int | None
    significant_digits: int | None = None
    display_format: str = ""
    has_data: bool = True


def observe(values: pl.Series) -> Observed:
    """What `values` are; missing ones say nothing.

    Texts of SDTM date variables (`--DTC`, `--DUR`, by the name of the series) have the types of ISO 8601 that
    Define-XML names, which have no length.
    """
    kept = values.drop_nulls()
    if values.dtype == pl.Date:
        return Observed(type="integer", length=5, display_format="DATE9.", has_data=len(kept) > 0)
    if isinstance(values.dtype, pl.Datetime):
        return Observed(type="integer", length=10, display_format="DATETIME20.", has_data=len(kept) > 0)
    if isinstance(values.dtype, pl.Time):
        return Observed(type="integer", length=5, display_format="TIME8.", has_data=len(kept) > 0)
    if values.dtype.is_numeric():
        return _observe_numbers(kept.cast(pl.Float64))
    return _observe_texts(kept.cast(pl.String), values.name)


def _observe_numbers(values: pl.Series) -> Observed:
    numbers = values.filter(values.is_finite()).unique()
    if numbers.is_empty():
        return Observed(type="integer", length=1, has_data=False)
    before = max(len(str(int(abs(float(number))))) for number in (_smallest(numbers), _largest(numbers)))
    digits = _digits(numbers)
    if digits == 0:
        return Observed(type="integer", length=before)
    return Observed(type="float", length=before + 1 + digits, significant_digits=digits)


def _smallest(numbers: pl.Series) -> float:
    value = numbers.min()
    assert isinstance(value, float)
    return value


def _largest(numbers: pl.Series) -> float:
    value = numbers.max()
    assert isinstance(value, float)
    return value


def _digits(numbers: pl.Series) -> int:
    bound = numbers.abs().clip(1.0) * _NEARNESS
    for digits in range(MOST_DIGITS):
        if ((numbers.round(digits) - numbers).abs() <= bound).all():
            return digits
    return MOST_DIGITS


def _observe_texts(values: pl.Series, name: str) -> Observed:
    texts = values.filter(values != "").unique()
    if texts.is_empty():
        return Observed(type="text", length=1, has_data=False)
    if name.endswith("DTC"):
        kind = _type_of_dates(texts)
        if kind is not None:
            return Observed(type=kind, length=None)
    if name.endswith("DUR") and _all_match(texts, r"-?P[0-9.YMWDTHS]+"):
        return Observed(type="durationDatetime", length=None)
    longest = texts.str.len_bytes().max()
    assert isinstance(longest, int)
    return Observed(type="text", length=longest)


def _type_of_dates(texts: pl.Series) -> VariableType | None:
    kinds: tuple[tuple[VariableType, str], ...] = (
        ("date", _DATE),
        ("datetime", _DATE_TIME),
        ("partialDate", _PARTIAL_DATE),
        ("incompleteDatetime", rf"{_PARTIAL_DATE}(?:T[0-9:-]+)?"),
    )
    return next((kind for kind, pattern in kinds if _all_match(texts, pattern)), None)


def _all_match(texts: pl.Series, pattern: str) -> bool:
    return bool(texts.str.contains(f"^(?:{pattern})$").all())


def is_flag(name: str) -> bool:
    """Whether a variable of this name is a flag by the naming of ADaM and SDTM (`SAFFL`, `ITTRFL`, `AESER` is none)."""
    return re.fullmatch(r"[A-Z][A-Z0-9]*F[LN]", name) is not None and len(name) > 2
