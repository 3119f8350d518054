"""ADLB: laboratory results, one record per subject, parameter and sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from trialwright.derivation._findings_records import derive_findings, findings_variables
from trialwright.derivation._source import source_records
from trialwright.derivation.functions.analysis_visits import AnalysisVisit
from trialwright.derivation.functions.baseline import derive_base
from trialwright.derivation.functions.partial_dates import complete_date
from trialwright.derivation.functions.reference_ranges import derive_anrind
from trialwright.derivation.specification import DatasetSpecification, build_dataset, copied, derived
from trialwright.derivation.subject_variables import RECORD_TREATMENT, SUBJECT_VARIABLES
from trialwright.standards import Dataset, Domains

SPECIFICATION = DatasetSpecification(
    name="ADLB",
    label="Laboratory Analysis Dataset",
    structure="One record per subject, parameter and sample",
    keys=("USUBJID", "PARCAT1", "PARAMCD", "ADT", "VISITNUM", "LBSEQ"),
    variables=(
        copied("LB.STUDYID", "Study Identifier"),
        copied("LB.USUBJID", "Unique Subject Identifier"),
        *SUBJECT_VARIABLES,
        *RECORD_TREATMENT,
        copied("LB.LBCAT", "Parameter Category 1", name="PARCAT1"),
        derived("PARAM", "Parameter", "text", "LB.LBTEST (LB.LBSTRESU)"),
        copied("LB.LBTESTCD", "Parameter Code", name="PARAMCD"),
        derived("PARAMN", "Parameter (N)", "integer", "Order of PARAMCD in tables"),
        copied("LB.LBSTRESN", "Analysis Value", "float", name="AVAL"),
        derived("AVALC", "Analysis Value (C)", "text", "LB.LBSTRESC, else AVAL"),
        derived("BASEC", "Baseline Value (C)", "text", "AVALC where ABLFL is Y"),
        copied("LB.LBSTNRLO", "Analysis Normal Range Lower Limit", "float", name="ANRLO"),
        copied("LB.LBSTNRHI", "Analysis Normal Range Upper Limit", "float", name="ANRHI"),
        derived("ANRRANGE", "Analysis Normal Range", "text", "ANRLO and ANRHI with a dash between them"),
        derived("ANRIND", "Analysis Reference Range Indicator", "text", "AVAL against ANRLO, ANRHI; else LB.LBNRIND"),
        derived("BNRIND", "Baseline Reference Range Indicator", "text", "ANRIND where ABLFL is Y"),
        derived("SHIFT1", "Shift 1", "text", "BNRIND to ANRIND, after baseline"),
        *findings_variables("LB"),
    ),
)

_ORDER: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        (
            *("ALT", "AST", "ALP", "GGT", "BILI", "CREAT", "UREAN", "GLUC", "SODIUM", "K", "ALB"),
            *("HGB", "HCT", "RBC", "WBC", "PLAT"),
        ),
        start=1,
    )
}


def _indicated(records: pl.DataFrame) -> pl.DataFrame:
    judged = derive_anrind(records, low="ANRLO", high="ANRHI")
    return judged.with_columns(ANRIND=pl.coalesce("ANRIND", "LBNRIND"))


def _shortest(number: pl.Expr) -> pl.Expr:
    """A number as a text without needless zeros: 45 and 0.36."""
    return number.cast(pl.String).str.strip_suffix(".0")


def _range(low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """`low-high`, or the one limit that there is: `>=low`, `<=high`."""
    return pl.coalesce(pl.format("{}-{}", low, high), pl.format(">={}", low), pl.format("<={}", high))


def derive_adlb(domains: Domains, adsl: Dataset, visits: Sequence[AnalysisVisit]) -> Dataset:
    """ADLB from LB and ADSL; tests that were not done (LBSTAT) are left out."""
    records = (
        source_records(
            domains,
            "LB",
            needed_by="ADLB",
            texts=["USUBJID", "LBTESTCD", "LBTEST", "LBDTC"],
            numbers=["LBSEQ", "LBSTRESN", "VISITNUM"],
            optional_texts=["STUDYID", "LBCAT", "LBSTRESC", "LBSTRESU", "LBSTAT", "LBNRIND", "VISIT"],
            optional_numbers=["LBSTNRLO", "LBSTNRHI"],
        )
        .filter(pl.col("LBSTAT").ne_missing(pl.lit("NOT DONE")))
        .with_columns(
            PARCAT1=pl.col("LBCAT"),
            PARAMCD=pl.col("LBTESTCD"),
            PARAM=pl.concat_str("LBTEST", pl.format(" ({})", "LBSTRESU").fill_null("")),
            PARAMN=pl.col("LBTESTCD").replace_strict(_ORDER, default=None, return_dtype=pl.Int64),
            ADT=complete_date("LBDTC"),
            AVAL=pl.col("LBSTRESN"),
            AVALC=pl.coalesce(pl.col("LBSTRESC"), _shortest(pl.col("LBSTRESN"))),
            ANRRANGE=_range(_shortest(pl.col("LBSTNRLO")), _shortest(pl.col("LBSTNRHI"))),
            ANRLO=pl.col("LBSTNRLO"),
            ANRHI=pl.col("LBSTNRHI"),
            SRCDOM=pl.lit("LB"),
            SRCVAR=pl.lit("LBSTRESN"),
            SRCSEQ=pl.col("LBSEQ"),
        )
    )
    placed = derive_findings(_indicated(records), adsl.frame, visits, sequence="LBSEQ")
    ranged = derive_base(derive_base(placed, value="AVALC", base="BASEC"), value="ANRIND", base="BNRIND")
    shifted = ranged.with_columns(
        SHIFT1=pl.when(pl.col("_AFTER") == "Y").then(pl.concat_str("BNRIND", "ANRIND", separator=" to "))
    )
    return build_dataset(shifted, SPECIFICATION)
