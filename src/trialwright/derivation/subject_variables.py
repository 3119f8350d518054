"""The ADSL variables that every other dataset carries."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.specification import Variable, copied, derived

#: Copied to each record of ADAE and the BDS datasets, by USUBJID.
SUBJECT_VARIABLES: tuple[Variable, ...] = (
    copied("ADSL.SUBJID", "Subject Identifier for the Study"),
    copied("ADSL.SITEID", "Study Site Identifier"),
    copied("ADSL.REGION1", "Geographic Region 1"),
    copied("ADSL.AGE", "Age", "integer"),
    copied("ADSL.AGEGR1", "Pooled Age Group 1"),
    copied("ADSL.SEX", "Sex"),
    copied("ADSL.RACE", "Race"),
    copied("ADSL.TRT01P", "Planned Treatment for Period 01"),
    copied("ADSL.TRT01PN", "Planned Treatment for Period 01 (N)", "integer"),
    copied("ADSL.TRT01A", "Actual Treatment for Period 01"),
    copied("ADSL.TRT01AN", "Actual Treatment for Period 01 (N)", "integer"),
    copied("ADSL.TRTSDT", "Date of First Exposure to Treatment", "date"),
    copied("ADSL.TRTEDT", "Date of Last Exposure to Treatment", "date"),
    copied("ADSL.ITTFL", "Intent-To-Treat Population Flag"),
    copied("ADSL.SAFFL", "Safety Population Flag"),
    copied("ADSL.EFFFL", "Efficacy Population Flag"),
)

#: Treatment of a record, in the one period that the study has.
RECORD_TREATMENT: tuple[Variable, ...] = (
    derived("TRTP", "Planned Treatment", "text", "ADSL.TRT01P"),
    derived("TRTPN", "Planned Treatment (N)", "integer", "ADSL.TRT01PN"),
    derived("TRTA", "Actual Treatment", "text", "ADSL.TRT01A"),
    derived("TRTAN", "Actual Treatment (N)", "integer", "ADSL.TRT01AN"),
)

#: Needed while a dataset is derived, beside the variables it keeps.
_DATES = ("RANDDT", "EOSDT", "DTHDT")


def join_subject_variables(records: pl.DataFrame, adsl: pl.DataFrame) -> pl.DataFrame:
    """`records` of subjects in ADSL, in their order, with `SUBJECT_VARIABLES`, TRTP/TRTA and reference date `_REFDT`.

    `_REFDT`, from which study days count, is the first dose, or randomization for a subject who took none. Records of
    subjects who are not in ADSL are dropped: there is nobody to analyze.
    """
    names = [variable.name for variable in SUBJECT_VARIABLES]
    subjects = adsl.select("USUBJID", *names, *_DATES).with_columns(
        TRTP=pl.col("TRT01P"),
        TRTPN=pl.col("TRT01PN"),
        TRTA=pl.col("TRT01A"),
        TRTAN=pl.col("TRT01AN"),
        _REFDT=pl.coalesce("TRTSDT", "RANDDT"),
    )
    return records.join(subjects, on="USUBJID", how="inner", maintain_order="left")
