"""When the data of a trial are looked at. Light: nothing is computed here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.sequential import GroupSequentialDesign
    from trialwright.design.survival import SurvivalTrial

Endpoint = Literal["progression_free_survival", "overall_survival"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When the data are looked at: one condition, or several.

    observed          so many events, in all arms together, have come; where the outcome is no time to an event, so many
                      subjects with an outcome
    time              calendar time, from the beginning of accrual
    subjects          so many subjects have been randomized
    minimum_followup  and so long ago; of all subjects of the trial where `subjects` is not given
    endpoint          whose events are counted, where subjects have two: by default those of the primary endpoint
    requires          "all" conditions: the look is when the last of them is met; "any": when the first is
    """

    observed: int | None = None
    time: float | None = None
    subjects: int | None = None
    minimum_followup: float | None = None
    endpoint: Endpoint | None = None
    requires: Literal["all", "any"] = "all"

    def __post_init__(self) -> None:
        if self.observed is None and self.time is None and self.subjects is None and self.minimum_followup is None:
            raise DesignError(
                "Look must have a condition: observed, time, subjects or minimum_followup. Give one or several."
            )
        for name, number in (("observed", self.observed), ("subjects", self.subjects)):
            if number is not None and number < 1:
                raise DesignError(f"Look.{name} must be at least 1, got {number!r}. Give a number.")
        if self.time is not None and not (math.isfinite(self.time) and self.time > 0):
            raise DesignError(f"Look.time must be above 0, got {self.time!r}. Give a time after accrual begins.")
        if self.minimum_followup is not None and not (
            math.isfinite(self.minimum_followup) and self.minimum_followup >= 0
        ):
            raise DesignError(
                f"Look.minimum_followup must not be negative, got {self.minimum_followup!r}. Give a time since "
                "randomization."
            )
        if self.endpoint is not None and self.observed is None:
            raise DesignError(f"Look.endpoint is {self.endpoint}, but no events are counted. Give observed as well.")

    @property
    def is_by_count_alone(self) -> bool:
        """Whether it is at a number of events (outcomes), whatever else."""
        return self.observed is not None and self.time == self.subjects == self.minimum_followup is None

    @property
    def is_by_time_alone(self) -> bool:
        """Whether it is at a calendar time, whatever else."""
        return self.time is not None and self.observed == self.subjects == self.minimum_followup is None


def check_looks(looks: tuple[Look, ...], subjects: int) -> None:
    """Refuse looks that cannot be in this order, or ask for more subjects than there are."""
    if not looks:
        raise DesignError("TrialPlan.looks is empty. Give at least the final look.")
    for look in looks:
        if (look.subjects or 0) > subjects:
            raise DesignError(
                f"TrialPlan.looks asks for {look.subjects} subjects, but accrual ends with {subjects}. "
                "Give at most these."
            )
    for endpoint in {look.endpoint for look in looks}:
        counts = [look.observed for look in looks if look.is_by_count_alone and look.endpoint == endpoint]
        _check_order("observed", [count for count in counts if count is not None])
    _check_order("time", [look.time for look in looks if look.is_by_time_alone and look.time is not None])


def looks_at_fractions(fractions: Sequence[float], *, observed: float) -> tuple[Look, ...]:
    """Looks at fractions of the information: of `observed` events (subjects with an outcome), rounded up."""
    if not (math.isfinite(observed) and observed >= 1):
        raise DesignError(
            f"observed must be at least 1, got {observed!r}. Give the events (outcomes) of the last look."
        )
    for fraction in fractions:
        if not 0 < fraction <= 1:
            raise DesignError(
                f"fractions must lie above 0 and at most 1, got {fraction!r}. Give such as (0.5, 0.75, 1)."
            )
    # A product such as 0.7 * 300 may lie just above the whole number that is meant.
    counts = [math.ceil(fraction * observed - 1e-6) for fraction in fractions]
    _check_order("observed", counts)
    return tuple(Look(observed=count) for count in counts)


def looks_of_design(
    design: GroupSequentialDesign, *, observed: float, trial: SurvivalTrial | None = None
) -> tuple[Look, ...]:
    """The looks of a group-sequential design, at its fractions of the information.

    observed  events (subjects with an outcome) at the last look: looks are at numbers of these, rounded up
    trial     as well: looks are at the calendar times at which this trial expects those events
    """
    looks = looks_at_fractions(design.information_fractions, observed=observed)
    if trial is None:
        return looks
    return tuple(Look(time=trial.time_of_events(look.observed or 0)) for look in looks)


def _check_order(name: str, values: Sequence[float]) -> None:
    for number, (earlier, later) in enumerate(pairwise(values), start=2):
        if not earlier < later:
            raise DesignError(
                f"TrialPlan.looks must increase in {name}, but number {number} of those has {later!r} after "
                f"{earlier!r}. Order them, and give each once."
            )
