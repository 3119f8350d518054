"""The analysis plan: which statistics are asked for, of which subjects and records, and how they are displayed.

These are the types; `trialwright.analysis.plan_reader` makes them of a YAML file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from trialwright.analysis.estimands import IntercurrentEvent
from trialwright.analysis.layout_figures import DisplaySpec

#: What an option of a method may be.
OptionValue: TypeAlias = "str | float | int | bool | tuple[OptionValue, ...] | Mapping[str, OptionValue] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSet:
    """Subjects: those of the subject dataset (ADSL) that fulfil `condition`; empty condition = all of them."""

    id: str
    label: str
    condition: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of a grouping: its value in the data, and the words for it (may hold line breaks)."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A variable whose levels part the subjects or records.

    variable   looked up in the analysed dataset, else in the subject dataset by USUBJID
    levels     in display order; a level without subjects stays, with counts of 0
    total      label of the pooled level that descriptive methods add ("Total"); None for none
    reference  value of the control level, if the grouping has one
    """

    id: str
    variable: str
    levels: tuple[Level, ...]
    label: str = ""
    total: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSelection:
    """One record of several: the first in an order.

    per    variables; of the records that are alike in all of them one is kept
    order  variables by which the first is found, with a - before those whose largest value comes first; missing values
           come last, and of records that are alike in all of them the one that stands first in the dataset is kept
    """

    per: tuple[str, ...]
    order: tuple[str, ...]

    @property
    def keys(self) -> tuple[tuple[str, bool], ...]:
        """The variables of `order`, each with whether its largest value comes first."""
        return tuple((name.removeprefix("-"), name.startswith("-")) for name in self.order)

    def __str__(self) -> str:
        """`one record per USUBJID: largest AVAL, smallest ADT`."""
        said = ", ".join(f"{'largest' if is_largest else 'smallest'} {name}" for name, is_largest in self.keys)
        return f"one record per {', '.join(self.per)}: {said}"

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables that it reads."""
        return (*self.per, *(name for name, _ in self.keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One request to one method.

    dataset     name of the dataset; its records are those of the subjects in `population` that fulfil `where`
    select      which of a subject's records count, if one of several does; after `where`
    variables   what is analysed; nested terms from outer to inner (AEBODSYS, AEDECOD)
    by          ids of groupings, outermost first; tests compare the levels of the first one
    purpose     what the report uses it for; see `PURPOSES`
    endpoint    id of the USDM endpoint it answers, if any
    better      "lower" or "higher": the direction that is good for the patient; None says nothing about it
    estimand    id of the USDM estimand that it estimates, if any
    intercurrent_events   with the strategy for each; the first that a record comes after decides about it
    """

    id: str
    method: str
    dataset: str
    population: str
    variables: tuple[str, ...]
    where: str = ""
    by: tuple[str, ...] = ()
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    label: str = ""
    purpose: str = "other"
    endpoint: str | None = None
    better: str | None = None
    select: RecordSelection | None = None
    estimand: str | None = None
    intercurrent_events: tuple[IntercurrentEvent, ...] = ()


#: What an analysis is for. The report chooses its sentences by purpose and method.
PURPOSES: Mapping[str, str] = {
    "analysis_sets": "number of subjects in an analysis set",
    "randomized": "subjects randomised",
    "treated": "subjects who took study drug",
    "completed": "subjects who completed the study or treatment",
    "discontinued": "subjects who did not complete",
    "discontinuation_reason": "reasons for not completing, by level",
    "protocol_deviations": "protocol deviations",
    "demographics": "baseline characteristic",
    "concomitant_medication": "prior and concomitant medication",
    "exposure": "duration or amount of exposure",
    "compliance": "treatment compliance",
    "primary_efficacy": "primary endpoint: the inference the trial was planned for",
    "primary_descriptive": "primary endpoint: descriptive statistics",
    "secondary_efficacy": "secondary endpoint: inference",
    "secondary_descriptive": "secondary endpoint: descriptive statistics",
    "supportive_efficacy": "sensitivity or supportive analysis of an efficacy endpoint",
    "missing_data": "sensitivity to missing data: imputation, tipping point",
    "multiplicity": "adjustment for several hypotheses",
    "subgroup": "efficacy in subgroups, and interactions with treatment",
    "teae": "treatment-emergent adverse events by system organ class and term",
    "teae_any": "subjects with any treatment-emergent adverse event",
    "teae_related": "related treatment-emergent adverse events",
    "teae_serious": "serious treatment-emergent adverse events",
    "teae_severe": "severe treatment-emergent adverse events",
    "teae_discontinuation": "adverse events leading to discontinuation",
    "deaths": "deaths",
    "laboratory": "laboratory values",
    "vital_signs": "vital signs",
    "safety_other": "another safety analysis",
    "listing": "listing of records",
    "other": "not used by the report's text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativePlan:
    """Whose narratives are written, and how. The defaults are what ICH E3 asks for.

    deaths, serious, discontinuations   subjects who died, had a serious adverse event, stopped for an adverse event
    subjects          further subjects, by USUBJID
    special_interest  condition on the records of adverse events (AE or ADAE); empty for none
    is_blinded        treatment and dose are not told: narratives before unblinding
    dates             "study_day": days relative to the first dose only, for disclosure; "date": dates as well
    figures           "all", "serious" (deaths and serious events only) or "none": who gets a profile
    """

    deaths: bool = True
    serious: bool = True
    discontinuations: bool = True
    subjects: tuple[str, ...] = ()
    special_interest: str = ""
    is_blinded: bool = False
    dates: str = "study_day"
    figures: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentEvents:
    """Which adverse events the report's text names as more frequent than in the control: those that fulfil all.

    percent  of the patients of an arm at least have the event
    excess   percentage points at least above the control
    times    the control's proportion at least
    """

    percent: float = 5.0
    excess: float = 0.0
    times: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPlan:
    """The plan.

    alpha            two-sided level of significance
    subject_dataset  one record per subject: ADSL
    analyses, displays   by id, in the order of the plan
    event_groups     groups of terms of special interest: by name, variable to the values that belong to it
    frequent_events  thresholds of the report's text on adverse events; None for no such sentences
    """

    title: str
    alpha: float
    analysis_sets: Mapping[str, AnalysisSet]
    groupings: Mapping[str, Grouping]
    analyses: Mapping[str, Analysis]
    displays: Mapping[str, DisplaySpec]
    subject_dataset: str = "ADSL"
    narratives: NarrativePlan = NarrativePlan()
    frequent_events: FrequentEvents | None = None
    event_groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    digest: str = ""
