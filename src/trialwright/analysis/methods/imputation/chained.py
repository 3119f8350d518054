"""Imputation by chained equations ("fully conditional"): each visit in turn on the covariates and all other visits.

Missing values begin as observed ones drawn at random; then each cycle draws, visit after visit, the regression of the
values observed there on the completed others, and new values for the missing ones.

Source: van Buuren S, Brand JPL, Groothuis-Oudshoorn CGM, Rubin DB. J Stat Comput Simul 2006;76:1049-1064. van Buuren S.
Stat Methods Med Res 2007;16:219-242.
"""

from __future__ import annotations

import numpy as np

from trialwright.analysis.methods.imputation.regression import (
    ImputationError,
    draw_regression,
    independent_columns,
    moments,
    together,
)
from trialwright.analysis.methods.imputation.subjects import Measurements
from trialwright.analysis.request import Booleans, Floats


def impute_chained(
    data: Measurements, *, imputations: int, burn_in: int, by_arm: bool, rng: np.random.Generator
) -> Floats:
    """The completed values (imputation, subject, visit); raises `ImputationError` if the data do not determine them.

    by_arm  whether each arm has regressions of its own; else the arms differ in their means
    """
    values, shift, scale = data.standardized()
    design = data.imputation_design()
    present = data.present
    if not by_arm:
        arms = [(data.arm == arm).astype(np.float64).reshape(-1, 1) for arm in present[1:]]
        design = np.hstack([design, *arms])
    completed = np.repeat(values[None], imputations, axis=0)
    for members in [[arm] for arm in present] if by_arm else [present]:
        who = np.flatnonzero(np.isin(data.arm, members))
        name = f" of {data.arms[members[0]]}" if by_arm else ""
        completed[:, who] = _chain(
            values[who], data.observed[who], design[who], data.visits, name, imputations, burn_in, rng
        )
    return np.where(np.isnan(data.values), completed * scale + shift, data.values)


def _chain(
    values: Floats,
    observed: Booleans,
    design: Floats,
    visits: tuple[str, ...],
    name: str,
    imputations: int,
    burn_in: int,
    rng: np.random.Generator,
) -> Floats:
    """The completed values of subjects who share their regressions."""
    open_rows = np.flatnonzero(~observed.all(axis=1))
    whole = np.flatnonzero(observed.all(axis=1))
    n_visits, q = len(visits), design.shape[1]
    drawn = np.repeat(values[open_rows][None], imputations, axis=0)
    for visit in range(n_visits):
        donors = values[observed[:, visit], visit]
        gaps = np.flatnonzero(~observed[open_rows, visit])
        if len(gaps) and not len(donors):
            raise ImputationError(f"nobody{name} has a value at {visits[visit]} to impute from")
        if len(gaps):
            drawn[:, gaps, visit] = rng.choice(donors, size=(imputations, len(gaps)))
    # Columns: design, then the visits but the one regressed, then that one.
    orders = [[*(v for v in range(n_visits) if v != visit), visit] for visit in range(n_visits)]
    fixed = [moments(np.hstack([design[whole], values[whole][:, order]])) for order in orders]
    kept = []
    for visit in range(n_visits):
        own = independent_columns(design[observed[:, visit]])
        kept.append(np.concatenate([own, q + np.arange(n_visits - 1)]).astype(np.int64))
    own_design = np.broadcast_to(design[open_rows], (imputations, len(open_rows), q))
    for _ in range(burn_in):
        for visit in range(n_visits):
            has = observed[open_rows, visit]
            if has.all():
                continue
            columns = np.concatenate([own_design, drawn[:, :, orders[visit]]], axis=2)
            sums = together(fixed[visit], moments(columns[:, has])) if has.any() else fixed[visit]
            what = f"{visits[visit]}{name}"
            coefficients, sigma = draw_regression(sums, kept[visit], imputations, rng, what)
            expected = (columns[:, ~has, :-1] @ coefficients[:, :, None])[:, :, 0]
            drawn[:, ~has, visit] = expected + sigma[:, None] * rng.standard_normal(expected.shape)
    completed = np.repeat(values[None], imputations, axis=0)
    completed[:, open_rows] = drawn
    return completed
