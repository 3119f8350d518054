"""Time to event: one record per subject, the first event or the last date without one."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage

_SOURCE = ("ADT", "EVNTDESC", "CNSDTDSC", "SRCDOM", "SRCVAR", "SRCSEQ", LINEAGE)


def derive_tte(subjects: pl.DataFrame, events: pl.DataFrame, censorings: pl.DataFrame) -> pl.DataFrame:
    """One record per subject: CNSR, ADT and AVAL (days), with what happened and where it is recorded.

    subjects    USUBJID, STARTDT (risk starts), and whatever else shall be kept, but none of the variables made
    events      USUBJID, ADT, EVNTDESC, SRCDOM, SRCVAR, SRCSEQ: the earliest of a subject counts
    censorings  the same and CNSDTDSC: without an event, the latest date of a subject counts

    AVAL = ADT - STARTDT + 1, so an event on the first day has 1 day. CNSR is 0 for an event, 1 for a censored time. A
    subject with an event has it also if a censoring date comes before it: what is not to count (an event after a new
    therapy, or long after treatment) is filtered from `events`. A subject without any dated record is censored on
    STARTDT (AVAL 1); one without STARTDT is left out. Records before STARTDT are ignored.

    Source: ADaM Basic Data Structure for Time-to-Event Analyses 1.0, sections 4 and 5.
    """
    start = subjects.select("USUBJID", "STARTDT").filter(pl.col("STARTDT").is_not_null())
    first_event = _dated(events, start).group_by("USUBJID", maintain_order=True).first()
    last_censoring = _dated(censorings, start).group_by("USUBJID", maintain_order=True).last()
    no_record = start.select(
        "USUBJID",
        ADT=pl.col("STARTDT"),
        EVNTDESC=pl.lit("No assessment after the start"),
        CNSDTDSC=pl.lit("Start of the time at risk"),
        SRCDOM=pl.lit("ADSL"),
        SRCVAR=pl.lit("STARTDT"),
        SRCSEQ=pl.lit(None, dtype=pl.Int64),
    )
    outcome = pl.concat(
        [
            first_event.with_columns(CNSR=pl.lit(0), CNSDTDSC=pl.lit(None, dtype=pl.String)),
            last_censoring.with_columns(CNSR=pl.lit(1)),
            no_record.with_columns(CNSR=pl.lit(1)),
        ],
        how="diagonal",
    ).unique("USUBJID", keep="first", maintain_order=True)
    times = (
        subjects.filter(pl.col("STARTDT").is_not_null())
        .join(outcome, on="USUBJID", how="left", maintain_order="left", suffix="_of_time")
        .with_columns(AVAL=(pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1)
    )
    of_time = f"{LINEAGE}_of_time"
    if of_time not in times.columns:
        return times
    return times.with_columns(merged_lineage(LINEAGE, of_time).alias(LINEAGE)).drop(of_time)


def _dated(records: pl.DataFrame, start: pl.DataFrame) -> pl.DataFrame:
    """The records of subjects at risk with a date on or after the start, in order of date."""
    present = [name for name in _SOURCE if name in records.columns]
    return (
        records.select("USUBJID", *present)
        .join(start, on="USUBJID", how="inner", maintain_order="left")
        .filter(pl.col("ADT") >= pl.col("STARTDT"))
        .sort("ADT", maintain_order=True)
        .drop("STARTDT")
    )
