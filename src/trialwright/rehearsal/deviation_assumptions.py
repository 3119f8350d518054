"""What a rehearsal assumes about protocol deviations: the section `deviations` of a `Scenario`."""

from __future__ import annotations

from dataclasses import dataclass

from trialwright.rehearsal.checked import Checked, Count, Probability, ScenarioError


@dataclass(frozen=True, slots=True, kw_only=True)
class ProhibitedMedication(Checked):
    """A medication that the protocol does not allow: `CMTRT`, `CMCLAS`, `CMINDC`."""

    name: str
    drug_class: str
    indication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviations(Checked):
    """Which departures from the protocol are recorded, and how many there are beside those of visits and doses.

    Visits outside their windows, visits that did not happen and doses not taken are what the other sections make of
    them; here is which of them a site writes down. Prohibited medications are given to subjects by this section.

    recorded              probability that a visit's or a dose's deviation is recorded
    major_days            days beyond a window from which a visit counts as a major deviation
    missed_dose_days      days in a row without a dose, not for an adverse event, that are a dosing error
    major_missed_days     such days from which the error is major
    prohibited_medication probability that a treated subject takes one during treatment
    not_eligible          probability that a randomised subject took one up to Baseline
    exclusion_criterion   number of the criterion that this breaks, as the protocol counts: 06
    medications           which ones, each as likely as the others
    """

    recorded: Probability = 1.0
    major_days: Count = 7
    missed_dose_days: Count = 4
    major_missed_days: Count = 7
    prohibited_medication: Probability = 0.0
    not_eligible: Probability = 0.0
    exclusion_criterion: str = ""
    medications: tuple[ProhibitedMedication, ...] = ()

    def _check(self) -> None:
        if (self.prohibited_medication or self.not_eligible) and not self.medications:
            raise ScenarioError(
                "Subjects take prohibited medications, but the scenario names none: list them under medications.",
                path=("medications",),
            )
