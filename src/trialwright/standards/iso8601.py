"""Dates and times in SDTM's character form (--DTC): which are well written, which days exist, how they compare.

SDTM writes dates by ISO 8601, extended format (SDTMIG 3.4, section 4.4.1): `2003-12-15T13:14:17`, shortened from the
right when less is known (`2003-12`, section 4.4.2), a missing part between known ones as one hyphen (`2003---15`,
`--12-15`, `2003-12-15T-:15`), an interval as two dates with a solidus, a time zone as `Z` or `+01:00`.

All functions give polars expressions, so that a column of any length is judged at once. A missing value has no problem.
"""

from __future__ import annotations

import polars as pl

_DATE = r"(?:\d{4}|-)(?:-(?:\d{2}|-)(?:-(?:\d{2}|-))?)?"
_TIME = r"(?:\d{2}|-)(?::(?:\d{2}|-)(?::(?:\d{2}(?:[.,]\d+)?|-))?)?"
_ZONE = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
#: A date, or a full date (of which parts may be hyphens) with a time; it does not end in a hyphen.
_DTC = rf"^(?:{_DATE}|(?:\d{{4}}|-)-(?:\d{{2}}|-)-(?:\d{{2}}|-)T{_TIME}{_ZONE}?)$"
_AMOUNT = r"\d+(?:\.\d+)?"
_CLOCK = rf"(?:T(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?"
_DURATION = rf"^P(?:\d+W|(?:{_AMOUNT}Y)?(?:{_AMOUNT}M)?(?:{_AMOUNT}D)?{_CLOCK})$"
_PARTS = (
    r"^(?P<year>\d{4}|-)(?:-(?P<month>\d{2}|-)(?:-(?P<day>\d{2}|-)"
    r"(?:T(?P<hour>\d{2}|-)(?::(?P<minute>\d{2}|-)(?::(?P<second>\d{2}|-))?)?)?)?)?"
)


def dtc_problem(name: str) -> pl.Expr:
    """What is wrong with the date/time in column `name`, in a few words; null where nothing is.

    `not ISO 8601` for another notation (letters, slashes, a trailing hyphen, a missing zero), `no such month: 2012-13`,
    `no such day: 2012-02-30`, `no such time: 2012-02-03T25:00` for parts that the calendar or the clock does not have.
    Partial dates and intervals are well written. The hour 24 is accepted as `24:00` only, the second 60 always (ISO
    8601 allows both).
    """
    text = pl.col(name)
    first, second = (text.str.split("/").list.get(index, null_on_oob=True) for index in (0, 1))
    is_odd = text.str.count_matches("/", literal=True) > 1
    of_second = pl.when(second.str.starts_with("P")).then(_duration_problem(second)).otherwise(_problem(second))
    return (
        pl.when(text.is_null())
        .then(None)
        .when(is_odd)
        .then(pl.lit("not ISO 8601"))
        .otherwise(pl.coalesce(_problem(first), of_second))
        .alias(name)
    )


def duration_problem(name: str) -> pl.Expr:
    """`not an ISO 8601 duration` where the value of column `name` (--DUR, --ELTM) is none; null where it is one."""
    text = pl.col(name)
    return _duration_problem(text.str.strip_prefix("-")).alias(name)


def dtc_date(name: str) -> pl.Expr:
    """The day of the date/time in column `name`; null where day, month or year is not known or does not exist."""
    return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(name)


def is_earlier(name: str, than: str) -> pl.Expr:
    """Whether the date/time in column `name` is certainly earlier than that in column `than`.

    Both are compared to the precision of the coarser one, so a partial date is never earlier than one that it may be
    equal to; null where one is missing or has a part left out between known ones.
    """
    earlier, later = pl.col(name), pl.col(than)
    length = pl.min_horizontal(earlier.str.len_chars(), later.str.len_chars())
    comparable = r"^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}(?::\d{2}(?::\d{2})?)?)?)?)?$"
    both = earlier.str.contains(comparable) & later.str.contains(comparable)
    return pl.when(both).then(earlier.str.slice(0, length) < later.str.slice(0, length))


def _problem(text: pl.Expr) -> pl.Expr:
    """What is wrong with one date/time; null for nothing and for a missing one."""
    parts = text.str.extract_groups(_PARTS)
    number = {
        part: parts.struct.field(part).cast(pl.Int32, strict=False)
        for part in ("year", "month", "day", "hour", "minute", "second")
    }
    day = parts.struct.field("day")
    written = pl.concat_str(
        parts.struct.field("year"), pl.lit("-"), parts.struct.field("month"), pl.lit("-"), day, ignore_nulls=False
    )
    is_full_day = number["year"].is_not_null() & number["month"].is_not_null() & number["day"].is_not_null()
    no_day = (is_full_day & written.str.to_date("%Y-%m-%d", strict=False).is_null()) | ~number["day"].is_between(1, 31)
    at_midnight = (number["hour"] == 24) & (number["minute"].fill_null(0) == 0) & (number["second"].fill_null(0) == 0)
    no_time = (
        ~(number["hour"].is_between(0, 23) | at_midnight)
        | ~number["minute"].is_between(0, 59)
        | ~number["second"].is_between(0, 60)
    )
    is_written = text.str.contains(_DTC) & ~text.str.ends_with("-") & text.str.contains(r"\d")
    return (
        pl.when(text.is_null())
        .then(None)
        .when(~is_written)
        .then(pl.lit("not ISO 8601"))
        .when(~number["month"].is_between(1, 12))
        .then(pl.lit("no such month: ") + text)
        .when(no_day)
        .then(pl.lit("no such day: ") + text)
        .when(no_time)
        .then(pl.lit("no such time: ") + text)
    )


def _duration_problem(text: pl.Expr) -> pl.Expr:
    is_duration = text.str.contains(_DURATION) & text.str.contains(r"\d[A-Z]$")
    return pl.when(text.is_not_null() & ~is_duration).then(pl.lit("not an ISO 8601 duration"))
