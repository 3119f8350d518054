"""Cochran-Mantel-Haenszel statistics against textbooks, R, and two tables of the CDISC pilot's report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import analyze, parse_plan
from trialwright.analysis.methods.proportions.cmh import compute_cmh
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import read_dataset

R = "R 4.2.2"
# Agresti A. Categorical Data Analysis, 2nd ed., 2002, table 7.8: income (rows) by job satisfaction, women and men.
JOB = np.array(
    [
        [[1, 3, 11, 2], [2, 3, 17, 3], [0, 1, 8, 5], [0, 2, 4, 2]],
        [[1, 1, 2, 1], [0, 3, 5, 1], [0, 0, 7, 3], [0, 1, 9, 6]],
    ]
)
# Koch GG, Edwards S, 1988; Stokes, Davis, Koch, 3rd ed., section 4.2.3: improvement of arthritis, women and men; vcd.
ARTHRITIS = np.array([[[19, 7, 6], [6, 5, 16]], [[10, 0, 1], [7, 2, 5]]])
# SAS/STAT User's Guide, The FREQ Procedure, example "Cochran-Mantel-Haenszel Statistics": migraine, women and men.
MIGRAINE = np.array([[[16, 11], [5, 20]], [[12, 16], [7, 19]]])
# R's UCBAdmissions (Bickel PJ et al. Science 1975;187:398-403): department x gender x admitted, rejected.
ADMISSIONS = np.array(
    [
        [[512, 313], [89, 19]],
        [[353, 207], [17, 8]],
        [[120, 205], [202, 391]],
        [[138, 279], [131, 244]],
        [[53, 138], [94, 299]],
        [[22, 351], [24, 317]],
    ]
)


def records(table: np.ndarray[Any, Any], columns: tuple[str | int, ...] | None = None) -> pl.DataFrame:
    """One record for each count: ARM A, B, ...; STRATUM 1, 2, ...; AVAL."""
    names = columns or tuple(range(1, table.shape[2] + 1))
    rows = [
        {"STRATUM": f"{h + 1}", "ARM": "ABCDEFGH"[i], "AVAL": names[j]}
        for (h, i, j), count in np.ndenumerate(table)
        for _ in range(count)
    ]
    return pl.DataFrame(rows)


@pytest.mark.validates("cmh")
def test_the_textbooks_three_statistics(reference: References) -> None:
    source = "Agresti A. Categorical Data Analysis, 2nd ed., 2002, section 7.5.3, scores 3, 10, 20, 35 and 1, 3, 4, 5"
    rows, columns = [3.0, 10.0, 20.0, 35.0], [1.0, 3.0, 4.0, 5.0]
    correlation = compute_cmh(JOB, "correlation", row_scores=rows, column_scores=columns)
    means = compute_cmh(JOB, "row_mean_scores", column_scores=columns)
    general = compute_cmh(JOB, "general")
    reference.holds("correlation, job satisfaction", correlation.statistic, 6.1563, tolerance=5e-5, source=source)
    reference.holds("row mean scores, job satisfaction", means.statistic, 9.0342, tolerance=5e-5, source=source)
    reference.holds("general association, job satisfaction", general.statistic, 10.2001, tolerance=5e-5, source=source)
    reference.holds("p, correlation, job satisfaction", correlation.p_value, 0.0131, tolerance=5e-5, source=source)
    reference.holds("p, row mean scores, job satisfaction", means.p_value, 0.0288, tolerance=5e-5, source=source)
    reference.holds("p, general association, job satisfaction", general.p_value, 0.3345, tolerance=5e-5, source=source)
    assert (correlation.df, means.df, general.df) == (1, 3, 9)


@pytest.mark.validates("cmh")
def test_r_computes_the_same(reference: References) -> None:
    def holds(quantity: str, actual: float | None, expected: float, source: str) -> None:
        reference.holds(quantity, actual, expected, tolerance=1e-10, relative=True, source=f"{R}, {source}")

    coin = "coin 1.4.2, independence_test(y ~ Income | Gender, teststat = 'quadratic'), y = "
    holds(
        "general association, arthritis",
        compute_cmh(ARTHRITIS).statistic,
        14.6322653063,
        "stats, mantelhaen.test(xtabs(~ Treatment + Improved + Sex, vcd::Arthritis))",
    )
    holds(
        "row mean scores, arthritis",
        compute_cmh(ARTHRITIS, "row_mean_scores").statistic,
        14.6319401418,
        "vcdExtra 0.8.2, CMHtest(xtabs(~ Treatment + Improved + Sex, vcd::Arthritis), overall = TRUE), rmeans",
    )
    holds(
        "correlation, arthritis",
        compute_cmh(ARTHRITIS, "correlation").statistic,
        14.6319401418,
        "vcdExtra 0.8.2, CMHtest(xtabs(~ Treatment + Improved + Sex, vcd::Arthritis), overall = TRUE), cor",
    )
    holds(
        "row mean scores of ranks, arthritis",
        compute_cmh(ARTHRITIS, "row_mean_scores", "rank").statistic,
        13.6042253769,
        "coin 1.4.2, independence_test(as.numeric(Improved) ~ Treatment | Sex, ytrafo = ranks within Sex)",
    )
    for kind, value in (("rank", 7.381423494), ("ridit", 8.46969572896), ("modified_ridit", 8.45267250079)):
        what = f"{kind} of Satisfaction within Gender"
        actual = compute_cmh(JOB, "row_mean_scores", kind)  # type: ignore[arg-type]
        holds(f"row mean scores, {kind}, job satisfaction", actual.statistic, value, coin + what)
    for kind, value in (("rank", 3.99083518118), ("ridit", 5.91492038321), ("modified_ridit", 5.88293949415)):
        what = f"{kind} of Satisfaction within Gender, with the same of Income"
        actual = compute_cmh(JOB, "correlation", kind)  # type: ignore[arg-type]
        holds(f"correlation, {kind}, job satisfaction", actual.statistic, value, coin + what)
    holds(
        "2 x 2, admissions",
        compute_cmh(ADMISSIONS).statistic,
        1.52460666044,
        "stats, mantelhaen.test(aperm(UCBAdmissions, c(2, 1, 3)), correct = FALSE)",
    )


@pytest.mark.validates("cmh")
def test_the_example_of_proc_freq(reference: References) -> None:
    source = "SAS/STAT User's Guide, The FREQ Procedure, example Cochran-Mantel-Haenszel Statistics (Migraine)"
    for alternative in ("correlation", "row_mean_scores", "general"):
        test = compute_cmh(MIGRAINE, alternative)
        reference.holds(f"{alternative}, migraine", test.statistic, 8.3052, tolerance=5e-5, source=source)
        reference.holds(f"p, {alternative}, migraine", test.p_value, 0.0040, tolerance=5e-5, source=source)


def test_the_engine_gives_the_same_by_values_and_by_order(run: Any) -> None:
    options = {"strata": ["STRATUM"], "alternative": "row_mean_scores"}
    numeric = run("cmh", ["AVAL"], records(JOB, (1, 3, 4, 5)), options)
    assert numeric["a/AVAL/statistic"].stat == pytest.approx(9.03422210916, rel=1e-10)
    assert [numeric[f"a/AVAL/{name}"].stat for name in ("n", "n_strata", "df")] == [104, 2, 3]
    texts = run(
        "cmh",
        ["AVAL"],
        records(ARTHRITIS, ("None", "Some", "Marked")),
        {**options, "levels": ["None", "Some", "Marked"]},
    )
    assert texts["a/AVAL/statistic"].stat == pytest.approx(14.6319401418, rel=1e-10)


def test_a_contrast_is_the_test_of_its_two_groups(run: Any) -> None:
    results = run("cmh", ["AVAL"], records(JOB), {"strata": ["STRATUM"], "contrasts": [["D", "A"]]})
    alone = compute_cmh(JOB[:, [0, 3]])
    assert results["a/ARM=D - A/AVAL/statistic"].stat == pytest.approx(alone.statistic, rel=1e-12)
    assert results["a/ARM=D - A/AVAL/df"].stat == 3
    assert results["a/ARM=D - A/AVAL/n"].stat == 46


def test_one_row_or_one_column_or_one_record_contributes_nothing() -> None:
    empty = np.array([[[4, 3], [0, 0]], [[5, 0], [7, 0]], [[1, 0], [0, 0]], [[0, 0], [0, 0]]])
    more = np.concatenate([MIGRAINE, empty])
    test = compute_cmh(more)
    assert test.strata == 2
    assert test.n == MIGRAINE.sum() + 20
    assert test.statistic == pytest.approx(compute_cmh(MIGRAINE).statistic, rel=1e-12)


def test_without_strata_it_is_pearsons_chi_square_times_n_minus_1_by_n() -> None:
    table = np.array([[[10, 5, 3], [4, 8, 9]]])
    observed = table[0].astype(float)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    pearson = ((observed - expected) ** 2 / expected).sum()
    assert compute_cmh(table).statistic == pytest.approx(pearson * 38 / 39, rel=1e-12)


def test_groups_that_no_stratum_connects_lose_a_degree_of_freedom_and_are_told(run: Any) -> None:
    table = np.zeros((2, 4, 2), dtype=int)
    table[0, :2] = [[5, 5], [8, 2]]
    table[1, 2:] = [[3, 7], [6, 4]]
    results = run("cmh", ["AVAL"], records(table), {"strata": ["STRATUM"]})
    assert results["a/AVAL/df"].stat == 2
    assert "2 degrees of freedom, not 3" in results["a/AVAL/p_value"].warnings


@pytest.mark.parametrize(
    "table",
    [np.array([[[3, 0], [5, 0]]]), np.array([[[3, 4], [0, 0]], [[0, 0], [2, 2]]]), np.array([[[1, 0], [0, 0]]])],
)
def test_nothing_to_compare_is_not_estimable(table: np.ndarray[Any, Any], run: Any) -> None:
    results = run("cmh", ["AVAL"], records(table), {"strata": ["STRATUM"]}, arms=["A", "B"])
    assert results["a/AVAL/p_value"].stat_text == "NE"
    assert results["a/AVAL/p_value"].warnings == "no stratum has two groups and two different values"


def test_missing_strata_and_values_are_left_out_and_counted(run: Any) -> None:
    frame = pl.concat(
        [
            records(MIGRAINE),
            pl.DataFrame([{"STRATUM": None, "ARM": "A", "AVAL": 1}, {"STRATUM": "1", "ARM": "B", "AVAL": None}]),
        ],
        how="vertical_relaxed",
    )
    results = run("cmh", ["AVAL"], frame, {"strata": ["STRATUM"]})
    found = results["a/AVAL/statistic"]
    assert found.stat == pytest.approx(8.3052, abs=5e-5)
    assert found.warnings == "records without a stratum, left out: 1; records without a value, left out: 1"


def test_an_event_counts_each_subject_once(run: Any) -> None:
    frame = records(MIGRAINE).with_row_index("row").with_columns(pl.format("S{}", "row").alias("USUBJID")).drop("row")
    twice = pl.concat([frame, frame.with_columns(AVAL=pl.lit(2))], how="vertical_relaxed")
    results = run("cmh", ["AVAL"], twice, {"strata": ["STRATUM"], "event": "AVAL = 1"}, subjects=frame)
    assert results["a/AVAL/statistic"].stat == pytest.approx(8.3052, abs=5e-5)
    assert results["a/AVAL/n"].stat == 106


def test_a_subject_with_several_records_is_told(run: Any) -> None:
    frame = records(MIGRAINE).with_row_index("row").with_columns(pl.format("S{}", "row").alias("USUBJID")).drop("row")
    results = run("cmh", ["AVAL"], pl.concat([frame, frame[:3]]), {"strata": ["STRATUM"]}, subjects=frame)
    assert "3 records beyond the first" in results["a/AVAL/n"].warnings


def test_a_level_that_is_no_number_of_a_numeric_variable_is_a_mistake_of_the_plan(run: Any) -> None:
    with pytest.raises(PlanError, match="'high' of AVAL, which is numeric"):
        run("cmh", ["AVAL"], records(MIGRAINE), {"levels": ["high"]})


PLAN = """
plan: {title: CDISC pilot, alpha: 0.05}
analysis_sets:
  efficacy: {label: Efficacy, condition: "EFFFL = 'Y' and ITTFL = 'Y'"}
  safety: {label: Safety, condition: "SAFFL = 'Y'"}
groupings:
  planned: {variable: TRT01P, levels: &arms [Placebo, Xanomeline Low Dose, Xanomeline High Dose]}
  actual: {variable: TRT01A, levels: *arms}
  visit: {variable: AVISITN, levels: ["8", "16", "24"]}
  chemistry: {variable: PARAM, levels: CHEMISTRY}
  hematology: {variable: PARAM, levels: HEMATOLOGY}
analyses:
  cibic: {method: cmh, dataset: ADCIBC, population: efficacy, by: [planned, visit], variables: AVAL,
          where: "ANL01FL = 'Y'", options: {strata: [SITEGR1], alternative: row_mean_scores}}
  adlbc: &shifts {method: cmh, dataset: ADLBC, population: safety, by: [actual, chemistry], variables: ANRIND,
          where: "ANL01FL = 'Y' and AVISITN != 99 and BNRIND in ('N', 'H') and ANRIND in ('N', 'H')",
          options: {strata: [BNRIND], alternative: row_mean_scores}}
  adlbh: {<<: *shifts, dataset: ADLBH, by: [actual, hematology]}
"""


@pytest.fixture(scope="module")
def pilot(shared: Path) -> Results:
    folder = shared / "data" / "cdiscpilot01" / "adam_tdf"
    data = {name: read_dataset(folder / f"{name.lower()}.parquet") for name in ("ADSL", "ADCIBC", "ADLBC", "ADLBH")}
    plan = PLAN
    for name, dataset in (("CHEMISTRY", "ADLBC"), ("HEMATOLOGY", "ADLBH")):
        parameters = data[dataset].frame["PARAM"].unique().sort().to_list()
        plan = plan.replace(name, json.dumps([text for text in parameters if "change from previous" not in text]))
    return analyze(parse_plan(plan), data)


def shown(shared: Path, number: str) -> list[tuple[str, list[str]]]:
    content = json.loads((shared / "data" / "cdiscpilot01" / "tables" / f"{number}.json").read_text())
    return [(row["label"], row["cells"]) for row in content["rows"]]


@pytest.mark.validates("cmh")
def test_the_pilots_categories_of_cibic(reference: References, shared: Path, pilot: Results) -> None:
    weeks = [(label, cells) for label, cells in shown(shared, "14-3.13") if label.startswith("Week")]
    assert len(weeks) == 3
    for label, cells in weeks:
        reference.holds(
            f"p, row mean scores of CIBIC+ stratified by site group, {label}",
            pilot[f"cibic/AVISITN={label.split()[1]}/AVAL/p_value"].stat,
            float(cells[-1]),
            tolerance=5.1e-5,
            source="CDISC pilot, table 14-3.13 (replication in R)",
        )
        total = sum(int(cell) for cell in cells[1:4])
        assert pilot[f"cibic/AVISITN={label.split()[1]}/AVAL/n"].stat == total


@pytest.mark.validates("cmh")
def test_the_pilots_shifts_of_laboratory_values(reference: References, shared: Path, pilot: Results) -> None:
    found = {
        row.groups[0][1].split(" (")[0].upper(): row.stat
        for row in [*pilot.of_analysis("adlbc"), *pilot.of_analysis("adlbh")]
        if row.stat_name == "p_value"
    }
    tested = [(label, cells[-1]) for label, cells in shown(shared, "14-6.05") if cells[-1]]
    assert len(tested) == 6
    for label, p_value in tested:
        reference.holds(
            f"p, row mean scores of shifts stratified by baseline, {label.lower()}",
            found["BLOOD UREA NITROGEN" if label == "UREA NITROGEN" else label],
            float(p_value),
            tolerance=5.1e-4,
            source="CDISC pilot, table 14-6.05 (replication in R)",
        )


def test_texts_are_scored_in_the_order_given_and_categories_in_theirs(run: Any) -> None:
    frame = records(ARTHRITIS, ("None", "Some", "Marked"))
    options = {"strata": ["STRATUM"], "alternative": "row_mean_scores"}
    by_alphabet = run("cmh", ["AVAL"], frame, options)["a/AVAL/statistic"].stat  # Marked, None, Some
    assert by_alphabet == pytest.approx(
        compute_cmh(ARTHRITIS, "row_mean_scores", column_scores=[2, 3, 1]).statistic, rel=1e-12
    )
    categories = {name: f"AVAL = '{name}'" for name in ("None", "Some", "Marked")}
    by_category = run("cmh", ["AVAL"], frame, {**options, "categories": categories})["a/AVAL/statistic"].stat
    assert by_category == pytest.approx(14.6319401418, rel=1e-10)


def test_a_declared_level_that_nobody_has_keeps_its_place(run: Any) -> None:
    frame = records(ARTHRITIS, ("None", "Mild", "Marked"))
    options = {"alternative": "row_mean_scores", "levels": ["None", "Trace", "Mild", "Marked"]}
    found = run("cmh", ["AVAL"], frame, {**options, "strata": ["STRATUM"]})["a/AVAL/statistic"].stat
    assert found == pytest.approx(
        compute_cmh(ARTHRITIS, "row_mean_scores", column_scores=[1, 3, 4]).statistic, rel=1e-12
    )


def test_an_event_tells_of_subjects_without_a_record(run: Any) -> None:
    frame = records(MIGRAINE).with_row_index("row").with_columns(pl.format("S{}", "row").alias("USUBJID")).drop("row")
    results = run("cmh", ["AVAL"], frame[2:], {"strata": ["STRATUM"], "event": "AVAL = 1"}, subjects=frame)
    assert results["a/AVAL/n"].warnings == "subjects of the analysis set without a record, left out: 2"
