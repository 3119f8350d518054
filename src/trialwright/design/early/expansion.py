"""The cohort treated at the selected dose: when it stops for lack of response or for toxicity, and when it is active.

Sources: Simon R. Control Clin Trials 1989;10:1-10; Fleming TR. Biometrics 1982;38:143-151 (stages). Thall PF, Simon RM,
Estey EH. Bayesian sequential monitoring designs for single-arm clinical trials with multiple outcomes. Stat Med
1995;14:357-379 (posterior probabilities of response and of toxicity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import beta

from trialwright.design.early.fleming import FlemingDesign
from trialwright.design.early.requirements import count, probability
from trialwright.design.early.simon import SimonDesign
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionLook:
    """After `n` subjects: futile if at most so many respond, active if at least so many; None: not at this look."""

    n: int
    futile_at_most: int | None
    active_at_least: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionRule:
    """Looks at the responses, in order of `n`; the last one decides between futile and active."""

    method: str
    looks: tuple[ExpansionLook, ...]

    def __post_init__(self) -> None:
        if not self.looks:
            raise DesignError("ExpansionRule.looks is empty; give at least the last look, which decides.")
        sizes = [look.n for look in self.looks]
        if sizes[0] < 1 or any(b <= a for a, b in pairwise(sizes)):
            raise DesignError(f"ExpansionRule.looks are at {sizes} subjects; the numbers must rise from at least 1.")
        for look in self.looks:
            futile = -1 if look.futile_at_most is None else look.futile_at_most
            active = look.n + 1 if look.active_at_least is None else look.active_at_least
            if futile >= active:
                raise DesignError(
                    f"After {look.n} subjects {futile} responses are futile and {active} are active. futile_at_most "
                    "must be below active_at_least."
                )
        last = self.looks[-1]
        if last.active_at_least is None or last.futile_at_most != last.active_at_least - 1:
            raise DesignError(
                f"The last look, after {last.n} subjects, must decide: futile_at_most ({last.futile_at_most!r}) is to "
                f"be active_at_least ({last.active_at_least!r}) minus 1."
            )

    @property
    def n_max(self) -> int:
        """Subjects at the last look."""
        return self.looks[-1].n


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxicityRow:
    """After `n` subjects the expansion stops if at least so many had a DLT; None: no number stops it."""

    n: int
    stop_at_least: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxicityMonitoring:
    """The stopping rule for toxicity: P(DLT probability > limit | data) above the cutoff."""

    limit: float
    cutoff: float
    prior: tuple[float, float]
    rows: tuple[ToxicityRow, ...]


def expansion_of(design: SimonDesign | FlemingDesign) -> ExpansionRule:
    """The looks of a two-stage (Simon), single-stage or several-stage (Fleming) design."""
    if isinstance(design, SimonDesign):
        looks = (
            ExpansionLook(n=design.n_stage1, futile_at_most=design.r1, active_at_least=None),
            ExpansionLook(n=design.n_total, futile_at_most=design.r, active_at_least=design.r + 1),
        )
        return ExpansionRule(method="Simon's two-stage design", looks=looks)
    stages = tuple(
        ExpansionLook(n=stage.n, futile_at_most=stage.accept_at_most, active_at_least=stage.reject_at_least)
        for stage in design.stages
    )
    name = "exact single-stage design" if len(stages) == 1 else "Fleming's design"
    return ExpansionRule(method=name, looks=stages)


def compute_bayesian_expansion(
    *,
    null_rate: float,
    n_looks: Sequence[int],
    active_cutoff: float = 0.95,
    futility_cutoff: float = 0.1,
    prior: tuple[float, float] = (1.0, 1.0),
) -> ExpansionRule:
    """Looks by the posterior probability that the response rate exceeds `null_rate`.

    n_looks           numbers of subjects, rising; the last one decides
    active_cutoff     at the last look: active if the probability is at least this
    futility_cutoff   at earlier looks: futile if it is below this
    prior             beta parameters of the response rate
    """
    probability("null_rate", null_rate)
    probability("active_cutoff", active_cutoff)
    probability("futility_cutoff", futility_cutoff)
    _check_prior(prior)
    if not n_looks:
        raise DesignError("n_looks is empty; give the number of subjects of each look.")
    looks = []
    for n in n_looks:
        count("n_looks", n)
        hits = np.arange(n + 1)
        chance = np.asarray(beta.sf(null_rate, prior[0] + hits, prior[1] + n - hits))
        if n == n_looks[-1]:
            enough = np.flatnonzero(chance >= active_cutoff)
            if not enough.size:
                raise DesignError(
                    f"Even {n} responses of {n} leave P(rate > {null_rate}) at {chance[-1]:.3f}, below the "
                    f"active_cutoff {active_cutoff}. Take more subjects or a lower cutoff."
                )
            looks.append(ExpansionLook(n=n, futile_at_most=int(enough[0]) - 1, active_at_least=int(enough[0])))
        else:
            few = np.flatnonzero(chance < futility_cutoff)
            looks.append(ExpansionLook(n=n, futile_at_most=int(few[-1]) if few.size else None, active_at_least=None))
    return ExpansionRule(method="Bayesian monitoring of the response rate", looks=tuple(looks))


def compute_toxicity_monitoring(
    *, limit: float, n_max: int, cutoff: float = 0.9, every: int = 1, n_min: int = 3, prior: tuple[float, float]
) -> ToxicityMonitoring:
    """The fewest DLTs that stop the expansion, after `n_min`, `n_min + every` ... up to `n_max` subjects.

    prior   beta parameters of the DLT probability, for example (limit, 1 - limit): one subject's worth of data
    """
    probability("limit", limit)
    probability("cutoff", cutoff)
    count("n_max", n_max)
    count("every", every)
    count("n_min", n_min)
    _check_prior(prior)
    rows = []
    for n in range(n_min, n_max + 1, every):
        dlts = np.arange(n + 1)
        above = np.flatnonzero(beta.sf(limit, prior[0] + dlts, prior[1] + n - dlts) > cutoff)
        rows.append(ToxicityRow(n=n, stop_at_least=int(above[0]) if above.size else None))
    return ToxicityMonitoring(limit=limit, cutoff=cutoff, prior=prior, rows=tuple(rows))


def _check_prior(prior: tuple[float, float]) -> None:
    if min(prior) <= 0:
        raise DesignError(f"prior {prior!r}: both beta parameters must be above 0. (1, 1) is uniform.")
