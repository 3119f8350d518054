"""`simulate_trial`: a study and a scenario in, an SDTM package and the hidden truth out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from trialwright.rehearsal.scenario import Scenario
from trialwright.rehearsal.sdtm.design import design_domains
from trialwright.rehearsal.sdtm.deviations import deviations
from trialwright.rehearsal.sdtm.events import adverse_events, medical_history, medications
from trialwright.rehearsal.sdtm.findings import laboratory, questionnaires, vital_signs
from trialwright.rehearsal.sdtm.participation import demographics, disposition, exposure, subject_visits
from trialwright.rehearsal.sdtm.records import Subjects
from trialwright.rehearsal.streams import Streams
from trialwright.rehearsal.study_outline import outline_study
from trialwright.rehearsal.trial import simulate
from trialwright.rehearsal.truth import truth_frames
from trialwright.standards import Domains
from trialwright.study import Study


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """One virtual trial.

    domains  what was collected, as SDTM: DM, DS, EX, SV, DV, AE, CM, MH, VS, LB, QS, TA, TE, TV, TI, TS
    truth    what the trial cannot see, by name: `sites`, `subjects`, `course`, `adverse_events`
             (see `trialwright.rehearsal.truth` for the columns)
    """

    domains: Domains
    truth: Mapping[str, pl.DataFrame]


def simulate_trial(study: Study, scenario: Scenario, rng: np.random.Generator) -> Rehearsal:
    """One virtual trial of `study` under the assumptions of `scenario`.

    The same study, scenario and seed give the same data, byte for byte. Each component draws from a stream of its own,
    spawned from the generator's seed: switching one off in the scenario does not move the draws of another.

    Raises `ScenarioError` if study and scenario disagree: an arm of one that the other lacks, an activity that no
    visit has, a visit without a day.
    """
    outline = outline_study(study, scenario)
    trial = simulate(outline, scenario, Streams(rng))
    subjects = Subjects(trial)
    collected = (
        demographics(subjects),
        disposition(subjects),
        exposure(subjects),
        subject_visits(subjects),
        deviations(subjects),
        adverse_events(subjects),
        medications(subjects),
        medical_history(subjects),
        vital_signs(subjects),
        laboratory(subjects),
        questionnaires(subjects),
    )
    domains = {dataset.name: dataset for dataset in collected} | design_domains(study, outline)
    return Rehearsal(domains=domains, truth=truth_frames(subjects))
