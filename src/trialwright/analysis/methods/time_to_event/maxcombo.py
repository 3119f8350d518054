"""`maxcombo`: the largest of several weighted log-rank tests, with the joint distribution of all of them.

Sources: Lee JW. Biometrics 1996;52:721-725 (the largest of several Fleming-Harrington tests). Karrison TG. Stata J
2016;16:678-690. Lin RS et al. Stat Biopharm Res 2020;12:187-198 (MaxCombo).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.time_to_event.data import codes_of, contrast_groups, event_data
from trialwright.analysis.methods.time_to_event.logrank import event_tables, logrank_records
from trialwright.analysis.methods.time_to_event.options import MaxComboOptions
from trialwright.analysis.request import Booleans, Floats, Integers, Request, number_text
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class MaxCombo:
    """Several weighted log-rank tests of two groups.

    z            of each: below 0 where the first group has fewer events than expected
    correlation  of the z
    p_value, p_value_one_sided   of the largest |z|, and of the largest -z (the first group has the lower hazard)
    """

    z: Floats
    correlation: Floats
    p_value: float
    p_value_one_sided: float


def compute_maxcombo(
    times: Floats, is_event: Booleans, is_second: Integers, strata: Integers, components: Sequence[tuple[float, float]]
) -> MaxCombo | None:
    """The tests with weights survival^rho x (1 - survival)^gamma; None where a component has no variance.

    is_second  0 for the first group, 1 for the second
    """
    difference = np.zeros(len(components))
    covariance = np.zeros((len(components), len(components)))
    for table in event_tables(times, is_event, is_second, strata, 2):
        weights = np.array([table.weights("fleming_harrington", rho, gamma) for rho, gamma in components])
        amount = table.variance * table.shares[:, 0] * table.shares[:, 1]
        difference += weights @ (table.events - table.expected)[:, 0]
        covariance += (weights * amount) @ weights.T
    if not (np.diag(covariance) > 0).all():
        return None
    errors = np.sqrt(np.diag(covariance))
    z, correlation = difference / errors, covariance / np.outer(errors, errors)
    return MaxCombo(
        z=z,
        correlation=correlation,
        p_value=largest_upper_tail(float(np.abs(z).max()), correlation, is_two_sided=True),
        p_value_one_sided=largest_upper_tail(float((-z).max()), correlation, is_two_sided=False),
    )


def largest_upper_tail(limit: float, correlation: Floats, *, is_two_sided: bool) -> float:
    """P(max Z >= limit) of normal variables with this correlation, which may be singular; two-sided of max |Z|.

    Z = L u with independent u. In the direction s, L u first reaches the limit at the distance limit / max(L s)
    (two-sided: / max |L s|), and the distance of u has a chi distribution: the probability is the mean of its upper
    tail over the directions. So small probabilities keep their relative accuracy (about 1e-6 up to three dimensions).
    """
    if limit <= 0:
        # All Z below -a: as likely as all above a, which in the direction s is beyond the distance a / min(L s).
        return 1.0 if is_two_sided else 1 - _mean_tail(-limit, correlation, "all")
    return _mean_tail(limit, correlation, "any_absolute" if is_two_sided else "any")


def _mean_tail(limit: float, correlation: Floats, which: str) -> float:
    """P(any, all, or any in absolute value, of the Z >= limit), for a limit of at least 0."""
    from scipy.special import gammaincc

    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-10 * values.max()
    root = vectors[:, kept] * np.sqrt(values[kept])
    directions, weights = _directions(root.shape[1])
    reach = root @ directions
    distances = {"all": reach.min, "any": reach.max, "any_absolute": np.abs(reach).max}
    nearest = distances[which](axis=0)
    toward = nearest > 1e-12
    distance = limit / nearest[toward]
    return float((weights[toward] * gammaincc(root.shape[1] / 2, distance**2 / 2)).sum())


def _directions(dimension: int) -> tuple[Floats, Floats]:
    """Unit vectors, one a column, that cover the sphere, and their weights, which add up to 1."""
    if dimension == 1:
        return np.array([[1.0, -1.0]]), np.array([0.5, 0.5])
    if dimension == 2:
        angles = (np.arange(20000) + 0.5) * (2 * math.pi / 20000)
        return np.array([np.cos(angles), np.sin(angles)]), np.full(20000, 1 / 20000)
    if dimension == 3:
        height, weights = np.polynomial.legendre.leggauss(400)
        angles = (np.arange(1600) + 0.5) * (2 * math.pi / 1600)
        radius = np.sqrt(1 - height**2)
        points = np.array(
            [
                np.outer(radius, np.cos(angles)).ravel(),
                np.outer(radius, np.sin(angles)).ravel(),
                np.repeat(height, len(angles)),
            ]
        )
        return points, np.repeat(weights / 2 / len(angles), len(angles))
    from scipy.special import ndtri
    from scipy.stats import qmc

    # Without scrambling the points are the same each time; the first ones, with a coordinate of 0, are left out.
    sobol = qmc.Sobol(dimension, scramble=False)
    sobol.fast_forward(2**10)
    normal = ndtri(sobol.random(2**18)).T
    both = np.concatenate([normal, -normal], axis=1)
    return both / np.linalg.norm(both, axis=0), np.full(both.shape[1], 1 / both.shape[1])


def maxcombo_records(request: Request, options: MaxComboOptions) -> Booleans:
    """The records that are tested."""
    return logrank_records(request, options, options.strata)


def analyze_maxcombo(request: Request, options: MaxComboOptions) -> Iterator[Result]:
    """For each contrast the largest statistic with its p-values, and each component with its own."""
    data = event_data(request, options)
    request = data.request
    variable, axis = request.analysis.variables[0], request.compared
    strata = codes_of(request, options.strata)
    components = [(rho, gamma) for rho, gamma in options.components]
    for cell in request.cells(skip_first=True):
        codes = request.level_codes(cell.records & data.used & (strata >= 0))
        for first, second in options.contrasts:
            pair = [axis.levels.index(level) for level in (first, second)]
            chosen = np.isin(codes, pair)
            groups = contrast_groups(request, cell, first, second)
            test = compute_maxcombo(
                data.times[chosen],
                data.is_event[chosen],
                (codes[chosen] == pair[1]).astype(np.int64),
                strata[chosen],
                components,
            )
            warning = ""
            if test is None:
                warning = "too few events while both groups are at risk" if data.is_event[chosen].any() else "no events"
            yield from request.results(
                {
                    "n": int(chosen.sum()),
                    "events": int(data.is_event[chosen].sum()),
                    "statistic": None if test is None else float(np.abs(test.z).max()),
                    "p_value": None if test is None else test.p_value,
                    "statistic_one_sided": None if test is None else float((-test.z).max()),
                    "p_value_one_sided": None if test is None else test.p_value_one_sided,
                },
                groups=groups,
                variable=variable,
                warnings=warning,
            )
            for index, (rho, gamma) in enumerate(components):
                z = None if test is None else float(test.z[index])
                yield from request.results(
                    {"statistic": z, "p_value": None if z is None else math.erfc(abs(z) / math.sqrt(2))},
                    groups=groups,
                    variable=variable,
                    level=f"FH({number_text(rho)}, {number_text(gamma)})",
                    warnings=warning,
                )
