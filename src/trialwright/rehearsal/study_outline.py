"""From a study definition and a scenario to the outline that the models work on."""

from __future__ import annotations

from trialwright.rehearsal.checked import ScenarioError
from trialwright.rehearsal.outline import ArmOutline, TrialOutline, VisitOutline, locate, match_arms
from trialwright.rehearsal.scenario import Scenario
from trialwright.study import Study, Visit
from trialwright.study.usdm import Range

_LONGEST_ARM_CODE = 20


def outline_study(study: Study, scenario: Scenario) -> TrialOutline:
    """The outline of the study's main timeline.

    Raises `ScenarioError` if scenario and study disagree about arms or activities, if a visit has no nominal day or no
    epoch, or if the study has no planned number of subjects and the scenario no target.
    """
    names = tuple(tuple(dict.fromkeys((arm.shown, arm.name))) for arm in study.arms)
    if not names:
        raise ScenarioError(f"The study {study.name} has no arm: there is nothing to rehearse.")
    matched = match_arms(names, scenario)
    visits = tuple(_visit(visit) for visit in study.visits() if visit.encounter is not None)
    if not visits:
        raise ScenarioError(f"The study {study.name} has no visit on its main timeline: there is nothing to rehearse.")
    randomization, end = locate(visits, scenario.activities)
    return TrialOutline(
        study_id=study.protocol_id,
        planned_enrollment=_planned_enrollment(study, scenario),
        arms=tuple(
            ArmOutline(code=_code(assumption.code or arm.name), name=arm.shown, assumption=assumption)
            for arm, (_, assumption) in zip(study.arms, matched, strict=True)
        ),
        control=[key for key, _ in matched].index(scenario.control_arm),
        visits=visits,
        randomization=randomization,
        end_of_treatment=end,
        names=scenario.activities,
    )


def _code(code: str) -> str:
    if len(code) > _LONGEST_ARM_CODE:
        raise ScenarioError(
            f"The arm code {code!r} has more than {_LONGEST_ARM_CODE} characters, which SDTM does not allow in ARMCD. "
            "Give a shorter `code` under `arms` in the scenario."
        )
    return code


def _visit(visit: Visit) -> VisitOutline:
    if visit.day is None or visit.epoch is None:
        lacking = "timing" if visit.day is None else "epoch"
        raise ScenarioError(
            f"The visit {visit.label!r} has no {lacking}, so it cannot be rehearsed. "
            "Add it to the study's main timeline."
        )
    return VisitOutline(
        number=visit.number,
        name=visit.label,
        epoch=visit.epoch.shown.upper(),
        day=visit.day,
        earliest=round(visit.window_before_days or 0),
        latest=round(visit.window_after_days or 0),
        activities=frozenset(name.lower() for activity in visit.activities for name in (activity.name, activity.shown)),
    )


def _planned_enrollment(study: Study, scenario: Scenario) -> int:
    if scenario.enrollment.target is not None:
        return scenario.enrollment.target
    planned = study.population.planned_enrollment_number
    number = planned.max_value.value if isinstance(planned, Range) else planned.value if planned else None
    if number is None:
        raise ScenarioError(
            f"The study {study.name} has no planned number of subjects. Add plannedEnrollmentNumber to its population, "
            "or give enrollment.target in the scenario."
        )
    return round(number)
