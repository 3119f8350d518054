"""Counts, descriptive statistics, one-way tests: values of other programs, for the pages of docs/validation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import analyze, parse_plan
from trialwright.standards.datasets import read_dataset

R = "R 4.2.2, "


@pytest.mark.validates("descriptive")
def test_descriptive_statistics_are_those_of_r(run: Any, reference: References) -> None:
    values = [12.1, 15.3, 9.8, 22.4, 17.6, 11.2, 14.9, 30.5, 8.7, 16.6]
    results = run("descriptive", ["X"], pl.DataFrame({"ARM": ["A"] * 10, "X": values}), {"conf_level": 0.95})
    source = R + f"x <- c({', '.join(map(str, values))}); mean, sd, median, quantile(type = 2), t.test(x)$conf.int"
    expected = {
        "mean": 15.91,
        "sd": 6.546661575014992,
        "se": 2.070236164735265,
        "median": 15.1,
        "q1": 11.2,
        "q3": 17.6,
        "ci_lower": 11.22680043126024,
        "ci_upper": 20.59319956873976,
    }
    for name, value in expected.items():
        reference.holds(name, results[f"a/ARM=A/X/{name}"].stat, value, tolerance=1e-13, relative=True, source=source)


def table_of(rows: list[list[int]]) -> pl.DataFrame:
    """Records of a table of counts: ARM by row, C by column."""
    pairs = [
        (f"R{number}", f"C{place}")
        for number, row in enumerate(rows)
        for place, count in enumerate(row)
        for _ in range(count)
    ]
    return pl.DataFrame({"ARM": [row for row, _ in pairs], "C": [column for _, column in pairs]})


# Agresti A. Categorical Data Analysis, 2002, p. 57: job satisfaction by income; the example of R's fisher.test.
JOB = [[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]]
# Agresti A. An Introduction to Categorical Data Analysis, 2007, p. 39: party by gender; the example of chisq.test.
PARTY = [[762, 327, 468], [484, 239, 477]]


@pytest.mark.validates("chi_square")
def test_pearsons_chi_square_is_that_of_r_and_the_textbook(run: Any, reference: References) -> None:
    for name, rows, statistic, p_value in (
        ("party by gender", PARTY, 30.07014909575467, 2.953589183211757e-07),
        ("job satisfaction by income", JOB, 5.965514588770403, 0.7433647250525508),
    ):
        results = run("chi_square", ["C"], table_of(rows))
        source = R + "chisq.test(correct = FALSE); tables of Agresti 2007, p. 39, and 2002, p. 57"
        for stat_name, value in (("statistic", statistic), ("p_value", p_value)):
            ours = results[f"a/C/{stat_name}"].stat
            reference.holds(f"{stat_name}, {name}", ours, value, tolerance=1e-11, relative=True, source=source)
    reference.holds(
        "statistic, party by gender",
        run("chi_square", ["C"], table_of(PARTY))["a/C/statistic"].stat,
        30.1,
        tolerance=0.05,
        source="Agresti A. An Introduction to Categorical Data Analysis, 2nd ed., 2007, p. 39",
    )


@pytest.mark.validates("fisher_exact")
def test_fishers_exact_test_is_that_of_r_and_the_textbook(run: Any, reference: References) -> None:
    tea = [[3, 1], [1, 3]]
    for name, rows, p_value in (
        ("job satisfaction by income, 4 x 4", JOB, 0.7826849389656388),
        ("the tea drinker, 2 x 2", tea, 0.4857142857142858),
    ):
        ours = run("fisher_exact", ["C"], table_of(rows))["a/C/p_value"].stat
        reference.holds(f"p_value, {name}", ours, p_value, tolerance=1e-9, source=R + "fisher.test")
    reference.holds(
        "p_value, the tea drinker, 2 x 2",
        run("fisher_exact", ["C"], table_of(tea))["a/C/p_value"].stat,
        0.486,
        tolerance=5e-4,
        source="Agresti A. Categorical Data Analysis, 2nd ed., 2002, p. 92",
    )


def layout(groups: dict[str, list[float]]) -> pl.DataFrame:
    """A record for each value, ARM being its group."""
    pairs = [(arm, value) for arm, values in groups.items() for value in values]
    return pl.DataFrame({"ARM": [arm for arm, _ in pairs], "X": [value for _, value in pairs]})


@pytest.mark.validates("anova")
def test_one_way_analysis_of_variance_is_that_of_r_and_nist(run: Any, reference: References) -> None:
    # Dobson AJ. An Introduction to Statistical Modelling, 1983: dried weight of plants, R's PlantGrowth.
    weights = {
        "ctrl": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
        "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
        "trt2": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
    }
    records = pl.DataFrame(
        {
            "ARM": [arm for arm, found in weights.items() for _ in found],
            "X": [x for found in weights.values() for x in found],
        }
    )
    results = run("anova", ["X"], records)
    source = R + "anova(lm(weight ~ group, PlantGrowth))"
    reference.holds("F", results["a/X/statistic"].stat, 4.846087862380135, tolerance=1e-12, source=source)
    reference.holds("p", results["a/X/p_value"].stat, 0.01590995832562294, tolerance=1e-13, source=source)
    # NIST Statistical Reference Datasets, SiRstv: resistivity of silicon by five instruments.
    silicon = {
        "1": [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
        "2": [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
        "3": [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
        "4": [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
        "5": [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
    }
    records = pl.DataFrame(
        {
            "ARM": [arm for arm, found in silicon.items() for _ in found],
            "X": [x for found in silicon.values() for x in found],
        }
    )
    reference.holds(
        "F, silicon resistivity",
        run("anova", ["X"], records)["a/X/statistic"].stat,
        1.18046237440255,
        tolerance=1e-8,
        relative=True,
        source="NIST Statistical Reference Datasets, SiRstv, certified value",
    )


PILOT = """
plan: {title: Pilot}
analysis_sets:
  itt: {label: ITT, condition: "ITTFL = 'Y'"}
  safety: {label: Safety, condition: "SAFFL = 'Y'"}
groupings:
  actual: {variable: TRT01A, levels: [{value: Placebo}, {value: Xanomeline Low Dose}, {value: Xanomeline High Dose}]}
analyses:
  sex: {method: count, dataset: ADSL, population: itt, variables: [SEX], by: [actual]}
  teae:
    {method: incidence, dataset: ADAE, population: safety, where: "TRTEMFL = 'Y'", variables: [AEBODSYS, AEDECOD],
     by: [actual]}
"""
ARMS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")


def rows_of(shared: Path, name: str) -> list[dict[str, Any]]:
    path = shared / "data" / "cdiscpilot01" / "tables" / f"{name}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return found


@pytest.mark.validates("count", "incidence")
def test_counts_are_those_of_the_pilots_report(shared: Path, reference: References) -> None:
    adam = shared / "data" / "cdiscpilot01" / "adam_tdf"
    data = {name: read_dataset(adam / f"{name.lower()}.parquet") for name in ("ADSL", "ADAE")}
    results = analyze(parse_plan(PILOT), data)
    source = "CDISC pilot study CDISCPILOT01, tables 14-2.01 and 14-5.01 of its report"
    for label, sex in (("Male", "M"), ("Female", "F")):
        row = next(one for one in rows_of(shared, "14-2.01") if one["cells"][0] == label)
        for arm, cell in zip(ARMS, row["cells"][1:], strict=False):
            ours = results[f"sex/TRT01A={arm}/SEX={sex}/n"].stat
            reference.holds(f"n, sex {sex}, {arm}", ours, float(cell.split()[0]), tolerance=0, source=source)
    skin = "SKIN AND SUBCUTANEOUS TISSUE DISORDERS"
    for label in ("PRURITUS", "ERYTHEMA", "RASH"):
        row = next(one for one in rows_of(shared, "14-5.01") if one["label"].strip() == label)
        for arm, n, events in zip(ARMS, row["cells"][0:6:2], row["cells"][1:6:2], strict=True):
            prefix = f"teae/TRT01A={arm}/AEBODSYS={skin}/AEDECOD={label}"
            for name, value in (("n", n.split("(")[0]), ("n_events", events.strip("[] "))):
                ours = results[f"{prefix}/{name}"].stat
                reference.holds(f"{name}, {label.lower()}, {arm}", ours, float(value), tolerance=0, source=source)
