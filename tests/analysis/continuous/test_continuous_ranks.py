"""Rank tests against SAS's and R's outputs, textbooks, and bad input."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analysis.continuous.leprosy import LEPROSY as BACILLI
from tests.validation import References

from trialwright.analysis.methods.continuous.options import WilcoxonOptions
from trialwright.analysis.methods.continuous.rank_distributions import rank_sum_distribution
from trialwright.analysis.methods.continuous.wilcoxon import (
    compute_kruskal_wallis,
    compute_rank_sum,
    compute_signed_rank,
)
from trialwright.results import Results

ASYMPTOTIC = WilcoxonOptions(distribution="asymptotic", continuity=False)
CORRECTED = WilcoxonOptions(distribution="asymptotic")
EXACT = WilcoxonOptions(distribution="exact")
AUTO = WilcoxonOptions()

# SAS/STAT User's Guide, The NPAR1WAY Procedure, data set React: reaction times under two stimulants.
REACT = pl.DataFrame(
    {
        "ARM": ["1"] * 13 + ["2"] * 6,
        "AVAL": [1.94] * 2 + [2.92] * 4 + [3.27] * 4 + [3.70] * 2 + [3.74] + [3.27] * 3 + [3.70] * 2 + [3.74],
    }
)
# Hollander M, Wolfe DA. Nonparametric Statistical Methods, 1973, p. 29: depression scores of nine patients.
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# p. 69: permeability of the placental membrane at term and at 12 to 26 weeks.
TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLY = [1.15, 0.88, 0.90, 0.74, 1.21]


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


def array(*values: float) -> Any:
    return np.array(values, dtype=float)


@pytest.mark.validates("wilcoxon")
def test_the_reaction_times_of_sas(run: Any, reference: References) -> None:
    source = "SAS/STAT 13.2 User's Guide, PROC NPAR1WAY, examples 71.3 and 71.4 (data React)"
    options = {"contrasts": (("2", "1"),), "distribution": "exact", "continuity": False, "conf_level": 0.98}
    results = run("wilcoxon", ["AVAL"], REACT, options)
    prefix = "ARM=2 - 1/AVAL"
    for what, name, expected, tolerance in (
        ("exact p, React", f"{prefix}/p_value", 0.1054, 5e-5),
        ("z, React", f"{prefix}/z", 1.7720, 5e-5),
        ("rank sum of 2, React", "ARM=2/AVAL/rank_sum", 79.5, 1e-12),
        ("Kruskal-Wallis chi-square, React", "AVAL/statistic", 3.1398, 5e-5),
        ("Kruskal-Wallis p, React", "AVAL/p_value", 0.0764, 5e-5),
        ("shift, React", f"{prefix}/difference", 0.35, 1e-12),
        ("exact lower 98% limit, React", f"{prefix}/ci_lower", 0.0, 1e-12),
    ):
        reference.holds(what, stat(results, name), expected, tolerance=tolerance, source=source)
    coin = "R 4.2.2, coin 1.4-2, confint(wilcox_test(v ~ g, distribution = 'exact', conf.int = TRUE)) (SAS: 1.33)"
    upper = stat(results, f"{prefix}/ci_upper")
    reference.holds("exact upper 98% limit, React", upper, 0.82, tolerance=1e-12, source=coin)
    assert results[f"a/{prefix}/p_kind"].stat_text == "exact"
    second = compute_rank_sum(*split(REACT), ASYMPTOTIC, conf_level=0.98)
    reference.holds("asymptotic p, React", second.p_value, 0.0764, tolerance=5e-5, source=source)
    reference.holds("Moses lower 98% limit, React", second.ci_lower, 0.0, tolerance=1e-12, source=source)
    reference.holds("Moses upper 98% limit, React", second.ci_upper, 0.82, tolerance=1e-12, source=source)
    corrected = compute_rank_sum(*split(REACT), CORRECTED)
    version_8 = "SAS/STAT 8 User's Guide, PROC NPAR1WAY, example 47.2 (data React), continuity correction"
    reference.holds("z with continuity, React", corrected.z, 1.7265, tolerance=5e-5, source=version_8)
    reference.holds("p with continuity, React", corrected.p_value, 0.0843, tolerance=5e-5, source=version_8)


def split(records: pl.DataFrame) -> tuple[Any, Any]:
    values = [records.filter(pl.col("ARM") == arm)["AVAL"].to_numpy() for arm in ("2", "1")]
    return values[0], values[1]


@pytest.mark.validates("wilcoxon")
def test_the_hodges_lehmann_shift_of_camis(reference: References) -> None:
    source = "SAS 9.4 PROC NPAR1WAY HL, exact hl; PHUSE CAMIS, SAS/nparestimate (data of Hollander, Wolfe and Chicken)"
    first, second = array(*BEFORE), array(*AFTER)
    exact = compute_rank_sum(first, second, EXACT)
    moses = compute_rank_sum(first, second, ASYMPTOTIC)
    for what, actual, expected in (
        ("shift", exact.estimate, 0.5600),
        ("exact lower limit", exact.ci_lower, -0.2200),
        ("exact upper limit", exact.ci_upper, 1.0820),
        ("Moses lower limit", moses.ci_lower, -0.3700),
        ("Moses upper limit", moses.ci_upper, 1.1830),
    ):
        reference.holds(f"{what}, depression scores", actual, expected, tolerance=1e-9, source=source)
    coin = "R 4.2.2, coin 1.4-2, wilcox_test(y ~ g, distribution = 'exact')"
    reference.holds("exact p with ties, depression scores", exact.p_value, 0.129905388729, tolerance=1e-11, source=coin)


@pytest.mark.validates("wilcoxon")
def test_permeability_of_hollander_and_wolfe(reference: References) -> None:
    first, second = array(*TERM), array(*EARLY)
    found = compute_rank_sum(first, second, AUTO)
    assert found.is_exact
    source = "R 4.2.2, stats, wilcox.test(x, y, conf.int = TRUE), data of Hollander and Wolfe 1973, p. 69"
    for what, actual, expected in (
        ("W", found.statistic, 35),
        ("exact p", found.p_value, 0.254412254412),
        ("shift", found.estimate, 0.305),
        ("lower limit", found.ci_lower, -0.15),
        ("upper limit", found.ci_upper, 0.76),
    ):
        reference.holds(f"{what}, permeability", actual, expected, tolerance=1e-11, source=source)
    book = "Hollander M, Wolfe DA. Nonparametric Statistical Methods, 1973, p. 69: one-sided p = .127"
    reference.holds("half of p, permeability", (found.p_value or 0) / 2, 0.127, tolerance=5e-4, source=book)
    r = "R 4.2.2, stats, wilcox.test(x, y, exact = FALSE, correct = ...)"
    corrected, plain = (compute_rank_sum(first, second, options) for options in (CORRECTED, ASYMPTOTIC))
    reference.holds("p with continuity, permeability", corrected.p_value, 0.244623605127, tolerance=1e-11, source=r)
    reference.holds("p without continuity, permeability", plain.p_value, 0.22067136192, tolerance=1e-11, source=r)


@pytest.mark.validates("wilcoxon")
def test_signed_ranks(run: Any, reference: References) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 9, "AVAL": BEFORE, "OTHER": AFTER})
    results = run("wilcoxon", ["AVAL"], records, {"design": "paired", "pair": "OTHER"})
    source = "R 4.2.2, stats, wilcox.test(x, y, paired = TRUE, conf.int = TRUE), depression scores"
    for name, expected in (
        ("statistic", 40),
        ("p_value", 0.0390625),
        ("estimate", 0.46),
        ("ci_lower", 0.01),
        ("ci_upper", 0.786),
    ):
        actual = stat(results, f"ARM=A/AVAL/{name}")
        reference.holds(f"{name}, depression scores", actual, expected, tolerance=1e-11, source=source)
    # With ties and a difference of 0: the sleep data of Student.
    first = array(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
    second = array(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    for options, expected, call in (
        (EXACT, 0.00390625, "exactRankTests 0.8-35, wilcox.exact(a, b, paired = TRUE)"),
        (CORRECTED, 0.00909069801593, "stats, wilcox.test(a, b, paired = TRUE, exact = FALSE)"),
        (ASYMPTOTIC, 0.00763244164821, "stats, wilcox.test(a, b, paired = TRUE, exact = FALSE, correct = FALSE)"),
    ):
        # a - b has rounding errors that part ties.
        found = compute_signed_rank(np.round(first - second, 10), options)
        reference.holds(f"p, sleep, {call}", found.p_value, expected, tolerance=1e-11, source=f"R 4.2.2, {call}")
    assert not compute_signed_rank(np.round(first - second, 10), AUTO).is_exact
    sums = compute_rank_sum(first, second, EXACT)
    coin = "R 4.2.2, coin 1.4-2 and exactRankTests 0.8-35: the same value"
    reference.holds(
        "exact p of the rank sum with ties, sleep", sums.p_value, 0.0658165364048, tolerance=1e-11, source=coin
    )


@pytest.mark.validates("wilcoxon")
def test_kruskal_and_wallis(reference: References) -> None:
    samples = [array(2.9, 3.0, 2.5, 2.6, 3.2), array(3.8, 2.7, 4.0, 2.4), array(2.8, 3.4, 3.7, 2.2, 2.0)]
    found = compute_kruskal_wallis(samples)
    book = "Hollander and Wolfe 1973, p. 115 (mucociliary efficiency): H = .771; R 4.2.2, kruskal.test gives all digits"
    reference.holds("H, mucociliary efficiency", found.statistic, 0.771428571429, tolerance=1e-11, source=book)
    reference.holds("p, mucociliary efficiency", found.p_value, 0.679964773579, tolerance=1e-11, source=book)


def test_the_exact_distribution_is_that_of_all_choices() -> None:
    ranks = array(1, 2.5, 2.5, 4, 6, 6, 6, 8)
    found = rank_sum_distribution(ranks, 3)
    sums = [sum(choice) for choice in itertools.combinations(ranks.tolist(), 3)]
    expected = np.bincount([round(2 * one) for one in sums], minlength=len(found.probabilities)) / len(sums)
    assert found.probabilities == pytest.approx(expected, abs=1e-15)


def test_ties_in_everything_are_not_estimable(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 3 + ["B"] * 4, "AVAL": [2.0] * 7, "STRATUM": ["1"] * 7, "BASE": [1.0] * 7})
    results = run("wilcoxon", ["AVAL"], records, {"contrasts": (("A", "B"),)})
    assert results["a/ARM=A - B/AVAL/p_value"].stat_text == "NE"
    assert "all values are equal" in results["a/ARM=A - B/AVAL/p_value"].warnings
    assert results["a/AVAL/p_value"].stat_text == "NE"
    for method, options in (("van_elteren", {"strata": ("STRATUM",)}), ("rank_ancova", {"covariates": ("BASE",)})):
        tested = run(method, ["AVAL"], records, {**options, "contrasts": (("A", "B"),)})
        for name in ("AVAL", "ARM=A - B/AVAL"):
            assert tested[f"a/{name}/p_value"].stat_text == "NE"
            assert "no stratum has two groups" in tested[f"a/{name}/p_value"].warnings


def test_one_value_in_each_group_has_a_test_and_no_interval(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A", "B"], "AVAL": [2.0, 3.0]})
    results = run("wilcoxon", ["AVAL"], records, {"contrasts": (("A", "B"), ("A", "C"))}, arms=["A", "B", "C"])
    assert stat(results, "ARM=A - B/AVAL/p_value") == 1
    assert results["a/ARM=A - B/AVAL/ci_lower"].stat_text == "NE"
    assert "too few values for an interval" in results["a/ARM=A - B/AVAL/ci_lower"].warnings
    assert "a group has no values" in results["a/ARM=A - C/AVAL/difference"].warnings


def test_the_kind_of_p_value_follows_size_and_ties() -> None:
    small, large = np.arange(49.0), np.arange(50.0)
    assert compute_rank_sum(small + 0.5, small, AUTO).is_exact
    assert not compute_rank_sum(large + 0.5, small, AUTO).is_exact
    assert not compute_rank_sum(small, small, AUTO).is_exact


def test_groups_too_large_for_an_exact_distribution_are_told() -> None:
    values = np.round(np.sin(np.arange(400.0)), 1)
    found = compute_rank_sum(values[:200], values[200:] + 0.1, EXACT)
    assert not found.is_exact
    assert "too many values for an exact distribution" in found.warning
    middling = compute_rank_sum(values[:60], values[60:110] + 0.1, EXACT)
    assert middling.is_exact
    asymptotic = compute_rank_sum(values[:60], values[60:110] + 0.1, ASYMPTOTIC)
    assert middling.p_value == pytest.approx(asymptotic.p_value, abs=0.01)
    assert (middling.ci_lower, middling.ci_upper) == (asymptotic.ci_lower, asymptotic.ci_upper)


# Dmitrienko A, Molenberghs G, Chuang-Stein C, Offen W. Analysis of Clinical Trials Using SAS, 2005, program 1.9:
# percent change of incontinence episodes, by therapy and stratum.
URININC = {
    ("P", "1"): "-86 -38 43 -100 289 0 -78 38 -80 -25 -100 -100 -50 25 -100 -100 -67 0 400 -100 -63 -70 -83 -67 -33 0 "
    "-13 -100 0 -3 -62 -29 -50 -100 0 -100 -60 -40 -44 -14",
    ("P", "2"): "-36 -77 -6 -85 29 -17 -53 18 -62 -93 64 -29 100 31 -6 -100 -30 11 -52 -55 -100 -82 -85 -36 -75 -8 -75 "
    "-42 122 -30 22 -82",
    ("P", "3"): "12 -68 -100 95 -43 -17 -87 -66 -8 64 61 -41 -73 -42 -32 12 -69 81 0 87",
    (
        "D",
        "1",
    ): "50 -100 -80 -57 -44 340 -100 -100 -25 -74 0 43 -100 -100 -100 -100 -63 -100 -100 -100 -100 -100 0 "
    "-100 -50 0 0 -83 369 -50 -33 -50 -33 -67 25 390 -50 0 -100",
    ("D", "2"): "-93 -55 -73 -25 31 8 -92 -91 -89 -67 -25 -61 -47 -75 -94 -100 -69 -92 -100 -35 -100 -82 -31 -29 -100 "
    "-14 -55 31 -40 -100 -82 131 -60",
    ("D", "3"): "-17 -13 -55 -85 -68 -87 -42 36 -44 -98 -75 -35 7 -57 -92 -78 -69 -21 -14",
}
# Leprosy bacilli (SAS PROC GLM's "DrugTest"), with a stratum and an age of our own making.
AGE = [
    34,
    51,
    42,
    28,
    60,
    39,
    45,
    33,
    57,
    48,
    29,
    36,
    41,
    55,
    62,
    30,
    44,
    50,
    38,
    47,
    53,
    35,
    40,
    31,
    58,
    46,
    49,
    37,
    43,
    52,
]
LEPROSY = BACILLI.with_columns(STRATUM=pl.Series(["1", "2"] * 15), AGE=pl.Series(AGE))


@pytest.mark.validates("van_elteren")
def test_the_incontinence_trial_of_dmitrienko(run: Any, reference: References) -> None:
    rows = [(arm, stratum, float(one)) for (arm, stratum), text in URININC.items() for one in text.split()]
    records = pl.DataFrame(rows, schema=["ARM", "STRATUM", "CHG"], orient="row")
    results = run("van_elteren", ["CHG"], records, {"strata": ("STRATUM",), "contrasts": (("D", "P"),)})
    sas = "Dmitrienko et al. 2005, output of program 1.9 (SAS PROC FREQ, CMH2 SCORES=MODRIDIT)"
    coin = "R 4.2.2, coin 1.4-2, independence_test(ridit ~ arm | stratum, teststat = 'quad')"
    for name in ("CHG", "ARM=D - P/CHG"):
        statistic, p_value = stat(results, f"{name}/statistic"), stat(results, f"{name}/p_value")
        reference.holds(f"chi-square, urininc ({name})", statistic, 6.2766, tolerance=5e-5, source=sas)
        reference.holds(f"p, urininc ({name})", p_value, 0.0122, tolerance=5e-5, source=sas)
        reference.holds(
            f"chi-square, urininc, all digits ({name})", statistic, 6.27656834077, tolerance=1e-10, source=coin
        )
    assert stat(results, "CHG/n_strata") == 3


@pytest.mark.validates("van_elteren")
def test_three_groups_in_strata(run: Any, reference: References) -> None:
    results = run("van_elteren", ["POST"], LEPROSY, {"strata": ("STRATUM",)})
    source = "R 4.2.2, coin 1.4-2, independence_test(ridit ~ arm | stratum, teststat = 'quad')"
    statistic, p_value = stat(results, "POST/statistic"), stat(results, "POST/p_value")
    reference.holds("chi-square, leprosy", statistic, 6.79496855346, tolerance=1e-10, source=source)
    reference.holds("p, leprosy", p_value, 0.0334573335682, tolerance=1e-10, source=source)
    assert stat(results, "POST/df") == 2


@pytest.mark.validates("van_elteren")
def test_one_stratum_is_the_kruskal_wallis_test(run: Any, reference: References) -> None:
    results = run("van_elteren", ["POST"], LEPROSY)
    source = "R 4.2.2, stats, kruskal.test(POST ~ ARM): the same test if there is one stratum"
    reference.holds(
        "chi-square, leprosy, no strata", stat(results, "POST/statistic"), 6.06122038444, tolerance=1e-10, source=source
    )


def test_an_empty_stratum_and_one_with_a_single_group_do_not_count(run: Any) -> None:
    lone = pl.DataFrame({"ARM": ["A", "A"], "PRE": [1, 2], "POST": [3, 40], "STRATUM": ["9", "9"], "AGE": [1, 2]})
    records = pl.concat([LEPROSY, lone])
    with_lone = run("van_elteren", ["POST"], records, {"strata": ("STRATUM",)})
    assert stat(with_lone, "POST/statistic") == pytest.approx(6.79496855346)
    assert stat(with_lone, "POST/n_strata") == 2


@pytest.mark.validates("rank_ancova")
@pytest.mark.parametrize(
    ("covariates", "statistic", "p_value"),
    [(("PRE",), 1.88866876871, 0.388938368225), (("PRE", "AGE"), 1.92292765146, 0.382332807545)],
)
def test_residual_ranks_in_strata(
    run: Any, reference: References, covariates: tuple[str, ...], statistic: float, p_value: float
) -> None:
    options = {"covariates": covariates, "strata": ("STRATUM",), "contrasts": (("A", "F"),)}
    results = run("rank_ancova", ["POST"], LEPROSY, options)
    source = (
        "R 4.2.2: residuals of lm() of ranks / (n + 1) by stratum, coin 1.4-2, independence_test(r ~ arm | stratum)"
    )
    what = f"leprosy, covariates {', '.join(covariates)}"
    actual = stat(results, "POST/statistic")
    reference.holds(f"chi-square, {what}", actual, statistic, tolerance=1e-10, source=source)
    reference.holds(f"p, {what}", stat(results, "POST/p_value"), p_value, tolerance=1e-10, source=source)
    assert stat(results, "POST/n_strata") == LEPROSY["STRATUM"].n_unique()
    if len(covariates) == 1:
        alone = stat(results, "ARM=A - F/POST/statistic")
        reference.holds(f"chi-square of A - F, {what}", alone, 1.18545505871, tolerance=1e-10, source=source)


# Quade D. J Am Stat Assoc 1967;62:1187-1200, p. 1188: three groups of five, a response and two covariates.
QUADE = pl.DataFrame(
    {
        "ARM": ["1"] * 5 + ["2"] * 5 + ["3"] * 5,
        "Y": [16, 60, 82, 126, 137, 44, 67, 87, 100, 142, 17, 28, 105, 149, 160],
        "X1": [26, 10, 42, 49, 55, 21, 28, 5, 12, 58, 1, 19, 41, 48, 35],
        "X2": [12, 21, 24, 29, 34, 17, 2, 40, 38, 36, 8, 1, 9, 28, 16],
    }
)


@pytest.mark.validates("rank_ancova")
def test_the_data_of_quade(run: Any, reference: References) -> None:
    results = run("rank_ancova", ["Y"], QUADE, {"covariates": ("X1", "X2"), "test": "quade"})
    source = "data of Quade 1967, p. 1188; R 4.2.2, anova(lm(resid(lm(rank(y) ~ rank(x1) + rank(x2))) ~ group))"
    for name, expected in (("statistic", 4.73096499974), ("p_value", 0.0305544754358), ("df", 2), ("df2", 12)):
        actual = stat(results, f"Y/{name}")
        reference.holds(f"{name}, Quade", actual, expected, tolerance=1e-10, source=source)


@pytest.mark.validates("rank_ancova")
def test_residual_ranks_without_strata(run: Any, reference: References) -> None:
    results = run("rank_ancova", ["POST"], LEPROSY, {"covariates": ("PRE",), "test": "quade"})
    source = "R 4.2.2, stats, anova(lm(resid(lm(rank(post) ~ rank(pre))) ~ arm))"
    for name, expected in (("statistic", 0.80343828529), ("p_value", 0.458205024589), ("df", 2), ("df2", 27)):
        actual = stat(results, f"POST/{name}")
        reference.holds(f"{name}, leprosy, Quade", actual, expected, tolerance=1e-10, source=source)


def test_a_covariate_that_explains_everything_leaves_nothing_to_test(run: Any) -> None:
    records = LEPROSY.with_columns(SAME=pl.col("POST") * 2)
    for test in ("koch", "quade"):
        results = run("rank_ancova", ["POST"], records, {"covariates": ("SAME",), "test": test})
        assert results["a/POST/p_value"].stat_text == "NE"
        assert results["a/POST/p_value"].warnings


def test_distances_from_the_null_that_are_equal_in_decimals_are_ties() -> None:
    # 0.3 - 0.2 and 0.1 - 0.2 differ in the last bit. R 4.2.2, wilcox.test(c(1, 3, 6, 7, 9) - 2, exact = FALSE).
    options = WilcoxonOptions(design="one_sample", null=0.2, distribution="asymptotic")
    found = compute_signed_rank(np.array([0.1, 0.3, 0.6, 0.7, 0.9]), options)
    assert found.statistic == 13.5
    assert found.p_value == pytest.approx(0.136216869845, rel=1e-10)
