"""Each rule of SDTM has a study that keeps it and one that breaks it.

The good study keeps every rule. Each broken one differs from it in one thing, told as a function of its datasets; the
finding expected is named by its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import polars as pl
import pytest

from trialwright.standards import Dataset
from trialwright.standards.conformance import SDTM_RULES, CheckedStudy, DatasetRule
from trialwright.standards.conformance.sdtm_check import sdtm_study
from trialwright.standards.metadata import (
    Codelist,
    CodelistTerm,
    DataDefinition,
    DatasetMetadata,
    VariableMetadata,
)
from trialwright.standards.sdtm_variables import sdtm_domain
from trialwright.standards.terminology import codelist

Study: TypeAlias = dict[str, Dataset]
Change: TypeAlias = Callable[[Study], None]

A, B = "01-001", "01-002"
RASH = "AE, USUBJID 01-001, AESEQ 1"
PULSE_1, PULSE_2 = "VS, USUBJID 01-001, VSSEQ 1", "VS, USUBJID 01-001, VSSEQ 2"
CELLS = "LB, USUBJID 01-001, LBSEQ 1"
PARAMETERS = (
    "ADDON", "AGEMAX", "AGEMIN", "INDIC", "LENGTH", "OBJPRIM", "PLANSUB", "RANDOM", "SEXPOP", "SPONSOR", "SSTDTC",
    "STOPRULE", "STYPE", "TBLIND", "TCNTRL", "TITLE", "TPHASE", "TRT", "TTYPE",
)  # fmt: skip


def domain(name: str, **columns: list[object]) -> Dataset:
    """The domain in the order of the guide, with its labels; expected variables that are not given are empty."""
    guide = sdtm_domain(name)
    assert guide is not None
    records = len(next(iter(columns.values())))
    given: dict[str, list[object]] = {"STUDYID": ["S"] * records, "DOMAIN": [name] * records, **columns}
    series, labels = [], {}
    for variable in guide.variables:
        if variable.name in given or variable.core == "Exp":
            dtype = pl.Float64() if variable.type in ("integer", "float") else pl.String()
            values = given.get(variable.name, [None] * records)
            series.append(pl.Series(variable.name, values, dtype=dtype, strict=True))
            labels[variable.name] = variable.label
    assert set(columns) <= set(labels), set(columns) - set(labels)
    return Dataset(name=name, frame=pl.DataFrame(series), label=guide.label, labels=labels)


def parameter_name(code: str) -> str:
    """The name of a trial summary parameter: in the terminology name and code are the same concept."""
    codes, names = codelist("TSPARMCD"), codelist("TSPARM")
    assert codes is not None
    assert names is not None
    concept = next(term.code for term in codes.terms if term.value == code)
    return next(term.value for term in names.terms if term.code == concept)


def good_sdtm() -> Study:
    """Two treated subjects, of whom one dies; one who failed screening."""
    screened = "01-003"
    datasets = [
        domain(
            "DM",
            USUBJID=[A, B, screened],
            SUBJID=["001", "002", "003"],
            RFSTDTC=["2014-01-01", "2014-01-01", None],
            RFENDTC=["2014-03-01", "2014-01-20", None],
            RFXSTDTC=["2014-01-01", "2014-01-01", None],
            RFXENDTC=["2014-03-01", "2014-01-20", None],
            RFICDTC=["2013-12-20"] * 3,
            RFPENDTC=["2014-03-01", "2014-01-21", "2013-12-27"],
            DTHDTC=[None, "2014-01-21", None],
            DTHFL=[None, "Y", None],
            SITEID=["01"] * 3,
            AGE=[70.0, 60.0, 50.0],
            AGEU=["YEARS"] * 3,
            SEX=["F", "M", "U"],
            RACE=["WHITE"] * 3,
            ARMCD=["ACT", "PBO", None],
            ARM=["Active", "Placebo", None],
            ACTARMCD=["ACT", "PBO", None],
            ACTARM=["Active", "Placebo", None],
            ARMNRS=[None, None, "SCREEN FAILURE"],
            COUNTRY=["USA"] * 3,
            DMDTC=["2013-12-20"] * 3,
            DMDY=[-12.0, -12.0, None],
        ),
        domain(
            "TA",
            ARMCD=["ACT", "PBO"],
            ARM=["Active", "Placebo"],
            TAETORD=[1.0, 1.0],
            ETCD=["TRT", "TRT"],
            ELEMENT=["Treatment", "Treatment"],
            EPOCH=["TREATMENT", "TREATMENT"],
        ),
        domain("TE", ETCD=["TRT"], ELEMENT=["Treatment"], TESTRL=["First dose"], TEDUR=["P60D"]),
        domain(
            "TV",
            VISITNUM=[1.0, 2.0],
            VISIT=["DAY 1", "WEEK 2"],
            VISITDY=[1.0, 15.0],
            TVSTRL=["First dose", "Two weeks"],
        ),
        domain("TI", IETESTCD=["INCL01"], IETEST=["Adults"], IECAT=["INCLUSION"]),
        domain(
            "TS",
            TSSEQ=[1.0] * len(PARAMETERS),
            TSPARMCD=list(PARAMETERS),
            TSPARM=[parameter_name(code) for code in PARAMETERS],
            TSVAL=["value"] * len(PARAMETERS),
        ),
        domain(
            "SV",
            USUBJID=[A, A, B],
            VISITNUM=[1.0, 2.0, 1.0],
            VISIT=["DAY 1", "WEEK 2", "DAY 1"],
            SVSTDTC=["2014-01-01", "2014-01-15", "2014-01-01"],
            SVENDTC=["2014-01-01", "2014-01-15", "2014-01-01"],
        ),
        domain(
            "SE",
            USUBJID=[A, B],
            SESEQ=[1.0, 1.0],
            ETCD=["TRT", "TRT"],
            SESTDTC=["2014-01-01", "2014-01-01"],
            SEENDTC=["2014-03-01", "2014-01-20"],
        ),
        domain(
            "DS",
            USUBJID=[A, B, screened],
            DSSEQ=[1.0] * 3,
            DSTERM=["COMPLETED", "DEATH", "SCREEN FAILURE"],
            DSDECOD=["COMPLETED", "DEATH", "SCREEN FAILURE"],
            DSCAT=["DISPOSITION EVENT"] * 3,
            DSSTDTC=["2014-03-01", "2014-01-21", "2013-12-27"],
            DSSTDY=[60.0, 21.0, None],
        ),
        domain(
            "EX",
            USUBJID=[A, B],
            EXSEQ=[1.0, 1.0],
            EXTRT=["DRUG", "PLACEBO"],
            EXDOSE=[10.0, 0.0],
            EXDOSU=["mg", "mg"],
            EXDOSFRM=["CAPSULE", "CAPSULE"],
            EXSTDTC=["2014-01-01", "2014-01-01"],
            EXENDTC=["2014-03-01", "2014-01-20"],
            EXDUR=["P60D", "P20D"],
        ),
        domain(
            "AE",
            USUBJID=[A, B],
            AESEQ=[1.0, 1.0],
            AETERM=["RASH", "MYOCARDIAL INFARCTION"],
            AEDECOD=["Rash", "Myocardial infarction"],
            AESER=["N", "Y"],
            AEOUT=["RECOVERED/RESOLVED", "FATAL"],
            AESDTH=["N", "Y"],
            AESTDTC=["2014-01-10", "2014-01"],
            AEENDTC=["2014-01-12", "2014-01-21"],
            AESTDY=[10.0, None],
            AEENDY=[12.0, 21.0],
        ),
        domain(
            "MH",
            USUBJID=[A],
            MHSEQ=[1.0],
            MHTERM=["ASTHMA"],
            MHPRESP=["Y"],
            MHOCCUR=["Y"],
        ),
        domain(
            "VS",
            USUBJID=[A, A, A],
            VSSEQ=[1.0, 2.0, 3.0],
            VSTESTCD=["PULSE", "PULSE", "PULSE"],
            VSTEST=["Pulse Rate", "Pulse Rate", "Pulse Rate"],
            VSORRES=["60", "75.5", None],
            VSORRESU=["beats/min", "beats/min", None],
            VSSTRESC=["60", "75.5", None],
            VSSTRESN=[60.0, 75.5, None],
            VSSTRESU=["beats/min", "beats/min", None],
            VSSTAT=[None, None, "NOT DONE"],
            VSREASND=[None, None, "SUBJECT REFUSED"],
            VSLOBXFL=["Y", None, None],
            VISITNUM=[1.0, 2.0, 2.0],
            VISIT=["DAY 1", "WEEK 2", "WEEK 2"],
            VSDTC=["2014-01-01T08:00", "2014-01-15", "2014-01-15"],
            VSDY=[1.0, 15.0, 15.0],
        ),
        domain(
            "LB",
            USUBJID=[A],
            LBSEQ=[1.0],
            LBTESTCD=["ALB"],
            LBTEST=["Albumin"],
            LBCAT=["CHEMISTRY"],
            LBORRES=["3.0"],
            LBORRESU=["g/dL"],
            LBORNRLO=["3.5"],
            LBORNRHI=["5.0"],
            LBSTRESC=["30"],
            LBSTRESN=[30.0],
            LBSTRESU=["g/L"],
            LBSTNRLO=[35.0],
            LBSTNRHI=[50.0],
            LBNRIND=["LOW"],
            LBDTC=["2013-12-27"],
        ),
        domain(
            "IE",
            USUBJID=[screened],
            IESEQ=[1.0],
            IETESTCD=["INCL01"],
            IETEST=["Adults"],
            IECAT=["INCLUSION"],
            IEORRES=["N"],
            IESTRESC=["N"],
        ),
        domain("CO", RDOMAIN=["AE"], USUBJID=[A], COSEQ=[1.0], IDVAR=["AESEQ"], IDVARVAL=["1"], COVAL=["Mild."]),
        domain(
            "RELREC",
            RDOMAIN=["AE", "EX"],
            USUBJID=[B, B],
            IDVAR=["AESEQ", "EXSEQ"],
            IDVARVAL=["1", "1"],
            RELID=["R1", "R1"],
        ),
    ]
    supplemental = domain(
        "SUPPAE",
        RDOMAIN=["AE", "AE"],
        USUBJID=[A, B],
        IDVAR=["AESEQ", "AESEQ"],
        IDVARVAL=["1", "1"],
        QNAM=["AETRTEM", "AETRTEM"],
        QLABEL=["Treatment emergent", "Treatment emergent"],
        QVAL=["Y", "Y"],
        QORIG=["DERIVED", "DERIVED"],
    )
    return {one.name: one for one in [*datasets, supplemental]}


SEX = Codelist(id="CL.SEX", name="Sex", terms=tuple(CodelistTerm(value=value) for value in "FMU"), code="C66731")


def definition_of(study: Study) -> DataDefinition:
    """What a define.xml would say of the good study."""

    def variable(found: Dataset, name: str) -> VariableMetadata:
        guide = sdtm_domain(found.name)
        listed = guide.variable(name) if guide else None
        assert listed is not None
        length = 200 if listed.type == "text" else None
        return replace(listed, length=length, codelist="CL.SEX" if name == "SEX" else "")

    datasets = {
        name: DatasetMetadata(
            name=name,
            label=found.label,
            keys=tuple(key for key in ("USUBJID", f"{name}SEQ") if key in found.frame.columns),
            variables=tuple(variable(found, column) for column in found.frame.columns),
        )
        for name, found in study.items()
        if name in ("DM", "AE", "VS", "EX")
    }
    others = {
        name: DatasetMetadata(name=name, label=found.label) for name, found in study.items() if name not in datasets
    }
    for name in others:
        columns = study[name].frame.columns
        others[name] = replace(others[name], variables=tuple(variable(study[name], column) for column in columns))
    return DataDefinition(study="S", datasets=datasets | others, codelists={"CL.SEX": SEX})


def study_after(change: Change | None = None) -> CheckedStudy:
    study = good_sdtm()
    definition = definition_of(study)
    if change is not None:
        change(study)
    return sdtm_study(study, definition=definition)


def put(name: str, **columns: list[object]) -> Change:
    """Other values of some variables; a variable that was not there is added at the end."""

    def change(study: Study) -> None:
        frame = study[name].frame
        series = [
            pl.Series(column, values, dtype=frame.schema.get(column), strict=column in frame.columns)
            for column, values in columns.items()
        ]
        study[name] = replace(study[name], frame=frame.with_columns(series))

    return change


def drop(name: str, column: str) -> Change:
    def change(study: Study) -> None:
        study[name] = replace(study[name], frame=study[name].frame.drop(column))

    return change


def twice(name: str, **columns: object) -> Change:
    """The records of a dataset again, some variables with another value."""

    def change(study: Study) -> None:
        frame = study[name].frame
        again = frame.with_columns(
            pl.lit(value, frame.schema[column]).alias(column) for column, value in columns.items()
        )
        study[name] = replace(study[name], frame=pl.concat([frame, again]))

    return change


def label(name: str, variable: str, text: str) -> Change:
    def change(study: Study) -> None:
        found = study[name]
        study[name] = (
            replace(found, labels={**found.labels, variable: text}) if variable else replace(found, label=text)
        )

    return change


def cast(name: str, column: str, dtype: pl.DataType) -> Change:
    def change(study: Study) -> None:
        study[name] = replace(study[name], frame=study[name].frame.with_columns(pl.col(column).cast(dtype)))

    return change


def rename(name: str, column: str, to: str) -> Change:
    def change(study: Study) -> None:
        study[name] = replace(study[name], frame=study[name].frame.rename({column: to}))

    return change


def reorder(name: str, first: str) -> Change:
    def change(study: Study) -> None:
        study[name] = replace(study[name], frame=study[name].frame.select(first, pl.exclude(first)))

    return change


def without(name: str) -> Change:
    def change(study: Study) -> None:
        del study[name]

    return change


def empty(name: str) -> Change:
    def change(study: Study) -> None:
        study[name] = replace(study[name], frame=study[name].frame.clear())

    return change


def stranger(study: Study) -> None:
    study["FOO"] = Dataset(name="FOO", frame=pl.DataFrame({"STUDYID": ["S"], "BAR": [1.0]}))


BROKEN: dict[str, tuple[Change, str]] = {
    "sdtm.demographics": (without("DM"), "DM"),
    "sdtm.dataset": (stranger, "FOO"),
    "sdtm.dataset-label": (label("AE", "", "Side effects"), "AE"),
    "sdtm.no-records": (empty("CO"), "CO"),
    "sdtm.variable-name": (rename("CO", "COVAL", "covaluelong"), "CO, covaluelong"),
    "sdtm.variable": (put("AE", AEFOO=["x", "y"]), "AE, AEFOO"),
    "sdtm.variable-listed": (put("AE", AELNKID=["x", "y"]), "AE, AELNKID"),
    "sdtm.required-variable": (drop("AE", "AETERM"), "AE, AETERM"),
    "sdtm.expected-variable": (drop("AE", "AEREL"), "AE, AEREL"),
    "sdtm.required-value": (put("AE", AETERM=[None, "MI"]), RASH),
    "sdtm.no-values": (put("MH", MHOCCUR=[None]), "MH, MHOCCUR"),
    "sdtm.order": (reorder("AE", "AETERM"), "AE"),
    "sdtm.label": (label("AE", "AETERM", "What happened"), "AE, AETERM"),
    "sdtm.label-length": (label("AE", "AETERM", "Reported Term for the Adverse Event, as written"), "AE, AETERM"),
    "sdtm.type": (cast("AE", "AESEQ", pl.String()), "AE, AESEQ"),
    "sdtm.text-length": (put("CO", COVAL=["x" * 201]), "CO, USUBJID 01-001, COSEQ 1"),
    "sdtm.blanks": (put("AE", AETERM=[" RASH", "MI"]), "AE, AETERM"),
    "sdtm.domain-value": (put("AE", DOMAIN=["AD", "AE"]), RASH),
    "sdtm.study": (put("AE", STUDYID=["OTHER", "S"]), RASH),
    "sdtm.subject-once": (twice("DM"), f"DM, USUBJID {A}, record 1"),
    "sdtm.sequence-unique": (put("VS", VSSEQ=[1.0, 1.0, 3.0]), "VS, USUBJID 01-001, record 1, VSSEQ 1"),
    "sdtm.duplicate": (twice("AE", AESEQ=9.0), RASH),
    "sdtm.definition-dataset": (without("CO"), "CO"),
    "sdtm.definition-variable": (put("AE", AEFOO=["x", "y"]), "AE, AEFOO"),
    "sdtm.definition-missing": (drop("AE", "AEREL"), "AE, AEREL"),
    "sdtm.definition-label": (label("AE", "AETERM", "What happened"), "AE, AETERM"),
    "sdtm.definition-type": (cast("AE", "AESEQ", pl.String()), "AE, AESEQ"),
    "sdtm.definition-length": (put("AE", AETERM=["x" * 201, "MI"]), RASH),
    "sdtm.definition-order": (reorder("AE", "AETERM"), "AE"),
    "sdtm.definition-key": (put("VS", VSSEQ=[1.0, 1.0, 3.0]), PULSE_1),
    "sdtm.definition-mandatory": (put("AE", AETERM=[None, "MI"]), RASH),
    "sdtm.definition-codelist": (put("DM", SEX=["X", "M", "U"]), f"DM, USUBJID {A}, record 1"),
    "sdtm.codelist": (put("AE", AESER=["Q", "Y"]), RASH),
    "sdtm.codelist-case": (put("AE", AESER=["n", "Y"]), "AE, AESER"),
    "sdtm.codelist-extension": (put("LB", LBTESTCD=["FOO"]), "LB, LBTESTCD"),
    "sdtm.flag": (put("VS", VSLOBXFL=["Y", "N", None]), PULSE_2),
    "sdtm.country": (put("DM", COUNTRY=["US", "USA", "USA"]), f"DM, USUBJID {A}, record 1"),
    "sdtm.test-code": (put("VS", VSTESTCD=["2PULSE", "PULSE", "PULSE"]), PULSE_1),
    "sdtm.test-name": (put("VS", VSTEST=["x" * 41, "Pulse Rate", "Pulse Rate"]), PULSE_1),
    "sdtm.one-to-one": (put("VS", VSTEST=["Heart Rate", "Pulse Rate", "Pulse Rate"]), "VS, VSTESTCD"),
    "sdtm.visit-name": (put("VS", VISIT=["DAY 1", "DAY 1", "WEEK 2"]), "VS, VISITNUM"),
    "sdtm.result-standard": (put("VS", VSSTRESC=[None, "75.5", None]), PULSE_1),
    "sdtm.result-numeric": (put("VS", VSSTRESN=[61.0, 75.5, None]), PULSE_1),
    "sdtm.result-number-missing": (put("VS", VSSTRESN=[None, 75.5, None]), PULSE_1),
    "sdtm.unit": (put("VS", VSSTRESU=["beats/min", "/min", None]), "VS, VSSTRESU"),
    "sdtm.not-done": (put("VS", VSSTAT=["NOT DONE", None, "NOT DONE"]), PULSE_1),
    "sdtm.result-missing": (put("VS", VSSTAT=[None, None, None]), "VS, USUBJID 01-001, VSSEQ 3"),
    "sdtm.reason-not-done": (put("VS", VSREASND=["LOST", None, "REFUSED"]), PULSE_1),
    "sdtm.occurrence": (put("MH", MHPRESP=[None]), "MH, USUBJID 01-001, MHSEQ 1"),
    "sdtm.baseline-once": (put("VS", VSLOBXFL=["Y", "Y", None]), PULSE_1),
    "sdtm.range": (put("LB", LBSTNRLO=[51.0]), CELLS),
    "sdtm.range-indicator": (put("LB", LBNRIND=["NORMAL"]), CELLS),
    "sdtm.dose": (put("EX", EXDOSE=[-1.0, 0.0]), "EX, USUBJID 01-001, EXSEQ 1"),
    "sdtm.dose-unit": (put("EX", EXDOSU=[None, "mg"]), "EX, USUBJID 01-001, EXSEQ 1"),
    "sdtm.date": (put("AE", AESTDTC=["10JAN2014", "2014-01"]), RASH),
    "sdtm.date-exists": (put("AE", AESTDTC=["2012-02-30", "2014-01"]), RASH),
    "sdtm.duration": (put("EX", EXDUR=["60 days", "P20D"]), "EX, USUBJID 01-001, EXSEQ 1"),
    "sdtm.end-before-start": (put("AE", AEENDTC=["2014-01-09", "2014-01-21"]), RASH),
    "sdtm.study-day": (put("AE", AESTDY=[9.0, None]), RASH),
    "sdtm.study-day-zero": (put("AE", AESTDY=[0.0, None]), RASH),
    "sdtm.study-day-alone": (put("AE", AESTDY=[10.0, 1.0]), "AE, USUBJID 01-002, AESEQ 1"),
    "sdtm.study-day-missing": (put("AE", AESTDY=[None, None]), RASH),
    "sdtm.after-death": (put("AE", AESTDTC=["2014-01-10", "2014-01-22"]), "AE, USUBJID 01-002, AESEQ 1"),
    "sdtm.before-consent": (put("LB", LBDTC=["2013-12-19"]), CELLS),
    "sdtm.baseline-late": (put("VS", VSLOBXFL=[None, "Y", None]), PULSE_2),
    "sdtm.subject-known": (put("AE", USUBJID=["99-999", B]), "AE, USUBJID 99-999, AESEQ 1"),
    "sdtm.subject-id": (put("DM", SUBJID=["001", "001", "003"]), f"DM, USUBJID {A}, record 1"),
    "sdtm.arm": (put("DM", ARMCD=["XXX", "PBO", None]), f"DM, USUBJID {A}, record 1"),
    "sdtm.arm-reason": (put("DM", ARMNRS=[None, None, None]), "DM, USUBJID 01-003, record 3"),
    "sdtm.age": (put("DM", AGE=[-1.0, 60.0, 50.0]), f"DM, USUBJID {A}, record 1"),
    "sdtm.death-flag": (put("DM", DTHFL=[None, None, None]), f"DM, USUBJID {B}, record 2"),
    "sdtm.death-date": (put("DM", DTHDTC=[None, None, None]), f"DM, USUBJID {B}, record 2"),
    "sdtm.death-known": (put("DM", DTHFL=[None, None, None]), "AE, USUBJID 01-002, AESEQ 1"),
    "sdtm.death-told": (put("DM", DTHFL=["Y", "Y", None]), f"DM, USUBJID {A}, record 1"),
    "sdtm.death-disposition": (
        put("DS", DSSTDTC=["2014-03-01", "2014-01-20", "2013-12-27"]),
        "DS, USUBJID 01-002, DSSEQ 1",
    ),
    "sdtm.serious": (put("AE", AESDTH=["Y", "Y"]), RASH),
    "sdtm.serious-criterion": (put("AE", AESER=["Y", "Y"]), RASH),
    "sdtm.fatal": (put("AE", AESDTH=["Y", "Y"]), RASH),
    "sdtm.exposure-period": (put("EX", EXENDTC=["2014-03-02", "2014-01-20"]), "EX, USUBJID 01-001, EXSEQ 1"),
    "sdtm.first-treatment": (
        put("EX", EXSTDTC=["2014-01-02", "2014-01-01"]),
        f"DM, USUBJID {A}, record 1",
    ),
    "sdtm.treated": (put("EX", USUBJID=[B, B]), f"DM, USUBJID {A}, record 1"),
    "sdtm.disposition": (put("DS", USUBJID=[B, B, B]), f"DM, USUBJID {A}, record 1"),
    "sdtm.criterion": (put("IE", IETESTCD=["INCL99"]), "IE, USUBJID 01-003, IESEQ 1"),
    "sdtm.supplemental-parent": (put("SUPPAE", IDVARVAL=["7", "1"]), f"SUPPAE, USUBJID {A}, record 1"),
    "sdtm.supplemental-name": (put("SUPPAE", QNAM=["AETERM", "AETERM"]), "SUPPAE, QNAM"),
    "sdtm.supplemental-unique": (put("SUPPAE", USUBJID=[A, A]), f"SUPPAE, USUBJID {A}, record 1"),
    "sdtm.supplemental-label": (put("SUPPAE", QLABEL=["One", "Two"]), "SUPPAE, QLABEL"),
    "sdtm.relation": (put("RELREC", IDVARVAL=["7", "1"]), f"RELREC, USUBJID {B}, record 1"),
    "sdtm.relation-ends": (put("RELREC", RELID=["R1", "R2"]), f"RELREC, USUBJID {B}, record 1"),
    "sdtm.comment": (put("CO", IDVARVAL=["7"]), f"CO, USUBJID {A}, record 1"),
    "sdtm.visit-planned": (put("VS", VISITNUM=[1.0, 8.0, 8.0], VISIT=["DAY 1", "WEEK 8", "WEEK 8"]), "VS, VISITNUM"),
    "sdtm.visit-of-subject": (put("SV", USUBJID=[A, B, B]), PULSE_2),
    "sdtm.element": (put("SE", ETCD=["XXX", "TRT"]), "SE, USUBJID 01-001, SESEQ 1"),
    "sdtm.element-end": (put("SE", USUBJID=[A, A], SESEQ=[1.0, 2.0]), "SE, USUBJID 01-001, SESEQ 1"),
    "sdtm.summary-parameter": (put("TS", TSPARMCD=["TITLE", *PARAMETERS[1:]]), "TS, TSPARMCD"),
    "sdtm.placebo-dose": (put("EX", EXDOSE=[10.0, 5.0]), "EX, USUBJID 01-002, EXSEQ 1"),
    "sdtm.paired-terms": (put("LB", LBTEST=["Sodium"]), "LB, LBTESTCD"),
    "sdtm.reference-point": (put("AE", AEENRTPT=["ONGOING", None]), RASH),
    "sdtm.epoch": (put("AE", EPOCH=["FOLLOW-UP", None]), "AE, EPOCH"),
    "sdtm.criterion-result": (put("IE", IESTRESC=["Y"]), "IE, USUBJID 01-003, IESEQ 1"),
    "sdtm.summary-value": (put("TS", TSVAL=[None, *["value"] * (len(PARAMETERS) - 1)]), "TS, TSPARMCD ADDON, record 1"),
}


def test_each_rule_has_a_case_that_breaks_it() -> None:
    assert [rule.id for rule in SDTM_RULES.rules if rule.id not in BROKEN] == []
    assert [rule for rule in BROKEN if rule not in SDTM_RULES.entries] == []


def test_the_good_study_keeps_every_rule() -> None:
    assert SDTM_RULES.findings(study_after()) == []


@pytest.mark.parametrize("rule", SDTM_RULES.entries)
def test_each_rule_reads_something_of_the_good_study(rule: str) -> None:
    """Else the good study would keep it for want of data."""
    entry = SDTM_RULES.entries[rule]
    if isinstance(entry, DatasetRule):
        assert [
            name
            for name, checked in study_after().datasets.items()
            if (not entry.kinds or checked.kind in entry.kinds)
            and (not entry.datasets or name in entry.datasets)
            and checked.typed(texts=entry.texts, numbers=entry.numbers, dates=entry.dates, any_type=entry.any_type)
        ]


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_found_where_it_is_broken(rule: str) -> None:
    change, where = BROKEN[rule]

    found = list(SDTM_RULES.entries[rule].findings(study_after(change)))

    assert where in [finding.where for finding in found], found
    assert {finding.severity for finding in found} == {SDTM_RULES.entries[rule].rule.severity}
