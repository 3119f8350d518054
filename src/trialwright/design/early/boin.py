"""The Bayesian optimal interval design (BOIN).

Source: Liu S, Yuan Y. Bayesian optimal interval designs for phase I clinical trials. J R Stat Soc C 2015;64:507-523:
the local design with equal prior probabilities, its boundaries and the elimination rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.decision_tables import DecisionTable, build_table
from trialwright.design.early.requirements import ordered, probability
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class BoinDesign:
    """A design by its target.

    target              DLT probability aimed at
    p_safe              highest DLT probability deemed subtherapeutic, so that one should escalate
    p_toxic             lowest DLT probability deemed too toxic, so that one should de-escalate
    lambda_escalate     escalate if the observed DLT rate at the current level is at most this
    lambda_deescalate   de-escalate if it is at least this
    table               the decisions for 1 to n_max subjects at a level
    """

    target: float
    p_safe: float
    p_toxic: float
    lambda_escalate: float
    lambda_deescalate: float
    table: DecisionTable
    conventions: tuple[str, ...]


def compute_boin_design(
    *,
    target: float,
    p_safe: float | None = None,
    p_toxic: float | None = None,
    n_max: int = 30,
    elimination_cutoff: float = 0.95,
    elimination_n_min: int = 3,
    stays_at_one_of_three: bool = False,
) -> BoinDesign:
    """Boundaries and decision table.

    p_safe, p_toxic   0.6 and 1.4 times the target if None, as the paper recommends
    n_max             subjects at one dose level up to which the table goes
    stays_at_one_of_three   one DLT among three subjects keeps the level where the boundaries would de-escalate (targets
                            of about 0.2 to 0.28), as many trial teams ask

    Raises DesignError if p_safe < target < p_toxic does not hold.
    """
    probability("target", target)
    safe = 0.6 * target if p_safe is None else probability("p_safe", p_safe)
    toxic = 1.4 * target if p_toxic is None else probability("p_toxic", p_toxic)
    if toxic >= 1:
        raise DesignError(f"p_toxic is 1.4 * target = {toxic:g}, no probability. Give p_toxic between {target} and 1.")
    ordered("p_safe", safe, "target", target, why="below p_safe one escalates; 0.6 * target is usual")
    ordered("target", target, "p_toxic", toxic, why="above p_toxic one de-escalates; 1.4 * target is usual")
    escalate = math.log((1 - safe) / (1 - target)) / math.log(target * (1 - safe) / (safe * (1 - target)))
    deescalate = math.log((1 - target) / (1 - toxic)) / math.log(toxic * (1 - target) / (target * (1 - toxic)))

    def decisions(n: int) -> NDArray[np.int_]:
        rates = np.arange(n + 1) / n
        return np.where(rates <= escalate, 1, np.where(rates >= deescalate, -1, 0))

    table = build_table(
        decisions,
        method="BOIN",
        target=target,
        n_max=n_max,
        elimination_cutoff=elimination_cutoff,
        elimination_n_min=elimination_n_min,
        conventions=(
            f"escalate if the observed DLT rate is at most {escalate:.4f}, de-escalate if it is at least "
            f"{deescalate:.4f}",
        ),
    )
    if stays_at_one_of_three:
        table = _staying_at_one_of_three(table)
    return BoinDesign(
        target=target,
        p_safe=safe,
        p_toxic=toxic,
        lambda_escalate=escalate,
        lambda_deescalate=deescalate,
        table=table,
        conventions=table.conventions,
    )


def _staying_at_one_of_three(table: DecisionTable) -> DecisionTable:
    rows = list(table.rows)
    if len(rows) < 3 or rows[2].deescalate_at_least != 1:
        return table
    rows[2] = replace(rows[2], deescalate_at_least=2)
    return replace(
        table, rows=tuple(rows), conventions=(*table.conventions, "one DLT among three subjects: stay at the level")
    )
