"""Steps for the course of subjects: disposition, exposure, treatments, events and medications around treatment."""

from __future__ import annotations

import polars as pl
from pydantic import Field

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage
from trialwright.derivation.functions.disposition import derive_disposition
from trialwright.derivation.functions.exposure import DOSES_PER_DAY, derive_exposure
from trialwright.derivation.functions.on_treatment import derive_interval_flags
from trialwright.derivation.functions.partial_dates import derive_event_dates, derive_interval_dates
from trialwright.derivation.functions.treatment_emergent import derive_trtemfl
from trialwright.derivation.functions.treatment_numbers import derive_treatment_numbers
from trialwright.derivation.steps.records import need, source_frame
from trialwright.findings import Finding, Rule, Severity
from trialwright.marked_yaml import Border

DOSE_NOT_COUNTED = Rule(
    id="derive.dose-not-counted",
    title="A record of exposure has a start and a dose.",
    source="SDTMIG 3.4, Exposure (EX): EXSTDTC, EXDOSE",
    severity=Severity.WARNING,
)
UNKNOWN_FREQUENCY = Rule(
    id="derive.unknown-frequency",
    title="The frequency of doses says how many there are in a day.",
    source="CDISC terminology, Frequency (EXDOSFRQ)",
    severity=Severity.WARNING,
)


class DispositionOptions(Border):
    """Options of `disposition`: consent, randomization, end of treatment and of study; see `derive_disposition`.

    source  (`from`) the domain or frame with USUBJID, DSCAT, DSSCAT, EPOCH, DSDECOD, DSTERM and the date `_date`
    """

    source: str = Field(alias="from", default="DS")


class ExposureOptions(Border):
    """Options of `exposure`: one record per subject of dose records; see `derive_exposure`."""


class TreatmentNumbersOptions(Border):
    """Options of `treatment_numbers`: {TRT01PN: TRT01P}; see `compute_treatment_numbers`."""

    numbers: dict[str, str]


class EventDatesOptions(Border):
    """Options of `event_dates`: ASTDT, AENDT and their flags, against the treatment; see `derive_event_dates`."""

    start: str
    end: str
    reference: str = "TRTSDT"
    cutoff: str = "EOSDT"


class IntervalDatesOptions(Border):
    """Options of `interval_dates`: ASTDT, AENDT and their flags, as long as it may be; see `derive_interval_dates`."""

    start: str
    end: str | None = None
    cutoff: str | None = None


class TrtemflOptions(Border):
    """Options of `trtemfl`: `Y` on treatment-emergent events; see `derive_trtemfl`."""

    start: str = "TRTSDT"
    end: str = "TRTEDT"
    days_after_end: int | None = None


class IntervalFlagsOptions(Border):
    """Options of `interval_flags`: PREFL, ONTRTFL and FUPFL; see `derive_interval_flags`."""

    start: str = "TRTSDT"
    end: str = "TRTEDT"
    days_after_end: int = 0
    first: str = "ASTDT"
    last: str = "AENDT"


def run_disposition(records: pl.DataFrame, options: DispositionOptions, context: Context) -> pl.DataFrame:
    """`records` of subjects with their disposition."""
    source = source_frame(context, options.source)
    assert source is not None
    need(source, ["USUBJID", "DSCAT", "DSSCAT", "EPOCH", "DSDECOD", "DSTERM", "_date"], context, options.source)
    joined = records.join(
        derive_disposition(source), on="USUBJID", how="left", maintain_order="left", suffix="_of_disposition"
    )
    other = f"{LINEAGE}_of_disposition"
    if other in joined.columns:
        joined = joined.with_columns(merged_lineage(LINEAGE, other).alias(LINEAGE)).drop(other)
    failed = pl.when("_is_screen_failure").then(pl.lit("Y"))
    return joined.with_columns(_SCREEN_FAILURE=failed).drop("_is_screen_failure").rename({"_consent": "_CONSENT"})


def run_exposure(records: pl.DataFrame, options: ExposureOptions, context: Context) -> pl.DataFrame:
    """One record per subject with exposure."""
    need(records, ["USUBJID", "EXDOSE", "_start", "_end"], context)
    _report_exposure(records, context)
    return derive_exposure(records)


def _report_exposure(records: pl.DataFrame, context: Context) -> None:
    """Findings of records that count for nothing, or not for what they should."""
    for row in records.filter(pl.col("_start").is_null() | pl.col("EXDOSE").is_null()).iter_rows(named=True):
        sequence = f", EXSEQ {row['EXSEQ']:g}" if row.get("EXSEQ") is not None else ""
        missing = "start" if row["_start"] is None else "dose"
        said = "It is not counted at all." if missing == "start" else "Its days count, and CUMDOSE is without it."
        context.report(
            Finding.of(
                DOSE_NOT_COUNTED,
                where=f"EX, USUBJID {row['USUBJID']}{sequence}",
                message=f"The record has no {missing}. {said}",
                evidence="EXSTDTC is missing" if missing == "start" else "EXDOSE is missing",
                remedy="Add it in the source, or filter what was not taken.",
            )
        )
    if "EXDOSFRQ" in records.columns:
        frequencies = records["EXDOSFRQ"].drop_nulls().unique(maintain_order=True)
        for frequency in frequencies.filter(~frequencies.is_in(list(DOSES_PER_DAY))):
            context.report(
                Finding.of(
                    UNKNOWN_FREQUENCY,
                    where="EX, EXDOSFRQ",
                    message="It is not known how many doses a day this is: one is counted.",
                    evidence=f"EXDOSFRQ = {frequency!r}",
                    remedy=f"Known are {', '.join(DOSES_PER_DAY)}. Make EXDOSE the dose a day before the step.",
                )
            )


def run_treatment_numbers(records: pl.DataFrame, options: TreatmentNumbersOptions, context: Context) -> pl.DataFrame:
    """`records` with the numbers."""
    need(records, list(options.numbers.values()), context)
    return derive_treatment_numbers(records, options.numbers)


def run_event_dates(records: pl.DataFrame, options: EventDatesOptions, context: Context) -> pl.DataFrame:
    """`records` with the dates."""
    need(records, [options.start, options.end, options.reference, options.cutoff], context)
    return derive_event_dates(
        records, start=options.start, end=options.end, reference=options.reference, cutoff=options.cutoff
    )


def run_interval_dates(records: pl.DataFrame, options: IntervalDatesOptions, context: Context) -> pl.DataFrame:
    """`records` with the dates."""
    need(records, [name for name in (options.start, options.end, options.cutoff) if name is not None], context)
    return derive_interval_dates(records, start=options.start, end=options.end, cutoff=options.cutoff)


def run_trtemfl(records: pl.DataFrame, options: TrtemflOptions, context: Context) -> pl.DataFrame:
    """`records` with TRTEMFL."""
    need(records, ["ASTDT", options.start, options.end], context)
    return derive_trtemfl(records, start=options.start, end=options.end, days_after_end=options.days_after_end)


def run_interval_flags(records: pl.DataFrame, options: IntervalFlagsOptions, context: Context) -> pl.DataFrame:
    """`records` with the flags."""
    need(records, [options.start, options.end, options.first, options.last], context)
    return derive_interval_flags(
        records,
        start=options.start,
        end=options.end,
        days_after_end=options.days_after_end,
        first=options.first,
        last=options.last,
    )


STEPS: dict[str, Step] = {
    "disposition": Step(DispositionOptions, run_disposition, whole="from"),
    "exposure": Step(ExposureOptions, run_exposure),
    "treatment_numbers": Step(TreatmentNumbersOptions, run_treatment_numbers, whole="numbers"),
    "event_dates": Step(EventDatesOptions, run_event_dates),
    "interval_dates": Step(IntervalDatesOptions, run_interval_dates),
    "trtemfl": Step(TrtemflOptions, run_trtemfl),
    "interval_flags": Step(IntervalFlagsOptions, run_interval_flags),
}
