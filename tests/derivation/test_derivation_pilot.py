"""The rules against the ADaM datasets of the CDISC pilot study, which others derived from the same records.

CDISCPILOT01 (protocol H2Q-MC-LZZT), original submission datasets: ADAE, ADQSADAS (ACTOT), ADVS, ADTTE.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from trialwright.derivation.functions.baseline import derive_ablfl, derive_base, derive_chg
from trialwright.derivation.functions.last_observation import derive_locf
from trialwright.derivation.functions.study_days import study_day_of
from trialwright.derivation.functions.time_to_event import derive_tte
from trialwright.derivation.functions.treatment_emergent import derive_trtemfl
from trialwright.standards import read_dataset


@pytest.fixture(scope="module")
def pilot(shared: Path) -> Path:
    return shared / "data" / "cdiscpilot01"


def _total_scores(pilot: Path) -> pl.DataFrame:
    return read_dataset(pilot / "adam" / "adqsadas.parquet").frame.filter(pl.col("PARAMCD") == "ACTOT")


def test_treatment_emergent_events_are_those_of_the_pilot(pilot: Path) -> None:
    adae = read_dataset(pilot / "adam" / "adae.parquet").frame

    flagged = derive_trtemfl(adae.drop("TRTEMFL"))

    assert flagged.height == 1191
    assert flagged["TRTEMFL"].fill_null("N").to_list() == adae["TRTEMFL"].to_list()


def test_study_days_are_those_of_the_pilot(pilot: Path) -> None:
    adae = read_dataset(pilot / "adam" / "adae.parquet").frame

    days = adae.select(day=study_day_of(pl.col("ASTDT"), pl.col("TRTSDT")), expected=pl.col("ASTDY").cast(pl.Int64))

    assert days["day"].to_list() == days["expected"].to_list()


def test_the_baseline_scores_are_those_of_the_pilot(pilot: Path) -> None:
    adqsadas = _total_scores(pilot).filter(pl.col("DTYPE").is_null())

    based = derive_base(derive_ablfl(adqsadas.drop("ABLFL", "BASE"), order=["ADT", "VISITNUM", "QSSEQ"]))

    assert based.filter(pl.col("ABLFL") == "Y").height == 254
    assert based["ABLFL"].to_list() == adqsadas["ABLFL"].to_list()
    assert based["BASE"].to_list() == adqsadas["BASE"].to_list()


def test_change_from_baseline_is_that_of_the_pilot(pilot: Path) -> None:
    adqsadas = _total_scores(pilot)

    changed = derive_chg(adqsadas.drop("CHG", "PCHG"), after=pl.col("AVISITN") > 0)

    assert changed["CHG"].to_list() == adqsadas["CHG"].to_list()
    percent = changed.select(pl.col("PCHG").alias("ours"), adqsadas["PCHG"].alias("theirs")).drop_nulls("theirs")
    assert percent.height == 786
    assert (percent["ours"] - percent["theirs"]).abs().max() < 1e-9  # type: ignore[operator]


def test_scores_carried_forward_are_those_of_the_pilot(pilot: Path) -> None:
    # The pilot carries baseline forward, too, so that each of 254 subjects has a score at weeks 8, 16 and 24.
    adqsadas = _total_scores(pilot)
    # 17 observed records that are not analyzed are labelled LOCF, too: the first record of a QSSEQ is the observed one.
    observed = adqsadas.sort("AVISITN").unique(["USUBJID", "QSSEQ"], keep="first", maintain_order=True)
    visits = pl.DataFrame({"AVISITN": [8.0, 16.0, 24.0], "AVISIT": ["Week 8", "Week 16", "Week 24"]})

    carried = derive_locf(observed.with_columns(DTYPE=pl.lit(None, dtype=pl.String)), visits, carries_baseline=True)
    adqsadas = adqsadas.filter(pl.col("ANL01FL") == "Y")

    key = ["USUBJID", "AVISITN"]
    ours = carried.filter(pl.col("DTYPE") == "LOCF").sort(key).select(*key, "AVISIT", "AVAL", "QSSEQ", "ADT")
    theirs = adqsadas.filter(pl.col("DTYPE") == "LOCF").sort(key).select(*key, "AVISIT", "AVAL", "QSSEQ", "ADT")
    assert theirs.height == 222
    assert ours.equals(theirs)


def test_the_baselines_of_vital_signs_are_those_of_the_pilot(pilot: Path) -> None:
    advs = read_dataset(pilot / "adam" / "advs.parquet").frame.filter(pl.col("AVISIT") != "End of Treatment")

    flagged = derive_ablfl(
        advs.drop("ABLFL"),
        order=["ADT", "VISITNUM", "VSSEQ"],
        # The pilot flags each position of the subject (ATPT) on its own, and only values of the visit BASELINE.
        by=["USUBJID", "PARAMCD", "ATPTN"],
    ).filter(pl.col("VISIT") == "BASELINE")

    expected = advs.filter(pl.col("ABLFL") == "Y").select("USUBJID", "PARAMCD", "VSSEQ").sort(pl.all())
    ours = flagged.filter(pl.col("ABLFL") == "Y").select("USUBJID", "PARAMCD", "VSSEQ").sort(pl.all())
    assert expected.height == 2783
    assert ours.equals(expected)


def test_times_to_the_first_dermatologic_event_are_those_of_the_pilot(pilot: Path) -> None:
    adsl = read_dataset(pilot / "adam" / "adsl.parquet").frame
    adae = read_dataset(pilot / "adam" / "adae.parquet").frame
    expected = read_dataset(pilot / "adam" / "adtte.parquet").frame.sort("USUBJID")
    subjects = adsl.select("USUBJID", STARTDT=pl.col("TRTSDT"))
    events = (
        adae.filter(pl.col("TRTEMFL") == "Y", pl.col("CQ01NAM").is_not_null())
        .sort("USUBJID", "ASTDT", "AESEQ")
        .select(
            "USUBJID",
            ADT=pl.col("ASTDT"),
            EVNTDESC=pl.lit("event"),
            SRCDOM=pl.lit("ADAE"),
            SRCVAR=pl.lit("ASTDT"),
            SRCSEQ=pl.col("AESEQ").cast(pl.Int64),
        )
    )
    censorings = adsl.select(
        "USUBJID",
        ADT=pl.col("RFENDT"),
        EVNTDESC=pl.lit("none"),
        CNSDTDSC=pl.lit("Study completion"),
        SRCDOM=pl.lit("ADSL"),
        SRCVAR=pl.lit("RFENDT"),
        SRCSEQ=pl.lit(None, dtype=pl.Int64),
    )

    times = derive_tte(subjects, events, censorings).sort("USUBJID")

    for name in ("USUBJID", "ADT", "AVAL", "CNSR", "SRCDOM"):
        assert times[name].to_list() == expected[name].to_list(), name
