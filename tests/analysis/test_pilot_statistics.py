"""The statistics behind four tables of the CDISC pilot's report agree with it to every digit that it shows.

The values (`../shared/data/cdiscpilot01/tables`) are from an independent replication of the report in R, in part held
to SAS.
"""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from trialwright.analysis import analyze, parse_plan
from trialwright.results import Results
from trialwright.standards.datasets import read_dataset

ARMS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
LOW, HIGH = ARMS[1:]
PLAN = """
plan: {title: CDISC pilot, alpha: 0.05}
analysis_sets:
  all: {label: All subjects}
  itt: {label: Intent-to-Treat, condition: "ITTFL = 'Y'"}
  efficacy: {label: Efficacy, condition: "EFFFL = 'Y' and ITTFL = 'Y'"}
  safety: {label: Safety, condition: "SAFFL = 'Y'"}
groupings:
  planned: {variable: TRT01P, total: Total, levels: &arms [Placebo, Xanomeline Low Dose, Xanomeline High Dose]}
  actual: {variable: TRT01A, levels: *arms}
analyses:
  itt: {method: count, dataset: ADSL, population: all, where: "ITTFL = 'Y'", variables: USUBJID, by: planned}
  safety: {method: count, dataset: ADSL, population: all, where: "SAFFL = 'Y'", variables: USUBJID, by: planned}
  efficacy: {method: count, dataset: ADSL, population: all, where: "EFFFL = 'Y'", variables: USUBJID, by: planned}
  week24: {method: count, dataset: ADSL, population: all, where: "COMP24FL = 'Y'", variables: USUBJID, by: planned}
  complete:
    {method: count, dataset: ADSL, population: all, where: "DCDECOD = 'COMPLETED'", variables: USUBJID, by: planned}
  numbers: {method: descriptive, dataset: ADSL, population: itt, by: planned,
            variables: &numbers [AGE, MMSETOT, DURDIS, EDUCLVL, WEIGHTBL, HEIGHTBL, BMIBL]}
  numbers.p: {method: anova, dataset: ADSL, population: itt, by: planned, variables: *numbers}
  levels: {method: count, dataset: ADSL, population: itt, by: planned,
           variables: &levels [AGEGR1, SEX, DURDSGR1, BMIBLGR1]}
  levels.p: {method: chi_square, dataset: ADSL, population: itt, by: planned, variables: *levels}
  origin: {method: count, dataset: ADSL, population: itt, by: planned, variables: RACE, options: &origin {categories: {
           Hispanic: "ETHNIC = 'HISPANIC OR LATINO'", Caucasian: "RACE = 'WHITE'",
           African Descent: "RACE = 'BLACK OR AFRICAN AMERICAN'", Other: "RACE is not missing"}}}
  origin.p: {method: chi_square, dataset: ADSL, population: itt, by: planned, variables: RACE, options: *origin}
  week24.values: &week24 {method: descriptive, dataset: ADADAS, population: efficacy, by: planned,
           where: "PARAMCD = 'ACTOT' and AVISIT = 'Week 24' and ANL01FL = 'Y'", variables: [BASE, AVAL, CHG]}
  week24.arms: {<<: *week24, method: ancova, variables: CHG, options: {covariates: [BASE], factors: [SITEGR1],
           weights: observed, contrasts: [[Xanomeline Low Dose, Placebo], [Xanomeline High Dose, Placebo],
           [Xanomeline High Dose, Xanomeline Low Dose]]}}
  week24.dose: {<<: *week24, method: ancova, variables: CHG,
           options: {covariates: [BASE], factors: [SITEGR1], dose: TRTPN}}
  teae: {method: incidence, dataset: ADAE, population: safety, where: "TRTEMFL = 'Y'", variables: [AEBODSYS, AEDECOD],
         by: actual, options: {fisher: [[Xanomeline Low Dose, Placebo], [Xanomeline High Dose, Placebo]]}}
"""


@pytest.fixture(scope="module")
def results(shared: Path) -> Results:
    folder = shared / "data" / "cdiscpilot01" / "adam_tdf"
    return analyze(
        parse_plan(PLAN),
        {name: read_dataset(folder / f"{name.lower()}.parquet") for name in ("ADSL", "ADADAS", "ADAE")},
    )


def table(shared: Path, number: str) -> list[tuple[str, list[str]]]:
    content = json.loads((shared / "data" / "cdiscpilot01" / "tables" / f"{number}.json").read_text())
    return [(row["label"], row["cells"]) for row in content["rows"]]


def rounded(value: float, decimals: int) -> str:
    """As the report shows it: half away from zero, of the value to 12 significant digits."""
    return str(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def stat(results: Results, name: str) -> float:
    value = results[name].stat
    assert value is not None, name
    return value


def shown_count(results: Results, prefix: str, decimals: int) -> str:
    """`86 (100%)` without blanks and signs: n and the percentage."""
    n, p = int(stat(results, f"{prefix}/n")), stat(results, f"{prefix}/p")
    if n == 0:
        return "0"
    percentage = rounded(100 * p, decimals)
    return f"{n}({'<1' if percentage == '0' else percentage}%)"


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_table_14_1_01_populations(shared: Path, results: Results) -> None:
    rows = table(shared, "14-1.01")
    for analysis, (_, cells) in zip(("itt", "safety", "efficacy", "week24", "complete"), rows, strict=True):
        for arm, cell in zip((*ARMS, "Total"), cells, strict=True):
            assert shown_count(results, f"{analysis}/TRT01P={arm}/USUBJID", 0) == squeezed(cell)


NUMBERS = {
    "Age (y)": "AGE",
    "MMSE": "MMSETOT",
    "Duration of disease ": "DURDIS",
    "Years of education": "EDUCLVL",
    "Baseline weight(kg)": "WEIGHTBL",
    "Baseline height(cm)": "HEIGHTBL",
    "Baseline BMI": "BMIBL",
}
STATISTICS = {
    "n": ("n", 0),
    "Mean": ("mean", 1),
    "SD": ("sd", 2),
    "Median": ("median", 1),
    "Min": ("min", 1),
    "Max": ("max", 1),
}
LEVELS = {
    "<65 yrs": ("levels", "AGEGR1=<65"),
    "65-80 yrs": ("levels", "AGEGR1=65-80"),
    ">80 yrs": ("levels", "AGEGR1=>80"),
    "Male": ("levels", "SEX=M"),
    "Female": ("levels", "SEX=F"),
    "Caucasian": ("origin", "RACE=Caucasian"),
    "African Descent": ("origin", "RACE=African Descent"),
    "Hispanic": ("origin", "RACE=Hispanic"),
    "Other": ("origin", "RACE=Other"),
    "<12 months": ("levels", "DURDSGR1=<12"),
    ">=12 months": ("levels", "DURDSGR1=>%3D12"),
    "<25": ("levels", "BMIBLGR1=<25"),
    "25-<30": ("levels", "BMIBLGR1=25-<30"),
    ">=30": ("levels", "BMIBLGR1=>%3D30"),
}
P_VALUES = {"Sex": "levels.p/SEX", "Race (Origin)": "origin.p/RACE"}


def test_table_14_2_01_demographics(shared: Path, results: Results) -> None:
    group, compared = "", 0
    for label, (name, *cells, p_value) in table(shared, "14-2.01"):
        group = label or group
        for arm, cell in zip((*ARMS, "Total"), cells, strict=True):
            if group in NUMBERS and name in STATISTICS:
                statistic, decimals = STATISTICS[name]
                value = stat(results, f"numbers/TRT01P={arm}/{NUMBERS[group]}/{statistic}")
                # R shows an exact half (the median 40.25) as its even neighbour.
                assert cell in (rounded(value, decimals), f"{value:.{decimals}f}"), (group, name, arm)
            elif name == "n":
                assert int(stat(results, f"population.itt/TRT01P={arm}/USUBJID/n")) == int(cell)
            else:
                analysis, level = LEVELS[name]
                assert shown_count(results, f"{analysis}/TRT01P={arm}/{level}", 0) == squeezed(cell), (name, arm)
            compared += 1
        if p_value:
            if name == "n":
                test = P_VALUES.get(group) or f"numbers.p/{NUMBERS[group]}"
            else:
                test = f"levels.p/{LEVELS[name][1].split('=')[0]}"
            assert rounded(stat(results, f"{test}/p_value"), 4) == p_value, (group, name)
            compared += 1
    assert compared == 4 * 58 + 12


def test_table_14_3_01_primary_endpoint(shared: Path, results: Results) -> None:
    rows = table(shared, "14-3.01")
    for block, variable in enumerate(("BASE", "AVAL", "CHG")):
        _, n, mean, median = (cells for _, cells in rows[4 * block : 4 * block + 4])
        for arm, *cells in zip(ARMS, n, mean, median, strict=True):
            value = {
                name: stat(results, f"week24.values/TRT01P={arm}/{variable}/{name}")
                for name in ("n", "mean", "sd", "median", "min", "max")
            }
            assert [squeezed(cell) for cell in cells] == [
                rounded(value["n"], 0),
                f"{rounded(value['mean'], 1)}({rounded(value['sd'], 2)})",
                f"{rounded(value['median'], 1)}({rounded(value['min'], 0)};{rounded(value['max'], 0)})",
            ]
    assert rounded(stat(results, "week24.dose/TRTPN/p_value"), 3) == rows[12][1][2]
    contrasts = ((13, 1, f"{LOW} - Placebo"), (13, 2, f"{HIGH} - Placebo"), (16, 2, f"{HIGH} - {LOW}"))
    for start, column, contrast in contrasts:
        p_value, difference, interval = (rows[start + line][1][column] for line in range(3))
        value = {
            name: stat(results, f"week24.arms/TRT01P={contrast}/CHG/{name}")
            for name in ("p_value", "difference", "se", "ci_lower", "ci_upper")
        }
        assert rounded(value["p_value"], 3) == p_value
        assert f"{rounded(value['difference'], 1)} ({rounded(value['se'], 2)})" == difference
        assert f"({rounded(value['ci_lower'], 1)};{rounded(value['ci_upper'], 1)})" == interval


def test_table_14_5_01_adverse_events(shared: Path, results: Results) -> None:
    soc, compared = "", 0
    for label, cells in table(shared, "14-5.01"):
        if label == "ANY BODY SYSTEM":
            path = "USUBJID"
        elif label.startswith(" "):
            path = f"AEBODSYS={soc}/AEDECOD={label.strip().replace('/', '%2F')}"
        else:
            soc = label.replace("/", "%2F")
            path = f"AEBODSYS={soc}"
        for arm, count, events in zip(ARMS, cells[0:6:2], cells[1:6:2], strict=True):
            prefix = f"teae/TRT01A={arm}/{path}"
            assert shown_count(results, prefix, 1) == squeezed(count), (label, arm)
            assert f"[{stat(results, f'{prefix}/n_events'):.0f}]" == (events or "[0]"), (label, arm)
            compared += 2
        for arm, cell in zip((LOW, HIGH), cells[6:], strict=True):
            p_value = stat(results, f"teae/TRT01A={arm} - Placebo/{path}/p_value")
            if not cell:
                assert p_value == 1  # nobody in either arm
            elif cell == ">.99":
                assert p_value > 0.99
            else:
                assert rounded(p_value, 3) + ("*" if p_value < 0.15 else "") == cell, (label, arm)
            compared += 1
    assert compared > 2000
