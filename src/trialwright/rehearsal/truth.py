"""What a virtual trial knows of its subjects and the trial itself cannot see."""

from __future__ import annotations

import numpy as np
import polars as pl

from trialwright.rehearsal.sdtm.records import Subjects


def truth_frames(subjects: Subjects) -> dict[str, pl.DataFrame]:
    """The frames, by name.

    sites           SITEID, COUNTRY, REGION, ACTIVATED (date), RATE (subjects per 30.4375 days), FAILURE (probability)
    subjects        USUBJID, SITEID, ARM, PASSES (screening), FIRST_DOSE (planned date), DISPOSITION (of treatment),
                    FRAILTY (of adverse events), WITHDRAWING_EVENT (the adverse event behind the disposition)
    course          USUBJID, VISITNUM, ATTENDED, EFFECT (of the drug at the visit, points), LATENT (severity), TOTAL
                    (as it was or would have been rated); every visit that was planned, also after dropout
    adverse_events  USUBJID, AEDECOD, ONSET (date), CAUSED (by the drug), REPORTED (began before last contact)

    `course` and `adverse_events` are absent where the scenario has none.
    """
    frames = {"sites": _sites(subjects), "subjects": _subjects(subjects)}
    trial = subjects.trial
    if trial.course is not None:
        count, visits = trial.calendar.day.shape
        frames["course"] = pl.DataFrame(
            {
                "USUBJID": subjects.identifier.gather(np.repeat(np.arange(count), visits)),
                "VISITNUM": np.tile([float(visit.number) for visit in trial.outline.visits], count),
                "ATTENDED": trial.attended.ravel(),
                "EFFECT": trial.course.effect.ravel(),
                "LATENT": trial.course.latent.ravel(),
                "TOTAL": trial.course.total.ravel(),
            }
        )
    if trial.events is not None and trial.scenario.adverse_events is not None:
        terms = pl.Series([term.term for term in trial.scenario.adverse_events.terms], dtype=pl.String)
        frames["adverse_events"] = pl.DataFrame(
            {
                "USUBJID": subjects.identifier.gather(trial.events.subject),
                "AEDECOD": terms.gather(trial.events.term),
                "ONSET": pl.Series(trial.events.onset).cast(pl.Int32).cast(pl.Date),
                "CAUSED": trial.events.is_caused,
                "REPORTED": trial.reported,
            }
        )
    return frames


def _sites(subjects: Subjects) -> pl.DataFrame:
    sites = subjects.trial.screened.sites
    countries = [subjects.trial.scenario.enrollment.countries[position] for position in sites.country]
    return pl.DataFrame(
        {
            "SITEID": list(sites.ids),
            "COUNTRY": [country.code for country in countries],
            "REGION": [country.region for country in countries],
            "ACTIVATED": pl.Series(sites.activation).cast(pl.Int32).cast(pl.Date),
            "RATE": sites.rate * 30.4375,
            "FAILURE": sites.failure,
        }
    )


def _subjects(subjects: Subjects) -> pl.DataFrame:
    trial = subjects.trial
    names = [arm.name for arm in trial.outline.arms]
    terms = trial.scenario.adverse_events.terms if trial.scenario.adverse_events is not None else ()
    events, cause = trial.events, trial.outcomes.cause_event
    return pl.DataFrame(
        {
            "USUBJID": subjects.identifier,
            "SITEID": subjects.site,
            "ARM": pl.Series([names[arm] if arm >= 0 else None for arm in trial.arm], dtype=pl.String),
            "PASSES": trial.screened.passes,
            "FIRST_DOSE": pl.Series(trial.calendar.first_dose).cast(pl.Int32).cast(pl.Date),
            "DISPOSITION": pl.Series([one or None for one in trial.outcomes.treatment], dtype=pl.String),
            "FRAILTY": np.ones(trial.arm.size) if events is None else events.frailty,
            "WITHDRAWING_EVENT": pl.Series(
                [None if events is None or one < 0 else terms[events.term[one]].term for one in cause],
                dtype=pl.String,
            ),
        }
    )
