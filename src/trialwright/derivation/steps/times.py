"""Steps for times to events and for the response of tumours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import polars as pl
from pydantic import Field

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage, union_lineage
from trialwright.derivation.functions.oncology import (
    BestResponseRules,
    CensoringRules,
    derive_best_response,
    derive_duration_of_response,
    derive_overall_survival,
    derive_progression_free_survival,
    derive_target_response,
    derive_time_to_progression,
    derive_tumor_sums,
)
from trialwright.derivation.functions.time_to_event import derive_tte
from trialwright.derivation.steps.options import ConditionText, ExpressionText, Names
from trialwright.derivation.steps.records import compiled, matching, need, source_frame
from trialwright.findings import Finding, Rule, Severity
from trialwright.marked_yaml import Border

UNDATED_EVENT = Rule(
    id="derive.undated-event",
    title="An event that ends a time at risk, and a response of a tumor, has a date.",
    source="ADaM Basic Data Structure for Time-to-Event Analyses 1.0, section 4",
)
NO_START = Rule(
    id="derive.no-start",
    title="A subject whose time to an event or best response is derived has a date at which it starts.",
    source="ADaM Basic Data Structure for Time-to-Event Analyses 1.0, section 4 (STARTDT)",
    severity=Severity.WARNING,
)


class TteSource(Border):
    """Records that may end a time at risk.

    source       (`from`) a domain, a frame or a dataset made before
    where        which of them; one of these without a date is a finding
    date         when; `description` is what happened then, `date_description` what the date of a censored time is
    domain       and `variable`, `sequence`: what SRCDOM, SRCVAR and SRCSEQ say; default: `source`, `date` and nothing
    optional     no records if there is no such domain
    """

    source: str = Field(alias="from")
    where: ConditionText = ""
    date: ExpressionText
    description: ExpressionText
    date_description: ExpressionText = "missing"
    domain: str = ""
    variable: str = ""
    sequence: str = ""
    optional: bool = False


class TteOptions(Border):
    """Options of `tte`: the first event of each subject, or the last date without one; see `derive_tte`.

    The records are the subjects, with STARTDT.
    """

    events: list[TteSource]
    censorings: list[TteSource]


class TumorSumsOptions(Border):
    """Options of `tumor_sums`: sums of diameters of target lesions; see `derive_tumor_sums`."""

    reference: str = "_REFDT"
    assessment: Names = Field(default_factory=lambda: ["USUBJID", "VISITNUM"])


class TargetResponseOptions(Border):
    """Options of `target_response`: change from baseline and nadir, and the response; see `derive_target_response`."""


class BestResponseOptions(Border):
    """Options of `best_response`: BOR, BORDT and RSPDT of each subject; see `BestResponseRules`.

    The records are the subjects, with STARTDT and, if wanted, NEWTRTDT; `responses` is the frame with USUBJID, ADT and
    AVALC, of which `where` counts.
    """

    responses: str
    where: ConditionText = ""
    confirmed: bool = True
    min_confirmation_days: int = 28
    max_not_evaluable: int = 1
    accepts_stable: bool = False
    min_stable_days: int = 42
    after_complete: Literal["progression", "partial"] = "progression"


TumorTime: TypeAlias = Literal["PFS", "OS", "TTP", "DOR"]


class TumorTimesOptions(Border):
    """Options of `tumor_times`: one record per subject and parameter; see `CensoringRules`.

    The records are the subjects, with STARTDT, DTHDT, LSTALVDT and, if wanted, NEWTRTDT, CLINPDDT, BLASSFL; DOR reads
    RSPDT, the date of the first response that counts. `responses` is the frame with USUBJID, ADT and AVALC.
    """

    responses: str
    where: ConditionText = ""
    parameters: list[TumorTime]
    new_therapy_censors: bool = True
    no_baseline_censors: bool = True
    longest_gap_days: int | None = None
    clinical_counts: bool = False


def _tte_records(source: TteSource, context: Context, *, is_censoring: bool) -> pl.DataFrame | None:
    frame = source_frame(context, source.source, optional=source.optional)
    if frame is None:
        return None
    if source.where:
        frame = frame.filter(matching(frame, source.where, context, source.source))
    need(frame, ["USUBJID", *filter(None, [source.sequence])], context, source.source)
    description = compiled(source.date_description, frame, context) if is_censoring else pl.lit(None)
    made = frame.select(
        "USUBJID",
        ADT=compiled(source.date, frame, context),
        EVNTDESC=compiled(source.description, frame, context),
        CNSDTDSC=description.cast(pl.String),
        SRCDOM=pl.lit(source.domain or source.source),
        SRCVAR=pl.lit(source.variable or source.date),
        SRCSEQ=(pl.col(source.sequence) if source.sequence else pl.lit(None)).cast(pl.Int64),
        **({LINEAGE: pl.col(LINEAGE)} if LINEAGE in frame.columns else {}),
    )
    if not is_censoring:
        _report_undated(made, source, context)
    return made


_NO_RECORDS: Mapping[str, Any] = {
    "USUBJID": pl.String,
    "ADT": pl.Date,
    "EVNTDESC": pl.String,
    "CNSDTDSC": pl.String,
    "SRCDOM": pl.String,
    "SRCVAR": pl.String,
    "SRCSEQ": pl.Int64,
    LINEAGE: pl.List(pl.UInt32),
}


def _all(sources: list[TteSource], context: Context, *, is_censoring: bool) -> pl.DataFrame:
    frames = [_tte_records(source, context, is_censoring=is_censoring) for source in sources]
    return pl.concat([pl.DataFrame(schema=_NO_RECORDS), *(one for one in frames if one is not None)], how="diagonal")


def run_tte(records: pl.DataFrame, options: TteOptions, context: Context) -> pl.DataFrame:
    """`records` of subjects with their times."""
    need(records, ["USUBJID", "STARTDT"], context)
    _report_no_start(records, context)
    events = _all(options.events, context, is_censoring=False).drop("CNSDTDSC")
    return derive_tte(records, events, _all(options.censorings, context, is_censoring=True))


def _report_no_start(records: pl.DataFrame, context: Context) -> None:
    for subject in records.filter(pl.col("STARTDT").is_null())["USUBJID"]:
        context.report(
            Finding.of(
                NO_START,
                where=f"USUBJID {subject}",
                message=f"The subject has no STARTDT, and no record from {context.at_work}.",
                remedy="Add the date in the source, or filter the subjects who are at risk before the step.",
            )
        )


def _report_undated(made: pl.DataFrame, source: TteSource, context: Context) -> None:
    """Only of sources that say which records are events: of others a missing date says that there was none."""
    if not source.where:
        return
    for row in made.filter(pl.col("ADT").is_null()).iter_rows(named=True):
        sequence = f", {source.sequence} {row['SRCSEQ']}" if row["SRCSEQ"] is not None else ""
        context.report(
            Finding.of(
                UNDATED_EVENT,
                where=f"{source.source}, USUBJID {row['USUBJID']}{sequence}",
                message=f"An event has no date and does not count in {context.at_work}.",
                evidence=f"{source.date} is missing",
                remedy="Add the date in the source, or impute it before the step.",
            )
        )


def run_tumor_sums(records: pl.DataFrame, options: TumorSumsOptions, context: Context) -> pl.DataFrame:
    """One record per subject and assessment."""
    need(records, [*options.assessment, "ADT", "LESION", "AVAL", "NODEFL", options.reference], context)
    return derive_tumor_sums(records, reference=options.reference, assessment=options.assessment)


def run_target_response(records: pl.DataFrame, options: TargetResponseOptions, context: Context) -> pl.DataFrame:
    """`records` with the response of target lesions."""
    return derive_target_response(records)


def _responses(name: str, where: str, context: Context) -> pl.DataFrame:
    frame = source_frame(context, name)
    assert frame is not None
    need(frame, ["USUBJID", "ADT", "AVALC"], context, name)
    chosen = frame.filter(matching(frame, where, context, name)) if where else frame
    for row in chosen.filter(pl.col("ADT").is_null() & pl.col("AVALC").is_not_null()).iter_rows(named=True):
        sequence = f", RSSEQ {row['RSSEQ']:g}" if row.get("RSSEQ") is not None else ""
        context.report(
            Finding.of(
                UNDATED_EVENT,
                where=f"{name}, USUBJID {row['USUBJID']}{sequence}",
                message=f"A response has no date and does not count in {context.at_work}.",
                evidence=f"AVALC = {row['AVALC']!r}",
                remedy="Add the date in the source, or impute it before the step.",
            )
        )
    return chosen


def _with_sources(made: pl.DataFrame, until: str, responses: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`made` with the variables of `records`, traced to them and to the subject's responses up to the date `until`."""
    joined = made.join(records, on="USUBJID", how="left", maintain_order="left", suffix="_of_subject")
    joined = joined.drop(name for name in joined.columns if name.endswith("_of_subject"))
    if LINEAGE not in records.columns or LINEAGE not in responses.columns:
        return joined
    numbered = joined.with_row_index("_row")
    looked_at = (
        numbered.select("_row", "USUBJID", _until=pl.col(until))
        .join(responses.select("USUBJID", "ADT", LINEAGE), on="USUBJID", how="inner", maintain_order="left")
        .filter((pl.col("ADT") <= pl.col("_until")) | pl.col("_until").is_null())
        .group_by("_row", maintain_order=True)
        .agg(union_lineage())
        .rename({LINEAGE: "_of_responses"})
    )
    return (
        numbered.join(looked_at, on="_row", how="left", maintain_order="left")
        .with_columns(merged_lineage(LINEAGE, "_of_responses").alias(LINEAGE))
        .drop("_row", "_of_responses")
    )


def run_best_response(records: pl.DataFrame, options: BestResponseOptions, context: Context) -> pl.DataFrame:
    """`records` of subjects with STARTDT, and their best response."""
    need(records, ["USUBJID", "STARTDT"], context)
    _report_no_start(records, context)
    responses = _responses(options.responses, options.where, context)
    rules = BestResponseRules(
        is_confirmed=options.confirmed,
        min_confirmation_days=options.min_confirmation_days,
        max_not_evaluable=options.max_not_evaluable,
        accepts_stable=options.accepts_stable,
        min_stable_days=options.min_stable_days,
        after_complete=options.after_complete,
    )
    # What confirms a response comes after it: all of the subject's responses are looked at.
    made = derive_best_response(responses, records, rules=rules).with_columns(_all=pl.lit(None, dtype=pl.Date))
    return _with_sources(made, "_all", responses, records).drop("_all")


def run_tumor_times(records: pl.DataFrame, options: TumorTimesOptions, context: Context) -> pl.DataFrame:
    """`records` of subjects with their times, one for each parameter."""
    need(records, ["USUBJID", "STARTDT"], context)
    _report_no_start(records, context)
    responses = _responses(options.responses, options.where, context)
    rules = CensoringRules(
        new_therapy_censors=options.new_therapy_censors,
        no_baseline_censors=options.no_baseline_censors,
        longest_gap_days=options.longest_gap_days,
        clinical_counts=options.clinical_counts,
    )
    made = []
    for parameter in options.parameters:
        match parameter:
            case "PFS":
                times = derive_progression_free_survival(responses, records, rules)
            case "TTP":
                times = derive_time_to_progression(responses, records, rules)
            case "OS":
                need(records, ["DTHDT", "LSTALVDT"], context)
                times = derive_overall_survival(records)
            case _:
                need(records, ["RSPDT"], context)
                times = derive_duration_of_response(
                    derive_progression_free_survival(responses, records, rules), records
                )
        made.append(times)
    return _with_sources(pl.concat(made), "ADT", responses, records)


STEPS: dict[str, Step] = {
    "tte": Step(TteOptions, run_tte),
    "tumor_sums": Step(TumorSumsOptions, run_tumor_sums),
    "target_response": Step(TargetResponseOptions, run_target_response),
    "best_response": Step(BestResponseOptions, run_best_response),
    "tumor_times": Step(TumorTimesOptions, run_tumor_times),
}
