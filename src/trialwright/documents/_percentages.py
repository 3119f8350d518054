"""Whether a percentage, as it is printed, follows from a count and its total."""

from __future__ import annotations


def percentage_follows(count: int, total: float, percent: str, sign: str = "") -> bool:
    """Whether `count`/`total` rounds to `percent` (as printed, without its sign `%`).

    A tie may have been rounded either way. `<1` is true of any smaller percentage above 0, `>99` of any larger one.
    """
    if total <= 0:
        return count == 0
    exact = 100 * count / total
    printed = float(percent)
    if sign == "<":
        return 0 < exact < printed
    if sign == ">":
        return exact > printed
    decimals = len(percent.partition(".")[2])
    return abs(exact - printed) <= 0.5 * 10.0**-decimals + 1e-9
