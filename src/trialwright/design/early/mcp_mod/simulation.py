"""MCP-Mod in simulated trials, subject by subject: how often it finds a signal, which model, and which dose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.mcp_mod.contrasts import check_doses, compute_optimal_contrasts
from trialwright.design.early.mcp_mod.fitting import Criterion, DoseMeans, fit_models
from trialwright.design.early.mcp_mod.maximum import MaximumOfT
from trialwright.design.early.mcp_mod.models import DoseResponse
from trialwright.design.early.mcp_mod.procedure import CONVENTIONS, check_request, distinct_models, value_of
from trialwright.design.early.requirements import count, positive, probability
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import Purpose, draw_normal, new_seed
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class McpModTrial:
    """A trial analysed by MCP-Mod; normal responses of standard deviation `sd`, `n` subjects per dose."""

    candidates: tuple[DoseResponse, ...]
    doses: tuple[float, ...]
    n: tuple[int, ...]
    sd: float
    alpha: float
    target_effect: float
    criterion: Criterion = "AIC"

    def __post_init__(self) -> None:
        grid = check_doses(self.doses)
        positive("sd", self.sd)
        probability("alpha", self.alpha)
        check_request(self.target_effect, self.criterion)
        if len(self.n) != grid.size:
            raise DesignError(f"n has {len(self.n)} values for {grid.size} doses; give the subjects of each dose.")
        for value in self.n:
            count("n", value, least=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpModCharacteristics:
    """How the trial behaves when the doses have these `means`.

    rejected      probability of a dose-response signal: type I error if the means are equal, else power
    selected      probability that each model is selected (name of the model, estimate)
    dose_found    probability that there is a signal and a target dose up to the highest
    target_dose   mean of the target doses found
    """

    means: tuple[float, ...]
    rejected: Estimate
    selected: tuple[tuple[str, Estimate], ...]
    dose_found: Estimate
    target_dose: Estimate
    trials: int
    seed: int
    conventions: tuple[str, ...] = CONVENTIONS


def simulate_mcp_mod(
    trial: McpModTrial,
    means: Sequence[float],
    *,
    rng: np.random.Generator,
    trials: int = 10_000,
    execution: Execution = IN_THIS_PROCESS,
) -> McpModCharacteristics:
    """Operating characteristics when the mean responses at the doses are `means`."""
    if len(means) != len(trial.doses):
        raise DesignError(
            f"means has {len(means)} values for {len(trial.doses)} doses; give the true mean of each dose."
        )
    contrasts = compute_optimal_contrasts(trial.candidates, doses=trial.doses, weights=trial.n)
    df = sum(trial.n) - len(trial.n)
    critical = MaximumOfT(contrasts.correlation, df).critical_value(trial.alpha).value
    seed = new_seed(rng)
    work = partial(
        simulate_mcp_mod_block, trial, np.asarray(means, dtype=np.float64), contrasts.coefficients, critical, seed=seed
    )
    blocks = simulate_in_blocks(work, trials, execution=execution)
    chosen = np.concatenate([block[0] for block in blocks])
    doses = np.concatenate([block[1] for block in blocks])
    found = np.isfinite(doses)
    models = distinct_models(trial.candidates)
    return McpModCharacteristics(
        means=tuple(means),
        rejected=mean_over_trials(chosen >= 0),
        selected=tuple((model.model, mean_over_trials(chosen == k)) for k, model in enumerate(models)),
        dose_found=mean_over_trials(found),
        target_dose=mean_over_trials(doses[found]),
        trials=trials,
        seed=seed,
    )


def simulate_mcp_mod_block(
    trial: McpModTrial,
    means: Floats,
    coefficients: Floats,
    critical: float,
    *,
    seed: int,
    block: int,
    trials: int,
) -> tuple[NDArray[np.int_], Floats]:
    """Number of the model selected in each trial (from 0; -1 without a signal), and the target dose or NaN."""
    n = np.array(trial.n)
    # Streams are read subject by subject: of each dose in turn as far as it has subjects left.
    dose_of = [dose for turn in range(max(trial.n)) for dose in range(n.size) if turn < n[dose]]
    draws = draw_normal(seed, block, Purpose.DOSE_RESPONSE, int(n.sum()))[:, :trials] * trial.sd
    seen, within = np.empty((trials, n.size)), np.zeros(trials)
    for dose in range(n.size):
        rows = draws[np.array(dose_of) == dose] + means[dose]
        seen[:, dose] = rows.mean(axis=0)
        within += ((rows - rows.mean(axis=0)) ** 2).sum(axis=0)
    variance = within / (n.sum() - n.size)
    statistics = seen @ coefficients.T / np.sqrt(np.outer(variance, (coefficients**2 / n).sum(axis=1)))
    passes = statistics > critical
    chosen, doses = np.full(trials, -1), np.full(trials, math.nan)
    some = np.flatnonzero(passes.any(axis=1))
    if not some.size:
        return chosen, doses
    data = DoseMeans(doses=trial.doses, means=tuple(means.tolist()), n=trial.n, within=1.0)
    least = np.full(some.size, math.inf)
    best = {}
    for k, model in enumerate(distinct_models(trial.candidates)):
        same = [
            item.model == model.model and item.offset == model.offset and item.scale == model.scale
            for item in trial.candidates
        ]
        allowed = passes[some][:, same].any(axis=1)
        fits = fit_models(data, model.model, seen[some], within[some], offset=model.offset, scale=model.scale)
        values = np.where(allowed, [value_of(fit, trial.criterion) for fit in fits], math.inf)
        better = values < least
        chosen[some[better]] = k
        least = np.minimum(least, values)
        best.update({int(row): fits[row] for row in np.flatnonzero(better)})
    for row, fit in best.items():
        target = fit.target_dose(trial.target_effect)
        doses[some[row]] = math.nan if target is None else target
    return chosen, doses
