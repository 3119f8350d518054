"""SAS display formats, and the numbers behind dates and times: days, seconds since 1960, seconds of a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

#: Days from SAS's day 0, 1960-01-01, to polars' day 0, 1970-01-01; the same in seconds.
EPOCH_DAYS = 3653
EPOCH_SECONDS = EPOCH_DAYS * 86_400

#: SAS has no dates before the Gregorian calendar.
FIRST_DATE = date(1582, 1, 1)

Meaning: TypeAlias = Literal["number", "date", "datetime", "time"]

_STEMS = ("DDMMYY", "MMDDYY", "YYMMDD")
_DATES = frozenset(
    ("DATE", "DAY", "E8601DA", "B8601DA", "IS8601DA", "WORDDATE", "WORDDATX", "WEEKDATE", "WEEKDATX", "JULIAN", "MONYY")
) | {f"{stem}{separator}" for stem in _STEMS for separator in ("", *"BCDNPS")}
_DATETIMES = frozenset(("DATETIME", "DATEAMPM", "E8601DT", "B8601DT", "IS8601DT", "MDYAMPM"))
_TIMES = frozenset(("TIME", "TIMEAMPM", "TOD", "HHMM", "E8601TM", "B8601TM", "IS8601TM"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SasFormat:
    """A display format: `DATE9.` has the name DATE and the width 9; `8.2` no name, the width 8 and 2 decimals."""

    name: str = ""
    width: int = 0
    decimals: int = 0

    @property
    def meaning(self) -> Meaning:
        """What the numbers of a variable with this format are."""
        if self.name in _DATES:
            return "date"
        if self.name in _DATETIMES:
            return "datetime"
        return "time" if self.name in _TIMES else "number"

    def __str__(self) -> str:
        if not (self.name or self.width):
            return ""
        return f"{self.name}{self.width or ''}.{self.decimals or ''}"


def parse_format(text: str) -> SasFormat | None:
    """The format that `text` writes (`DATE9.`, `$20.`, `8.2`); None if it is none. Names are put in capitals."""
    parsed = re.fullmatch(r"(\$?(?:[A-Z_][A-Z0-9_]*[A-Z_]|[A-Z_])?)(\d*)\.?(\d*)", text.strip().upper())
    if parsed is None:
        return None
    return SasFormat(name=parsed[1], width=int(parsed[2] or 0), decimals=int(parsed[3] or 0))
