"""AE, MH and CM: what befell the subjects, before and during the trial."""

from __future__ import annotations

import numpy as np
import polars as pl

from trialwright.rehearsal.adverse_events import SEVERITIES, verbatim_text
from trialwright.rehearsal.dropout import LOST
from trialwright.rehearsal.history import conditions_of
from trialwright.rehearsal.outline import Flags, Floats, Ints
from trialwright.rehearsal.sdtm.records import Subjects, days_or_missing, without_records, yes_no
from trialwright.rehearsal.trial import fatal_terms, interrupting
from trialwright.standards import Dataset

RELATIONS = ("NOT RELATED", "UNLIKELY RELATED", "POSSIBLY RELATED", "RELATED")
#: Cumulative probabilities of the investigator's judgement, for events on treatment that the drug caused or not.
_RELATION_IF_CAUSED = (0.05, 0.20, 0.65)
_RELATION_IF_BACKGROUND = (0.55, 0.80, 0.97)
#: Share of the events that go on at last contact which are getting better.
_RECOVERING = 0.4


def adverse_events(subjects: Subjects) -> Dataset:
    """AE: the events that began between consent and last contact, and the deaths."""
    trial = subjects.trial
    outcomes = trial.outcomes
    if trial.scenario.adverse_events is None or trial.events is None:
        return _with_deaths(subjects, np.zeros(0, dtype=np.int64), {})
    events, terms = trial.events, trial.scenario.adverse_events.terms
    kept = np.flatnonzero(trial.reported)
    subject, term = events.subject[kept], events.term[kept]
    onset, end = events.onset[kept], events.end[kept]
    last = outcomes.last_contact[subject]
    # Nobody recovers on the day of death: what was going on then goes on.
    goes_on = np.where(outcomes.is_dead[subject], end >= last, end > last)
    on_drug = (
        subjects.is_treated[subject]
        & (onset >= subjects.first_dose[subject])
        & (onset <= outcomes.last_dose_day[subject])
    )
    withdrawn = np.isin(kept, outcomes.cause_event)
    interrupted = interrupting(events, outcomes, subjects.first_dose)[kept]
    action = np.where(~on_drug, 3, np.where(withdrawn, 2, np.where(interrupted, 1, 0)))
    is_lost = np.array([LOST in pair for pair in zip(outcomes.treatment, outcomes.follow_up, strict=True)])
    outcome = np.where(~goes_on, 0, np.where(is_lost[subject], 3, np.where(events.outlook[kept] < _RECOVERING, 1, 2)))
    columns = {
        "AETERM": pl.Series(
            [verbatim_text(terms[t], u) for t, u in zip(term, events.verbatim[kept], strict=True)], dtype=pl.String
        ),
        "AEDECOD": pl.Series([one.term for one in terms], dtype=pl.String).gather(term),
        "AEBODSYS": pl.Series([one.body_system for one in terms], dtype=pl.String).gather(term),
        "AESEV": pl.Series(SEVERITIES).gather(events.severity[kept]),
        "AESER": yes_no(events.is_serious[kept]),
        "AEACN": pl.Series(["DOSE NOT CHANGED", "DRUG INTERRUPTED", "DRUG WITHDRAWN", "NOT APPLICABLE"]).gather(action),
        "AEREL": pl.Series(RELATIONS).gather(_relation(events.relation[kept], events.is_caused[kept], on_drug)),
        "AEOUT": pl.Series(
            ["RECOVERED/RESOLVED", "RECOVERING/RESOLVING", "NOT RECOVERED/NOT RESOLVED", "UNKNOWN"]
        ).gather(outcome),
        "AESDTH": yes_no(np.zeros(kept.size, dtype=np.bool_)),
        # Serious events that do not kill are hospitalisations here: the one criterion that the model has.
        "AESHOSP": yes_no(events.is_serious[kept]),
        "AECONTRT": yes_no(events.is_treated[kept]),
        "AESTDTC": pl.Series(onset),
        "AEENDTC": days_or_missing(end, ~goes_on),
    }
    return _with_deaths(subjects, subject, columns)


def _relation(uniform: Floats, is_caused: Flags, on_drug: Flags) -> Ints:
    """The investigator's judgement; before the first and after the last dose nothing is related."""
    caused = np.searchsorted(_RELATION_IF_CAUSED, uniform, side="right")
    background = np.searchsorted(_RELATION_IF_BACKGROUND, uniform, side="right")
    return np.asarray(np.where(on_drug, np.where(is_caused, caused, background), 0), dtype=np.int64)


def _with_deaths(subjects: Subjects, subject: Ints, columns: dict[str, pl.Series]) -> Dataset:
    """The events, and one fatal event for each death, on the day before it or the day itself."""
    trial = subjects.trial
    outcomes = trial.outcomes
    deaths = fatal_terms(trial)
    who = np.array([one for one, _, _ in deaths], dtype=np.int64)
    died = outcomes.last_contact[who]
    onset = np.maximum(died - 1, subjects.first_dose[who])
    on_drug = onset <= outcomes.last_dose_day[who]
    fatal = {
        "AETERM": pl.Series([term for _, term, _ in deaths], dtype=pl.String),
        "AEDECOD": pl.Series([term for _, term, _ in deaths], dtype=pl.String),
        "AEBODSYS": pl.Series([body_system for _, _, body_system in deaths], dtype=pl.String),
        "AESEV": pl.Series(["SEVERE"] * who.size, dtype=pl.String),
        "AESER": pl.Series(["Y"] * who.size, dtype=pl.String),
        "AEACN": pl.Series(["NOT APPLICABLE", "DRUG WITHDRAWN"]).gather(on_drug.astype(np.int64)),
        "AEREL": pl.Series(["NOT RELATED"] * who.size, dtype=pl.String),
        "AEOUT": pl.Series(["FATAL"] * who.size, dtype=pl.String),
        "AESDTH": pl.Series(["Y"] * who.size, dtype=pl.String),
        "AESHOSP": pl.Series(["N"] * who.size, dtype=pl.String),
        "AECONTRT": pl.Series(["N"] * who.size, dtype=pl.String),
        "AESTDTC": pl.Series(onset),
        "AEENDTC": pl.Series(died),
    }
    joined = {name: pl.concat([columns[name], fatal[name]]) if columns else fatal[name] for name in fatal}
    everyone = np.concatenate([subject, who])
    goes_on = joined["AEENDTC"].is_null().to_numpy()
    return subjects.dataset(
        "AE",
        everyone,
        {
            **joined,
            **_end_reference("AE", goes_on, outcomes.last_contact[everyone]),
            "EPOCH": subjects.epoch(everyone, joined["AESTDTC"].to_numpy()),
        },
    )


def _end_reference(domain: str, goes_on: Flags, last_contact: Ints) -> dict[str, pl.Series]:
    """`--ENRTPT` and `--ENTPT`: ongoing at last contact."""
    frame = pl.DataFrame({"on": goes_on, "day": last_contact}).select(
        pl.when("on").then(pl.lit("ONGOING")).alias("what"),
        pl.when("on").then(pl.col("day").cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d")).alias("when"),
    )
    return {f"{domain}ENRTPT": frame["what"], f"{domain}ENTPT": frame["when"]}


def medications(subjects: Subjects) -> Dataset:
    """CM: for the medical history and for adverse events."""
    courses, last_contact = subjects.trial.medications, subjects.trial.outcomes.last_contact
    goes_on = courses.end > last_contact[courses.subject]
    return subjects.dataset(
        "CM",
        courses.subject,
        {
            "CMTRT": courses.name,
            "CMDECOD": courses.name,
            "CMINDC": courses.indication,
            "CMCLAS": courses.drug_class,
            # A medication that began before consent has no epoch: it began before the study.
            "EPOCH": _known_epoch(subjects, courses.subject, courses.start),
            "CMSTDTC": courses.start,
            "CMENDTC": days_or_missing(courses.end, ~goes_on),
            **_end_reference("CM", goes_on, last_contact[courses.subject]),
        },
    )


def _known_epoch(subjects: Subjects, subject: Ints, day: Ints) -> pl.Series:
    epoch, in_study = subjects.epoch(subject, day), day >= subjects.trial.screened.consent[subject]
    return pl.DataFrame({"epoch": epoch, "there": in_study}).select(pl.when("there").then("epoch").alias("e"))["e"]


def medical_history(subjects: Subjects) -> Dataset:
    """MH: the disease under study and other conditions; onsets longer ago are known to the month or the year only."""
    trial = subjects.trial
    history, assumptions = trial.history, trial.scenario.medical_history
    position = np.flatnonzero(trial.outline.does(trial.outline.names.medical_history))
    if history is None or assumptions is None or position.size == 0:
        return without_records("MH")
    visit = int(position[0])
    kept = trial.attended[history.subject, visit]
    subject, condition = history.subject[kept], history.condition[kept]
    conditions = conditions_of(assumptions)
    taken = trial.calendar.day[subject, visit]
    onset = history.onset[kept]
    years = (taken - onset) / 365.25
    dates = pl.DataFrame({"day": pl.Series(onset).cast(pl.Int32).cast(pl.Date), "years": years}).select(
        pl.when(pl.col("years") > 5)
        .then(pl.col("day").dt.to_string("%Y"))
        .when(pl.col("years") > 1)
        .then(pl.col("day").dt.to_string("%Y-%m"))
        .otherwise(pl.col("day").dt.to_string("%Y-%m-%d"))
        .alias("MHSTDTC")
    )["MHSTDTC"]
    terms = pl.Series([one.term for one in conditions])
    return subjects.dataset(
        "MH",
        subject,
        {
            "order": (condition > 0).astype(np.int64),
            "MHTERM": terms.gather(condition),
            "MHDECOD": terms.gather(condition),
            "MHCAT": pl.Series(["PRIMARY DIAGNOSIS", "GENERAL"]).gather((condition > 0).astype(np.int64)),
            "MHBODSYS": pl.Series([one.body_system for one in conditions]).gather(condition),
            "EPOCH": trial.outline.visits[visit].epoch,
            "MHDTC": taken,
            "MHSTDTC": dates,
            **_end_reference("MH", history.is_ongoing[kept], taken),
        },
    )
