"""Reads what the plan says about patient narratives: the section `narratives` of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from trialwright.analysis.plan import NarrativePlan
from trialwright.conditions import ConditionSyntaxError, parse_condition
from trialwright.marked_yaml import Border, Node, Problems, Text, validate

if TYPE_CHECKING:
    from collections.abc import Sequence


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class _Narratives(Border):
    deaths: bool = True
    serious: bool = True
    discontinuations: bool = True
    subjects: Annotated[list[Text], BeforeValidator(_as_list)] = Field(default_factory=list)
    special_interest: str = ""
    blinded: bool = False
    dates: Literal["study_day", "date"] = "study_day"
    figures: Literal["all", "serious", "none"] = "all"


def read_narratives(node: Node | None, problems: Problems) -> NarrativePlan:
    """The section `narratives` of a plan; what is wrong with it is added to `problems`."""
    if node is None or not isinstance(node.value, dict):
        return NarrativePlan()
    condition = node.get("special_interest")
    if condition is not None and isinstance(condition.value, str) and condition.value:
        try:
            parse_condition(condition.value)
        except ConditionSyntaxError as error:
            problems.add(
                condition,
                f"the condition {error.text!r} goes wrong at its character {error.position + 1}: {error.reason}",
            )
    subjects: Sequence[Node] = list(node["subjects"]) if node.get("subjects") is not None else ()
    seen: set[str] = set()
    for subject in subjects:
        if str(subject.value) in seen:
            problems.add(subject, f"the subject {subject.value!r} is named twice.")
        seen.add(str(subject.value))
    read = validate(node, _Narratives, problems)
    if read is None:
        return NarrativePlan()
    return NarrativePlan(
        deaths=read.deaths,
        serious=read.serious,
        discontinuations=read.discontinuations,
        subjects=tuple(read.subjects),
        special_interest=read.special_interest,
        is_blinded=read.blinded,
        dates=read.dates,
        figures=read.figures,
    )
