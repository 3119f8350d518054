"""From arrays to the records of a domain: identifiers, ISO 8601 dates, study days, epochs, sequence numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.rehearsal.outline import Flags, Ints
from trialwright.rehearsal.sdtm.variables import DOMAINS, DomainSpecification
from trialwright.rehearsal.trial import Trial
from trialwright.standards import Dataset

#: A column: texts, numbers or a polars series; days since 1970-01-01 for a variable that ends in DTC.
Column: TypeAlias = "npt.NDArray[np.generic] | list[str | None] | list[str] | tuple[str, ...] | pl.Series | str | float"


class Subjects:
    """What the records of every domain need of the subjects."""

    def __init__(self, trial: Trial) -> None:
        screened, outcomes = trial.screened, trial.outcomes
        self.trial = trial
        self.study_id = trial.outline.study_id
        self.site = [screened.sites.ids[site] for site in screened.site]
        self.number = [f"{site}-{number:03d}" for site, number in zip(self.site, screened.number, strict=True)]
        self.identifier = pl.Series([f"{self.study_id}-{number}" for number in self.number], dtype=pl.String)
        self.first_dose = trial.calendar.first_dose
        self.is_treated = outcomes.is_treated
        self.is_randomized: Flags = trial.arm >= 0

    def epoch(self, subject: Ints, day: Ints) -> pl.Series:
        """The epoch that holds `day`: treatment is from day 1 to the disposition of treatment."""
        outline = self.trial.outline
        before = ~self.is_randomized[subject] | (day < self.first_dose[subject])
        after = day > self.trial.outcomes.treatment_end[subject]
        epochs = [outline.screening_epoch, outline.treatment_epoch, outline.follow_up_epoch or outline.treatment_epoch]
        return pl.Series(epochs, dtype=pl.String).gather(np.where(before, 0, np.where(after, 2, 1)))

    def dataset(self, name: str, subject: Ints, columns: Mapping[str, Column]) -> Dataset:
        """The domain `name` from columns that have one element per record; `subject` says whose each is.

        Adds identifiers, study days and `--SEQ`; sorts by subject and the domain's keys. A column `order` may be given
        for the sort.
        """
        specification = DOMAINS[name]
        own: dict[str, Column] = {**columns, "STUDYID": self.study_id, "DOMAIN": name}
        frame = pl.DataFrame({"__subject": pl.Series(subject, dtype=pl.Int64)}).with_columns(
            **{key: _series(value) for key, value in own.items()}
        )
        reference = (
            pl.Series(self.first_dose)
            .to_frame("day")
            .select(pl.when(pl.Series(self.is_treated)).then("day").alias("day"))["day"]
        )
        frame = frame.with_columns(
            USUBJID=self.identifier.gather(frame["__subject"]), __reference=reference.gather(frame["__subject"])
        )
        frame = frame.with_columns(_study_days(specification, frame.columns)).with_columns(
            _iso_date(column) for column, dtype in frame.schema.items() if column.endswith("DTC") and dtype.is_integer()
        )
        frame = frame.sort(["USUBJID", *specification.keys], maintain_order=True)
        if f"{name}SEQ" in specification.labels:
            frame = frame.with_columns(pl.int_range(1, pl.len() + 1).over("USUBJID").alias(f"{name}SEQ"))
        return shaped(specification, frame)


def _series(value: Column) -> pl.Series | pl.Expr:
    if isinstance(value, pl.Series):
        return value
    if isinstance(value, (str, float)):
        return pl.lit(value)
    if isinstance(value, np.ndarray):
        return pl.Series(value)
    return pl.Series(value, dtype=pl.String)


def _iso_date(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d").alias(column)


def _study_days(specification: DomainSpecification, columns: list[str]) -> list[pl.Expr]:
    """`--DY`, `--STDY`, `--ENDY` from the dates beside them: there is no day 0."""
    expressions = []
    for prefix in ("", "ST", "EN"):
        variable, date = f"{specification.name}{prefix}DY", f"{specification.name}{prefix}DTC"
        if variable in specification.labels and date in columns:
            days = pl.col(date) - pl.col("__reference")
            expressions.append(pl.when(days >= 0).then(days + 1).otherwise(days).alias(variable))
    return expressions


def without_records(name: str) -> Dataset:
    """The domain `name` with its variables and no record: the scenario has nothing for it."""
    specification = DOMAINS[name]
    return shaped(specification, pl.DataFrame(schema=dict.fromkeys(specification.labels, pl.String())))


def shaped(specification: DomainSpecification, frame: pl.DataFrame) -> Dataset:
    """`frame` as the domain: its variables in their order and types; those it lacks are missing everywhere."""
    columns = []
    for variable in specification.labels:
        dtype = pl.Float64() if specification.is_numeric(variable) else pl.String()
        column = pl.col(variable) if variable in frame.columns else pl.lit(None).alias(variable)
        columns.append(column.cast(dtype))
    return Dataset(
        name=specification.name,
        frame=frame.select(columns),
        label=specification.label,
        labels=dict(specification.labels),
    )


def days_or_missing(days: Ints, is_present: Flags) -> pl.Series:
    """Days since 1970-01-01, missing where not `is_present`."""
    return pl.DataFrame({"day": days, "there": is_present}).select(pl.when("there").then("day").alias("day"))["day"]


def flags(is_set: Flags) -> pl.Series:
    """`Y` or missing."""
    return pl.DataFrame({"set": is_set}).select(pl.when("set").then(pl.lit("Y")).alias("flag"))["flag"]


def yes_no(is_set: Flags) -> pl.Series:
    """`Y` or `N`."""
    return pl.Series(["N", "Y"]).gather(is_set.astype(np.int64))
