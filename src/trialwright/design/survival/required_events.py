"""How many events a log-rank test needs under proportional hazards."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from trialwright.errors import DesignError

EventsFormula = Literal["schoenfeld", "freedman", "hsieh_freedman"]
_NORMAL = NormalDist()


def normal_quantile(probability: float) -> float:
    """Of the standard normal distribution."""
    return _NORMAL.inv_cdf(probability)


def normal_probability(z: float) -> float:
    """Of a standard normal variable being at most `z`."""
    return _NORMAL.cdf(z)


def check_error_rates(*, alpha: float, sided: int, power: float | None = None) -> None:
    """Raise DesignError unless a test can have these."""
    if sided not in (1, 2):
        raise DesignError(f"sided is {sided!r}. Give 1 for a one-sided or 2 for a two-sided test.")
    if not 0 < alpha < 0.5 * sided:
        raise DesignError(
            f"alpha is {alpha!r}. Give a type I error between 0 and {0.5 * sided:g}, such as 0.025 x sided."
        )
    if power is not None and not alpha / sided < power < 1:
        raise DesignError(
            f"power is {power!r}. It lies between alpha on one side ({alpha / sided:g}), "
            "which needs no data, and 1, which no number of events gives."
        )


def check_hazard_ratio(hazard_ratio: float, *, null: float = 1.0) -> None:
    """Raise DesignError unless `hazard_ratio` differs from the one under the null hypothesis."""
    if not 0 < hazard_ratio < math.inf:
        raise DesignError(f"hazard_ratio is {hazard_ratio!r}. It is experimental / control, and above 0.")
    if math.isclose(hazard_ratio, null, rel_tol=1e-12):
        raise DesignError(
            f"hazard_ratio is {hazard_ratio:g}, as under the null hypothesis, so no number of events gives the power. "
            f"Assume a ratio other than {null:g}; "
            "to show that the arms differ little, move the null hypothesis instead."
        )


def compute_required_events(
    *,
    hazard_ratio: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    null_hazard_ratio: float = 1.0,
    formula: EventsFormula = "schoenfeld",
) -> float:
    """Events of both arms together, unrounded, that give a log-rank test its power.

    hazard_ratio        experimental / control
    null_hazard_ratio   under the null hypothesis: a margin for non-inferiority; `schoenfeld` only
    allocation_ratio    experimental / control
    formula             `schoenfeld`: Biometrics 1983;39:499-503, (z_a + z_b)^2 (1 + r)^2 / (r ln(HR)^2);
                        `freedman`: Statistics in Medicine 1982;1:121-129, (z_a + z_b)^2 (1 + r HR)^2 / (r (1 - HR)^2);
                        `hsieh_freedman`: Hsieh, Statistics in Medicine 1992;11:1091-1100: Freedman's events for
                        equal arms times (1 + r)^2 / (4 r); the same as `freedman` for r = 1
    """
    check_error_rates(alpha=alpha, sided=sided, power=power)
    check_hazard_ratio(null_hazard_ratio, null=math.inf)
    check_hazard_ratio(hazard_ratio, null=null_hazard_ratio)
    z = normal_quantile(1 - alpha / sided) + normal_quantile(power)
    return (z / drift_per_root_event(hazard_ratio, allocation_ratio, formula, null=null_hazard_ratio)) ** 2


def drift_per_root_event(
    hazard_ratio: float, allocation_ratio: float, formula: EventsFormula, *, null: float = 1.0
) -> float:
    """Mean of the log-rank statistic over the square root of the number of events, as an absolute value."""
    if not 0 < allocation_ratio < math.inf:
        raise DesignError(
            f"allocation_ratio is {allocation_ratio!r}. It is experimental subjects per control subject, above 0."
        )
    if formula == "schoenfeld":
        return abs(math.log(hazard_ratio / null)) * math.sqrt(allocation_ratio) / (1 + allocation_ratio)
    if formula not in ("freedman", "hsieh_freedman"):
        raise DesignError(f"formula is {formula!r}. There are `schoenfeld`, `freedman` and `hsieh_freedman`.")
    if null != 1:
        raise DesignError(
            f"Freedman's formula tests a hazard ratio of 1, not {null:g}. Use the formula `schoenfeld` for a margin."
        )
    if formula == "freedman":
        return abs(1 - hazard_ratio) * math.sqrt(allocation_ratio) / (1 + allocation_ratio * hazard_ratio)
    return 2 * abs(1 - hazard_ratio) * math.sqrt(allocation_ratio) / ((1 + hazard_ratio) * (1 + allocation_ratio))
