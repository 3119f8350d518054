"""`mcnemar`: two binary variables of the same subjects.

Sources: McNemar Q. Psychometrika 1947;12:153-157. Edwards AL. Psychometrika 1948;13:185-187 (continuity correction).
Fagerland MW, Lydersen S, Laake P. BMC Med Res Methodol 2013;13:91 (exact, mid-p).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail, normal_quantile
from trialwright.analysis.methods.proportions.comparison import Measure
from trialwright.analysis.methods.proportions.options import McnemarOptions
from trialwright.analysis.methods.proportions.responses import usual_response
from trialwright.analysis.request import Booleans, Request
from trialwright.errors import PlanError
from trialwright.results import Result


def compute_mcnemar(first_only: int, second_only: int, n: int, method: str, conf_level: float) -> Measure:
    """The test that as many respond in the first variable only as in the second only, of `n` pairs.

    The estimate is the difference of the proportions, first minus second, with Wald's limits.
    """
    if not n:
        return Measure(warning="no complete pairs")
    discordant = first_only + second_only
    difference = (first_only - second_only) / n
    se = math.sqrt(max(discordant - (first_only - second_only) ** 2 / n, 0.0)) / n
    half = normal_quantile((1 + conf_level) / 2) * se
    limits = (difference - half, difference + half) if se > 0 else (None, None)
    if not discordant:
        warning = "no subject responds differently in the two variables"
        return Measure(estimate=difference, se=se, warning=warning)
    statistic, df = None, None
    if method in ("asymptotic", "continuity_corrected"):
        apart = abs(first_only - second_only) - (1 if method == "continuity_corrected" else 0)
        statistic, df = max(apart, 0) ** 2 / discordant, 1
        p_value = chi_square_upper_tail(statistic, df)
    else:
        fewer = min(first_only, second_only)
        ways = [1]
        for k in range(fewer):
            ways.append(ways[-1] * (discordant - k) // (k + 1))
        # Whole numbers to the end: 2 to the power of 1000 pairs is more than a float can be.
        p_value = min(1.0, (2 * sum(ways) - (ways[-1] if method == "mid_p" else 0)) / 2**discordant)
    return Measure(
        estimate=difference,
        se=se,
        ci_lower=limits[0],
        ci_upper=limits[1],
        statistic=statistic,
        df=df,
        p_value=p_value,
        warning="" if se > 0 else "the standard error is 0: there is no interval",
    )


def _pairs(request: Request, options: McnemarOptions) -> tuple[Booleans, Booleans, Booleans]:
    """Of each record whether it responds in the first variable, in the second, and whether both have values."""
    variables = request.analysis.variables
    if len(variables) != 2:
        raise PlanError(
            f"{request.user} has the method mcnemar, which compares two variables, but names {len(variables)}. "
            "Name the two that each record has."
        )
    response = usual_response(request, variables) if options.response is None else options.response
    columns = [request.texts(variable) for variable in variables]
    responds = [np.array([text == response for text in texts], dtype=bool) for texts in columns]
    complete = np.array([None not in pair for pair in zip(*columns, strict=True)], dtype=bool)
    return responds[0], responds[1], complete


def analyze_mcnemar(request: Request, options: McnemarOptions) -> Iterator[Result]:
    """The counts, the difference and the test of each group, under the name of the first variable."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    first, second, complete = _pairs(request, options)
    for cell in request.cells(totals=True):
        used = cell.records & complete
        n = int(used.sum())
        only = int((used & first & ~second).sum()), int((used & second & ~first).sum())
        found = compute_mcnemar(*only, n, options.method, conf_level)
        stats: dict[str, float | str | None] = {
            "n": n,
            "n_missing": int((cell.records & ~complete).sum()),
            "n_first_only": only[0],
            "n_second_only": only[1],
            "difference": found.estimate,
            "se": found.se,
            "ci_lower": found.ci_lower,
            "ci_upper": found.ci_upper,
            "conf_level": conf_level,
        }
        if options.method in ("asymptotic", "continuity_corrected"):
            stats |= {"statistic": found.statistic, "df": found.df}
        stats["p_value"] = found.p_value
        several = n - len(np.unique(request.subject_index[used]))
        told = f"subjects have several records, each a pair: {several} records beyond the first" if several else ""
        yield from request.results(
            stats,
            groups=cell.groups,
            variable=request.analysis.variables[0],
            warnings="; ".join(text for text in (found.warning, told) if text),
        )


def mcnemar_records(request: Request, options: McnemarOptions) -> Booleans:
    """The records with both values."""
    return _pairs(request, options)[2]
