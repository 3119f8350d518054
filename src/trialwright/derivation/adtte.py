"""ADTTE: time to first response on the HAM-A."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.functions.time_to_event import derive_tte
from trialwright.derivation.specification import DatasetSpecification, assigned, build_dataset, copied, derived
from trialwright.derivation.subject_variables import RECORD_TREATMENT, SUBJECT_VARIABLES, join_subject_variables
from trialwright.standards import Dataset

SPECIFICATION = DatasetSpecification(
    name="ADTTE",
    label="Time-to-Event Analysis Dataset",
    structure="One record per randomized subject and parameter",
    keys=("USUBJID", "PARAMCD"),
    variables=(
        copied("ADSL.STUDYID", "Study Identifier"),
        copied("ADSL.USUBJID", "Unique Subject Identifier"),
        *SUBJECT_VARIABLES,
        *RECORD_TREATMENT,
        assigned("PARAM", "Parameter", "text", "Time to First Response (days)"),
        assigned("PARAMCD", "Parameter Code", "text", "TTRESP"),
        assigned("PARAMN", "Parameter (N)", "integer", "1"),
        derived("STARTDT", "Time-to-Event Origin Date for Subject", "date", "ADSL.TRTSDT, else ADSL.RANDDT"),
        derived("ADT", "Analysis Date", "date", "First response, else last HAM-A assessment, else STARTDT"),
        derived("AVAL", "Analysis Value", "float", "ADT - STARTDT + 1, in days"),
        derived("CNSR", "Censor", "integer", "0: response; 1: censored"),
        derived("EVNTDESC", "Event or Censoring Description", "text", "What happened on ADT"),
        derived("CNSDTDSC", "Censor Date Description", "text", "What ADT is, where CNSR is 1"),
        derived("SRCDOM", "Source Data", "text", "Dataset that holds ADT"),
        derived("SRCVAR", "Source Variable", "text", "Variable that holds ADT"),
        derived("SRCSEQ", "Source Sequence Number", "integer", "QSSEQ of the ADHAMA record that holds ADT"),
    ),
)


def derive_adtte(adsl: Dataset, adhama: Dataset) -> Dataset:
    """ADTTE from ADSL and the observed records of ADHAMA: one record TTRESP per randomized subject.

    The first observed record after baseline with CRIT1FL `Y` is the event. Without one the time is censored on the last
    HAM-A assessment on treatment, or at the start if there is none. Carried-forward records are no assessments.
    """
    subjects = adsl.frame.filter(pl.col("RANDDT").is_not_null()).select(
        "USUBJID", "STUDYID", "EOSSTT", "DCSREAS", STARTDT=pl.coalesce("TRTSDT", "RANDDT")
    )
    assessed = (
        adhama.frame.filter(pl.col("DTYPE").is_null(), pl.col("CRIT1FL").is_not_null(), pl.col("ONTRTFL") == "Y")
        .sort("USUBJID", "ADT", "QSSEQ", maintain_order=True)
        .join(subjects.select("USUBJID", "EOSSTT", "DCSREAS"), on="USUBJID", how="inner", maintain_order="left")
        .select(
            "USUBJID",
            "ADT",
            "CRIT1FL",
            "EOSSTT",
            "DCSREAS",
            SRCDOM=pl.lit("ADHAMA"),
            SRCVAR=pl.lit("ADT"),
            SRCSEQ=pl.col("QSSEQ"),
        )
    )
    events = assessed.filter(pl.col("CRIT1FL") == "Y").with_columns(EVNTDESC=pl.lit("First response"))
    censorings = assessed.with_columns(
        EVNTDESC=pl.when(pl.col("EOSSTT") == "DISCONTINUED")
        .then(
            pl.concat_str(
                pl.lit("Discontinued without response: "),
                pl.col("DCSREAS").str.to_lowercase().fill_null("reason unknown"),
            )
        )
        .otherwise(pl.lit("No response until the last assessment")),
        CNSDTDSC=pl.lit("Last HAM-A assessment"),
    )
    times = derive_tte(subjects, events, censorings).with_columns(
        PARAM=pl.lit("Time to First Response (days)"), PARAMCD=pl.lit("TTRESP"), PARAMN=pl.lit(1)
    )
    return build_dataset(join_subject_variables(times, adsl.frame), SPECIFICATION)
