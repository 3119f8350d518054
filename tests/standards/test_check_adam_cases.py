"""Each rule of ADaM has a study that keeps it and one that breaks it.

The good study keeps every rule. Each broken one differs from it in one thing, told as a function of its datasets; the
finding expected is named by its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TypeAlias

import polars as pl
import pytest

from trialwright.standards import Dataset
from trialwright.standards.adam_variables import adam_variable
from trialwright.standards.conformance import ADAM_RULES, CheckedStudy, DatasetRule, checked_dataset
from trialwright.standards.conformance.adam_check import adam_study
from trialwright.standards.conformance.adam_shared import class_of
from trialwright.standards.metadata import (
    Codelist,
    CodelistTerm,
    DataDefinition,
    DatasetMetadata,
    ValueLevel,
    VariableMetadata,
)

Study: TypeAlias = dict[str, Dataset]
Break: TypeAlias = Callable[[Study, Study], None]

A, B = "01-001", "01-002"
DAY_1 = date(2014, 1, 1)
SEX = Codelist(id="CL.SEX", name="Sex", terms=(CodelistTerm(value="F"), CodelistTerm(value="M")), code="C66731")


def label_of(variable: str) -> str:
    """The guide's label, else one that is made up."""
    listed = adam_variable(variable)
    return listed.label if listed is not None and listed.label else f"Label of {variable}"


def dataset(name: str, **columns: list[object]) -> Dataset:
    frame = pl.DataFrame({"STUDYID": ["S"] * len(columns["USUBJID"]), **columns})
    title = "Subject-Level Analysis Dataset" if name == "ADSL" else name
    return Dataset(name=name, frame=frame, label=title, labels={column: label_of(column) for column in frame.columns})


def good_adam() -> Study:
    """Two subjects; vital signs at two visits, one laboratory value, adverse events, a time to event."""
    adsl = dataset(
        "ADSL",
        USUBJID=[A, B],
        SUBJID=["001", "002"],
        SITEID=["01", "01"],
        AGE=[70.0, 60.0],
        AGEU=["YEARS", "YEARS"],
        AGEGR1=[">=65", "<65"],
        AGEGR1N=[2.0, 1.0],
        SEX=["F", "M"],
        RACE=["WHITE", "WHITE"],
        ARM=["Active", "Placebo"],
        TRT01P=["Active", "Placebo"],
        TRT01PN=[1.0, 0.0],
        TRT02P=["Active", "Active"],
        TR02SDT=[date(2014, 2, 1), None],
        TR02EDT=[date(2014, 3, 1), None],
        TRTSDT=[DAY_1, DAY_1],
        TRTEDT=[date(2014, 3, 1), date(2014, 1, 20)],
        SAFFL=["Y", "Y"],
        SAFFN=[1.0, 1.0],
        RANDFL=["Y", "Y"],
        RANDDT=[DAY_1, DAY_1],
        DTHFL=[None, "Y"],
        DTHDT=[None, date(2014, 1, 21)],
    )
    advs = dataset(
        "ADVS",
        USUBJID=[A, A, A, B],
        SEX=["F", "F", "F", "M"],
        AGE=[70.0, 70.0, 70.0, 60.0],
        TRTP=["Active", "Active", "Active", "Placebo"],
        TRTPN=[1.0, 1.0, 1.0, 0.0],
        TRTSDT=[DAY_1] * 4,
        PARAM=["Pulse (beats/min)"] * 4,
        PARAMCD=["PULSE"] * 4,
        PARAMN=[1.0] * 4,
        PARCAT1=["Vital signs"] * 4,
        AVISIT=["Baseline", "Week 2", "Week 4", "Baseline"],
        AVISITN=[0.0, 2.0, 4.0, 0.0],
        ADT=[DAY_1, date(2014, 1, 15), date(2014, 1, 15), date(2013, 12, 31)],
        ADTM=[datetime(2014, 1, 1, 8), datetime(2014, 1, 15, 9), None, None],
        ADTF=[None, None, None, "D"],
        ADY=[1.0, 15.0, 15.0, -1.0],
        AWTARGET=[1.0, 14.0, 28.0, 1.0],
        AWLO=[-7.0, 2.0, 22.0, -7.0],
        AWHI=[1.0, 21.0, 35.0, 1.0],
        AWTDIFF=[0.0, 1.0, 13.0, 1.0],
        DTYPE=[None, None, "LOCF", None],
        AVAL=[60.0, 75.0, 75.0, 80.0],
        AVALC=["60", "75", "75", "80"],
        BASE=[60.0, 60.0, 60.0, 80.0],
        BASETYPE=["LAST"] * 4,
        CHG=[0.0, 15.0, 15.0, 0.0],
        PCHG=[0.0, 25.0, 25.0, 0.0],
        R2BASE=[1.0, 1.25, 1.25, 1.0],
        ABLFL=["Y", None, None, "Y"],
        ANL01FL=["Y"] * 4,
        ANRLO=[50.0] * 4,
        ANRHI=[70.0] * 4,
        ANRIND=["NORMAL", "HIGH", "HIGH", "HIGH"],
        BNRIND=["NORMAL", "NORMAL", "NORMAL", "HIGH"],
        CRIT1=["Pulse > 70"] * 4,
        CRIT1FL=["N", "Y", "Y", "Y"],
        VSSEQ=[1.0, 2.0, 2.0, 1.0],
        VSSTRESN=[60.0, 75.0, 75.0, 80.0],
    )
    adlb = dataset(
        "ADLB",
        USUBJID=[A],
        TRTP=["Active"],
        PARAM=["Albumin (g/L)"],
        PARAMCD=["ALB"],
        AVAL=[30.0],
        A1LO=[35.0],
        A1HI=[50.0],
        ANRIND=["LOW"],
    )
    adtte = dataset(
        "ADTTE",
        USUBJID=[A, B],
        TRTP=["Active", "Placebo"],
        PARAM=["Time to rash (days)"] * 2,
        PARAMCD=["TTRASH"] * 2,
        AVAL=[10.0, 20.0],
        STARTDT=[DAY_1, DAY_1],
        ADT=[date(2014, 1, 10), date(2014, 1, 20)],
        CNSR=[0.0, 1.0],
        EVNTDESC=["Rash", "End of treatment"],
        SRCDOM=["AE", "ADSL"],
        SRCSEQ=[1.0, None],
    )
    adae = dataset(
        "ADAE",
        USUBJID=[A, A],
        TRTA=["Active", "Active"],
        TRTSDT=[DAY_1, DAY_1],
        AETERM=["RED SKIN", "HEADACHE"],
        AEDECOD=["Rash", "Headache"],
        AEBODSYS=["Skin", "Nervous system"],
        AESEQ=[1.0, 2.0],
        ASTDT=[date(2014, 1, 10), date(2014, 1, 31)],
        AENDT=[date(2014, 1, 12), None],
        ASTDY=[10.0, 31.0],
        AENDY=[12.0, None],
        ADURN=[3.0, None],
        ADURU=["DAYS", None],
        TRTEMFL=["Y", "Y"],
        AOCCFL=["Y", None],
        AOCCSFL=["Y", "Y"],
        AOCCPFL=["Y", "Y"],
    )
    return {found.name: found for found in (adsl, advs, adlb, adtte, adae)}


def good_sdtm() -> Study:
    """The SDTM behind the good study."""
    dm = dataset("DM", USUBJID=[A, B], SEX=["F", "M"], AGE=[70.0, 60.0], ARM=["Active", "Placebo"])
    ae = dataset("AE", USUBJID=[A, A], AESEQ=[1.0, 2.0], AETERM=["RED SKIN", "HEADACHE"])
    vs = dataset("VS", USUBJID=[A, A, B], VSSEQ=[1.0, 2.0, 1.0], VSSTRESN=[60.0, 75.0, 80.0])
    ex = dataset("EX", USUBJID=[A, B], EXSEQ=[1.0, 1.0])
    return {found.name: found for found in (dm, ae, vs, ex)}


def definition_of(study: Mapping[str, Dataset]) -> DataDefinition:
    """A definition that the good study keeps."""
    datasets = {}
    for name, found in study.items():
        variables = tuple(
            VariableMetadata(
                name=column,
                label=found.labels[column],
                type="text" if dtype == pl.String else ("float" if dtype.is_numeric() else "date"),
                length=40 if dtype == pl.String else 8,
                codelist="CL.SEX" if column == "SEX" else "",
                is_mandatory=column == "USUBJID",
            )
            for column, dtype in found.frame.schema.items()
        )
        keys = ("USUBJID", "PARAMCD", "AVISIT") if name == "ADVS" else ()
        datasets[name] = DatasetMetadata(name=name, label=name, variables=variables, keys=keys)
    return DataDefinition(study="S", datasets=datasets, codelists={"CL.SEX": SEX})


def study_after(change: Break | None = None) -> CheckedStudy:
    adam, sdtm = good_adam(), good_sdtm()
    definition = definition_of(adam)
    if change is not None:
        change(adam, sdtm)
    return adam_study(adam, domains=sdtm, definition=definition)


def put(name: str, **columns: list[object]) -> Break:
    """Other values of some variables."""

    def change(adam: Study, sdtm: Study) -> None:
        study = adam if name in adam else sdtm
        frame = study[name].frame
        series = [
            pl.Series(column, values, dtype=frame.schema.get(column) if _fits(frame, column, values) else None)
            for column, values in columns.items()
        ]
        labels = {**{column: label_of(column) for column in columns}, **study[name].labels}
        study[name] = replace(study[name], frame=frame.with_columns(series), labels=labels)

    return change


def _fits(frame: pl.DataFrame, column: str, values: list[object]) -> bool:
    """Whether the values are of the variable's type, or say nothing of it."""
    found = pl.Series(values).dtype
    return column in frame.columns and found in (pl.Null, frame.schema[column])


def drop(name: str, *columns: str) -> Break:
    """A dataset without some variables."""

    def change(adam: Study, sdtm: Study) -> None:
        adam[name] = replace(adam[name], frame=adam[name].frame.drop(columns))

    return change


def twice(name: str, record: int = 0) -> Break:
    """A dataset with one of its records once more."""

    def change(adam: Study, sdtm: Study) -> None:
        frame = adam[name].frame
        adam[name] = replace(adam[name], frame=pl.concat([frame, frame[record : record + 1]]))

    return change


def label(name: str, variable: str, text: str) -> Break:
    """Another label of a variable."""

    def change(adam: Study, sdtm: Study) -> None:
        adam[name] = replace(adam[name], labels={**adam[name].labels, variable: text})

    return change


def titled(name: str, text: str) -> Break:
    """Another label of a dataset."""

    def change(adam: Study, sdtm: Study) -> None:
        adam[name] = replace(adam[name], label=text)

    return change


def without(name: str) -> Break:
    """A study without a dataset."""

    def change(adam: Study, sdtm: Study) -> None:
        adam.pop(name, None) or sdtm.pop(name)

    return change


def emptied(name: str) -> Break:
    """A dataset without records."""

    def change(adam: Study, sdtm: Study) -> None:
        adam[name] = replace(adam[name], frame=adam[name].frame.clear())

    return change


def renamed(name: str, other: str) -> Break:
    """A dataset under another name."""

    def change(adam: Study, sdtm: Study) -> None:
        adam[other] = replace(adam.pop(name), name=other)

    return change


def reordered(name: str) -> Break:
    """A dataset with its variables in the opposite order."""

    def change(adam: Study, sdtm: Study) -> None:
        adam[name] = replace(adam[name], frame=adam[name].frame.select(reversed(adam[name].frame.columns)))

    return change


_PULSE_A = f"ADVS, USUBJID {A}, PARAMCD PULSE"
_PULSE_B = f"ADVS, USUBJID {B}, PARAMCD PULSE"

#: Rule, what breaks it, where that is found.
BROKEN: dict[str, tuple[Break, str]] = {
    "adam.adsl": (without("ADSL"), "ADSL"),
    "adam.empty": (emptied("ADLB"), "ADLB"),
    "adam.dataset-name": (renamed("ADLB", "LABS"), "LABS"),
    "adam.required-variable": (drop("ADSL", "AGEU"), "ADSL, AGEU"),
    "adam.population-flag": (drop("ADSL", "SAFFL", "RANDFL", "DTHFL"), "ADSL"),
    "adam.treatment-variable": (drop("ADLB", "TRTP"), "ADLB"),
    "adam.required-value": (put("ADLB", PARAM=[None]), f"ADLB, USUBJID {A}, PARAMCD ALB, record 1"),
    "adam.variable-name": (put("ADLB", LONGVARIABLE=["x"]), "ADLB, LONGVARIABLE"),
    "adam.label-length": (label("ADLB", "AVAL", "x" * 41), "ADLB, AVAL"),
    "adam.adsl-label": (titled("ADSL", "Subjects"), "ADSL"),
    "adam.sorted": (put("ADVS", USUBJID=[B, A, A, B]), f"ADVS, USUBJID {B}, PARAMCD PULSE, VSSEQ 1"),
    "adam.label-missing": (label("ADLB", "AVAL", ""), "ADLB, AVAL"),
    "adam.label-as-adsl": (label("ADVS", "SEX", "Gender"), "ADVS, SEX"),
    "adam.label-as-sdtm": (label("ADAE", "AETERM", "Term"), "ADAE, AETERM"),
    "adam.label-as-guide": (label("ADLB", "AVAL", "Value"), "ADLB, AVAL"),
    "adam.text-length": (put("ADLB", COMMENT=["x" * 201]), f"ADLB, USUBJID {A}, PARAMCD ALB, record 1"),
    "adam.type": (put("ADLB", AVAL=["30"]), "ADLB, AVAL"),
    "adam.date-format": (put("ADLB", ADT=[19724.0]), "ADLB, ADT"),
    "adam.type-equal": (put("ADVS", SEX=[1.0, 1.0, 1.0, 2.0]), "ADVS, SEX"),
    "adam.variable-pair": (drop("ADVS", "CRIT1FL"), "ADVS, CRIT1"),
    "adam.definition-dataset": (without("ADLB"), "ADLB"),
    "adam.definition-variable": (put("ADLB", EXTRA=["x"]), "ADLB, EXTRA"),
    "adam.definition-missing": (drop("ADLB", "A1HI"), "ADLB, A1HI"),
    "adam.definition-label": (label("ADLB", "AVAL", "Value"), "ADLB, AVAL"),
    "adam.definition-type": (put("ADLB", ANRIND=[1.0]), "ADLB, ANRIND"),
    "adam.definition-length": (put("ADLB", PARAM=["x" * 41]), f"ADLB, USUBJID {A}, PARAMCD ALB, record 1"),
    "adam.definition-order": (reordered("ADLB"), "ADLB"),
    "adam.definition-key": (twice("ADVS"), f"{_PULSE_A}, VSSEQ 1"),
    "adam.definition-mandatory": (put("ADLB", USUBJID=[None]), "ADLB, USUBJID missing, PARAMCD ALB, record 1"),
    "adam.definition-codelist": (put("ADSL", SEX=["F", "X"]), f"ADSL, USUBJID {B}, record 2"),
    "adam.adsl-record": (twice("ADSL"), f"ADSL, USUBJID {A}, record 1"),
    "adam.subject-unknown": (put("ADLB", USUBJID=["01-999"]), "ADLB, USUBJID 01-999, PARAMCD ALB, record 1"),
    "adam.subject-not-in-dm": (put("DM", USUBJID=[A, "01-999"]), f"ADSL, USUBJID {B}, record 2"),
    "adam.as-dm": (put("DM", AGE=[70.0, 61.0]), f"ADSL, USUBJID {B}, record 2"),
    "adam.as-adsl": (put("ADVS", AGE=[70.0, 70.0, 71.0, 60.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.treatment-unknown": (put("ADLB", TRTP=["Placebo"]), f"ADLB, USUBJID {A}, PARAMCD ALB, record 1"),
    "adam.treatment-periods": (drop("ADSL", "TR02SDT"), "ADSL, TRT02P"),
    "adam.treatment-dates": (drop("ADSL", "TRTSDT"), "ADSL, TRTSDT"),
    "adam.safety-untreated": (put("ADSL", TRTSDT=[None, DAY_1]), f"ADSL, USUBJID {A}, record 1"),
    "adam.randomization": (put("ADSL", RANDDT=[DAY_1, None]), f"ADSL, USUBJID {B}, record 2"),
    "adam.death": (put("ADSL", DTHFL=["Y", "Y"]), f"ADSL, USUBJID {A}, record 1"),
    "adam.last-treatment": (
        put("ADSL", TRTEDT=[date(2014, 3, 2), date(2014, 1, 20)]),
        f"ADSL, USUBJID {A}, record 1",
    ),
    "adam.flag": (put("ADSL", SAFFL=["Y", "1"]), f"ADSL, USUBJID {B}, record 2"),
    "adam.flag-yes": (put("ADVS", ABLFL=["Y", "N", None, "Y"]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.population-flag-value": (put("ADSL", SAFFL=["Y", None]), f"ADSL, USUBJID {B}, record 2"),
    "adam.flag-number": (put("ADSL", SAFFN=[1.0, 0.0]), f"ADSL, USUBJID {B}, record 2"),
    "adam.one-to-one": (put("ADVS", AVISITN=[0.0, 2.0, 4.0, 1.0]), "ADVS, PARAMCD PULSE, AVISIT Baseline"),
    "adam.code-missing": (put("ADVS", AVISITN=[0.0, None, 4.0, 0.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.value-text": (put("ADVS", AVALC=["60", "75", "76", "80"]), "ADVS, PARAMCD PULSE, AVAL 75"),
    "adam.paramcd": (put("ADLB", PARAMCD=["_ALB"]), "ADLB, PARAMCD _ALB"),
    "adam.parameter": (put("ADVS", PARAM=["Pulse", "Pulse", "Pulse", "Heart rate"]), "ADVS, PARAMCD PULSE"),
    "adam.paramn": (put("ADVS", PARAMN=[1.5] * 4), f"{_PULSE_A}, VSSEQ 1"),
    "adam.parameter-category": (put("ADVS", PARCAT1=["A", "A", "A", "B"]), "ADVS, PARAMCD PULSE"),
    "adam.imputation-flag": (put("ADVS", ADTF=["Q", None, None, "D"]), f"{_PULSE_A}, VSSEQ 1"),
    "adam.imputation-without-date": (
        put("ADVS", ADT=[DAY_1, date(2014, 1, 15), date(2014, 1, 15), None]),
        f"{_PULSE_B}, VSSEQ 1",
    ),
    "adam.day-zero": (put("ADVS", ADY=[0.0, 15.0, 15.0, -1.0]), f"{_PULSE_A}, VSSEQ 1"),
    "adam.start-after-end": (put("ADAE", AENDT=[date(2014, 1, 9), None]), f"ADAE, USUBJID {A}, AESEQ 1"),
    "adam.date-of-datetime": (
        put("ADVS", ADTM=[datetime(2014, 1, 2, 8), None, None, None]),
        f"{_PULSE_A}, VSSEQ 1",
    ),
    "adam.duration-unit": (put("ADAE", ADURU=[None, None]), f"ADAE, USUBJID {A}, AESEQ 1"),
    "adam.duration": (put("ADAE", ADURN=[2.0, None]), f"ADAE, USUBJID {A}, AESEQ 1"),
    "adam.term": (put("ADSL", SEX=["F", "MALE"]), f"ADSL, USUBJID {B}, record 2"),
    "adam.blank": (put("ADLB", PARAM=[" Albumin (g/L)"]), "ADLB, PARAM"),
    "adam.baseline-unique": (put("ADVS", ABLFL=["Y", "Y", None, "Y"]), f"{_PULSE_A}, BASETYPE LAST"),
    "adam.baseline-missing": (put("ADVS", ABLFL=["Y", None, None, None]), f"{_PULSE_B}, BASETYPE LAST"),
    "adam.base": (put("ADVS", BASE=[60.0, 61.0, 60.0, 80.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.baseline-category": (
        put("ADVS", BNRIND=["NORMAL", "LOW", "NORMAL", "HIGH"]),
        f"{_PULSE_A}, VSSEQ 2",
    ),
    "adam.basetype": (put("ADVS", BASETYPE=["LAST", None, "LAST", "LAST"]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.baseline-value": (
        put("ADVS", AVAL=[60.0, 75.0, 75.0, None], AVALC=["60", "75", "75", None]),
        f"{_PULSE_B}, VSSEQ 1",
    ),
    "adam.change": (put("ADVS", CHG=[0.0, 15.0, 15.0001, 0.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.percent-change": (put("ADVS", PCHG=[0.0, 0.25, 25.0, 0.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.ratio": (put("ADVS", R2BASE=[1.0, 0.8, 1.25, 1.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.change-of-baseline": (put("ADVS", CHG=[1.0, 15.0, 15.0, 0.0]), f"{_PULSE_A}, VSSEQ 1"),
    "adam.relative-day": (put("ADVS", ADY=[1.0, 14.0, 15.0, -1.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.window-order": (put("ADVS", AWTARGET=[1.0, 1.0, 28.0, 1.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.window": (put("ADVS", AWHI=[1.0, 14.0, 35.0, 1.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.window-difference": (put("ADVS", AWTDIFF=[0.0, 3.0, 13.0, 1.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.window-target": (put("ADVS", AWTARGET=[1.0, None, 28.0, 1.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.range-order": (put("ADVS", ANRLO=[50.0, 71.0, 50.0, 50.0]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.range-indicator": (
        put("ADVS", ANRIND=["NORMAL", "NORMAL", "HIGH", "HIGH"]),
        f"{_PULSE_A}, VSSEQ 2",
    ),
    "adam.analysis-range-indicator": (put("ADLB", ANRIND=["HIGH"]), f"ADLB, USUBJID {A}, PARAMCD ALB, record 1"),
    "adam.criterion": (put("ADVS", CRIT1=["Pulse > 70", None, "Pulse > 70", "Pulse > 70"]), f"{_PULSE_A}, VSSEQ 2"),
    "adam.analysis-record": (
        put(
            "ADVS", AVISIT=["Baseline", "Week 4", "Week 4", "Baseline"], AVISITN=[0.0, 4.0, 4.0, 0.0], DTYPE=[None] * 4
        ),
        f"{_PULSE_A}, BASETYPE LAST, AVISIT Week 4",
    ),
    "adam.value-missing": (
        put("ADVS", AVAL=[60.0, None, 75.0, 80.0], AVALC=["60", None, "75", "80"]),
        f"{_PULSE_A}, VSSEQ 2",
    ),
    "adam.censoring": (put("ADTTE", CNSR=[0.0, -1.0]), f"ADTTE, USUBJID {B}, PARAMCD TTRASH, record 2"),
    "adam.time-to-event": (put("ADTTE", AVAL=[9.0, 20.0]), f"ADTTE, USUBJID {A}, PARAMCD TTRASH, record 1"),
    "adam.event-before-start": (
        put("ADTTE", ADT=[date(2013, 12, 31), date(2014, 1, 20)]),
        f"ADTTE, USUBJID {A}, PARAMCD TTRASH, record 1",
    ),
    "adam.event-description": (
        put("ADTTE", EVNTDESC=[None, "End of treatment"]),
        f"ADTTE, USUBJID {A}, PARAMCD TTRASH, record 1",
    ),
    "adam.event-record": (twice("ADTTE"), f"ADTTE, USUBJID {A}, PARAMCD TTRASH, record 1"),
    "adam.emergence": (put("ADAE", ASTDT=[date(2013, 12, 31), date(2014, 1, 31)]), f"ADAE, USUBJID {A}, AESEQ 1"),
    "adam.first-occurrence": (put("ADAE", AOCCFL=["Y", "Y"]), f"ADAE, USUBJID {A}, AESEQ 1"),
    "adam.sequence": (put("ADAE", AESEQ=[1.0, 3.0]), f"ADAE, USUBJID {A}, AESEQ 3"),
    "adam.as-sdtm": (put("ADAE", AETERM=["RED SKIN", "MIGRAINE"]), f"ADAE, USUBJID {A}, AESEQ 2"),
    "adam.source": (put("ADTTE", SRCSEQ=[7.0, None]), f"ADTTE, USUBJID {A}, PARAMCD TTRASH, record 1"),
    "adam.event-left-out": (put("ADAE", AESEQ=[1.0, None]), f"ADAE, USUBJID {A}, AESEQ 2"),
    "adam.event-identifier": (put("ADAE", AESEQ=[1.0, 1.0]), f"ADAE, USUBJID {A}, AESEQ 1"),
}


def test_each_rule_has_a_case_that_breaks_it() -> None:
    assert [rule.id for rule in ADAM_RULES.rules if rule.id not in BROKEN] == []
    assert [rule for rule in BROKEN if rule not in ADAM_RULES.entries] == []


def test_the_good_study_keeps_every_rule() -> None:
    assert ADAM_RULES.findings(study_after()) == []


@pytest.mark.parametrize("rule", ADAM_RULES.entries)
def test_each_rule_reads_something_of_the_good_study(rule: str) -> None:
    """Else the good study would keep it for want of data."""
    entry = ADAM_RULES.entries[rule]
    if isinstance(entry, DatasetRule):
        applies = [
            name
            for name, found in good_adam().items()
            if (not entry.kinds or class_of(found, None) in entry.kinds)
            and (not entry.datasets or name in entry.datasets)
            and checked_dataset(found).typed(
                texts=entry.texts, numbers=entry.numbers, dates=entry.dates, any_type=entry.any_type
            )
        ]
        assert applies


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_found_where_it_is_broken(rule: str) -> None:
    change, where = BROKEN[rule]

    found = list(ADAM_RULES.entries[rule].findings(study_after(change)))

    assert where in [finding.where for finding in found], found
    assert {finding.severity for finding in found} == {ADAM_RULES.entries[rule].rule.severity}


@pytest.mark.parametrize(
    ("variable", "part", "rule"),
    [
        ("AVAL", VariableMetadata(name="AVAL", label="Value", type="integer"), "adam.definition-type"),
        ("AVISIT", VariableMetadata(name="AVISIT", label="Visit", length=6), "adam.definition-length"),
        ("ANRIND", VariableMetadata(name="ANRIND", label="Range", codelist="CL.SEX"), "adam.definition-codelist"),
    ],
)
def test_value_level_metadata_is_held_to_the_records_that_it_is_of(
    variable: str, part: VariableMetadata, rule: str
) -> None:
    adam = good_adam()
    put("ADVS", AVAL=[60.5, 75.5, 75.0, 80.5])(adam, {})
    good = definition_of(adam)
    levels = (
        ValueLevel(where="PARAMCD = 'PULSE' and AVISITN = 2", variable=part),
        ValueLevel(where="ADSL.SEX = 'F'", variable=part),
        ValueLevel(where="PARAMCD = 3", variable=part),
        ValueLevel(where="NOTTHERE = 3", variable=part),
    )
    changed = [replace(v, value_level=levels) if v.name == variable else v for v in good.datasets["ADVS"].variables]
    advs = replace(good.datasets["ADVS"], variables=tuple(changed))
    definition = replace(good, datasets={**good.datasets, "ADVS": advs})
    if rule == "adam.definition-length":
        put("ADVS", AVISIT=["Baseline", "Week two", "Week 4", "Baseline"])(adam, {})

    [found] = ADAM_RULES.entries[rule].findings(adam_study(adam, definition=definition))

    assert found.where == f"{_PULSE_A}, VSSEQ 2"
    assert found.message.startswith(f"{variable} where PARAMCD = 'PULSE' and AVISITN = 2 ")
