"""Checks of a design against the study definition: both must speak of the same trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

from trialwright.design.definition.in_usdm import ADAPTIVE, expected_completers
from trialwright.design.definition.model import DesignArm, DesignDefinition
from trialwright.findings import Finding, Rule, Severity
from trialwright.study import Study

ENROLLMENT = Rule(
    id="design.enrollment",
    title="The study plans to enroll as many subjects as its chosen design has.",
    source="ICH E9, 3.5; USDM 4.0, StudyDesignPopulation.plannedEnrollmentNumber",
)
COMPLETION = Rule(
    id="design.completion",
    title="The study plans that as many subjects complete it as the chosen design expects to have an outcome.",
    source="ICH E9, 3.5; USDM 4.0, StudyDesignPopulation.plannedCompletionNumber",
    severity=Severity.WARNING,
)
ARMS = Rule(
    id="design.arms",
    title="The arms of the design are those of the study.",
    source="ICH E9, 3.1; USDM 4.0, StudyDesign.arms",
)
ENDPOINT = Rule(
    id="design.endpoint",
    title="The chosen design decides on an endpoint of the study.",
    source="ICH E9, 2.2.2 and 3.5",
)
PRIMARY_ENDPOINT = Rule(
    id="design.primary-endpoint",
    title="The endpoint that the chosen design decides on is a primary endpoint.",
    source="ICH E9, 2.2.2 and 3.5",
)
INTERIM_ANALYSES = Rule(
    id="design.interim-analyses",
    title="A study whose chosen design has interim analyses is said to be adaptive.",
    source="USDM 4.0, codelist C207416 (Adaptive, C98704); FDA, Adaptive Designs, 2019, section V.A",
    severity=Severity.WARNING,
)

_PRIMARY = "C94496"


def check_design(definition: DesignDefinition, study: Study) -> list[Finding]:
    """Everything in which the design and the study definition do not agree, in the order of `DESIGN_RULES`."""
    return [finding for check in _CHECKS.values() for finding in check(definition, study)]


def _check_enrollment(definition: DesignDefinition, study: Study) -> Iterator[Finding]:
    subjects = definition.designs[definition.chosen].subjects
    planned = _planned(study, "plannedEnrollmentNumber")
    if planned is None or not planned[0] <= subjects <= planned[1]:
        yield Finding.of(
            ENROLLMENT,
            where=f"{study.population.id}.plannedEnrollmentNumber",
            message=f"The chosen design, {definition.chosen}, has {subjects} subjects, the study plans "
            f"{_shown(planned)}.",
            evidence=f"{_shown(planned)}, design.yaml: {subjects}",
            remedy="Write the design into the study definition, or choose the design that the study follows.",
        )


def _check_completion(definition: DesignDefinition, study: Study) -> Iterator[Finding]:
    expected, planned = expected_completers(definition), _planned(study, "plannedCompletionNumber")
    if expected is not None and planned is not None and not planned[0] - 1 < expected < planned[1] + 1:
        yield Finding.of(
            COMPLETION,
            where=f"{study.population.id}.plannedCompletionNumber",
            message=f"The chosen design, {definition.chosen}, counts on {expected} subjects with an outcome, the study "
            f"plans that {_shown(planned)} complete.",
            evidence=f"{_shown(planned)}, design.yaml: {expected}",
            remedy="Give scenarios the share without an outcome that the study plans with, or mend the study.",
        )


def _check_arms(definition: DesignDefinition, study: Study) -> Iterator[Finding]:
    used = {
        study_arm.id for arm in definition.arms for study_arm in study.arms if _is(arm, study_arm.id, study_arm.name)
    }
    for arm in definition.arms:
        if not any(_is(arm, one.id, one.name) for one in study.arms):
            yield Finding.of(
                ARMS,
                where=f"design.yaml, arms.{arm.id}",
                message=f"The study has no arm {arm.usdm or arm.id}.",
                evidence=f"arms of the study: {', '.join(f'{one.id} ({one.name})' for one in study.arms)}",
                remedy="Give usdm, the identifier of the study's arm, or name the arm as the study does.",
            )
    for one in study.arms:
        if one.id not in used:
            yield Finding.of(
                ARMS,
                where=f"{one.id}",
                message=f"The design has no arm for {one.shown} ({one.name}).",
                evidence=f"arms of the design: {', '.join(arm.id for arm in definition.arms)}",
                remedy="Add the arm to design.yaml, or take it out of the study.",
            )


def _check_endpoint(definition: DesignDefinition, study: Study) -> Iterator[Finding]:
    endpoint = definition.designs[definition.chosen].endpoint
    if not any(endpoint in (one.id, one.name) for one in study.endpoints):
        yield Finding.of(
            ENDPOINT,
            where=f"design.yaml, designs.{definition.chosen}.endpoint",
            message=f"The study has no endpoint {endpoint}.",
            evidence=f"endpoints of the study: {', '.join(one.id for one in study.endpoints)}",
            remedy="Name the endpoint by its identifier in the study definition.",
        )


def _check_primary(definition: DesignDefinition, study: Study) -> Iterator[Finding]:
    endpoint = definition.designs[definition.chosen].endpoint
    for one in study.endpoints:
        level = study.value(f"{one.id}.level") if endpoint in (one.id, one.name) else None
        if level is not None and level.get("code") != _PRIMARY:
            yield Finding.of(
                PRIMARY_ENDPOINT,
                where=f"{one.id}.level",
                message=f"The chosen design, {definition.chosen}, decides on {endpoint}, which is not primary.",
                evidence=str(level.get("decode")),
                remedy="Make the endpoint primary in the study definition, or choose a design of a primary endpoint.",
            )


def _check_interim(definition: DesignDefinition, study: Study) -> Iterator[Finding]:
    looks = definition.designs[definition.chosen].looks
    if looks > 1 and all(code.code != ADAPTIVE for code in study.design.characteristics):
        yield Finding.of(
            INTERIM_ANALYSES,
            where=f"{study.design.id}.characteristics",
            message=f"The chosen design, {definition.chosen}, has {looks - 1} interim "
            f"{'analysis' if looks == 2 else 'analyses'}, but the study is not "
            "said to be adaptive.",
            evidence=", ".join(code.decode for code in study.design.characteristics),
            remedy="Write the design into the study definition, which adds the term.",
        )


_CHECKS: MappingProxyType[Rule, Callable[[DesignDefinition, Study], Iterator[Finding]]] = MappingProxyType(
    {
        ENROLLMENT: _check_enrollment,
        COMPLETION: _check_completion,
        ARMS: _check_arms,
        ENDPOINT: _check_endpoint,
        PRIMARY_ENDPOINT: _check_primary,
        INTERIM_ANALYSES: _check_interim,
    }
)
DESIGN_RULES: tuple[Rule, ...] = tuple(_CHECKS)


def _is(arm: DesignArm, id: str, name: str) -> bool:
    return arm.usdm == id if arm.usdm is not None else arm.id in (id, name)


def _planned(study: Study, name: str) -> tuple[float, float] | None:
    """The least and the greatest planned number; None where none is given."""
    value = study.value(f"{study.population.id}").get(name)
    if value is None:
        return None
    if value.get("instanceType") == "Range":
        return float(value["minValue"]["value"]), float(value["maxValue"]["value"])
    return float(value["value"]), float(value["value"])


def _shown(planned: tuple[float, float] | None) -> str:
    if planned is None:
        return "none"
    low, high = planned
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
