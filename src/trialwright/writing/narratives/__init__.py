"""Patient narratives: facts from records, what the records contradict, and a profile of each patient."""

from trialwright.writing.narratives.chapter import (
    Narratives,
    gather_narratives,
    narratives_chapter,
    narratives_overview,
    write_narratives,
)
from trialwright.writing.narratives.consistency import RULES

__all__ = [
    "RULES",
    "Narratives",
    "gather_narratives",
    "narratives_chapter",
    "narratives_overview",
    "write_narratives",
]
