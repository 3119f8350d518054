"""Posterior probabilities of means whose variance is not known: normal-gamma priors, Student's t posteriors.

Source: Bernardo JM, Smith AFM. Bayesian Theory. Wiley, 1994, appendix A; Box GEP, Tiao GC. Bayesian Inference in
Statistical Analysis. Addison-Wesley, 1973, section 2.5 (difference of two means: the Behrens-Fisher distribution).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from trialwright.design.bayesian.priors import NormalGammaPrior
from trialwright.errors import DesignError


def compute_mean_difference_probability(
    experimental: NormalGammaPrior, control: NormalGammaPrior, *, threshold: float = 0.0
) -> float:
    """Probability that the experimental mean - the control mean is above `threshold`, variances unknown and unlike.

    Give posterior distributions (`compute_posterior_normal_gamma`) for a posterior probability. Each mean is Student's
    t; their difference is integrated by Gauss and Legendre's rule.
    """
    if not math.isfinite(threshold):
        raise DesignError(f"threshold must be a finite number, got {threshold!r}.")
    # The control's quantiles are tan(u): what is left of the range is finite, and panels reach far into its tails.
    nodes, weights = np.polynomial.legendre.leggauss(16)
    scale, df = _scale(control), 2 * control.shape
    other_scale, other_df = _scale(experimental), 2 * experimental.shape
    kink = (experimental.mean - control.mean - threshold) / scale
    edges = np.arctan(
        np.unique(
            np.concatenate(
                [
                    np.sinh(np.linspace(-25, 25, 201)),
                    kink + (other_scale / scale) * np.sinh(np.linspace(-25, 25, 201)),
                ]
            )
        )
    )
    edges = np.unique(np.concatenate([[-math.pi / 2], edges, [math.pi / 2]]))
    half = np.diff(edges)[:, None] / 2
    u = (edges[:-1, None] + half * (nodes + 1)).ravel()
    width = (half * weights).ravel()
    t = np.tan(u)
    log_density = (
        special.gammaln((df + 1) / 2)
        - special.gammaln(df / 2)
        - 0.5 * math.log(df * math.pi)
        - (df + 1) / 2 * np.log1p(t**2 / df)
        + np.log1p(t**2)
    )
    above = special.stdtr(other_df, (experimental.mean - control.mean - threshold - scale * t) / other_scale)
    return float(min(1.0, max(0.0, np.sum(width * np.exp(log_density) * above))))


def _scale(belief: NormalGammaPrior) -> float:
    return math.sqrt(belief.rate / (belief.shape * belief.subjects))
