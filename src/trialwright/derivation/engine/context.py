"""What a step may ask for while datasets are derived: domains, frames, datasets made before, visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trialwright.derivation.engine.definitions import Definitions, PlannedStep
from trialwright.derivation.engine.expressions import ExpressionError
from trialwright.derivation.engine.lineage import BASELINE_LINEAGE, LINEAGE, Numbering
from trialwright.derivation.engine.sources import prepare_domain, supplemental_values
from trialwright.errors import ConditionError, DataError, MissingDatasetError, PlanError, TrialwrightError
from trialwright.findings import Finding
from trialwright.standards import Dataset, Domains

if TYPE_CHECKING:
    from trialwright.derivation.functions.analysis_visits import AnalysisVisit

SUBJECT_DATASET = "ADSL"


@dataclass(kw_only=True)
class Context:
    """The state of one derivation.

    domains   the SDTM data as given
    datasets  those made so far, with their temporary columns and lineage
    visits    the study's schedule; empty if nobody gave one
    findings  what was wrong with the data
    """

    definitions: Definitions
    domains: Domains
    visits: Sequence[AnalysisVisit] = ()
    findings: list[Finding] = field(default_factory=list)
    datasets: dict[str, pl.DataFrame] = field(default_factory=dict)
    outputs: dict[str, Dataset] = field(default_factory=dict)
    numbering: Numbering = field(default_factory=Numbering)
    _prepared: dict[str, pl.DataFrame] = field(default_factory=dict)
    _frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    _most: dict[str, int] = field(default_factory=dict)
    _underway: list[str] = field(default_factory=list)
    _reported: set[Finding] = field(default_factory=set)
    #: Which step is at work, for errors: "step 3 (`join`) of ADSL".
    at_work: str = ""
    #: The dataset or frame that it makes.
    making: str = ""
    #: How many records the step at work was given to choose from.
    offered: int = 0
    #: Of the steps run last: the step after which no record was left, and how many there had been at most.
    emptied_at: str = ""
    most_records: int = 0

    def report(self, finding: Finding) -> None:
        """Note `finding`, once."""
        if finding not in self._reported:
            self._reported.add(finding)
            self.findings.append(finding)

    def has(self, name: str) -> bool:
        """Whether there is a domain, dataset or frame of this name."""
        return name in self.datasets or name in self.definitions.frames or name in self.domains

    def frame(self, name: str) -> pl.DataFrame:
        """The records of a dataset made before, a frame, or a domain, in this order of preference; with lineage.

        Raises `MissingDatasetError` if there is none of this name, `PlanError` if frames are made of each other.
        """
        if name in self.datasets:
            return self.datasets[name]
        if name in self.definitions.frames:
            return self._made_frame(name)
        return self.domain(name)

    def offer(self, name: str, records: pl.DataFrame) -> None:
        """Note that the step at work chooses from `records` of `name`, or from what they were left of."""
        self.offered = records.height or self._most.get(name, 0)

    def is_dataset(self, name: str) -> bool:
        """Whether `name` is an analysis dataset that was made before."""
        return name in self.datasets

    def domain(self, name: str) -> pl.DataFrame:
        """The records of an SDTM domain, cleaned, with lineage; see `sources.prepare_domain`."""
        if name not in self._prepared:
            if name not in self.domains:
                raise MissingDatasetError(
                    dataset=name, needed_by=self.at_work or "the derivation", present=self.domains
                )
            clean, findings = prepare_domain(self.domains[name], self._subjects(), is_reference=name == "DM")
            for finding in findings:
                self.report(finding)
            self._prepared[name] = self.numbering.number(name, clean)
        return self._prepared[name]

    def domain_with_supplement(self, name: str) -> pl.DataFrame:
        """As `domain`, with the supplemental qualifiers of SUPP`name` as variables, one for each QNAM."""
        key = f"{name}+SUPP{name}"
        if key not in self._prepared:
            parent = self.domain(name)
            supplement = f"SUPP{name}"
            if supplement not in self.domains:
                return parent
            joined, findings = supplemental_values(parent, self.domain(supplement), domain=name)
            for finding in findings:
                self.report(finding)
            self._prepared[key] = joined
        return self._prepared[key]

    def _subjects(self) -> pl.Series | None:
        """USUBJID of DM; None if there is no DM."""
        dm = self.domains.get("DM")
        if dm is None or "USUBJID" not in dm.frame.columns or dm.frame.schema["USUBJID"] != pl.String:
            return None
        return dm.frame["USUBJID"].str.strip_chars()

    def _made_frame(self, name: str) -> pl.DataFrame:
        if name in self._frames:
            return self._frames[name]
        if name in self._underway:
            circle = " -> ".join([*self._underway[self._underway.index(name) :], name])
            raise PlanError(f"The frames {circle} are made of each other. Break the circle with a frame of their own.")
        self._underway.append(name)
        before = self.at_work, self.making
        self._frames[name] = self.run_steps(name, self.definitions.frames[name].steps)
        self.at_work, self.making = before
        self._underway.pop()
        return self._frames[name]

    def run_steps(self, name: str, steps: Sequence[PlannedStep]) -> pl.DataFrame:
        """The records that the steps make.

        Raises what a step raises; what polars refuses becomes a `DataError` that names the step.
        """
        from trialwright.derivation.steps import STEPS

        records, most, emptied_at = pl.DataFrame(), 0, ""
        for number, step in enumerate(steps, start=1):
            self.making = name
            self.at_work = f"step {number} (`{step.name}`) of {name}, {step.place}"
            try:
                records = STEPS[step.name].run(records, step.options, self)
            except (ConditionError, ExpressionError) as error:
                raise PlanError(f"{self.at_work[0].upper()}{self.at_work[1:]}: {error}") from error
            except TrialwrightError:
                raise
            except pl.exceptions.PolarsError as error:
                raise DataError(
                    f"{self.at_work[0].upper()}{self.at_work[1:]} cannot be done: {str(error).splitlines()[0]}. "
                    "Look whether the variables that it reads are there, and are of the type that it needs."
                ) from error
            most, self.offered = max(most, records.height, self.offered), 0
            if records.is_empty() and most and not emptied_at:
                emptied_at = self.at_work
            elif not records.is_empty():
                emptied_at = ""
        self.emptied_at, self.most_records, self._most[name] = emptied_at, most, most
        return records

    def without_lineage(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` without its lineage: what is joined from a dataset is traced through that dataset."""
        return frame.drop(LINEAGE, BASELINE_LINEAGE, strict=False)
