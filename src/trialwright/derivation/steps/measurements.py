"""Steps for measurements: baseline, change, visits, values carried forward, totals, parameters."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.functions.analysis_visits import derive_anl01fl, derive_avisit
from trialwright.derivation.functions.baseline import derive_ablfl, derive_base, derive_chg
from trialwright.derivation.functions.ecg import derive_qtc
from trialwright.derivation.functions.last_observation import derive_locf
from trialwright.derivation.functions.on_treatment import derive_ontrtfl
from trialwright.derivation.functions.parameters import Parameter, derive_parameters
from trialwright.derivation.functions.questionnaire_totals import derive_totals
from trialwright.derivation.functions.windows import window_table
from trialwright.derivation.steps.options import ConditionText, ExpressionText, Names
from trialwright.derivation.steps.records import compiled, matching, need
from trialwright.derivation.steps.windows import WindowOption
from trialwright.errors import StudyError
from trialwright.marked_yaml import Border


def _parameter() -> list[str]:
    return ["USUBJID", "PARAMCD"]


class AblflOptions(Border):
    """Options of `ablfl`: `Y` on the last record with a value until a date.

    reference  that date
    order      which record is the last
    where      which records can be baseline
    """

    reference: str = "TRTSDT"
    order: Names = Field(default_factory=lambda: ["ADT"])
    by: Names = Field(default_factory=_parameter)
    where: ConditionText = ""
    value: str = "AVAL"
    date: str = "ADT"
    flag: str = "ABLFL"


class BaseOptions(Border):
    """Options of `base`: the value of the baseline record on all records of a parameter.

    values  name of what is made to the variable it is taken of: {BASE: AVAL, BNRIND: ANRIND}
    """

    values: dict[str, str] = Field(default_factory=lambda: {"BASE": "AVAL"})
    by: Names = Field(default_factory=_parameter)
    flag: str = "ABLFL"


class ChgOptions(Border):
    """Options of `chg`: change from baseline and percent change.

    where  the records that have them; default: all
    """

    where: ConditionText = ""
    value: str = "AVAL"
    base: str = "BASE"
    change: str = "CHG"
    percent: str = "PCHG"


class PlannedVisitsOptions(Border):
    """Options of `planned_visits`: none; the study's schedule says which visits there are."""


class OntrtflOptions(Border):
    """Options of `ontrtfl`: `Y` on records taken on treatment.

    days_after_end  so many days after the last dose count
    after           which records are after the first dose; default: ADT is later than its date
    """

    days_after_end: int = 0
    after: ConditionText = ""
    date: str = "ADT"
    start: str = "TRTSDT"
    end: str = "TRTEDT"


class Anl01flOptions(Border):
    """Options of `anl01fl`: `Y` on the one record that is analyzed of each parameter and analysis visit.

    sequence  breaks ties
    where     which records may be analyzed
    """

    sequence: str
    where: ConditionText = ""
    by: Names = Field(default_factory=_parameter)


class LocfOptions(Border):
    """Options of `locf`: the last value carried to the planned visits that a subject missed.

    order   which of several records of a visit is the last
    where   a visit is missed, and a value carried, if its records fulfil this
    visits  "assessed": only visits after baseline at which somebody has a record with ANL01FL; "planned": all of the
            study's schedule; or a list of windows, as the step `windows` has them
    """

    order: Names = Field(default_factory=lambda: ["ADT"])
    where: ConditionText = ""
    by: Names = Field(default_factory=_parameter)
    visits: Literal["assessed", "planned"] | list[WindowOption] = "assessed"
    carries_baseline: bool = False


class TotalsOptions(Border):
    """Options of `totals`: recorded total scores, and those of items where there is none; see `derive_totals`."""

    totals: Names
    items: Names
    missing_allowed: int = 0
    test: str = "QSTESTCD"
    value: str = "QSSTRESN"
    sequence: str = "QSSEQ"
    by: Names = Field(default_factory=lambda: ["USUBJID", "VISITNUM", "VISIT", "ADT"])


class ParameterOption(Border):
    """A parameter made of an expression."""

    code: str
    label: str
    value: ExpressionText


class ParametersOptions(Border):
    """Options of `parameters`: each record becomes one record per parameter; see `derive_parameters`."""

    parameters: list[ParameterOption]
    keeps_missing: bool = False


class QtcOptions(Border):
    """Options of `qtc`: corrected QT intervals where they were not recorded; see `derive_qtc`."""

    parameters: dict[str, Literal["fridericia", "bazett"]]
    labels: dict[str, str]
    by: Names = Field(default_factory=lambda: ["USUBJID", "VISITNUM", "ADT"])
    qt: str = "QTAG"
    rr: str = "RRAG"
    heart_rate: str = "EGHRMN"
    source_variables: list[str] = Field(default_factory=list)


def _among(records: pl.DataFrame, where: str, context: Context) -> pl.Expr | None:
    return matching(records, where, context) if where else None


def run_ablfl(records: pl.DataFrame, options: AblflOptions, context: Context) -> pl.DataFrame:
    """`records` with the baseline flag."""
    need(records, [*options.by, *options.order, options.reference, options.value, options.date], context)
    return derive_ablfl(
        records,
        reference=options.reference,
        order=options.order,
        by=options.by,
        value=options.value,
        date=options.date,
        flag=options.flag,
        among=_among(records, options.where, context),
    )


def run_base(records: pl.DataFrame, options: BaseOptions, context: Context) -> pl.DataFrame:
    """`records` with the baseline values."""
    need(records, [*options.by, options.flag, *options.values.values()], context)
    for base, value in options.values.items():
        records = derive_base(records, value=value, base=base, by=options.by, flag=options.flag)
    return records


def run_chg(records: pl.DataFrame, options: ChgOptions, context: Context) -> pl.DataFrame:
    """`records` with the changes."""
    need(records, [options.value, options.base], context)
    return derive_chg(
        records,
        after=_among(records, options.where, context),
        value=options.value,
        base=options.base,
        change=options.change,
        percent=options.percent,
    )


def run_planned_visits(records: pl.DataFrame, options: PlannedVisitsOptions, context: Context) -> pl.DataFrame:
    """`records` at the analysis visits of the study's schedule.

    Raises `StudyError` if the study has none.
    """
    need(records, ["VISITNUM", "ADY", "ABLFL"], context)
    if not context.visits:
        raise StudyError(
            f"{context.at_work} places records at planned visits, and no visit of the study has a planned study day. "
            "Give the encounters a scheduled timing in the study definition, or use a step `windows`."
        )
    days = records.with_columns(pl.col("ADY").cast(pl.Int64), pl.col("VISITNUM").cast(pl.Float64))
    return derive_avisit(days, context.visits)


def run_ontrtfl(records: pl.DataFrame, options: OntrtflOptions, context: Context) -> pl.DataFrame:
    """`records` with ONTRTFL."""
    need(records, [options.date, options.start, options.end], context)
    return derive_ontrtfl(
        records,
        days_after_end=options.days_after_end,
        after=_among(records, options.after, context),
        date=options.date,
        start=options.start,
        end=options.end,
    )


def run_anl01fl(records: pl.DataFrame, options: Anl01flOptions, context: Context) -> pl.DataFrame:
    """`records` with ANL01FL."""
    need(records, [*options.by, options.sequence, "ABLFL", "AVISITN", "AWTDIFF"], context)
    return derive_anl01fl(
        records, sequence=options.sequence, among=_among(records, options.where, context), by=options.by
    )


def run_locf(records: pl.DataFrame, options: LocfOptions, context: Context) -> pl.DataFrame:
    """`records`, and those that are carried."""
    need(records, [*options.by, *options.order, "AVAL", "AVISIT", "AVISITN"], context)
    if isinstance(options.visits, list):
        visits = window_table([visit.as_window() for visit in options.visits])
        visits = visits.cast({"AVISITN": records.schema["AVISITN"]})
    else:
        visits = _scheduled_visits(records, options.visits, context)
    return derive_locf(
        records,
        visits,
        order=options.order,
        among=_among(records, options.where, context),
        carries_baseline=options.carries_baseline,
        by=options.by,
    )


def _scheduled_visits(records: pl.DataFrame, which: str, context: Context) -> pl.DataFrame:
    wanted = [visit for visit in context.visits if visit.avisitn > 0]
    if which == "assessed":
        need(records, ["ANL01FL"], context)
        assessed = set(records.filter(pl.col("ANL01FL") == "Y", pl.col("AVISITN") > 0)["AVISITN"].to_list())
        wanted = [visit for visit in wanted if visit.avisitn in assessed]
    return pl.DataFrame(
        [(visit.avisitn, visit.avisit, visit.target_day) for visit in wanted],
        schema={"AVISITN": records.schema["AVISITN"], "AVISIT": pl.String, "AWTARGET": pl.Int64},
        orient="row",
    )


def run_totals(records: pl.DataFrame, options: TotalsOptions, context: Context) -> pl.DataFrame:
    """One record for each total."""
    need(records, [*options.by, options.test, options.value, options.sequence], context)
    return derive_totals(
        records,
        totals=options.totals,
        items=options.items,
        missing_allowed=options.missing_allowed,
        test=options.test,
        value=options.value,
        sequence=options.sequence,
        by=options.by,
    )


def run_parameters(records: pl.DataFrame, options: ParametersOptions, context: Context) -> pl.DataFrame:
    """One record per record and parameter."""
    names = [f"_value{position}" for position in range(len(options.parameters))]
    valued = records.with_columns(
        compiled(one.value, records, context).alias(name) for one, name in zip(options.parameters, names, strict=True)
    )
    parameters = [
        Parameter(code=one.code, label=one.label, value=name)
        for one, name in zip(options.parameters, names, strict=True)
    ]
    return derive_parameters(valued, parameters, keeps_missing=options.keeps_missing).drop(names)


def run_qtc(records: pl.DataFrame, options: QtcOptions, context: Context) -> pl.DataFrame:
    """`records`, and those of corrected intervals."""
    need(records, [*options.by, "PARAMCD", "PARAM", "AVAL", *options.source_variables], context)
    return derive_qtc(
        records,
        parameters=options.parameters,
        labels={code: options.labels.get(code, code) for code in options.parameters},
        by=options.by,
        qt=options.qt,
        rr=options.rr,
        heart_rate=options.heart_rate,
        source_variables=options.source_variables,
    )


STEPS: dict[str, Step] = {
    "ablfl": Step(AblflOptions, run_ablfl),
    "base": Step(BaseOptions, run_base, whole="values"),
    "chg": Step(ChgOptions, run_chg, whole="where"),
    "planned_visits": Step(PlannedVisitsOptions, run_planned_visits),
    "ontrtfl": Step(OntrtflOptions, run_ontrtfl),
    "anl01fl": Step(Anl01flOptions, run_anl01fl, whole="sequence"),
    "locf": Step(LocfOptions, run_locf),
    "totals": Step(TotalsOptions, run_totals),
    "parameters": Step(ParametersOptions, run_parameters, whole="parameters"),
    "qtc": Step(QtcOptions, run_qtc),
}
