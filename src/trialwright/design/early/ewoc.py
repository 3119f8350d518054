"""Escalation with overdose control (EWOC).

Sources: Babb J, Rogatko A, Zacks S. Cancer phase I clinical trials: efficient dose escalation with overdose control.
Stat Med 1998;17:1103-1120. Tighiouart M, Rogatko A. Number of patients per cohort and sample size considerations using
dose escalation with overdose control. J Probab Stat 2012;692725 (model and prior, as used here). Wheeler GM.
Incoherent dose-escalation in phase I trials using the escalation with overdose control approach. Stat Pap
2018;59:801-811 (a feasibility bound that rises whatever happens may escalate after a DLT).

The DLT probability is logistic in the dose, with the parameters rho0, the DLT probability at the lowest dose, and
gamma, the maximum tolerated dose (MTD), at which it is the target. Each dose is as high as it can be while the
posterior probability that it exceeds gamma, an overdose, is at most the feasibility bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.escalation import EscalationCharacteristics
from trialwright.design.early.grid_escalation import DoseGrid, share_below, simulate_grid_escalation
from trialwright.design.early.requirements import ordered, probability
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]

CONVENTIONS = (
    "the first dose is the lowest one; doses are in the unit of dose_min and dose_max",
    "rho0 / target and (MTD - dose_min) / (dose_max - dose_min) have independent beta priors, uniform by default",
    "next dose: the quantile of the MTD's posterior at the feasibility bound; of a set of doses the highest whose "
    "posterior probability of exceeding the MTD is at most the bound, not skipping an untried dose; the lowest dose if "
    "none is",
    "the dose selected at the end follows the same rule; of a set, it is one of those tried",
)

_RHO_NODES = 48
_MTD_CELLS = 600
# Coarser for simulations: probabilities of an overdose are exact to about 1e-3.
_RHO_NODES_SIMULATED = 12
_MTD_CELLS_SIMULATED = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FeasibilityBound:
    """The highest posterior probability of an overdose that is accepted.

    start               at the first decision
    increment           added after each cohort, up to `highest`
    only_without_dlt    whether a cohort with a DLT leaves the bound as it is, which keeps the escalation coherent
    """

    start: float = 0.25
    increment: float = 0.0
    highest: float = 0.5
    only_without_dlt: bool = True

    def __post_init__(self) -> None:
        probability("FeasibilityBound.start", self.start)
        probability("FeasibilityBound.highest", self.highest)
        if self.increment < 0:
            raise DesignError(f"FeasibilityBound.increment must be at least 0, got {self.increment!r}.")
        if self.highest < self.start:
            raise DesignError(
                f"FeasibilityBound.highest ({self.highest!r}) must be at least start ({self.start!r}), from which it "
                "rises."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EwocDesign:
    """A design by its model.

    target              DLT probability at the MTD
    dose_min, dose_max  lowest and highest dose that may be given; the MTD lies between them
    doses               the set of doses, rising from dose_min; None: any dose between
    bound               feasibility bound
    rho0_prior, mtd_prior   beta parameters, at least 1, of rho0 / target and of the MTD scaled to 0..1
    max_increment       for any dose: how much the next dose may be above the highest given; None: no limit
    """

    target: float
    dose_min: float
    dose_max: float
    doses: tuple[float, ...] | None = None
    bound: FeasibilityBound = field(default_factory=FeasibilityBound)
    rho0_prior: tuple[float, float] = (1.0, 1.0)
    mtd_prior: tuple[float, float] = (1.0, 1.0)
    max_increment: float | None = None

    def __post_init__(self) -> None:
        probability("target", self.target)
        if not (math.isfinite(self.dose_min) and math.isfinite(self.dose_max)):
            raise DesignError(
                f"dose_min and dose_max must be finite, got {self.dose_min!r} and {self.dose_max!r}: the prior of the "
                "MTD lies between them."
            )
        ordered("dose_min", self.dose_min, "dose_max", self.dose_max, why="the MTD lies between them")
        for name in ("rho0_prior", "mtd_prior"):
            if min(getattr(self, name)) < 1:
                raise DesignError(
                    f"{name} is {getattr(self, name)!r}; both parameters of the beta prior must be at least 1, so that "
                    "its density is finite. (1, 1) is uniform."
                )
        if self.doses is not None:
            if len(self.doses) < 2 or any(b <= a for a, b in zip(self.doses, self.doses[1:], strict=False)):
                raise DesignError(f"doses {self.doses!r} must be at least two and rise.")
            if self.doses[0] != self.dose_min or self.doses[-1] > self.dose_max:
                raise DesignError(
                    f"doses go from {self.doses[0]} to {self.doses[-1]}; they must begin with dose_min "
                    f"({self.dose_min}) and end at most at dose_max ({self.dose_max})."
                )
        if self.max_increment is not None and self.max_increment <= 0:
            raise DesignError(f"max_increment must be above 0, got {self.max_increment!r}. None means no limit.")

    def toxicity(self, dose: Floats, rho0: Floats, mtd: Floats) -> Floats:
        """DLT probability at a dose, for values of the parameters."""
        low = np.log(rho0 / (1 - rho0))
        high = math.log(self.target / (1 - self.target))
        linear = low + (high - low) * (dose - self.dose_min) / (mtd - self.dose_min)
        return np.asarray(1 / (1 + np.exp(-np.clip(linear, -700, 700))))

    def grid(self, doses: Floats, *, rho_nodes: int = _RHO_NODES, mtd_cells: int = _MTD_CELLS) -> DoseGrid:
        """The prior on a grid; features are, for each of `doses`, whether it exceeds the MTD."""
        from scipy.stats import beta

        nodes, weights = np.polynomial.legendre.leggauss(rho_nodes)
        share = (nodes + 1) / 2
        edges = np.linspace(0.0, 1.0, mtd_cells + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        mass = np.outer(weights * beta.pdf(share, *self.rho0_prior), beta.pdf(middle, *self.mtd_prior))
        span = self.dose_max - self.dose_min
        rho0, mtd = np.meshgrid(share * self.target, self.dose_min + middle * span, indexing="ij")
        overdose = share_below(edges, (doses - self.dose_min) / span)
        return DoseGrid(
            log_prior=np.log(mass).ravel(),
            toxicity=np.stack([self.toxicity(np.asarray(dose), rho0, mtd).ravel() for dose in doses]),
            features=np.tile(overdose, (1, rho_nodes)).T,
        )

    def simulation_grid(self) -> DoseGrid:
        """See `GridRule`."""
        return self.grid(np.asarray(self.doses or ()), rho_nodes=_RHO_NODES_SIMULATED, mtd_cells=_MTD_CELLS_SIMULATED)

    def next_levels(self, averages: Floats, tried: Integers, alpha: Floats) -> Integers:
        """See `GridRule`: the highest level whose probability of an overdose is at most the bound; none stops."""
        # The lowest dose cannot exceed the MTD; a probability is not to miss the bound by rounding.
        allowed = (averages <= alpha[:, None] + 1e-12).sum(axis=1) - 1
        return np.asarray(np.clip(np.minimum(allowed, tried + 1), 0, None))

    def bound_after(self, alpha: Floats | None, has_dlt: NDArray[np.bool_]) -> Floats:
        """See `GridRule`."""
        if alpha is None:
            # The first cohort's dose needs no bound; the increment begins with the decision after the next.
            return np.full(len(has_dlt), self.bound.start - self.bound.increment)
        rises = ~has_dlt if self.bound.only_without_dlt else np.ones(len(has_dlt), dtype=bool)
        raised = np.where(rises, alpha + self.bound.increment, alpha)
        return np.clip(raised, self.bound.start, self.bound.highest)


@dataclass(frozen=True, slots=True, kw_only=True)
class EwocDecision:
    """What to give next.

    dose            the next dose
    overdose        posterior probability that it exceeds the MTD
    bound           feasibility bound of this decision
    mtd_mean, mtd_quantiles   posterior mean of the MTD; its quantiles at 2.5%, the bound, 50% and 97.5%
    """

    dose: float
    overdose: float
    bound: float
    mtd_mean: float
    mtd_quantiles: tuple[float, float, float, float]
    conventions: tuple[str, ...] = CONVENTIONS


def decide_ewoc(
    design: EwocDesign, *, doses: Sequence[float], has_dlt: Sequence[bool], bound: float | None = None
) -> EwocDecision:
    """The next dose after subjects at `doses`, of whom those with `has_dlt` had a DLT.

    bound   feasibility bound of this decision; that of the start if None
    """
    if len(doses) != len(has_dlt):
        raise DesignError(f"doses has {len(doses)} subjects and has_dlt {len(has_dlt)}. Give one value of each.")
    for dose in doses:
        if not design.dose_min <= dose <= design.dose_max:
            raise DesignError(f"doses must lie between {design.dose_min} and {design.dose_max}, got {dose!r}.")
    alpha = design.bound.start if bound is None else probability("bound", bound)
    given = np.asarray(sorted(set(doses)) or [design.dose_min], dtype=np.float64)
    n = np.asarray([[sum(dose == other for other in doses) for dose in given]])
    dlts = np.asarray([[sum(dose == other and y for other, y in zip(doses, has_dlt, strict=True)) for dose in given]])
    mass = design.grid(given).posterior(n, dlts)[0].reshape(_RHO_NODES, _MTD_CELLS).sum(axis=0)
    edges = np.linspace(design.dose_min, design.dose_max, _MTD_CELLS + 1)
    cumulated = np.concatenate([[0.0], np.cumsum(mass)])
    quantiles = np.interp([0.025, alpha, 0.5, 0.975], cumulated, edges)
    highest = max(doses, default=None)
    if highest is None:
        dose = design.dose_min
    elif design.doses is None:
        dose = float(quantiles[1])
        if design.max_increment is not None:
            dose = min(dose, highest + design.max_increment)
    else:
        overdoses = np.interp(design.doses, edges, cumulated)[None, :]
        tried = int(np.searchsorted(design.doses, highest, side="right")) - 1
        dose = design.doses[int(design.next_levels(overdoses, np.asarray([tried]), np.asarray([alpha]))[0])]
    return EwocDecision(
        dose=dose,
        overdose=float(np.interp(dose, edges, cumulated)),
        bound=alpha,
        mtd_mean=float(mass @ (edges[1:] + edges[:-1]) / 2),
        mtd_quantiles=(float(quantiles[0]), float(quantiles[1]), float(quantiles[2]), float(quantiles[3])),
    )


def simulate_ewoc(
    design: EwocDesign,
    *,
    toxicities: Sequence[float],
    cohorts: int,
    cohort_size: int,
    rng: np.random.Generator,
    trials: int = 10_000,
    execution: Execution = IN_THIS_PROCESS,
) -> EscalationCharacteristics:
    """Operating characteristics with a set of doses; `toxicities` are the true DLT probabilities at them."""
    if design.doses is None:
        raise DesignError(
            "Operating characteristics by level need a set of doses; give `doses`, or use simulate_ewoc_any_dose."
        )
    return simulate_grid_escalation(
        design,
        method="EWOC",
        toxicities=toxicities,
        levels=len(design.doses),
        cohorts=cohorts,
        cohort_size=cohort_size,
        rng=rng,
        trials=trials,
        start_level=1,
        execution=execution,
        conventions=CONVENTIONS,
    )
