"""The analyses that designs of a time to an event plan for, on the lung cancer data that the reference cases used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from lifelines.datasets import load_lung  # type: ignore[import-untyped]  # has no types
from numpy.typing import NDArray
from tests.validation import References

from trialwright.analysis.methods.survival import compute_quantile_time, compute_survival, point_statistics
from trialwright.analysis.methods.time_to_event.logrank import LogrankTest, compute_logrank
from trialwright.analysis.methods.time_to_event.rmst import compute_rmst

Cases = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Lung:
    """Days, deaths, and sex (0 male, 1 female)."""

    times: NDArray[np.float64]
    is_event: NDArray[np.bool_]
    sex: NDArray[np.int64]


@pytest.fixture(scope="module")
def lung() -> Lung:
    # The cases name a file lung2.csv that is not beside them. R survival's `lung` with ph.ecog 0, 1 or 2 (226 of 228
    # subjects) has its observed events and its chi-square to 15 digits; no other two subjects left out for a missing
    # or rare value have.
    frame = load_lung()
    kept = frame[frame["ph.ecog"].isin([0, 1, 2])]
    assert len(kept) == 226
    return Lung(
        times=kept["time"].to_numpy(np.float64),
        is_event=kept["status"].to_numpy() == 1,
        sex=kept["sex"].to_numpy(np.int64) - 1,
    )


def hold(reference: References, case: Mapping[str, Any], quantity: str, actual: float | None, expected: float) -> None:
    reference.holds(
        f"{quantity}, {case['id']}",
        actual,
        expected,
        tolerance=case["suggested_rel_tol"],
        relative=True,
        source=f"R survival {case['peer_version']}, {case['call']}, lung2 = lung[lung$ph.ecog %in% 0:2, ]",
    )


def logrank_of(lung: Lung, *, rho: float = 0.0) -> LogrankTest:
    return compute_logrank(lung.times, lung.is_event, lung.sex, np.zeros(len(lung.sex), np.int64), 2, rho=rho)


@pytest.mark.validates("logrank")
def test_logrank_test_of_the_lung_cancer_data(lung: Lung, design_cases: Cases, reference: References) -> None:
    case = design_cases("sa.logrank")
    found = logrank_of(lung)
    hold(reference, case, "chi-square", found.statistic, case["expected"]["chisq"])
    for sex in (0, 1):
        hold(reference, case, f"observed, sex {sex + 1}", float(found.observed[sex]), case["expected"]["obs"][sex])
        hold(reference, case, f"expected, sex {sex + 1}", float(found.expected[sex]), case["expected"]["exp"][sex])


@pytest.mark.validates("weighted_logrank")
def test_early_weights_of_the_lung_cancer_data(lung: Lung, design_cases: Cases, reference: References) -> None:
    # survdiff(rho = 1) is Fleming and Harrington's (1, 0): Kaplan-Meier just before each time, not Peto and Peto's own.
    case = design_cases("sa.petopeto")
    hold(reference, case, "chi-square", logrank_of(lung, rho=1).statistic, case["expected"]["chisq"])


@pytest.mark.validates("kaplan_meier")
def test_survival_of_the_lung_cancer_data(lung: Lung, design_cases: Cases, reference: References) -> None:
    case = design_cases("sa.km")
    times, expected = case["inputs"]["times"], case["expected"]
    names = {"surv": "survival", "se": "se", "lower": "ci_lower", "upper": "ci_upper"}
    for sex in (0, 1):
        own = lung.sex == sex
        curve = compute_survival(lung.times[own], lung.is_event[own], 0.95, case["inputs"]["ci"])
        for place, time in enumerate(times):
            found = point_statistics(curve, time)
            for theirs, ours in names.items():
                value = found[ours]
                assert isinstance(value, float)
                quantity = f"{ours} at {time}, sex {sex + 1}"
                hold(reference, case, quantity, value, expected[theirs][sex * len(times) + place])
        median = compute_quantile_time(curve, 0.5)[0]
        hold(reference, case, f"median, sex {sex + 1}", median, expected["median"][sex])


@pytest.mark.validates("rmst")
def test_restricted_means_of_the_lung_cancer_data(lung: Lung, design_cases: Cases, reference: References) -> None:
    case = design_cases("sa.km")
    for sex in (0, 1):
        own = lung.sex == sex
        found = compute_rmst(lung.times[own], lung.is_event[own], case["inputs"]["rmst_tau"])
        hold(reference, case, f"restricted mean, sex {sex + 1}", found.value, case["expected"]["rmean"][sex])
        hold(reference, case, f"its standard error, sex {sex + 1}", found.se, case["expected"]["se_rmean"][sex])
