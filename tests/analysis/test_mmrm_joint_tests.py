"""F tests of the terms of an MMRM against lmerTest and pbkrtest, PROC MIXED, and exact tests of complete data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import stats
from tests.validation import References

from trialwright.analysis.methods import mmrm
from trialwright.analysis.methods.mmrm_data import arrange
from trialwright.analysis.methods.mmrm_fit import fit_mmrm
from trialwright.analysis.methods.mmrm_inference import infer
from trialwright.analysis.methods.mmrm_tests import joint_test, reduced_rows, type_iii_functions
from trialwright.analysis.plan import OptionValue
from trialwright.results import Results

Floats = npt.NDArray[np.float64]
FEV_OPTIONS: Mapping[str, OptionValue] = {"visit": "AVISIT", "factors": ("RACE", "SEX"), "convergence": "full"}


def fev(run: Any, shared: Path, options: Mapping[str, OptionValue]) -> Results:
    frame = pl.read_csv(shared / "reference" / "fev_data.csv", null_values=["", "NA"])
    records = frame.rename({"ARMCD": "ARM"})
    subjects = records.select("USUBJID", "ARM").unique(maintain_order=True)
    results: Results = run(
        "mmrm", ["FEV1"], records.drop("ARM"), {**FEV_OPTIONS, **options}, arms=("PBO", "TRT"), subjects=subjects
    )
    return results


# R 4.2.2, lmerTest 3.1-3, FEV data without missing FEV1, contr.treatment with the last level as base:
# m = lmer(FEV1 ~ RACE + SEX + FEV1_BL + ARMCD * AVISIT + (1 | USUBJID)), contest(m, L, ddf = "Satterthwaite"), where L
# has the differences from the last level (of visits, their mean over arms). Of one function: anova(m, type = 3).
SATTERTHWAITE = {
    "RACE": (2, 189.011115136, 25.705053948506),
    "SEX": (1, 188.036766234, 0.567790433368),
    "FEV1_BL": (1, 199.735548455, 25.787484302291),
    "ARM": (1, 187.797520127, 32.672319542994),
    "AVISIT": (3, 417.258555372, 154.785434030465),
    "ARM*AVISIT": (3, 418.036856417, 0.327677959454),
}
# The same with FEV1_BL * AVISIT: the visits are compared where FEV1_BL is 0.
BY_VISIT = {
    "RACE": (2, 189.261563192, 25.586648671457),
    "FEV1_BL": (1, 201.771702819, 25.177055609006),
    "ARM": (1, 187.937689055, 32.936213957818),
    "AVISIT": (3, 424.752546801, 8.917972851766),
    "FEV1_BL*AVISIT": (3, 425.040668969, 0.152970219258),
    "ARM*AVISIT": (3, 415.644935619, 0.314226520201),
}
# The first model, anova(m, type = 3, ddf = "Kenward-Roger") by pbkrtest 0.5.2.
KENWARD_ROGER = {
    "RACE": (2, 179.935436166, 25.669422754154),
    "SEX": (1, 178.997495861, 0.566971921123),
    "FEV1_BL": (1, 190.451755094, 25.750458064657),
    "ARM": (1, 178.763649304, 32.626086420494),
    "AVISIT": (3, 410.648949612, 154.429230552824),
    "ARM*AVISIT": (3, 411.478735951, 0.326845744989),
}


def assert_terms(reference: References, results: Results, expected: Any, ddf: str, source: str) -> None:
    for term, (df, df2, statistic) in expected.items():
        found = {name: results[f"a/FEV1={term}/{name}"].stat for name in ("df", "df2", "statistic", "p_value")}
        assert found["df"] == df
        assert found["p_value"] == pytest.approx(stats.f.sf(statistic, df, df2), rel=1e-5)
        reference.holds(
            f"F of {term}, {ddf}", found["statistic"], statistic, tolerance=2e-8, source=source, relative=True
        )
        reference.holds(f"df2 of {term}, {ddf}", found["df2"], df2, tolerance=2e-7, source=source, relative=True)


@pytest.mark.validates("mmrm")
def test_terms_by_satterthwaite_are_those_of_lmertest(run: Any, shared: Path, reference: References) -> None:
    source = "R 4.2.2, lmerTest 3.1-3, contest(lmer(... + (1 | USUBJID)), L, ddf = 'Satterthwaite'), FEV data"
    options: dict[str, OptionValue] = {"df": "satterthwaite", "structure": "compound_symmetry"}
    results = fev(run, shared, {**options, "covariates": ("FEV1_BL",)})
    assert_terms(reference, results, SATTERTHWAITE, "Satterthwaite", source)
    results = fev(run, shared, {**options, "covariates_by_visit": ("FEV1_BL",)})
    assert_terms(reference, results, BY_VISIT, "Satterthwaite, with FEV1_BL by AVISIT", source)


# pbkrtest takes the variance of the covariance parameters from the expected information; PROC MIXED, and we, from the
# observed one. With the expected one in its place every digit agrees; with the observed one df2 differ by up to 6 %.
@pytest.mark.validates("mmrm")
def test_terms_by_kenward_and_roger_are_those_of_pbkrtest_given_its_information(
    run: Any, shared: Path, reference: References, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, OptionValue] = {"covariates": ("FEV1_BL",), "structure": "compound_symmetry"}
    observed = fev(run, shared, options)

    def infer_from_expected(fit: Any, method: str, term_df: Any) -> Any:
        derivatives = replace(fit.derivatives, observed=fit.derivatives.expected)
        return infer(replace(fit, derivatives=derivatives), method, term_df)

    monkeypatch.setattr(mmrm, "infer", infer_from_expected)
    source = "R 4.2.2, pbkrtest 0.5.2, anova(lmer(...), ddf = 'Kenward-Roger'), FEV data; both by expected information"
    assert_terms(reference, fev(run, shared, options), KENWARD_ROGER, "Kenward-Roger", source)
    for term, (_, df2, statistic) in KENWARD_ROGER.items():
        assert observed[f"a/FEV1={term}/statistic"].stat == pytest.approx(statistic, rel=2e-3)
        assert observed[f"a/FEV1={term}/df2"].stat == pytest.approx(df2, rel=0.06)


# nlme 3.1-162, gls(FEV1 ~ RACE + SEX + ARMCD * AVISIT, method = "REML", tolerance = 1e-11), FEV data without missing
# FEV1: -2 logLik, the difference TRT - PBO at VIS4 and its SE. `heterogeneous` and unstructured with
# varIdent(form = ~ 1 | AVISIT); corARMA(p = 3) over four visits is any Toeplitz.
GLS: Mapping[str, tuple[str, float, float, float]] = {
    "unstructured": ("corSymm, varIdent", 3386.44987138, 4.39852950, 1.68055085),
    "toeplitz": ("corARMA(p = 3)", 3520.64399578, 4.17517517, 1.15028693),
    "toeplitz_heterogeneous": ("corARMA(p = 3), varIdent", 3397.13130574, 4.34023802, 1.69655534),
    "ar1": ("corAR1", 3525.07876301, 4.09771453, 1.15687957),
    "ar1_heterogeneous": ("corAR1, varIdent", 3404.21924573, 4.11209460, 1.70231682),
    "compound_symmetry": ("corCompSymm", 3522.04294892, 4.21779377, 1.14813973),
    "compound_symmetry_heterogeneous": ("corCompSymm, varIdent", 3398.00102698, 4.35154226, 1.69380761),
    "spatial_power": ("corExp(~ VISITN + VISITN2)", 3527.95397637, 4.09793002, 1.15352020),
}


@pytest.mark.validates("mmrm")
@pytest.mark.parametrize("structure", GLS)
def test_every_structure_is_that_of_gls(run: Any, shared: Path, reference: References, structure: str) -> None:
    call, criterion, difference, se = GLS[structure]
    options: dict[str, OptionValue] = {
        "structure": structure,
        "df": "satterthwaite",
        "contrasts": (("TRT", "PBO"),),
        "visits": ("VIS1", "VIS2", "VIS3", "VIS4"),
        "fallback": (),
    }
    if structure == "spatial_power":
        options["times"] = ("VISITN", "VISITN2")
    results = fev(run, shared, options)
    name = "a/ARM=TRT - PBO/AVISIT=VIS4/FEV1"
    found = {
        "-2 log-likelihood": (results["a/FEV1/minus_2_log_likelihood"].stat, criterion, 1e-9),
        "TRT - PBO at VIS4": (results[f"{name}/difference"].stat, difference, 4e-6),
        "its SE": (results[f"{name}/se"].stat, se, 4e-6),
    }
    source = f"R 4.2.2, nlme 3.1-162, gls(FEV1 ~ RACE + SEX + ARMCD * AVISIT, {call}), FEV data"
    for quantity, (actual, expected, tolerance) in found.items():
        reference.holds(f"{quantity}, {structure}", actual, expected, tolerance=tolerance, source=source, relative=True)


# PROC MIXED's listing in the repository of the R package mmrm (design/SAS/sas_weighted.txt): FEV1 = RACE SEX ARMCD
# AVISIT ARMCD*AVISIT, WEIGHT WEIGHT, unstructured. Weights multiply responses and regressors by their roots. SAS prints
# F to two decimals; its degrees of freedom under WEIGHT are of another kind.
SAS_WEIGHTED = {"RACE": (2, 34.37), "SEX": (1, 0.19), "ARM": (1, 30.42), "AVISIT": (3, 134.59), "ARM*AVISIT": (3, 0.08)}


@pytest.mark.validates("mmrm")
def test_terms_are_those_of_proc_mixed(shared: Path, reference: References) -> None:
    frame = pl.read_csv(shared / "reference" / "fev_data.csv", null_values=["", "NA"]).drop_nulls("FEV1")
    root = np.sqrt(frame["WEIGHT"].to_numpy())
    indicators = {
        name: frame[name].to_dummies().to_numpy().astype(float) for name in ("RACE", "SEX", "ARMCD", "AVISIT")
    }
    crossed = (indicators["ARMCD"][:, :, None] * indicators["AVISIT"][:, None, :]).reshape(len(root), -1)
    blocks = {"": np.ones((len(root), 1)), **indicators, "ARM*AVISIT": crossed}
    terms, start = {}, 0
    for name, block in blocks.items():
        terms["ARM" if name == "ARMCD" else name] = tuple(range(start, start + block.shape[1]))
        start += block.shape[1]
    visits = frame["VISITN"].to_numpy().astype(np.int64) - 1
    data = arrange(
        np.hstack(list(blocks.values())) * root[:, None],
        frame["FEV1"].to_numpy() * root,
        subjects=np.unique(frame["USUBJID"].to_numpy(), return_inverse=True)[1].astype(np.int64),
        visits=visits,
        n_visits=4,
        blocks=np.zeros_like(visits),
    )
    inference = infer(fit_mmrm(data, "unstructured", stops_early=True), "satterthwaite", {})
    values, vectors = np.linalg.eigh(data.row_space)
    basis = vectors[:, values > 0.5].T
    containing = {"ARM": ["ARM*AVISIT"], "AVISIT": ["ARM*AVISIT"]}
    source = "SAS PROC MIXED, Type 3 tests, WEIGHT (github.com/openpharma/mmrm, design/SAS/sas_weighted.txt)"
    for term, (df, statistic) in SAS_WEIGHTED.items():
        functions = reduced_rows(type_iii_functions(basis, terms, term, containing))
        found = joint_test(inference, functions, terms[term])
        assert found.df == df
        reference.holds(f"F of {term}, weighted", found.statistic, statistic, tolerance=0.0051, source=source)


# The same repository, sas_coef_ci_reml_un.txt: FEV1 = ARMCD SEX, unstructured, DDFM=SATTERTHWAITE.
@pytest.mark.validates("mmrm")
def test_degrees_of_freedom_are_those_of_proc_mixed(run: Any, shared: Path, reference: References) -> None:
    options: dict[str, OptionValue] = {"effects": "arm", "factors": ("SEX",), "df": "satterthwaite"}
    results = fev(run, shared, {**options, "convergence": "proc_mixed"})
    source = "SAS PROC MIXED, Type 3 tests (github.com/openpharma/mmrm, design/SAS/sas_coef_ci_reml_un.txt)"
    for term, statistic, p_value in (("ARM", 35.51, None), ("SEX", 0.05, 0.8276)):
        name = f"a/FEV1={term}"
        reference.holds(f"F of {term}", results[f"{name}/statistic"].stat, statistic, tolerance=0.0051, source=source)
        reference.holds(f"df2 of {term}", results[f"{name}/df2"].stat, 161, tolerance=0.51, source=source)
        if p_value is not None:
            reference.holds(f"p of {term}", results[f"{name}/p_value"].stat, p_value, tolerance=6e-5, source=source)


def balanced(seed: int = 3, per_arm: int = 8) -> pl.DataFrame:
    """Three arms, four visits, nothing missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(3 * per_arm):
        values = rng.normal(size=4) * [1, 1.5, 2, 2.5] + rng.normal() + [0, 0.3, 0.5, 1.0]
        rows += [
            {"USUBJID": f"S{number:02d}", "ARM": "ABC"[number % 3], "AVISITN": visit, "CHG": float(value)}
            for visit, value in enumerate(values, 1)
        ]
    return pl.DataFrame(rows)


def fit_balanced(run: Any, frame: pl.DataFrame, options: Mapping[str, OptionValue]) -> Results:
    subjects = frame.select("USUBJID", "ARM").unique(maintain_order=True)
    results: Results = run("mmrm", ["CHG"], frame.drop("ARM"), options, arms=("A", "B", "C"), subjects=subjects)
    return results


def test_of_complete_data_compound_symmetry_gives_the_split_plot_analysis_of_variance(run: Any) -> None:
    frame = balanced()
    wide = frame.pivot("AVISITN", index=["USUBJID", "ARM"], values="CHG", maintain_order=True)
    y = wide.select("1", "2", "3", "4").to_numpy()
    arm = wide["ARM"].to_numpy()
    groups = [y[arm == one] for one in "ABC"]
    between = stats.f_oneway(*(group.mean(axis=1) for group in groups))
    # Sums of squares of the visits, the interaction and the error within subjects, by their definitions.
    grand = y.mean()
    visit_ss = len(y) * np.square(y.mean(axis=0) - grand).sum()
    cells = [
        len(group) * np.square(group.mean(axis=0) - group.mean() - y.mean(axis=0) + grand).sum() for group in groups
    ]
    error = sum(
        np.square(group - group.mean(axis=1, keepdims=True) - group.mean(axis=0) + group.mean()).sum()
        for group in groups
    )
    df_error = (len(y) - 3) * 3
    for df in ("kenward_roger", "satterthwaite", "between_within"):
        results = fit_balanced(run, frame, {"structure": "compound_symmetry", "df": df})
        for term, statistic, df1, df2 in (
            ("ARM", between.statistic, 2, len(y) - 3),
            ("AVISITN", visit_ss / 3 / (error / df_error), 3, df_error),
            ("ARM*AVISITN", sum(cells) / 6 / (error / df_error), 6, df_error),
        ):
            assert results[f"a/CHG={term}/df"].stat == df1
            assert results[f"a/CHG={term}/df2"].stat == pytest.approx(df2, rel=1e-6)
            assert results[f"a/CHG={term}/statistic"].stat == pytest.approx(statistic, rel=1e-6)


def test_of_complete_data_kenward_and_roger_give_hotelling_s_test_of_the_visits(run: Any) -> None:
    frame = balanced().filter(pl.col("ARM") != "C")
    wide = frame.pivot("AVISITN", index=["USUBJID", "ARM"], values="CHG", maintain_order=True)
    steps = np.diff(wide.select("1", "2", "3", "4").to_numpy(), axis=1)
    arm = wide["ARM"].to_numpy()
    one, other = (steps[arm == name] for name in "AB")
    n = len(steps)
    pooled = (np.cov(one.T) * (len(one) - 1) + np.cov(other.T) * (len(other) - 1)) / (n - 2)
    apart = one.mean(axis=0) - other.mean(axis=0)
    squared = len(one) * len(other) / n * apart @ np.linalg.solve(pooled, apart)
    subjects = frame.select("USUBJID", "ARM").unique(maintain_order=True)
    results = run("mmrm", ["CHG"], frame.drop("ARM"), {"convergence": "full"}, arms=("A", "B"), subjects=subjects)
    # T squared (n - 2 - p + 1) / ((n - 2) p) has the F distribution with p and n - 1 - p degrees of freedom.
    assert results["a/CHG=ARM*AVISITN/df2"].stat == pytest.approx(n - 1 - 3, rel=1e-6)
    assert results["a/CHG=ARM*AVISITN/statistic"].stat == pytest.approx(squared * (n - 4) / ((n - 2) * 3), rel=1e-6)


def test_a_single_function_is_the_square_of_its_t_test(run: Any) -> None:
    frame = balanced().filter(pl.col("ARM") != "C")
    holed = frame.filter(pl.int_range(pl.len()) % 7 != 3)
    subjects = frame.select("USUBJID", "ARM").unique(maintain_order=True)
    for df in ("kenward_roger", "kenward_roger_linear", "satterthwaite", "between_within"):
        options = {"structure": "ar1", "df": df, "contrasts": (("B", "A"),)}
        results = run("mmrm", ["CHG"], holed.drop("ARM"), options, arms=("A", "B"), subjects=subjects)
        name = "a/ARM=B - A/CHG"
        assert results["a/CHG=ARM/statistic"].stat == pytest.approx(results[f"{name}/statistic"].stat ** 2, rel=1e-8)
        assert results["a/CHG=ARM/p_value"].stat == pytest.approx(results[f"{name}/p_value"].stat, rel=1e-8)


def test_an_empty_cell_leaves_the_functions_that_can_be_estimated(run: Any) -> None:
    frame = balanced().filter((pl.col("ARM") != "C") | (pl.col("AVISITN") < 4))
    results = fit_balanced(run, frame, {"structure": "toeplitz"})
    assert results["a/CHG=ARM*AVISITN/df"].stat == 5
    assert results["a/CHG=ARM/df"].stat == 2
    assert results["a/CHG=ARM/p_value"].stat is not None


def test_a_model_that_cannot_be_fitted_has_no_tests(run: Any) -> None:
    frame = balanced().with_columns(pl.lit(1.0).alias("CHG"))
    results = fit_balanced(run, frame, {})
    row = results["a/CHG=ARM*AVISITN/p_value"]
    assert (row.stat_text, results["a/CHG=ARM*AVISITN/df"].stat_text) == ("NE", "NE")
    assert "no residual variation" in row.warnings
