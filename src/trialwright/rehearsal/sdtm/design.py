"""TA, TE, TV, TI and TS: the trial's design, taken from the study definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import shorten

import polars as pl

from trialwright.inlines import plain_text
from trialwright.rehearsal.outline import TrialOutline
from trialwright.rehearsal.sdtm.records import shaped
from trialwright.rehearsal.sdtm.variables import DOMAINS
from trialwright.standards import Dataset
from trialwright.study import Study
from trialwright.study.usdm import Range
from trialwright.study.usdm_design import StudyElement, TransitionRule

#: Submission values of codes whose USDM decode differs from the term that SDTM submits.
#: Source: CDISC SDTM Controlled Terminology 2024-03-29 (TPHASE, TBLIND, INTMODEL).
_SUBMISSION_VALUES: Mapping[str, str] = {
    "Phase I Trial": "PHASE I TRIAL",
    "Phase II Trial": "PHASE II TRIAL",
    "Phase III Trial": "PHASE III TRIAL",
    "Double Blind Study": "DOUBLE BLIND",
    "Single Blind Study": "SINGLE BLIND",
    "Open Label Study": "OPEN LABEL",
    "Parallel Study": "PARALLEL",
    "Crossover Study": "CROSS-OVER",
}

Row = dict[str, str | float | None]


def design_domains(study: Study, outline: TrialOutline) -> dict[str, Dataset]:
    """The five domains of the trial's design."""
    return {
        "TA": _dataset("TA", study, _arms(study, outline)),
        "TE": _dataset("TE", study, _elements(study)),
        "TV": _dataset("TV", study, _visits(study, outline)),
        "TI": _dataset("TI", study, _criteria(study)),
        "TS": _dataset("TS", study, _summary(study, outline)),
    }


def _dataset(name: str, study: Study, rows: Iterator[Row]) -> Dataset:
    specification = DOMAINS[name]
    schema = {
        variable: pl.Float64() if specification.is_numeric(variable) else pl.String()
        for variable in specification.labels
    }
    complete = [{"STUDYID": study.protocol_id, "DOMAIN": name, **row} for row in rows]
    return shaped(specification, pl.DataFrame(complete, schema=schema))


def _element_codes(study: Study) -> dict[str, str]:
    """Element to `ETCD`, at most 8 characters: its name if that fits, else its number."""
    codes: dict[str, str] = {}
    for number, element in enumerate(study.elements, start=1):
        name = re.sub(r"[^A-Z0-9]", "", element.name.upper())
        codes[element.id] = name if 0 < len(name) <= 8 and name not in codes.values() else f"EL{number}"
    return codes


def _arms(study: Study, outline: TrialOutline) -> Iterator[Row]:
    codes = _element_codes(study)
    for arm, outlined in zip(study.arms, outline.arms, strict=True):
        order = 0
        cells = [
            cell for epoch in study.epochs for cell in study.cells if (cell.arm_id, cell.epoch_id) == (arm.id, epoch.id)
        ]
        for cell in cells:
            epoch = study.epoch(cell.epoch_id).shown.upper()
            elements = study.elements_of(cell)
            for element in elements:
                order += 1
                is_branch = epoch == outline.screening_epoch and element is elements[-1]
                yield {
                    "ARMCD": outlined.code,
                    "ARM": outlined.name,
                    "TAETORD": order,
                    "ETCD": codes[element.id],
                    "ELEMENT": element.shown,
                    "TABRANCH": f"Randomized to {outlined.name}" if is_branch else None,
                    "EPOCH": epoch,
                }


def _elements(study: Study) -> Iterator[Row]:
    codes = _element_codes(study)
    for element in study.elements:
        yield {
            "ETCD": codes[element.id],
            "ELEMENT": element.shown,
            "TESTRL": _rule(element.transition_start_rule) or _start_of(element),
            "TEENRL": _rule(element.transition_end_rule),
        }


def _rule(rule: TransitionRule | None) -> str | None:
    return None if rule is None else re.sub(r"<[^>]+>", "", rule.text).strip() or None


def _start_of(element: StudyElement) -> str:
    # TESTRL is required; where the definition has no rule, the element starts where the one before it ends.
    return f"Start of {element.shown}"


def _visits(study: Study, outline: TrialOutline) -> Iterator[Row]:
    planned = {visit.number: visit for visit in study.visits()}
    for visit in outline.visits:
        encounter = planned[visit.number].encounter
        start = encounter.transition_start_rule if encounter else None
        end = encounter.transition_end_rule if encounter else None
        yield {
            "VISITNUM": visit.number,
            "VISIT": visit.name,
            "VISITDY": visit.day,
            "TVSTRL": _rule(start)
            or f"Study day {visit.day}, {visit.earliest} days before to {visit.latest} days after",
            "TVENRL": _rule(end),
        }


def _criteria(study: Study) -> Iterator[Row]:
    counts = {"INCL": 0, "EXCL": 0}
    for criterion in study.criteria:
        prefix = "INCL" if criterion.is_inclusion else "EXCL"
        counts[prefix] += 1
        yield {
            "IETESTCD": f"{prefix}{counts[prefix]:02d}",
            "IETEST": shorten(plain_text(criterion.inlines), width=200, placeholder=" ..."),
            "IECAT": "INCLUSION" if criterion.is_inclusion else "EXCLUSION",
            "TIVERS": study.version,
        }


def _summary(study: Study, outline: TrialOutline) -> Iterator[Row]:
    counts: dict[str, int] = {}
    for code, parameter, value in _parameters(study, outline):
        if value:
            counts[code] = counts.get(code, 0) + 1
            yield {"TSSEQ": counts[code], "TSPARMCD": code, "TSPARM": parameter, "TSVAL": value}


def _parameters(study: Study, outline: TrialOutline) -> Iterator[tuple[str, str, str]]:
    """Code, name and value of each parameter that the definition knows; a value is empty where it does not."""
    names = outline.names
    ages = study.population.planned_age
    if isinstance(ages, Range):
        yield "AGEMIN", "Planned Minimum Age of Subjects", f"P{ages.min_value.value:g}Y"
        yield "AGEMAX", "Planned Maximum Age of Subjects", f"P{ages.max_value.value:g}Y"
    for indication in study.indications:
        yield "INDIC", "Trial Disease/Condition Indication", indication.shown.upper()
    yield "INTMODEL", "Intervention Model", _submitted(study.model)
    yield "NARMS", "Planned Number of Arms", str(len(study.arms))
    for level, code, parameter in (
        ("primary", "OBJPRIM", "Trial Primary Objective"),
        ("secondary", "OBJSEC", "Trial Secondary Objective"),
    ):
        for objective in study.objectives:
            if objective.level == level:
                yield code, parameter, plain_text(objective.text)
    for level, code, parameter in (
        ("primary", "OUTMSPRI", "Primary Outcome Measure"),
        ("secondary", "OUTMSSEC", "Secondary Outcome Measure"),
    ):
        for endpoint in study.endpoints:
            if endpoint.level == level:
                yield code, parameter, plain_text(endpoint.text)
    yield "PLANSUB", "Planned Number of Subjects", str(outline.planned_enrollment)
    is_randomized = any(names.randomization.lower() in visit.activities for visit in outline.visits)
    yield "RANDOM", "Trial is Randomized", "Y" if is_randomized and len(outline.arms) > 1 else "N"
    yield "SDTIGVER", "SDTM IG Version", "3.4"
    yield "SDTMVER", "SDTM Version", "2.0"
    sexes = {code.decode.upper() for code in study.population.planned_sex}
    yield "SEXPOP", "Sex of Participants", "BOTH" if len(sexes) > 1 else next(iter(sexes), "")
    yield "SPONSOR", "Clinical Study Sponsor", study.sponsor
    yield "SPREFID", "Sponsor's Study Reference ID", study.protocol_id
    yield "STYPE", "Study Type", "INTERVENTIONAL"
    yield "TBLIND", "Trial Blinding Schema", _submitted(study.blinding)
    if any(arm.assumption.dose_mg == 0 for arm in outline.arms):
        yield "TCNTRL", "Control Type", "PLACEBO"
    yield "TITLE", "Trial Title", study.official_title
    yield "TPHASE", "Trial Phase Classification", _submitted(study.phase)
    for treatment in dict.fromkeys(arm.assumption.treatment for arm in outline.arms if arm.assumption.dose_mg > 0):
        yield "TRT", "Investigational Therapy or Treatment", treatment


def _submitted(decode: str) -> str:
    return _SUBMISSION_VALUES.get(decode, decode.upper())
