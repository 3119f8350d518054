"""How a number is shown: rounding, width, percentages and p-values. Nothing else in Trialwright rounds.

A format is a short text. `w` is a width in characters (padded with spaces on the left), `d` a number of decimals;
either width may be left out:

=========  ===============================================================  =====================
format     shows                                                            2.449 / 0.4567 / 5e-5
=========  ===============================================================  =====================
`w.d`      the number, as SAS writes it                                     `5.1` gives `  2.4`
`%w.d`     a proportion as a percentage, without the sign; a proportion     `%3.0` gives ` 46`
           above 0 that rounds to 0 is `<1` (`<0.1`)
`w.de`     as `w.d` or `%w.d`, but a half goes to the even neighbour: R      `5.1e` gives `  2.4`
`pd`       a p-value with d decimals, `<.0001` below and `>.9999` above     `p4` gives `0.4567`
`pdt`      as `pd`, for running text: `<0.0001` and `>0.9999`               `p4t` gives `0.4567`
`pd>`      as `pd`, but above .99 it is `>.99`                              `p3>`
`pd*`      as `pd>`, never `<`, with `*` below 0.15: the pilot's AE tables  `p3*` gives `0.457`
`text`     the result's text
=========  ===============================================================  =====================

Rounding is half away from zero, as SAS does it; with `e` it is as R's `round` does it since version 4.0.0.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from trialwright.analysis.templates import FORMAT_HELP, FORMAT_PATTERN
from trialwright.errors import ResultError
from trialwright.results import Result, ResultRef, Results

NOT_ESTIMABLE = "NE"


def round_half_away(value: float, decimals: int) -> Decimal:
    """`value` rounded to `decimals` places, halves away from zero.

    The number is first taken to 12 significant digits, so that 24.449999999999996 (which a sum of decimals leaves where
    24.45 is meant) rounds like 24.45. SAS's ROUND fuzzes in the same spirit.
    """
    exact = Decimal(f"{value:.12g}")
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def round_half_even(value: float, decimals: int) -> Decimal:
    """`value` rounded to `decimals` places as R does it since 4.0.0: to the nearer of its two neighbours.

    Neighbours and distances are numbers in double precision; of two at the same distance it is the even one: 40.25 goes
    to 40.2 and 105.55 to 105.6, but 60.55 to 60.5, which is nearer in binary.

    Source: Maechler M. Rounding to Decimal Digits in Binary, 2020, and R's page on `round`.
    """
    scale = 10.0**decimals
    lower = math.floor(value * scale)
    below, above = value - lower / scale, (lower + 1) / scale - value
    nearest = lower if below < above or (below == above and lower % 2 == 0) else lower + 1
    rounded = Decimal(nearest).scaleb(-decimals)
    return abs(rounded) if rounded == 0 else rounded


def format_number(value: float, format: str) -> str:
    """`value` as `format` shows it; raises `ResultError` for an unknown format."""
    parsed = _parse(format)
    if math.isnan(value) or math.isinf(value):
        return NOT_ESTIMABLE
    if parsed is None:
        raise ResultError(f"The format 'text' shows a text, but the result is the number {value!r}.")
    if parsed["places"] is not None:
        return _p_value(value, int(parsed["places"]), parsed["mark"] or "")
    decimals = int(parsed["decimals"])
    width = int(parsed["width"] or 0)
    rounded = round_half_even if parsed["even"] else round_half_away
    if not parsed["percent"]:
        return str(rounded(value, decimals)).rjust(width)
    percentage = rounded(100 * value, decimals)
    # Somebody is never nobody.
    shown = f"<{Decimal(1).scaleb(-decimals)}" if value > 0 and percentage == 0 else str(percentage)
    return shown.rjust(width)


def format_result(result: Result, format: str) -> str:
    """What a reader sees of `result`; a result without a number shows its text, or `NE`."""
    if result.stat is None:
        _parse(format)
        return result.stat_text if result.stat_text is not None else NOT_ESTIMABLE
    return format_number(result.stat, format)


def refer(result: Result | str, format: str, *, results: Results | None = None) -> ResultRef:
    """A reference to `result` (or to the result of that name in `results`), shown by `format`."""
    if isinstance(result, str):
        if results is None:
            raise ResultError(f"To refer to {result!r} by name, give the table of results.")
        result = results[result]
    return ResultRef(result_id=result.result_id, format=format, shown=format_result(result, format), value=result.stat)


@lru_cache(maxsize=256)
def _parse(format: str) -> re.Match[str] | None:
    """The parts of a number's format; None for `text`."""
    found = FORMAT_PATTERN.fullmatch(format)
    if found is None:
        raise ResultError(f"{format!r} is no format. {FORMAT_HELP}")
    return None if format == "text" else found


def _p_value(value: float, places: int, mark: str) -> str:
    limit = Decimal(1).scaleb(-places)
    if mark == "t":
        if value < float(limit):
            return f"<{limit}"
        return f">{1 - limit}" if value > 1 - float(limit) else str(round_half_away(value, places))
    if mark and value > 0.99:
        return ">.99"
    if mark != "*" and value < float(limit):
        return "<" + str(limit).lstrip("0")
    if value > 1 - float(limit):
        return ">" + str(1 - limit).lstrip("0")
    shown = str(round_half_away(value, places))
    return shown + "*" if mark == "*" and value < 0.15 else shown
