"""ADVS: vital signs, one record per subject, parameter and measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from trialwright.derivation._findings_records import derive_findings, findings_variables
from trialwright.derivation._source import source_records
from trialwright.derivation.functions.analysis_visits import AnalysisVisit
from trialwright.derivation.functions.partial_dates import complete_date
from trialwright.derivation.specification import DatasetSpecification, build_dataset, copied, derived
from trialwright.derivation.subject_variables import RECORD_TREATMENT, SUBJECT_VARIABLES
from trialwright.standards import Dataset, Domains

SPECIFICATION = DatasetSpecification(
    name="ADVS",
    label="Vital Signs Analysis Dataset",
    structure="One record per subject, parameter and measurement",
    keys=("USUBJID", "PARAMCD", "ADT", "VISITNUM", "VSSEQ"),
    variables=(
        copied("VS.STUDYID", "Study Identifier"),
        copied("VS.USUBJID", "Unique Subject Identifier"),
        *SUBJECT_VARIABLES,
        *RECORD_TREATMENT,
        derived("PARAM", "Parameter", "text", "VS.VSTEST (VS.VSSTRESU)"),
        copied("VS.VSTESTCD", "Parameter Code", name="PARAMCD"),
        derived("PARAMN", "Parameter (N)", "integer", "Order of PARAMCD in tables"),
        copied("VS.VSSTRESN", "Analysis Value", "float", name="AVAL"),
        *findings_variables("VS"),
    ),
)

_ORDER: Mapping[str, int] = {
    name: number
    for number, name in enumerate(("SYSBP", "DIABP", "PULSE", "RESP", "TEMP", "WEIGHT", "HEIGHT", "BMI"), start=1)
}


def derive_advs(domains: Domains, adsl: Dataset, visits: Sequence[AnalysisVisit]) -> Dataset:
    """ADVS from VS and ADSL; measurements that were not done (VSSTAT) are left out."""
    records = (
        source_records(
            domains,
            "VS",
            needed_by="ADVS",
            texts=["USUBJID", "VSTESTCD", "VSTEST", "VSDTC"],
            numbers=["VSSEQ", "VSSTRESN", "VISITNUM"],
            optional_texts=["STUDYID", "VSSTRESU", "VSSTAT", "VISIT"],
        )
        .filter(pl.col("VSSTAT").ne_missing(pl.lit("NOT DONE")))
        .with_columns(
            PARAMCD=pl.col("VSTESTCD"),
            PARAM=pl.concat_str("VSTEST", pl.format(" ({})", "VSSTRESU").fill_null("")),
            PARAMN=pl.col("VSTESTCD").replace_strict(_ORDER, default=None, return_dtype=pl.Int64),
            ADT=complete_date("VSDTC"),
            AVAL=pl.col("VSSTRESN"),
            SRCDOM=pl.lit("VS"),
            SRCVAR=pl.lit("VSSTRESN"),
            SRCSEQ=pl.col("VSSEQ"),
        )
    )
    return build_dataset(derive_findings(records, adsl.frame, visits, sequence="VSSEQ"), SPECIFICATION)
