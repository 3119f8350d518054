"""ADAE: adverse events, one record per event."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from trialwright.derivation._source import source_records
from trialwright.derivation.functions.partial_dates import derive_event_dates
from trialwright.derivation.functions.study_days import study_day_of
from trialwright.derivation.functions.treatment_emergent import derive_first_occurrence, derive_trtemfl
from trialwright.derivation.specification import DatasetSpecification, assigned, build_dataset, copied, derived
from trialwright.derivation.subject_variables import RECORD_TREATMENT, SUBJECT_VARIABLES, join_subject_variables
from trialwright.standards import Dataset, Domains

#: An event that starts later than so many days after the last dose is not treatment-emergent (protocol).
DAYS_AFTER_LAST_DOSE = 14

SPECIFICATION = DatasetSpecification(
    name="ADAE",
    label="Adverse Events Analysis Dataset",
    structure="One record per subject and adverse event",
    keys=("USUBJID", "ASTDT", "AESEQ"),
    variables=(
        copied("ADSL.STUDYID", "Study Identifier"),
        copied("AE.USUBJID", "Unique Subject Identifier"),
        *SUBJECT_VARIABLES,
        *RECORD_TREATMENT,
        copied("AE.AESEQ", "Sequence Number", "integer"),
        copied("AE.AETERM", "Reported Term for the Adverse Event"),
        copied("AE.AEDECOD", "Dictionary-Derived Term"),
        copied("AE.AEBODSYS", "Body System or Organ Class"),
        copied("AE.AESTDTC", "Start Date/Time of Adverse Event"),
        copied("AE.AEENDTC", "End Date/Time of Adverse Event"),
        derived("ASTDT", "Analysis Start Date", "date", "AE.AESTDTC; partial dates imputed towards the first dose"),
        derived("ASTDTF", "Analysis Start Date Imputation Flag", "text", "D, M or Y: what was imputed"),
        derived("ASTDY", "Analysis Start Relative Day", "integer", "ASTDT relative to TRTSDT; no day 0"),
        derived("AENDT", "Analysis End Date", "date", "AE.AEENDTC; partial dates imputed to the last date possible"),
        derived("AENDTF", "Analysis End Date Imputation Flag", "text", "D or M: what was imputed"),
        derived("AENDY", "Analysis End Relative Day", "integer", "AENDT relative to TRTSDT; no day 0"),
        derived("ADURN", "AE Duration (N)", "integer", "AENDT - ASTDT + 1"),
        derived("ADURU", "AE Duration Units", "text", "DAYS where ADURN is known"),
        derived(
            "TRTEMFL",
            "Treatment Emergent Analysis Flag",
            "text",
            f"Y: ASTDT from TRTSDT to {DAYS_AFTER_LAST_DOSE} days after TRTEDT",
        ),
        copied("AE.AESEV", "Severity/Intensity"),
        derived("ASEV", "Analysis Severity/Intensity", "text", "AE.AESEV; SEVERE if missing"),
        derived("ASEVN", "Analysis Severity/Intensity (N)", "integer", "MILD 1, MODERATE 2, SEVERE 3"),
        copied("AE.AESER", "Serious Event"),
        copied("AE.AESDTH", "Results in Death"),
        copied("AE.AESHOSP", "Requires or Prolongs Hospitalization"),
        copied("AE.AEREL", "Causality"),
        derived("AREL", "Analysis Causality", "text", "RELATED if AE.AEREL is possible or more, or missing"),
        copied("AE.AEACN", "Action Taken with Study Treatment"),
        copied("AE.AEOUT", "Outcome of Adverse Event"),
        derived("AOCCFL", "1st Occurrence within Subject Flag", "text", "Y: first treatment-emergent event"),
        derived("AOCCSFL", "1st Occurrence of SOC Flag", "text", "Y: first treatment-emergent event of AEBODSYS"),
        derived("AOCCPFL", "1st Occurrence of Preferred Term Flag", "text", "Y: first one of AEBODSYS and AEDECOD"),
        derived("AOCCIFL", "1st Max Sev./Int. Occurrence Flag", "text", "Y: first of the highest ASEVN"),
        assigned("SRCDOM", "Source Data", "text", "AE"),
        copied("AE.AESEQ", "Source Sequence Number", "integer", name="SRCSEQ"),
    ),
)

_SEVERITIES: Mapping[str, int] = {"MILD": 1, "MODERATE": 2, "SEVERE": 3}

#: Causality that is not a suspicion; whatever else is recorded, and a missing assessment, counts as related.
_UNRELATED = ("NOT RELATED", "UNLIKELY RELATED", "UNLIKELY", "UNRELATED", "NONE", "REMOTE", "N")


def derive_adae(domains: Domains, adsl: Dataset) -> Dataset:
    """ADAE from AE and ADSL; events before treatment are kept, without TRTEMFL.

    Conservative where something is missing: an unknown severity is severe, an unknown causality related.
    """
    records = source_records(
        domains,
        "AE",
        needed_by="ADAE",
        texts=["USUBJID", "AETERM", "AEDECOD", "AEBODSYS", "AESTDTC", "AEENDTC", "AESEV", "AESER", "AEREL"],
        numbers=["AESEQ"],
        optional_texts=["AEACN", "AEOUT", "AESDTH", "AESHOSP"],
    )
    placed = join_subject_variables(records, adsl.frame).join(
        adsl.frame.select("USUBJID", "STUDYID"), on="USUBJID", how="left", maintain_order="left"
    )
    dated = derive_event_dates(placed, start="AESTDTC", end="AEENDTC").with_columns(
        ASTDY=study_day_of(pl.col("ASTDT"), pl.col("_REFDT")),
        AENDY=study_day_of(pl.col("AENDT"), pl.col("_REFDT")),
        ADURN=(pl.col("AENDT") - pl.col("ASTDT")).dt.total_days() + 1,
    )
    judged = derive_trtemfl(dated, days_after_end=DAYS_AFTER_LAST_DOSE).with_columns(
        ADURU=pl.when(pl.col("ADURN").is_not_null()).then(pl.lit("DAYS")),
        ASEV=pl.coalesce("AESEV", pl.lit("SEVERE")),
        AREL=pl.when(pl.col("AEREL").is_in(_UNRELATED)).then(pl.lit("NOT RELATED")).otherwise(pl.lit("RELATED")),
        SRCDOM=pl.lit("AE"),
        SRCSEQ=pl.col("AESEQ"),
    )
    graded = judged.with_columns(ASEVN=pl.col("ASEV").replace_strict(_SEVERITIES, default=None, return_dtype=pl.Int64))
    return build_dataset(_derive_occurrence_flags(graded), SPECIFICATION)


def _derive_occurrence_flags(records: pl.DataFrame) -> pl.DataFrame:
    emergent = pl.col("TRTEMFL").eq_missing(pl.lit("Y"))
    order = ["ASTDT", "AESEQ"]
    for flag, by in (
        ("AOCCFL", ["USUBJID"]),
        ("AOCCSFL", ["USUBJID", "AEBODSYS"]),
        ("AOCCPFL", ["USUBJID", "AEBODSYS", "AEDECOD"]),
    ):
        records = derive_first_occurrence(records, flag, by=by, order=order, among=emergent)
    return derive_first_occurrence(
        records,
        "AOCCIFL",
        by=["USUBJID"],
        order=["ASEVN", *order],
        descending=[True, False, False],
        among=emergent,
    )
