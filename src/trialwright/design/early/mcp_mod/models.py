"""Candidate models of the mean response over dose, in the parametrization common since Bretz et al. (2005).

    linear       e0 + e1 d
    linlog       e0 + e1 log(d + offset)
    quadratic    e0 + e1 (d + b d^2); b is the guesstimate, the second coefficient over the first
    emax         e0 + e1 d / (ed50 + d)
    sig_emax     e0 + e1 d^h / (ed50^h + d^h)
    exponential  e0 + e1 (exp(d / delta) - 1)
    logistic     e0 + e1 / (1 + exp((ed50 - d) / delta))
    beta         e0 + e1 B (d / scale)^d1 (1 - d / scale)^d2, with B such that the largest value is e0 + e1

Sources: Bretz F, Pinheiro JC, Branson M. Combining multiple comparisons and modeling techniques in dose-response
studies. Biometrics 2005;61:738-748. Pinheiro J, Bornkamp B, Glimm E, Bretz F. Model-based dose finding under model
uncertainty using general parametric models. Stat Med 2014;33:1646-1661.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialwright.errors import DesignError

Floats = NDArray[np.float64]

#: What the parameters of each model's shape are called, in order.
PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "linear": (),
    "linlog": (),
    "quadratic": ("b",),
    "emax": ("ed50",),
    "sig_emax": ("ed50", "h"),
    "exponential": ("delta",),
    "logistic": ("ed50", "delta"),
    "beta": ("d1", "d2"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseResponse:
    """A candidate model with its guesstimates.

    model        one of linear, linlog, quadratic, emax, sig_emax, exponential, logistic, beta
    parameters   of the shape, as PARAMETERS names them, in units of the dose where they are doses
    offset       of linlog: added to the dose, as log(0) is not; customarily 0.01 times the highest dose
    scale        of beta: above the highest dose; customarily 1.2 times it
    name         in tables; the model's name with its parameters if left out
    """

    model: str
    parameters: tuple[float, ...] = ()
    offset: float | None = None
    scale: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.model not in PARAMETERS:
            raise DesignError(f"model {self.model!r} is not known. Known are: {', '.join(PARAMETERS)}.")
        names = PARAMETERS[self.model]
        if len(self.parameters) != len(names):
            wanted = f"{len(names)} ({', '.join(names)})" if names else "none"
            raise DesignError(f"parameters of {self.model} must be {wanted}, got {self.parameters!r}.")
        for name, value in zip(names, self.parameters, strict=True):
            if not math.isfinite(value) or (name != "b" and value <= 0) or value == 0:
                raise DesignError(f"{name} of {self.model} must be above 0, got {value!r}.")
        for need, model in (("offset", "linlog"), ("scale", "beta")):
            value = getattr(self, need)
            if self.model == model and not (value is not None and math.isfinite(value) and value > 0):
                raise DesignError(f"{model} needs {need} above 0, got {value!r}; it is a dose.")
        if not self.name:
            inside = ", ".join(f"{value:g}" for value in self.parameters)
            object.__setattr__(self, "name", f"{self.model}({inside})" if inside else self.model)

    def shape(self, dose: ArrayLike) -> Floats:
        """The model at these doses with e0 = 0 and e1 = 1."""
        parameters = tuple(np.asarray(value, dtype=np.float64) for value in self.parameters)
        return compute_shape(self.model, np.asarray(dose, dtype=np.float64), parameters, self.offset, self.scale)

    def check_doses(self, doses: Floats) -> None:
        """Refuse doses where the model is not defined."""
        if self.model == "beta" and self.scale is not None and doses.max() >= self.scale:
            raise DesignError(
                f"scale of beta ({self.scale!r}) must be above the highest dose ({doses.max():g}); usual is 1.2 times."
            )

    def compute_means(self, doses: Sequence[float], *, placebo_effect: float, max_effect: float) -> Floats:
        """Means whose largest difference from dose 0, anywhere up to the highest of `doses`, is `max_effect`."""
        grid = np.asarray(doses, dtype=np.float64)
        self.check_doses(grid)
        rise = self.shape(self._doses_of_extremes(float(grid.max()))) - self.shape(0.0)
        largest = rise[int(np.argmax(np.abs(rise)))]
        means: Floats = placebo_effect + max_effect * (self.shape(grid) - self.shape(0.0)) / largest
        return means

    def _doses_of_extremes(self, highest: float) -> Floats:
        """Where the distance from placebo can be largest: the highest dose, and the turning point before it."""
        turning = highest
        if self.model == "quadratic":
            turning = -1 / (2 * self.parameters[0])
        elif self.model == "beta" and self.scale is not None:
            turning = self.scale * self.parameters[0] / sum(self.parameters)
        return np.array([highest, turning if 0 < turning < highest else highest])


def compute_shape(
    model: str, dose: Floats, parameters: tuple[Floats, ...], offset: float | None, scale: float | None
) -> Floats:
    """The model with e0 = 0 and e1 = 1; doses and parameters broadcast."""
    match model:
        case "linear":
            return dose * 1.0
        case "linlog":
            return np.asarray(np.log(dose + (offset or 0.0)))
        case "quadratic":
            return np.asarray(dose + parameters[0] * dose**2)
        case "emax":
            return np.asarray(dose / (parameters[0] + dose))
        case "sig_emax":
            ed50, h = parameters
            # (d / ed50)^h rather than d^h and ed50^h, which under- and overflow.
            ratio = (dose / ed50) ** h
            return np.asarray(ratio / (1 + ratio))
        case "exponential":
            return np.asarray(np.expm1(dose / parameters[0]))
        case "logistic":
            ed50, delta = parameters
            return np.asarray(1 / (1 + np.exp(np.clip((ed50 - dose) / delta, -700, 700))))
        case _:
            first, second = parameters
            top = (first + second) * np.log(first + second) - first * np.log(first) - second * np.log(second)
            share = dose / (scale or math.inf)
            return np.asarray(np.exp(top) * share**first * (1 - share) ** second)


def compute_guesstimate(model: str, doses: Sequence[float], fractions: Sequence[float]) -> DoseResponse:
    """The model that has these fractions of its largest effect at these doses: one pair, two for sig_emax, logistic.

    emax, sig_emax and logistic: of the effect at infinite dose. exponential: `doses` ends with the highest dose, and
    `fractions` is of the effect there. quadratic: of the effect at the turning point. logistic leaves aside, as is
    customary, that its response at dose 0 is above e0.
    """
    for fraction in fractions:
        if not 0 < fraction < 1:
            raise DesignError(f"fractions must lie between 0 and 1, both excluded, got {fraction!r}.")
    if any(not dose > 0 for dose in doses):
        raise DesignError(f"doses must be above 0, got {tuple(doses)!r}: at dose 0 there is no effect by definition.")
    match model:
        case "emax":
            _pairs(model, doses, fractions, 1)
            return DoseResponse(model=model, parameters=(doses[0] * (1 - fractions[0]) / fractions[0],))
        case "sig_emax":
            _pairs(model, doses, fractions, 2)
            odds = [math.log(p / (1 - p)) for p in fractions]
            h = (odds[1] - odds[0]) / (math.log(doses[1]) - math.log(doses[0]))
            return DoseResponse(model=model, parameters=(doses[0] * math.exp(-odds[0] / h), h))
        case "logistic":
            _pairs(model, doses, fractions, 2)
            odds = [math.log(p / (1 - p)) for p in fractions]
            delta = (doses[1] - doses[0]) / (odds[1] - odds[0])
            return DoseResponse(model=model, parameters=(doses[0] - delta * odds[0], delta))
        case "quadratic":
            _pairs(model, doses, fractions, 1)
            return DoseResponse(model=model, parameters=(-(1 - math.sqrt(1 - fractions[0])) / (2 * doses[0]),))
        case "exponential":
            return _exponential_guesstimate(doses, fractions)
        case _:
            raise DesignError(
                f"model {model!r} has no guesstimate from fractions of the effect; "
                "there are: emax, sig_emax, exponential, logistic, quadratic."
            )


def _pairs(model: str, doses: Sequence[float], fractions: Sequence[float], wanted: int) -> None:
    if len(doses) != wanted or len(fractions) != wanted:
        raise DesignError(f"{model} needs {wanted} dose(s) with a fraction each, got {doses!r} and {fractions!r}.")
    if wanted == 2 and (doses[1] <= doses[0] or fractions[1] <= fractions[0]):
        raise DesignError(f"doses and fractions of {model} must rise, got {doses!r} and {fractions!r}.")


def _exponential_guesstimate(doses: Sequence[float], fractions: Sequence[float]) -> DoseResponse:
    from scipy.optimize import brentq

    if len(doses) != 2 or len(fractions) != 1 or not doses[0] < doses[1] or fractions[0] >= doses[0] / doses[1]:
        raise DesignError(
            "exponential needs a dose and the highest dose, and one fraction below their ratio (the curve bends "
            f"upwards), got {tuple(doses)!r} and {tuple(fractions)!r}."
        )
    dose, highest = doses

    def miss(delta: float) -> float:
        # expm1(d / delta) / expm1(D / delta), written without overflow
        return (
            math.exp((dose - highest) / delta) * math.expm1(-dose / delta) / math.expm1(-highest / delta) - fractions[0]
        )

    return DoseResponse(model="exponential", parameters=(float(brentq(miss, highest / 500, highest * 1e6)),))
