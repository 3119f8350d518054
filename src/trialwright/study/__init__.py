"""The study as USDM 4.0 describes it: read, navigate, check, write."""

from trialwright.study.checks import STUDY_RULES, check_study
from trialwright.study.durations import IsoDuration, parse_duration
from trialwright.study.example import example_path, example_study
from trialwright.study.facts import FactError, ReferenceProblem
from trialwright.study.files import read_usdm, write_usdm
from trialwright.study.narrative import NARRATIVE_KEYS
from trialwright.study.prose import TextBlock, TextImage, TextList, TextParagraph, TextTable, inlines_of
from trialwright.study.study import Study
from trialwright.study.timelines import study_day
from trialwright.study.views import (
    Criterion,
    Dose,
    Endpoint,
    Estimand,
    IntercurrentEvent,
    NarrativeSection,
    Objective,
    ScheduleNote,
    ScheduleOfActivities,
    Visit,
)

__all__ = [
    "NARRATIVE_KEYS",
    "STUDY_RULES",
    "Criterion",
    "Dose",
    "Endpoint",
    "Estimand",
    "FactError",
    "IntercurrentEvent",
    "IsoDuration",
    "NarrativeSection",
    "Objective",
    "ReferenceProblem",
    "ScheduleNote",
    "ScheduleOfActivities",
    "Study",
    "TextBlock",
    "TextImage",
    "TextList",
    "TextParagraph",
    "TextTable",
    "Visit",
    "check_study",
    "example_path",
    "example_study",
    "inlines_of",
    "parse_duration",
    "read_usdm",
    "study_day",
    "write_usdm",
]
