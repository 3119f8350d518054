"""The standard definitions: on a small trial in oncology worked out by hand, on the rehearsal, on the CDISC pilot.

The courses of the three treated subjects (days from randomization and first dose, day 0):

A  target lesions 50 + 30 mm, then 30 + 20 (PR), 28 + 20 (PR), 40 + 20 mm, 25% above the nadir of 48 mm (PD);
B  a complete response that the next assessment does not confirm, then a new anticancer therapy, then death;
C  no tumor at baseline; stable disease; alive.

RECIST 1.1: Eisenhauer EA et al. Eur J Cancer 2009;45:228-247, sections 4.3, 4.4 and 4.6. Censoring: FDA. Clinical Trial
Endpoints for the Approval of Cancer Drugs and Biologics, December 2018, appendix 3, table A.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from trialwright.derivation import Derived, derive, derive_datasets, standard_definitions
from trialwright.rehearsal import read_scenario, simulate_trial
from trialwright.standards import Dataset, read_datasets
from trialwright.study import example_path, example_study

START = date(2024, 1, 15)


def _day(number: int) -> str:
    return (START + timedelta(number)).isoformat()


def _domain(name: str, columns: str, rows: list[tuple[Any, ...]]) -> Dataset:
    names = columns.split()
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    numbered = {f"{name}SEQ": pl.int_range(1, pl.len() + 1).over("USUBJID").cast(pl.Float64)} if name != "DM" else {}
    return Dataset(name=name, frame=frame.with_columns(STUDYID=pl.lit("ONC"), DOMAIN=pl.lit(name), **numbered))


@pytest.fixture(scope="module")
def oncology() -> dict[str, Dataset]:
    """DM, DS, EX, CM, TU, TR, RS and EG of three subjects who were treated and one who was not."""
    subjects = [(id, "DRUG", "Drug 5 mg", _day(0) if id != "S" else None) for id in "ABC"]
    measured: dict[str, list[tuple[Any, ...]]] = {
        "A": [(1, -5, 50.0, 30.0), (2, 56, 30.0, 20.0), (3, 112, 28.0, 20.0), (4, 168, 40.0, 20.0)],
        "B": [(1, -7, 20.0, 18.0), (2, 56, 0.0, 9.0), (3, 84, 0.0, None)],
    }
    return {
        "DM": _domain(
            "DM",
            "USUBJID ARMCD ARM RFXSTDTC DTHDTC RFPENDTC AGE AGEU SEX",
            [
                *(
                    (id, code, arm, first, _day(150) if id == "B" else None, _day(200), 60.0, "YEARS", "F")
                    for id, code, arm, first in subjects
                ),
                ("S", "SCRNFAIL", "Screen Failure", None, None, _day(-3), 60.0, "YEARS", "M"),
            ],
        ),
        "DS": _domain(
            "DS",
            "USUBJID DSCAT DSDECOD DSTERM EPOCH DSSTDTC",
            [
                *((id, "PROTOCOL MILESTONE", "RANDOMIZED", "RANDOMIZED", "TREATMENT", _day(0)) for id in "ABC"),
                ("A", "DISPOSITION EVENT", "PROGRESSIVE DISEASE", "PD", "TREATMENT", _day(170)),
                ("B", "DISPOSITION EVENT", "DEATH", "DEATH", "TREATMENT", _day(150)),
            ],
        ),
        "EX": _domain(
            "EX",
            "USUBJID EXTRT EXDOSE EXDOSU EXDOSFRQ EXSTDTC EXENDTC",
            [
                ("A", "DRUG", 5.0, "mg", "QD", _day(0), _day(9)),
                ("A", "DRUG", 2.5, "mg", "BID", _day(12), _day(19)),
                ("B", "DRUG", 5.0, "mg", "QD", _day(0), _day(99)),
                ("C", "DRUG", 5.0, "mg", "QD", _day(0), _day(99)),
            ],
        ),
        "CM": _domain(
            "CM",
            "USUBJID CMTRT CMDECOD CMCAT CMSTDTC CMENDTC",
            [
                ("A", "aspirin", "ACETYLSALICYLIC ACID", "GENERAL", "2023", None),
                ("B", "other drug", "OTHER DRUG", "SUBSEQUENT ANTICANCER THERAPY", _day(120), None),
            ],
        ),
        "TU": _domain(
            "TU",
            "USUBJID TULNKID TULOC TUSTRESC TUDTC",
            [
                ("A", "T01", "LIVER", "TARGET", _day(-5)),
                ("A", "T02", "LUNG", "TARGET", _day(-5)),
                ("B", "T01", "LIVER", "TARGET", _day(-7)),
                ("B", "T02", "LYMPH NODE", "TARGET", _day(-7)),
            ],
        ),
        "TR": _domain(
            "TR",
            "USUBJID TRTESTCD TRGRPID TRLNKID VISITNUM VISIT TRDTC TRSTRESN TREVAL",
            [
                (id, "DIAMETER", "TARGET", lesion, float(visit), f"VISIT {visit}", _day(day), size, "INVESTIGATOR")
                for id, visits in measured.items()
                for visit, day, *sizes in visits
                for lesion, size in zip(("T01", "T02"), sizes, strict=True)
            ],
        ),
        "RS": _domain(
            "RS",
            "USUBJID RSTESTCD RSSTRESC VISITNUM VISIT RSDTC RSEVAL",
            [
                (id, "OVRLRESP", response, float(visit), f"VISIT {visit}", _day(day), "INVESTIGATOR")
                for id, visit, day, response in [
                    ("A", 2, 56, "PR"),
                    ("A", 3, 112, "PR"),
                    ("A", 4, 168, "PD"),
                    ("B", 2, 56, "CR"),
                    ("B", 3, 84, "NE"),
                    ("C", 2, 56, "SD"),
                ]
            ],
        ),
        "EG": _domain(
            "EG",
            "USUBJID EGTESTCD EGTEST EGSTRESN EGSTRESC EGSTRESU VISITNUM VISIT EGDTC",
            [
                ("A", code, code.title(), value, text, unit, float(visit), f"VISIT {visit}", _day(day))
                for visit, day, qt, rate in ((1, 0, 400.0, 60.0), (2, 28, 440.0, 60.0), (3, 56, 360.0, 100.0))
                for code, value, text, unit in (
                    ("QTAG", qt, f"{qt}", "msec"),
                    ("EGHRMN", rate, f"{rate}", "beats/min"),
                    ("INTP", None, "NORMAL", None),
                )
            ],
        ),
    }


@pytest.fixture(scope="module")
def derived(oncology: dict[str, Dataset]) -> Derived:
    return derive_datasets(standard_definitions(), oncology)


def _rows(derived: Derived, dataset: str, names: str, where: pl.Expr | None = None) -> list[tuple[Any, ...]]:
    frame = derived.datasets[dataset].frame
    return (frame if where is None else frame.filter(where)).select(names.split()).rows()


def test_datasets_whose_domains_are_not_there_are_left_out_with_a_note(derived: Derived) -> None:
    assert list(derived.datasets) == ["ADSL", "ADCM", "ADEX", "ADEG", "ADTR", "ADRS", "ADTTE"]
    assert [(finding.rule, finding.where, finding.message) for finding in derived.findings] == [
        ("derive.absent-source", name, f"{name} is not derived: there is no {domain}.")
        for name, domain in (("ADAE", "AE"), ("ADMH", "MH"), ("ADVS", "VS"), ("ADLB", "LB"))
    ]


def test_subjects(derived: Derived) -> None:
    assert _rows(derived, "ADSL", "USUBJID ITTFL SAFFL SCRFFL TRT01P TRT01PN EOSSTT DTHFL") == [
        ("A", "Y", "Y", "N", "Drug 5 mg", 5, "DISCONTINUED", None),
        ("B", "Y", "Y", "N", "Drug 5 mg", 5, "DISCONTINUED", "Y"),
        ("C", "Y", "Y", "N", "Drug 5 mg", 5, "ONGOING", None),
        ("S", "N", "N", "Y", None, None, None, None),
    ]


def test_exposure(derived: Derived) -> None:
    # A: 10 days of 5 mg and, after two days without, 8 days of 2 x 2.5 mg: 90 mg in 20 days, 18 of them with a dose.
    of_a = pl.col("USUBJID") == "A"
    assert _rows(derived, "ADEX", "PARAMCD AVAL ADURN", of_a) == [
        ("DOSE", 5.0, 10),
        ("DOSE", 2.5, 8),
        ("TDURD", 20.0, 20),
        ("DOSEDAYS", 18.0, 20),
        ("CUMDOSE", 90.0, 20),
        ("AVGDD", 4.5, 20),
        ("DOSINT", 90.0, 20),
        ("COMPL", 90.0, 20),
    ]


def test_medications(derived: Derived) -> None:
    assert _rows(derived, "ADCM", "USUBJID ASTDT ASTDTF PREFL ONTRTFL FUPFL AOCCFL") == [
        ("A", date(2023, 1, 1), "M", "Y", "Y", "Y", "Y"),
        ("B", START + timedelta(120), None, None, None, "Y", None),  # the last dose was on day 100
    ]


def test_corrected_intervals_and_their_criteria(derived: Derived) -> None:
    rows = _rows(derived, "ADEG", "AVISIT AVAL BASE CHG CRIT1FL CRIT4FL CRIT5FL EGSEQ", pl.col("PARAMCD") == "QTCFAG")

    # RR is 1 s, 1 s and 0.6 s: 360 / 0.6^(1/3) = 426.827.
    assert [row[0] for row in rows] == ["Baseline", "VISIT 2", "VISIT 3"]
    assert [row[1] for row in rows] == pytest.approx([400.0, 440.0, 426.8271965], rel=1e-9)
    assert [row[3] for row in rows] == [None, 40.0, pytest.approx(26.8271965, rel=1e-8)]
    assert [row[4:] for row in rows] == [("N", None, None, None), ("N", "Y", "N", None), ("N", "N", "N", None)]
    bazett = _rows(derived, "ADEG", "AVAL CRIT1FL CRIT2FL", pl.col("PARAMCD") == "QTCBAG")
    assert bazett[-1] == (pytest.approx(360 / 0.6**0.5, rel=1e-12), "Y", "N")  # 464.76
    assert _rows(derived, "ADEG", "AVALC CRIT1FL", pl.col("PARAMCD") == "INTP") == [("NORMAL", None)] * 3


def test_sums_of_diameters(derived: Derived) -> None:
    assert _rows(derived, "ADTR", "USUBJID AVISIT AVAL PCHG NADIR PCHGNAD TRGRESP") == [
        ("A", "Baseline", 80.0, None, None, None, None),
        ("A", "VISIT 2", 50.0, -37.5, 80.0, -37.5, "PR"),
        ("A", "VISIT 3", 48.0, -40.0, 50.0, -4.0, "PR"),
        ("A", "VISIT 4", 60.0, -25.0, 48.0, 25.0, "PD"),
        ("B", "Baseline", 38.0, None, None, None, None),
        # The tumor has gone, and the node of 9 mm is normal.
        ("B", "VISIT 2", 9.0, pytest.approx(100 * (9 - 38) / 38), 38.0, pytest.approx(100 * (9 - 38) / 38), "CR"),
        ("B", "VISIT 3", None, None, 9.0, None, "NE"),
    ]


def test_best_responses(derived: Derived) -> None:
    summaries = pl.col("PARAMCD") != "OVRLRESP"

    assert _rows(derived, "ADRS", "USUBJID PARAMCD AVALC ADY", summaries) == [
        ("A", "BOR", "PR", 57),
        ("A", "CBOR", "PR", 57),  # confirmed 56 days later
        ("A", "RSP", "Y", 57),
        ("A", "CRSP", "Y", 57),
        ("B", "BOR", "CR", 57),
        ("B", "CBOR", "SD", 57),  # without confirmation a CR is still stable disease (section 4.6)
        ("B", "RSP", "Y", 57),
        ("B", "CRSP", "N", None),
        ("C", "BOR", "SD", 57),
        ("C", "CBOR", "SD", 57),
        ("C", "RSP", "N", None),
        ("C", "CRSP", "N", None),
    ]


def test_times_to_progression_and_death(derived: Derived) -> None:
    tumor = pl.col("PARAMCD").is_in(["OS", "PFS", "TTP", "DOR"])

    assert _rows(derived, "ADTTE", "USUBJID PARAMCD AVAL CNSR EVNTDESC CNSDTDSC", tumor) == [
        ("A", "OS", 201.0, 1, "Alive", "Last date known alive"),
        ("A", "PFS", 169.0, 0, "Documented progression", None),
        ("A", "TTP", 169.0, 0, "Documented progression", None),
        ("A", "DOR", 113.0, 0, "Documented progression", None),  # from day 57 to day 169
        ("B", "OS", 151.0, 0, "Death", None),
        # Another therapy before the death: censored at the last adequate assessment, which was evaluable.
        ("B", "PFS", 57.0, 1, "New anticancer therapy before the event", _BEFORE_THERAPY),
        ("B", "TTP", 57.0, 1, "New anticancer therapy before the event", _BEFORE_THERAPY),
        ("C", "OS", 201.0, 1, "Alive", "Last date known alive"),
        ("C", "PFS", 1.0, 1, "No baseline tumor assessment", "Start of the time at risk"),
        ("C", "TTP", 1.0, 1, "No baseline tumor assessment", "Start of the time at risk"),
    ]


_BEFORE_THERAPY = "Last adequate tumor assessment before new anticancer therapy"


def test_times_of_those_treated(derived: Derived) -> None:
    treated = pl.col("PARAMCD").is_in(["TTDISC", "TTAE"])

    assert _rows(derived, "ADTTE", "USUBJID PARAMCD AVAL CNSR EVNTDESC", treated) == [
        ("A", "TTDISC", 171.0, 0, "Discontinued: progressive disease"),
        ("A", "TTAE", 50.0, 1, "No event"),  # 30 days after the last dose, on day 20
        ("B", "TTDISC", 151.0, 0, "Discontinued: death"),
        ("B", "TTAE", 130.0, 1, "No event"),
        ("C", "TTDISC", 100.0, 1, "Completed or ongoing"),
        ("C", "TTAE", 130.0, 1, "No event"),
    ]


def test_every_record_is_traced(derived: Derived) -> None:
    for name, dataset in derived.datasets.items():
        assert derived.lineage[name]["row"].n_unique() == dataset.frame.height, name
    adrs = derived.datasets["ADRS"].frame.with_row_index("row")
    row = adrs.filter(pl.col("USUBJID") == "A", pl.col("PARAMCD") == "CBOR")["row"].item()
    responses = derived.lineage["ADRS"].filter(pl.col("row") == row, pl.col("domain") == "RS")
    assert responses["seq"].to_list() == [1, 2, 3]


def test_the_rehearsal_of_the_example_study_has_standard_datasets() -> None:
    study = example_study()
    scenario = read_scenario(example_path("calm12", "scenario.yaml"))
    domains = dict(simulate_trial(study, scenario, np.random.default_rng(1)).domains)

    derived = derive(study, domains)

    assert list(derived.datasets) == ["ADSL", "ADAE", "ADCM", "ADMH", "ADEX", "ADVS", "ADLB", "ADTTE"]
    _keeps_the_rules(derived, domains)


def test_the_pilot_has_standard_datasets(shared: Path) -> None:
    domains = read_datasets(shared / "data" / "cdiscpilot01" / "sdtm")

    derived = derive_datasets(standard_definitions(), domains)

    adsl = derived.datasets["ADSL"].frame
    original = pl.read_parquet(shared / "data" / "cdiscpilot01" / "adam" / "adsl.parquet")
    assert adsl.filter(pl.col("ITTFL") == "Y").height == original.height == 254
    both = original.join(adsl, on="USUBJID", suffix="_standard")
    assert both.height == 254
    assert both.filter(pl.col("TRT01P") != pl.col("TRT01P_standard")).is_empty()
    assert both.filter(pl.col("TRTSDT") != pl.col("TRTSDT_standard")).is_empty()
    # Of four subjects EX and DM do not tell the last dose: here it is EX.EXSTDTC, in the original a visit.
    assert both.filter(pl.col("TRTEDT").eq_missing(pl.col("TRTEDT_standard"))).height == 250
    _keeps_the_rules(derived, domains)


def _keeps_the_rules(derived: Derived, domains: dict[str, Dataset]) -> None:
    frames = {name: dataset.frame for name, dataset in derived.datasets.items()}
    assert frames["ADSL"].height == domains["DM"].frame.height
    for name, domain in (("ADAE", "AE"), ("ADCM", "CM"), ("ADMH", "MH")):
        assert frames[name].height == domains[domain].frame.height, name
    for name in ("ADVS", "ADLB"):
        by = ["USUBJID", "PARAMCD", "BASETYPE"] if name == "ADVS" else ["USUBJID", "PARAMCD"]
        flagged = frames[name].filter(pl.col("ABLFL") == "Y")
        assert not flagged.select(by).is_duplicated().any(), name
        assert not frames[name].filter(pl.col("ANL01FL") == "Y").select(*by, "AVISITN").is_duplicated().any(), name
        changed = frames[name].drop_nulls("CHG")
        assert changed["CHG"].to_list() == (changed["AVAL"] - changed["BASE"]).to_list()
    assert not frames["ADTTE"].select("USUBJID", "PARAMCD").is_duplicated().any()
    assert (frames["ADTTE"]["AVAL"] >= 1).all()
    for name, dataset in derived.datasets.items():
        assert derived.lineage[name]["row"].n_unique() == dataset.frame.height, name


def test_every_variable_fits_a_transport_file() -> None:
    for definition in standard_definitions().datasets.values():
        assert len(definition.metadata.label) <= 40
        for variable in definition.metadata.variables:
            assert 1 <= len(variable.label) <= 40, f"{definition.name}.{variable.name}"
            assert len(variable.name) <= 8, f"{definition.name}.{variable.name}"
            assert variable.method and variable.origin, f"{definition.name}.{variable.name}"
