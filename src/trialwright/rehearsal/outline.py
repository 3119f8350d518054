"""The trial as the rehearsal sees it: arms, visits in order, and what is done at each of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from trialwright.rehearsal.checked import ScenarioError
from trialwright.rehearsal.scenario import ActivityNames, ArmAssumption, Scenario

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmOutline:
    """One arm.

    code        `ARMCD`; name: `ARM`
    assumption  what the scenario says of it
    """

    code: str
    name: str
    assumption: ArmAssumption


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOutline:
    """One planned visit.

    number            `VISITNUM`
    day               nominal study day; there is no day 0
    earliest, latest  days by which the window lets the visit come before and after the nominal day
    activities        names in lower case
    """

    number: int
    name: str
    epoch: str
    day: int
    earliest: int
    latest: int
    activities: frozenset[str]

    @property
    def offset(self) -> int:
        """Days from day 1 to the nominal day: day 1 is 0, day -1 is -1."""
        return self.day - 1 if self.day > 0 else self.day


@dataclass(frozen=True, kw_only=True)
class TrialOutline:
    """The trial: identifiers, arms, visits.

    randomization     position of the visit at which subjects are randomised and take the first dose (day 1)
    end_of_treatment  position of the visit that ends treatment
    """

    study_id: str
    planned_enrollment: int
    arms: tuple[ArmOutline, ...]
    control: int
    visits: tuple[VisitOutline, ...]
    randomization: int
    end_of_treatment: int
    names: ActivityNames

    @cached_property
    def offsets(self) -> Ints:
        """Nominal days of the visits, counted from day 1 as 0."""
        return np.array([visit.offset for visit in self.visits], dtype=np.int64)

    def does(self, activity: str | None) -> Flags:
        """For each visit, whether `activity` is scheduled at it; False everywhere for None."""
        return np.array([activity is not None and activity.lower() in visit.activities for visit in self.visits])

    @property
    def screening_epoch(self) -> str:
        """The epoch of the first visit."""
        return self.visits[0].epoch

    @property
    def treatment_epoch(self) -> str:
        """The epoch of the visit that ends treatment."""
        return self.visits[self.end_of_treatment].epoch

    @property
    def follow_up_epoch(self) -> str | None:
        """The epoch of the last visit, if it comes after treatment."""
        last = self.visits[-1].epoch
        return last if self.end_of_treatment < len(self.visits) - 1 and last != self.treatment_epoch else None


def match_arms(names: tuple[tuple[str, ...], ...], scenario: Scenario) -> list[tuple[str, ArmAssumption]]:
    """For each arm of the study, given by its names, the scenario's key and assumption.

    Raises `ScenarioError` if an arm has no assumption, or an assumption has no arm.
    """
    known = {key.lower(): key for key in scenario.arms}
    matched = []
    for own in names:
        key = next((known[name.lower()] for name in own if name.lower() in known), None)
        if key is None:
            raise ScenarioError(
                f"The scenario {scenario.name!r} says nothing of the arm {own[0]!r}. Its arms are: "
                f"{', '.join(scenario.arms)}; the study's are: {', '.join(one[0] for one in names)}. "
                f"Add {own[0]!r} under `arms`."
            )
        matched.append((key, scenario.arms[key]))
    unused = [key for key in scenario.arms if key not in {one for one, _ in matched}]
    if unused:
        raise ScenarioError(
            f"The scenario {scenario.name!r} names the arm {unused[0]!r}, which the study does not have. "
            f"The study's arms are: {', '.join(one[0] for one in names)}. Rename or remove it under `arms`."
        )
    return matched


def check_activities(visits: tuple[VisitOutline, ...], names: ActivityNames) -> None:
    """Raise `ScenarioError` if the scenario names an activity that no visit of the study has."""
    present = sorted({activity for visit in visits for activity in visit.activities})
    for role in (field.name for field in fields(names)):
        name = getattr(names, role)
        if name is not None and name.lower() not in present:
            raise ScenarioError(
                f"The scenario's activities.{role} is {name!r}, which no visit of the study has. "
                f"The visits have: {', '.join(present)}. Name one of them, or null for none."
            )


def locate(visits: tuple[VisitOutline, ...], names: ActivityNames) -> tuple[int, int]:
    """The positions of the visit of randomisation and of the visit that ends treatment.

    Treatment ends at the last visit at which study drug is accounted for, or, without that activity, at the last visit
    of the epoch in which study drug is dispensed last.
    """
    check_activities(visits, names)
    randomization = next(index for index, visit in enumerate(visits) if names.randomization.lower() in visit.activities)
    if visits[randomization].day != 1:
        raise ScenarioError(
            f"{visits[randomization].name} has {names.randomization!r} but its nominal day is "
            f"{visits[randomization].day}. The rehearsal needs the first dose, day 1, at the visit of randomization."
        )
    if names.accountability is not None:
        accounted = [i for i, visit in enumerate(visits) if names.accountability.lower() in visit.activities]
        end = accounted[-1]
    else:
        dispensed = [i for i, visit in enumerate(visits) if names.dispensing.lower() in visit.activities]
        end = max(i for i, visit in enumerate(visits) if visit.epoch == visits[dispensed[-1]].epoch)
    if end <= randomization:
        raise ScenarioError(
            "Treatment ends at or before the visit of randomization: check accountability in the schedule."
        )
    return randomization, end
