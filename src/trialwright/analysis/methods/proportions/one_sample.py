"""`proportion`: a proportion with its confidence interval.

Sources: Wilson EB. J Am Stat Assoc 1927;22:209-212. Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. Agresti A,
Coull BA. Am Stat 1998;52:119-126. Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133 (Jeffreys). Newcombe RG. Stat
Med 1998;17:857-872 (comparison of methods; Wilson's with continuity correction).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialwright.analysis.methods.counts import empty_group
from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.proportions.options import ProportionOptions
from trialwright.analysis.methods.proportions.responses import find_responses
from trialwright.analysis.request import Request
from trialwright.results import Result


def compute_proportion_interval(events: float, total: float, conf_level: float, method: str) -> tuple[float, float]:
    """The limits of `events` / `total`, within 0 and 1; `total` is above 0."""
    if method in ("clopper_pearson", "jeffreys"):
        return _beta_interval(events, total, conf_level, 0.0 if method == "clopper_pearson" else 0.5)
    z = normal_quantile((1 + conf_level) / 2)
    p = events / total
    if method == "wald":
        half = z * math.sqrt(p * (1 - p) / total)
        lower, upper = p - half, p + half
    elif method == "agresti_coull":
        size = total + z * z
        center = (events + z * z / 2) / size
        half = z * math.sqrt(center * (1 - center) / size)
        lower, upper = center - half, center + half
    else:
        lower, upper = wilson_interval(events, total, z, is_corrected=method == "wilson_corrected")
    return max(0.0, lower), min(1.0, upper)


def wilson_interval(events: float, total: float, z: float, *, is_corrected: bool = False) -> tuple[float, float]:
    """Wilson's score limits for the quantile `z`; 0 and 1 where nobody or everybody responds."""
    p, size = events / total, total + z * z
    if is_corrected:
        center = 2 * events + z * z
        below = z * z - 2 - 1 / total + 4 * p * (total * (1 - p) + 1)
        above = z * z + 2 - 1 / total + 4 * p * (total * (1 - p) - 1)
        # Where a root is of a negative number the limit is the end of the scale, which the two lines below set.
        lower = (center - 1 - z * math.sqrt(max(below, 0.0))) / (2 * size)
        upper = (center + 1 + z * math.sqrt(max(above, 0.0))) / (2 * size)
    else:
        half = z * math.sqrt(total * p * (1 - p) + z * z / 4)
        lower, upper = (events + z * z / 2 - half) / size, (events + z * z / 2 + half) / size
    return 0.0 if events == 0 else max(0.0, lower), 1.0 if events == total else min(1.0, upper)


def _beta_interval(events: float, total: float, conf_level: float, shift: float) -> tuple[float, float]:
    from scipy.special import betaincinv

    tail = (1 - conf_level) / 2
    extra = 0.0 if shift else 1.0  # Clopper and Pearson's limits take different parameters
    failures = total - events
    lower = float(betaincinv(events + shift, failures + shift + extra, tail)) if events else 0.0
    upper = float(betaincinv(events + shift + extra, failures + shift, 1 - tail)) if failures else 1.0
    return lower, upper


def analyze_proportion(request: Request, options: ProportionOptions) -> Iterator[Result]:
    """`n`, `N`, `p`, `se` and the limits of each group, of totals too."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for variable in request.analysis.variables:
        for cell in request.cells(totals=True):
            found = find_responses(request, variable, options, cell)
            n, total = int(found.responds.sum()), int(found.is_counted.sum())
            stats: dict[str, float | str | None] = {"n": n, "N": total, "n_missing": int(found.is_missing.sum())}
            names = ("p", "se", "ci_lower", "ci_upper")
            warning = found.warning
            if total:
                p = n / total
                limits = compute_proportion_interval(n, total, conf_level, options.interval)
                values: tuple[float | None, ...] = (p, math.sqrt(p * (1 - p) / total), *limits)
            else:
                values = (None,) * 4
                nobody = empty_group(cell) or "no subjects with a response"
                warning = "; ".join(text for text in (warning, nobody) if text)
            stats |= {**dict(zip(names, values, strict=True)), "conf_level": conf_level}
            yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)
