"""The modelling step: fits within bounds, choice or average of models, and the target dose with its interval.

Given the shape's parameters the fit is linear, so only those are searched: on a grid over the bounds, refined around
its best point; all data sets of a bootstrap or simulation at once.

Sources: Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738-748. Buckland ST, Burnham KP, Augustin NH. Model
selection: an integral part of inference. Biometrics 1997;53:603-618 (weights).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from trialwright.design.early.mcp_mod.contrasts import check_doses
from trialwright.design.early.mcp_mod.models import PARAMETERS, compute_shape
from trialwright.design.early.requirements import probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Criterion = Literal["AIC", "BIC"]

CONVENTIONS = (
    "responses are normal with one variance; fits are by least squares",
    "parameters of shapes lie within BOUNDS, of which doses are multiplied by the highest dose",
    "criteria count all parameters and the variance, whose estimate is by maximum likelihood; smaller is better",
    "target_dose is the smallest dose up to the highest whose mean is target_effect above placebo; None if none is",
    "effective_dose(p) is the smallest dose with a share p of the largest effect up to the highest dose",
)

#: Limits of the shape's parameters; those that are doses in units of the highest dose.
BOUNDS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "emax": ((0.001, 1.5),),
    "sig_emax": ((0.001, 1.5), (0.5, 10.0)),
    "exponential": ((0.1, 2.0),),
    "logistic": ((0.001, 1.5), (0.01, 0.5)),
    "beta": ((0.05, 4.0), (0.05, 4.0)),
}
_WITHOUT_UNIT: Final = ("h", "d1", "d2")
_GRID = {1: 121, 2: 33}
_REFINEMENTS = {1: 14, 2: 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseMeans:
    """A trial's data as least squares need them.

    means         mean response per dose
    n             subjects per dose
    within        sum of squares of the responses around the means of their doses
    """

    doses: tuple[float, ...]
    means: tuple[float, ...]
    n: tuple[int, ...]
    within: float

    def __post_init__(self) -> None:
        check_doses(self.doses)
        if not len(self.doses) == len(self.means) == len(self.n):
            raise DesignError("doses, means and n must have one value per dose each.")
        if self.df < 1 or not self.within > 0:
            raise DesignError(
                "The responses do not vary within doses, so there is no variance to compare effects with."
            )

    @property
    def df(self) -> int:
        """Degrees of freedom of the variance."""
        return sum(self.n) - len(self.n)

    @property
    def variance(self) -> float:
        """Pooled variance within doses."""
        return self.within / self.df


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """A model at its least squares.

    base, effect   e0 and e1; `parameters` of the shape
    sse            sum of squared errors
    """

    model: str
    base: float
    effect: float
    parameters: tuple[float, ...]
    offset: float | None
    scale: float | None
    sse: float
    aic: float
    bic: float
    highest_dose: float
    conventions: tuple[str, ...] = CONVENTIONS

    def mean(self, dose: float) -> float:
        """The mean response at a dose."""
        parameters = tuple(np.asarray(value) for value in self.parameters)
        return self.base + self.effect * float(
            compute_shape(self.model, np.asarray(dose, dtype=np.float64), parameters, self.offset, self.scale)
        )

    def target_dose(self, target_effect: float) -> float | None:
        """The smallest dose with this difference from placebo (negative for a decrease)."""
        if target_effect == 0 or not math.isfinite(target_effect):
            raise DesignError(f"target_effect must be a number other than 0, got {target_effect!r}.")
        return self._first_dose(target_effect)

    def effective_dose(self, share: float) -> float | None:
        """The smallest dose with this share of the largest effect, in the direction of that effect."""
        probability("share", share)
        effects = self._effects()
        return self._first_dose(share * float(effects[int(np.argmax(np.abs(effects)))]))

    def _grid(self) -> Floats:
        return np.linspace(0.0, self.highest_dose, 2001)

    def _effects(self) -> Floats:
        parameters = tuple(np.asarray(value) for value in self.parameters)
        shape = compute_shape(self.model, self._grid(), parameters, self.offset, self.scale)
        effects: Floats = self.effect * (shape - shape[0])
        return effects

    def _first_dose(self, target: float) -> float | None:
        sign = math.copysign(1.0, target)
        reached = np.flatnonzero(sign * self._effects() >= sign * target)
        if not reached.size:
            return None
        grid, first = self._grid(), int(reached[0])
        placebo = self.mean(0.0)

        def beyond(dose: float) -> float:
            return sign * (self.mean(dose) - placebo - target)

        if beyond(grid[first]) <= 0:  # reached at this very dose, but for rounding
            return float(grid[first])
        return float(brentq(beyond, grid[first - 1], grid[first], xtol=1e-12))


def summarize_doses(doses: Sequence[float], responses: Sequence[float]) -> DoseMeans:
    """The data of a trial, a dose and a response per subject."""
    dose, response = np.asarray(doses, dtype=np.float64), np.asarray(responses, dtype=np.float64)
    if dose.shape != response.shape or dose.ndim != 1 or not dose.size:
        raise DesignError(
            f"doses and responses must have one value per subject each, got {dose.size} and {response.size}."
        )
    if not (np.isfinite(dose).all() and np.isfinite(response).all()):
        raise DesignError("doses or responses are missing for some subjects; leave these out, or impute.")
    levels, which = np.unique(dose, return_inverse=True)
    n = np.bincount(which)
    means = np.bincount(which, weights=response) / n
    return DoseMeans(
        doses=tuple(levels.tolist()),
        means=tuple(means.tolist()),
        n=tuple(n.tolist()),
        within=float(((response - means[which]) ** 2).sum()),
    )


def fit_dose_response(
    data: DoseMeans, model: str, *, offset: float | None = None, scale: float | None = None
) -> FittedModel:
    """The least-squares fit of a model; `offset` of linlog and `scale` of beta as in DoseResponse."""
    return fit_models(data, model, np.array([data.means]), np.array([data.within]), offset=offset, scale=scale)[0]


def fit_models(
    data: DoseMeans, model: str, means: Floats, within: Floats, *, offset: float | None, scale: float | None
) -> list[FittedModel]:
    """The fits to several data sets of the design of `data`: a row of means and a sum of squares each."""
    if model not in PARAMETERS:
        raise DesignError(f"model {model!r} is not known. Known are: {', '.join(PARAMETERS)}.")
    doses, n = np.array(data.doses), np.array(data.n, dtype=np.float64)
    highest = float(doses.max())
    if model == "linlog" and offset is None:
        offset = 0.01 * highest
    if model == "beta":
        scale = 1.2 * highest if scale is None else scale
        if scale <= highest:
            raise DesignError(
                f"scale of beta ({scale!r}) must be above the highest dose ({highest:g}); 1.2 times it is usual."
            )
    linear = 3 if model == "quadratic" else 2
    total = linear + len(PARAMETERS[model]) - (model == "quadratic")
    if total > len(doses):
        raise DesignError(
            f"{model} has {total} parameters, but there are only {len(doses)} doses; fit a model with fewer parameters."
        )
    if model == "quadratic":
        bases, effects, parameters, misfit = _fit_quadratic(doses, n, means)
    else:
        bases, effects, parameters, misfit = _search(model, doses, n, means, offset, scale)
    sse = within + misfit
    subjects = float(n.sum())
    deviance = subjects * (np.log(2 * math.pi * sse / subjects) + 1)
    return [
        FittedModel(
            model=model,
            base=float(bases[i]),
            effect=float(effects[i]),
            parameters=tuple(parameters[i].tolist()),
            offset=offset,
            scale=scale,
            sse=float(sse[i]),
            aic=float(deviance[i] + 2 * (total + 1)),
            bic=float(deviance[i] + math.log(subjects) * (total + 1)),
            highest_dose=highest,
        )
        for i in range(len(means))
    ]


def _fit_quadratic(doses: Floats, n: Floats, means: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    root = np.sqrt(n)
    design = np.stack([np.ones_like(doses), doses, doses**2], axis=1)
    found = np.linalg.lstsq(design * root[:, None], (means * root).T, rcond=None)[0]
    misfit = (n * (means - (design @ found).T) ** 2).sum(axis=1)
    return found[0], found[1], (found[2] / found[1])[:, None], misfit


def _search(
    model: str, doses: Floats, n: Floats, means: Floats, offset: float | None, scale: float | None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Base, effect, parameters and sum of squared misfits of the means, per data set."""
    names = PARAMETERS[model]
    if not names:
        return _project(compute_shape(model, doses, (), offset, scale)[None, None, :], n, means)[1:]
    units = [1.0 if name in _WITHOUT_UNIT else float(doses.max()) for name in names]
    low = np.log([bounds[0] * unit for bounds, unit in zip(BOUNDS[model], units, strict=True)])
    high = np.log([bounds[1] * unit for bounds, unit in zip(BOUNDS[model], units, strict=True)])
    size = len(names)
    lattice = np.stack(np.meshgrid(*[np.linspace(0, 1, _GRID[size])] * size, indexing="ij"), axis=-1).reshape(-1, size)
    points = np.broadcast_to(low + lattice * (high - low), (1, len(lattice), size))
    best, bases, effects, misfit = _best(model, doses, n, means, points, offset, scale)
    step = (high - low) / (_GRID[size] - 1)
    around = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * size, indexing="ij"), axis=-1).reshape(-1, size)
    for _ in range(_REFINEMENTS[size] * 2):
        points = np.clip(best[:, None, :] + around * step, low, high)
        best, bases, effects, misfit = _best(model, doses, n, means, points, offset, scale)
        step = step * 0.45
    return bases, effects, np.exp(best), misfit


def _best(
    model: str, doses: Floats, n: Floats, means: Floats, points: Floats, offset: float | None, scale: float | None
) -> tuple[Floats, Floats, Floats, Floats]:
    parameters = tuple(np.exp(points[:, :, k])[:, :, None] for k in range(points.shape[2]))
    shapes = compute_shape(model, doses, parameters, offset, scale)
    chosen, bases, effects, _, misfit = _project(shapes, n, means)
    rows = np.arange(len(means)) if len(points) > 1 else np.zeros(len(means), dtype=np.int_)
    return points[rows, chosen], bases, effects, misfit


def _project(shapes: Floats, n: Floats, means: Floats) -> tuple[NDArray[np.int_], Floats, Floats, Floats, Floats]:
    """Of each data set's candidate shapes the best, with base, effect, no parameters, and misfit."""
    total = n.sum()
    level = shapes @ n / total
    centered = shapes - level[..., None]
    size = np.maximum((centered**2) @ n, 1e-300)
    average = means @ n / total
    residual = means - average[:, None]
    weighted = residual * n
    product = weighted @ centered[0].T if len(shapes) == 1 else np.einsum("tgk,tk->tg", centered, weighted)
    gain = product**2 / size
    chosen = gain.argmax(axis=1)
    rows = np.arange(len(means))
    source = rows if len(shapes) > 1 else np.zeros_like(rows)
    effects = product[rows, chosen] / size[source, chosen]
    bases = average - effects * level[source, chosen]
    misfit = np.maximum((residual**2) @ n - gain[rows, chosen], 0.0)
    return chosen, bases, effects, np.empty((len(means), 0)), misfit
