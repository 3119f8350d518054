"""The fit of an MMRM against the likelihood and Kenward and Roger's formulas written out subject by subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm  # type: ignore[import-untyped]  # has no types

from trialwright.analysis.methods.mmrm_data import RepeatedMeasures, arrange
from trialwright.analysis.methods.mmrm_fit import FitError, MmrmFit, differentiate, evaluate, fit_mmrm, make_structures
from trialwright.analysis.methods.mmrm_inference import infer
from trialwright.analysis.methods.mmrm_structures import fallback_sequence, make_structure
from trialwright.analysis.methods.options import CovarianceStructure

Floats = npt.NDArray[np.float64]

STRUCTURES: tuple[CovarianceStructure, ...] = (
    "unstructured",
    "toeplitz",
    "toeplitz_heterogeneous",
    "ar1",
    "ar1_heterogeneous",
    "compound_symmetry",
    "compound_symmetry_heterogeneous",
    "spatial_power",
)
N_VISITS = 4


@dataclass(frozen=True)
class Records:
    """Two arms, four visits, a tenth of the records missing; `times` differ between subjects."""

    design: Floats
    response: Floats
    subjects: npt.NDArray[np.int64]
    visits: npt.NDArray[np.int64]
    arms: npt.NDArray[np.int64]
    times: Floats


def make_records(seed: int = 11, n: int = 40, missing: float = 0.15) -> Records:
    rng = np.random.default_rng(seed)
    days = np.arange(N_VISITS) * 1.0
    true = 4 * 0.6 ** np.abs(np.subtract.outer(days, days)) + np.diag([0.5, 1, 2, 3])
    values = rng.normal(size=(n, N_VISITS)) @ np.linalg.cholesky(true).T
    subjects, visits = np.nonzero(rng.random((n, N_VISITS)) > missing)
    subjects = np.unique(subjects, return_inverse=True)[1].astype(np.int64)
    arm_of, base_of = rng.integers(0, 2, n), rng.normal(size=n)
    arms = arm_of[subjects]
    base = base_of[subjects]
    visit = np.eye(N_VISITS)[visits]
    design = np.hstack([visit, visit * arms[:, None], base[:, None]])
    response = values[subjects, visits] + 0.5 * visits + arms * 0.7 + base
    times = (days[visits] + rng.uniform(-0.3, 0.3, len(visits))).reshape(-1, 1)
    return Records(design, response, subjects, visits.astype(np.int64), arms.astype(np.int64), times)


def laid_out(records: Records, name: CovarianceStructure, *, by_arm: bool = False) -> RepeatedMeasures:
    return arrange(
        records.design,
        records.response,
        subjects=records.subjects,
        visits=records.visits,
        n_visits=N_VISITS,
        blocks=records.arms if by_arm else np.zeros_like(records.arms),
        times=records.times if name == "spatial_power" else None,
    )


# --- the same, written out as matrices over all records ---


def plain_covariance(name: str, theta: Floats, visits: npt.NDArray[np.int64], times: Floats) -> Floats:
    """The covariances of all records as if they were of one subject, by the formulas of PROC MIXED's manual."""
    one, other = visits[:, None], visits[None, :]
    lag = np.abs(one - other)
    if name == "unstructured":
        row, column = np.maximum(one, other), np.minimum(one, other)
        found = theta[row * (row + 1) // 2 + column]
    elif name == "toeplitz":
        found = theta[lag]
    elif name == "compound_symmetry":
        found = theta[np.minimum(lag, 1)]
    elif name == "ar1":
        found = theta[0] * theta[1] ** lag
    elif name == "spatial_power":
        found = theta[0] * theta[1] ** np.abs(times - times.T)
    else:
        if name == "toeplitz_heterogeneous":
            rho = np.concatenate([[1], theta[N_VISITS:]])[lag]
        elif name == "ar1_heterogeneous":
            rho = theta[N_VISITS] ** lag
        else:
            rho = np.where(lag > 0, theta[N_VISITS], 1)
        found = np.sqrt(theta[one] * theta[other]) * rho
    return np.asarray(found, dtype=np.float64)


def big_covariance(records: Records, name: str, theta: Floats, by_arm: bool) -> Floats:
    """V of all records."""
    same = records.subjects[:, None] == records.subjects[None, :]
    if not by_arm:
        return np.where(same, plain_covariance(name, theta, records.visits, records.times), 0.0)
    own = len(theta) // 2
    both = [plain_covariance(name, part, records.visits, records.times) for part in (theta[:own], theta[own:])]
    return np.where(same, np.where(records.arms[:, None] == 0, both[0], both[1]), 0.0)


def minus_2_log_likelihood(records: Records, covariance: Floats) -> float:
    x, y = records.design, records.response
    inverse = np.linalg.inv(covariance)
    information = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    constant = (len(y) - x.shape[1]) * np.log(2 * np.pi)
    log_det = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
    return float(constant + log_det + residual @ inverse @ residual)


def own_units(fit: MmrmFit) -> Floats:
    """The covariance parameters in the response's unit: correlations have none."""
    theta = fit.state.theta.copy()
    for structure, part in zip(fit.structures, fit.slices, strict=True):
        is_linear = structure.second(theta[part]) is None
        variances = structure.count if is_linear else (N_VISITS if "heterogeneous" in fit.structure else 1)
        theta[part.start : part.start + variances] *= fit.data.scale**2
    return theta


def differences(function: Callable[[Floats], Floats], at: Floats, step: float) -> list[Floats]:
    """Central differences in each parameter, by steps relative to its size."""
    found = []
    for index in range(len(at)):
        delta = np.zeros_like(at)
        delta[index] = step * max(abs(at[index]), 0.1)
        found.append((function(at + delta) - function(at - delta)) / (2 * delta[index]))
    return found


CASES = [(name, by_arm) for name in STRUCTURES for by_arm in (False, True)]
IDS = [f"{name}{' by arm' if by_arm else ''}" for name, by_arm in CASES]


@pytest.mark.parametrize(("name", "by_arm"), CASES, ids=IDS)
def test_the_fit_is_where_the_likelihood_written_out_is_highest(name: CovarianceStructure, by_arm: bool) -> None:
    records = make_records()
    fit = fit_mmrm(laid_out(records, name, by_arm=by_arm), name)
    theta = own_units(fit)

    def criterion(at: Floats) -> Floats:
        return np.array(minus_2_log_likelihood(records, big_covariance(records, name, at, by_arm)))

    best = float(criterion(theta))
    assert fit.minus_2_log_likelihood == pytest.approx(best, abs=1e-8)
    scaled = [
        float(slope) * max(abs(at), 0.1) for slope, at in zip(differences(criterion, theta, 1e-5), theta, strict=True)
    ]
    assert np.abs(scaled).max() < 1e-4
    rng = np.random.default_rng(3)
    for _ in range(10):
        assert float(criterion(theta * (1 + 0.01 * rng.normal(size=len(theta))))) > best


@pytest.mark.parametrize(("name", "by_arm"), CASES, ids=IDS)
def test_derivatives_of_the_criterion_are_those_of_finite_differences(name: CovarianceStructure, by_arm: bool) -> None:
    records = make_records()
    data = laid_out(records, name, by_arm=by_arm)
    structures, slices = make_structures(data, name)
    moments = np.full((N_VISITS, N_VISITS), 0.3) + np.diag([0.6, 0.7, 0.9, 1.1])
    theta = np.concatenate([structure.start(moments) for structure in structures])

    def at(point: Floats) -> tuple[float, Floats, Floats]:
        state = evaluate(data, structures, slices, point)
        assert state is not None
        found = differentiate(data, structures, slices, state)
        return state.criterion / 2, found.gradient, found.observed

    _, gradient, observed = at(theta)
    slopes = np.array(differences(lambda point: np.array(at(point)[0]), theta, 1e-5))
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-6)
    curvature = np.array(differences(lambda point: at(point)[1], theta, 1e-5))
    np.testing.assert_allclose(observed, curvature, rtol=1e-6, atol=1e-6 * np.abs(observed).max())


@pytest.mark.parametrize("name", STRUCTURES)
def test_derivatives_of_the_covariances_are_those_of_finite_differences(name: CovarianceStructure) -> None:
    rng = np.random.default_rng(5)
    places = np.sort(rng.uniform(0, 5, (3, N_VISITS)), axis=1)
    distance = np.abs(places[:, :, None] - places[:, None, :])
    structure = make_structure(name, N_VISITS, distance if name == "spatial_power" else None)
    theta = structure.start(np.full((N_VISITS, N_VISITS), 0.4) + np.diag([0.6, 0.7, 0.9, 1.1]))

    def covariance(at: Floats) -> Floats:
        found = structure.covariance(at)
        assert found is not None
        return found

    np.testing.assert_allclose(structure.first(theta), differences(covariance, theta, 1e-6), atol=1e-8)
    second = structure.second(theta)
    expected = np.array(differences(structure.first, theta, 1e-6))
    if second is None:
        assert np.abs(expected).max() < 1e-8
    else:
        np.testing.assert_allclose(second, expected, atol=1e-7)


@pytest.mark.parametrize(("name", "by_arm"), CASES, ids=IDS)
def test_kenward_roger_and_satterthwaite_are_their_formulas_written_out(
    name: CovarianceStructure, by_arm: bool
) -> None:
    records = make_records()
    fit = fit_mmrm(laid_out(records, name, by_arm=by_arm), name)
    theta, x = own_units(fit), records.design

    def covariance(at: Floats) -> Floats:
        return big_covariance(records, name, at, by_arm)

    def gradient_of_criterion(at: Floats) -> Floats:
        matrix = covariance(at)
        inverse = np.linalg.inv(matrix)
        p = inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
        scaled = p @ records.response
        firsts = differences(covariance, at, 1e-6)
        return np.array([(np.sum(p * each) - scaled @ each @ scaled) / 2 for each in firsts])

    w = np.linalg.inv(np.array(differences(gradient_of_criterion, theta, 1e-5)))
    inverse = np.linalg.inv(covariance(theta))
    phi = np.linalg.inv(x.T @ inverse @ x)
    firsts = differences(covariance, theta, 1e-6)
    seconds = differences(lambda at: np.array(differences(covariance, at, 1e-4)), theta, 1e-4)
    p_matrices = [-x.T @ inverse @ each @ inverse @ x for each in firsts]
    linear, whole = np.zeros_like(phi), np.zeros_like(phi)
    for j, left in enumerate(firsts):
        for k, right in enumerate(firsts):
            q = x.T @ inverse @ left @ inverse @ right @ inverse @ x
            r = x.T @ inverse @ seconds[j][k] @ inverse @ x
            linear += w[j, k] * (q - p_matrices[j] @ phi @ p_matrices[k])
            whole += w[j, k] * (q - p_matrices[j] @ phi @ p_matrices[k] - r / 4)
    function = np.zeros(x.shape[1])
    function[N_VISITS + 3] = 1
    slopes = np.array([function @ phi @ each @ phi @ function for each in p_matrices])
    df = 2 * (function @ phi @ function) ** 2 / (slopes @ w @ slopes)
    for method, adjustment in (("satterthwaite", 0), ("kenward_roger_linear", linear), ("kenward_roger", whole)):
        variance = phi + 2 * phi @ (adjustment * np.ones_like(phi)) @ phi
        found = infer(fit, method, {}).estimate(function, 0.95)
        assert found.se == pytest.approx(np.sqrt(function @ variance @ function), rel=2e-6), method
        assert found.df == pytest.approx(df, rel=2e-5), method


def test_compound_symmetry_is_the_random_intercept_of_statsmodels() -> None:
    records = make_records()
    fit = fit_mmrm(laid_out(records, "compound_symmetry"), "compound_symmetry")
    model = sm.MixedLM(records.response, records.design, groups=records.subjects).fit(reml=True)
    variance, covariance = own_units(fit)
    # Its optimizer stops some 3e-5 from the maximum.
    assert covariance == pytest.approx(float(model.cov_re[0, 0]), rel=1e-4)
    assert variance - covariance == pytest.approx(model.scale, rel=1e-4)
    inference = infer(fit, "satterthwaite", {})
    for row, value in zip(np.eye(records.design.shape[1]), model.fe_params, strict=True):
        assert inference.estimate(row, 0.95).value == pytest.approx(value, rel=1e-4)
    assert fit.minus_2_log_likelihood == pytest.approx(-2 * model.llf, abs=1e-6)


def test_spatial_power_over_equal_distances_is_ar1() -> None:
    records = make_records()
    ar1 = fit_mmrm(laid_out(records, "ar1"), "ar1")
    spaced = Records(
        records.design,
        records.response,
        records.subjects,
        records.visits,
        records.arms,
        2.0 * records.visits.reshape(-1, 1).astype(np.float64),
    )
    spatial = fit_mmrm(laid_out(spaced, "spatial_power"), "spatial_power")
    assert spatial.minus_2_log_likelihood == pytest.approx(ar1.minus_2_log_likelihood, abs=1e-9)
    assert own_units(spatial)[1] ** 2 == pytest.approx(own_units(ar1)[1], rel=1e-7)


def test_units_of_the_response_and_order_of_records_do_not_matter() -> None:
    records = make_records()
    first = fit_mmrm(laid_out(records, "unstructured"), "unstructured")
    order = np.random.default_rng(2).permutation(len(records.response))
    scaled = Records(
        records.design[order],
        1e9 * records.response[order],
        records.subjects[order],
        records.visits[order],
        records.arms[order],
        records.times[order],
    )
    second = fit_mmrm(laid_out(scaled, "unstructured"), "unstructured")
    function = np.eye(records.design.shape[1])[5]
    left, right = (infer(fit, "kenward_roger", {}).estimate(function, 0.95) for fit in (first, second))
    assert left.value is not None and left.se is not None
    assert right.value == pytest.approx(1e9 * left.value, rel=1e-8)
    assert right.se == pytest.approx(1e9 * left.se, rel=1e-8)
    assert right.df == pytest.approx(left.df, rel=1e-7)


def test_dependent_columns_are_told_from_estimable_functions() -> None:
    records = make_records()
    data = laid_out(records, "ar1")
    extra = np.hstack([records.design, np.ones((len(records.response), 1))])
    doubled = Records(extra, records.response, records.subjects, records.visits, records.arms, records.times)
    fit, more = fit_mmrm(data, "ar1"), fit_mmrm(laid_out(doubled, "ar1"), "ar1")
    assert more.minus_2_log_likelihood == pytest.approx(fit.minus_2_log_likelihood, abs=1e-8)
    effect = np.eye(10)[6]
    assert infer(more, "satterthwaite", {}).estimate(effect, 0.95).value == pytest.approx(
        infer(fit, "satterthwaite", {}).estimate(effect[:9], 0.95).value, rel=1e-9
    )
    assert infer(more, "satterthwaite", {}).estimate(np.eye(10)[0], 0.95).value is None


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_visit_that_repeats_another_has_a_singular_covariance(name: CovarianceStructure) -> None:
    records = make_records(missing=0)
    response = records.response.copy()
    response[records.visits == 3] = response[records.visits == 2]
    same = Records(records.design, response, records.subjects, records.visits, records.arms, records.times)
    if name == "unstructured":
        with pytest.raises(FitError, match="singular"):
            fit_mmrm(laid_out(same, name), name)
    else:  # the others cannot follow the data so far
        assert fit_mmrm(laid_out(same, name), name).iterations < 60


def test_every_structure_falls_back_to_simpler_ones() -> None:
    assert fallback_sequence("unstructured") == (
        "toeplitz_heterogeneous",
        "ar1_heterogeneous",
        "compound_symmetry_heterogeneous",
        "toeplitz",
        "ar1",
        "compound_symmetry",
    )
    assert fallback_sequence("ar1") == ("compound_symmetry",)
    assert fallback_sequence("spatial_power") == ("compound_symmetry",)
    assert fallback_sequence("compound_symmetry") == ()


@pytest.mark.parametrize("is_monotone", [True, False])
def test_a_thousand_subjects_at_ten_visits_can_be_fitted(is_monotone: bool) -> None:
    rng = np.random.default_rng(1)
    n, visits = 1000, 10
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    values = rng.normal(size=(n, visits)) @ np.linalg.cholesky(3 * 0.5**lag + 2).T
    has = np.arange(visits) < rng.geometric(0.04, (n, 1)) if is_monotone else rng.random((n, visits)) > 0.12
    subject, visit = np.nonzero(has)
    subject = np.unique(subject, return_inverse=True)[1]
    arm, base, site = rng.integers(0, 3, n)[subject], rng.normal(size=n)[subject, None], rng.integers(0, 6, n)[subject]
    at_visit, in_arm = np.eye(visits)[visit], np.eye(3)[arm]
    cells = (in_arm[:, :, None] * at_visit[:, None, :]).reshape(len(subject), -1)
    design = np.hstack([cells, np.eye(6)[site], base * at_visit])
    function = np.zeros(design.shape[1])
    function[[9, 19]] = -1, 1
    data = arrange(
        design,
        values[subject, visit],
        subjects=subject.astype(np.int64),
        visits=visit.astype(np.int64),
        n_visits=visits,
        blocks=np.zeros(len(subject), dtype=np.int64),
    )
    found = infer(fit_mmrm(data, "unstructured"), "kenward_roger", {}).estimate(function, 0.95)
    assert found.se is not None and found.df is not None and 500 < found.df < 1000
