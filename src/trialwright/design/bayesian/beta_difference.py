"""Posterior probabilities that compare two response rates: exact, by Gauss and Legendre's rule.

With independent rates, P(experimental > control + margin) is the integral of the control's density times the
experimental's tail. All numbers of responses of both groups share the quadrature, so a whole table is one product of
matrices. The control's rate is sin(angle)^2, and panels shrink towards both ends, where densities may have poles.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trialwright.design.bayesian.posteriors import beta_parameters, beta_weights
from trialwright.design.bayesian.priors import BetaBelief, BetaMixture, as_beta_mixture
from trialwright.design.early.requirements import count
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

_MIDDLE_PANELS = 24
_ORDER = 16


def compute_superiority_probability(experimental: BetaBelief, control: BetaBelief, *, margin: float = 0.0) -> float:
    """Probability that the experimental rate is above the control rate + `margin`, under independent distributions.

    Give posterior distributions (`compute_posterior_beta`) for a posterior probability. A `margin` below 0 is a
    non-inferiority margin.
    """
    return float(compute_superiority_table(experimental, control, n_experimental=0, n_control=0, margin=margin)[0, 0])


def compute_superiority_table(
    experimental: BetaBelief, control: BetaBelief, *, n_experimental: int, n_control: int, margin: float = 0.0
) -> Floats:
    """Posterior probability of experimental > control + `margin`: rows responses of the experimental group (0 to
    `n_experimental`), columns those of the control group."""
    count("n_experimental", n_experimental, least=0)
    count("n_control", n_control, least=0)
    if not -1 < margin < 1:
        raise DesignError(
            f"margin must lie between -1 and 1, got {margin!r}. It is a difference of rates: 0.1 for 10 percentage "
            "points."
        )
    first, second = as_beta_mixture(experimental), as_beta_mixture(control)
    nodes = _Nodes(second, n_control, margin)
    tails = _tails(first, n_experimental, nodes, margin)
    return np.clip(tails @ nodes.masses(second, n_control), 0.0, 1.0)


class _Nodes:
    """Quadrature of the control's rate."""

    def __init__(self, mixture: BetaMixture, n: int, margin: float) -> None:
        a, b = beta_parameters(mixture)
        # The narrowest posterior has a standard deviation of about 1 / (2 sqrt(a + b + n)) on the scale of the angle.
        panels = max(_MIDDLE_PANELS, math.ceil(math.pi * math.sqrt(float((a + b).max()) + n) / 4))
        inner = np.linspace(0.0, math.pi / 2, panels + 1)
        low, high = _graded(inner[1], float(a.min())), _graded(inner[1], float(b.min()))
        middle = inner[1:-1]
        if margin:
            # Where the control's rate + margin leaves 0 to 1 the tail has a corner, or worse.
            corner = math.asin(math.sqrt(1 - margin if margin > 0 else -margin))
            near = inner[1] * 8.0 ** -np.arange(16)
            edges = np.concatenate([corner - near, [corner], corner + near])
            low, middle = _with_edges(low, edges), _with_edges(middle, edges)
            high = _with_edges(high, math.pi / 2 - edges)
        nodes, weights = np.polynomial.legendre.leggauss(_ORDER)
        angles, complements, widths = [], [], []
        for edges, is_mirrored in ((low, False), (middle, False), (high, True)):
            half = np.diff(edges)[:, None] / 2
            points = (edges[:-1, None] + half * (nodes + 1)).ravel()
            angles.append(math.pi / 2 - points if is_mirrored else points)
            complements.append(points if is_mirrored else math.pi / 2 - points)
            widths.append((half * weights).ravel())
        angle, complement = np.concatenate(angles), np.concatenate(complements)
        self.width = np.concatenate(widths)
        # Near 1 the distance from 1 carries the digits.
        self.rate, self.rest = np.sin(angle) ** 2, np.sin(complement) ** 2
        self.log_sin, self.log_cos = np.log(np.sin(angle)), np.log(np.sin(complement))

    def masses(self, mixture: BetaMixture, n: int) -> Floats:
        """Node, responses: density times width, of the posterior after so many responses of `n`."""
        x = np.arange(n + 1)
        total = np.zeros((len(self.width), n + 1))
        for weights, a, b in zip(beta_weights(mixture, x, n), *beta_parameters(mixture), strict=True):
            alpha, beta = a + x, b + n - x
            logs = (
                math.log(2)
                + np.multiply.outer(self.log_sin, 2 * alpha - 1)
                + np.multiply.outer(self.log_cos, 2 * beta - 1)
                - special.betaln(alpha, beta)
            )
            total += weights * np.exp(logs)
        total *= self.width[:, None]
        # What lies between the outermost nodes and the ends is below 1e-15 of the whole.
        result: Floats = total
        return result


def _with_edges(edges: Floats, more: Floats) -> Floats:
    """The edges of a part of the range, with those of `more` that lie inside it."""
    inside = more[(more > edges[0]) & (more < edges[-1])]
    return np.unique(np.concatenate([edges, inside]))


def _graded(width: float, power: float) -> Floats:
    """Edges from nearly 0 to `width`, each panel 8 times as wide as that before; the mass left out is about 1e-16."""
    decades = 16 / (2 * power) + 1
    steps = math.ceil(decades / math.log10(8))
    return np.concatenate([[0.0], width * 8.0 ** -np.arange(min(steps, 320), -1, -1)])


def _tails(mixture: BetaMixture, n: int, nodes: _Nodes, margin: float) -> Floats:
    """Responses, node: posterior probability of a rate above that of the node + `margin`."""
    x = np.arange(n + 1)[:, None]
    total = np.zeros((n + 1, len(nodes.rate)))
    for weights, a, b in zip(beta_weights(mixture, x[:, 0], n), *beta_parameters(mixture), strict=True):
        # Each half from the end that is near, where the digits are.
        at, rest = nodes.rate + margin, nodes.rest - margin
        is_low = at < 0.5
        tail = np.empty_like(total)
        tail[:, is_low] = special.betaincc(a + x, b + n - x, np.maximum(at[is_low], 0.0))
        tail[:, ~is_low] = special.betainc(b + n - x, a + x, np.maximum(rest[~is_low], 0.0))
        total += weights[:, None] * tail
    return total
