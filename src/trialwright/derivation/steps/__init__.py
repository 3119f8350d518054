"""The steps that a specification of derivations may name, by topic; `STEPS` has all of them."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.steps import (
    core,
    grades,
    laboratory,
    measurements,
    questionnaires,
    subjects,
    times,
    treatment,
    windows,
)

_TOPICS = (core, grades, laboratory, measurements, questionnaires, subjects, times, treatment, windows)

#: Every step by its name.
STEPS: Mapping[str, Step] = {name: step for topic in _TOPICS for name, step in topic.STEPS.items()}

__all__ = ["STEPS"]
