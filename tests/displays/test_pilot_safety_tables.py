"""Laboratory and vital signs of the CDISC pilot: the cells that its report does not give here, computed a second way.

The expected cells come straight from the datasets by polars; the p-values are those of R 4.2.2 for the tables shown
(`fisher.test(t)`, `mantelhaen.test(array(t, c(3, 2, 2)))`: with two columns general association is the test of row mean
scores); means that lie on a half are R's `format(round(mean(x), 1), nsmall = 1)`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from trialwright.analysis import analyze, read_plan
from trialwright.displays import Table, compose, display_to_json
from trialwright.standards import read_dataset

PLAN = Path(__file__).resolve().parents[2] / "bench" / "pilot" / "plan.yaml"
DATASETS = ("ADSL", "ADLBC", "ADLBH", "ADLBCPV", "ADLBHPV", "ADLBHY", "ADVS")
ARMS = {"Placebo": "86", "Xanomeline Low Dose": "84", "Xanomeline High Dose": "84"}
BRIEF = dict(zip(ARMS, ("Placebo", "Xan.Low", "Xan.High"), strict=True))
CODES = {
    "ALANINE AMINOTRANSFERASE": "ALT",
    "ALBUMIN": "ALB",
    "ALKALINE PHOSPHATASE": "ALP",
    "BILIRUBIN": "BILI",
    "ASPARTATE AMINOTRANSFERASE": "AST",
    "CALCIUM": "CA",
    "CHLORIDE": "CL",
    "CHOLESTEROL": "CHOL",
    "CREATINE KINASE": "CK",
    "CREATININE": "CREAT",
    "GAMMA GLUTAMYL TRANSFERASE": "GGT",
    "GLUCOSE": "GLUC",
    "PHOSPHATE": "PHOS",
    "POTASSIUM": "K",
    "PROTEIN": "PROT",
    "SODIUM": "SODIUM",
    "URATE": "URATE",
    "UREA NITROGEN": "BUN",
    "BASOPHILS": "BASO",
    "EOSINOPHILS": "EOS",
    "ERYTHROCYTES": "RBC",
    "HEMATOCRIT": "HCT",
    "ERY. MEAN CORPUSCULAR HB CONCENTRATION": "MCHC",
    "ERY. MEAN CORPUSCULAR HEMOGLOBIN": "MCH",
    "ERY. MEAN CORPUSCULAR VOLUME": "MCV",
    "HEMOGLOBIN": "HGB",
    "LEUKOCYTES": "WBC",
    "LYMPHOCYTES": "LYM",
    "MONOCYTES": "MONO",
    "PLATELET": "PLAT",
}
WEEKS = (0, 2, 4, 6, 8, 12, 16, 20, 24, 26, 99)
#: Means with one decimal by R 4.2.2, those of 14-6.01 and 14-7.01 that are halves. Without extended precision R's mean
#: of -0.55 is -0.5499999999999998, and that of -0.05 is the half itself, whose even neighbor is 0.
HALVES = {
    70.25: "70.2",
    105.55: "105.6",
    140.45: "140.4",
    94.55: "94.6",
    6.45: "6.4",
    91.75: "91.8",
    89.95: "90.0",
    241.75: "241.8",
    -0.55: "-0.5",
    -0.05: "0.0",
    72.25: "72.2",
}
POSITIONS = ("AFTER LYING DOWN FOR 5 MINUTES", "AFTER STANDING FOR 1 MINUTE", "AFTER STANDING FOR 3 MINUTES")
_VITAL = ("14-7.01", "14-7.02", "14-7.03")
#: Of 14-6.03, by R's fisher.test, chemistry then hematology.
FISHER = (
    *("0.235", "0.599", "0.820", "0.045", "0.296", "0.796", "0.140", "0.500", "0.474", "0.496", "0.775", "0.378"),
    *("0.317", "0.464", "0.728", "0.661", "0.062", "0.331", "0.948", "0.010", "0.351", "0.215", "0.498", "0.884"),
    *("0.885", "0.396", "0.081", "0.546", "0.884", "0.934"),
)


@pytest.fixture(scope="module")
def data(shared: Path) -> Mapping[str, pl.DataFrame]:
    folder = shared / "data" / "cdiscpilot01" / "adam_tdf"
    return {name: pl.read_parquet(folder / f"{name.lower()}.parquet") for name in DATASETS}


@pytest.fixture(scope="module")
def made(shared: Path) -> Mapping[str, list[list[str]]]:
    """The cells that our plan gives, by table."""
    plan = read_plan(PLAN)
    analyses = {id: one for id, one in plan.analyses.items() if id.split(".")[0] in ("lab", "vital", "weight")}
    displays = {id: one for id, one in plan.displays.items() if id.startswith("14-6") or id[:7] in _VITAL}
    folder = shared / "data" / "cdiscpilot01" / "adam_tdf"
    datasets = {name: read_dataset(folder / f"{name.lower()}.parquet") for name in DATASETS}
    plan = replace(plan, analyses={id: one for id, one in analyses.items() if one.dataset in DATASETS})
    plan = replace(plan, displays=displays)
    tables = [display for display in compose(plan, analyze(plan, datasets)) if isinstance(display, Table)]
    return {table.id: [row["cells"] for row in display_to_json(table)["rows"]] for table in tables}


def _laboratory(data: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([data["ADLBC"], data["ADLBH"]], how="diagonal").filter(pl.col("SAFFL") == "Y")


def _labels(shared: Path, table: str) -> list[str]:
    path = shared / "data" / "cdiscpilot01" / "tables" / f"{table}.json"
    return [row["label"] for row in json.loads(path.read_text(encoding="utf-8"))["rows"]]


def _n_percent(n: int, total: int) -> str:
    return f"{n}({100 * n / total:3.0f}%)" if n else "0"


def _plain(text: str) -> str:
    """Nought has no sign."""
    return text.removeprefix("-") if float(text) == 0 else text


def _one_decimal(mean: float) -> str:
    return HALVES.get(round(mean, 9)) or _plain(f"{mean:.1f}")


def _mean_sd(values: pl.Series) -> str:
    numbers = pl.DataFrame({"value": values.drop_nulls()}).select(mean=pl.col("value").mean(), sd=pl.col("value").std())
    mean, sd = numbers.row(0)
    return f"{_one_decimal(mean)} ({sd:5.2f})" if mean is not None else ""


def _described(values: pl.Series) -> list[str]:
    value = pl.col("value")
    statistics = [value.mean(), value.std(), value.median(), value.min(), value.max()]
    named = [statistic.alias(str(number)) for number, statistic in enumerate(statistics)]
    present = pl.DataFrame({"value": values.drop_nulls()})
    numbers = present.select(named).row(0)
    shown = [f"{number:.{2 if place == 1 else 1}f}" for place, number in enumerate(numbers)]
    return [str(present.height), *map(_plain, shown)]


def test_values_by_visit(shared: Path, data: Mapping[str, pl.DataFrame], made: Mapping[str, list[list[str]]]) -> None:
    records = _laboratory(data).partition_by("PARAMCD", "AVISITN", "TRTP", as_dict=True)
    expected, code, visit = [], "", 0
    for label in _labels(shared, "14-6.01"):
        if label.strip() in CODES or not label.startswith(" "):
            code, visit = CODES.get(label, ""), 0
            expected.append([""] * 9)
            continue
        cells = []
        for arm in ARMS:
            here = records[code, float(WEEKS[visit]), arm]
            cells += [str(here.height), _mean_sd(here["AVAL"]), _mean_sd(here["CHG"])]
        expected.append(cells)
        visit += 1
    assert made["14-6.01"] == expected


def test_changes_from_the_previous_visit(
    shared: Path, data: Mapping[str, pl.DataFrame], made: Mapping[str, list[list[str]]]
) -> None:
    records = pl.concat([data["ADLBCPV"], data["ADLBHPV"]], how="diagonal").filter(
        (pl.col("SAFFL") == "Y") & (pl.col("ANL01FL") == "Y") & (pl.col("AVISITN") != 99)
    )
    counts = {key: len(part) for key, part in records.group_by("PARAMCD", "TRTP", "ANRIND")}
    expected, p_values = [], iter(FISHER)
    for label in _labels(shared, "14-6.03"):
        if label not in CODES:
            expected.append([""] * 10)
            continue
        by_arm = [[counts.get((f"_{CODES[label]}", arm, range), 0) for range in "LNH"] for arm in ARMS]
        cells = [_n_percent(n, sum(row)) for row in by_arm for n in row]
        expected.append([*cells, next(p_values)])
    assert made["14-6.03"] == expected


def _shift(records: pl.DataFrame, baseline: str, value: str, levels: Sequence[object]) -> list[list[str]]:
    """Rows n, Normal and, unless nobody is, High."""
    counts = {key: len(part) for key, part in records.group_by("TRTP", baseline, value)}
    columns = [(arm, level) for arm in ARMS for level in levels]
    totals = {column: sum(counts.get((*column, level), 0) for level in levels) for column in columns}
    rows = [["n", *(str(totals[column]) for column in columns)]]
    for words, level in zip(("Normal", "High"), levels, strict=True):
        found = [(counts.get((*column, level), 0), totals[column]) for column in columns]
        if words == "Normal" or any(n for n, _ in found):
            rows.append([words, *(_n_percent(n, total) for n, total in found)])
    return rows


def test_shifts_by_visit(shared: Path, data: Mapping[str, pl.DataFrame], made: Mapping[str, list[list[str]]]) -> None:
    known = _laboratory(data).filter(pl.col("ANRIND").is_in(["N", "H"]) & pl.col("BNRIND").is_in(["N", "H"]))
    records = known.partition_by("PARAMCD", "AVISITN", as_dict=True)
    expected: list[list[str]] = []
    for label in filter(None, _labels(shared, "14-6.04")):
        if label not in CODES:
            expected.append([""] * 8)
            continue
        for week in WEEKS[1:-1]:
            rows = _shift(records[CODES[label], float(week)], "BNRIND", "ANRIND", ["N", "H"])
            expected += [[str(week) if row[0] == "n" else "", *row] for row in rows]
    assert made["14-6.04"] == expected
    assert len(expected) == len(_labels(shared, "14-6.04")) == 604


def test_shifts_of_hys_law(data: Mapping[str, pl.DataFrame], made: Mapping[str, list[list[str]]]) -> None:
    records = data["ADLBHY"].filter((pl.col("SAFFL") == "Y") & pl.col("BASE").is_not_null() & (pl.col("AVISITN") > 0))
    worst = records.sort("AVAL", "ADT", descending=True).unique(["PARAMCD", "USUBJID"], keep="first")
    expected = []
    # R: mantelhaen.test(array(c(79, 77, 77, 3, 1, 3, 0, 1, 0, 2, 1, 0), c(3, 2, 2))), p-value = 0.4047
    for code, p_value in (("TRANSHY", "0.405"), ("HYLAW", "")):
        rows = _shift(worst.filter(pl.col("PARAMCD") == code), "BASE", "AVAL", [0.0, 1.0])
        expected += [[*row, p_value if row[0] == "n" else ""] for row in rows]
    assert made["14-6.06"] == [*expected[:3], [""] * 8, *expected[3:]]


def test_vital_signs(data: Mapping[str, pl.DataFrame], made: Mapping[str, list[list[str]]]) -> None:
    records = data["ADVS"].filter((pl.col("SAFFL") == "Y") & (pl.col("ANL01FL") == "Y"))
    times = {
        "Baseline": pl.col("ABLFL") == "Y",
        "Week 24": pl.col("AVISITN") == 24,
        "End of Trt.": pl.col("AVISITN") == 99,
    }
    expected = []
    for code in ("SYSBP", "DIABP", "PULSE"):
        for position in (
            "AFTER LYING DOWN FOR 5 MINUTES",
            "AFTER STANDING FOR 1 MINUTE",
            "AFTER STANDING FOR 3 MINUTES",
        ):
            for arm, size in ARMS.items():
                for time, at_time in times.items():
                    here = records.filter(
                        at_time & (pl.col("PARAMCD") == code) & (pl.col("ATPT") == position) & (pl.col("TRTP") == arm)
                    )
                    first = time == "Baseline"
                    head = [position if first and arm == "Placebo" else "", BRIEF[arm] if first else ""]
                    expected.append([*head, size if first else "", time, *_described(here["AVAL"])])
    assert made["14-7.01"] == expected


def test_weight(data: Mapping[str, pl.DataFrame], made: Mapping[str, list[list[str]]]) -> None:
    records = data["ADVS"].filter((pl.col("SAFFL") == "Y") & (pl.col("PARAMCD") == "WEIGHT"))
    times = {"Baseline": 0, "Week 24": 24, "End of Trt.": 99}
    expected = []
    for variable in ("AVAL", "CHG"):
        for arm, size in ARMS.items():
            shown = list(times.items())[1 if variable == "CHG" else 0 :]
            for number, (time, visit) in enumerate(shown):
                here = records.filter((pl.col("AVISITN") == visit) & (pl.col("TRTP") == arm))
                head = [BRIEF[arm], size] if number == 0 else ["", ""]
                expected.append([*head, time, *_described(here[variable])])
    assert made["14-7.03"] == expected
