"""How an analysis deals with intercurrent events: the strategies of ICH E9(R1) as options of any analysis.

- treatment policy: values count whatever happened; nothing changes;
- hypothetical: values after the event count as missing, to be dealt with by the analysis (a mixed model for repeated
  measures, multiple imputation), as if the event had not occurred;
- composite: the event is part of the outcome: values after it are replaced by that of a failure;
- while on treatment: records after the event are left out; with `select` the last one before it is analysed.

A principal stratum (the patients in whom the event would not occur under either treatment) is not among them: no
condition on observed data selects it.

Source: ICH E9(R1), Addendum on estimands and sensitivity analysis in clinical trials, 2019, A.3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from trialwright.analysis.methods.options import Number, VariableName
from trialwright.conditions import parse_condition
from trialwright.marked_yaml import Border

Strategy: TypeAlias = Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment"]

#: The strategies in words.
STRATEGY_WORDS: Mapping[str, str] = {
    "treatment_policy": "treatment policy",
    "hypothetical": "hypothetical",
    "composite": "composite",
    "while_on_treatment": "while on treatment",
}
_SUBJECT = "USUBJID"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercurrentEvent:
    """An intercurrent event of an analysis, and its strategy.

    event     words for it
    after     condition on the analysed records: those that come after the event; empty for treatment policy
    subjects  condition on the subject dataset: who had the event; empty if it is not told
    missing   variables whose values after the event count as missing (hypothetical)
    failure   variables with the values that take the place of theirs after the event (composite)
    """

    event: str
    strategy: Strategy
    after: str = ""
    subjects: str = ""
    missing: tuple[str, ...] = ()
    failure: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[str, ...]:
        """The variables whose values it changes."""
        return (*self.missing, *self.failure)

    def __str__(self) -> str:
        """`rescue medication: hypothetical (CHG missing where ADT > RESCDT)`."""
        effect = {
            "hypothetical": f"{', '.join(self.missing)} missing",
            "composite": ", ".join(f"{name} = {shown_value(value)}" for name, value in self.failure.items()),
            "while_on_treatment": "records left out",
        }.get(self.strategy)
        how = "" if effect is None else f" ({effect} where {self.after})"
        return f"{self.event}: {STRATEGY_WORDS[self.strategy]}{how}"


def shown_value(value: str | float) -> str:
    """A value that takes the place of another, as one reads it."""
    return value if isinstance(value, str) else f"{value:g}"


def described(events: Sequence[IntercurrentEvent]) -> str:
    """The events as the method of a result names them; empty if there are none."""
    return f", intercurrent events [{'; '.join(str(event) for event in events)}]" if events else ""


def variables_of(events: Sequence[IntercurrentEvent]) -> Iterator[str]:
    """The variables that the strategies read or change."""
    for event in events:
        yield from event.changed
        yield from parse_condition(event.after).variables


class IntercurrentEventModel(Border):
    """An intercurrent event as a plan gives it."""

    event: Annotated[str, Field(min_length=1)]
    strategy: str
    from_: Annotated[str, Field(alias="from")] = ""
    subjects: str = ""
    variables: Annotated[
        list[VariableName], BeforeValidator(lambda value: value if isinstance(value, list) else [value])
    ] = Field(default_factory=list)
    failure_value: str | Number | dict[VariableName, str | Number] | None = None

    def problems(self, analyzed: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What is wrong with it: the key where it stands, and why. `analyzed`: the variables of the analysis."""
        if self.strategy == "principal_stratum":
            yield (
                "strategy",
                "principal_stratum is not supported: no condition on observed data selects the subjects in whom the "
                "event would not occur under either treatment. Choose another strategy, or define an analysis set.",
            )
        elif self.strategy not in STRATEGY_WORDS:
            yield "strategy", f"{self.strategy!r} is no strategy. There are: {', '.join(STRATEGY_WORDS)}."
        else:
            yield from self._misplaced(analyzed)

    def _misplaced(self, analyzed: Sequence[str]) -> Iterator[tuple[str, str]]:
        if self.strategy != "treatment_policy" and not self.from_.strip():
            yield (
                "strategy",
                f"the strategy {self.strategy} needs 'from': a condition that records after the event fulfil.",
            )
        if self.variables and self.strategy != "hypothetical":
            yield "variables", f"only the strategy hypothetical takes 'variables', not {self.strategy}."
        if (self.failure_value is not None) != (self.strategy == "composite"):
            key = "strategy" if self.failure_value is None else "failure_value"
            yield key, "the strategy composite, and no other, takes a 'failure_value' for values after the event."
        if _SUBJECT in self._to_event(analyzed).changed:
            yield (
                "strategy",
                f"{_SUBJECT} cannot be changed: name the variables that are, as 'variables' or as "
                "'failure_value: {VARIABLE: value}'.",
            )

    def _to_event(self, analyzed: Sequence[str]) -> IntercurrentEvent:
        value = self.failure_value
        failure: Mapping[str, str | float] = {}
        if self.strategy == "composite" and value is not None:
            failure = value if isinstance(value, dict) else dict.fromkeys(analyzed, value)
        return IntercurrentEvent(
            event=self.event,
            strategy=self.strategy,  # type: ignore[arg-type]  # `problems` has refused any other word
            after=self.from_.strip(),
            subjects=self.subjects.strip(),
            missing=tuple(self.variables or analyzed) if self.strategy == "hypothetical" else (),
            failure=failure,
        )

    def to_event(self, analyzed: Sequence[str]) -> IntercurrentEvent:
        """The event; of a model without `problems`."""
        return self._to_event(analyzed)
