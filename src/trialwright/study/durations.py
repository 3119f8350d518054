"""ISO 8601 durations, as USDM writes timings and windows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trialwright.errors import StudyError

_NUMBER = r"\d+(?:[.,]\d+)?"
_PATTERN = re.compile(
    rf"(?P<sign>[+-]?)P(?:(?P<years>{_NUMBER})Y)?(?:(?P<months>{_NUMBER})M)?(?:(?P<weeks>{_NUMBER})W)?"
    rf"(?:(?P<days>{_NUMBER})D)?(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
)
_PARTS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
# A nominal schedule needs one length for each: the mean Gregorian year, and a twelfth of it.
_DAYS_PER_YEAR = 365.2425


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoDuration:
    """A duration by its parts. Parts are not carried over: 24 hours stay hours."""

    years: float = 0.0
    months: float = 0.0
    weeks: float = 0.0
    days: float = 0.0
    hours: float = 0.0
    minutes: float = 0.0
    seconds: float = 0.0
    is_negative: bool = False

    @property
    def total_days(self) -> float:
        """The length in days, signed; a year counts 365.2425 days and a month a twelfth of that."""
        clock = self.hours / 24 + self.minutes / 1440 + self.seconds / 86400
        calendar = (self.years + self.months / 12) * _DAYS_PER_YEAR
        length = calendar + self.weeks * 7 + self.days + clock
        return -length if self.is_negative else length


def parse_duration(text: str) -> IsoDuration:
    """The duration that `text` writes in ISO 8601.

    Accepts `PnYnMnWnDTnHnMnS` with any part left out, decimal fractions and a leading sign.
    Raises StudyError when `text` is none.

    >>> parse_duration("P2W").total_days
    14.0
    >>> parse_duration("PT4H").hours
    4.0
    """
    match = _PATTERN.fullmatch(text.strip())
    # "P" and "P1DT" match the pattern but have a designator without a number.
    if match is None or text.strip().endswith(("P", "T")):
        raise StudyError(
            f"{text!r} is no ISO 8601 duration. Write a number and a unit after P, as in P2W (two weeks), P3D (three "
            "days), or PT30M (thirty minutes)."
        )
    parts = {part: float((match[part] or "0").replace(",", ".")) for part in _PARTS}
    return IsoDuration(**parts, is_negative=match["sign"] == "-")
