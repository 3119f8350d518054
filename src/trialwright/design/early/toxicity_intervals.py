"""Designs that compare posterior probabilities of toxicity intervals: mTPI, mTPI-2 and the keyboard design.

Sources. mTPI: Ji Y, Liu P, Li Y, Bekele BN. A modified toxicity probability interval method for dose-finding trials.
Clin Trials 2010;7:653-663; Ji Y, Wang SJ. J Clin Oncol 2013;31:1785-1791. mTPI-2: Guo W, Wang SJ, Yang S, Lynn H,
Ji Y. A Bayesian interval dose-finding design addressing Ockham's razor. Contemp Clin Trials 2017;58:23-33. Keyboard:
Yan F, Mandrekar SJ, Yuan Y. Keyboard: a novel Bayesian toxicity probability interval design for phase I clinical
trials. Clin Cancer Res 2017;23:3994-4003.

All have a uniform prior of the DLT probability at each level; the posterior after y of n is Beta(1 + y, 1 + n - y).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from trialwright.design.early.decision_tables import DecisionTable, build_table
from trialwright.design.early.requirements import positive, probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]


def compute_mtpi_table(
    *,
    target: float,
    below: float = 0.05,
    above: float = 0.05,
    n_max: int = 30,
    elimination_cutoff: float = 0.95,
    elimination_n_min: int = 3,
) -> DecisionTable:
    """mTPI: the largest unit probability mass of (0, target - below), (target - below, target + above) and the rest.

    The unit probability mass of an interval is its posterior probability divided by its length.
    """
    lower, upper = _target_interval(target, below, above)
    return _interval_table(
        np.array([0.0, lower, upper, 1.0]),
        1,
        method="mTPI",
        target=target,
        n_max=n_max,
        elimination_cutoff=elimination_cutoff,
        elimination_n_min=elimination_n_min,
        rule=f"the interval with the largest unit probability mass; the target interval is {lower:g} to {upper:g}",
    )


def compute_mtpi2_table(
    *,
    target: float,
    below: float = 0.05,
    above: float = 0.05,
    n_max: int = 30,
    elimination_cutoff: float = 0.95,
    elimination_n_min: int = 3,
) -> DecisionTable:
    """mTPI-2: as mTPI, but all below and above the target interval is cut into intervals of its length.

    The shorter rests at 0 and at 1 take part with their unit probability mass.
    """
    lower, upper = _target_interval(target, below, above)
    keys, position = _keys(lower, upper)
    edges = keys
    if keys[0] > 0:
        edges, position = np.insert(edges, 0, 0.0), position + 1
    if keys[-1] < 1:
        edges = np.append(edges, 1.0)
    return _interval_table(
        edges,
        position,
        method="mTPI-2",
        target=target,
        n_max=n_max,
        elimination_cutoff=elimination_cutoff,
        elimination_n_min=elimination_n_min,
        rule=f"the interval with the largest unit probability mass; the target interval is {lower:g} to {upper:g}, "
        "the others have its length, save the rests at 0 and 1",
    )


def compute_keyboard_table(
    *,
    target: float,
    below: float = 0.05,
    above: float = 0.05,
    n_max: int = 30,
    elimination_cutoff: float = 0.95,
    elimination_n_min: int = 3,
) -> DecisionTable:
    """Keyboard: the key with the largest posterior probability; keys have the length of the target key.

    Rests at 0 and at 1 that are shorter than a key are no keys.
    """
    lower, upper = _target_interval(target, below, above)
    keys, position = _keys(lower, upper)
    return _interval_table(
        keys,
        position,
        method="keyboard",
        target=target,
        n_max=n_max,
        elimination_cutoff=elimination_cutoff,
        elimination_n_min=elimination_n_min,
        rule=f"the strongest key, the one with the largest posterior probability; the target key is {lower:g} to "
        f"{upper:g}, the others have its length",
    )


def _target_interval(target: float, below: float, above: float) -> tuple[float, float]:
    probability("target", target)
    lower, upper = target - positive("below", below), target + positive("above", above)
    if not (lower > 0 and upper < 1):
        raise DesignError(
            f"The target interval {lower:g} to {upper:g} (target {target}, below {below}, above {above}) must lie "
            "between 0 and 1, with room on both sides. Give a narrower one; 0.05 to either side is usual."
        )
    return lower, upper


def _keys(lower: float, upper: float) -> tuple[Floats, int]:
    """Edges of the keys, and the position of the target key."""
    width = upper - lower
    # A whole number of keys up to 0 or 1 must not be lost to rounding in the last digit.
    keys_below = int(np.floor(lower / width + 1e-9))
    keys_above = int(np.floor((1 - upper) / width + 1e-9))
    edges: Floats = lower + width * np.arange(-keys_below, keys_above + 2, dtype=np.float64)
    edges[np.abs(edges) < 1e-9] = 0.0
    edges[np.abs(edges - 1) < 1e-9] = 1.0
    return edges, keys_below


def _interval_table(
    edges: Floats,
    target_position: int,
    *,
    method: str,
    target: float,
    n_max: int,
    elimination_cutoff: float,
    elimination_n_min: int,
    rule: str,
) -> DecisionTable:
    def decisions(n: int) -> NDArray[np.int_]:
        dlts = np.arange(n + 1)
        below_edges = beta.cdf(edges[None, :], dlts[:, None] + 1, n - dlts[:, None] + 1)
        mass = np.diff(below_edges, axis=1) / np.diff(edges)
        changes: NDArray[np.int_] = np.sign(target_position - mass.argmax(axis=1))
        return changes

    return build_table(
        decisions,
        method=method,
        target=target,
        n_max=n_max,
        elimination_cutoff=elimination_cutoff,
        elimination_n_min=elimination_n_min,
        conventions=(
            f"what decides is {rule}: escalate if it lies below the target interval, de-escalate if above",
            "uniform prior of the DLT probability at each level",
        ),
    )
