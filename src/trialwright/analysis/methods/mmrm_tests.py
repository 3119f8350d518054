"""Joint tests of the fixed effects of an MMRM: the F test of each term, by SAS's type III hypotheses.

The type III hypothesis of a term are the estimable functions that involve no term but the term itself and those that
contain it, and that are orthogonal to the hypotheses of those that contain it (Goodnight 1980). A term contains another
if it is that one by a further classification: treatment by visit contains treatment and visit, a slope by visit the
slope. With data in every cell the hypothesis of the treatment is that its means over equally weighted visits are equal.
Covariates count as they are, not less their mean: beside a slope by visit, the visits are compared where the covariate
is 0, as PROC MIXED does it.

F tests of several functions have the denominator degrees of freedom and (Kenward and Roger) the scale of these papers;
of one function they are the square of its t test.

Source: Goodnight JH. SAS Technical Report R-101, 1980. Kenward MG, Roger JH. Biometrics 1997;53:983-997, section 2. Fai
AHT, Cornelius PL. J Stat Comput Simul 1996;54:363-378. SAS/STAT User's Guide, "The Four Types of Estimable Functions".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import f_upper_tail
from trialwright.analysis.methods.mmrm_inference import Inference
from trialwright.analysis.request import Floats

#: Of singular values of orthonormal pieces, which lie between 0 and 1.
_TOLERANCE = 1e-7


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """An F test; `statistic` is scaled where the method scales it.

    df   number of independent functions; df2 of the denominator, None where there is none
    """

    df: int
    statistic: float | None = None
    df2: float | None = None
    p_value: float | None = None
    reason: str = ""


def type_iii_functions(
    row_space: Floats, terms: Mapping[str, tuple[int, ...]], term: str, containing: Mapping[str, Sequence[str]]
) -> Floats:
    """The type III hypothesis of a term, as rows; none if nothing of the term can be estimated.

    row_space   orthonormal rows that span the estimable functions
    containing  for each term those that contain it
    """
    around = containing.get(term, ())
    allowed = {column for name in (term, *around) for column in terms[name]}
    outside = [column for column in range(row_space.shape[1]) if column not in allowed]
    own = _null_space(row_space[:, outside].T) @ row_space if outside else row_space
    if not len(own) or not around:
        return own
    others = np.vstack([type_iii_functions(row_space, terms, name, containing) for name in around])
    return _null_space(others @ own.T) @ own if len(others) else own


def reduced_rows(functions: Floats) -> Floats:
    """The same functions in the form in which SAS lists them: 1 and 0 for each row's own level, the last as reference.

    Fai and Cornelius's degrees of freedom depend on the form.
    """
    rows = functions.copy()
    done = 0
    for column in range(rows.shape[1]):
        if done == len(rows):
            break
        pivot = done + int(np.argmax(np.abs(rows[done:, column])))
        if abs(rows[pivot, column]) <= _TOLERANCE:
            continue
        rows[[done, pivot]] = rows[[pivot, done]]
        rows[done] /= rows[done, column]
        others = np.arange(len(rows)) != done
        rows[others] -= np.outer(rows[others, column], rows[done])
        done += 1
    return rows[:done]


def _null_space(matrix: Floats) -> Floats:
    """Orthonormal rows that span what `matrix` turns into 0."""
    _, singular, right = np.linalg.svd(matrix, full_matrices=True)
    return right[int((singular > _TOLERANCE).sum()) :]


def joint_test(inference: Inference, functions: Floats, term: tuple[int, ...]) -> JointTest:
    """The test that all `functions` (independent rows) of the original design's coefficients are 0.

    term  its columns, whose degrees of freedom `between_within` takes
    """
    count = len(functions)
    if not count:
        return JointTest(df=0, reason="not estimable from these records")
    data, state = inference.fit.data, inference.fit.state
    turned = functions @ data.to_reduced @ state.root
    values = turned @ np.linalg.solve(state.root, state.coefficients)
    variance = turned @ inference.variance @ turned.T
    eigenvalues, vectors = np.linalg.eigh((variance + variance.T) / 2)
    if eigenvalues[0] <= 0:
        return JointTest(df=count, reason="the adjusted variance is not positive")
    statistic = float(((vectors.T @ values) ** 2 / eigenvalues).sum()) / count
    scale = 1.0
    if inference.method == "between_within":
        df2 = float(inference.term_df[term])
    elif inference.method == "satterthwaite":
        df2 = _fai_cornelius(vectors.T @ turned, inference)
    else:
        scale, df2 = _kenward_roger(np.linalg.qr(turned.T)[0].T, inference)
    if not df2 > 0 or not scale > 0:
        return JointTest(df=count, reason="no degrees of freedom are left")
    statistic *= scale
    return JointTest(df=count, statistic=statistic, df2=df2, p_value=f_upper_tail(statistic, count, min(df2, 1e10)))


def _fai_cornelius(turned: Floats, inference: Inference) -> float:
    """Denominator degrees of freedom: F as a mean of squared t of uncorrelated functions, each with Satterthwaite's."""
    slopes = np.einsum("ma,jab,mb->mj", turned, inference.fit.derivatives.slopes, turned)
    uncertainty = np.einsum("mj,jk,mk->m", slopes, inference.spread, slopes)
    if (uncertainty <= 0).any():
        return math.inf
    each = 2 * np.square(np.square(turned).sum(axis=1)) / uncertainty
    count = len(each)
    if count == 1:
        return float(each[0])
    expectation = float((each[each > 2] / (each[each > 2] - 2)).sum())
    return 2 * expectation / (expectation - count) if expectation > count else 0.0


def _kenward_roger(orthonormal: Floats, inference: Inference) -> tuple[float, float]:
    """Scale and denominator degrees of freedom: the paper's lambda and m."""
    slopes = orthonormal @ inference.fit.derivatives.slopes @ orthonormal.T
    count, spread = len(orthonormal), inference.spread
    traces = np.trace(slopes, axis1=1, axis2=2)
    a1 = float(traces @ spread @ traces)
    a2 = float(np.einsum("jk,jab,kba->", spread, slopes, slopes))
    if a2 <= 0:
        return 1.0, math.inf
    b = (a1 + 6 * a2) / (2 * count)
    g = ((count + 1) * a1 - (count + 4) * a2) / ((count + 2) * a2)
    below = 3 * count + 2 * (1 - g)
    c1, c2, c3 = g / below, (count - g) / below, (count + 2 - g) / below
    if a2 >= count or c2 * b >= 1 or c3 * b >= 1:
        return 0.0, 0.0
    expectation = 1 / (1 - a2 / count)
    variance = 2 / count * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * expectation**2)
    if count * rho <= 1:
        return 1 / expectation, math.inf
    df2 = 4 + (count + 2) / (count * rho - 1)
    return df2 / (expectation * (df2 - 2)), df2
