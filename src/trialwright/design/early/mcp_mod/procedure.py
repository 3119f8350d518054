"""MCP-Mod on a trial's data: the test, the models that passed it, and the target dose with a bootstrap interval.

Sources: Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738-748. Buckland ST, Burnham KP, Augustin NH. Biometrics
1997;53:603-618 (weights by information criteria). Efron B, Tibshirani RJ. An introduction to the bootstrap. 1993.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.design.early.mcp_mod.contrasts import (
    MultipleContrastTest,
    compute_multiple_contrast_test,
)
from trialwright.design.early.mcp_mod.fitting import Criterion, DoseMeans, FittedModel, fit_dose_response, fit_models
from trialwright.design.early.mcp_mod.models import DoseResponse
from trialwright.design.early.requirements import count, probability
from trialwright.errors import DesignError

CONVENTIONS = (
    "models whose contrast test rejects are fitted, each model once; the one with the least criterion is selected",
    "target_dose is that of the selected model; averaged_target_dose weighs the models' by exp(-criterion / 2)",
    "None where no model passed, or no dose up to the highest has the effect",
    "the interval has the percentiles of doses from bootstrap data sets in which the models that passed are fitted and "
    "chosen anew; where no dose has the effect, the dose counts as above the highest",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapInterval:
    """Percentile interval of the target dose; None for a limit above the highest dose.

    without_dose   share of the bootstrap data sets in which no dose has the effect
    """

    lower: float | None
    upper: float | None
    conf_level: float
    without_dose: float
    resamples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class McpModAnalysis:
    """The test, the fits of the models that passed (least criterion first) with weights, and the target dose."""

    test: MultipleContrastTest
    fits: tuple[FittedModel, ...]
    weights: tuple[float, ...]
    criterion: Criterion
    target_effect: float
    target_dose: float | None
    averaged_target_dose: float | None
    interval: BootstrapInterval | None
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def selected(self) -> FittedModel | None:
        """The model with the least criterion of those that passed."""
        return self.fits[0] if self.fits else None


def compute_mcp_mod(
    data: DoseMeans,
    candidates: Sequence[DoseResponse],
    *,
    alpha: float,
    target_effect: float,
    criterion: Criterion = "AIC",
    rng: np.random.Generator | None = None,
    resamples: int = 1000,
    conf_level: float = 0.95,
) -> McpModAnalysis:
    """Test for a dose-response signal, then estimate the dose with `target_effect` over placebo.

    rng   for the bootstrap interval of the target dose; none is made without it
    """
    check_request(target_effect, criterion)
    test = compute_multiple_contrast_test(
        candidates,
        doses=data.doses,
        estimates=data.means,
        covariance=np.diag(data.variance / np.array(data.n)),
        alpha=alpha,
        df=data.df,
    )
    passed = distinct_models(item.candidate for item in test.tests if item.rejected)
    fits = sorted(
        (fit_dose_response(data, c.model, offset=c.offset, scale=c.scale) for c in passed),
        key=lambda fit: value_of(fit, criterion),
    )
    weights = model_weights([value_of(fit, criterion) for fit in fits])
    doses = [fit.target_dose(target_effect) for fit in fits]
    return McpModAnalysis(
        test=test,
        fits=tuple(fits),
        weights=weights,
        criterion=criterion,
        target_effect=target_effect,
        target_dose=doses[0] if doses else None,
        averaged_target_dose=_average(doses, weights),
        interval=(
            _bootstrap(data, passed, target_effect, criterion, rng, resamples, conf_level) if fits and rng else None
        ),
    )


def check_request(target_effect: float, criterion: str) -> None:
    """Refuse a target or criterion that cannot be."""
    if not (math.isfinite(target_effect) and target_effect > 0):
        raise DesignError(
            f"target_effect must be above 0, got {target_effect!r}: the test looks for an increase over placebo. "
            "Negate the responses if a decrease is wanted."
        )
    if criterion not in ("AIC", "BIC"):
        raise DesignError(f"criterion must be 'AIC' or 'BIC', got {criterion!r}.")


def distinct_models(candidates: Iterable[DoseResponse]) -> list[DoseResponse]:
    """One candidate per model: guesstimates of the same model lead to the same fit."""
    found: dict[tuple[str, float | None, float | None], DoseResponse] = {}
    for candidate in candidates:
        found.setdefault((candidate.model, candidate.offset, candidate.scale), candidate)
    return list(found.values())


def value_of(fit: FittedModel, criterion: Criterion) -> float:
    """The criterion of a fit."""
    return fit.aic if criterion == "AIC" else fit.bic


def model_weights(values: Sequence[float]) -> tuple[float, ...]:
    """Weights in proportion to exp(-criterion / 2), adding up to 1."""
    if not values:
        return ()
    raw = np.exp(-(np.array(values) - min(values)) / 2)
    return tuple((raw / raw.sum()).tolist())


def _average(doses: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """The weighted mean of the doses of the models that have one."""
    there = [(dose, weight) for dose, weight in zip(doses, weights, strict=True) if dose is not None]
    if not there:
        return None
    return sum(dose * weight for dose, weight in there) / sum(weight for _, weight in there)


def _bootstrap(
    data: DoseMeans,
    candidates: Sequence[DoseResponse],
    target_effect: float,
    criterion: Criterion,
    rng: np.random.Generator,
    resamples: int,
    conf_level: float,
) -> BootstrapInterval:
    """Parametric: means and variance drawn from their distributions at the estimates."""
    count("resamples", resamples, least=100)
    probability("conf_level", conf_level)
    error = np.sqrt(data.variance / np.array(data.n))
    means = np.array(data.means) + error * rng.standard_normal((resamples, len(data.n)))
    within = data.variance * rng.chisquare(data.df, resamples)
    fits = [fit_models(data, c.model, means, within, offset=c.offset, scale=c.scale) for c in candidates]
    best = [min(row, key=lambda fit: value_of(fit, criterion)) for row in zip(*fits, strict=True)]
    doses = [fit.target_dose(target_effect) for fit in best]
    ordered = np.sort([math.inf if dose is None else dose for dose in doses])
    tail = (1 - conf_level) / 2
    ends = [ordered[math.floor(tail * (resamples - 1))], ordered[math.ceil((1 - tail) * (resamples - 1))]]
    lower, upper = (None if math.isinf(end) else float(end) for end in ends)
    return BootstrapInterval(
        lower=lower,
        upper=upper,
        conf_level=conf_level,
        without_dose=sum(dose is None for dose in doses) / resamples,
        resamples=resamples,
    )
