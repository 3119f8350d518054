"""Single-arm phase 2 designs against programs and published tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.early import (
    compute_fleming_characteristics,
    compute_fleming_design,
    compute_simon_characteristics,
    compute_simon_designs,
    compute_single_stage_design,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]


@pytest.mark.validates("design.simon")
@pytest.mark.parametrize("id", ["simon.01", "simon.03", "simon.05", "simon.07"])
def test_two_stage_designs_agree_with_clinfun(id: str, design_cases: Cases, reference: References) -> None:
    case = design_cases(id)
    inputs = case["inputs"]
    found = compute_simon_designs(
        null_rate=inputs["p0"], alternative_rate=inputs["p1"], alpha=inputs["alpha"], power=1 - inputs["beta"]
    )

    source = f"{case['peer']} {case['peer_version']}, {case['call']}"
    for kind, design in {"optimal": found.optimal, "minimax": found.minimax}.items():
        expected = case["expected"][kind]
        assert (design.r1, design.n_stage1, design.r, design.n_total) == (
            expected["r1"],
            expected["n1"],
            expected["r"],
            expected["n"],
        )
        for what, actual in {"EN(p0)": design.expected_n, "PET(p0)": design.stopping_probability}.items():
            reference.holds(
                f"{what}, {kind}, {case['call']}", actual, expected[what], tolerance=1e-9, source=source, relative=True
            )
        assert design.type_one_error <= inputs["alpha"]
        assert design.power >= 1 - inputs["beta"]


# Parameters of Simon R. Control Clin Trials 1989;10:1-10; the paper's tables were not at hand. Found in R 4.2.2 by
# loops over every n_total, n_stage1, r1 and r with dbinom and pbinom: p0, p1, alpha, beta, then r1, n1, r, n, EN(p0),
# PET(p0) of the design with the smallest EN(p0) and of the smallest design (of those with the smallest EN(p0)).
ENUMERATED = [
    (0.05, 0.25, 0.05, 0.2, (0, 9, 2, 17, 11.958005, 0.630249), (0, 12, 2, 16, 13.838560, 0.540360)),
    (0.05, 0.25, 0.05, 0.1, (0, 9, 3, 30, 16.764762, 0.630249), (0, 15, 3, 25, 20.367088, 0.463291)),
    (0.1, 0.3, 0.05, 0.2, (1, 10, 5, 29, 15.014120, 0.736099), (1, 15, 5, 25, 19.509570, 0.549043)),
    (0.1, 0.3, 0.05, 0.1, (2, 18, 6, 35, 22.525468, 0.733796), (2, 22, 6, 33, 26.179550, 0.620041)),
    (0.2, 0.4, 0.1, 0.1, (3, 17, 10, 37, 26.022476, 0.548876), (3, 19, 10, 36, 28.263491, 0.455089)),
    (0.2, 0.4, 0.05, 0.2, (3, 13, 12, 43, 20.580271, 0.747324), (4, 18, 10, 33, 22.254693, 0.716354)),
    (0.2, 0.4, 0.05, 0.1, (4, 19, 15, 54, 30.434915, 0.673288), (5, 24, 13, 45, 31.226259, 0.655892)),
    (0.3, 0.5, 0.05, 0.2, (5, 15, 18, 46, 23.629735, 0.721621), (6, 19, 16, 39, 25.689970, 0.665502)),
    (0.05, 0.2, 0.05, 0.2, (0, 10, 3, 29, 17.623998, 0.598737), (0, 13, 3, 27, 19.813211, 0.513342)),
    (0.1, 0.25, 0.05, 0.2, (2, 18, 7, 43, 24.655100, 0.733796), (2, 22, 7, 40, 28.839263, 0.620041)),
]


@pytest.mark.validates("design.simon")
@pytest.mark.parametrize(("p0", "p1", "alpha", "beta", "optimal", "minimax"), ENUMERATED)
def test_two_stage_designs_are_those_of_enumeration_in_r(
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    optimal: tuple[float, ...],
    minimax: tuple[float, ...],
    reference: References,
) -> None:
    found = compute_simon_designs(null_rate=p0, alternative_rate=p1, alpha=alpha, power=1 - beta)

    for kind, design, row in (("optimal", found.optimal, optimal), ("minimax", found.minimax, minimax)):
        assert (design.r1, design.n_stage1, design.r, design.n_total) == row[:4]
        where = f"{kind}, p0 {p0}, p1 {p1}, alpha {alpha}, beta {beta}"
        source = "R 4.2.2: enumeration of all two-stage designs with dbinom and pbinom"
        reference.holds(f"EN(p0), {where}", design.expected_n, row[4], tolerance=1e-6, source=source)
        reference.holds(f"PET(p0), {where}", design.stopping_probability, row[5], tolerance=1e-6, source=source)


def test_admissible_designs_lie_between_minimax_and_optimal() -> None:
    found = compute_simon_designs(null_rate=0.2, alternative_rate=0.4, alpha=0.05, power=0.8)

    assert found.admissible[0] == found.minimax
    assert found.admissible[-1] == found.optimal
    slopes = [
        (b.expected_n - a.expected_n) / (b.n_total - a.n_total)
        for a, b in zip(found.admissible, found.admissible[1:], strict=False)
    ]
    assert slopes == sorted(slopes)
    assert all(slope < 0 for slope in slopes)


def test_characteristics_of_a_two_stage_design_by_hand() -> None:
    # One of one subject must respond, then one of the second: rejection needs more than 1 of 2, so p * p.
    design = compute_simon_characteristics(null_rate=0.5, alternative_rate=0.75, r1=0, n_stage1=1, r=1, n_total=2)

    assert design.type_one_error == pytest.approx(0.25, rel=1e-12)
    assert design.power == pytest.approx(0.5625, rel=1e-12)
    assert design.stopping_probability == pytest.approx(0.5, rel=1e-12)
    assert design.expected_n == pytest.approx(1.5, rel=1e-12)


def test_two_stage_requests_that_cannot_be_are_refused_with_a_way_out() -> None:
    with pytest.raises(DesignError, match=r"at most n_max = 20 subjects.*Raise n_max to about \d{3}"):
        compute_simon_designs(null_rate=0.3, alternative_rate=0.35, alpha=0.05, power=0.9, n_max=20)
    with pytest.raises(DesignError, match=r"alternative_rate \(0.2\) must be above null_rate \(0.4\)"):
        compute_simon_designs(null_rate=0.4, alternative_rate=0.2, alpha=0.05, power=0.9)
    with pytest.raises(DesignError, match="null_rate must lie between 0 and 1"):
        compute_simon_designs(null_rate=40, alternative_rate=0.2, alpha=0.05, power=0.9)
    with pytest.raises(DesignError, match="r1 must lie between 0 and 9"):
        compute_simon_characteristics(null_rate=0.1, alternative_rate=0.3, r1=10, n_stage1=10, r=12, n_total=20)


@pytest.mark.validates("design.fleming")
def test_single_stages_are_the_smallest_exact_ones(reference: References) -> None:
    # Designs of A'Hern RP. Stat Med 2001;20:859-866 (tables not at hand), found in R 4.2.2: the first n with
    # pbinom(k, n, p1, lower.tail = FALSE) >= 0.8, k = qbinom(0.05, n, p0, lower.tail = FALSE); k + 1 responses.
    for p0, p1, n, responses in [(0.05, 0.25, 16, 3), (0.10, 0.30, 25, 6), (0.20, 0.40, 35, 12), (0.30, 0.50, 39, 17)]:
        design = compute_single_stage_design(null_rate=p0, alternative_rate=p1, alpha=0.05, power=0.8)
        source = "R 4.2.2: the first n whose exact binomial test has power 0.8 (A'Hern 2001)"
        reference.holds(f"n, p0 {p0}, p1 {p1}", design.n_total, n, tolerance=0, source=source)
        reference.holds(
            f"responses needed, p0 {p0}, p1 {p1}",
            design.stages[0].reject_at_least,
            responses,
            tolerance=0,
            source=source,
        )


def test_stopping_points_of_fleming_by_hand() -> None:
    # p0 0.2, alpha 0.05, N 40: sqrt(40 * 0.16) * 1.644854 = 4.161, so r1 = [4 + 4.16] + 1 = 9, r2 = [12.16] + 1 = 13;
    # p~A = (2.828427 + 0.894427 * 1.644854)^2 / (40 + 2.705543) = 0.43295; sqrt(40 p~A (1 - p~A)) * 1.644854 = 5.1545,
    # so a1 = [8.659 - 5.1545] = [3.505] = 4.
    design = compute_fleming_design(null_rate=0.2, alternative_rate=0.4, alpha=0.05, n_per_stage=(20, 20))

    assert [(s.n, s.accept_at_most, s.reject_at_least) for s in design.stages] == [(20, 4, 9), (40, 12, 13)]
    assert design.type_one_error < 0.05 < design.power


def test_stopping_points_of_fleming_as_published() -> None:
    # Worked example of a sample-size site (static.medsci.cn, sample_size_fleming, after Fleming 1982): p0 0.2, pA 0.4,
    # alpha 0.05, stages of 15 and 10: a1 3, r1 7, a2 8, r2 9.
    design = compute_fleming_design(null_rate=0.2, alternative_rate=0.4, alpha=0.05, n_per_stage=(15, 10))

    assert [(s.accept_at_most, s.reject_at_least) for s in design.stages] == [(3, 7), (8, 9)]


def test_two_fleming_stages_without_a_stop_for_efficacy_are_simons() -> None:
    simon = compute_simon_designs(null_rate=0.2, alternative_rate=0.4, alpha=0.05, power=0.8).optimal
    design = compute_fleming_characteristics(
        null_rate=0.2,
        alternative_rate=0.4,
        n_per_stage=(simon.n_stage1, simon.n_total - simon.n_stage1),
        accept_at_most=(simon.r1, simon.r),
        reject_at_least=(None, simon.r + 1),
    )

    assert design.type_one_error == pytest.approx(simon.type_one_error, rel=1e-12)
    assert design.power == pytest.approx(simon.power, rel=1e-12)
    assert design.expected_n == pytest.approx(simon.expected_n, rel=1e-12)
    assert design.stages[0].reject_at_least is None


def test_fleming_requests_that_cannot_be_are_refused() -> None:
    with pytest.raises(DesignError, match="n_per_stage is empty"):
        compute_fleming_design(null_rate=0.2, alternative_rate=0.4, alpha=0.05, n_per_stage=())
    with pytest.raises(DesignError, match="Add subjects"):
        compute_fleming_design(null_rate=0.7, alternative_rate=0.9, alpha=0.01, n_per_stage=(2, 2))
    with pytest.raises(DesignError, match="leaves 3 to 4 responses undecided"):
        compute_fleming_characteristics(
            null_rate=0.2, alternative_rate=0.4, n_per_stage=(10,), accept_at_most=(2,), reject_at_least=(5,)
        )
    with pytest.raises(DesignError, match="No single stage of at most n_max = 10"):
        compute_single_stage_design(null_rate=0.2, alternative_rate=0.3, alpha=0.05, power=0.8, n_max=10)
