"""ADHAMA: HAM-A total scores, the primary endpoint, observed and carried forward."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation._findings_records import derive_findings, findings_variables
from trialwright.derivation.functions.analysis_visits import AnalysisVisit
from trialwright.derivation.functions.last_observation import derive_locf
from trialwright.derivation.hama import read_hama_totals
from trialwright.derivation.specification import DatasetSpecification, assigned, build_dataset, copied, derived
from trialwright.derivation.subject_variables import RECORD_TREATMENT, SUBJECT_VARIABLES
from trialwright.standards import Dataset, Domains

#: A response is a score that has fallen by at least so much of baseline, in percent.
RESPONSE_PERCENT = 50.0

SPECIFICATION = DatasetSpecification(
    name="ADHAMA",
    label="HAM-A Analysis Dataset",
    structure="One record per subject, parameter and assessment, and per visit carried forward",
    keys=("USUBJID", "PARAMCD", "AVISITN", "ADT", "VISITNUM", "QSSEQ"),
    variables=(
        copied("ADSL.STUDYID", "Study Identifier"),
        copied("QS.USUBJID", "Unique Subject Identifier"),
        *SUBJECT_VARIABLES,
        *RECORD_TREATMENT,
        assigned("PARAM", "Parameter", "text", "HAM-A Total Score"),
        assigned("PARAMCD", "Parameter Code", "text", "HAMATOT"),
        assigned("PARAMN", "Parameter (N)", "integer", "1"),
        copied("QS.QSSTRESN", "Analysis Value", "float", name="AVAL"),
        derived("DTYPE", "Derivation Type", "text", "LOCF: last value after baseline carried to a missed visit"),
        *findings_variables("QS"),
        assigned("CRIT1", "Analysis Criterion 1", "text", "PCHG <= -50"),
        derived("CRIT1FL", "Criterion 1 Evaluation Result Flag", "text", "Y: response (PCHG <= -50), N: none"),
    ),
)


def derive_response(records: pl.DataFrame) -> pl.DataFrame:
    """`records` with CRIT1 and CRIT1FL: `Y` where PCHG is -50 or lower, `N` above; both missing where PCHG is.

    Source: ADaMIG 1.3, section 3.3.5 (CRITy, CRITyFL).
    """
    known = pl.col("PCHG").is_not_null()
    return records.with_columns(
        CRIT1=pl.when(known).then(pl.lit(f"PCHG <= -{RESPONSE_PERCENT:.0f}")),
        CRIT1FL=pl.when(known).then(
            pl.when(pl.col("PCHG") <= -RESPONSE_PERCENT).then(pl.lit("Y")).otherwise(pl.lit("N"))
        ),
    )


def derive_adhama(domains: Domains, adsl: Dataset, visits: Sequence[AnalysisVisit]) -> Dataset:
    """ADHAMA from QS and ADSL.

    Where ANL01FL is `Y` there is one record per subject and visit, observed or carried forward, from baseline to the
    last visit. Scores after treatment (ONTRTFL) are neither analyzed nor carried. Visits at which nobody at all was
    assessed are not carried to. Baseline is never carried forward.
    """
    records = (
        read_hama_totals(domains, needed_by="ADHAMA")
        .with_columns(
            PARAMCD=pl.lit("HAMATOT"),
            PARAM=pl.lit("HAM-A Total Score"),
            PARAMN=pl.lit(1),
            SRCDOM=pl.lit("QS"),
            SRCVAR=pl.lit("QSSTRESN"),
            SRCSEQ=pl.col("QSSEQ"),
            DTYPE=pl.lit(None, dtype=pl.String),
        )
        .join(adsl.frame.select("USUBJID", "STUDYID"), on="USUBJID", how="inner", maintain_order="left")
    )
    observed = derive_findings(records, adsl.frame, visits, sequence="QSSEQ", analyzes_off_treatment=False)
    assessed = set(observed.filter(pl.col("ANL01FL") == "Y", pl.col("AVISITN") > 0)["AVISITN"].to_list())
    wanted = [visit for visit in visits if visit.avisitn in assessed]
    complete = derive_locf(
        observed,
        pl.DataFrame(
            [(visit.avisitn, visit.avisit, visit.target_day) for visit in wanted],
            schema={"AVISITN": pl.Int64, "AVISIT": pl.String, "AWTARGET": pl.Int64},
            orient="row",
        ),
        order=["ADT", "QSSEQ"],
        among=pl.col("ONTRTFL") == "Y",
    ).with_columns(
        ANL01FL=pl.when(pl.col("DTYPE").eq_missing(pl.lit("LOCF"))).then(pl.lit("Y")).otherwise(pl.col("ANL01FL"))
    )
    return build_dataset(derive_response(complete), SPECIFICATION)
