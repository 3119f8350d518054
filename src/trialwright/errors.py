"""The exception tree: misuse raises one of these; bad data becomes findings instead.

Every message says what, where, why and how to mend. The command line prints the message alone and exits with 2.
"""

from __future__ import annotations

from collections.abc import Iterable


class TrialwrightError(Exception):
    """Root of every error that Trialwright raises on purpose."""


class StudyError(TrialwrightError):
    """A study definition cannot be read or lacks what a step needs."""


class PlanError(TrialwrightError):
    """The analysis plan asks for something that cannot be done."""


class ConditionError(PlanError):
    """A condition cannot be parsed, or does not fit the dataset it is applied to."""


class DesignError(TrialwrightError):
    """A design that cannot be: which value, why, and what would work."""


class DataError(TrialwrightError):
    """A dataset cannot be read or cannot serve the step that needs it."""


class MissingDatasetError(DataError):
    """A step needs a dataset that is not there."""

    def __init__(self, *, dataset: str, needed_by: str, present: Iterable[str]) -> None:
        self.dataset = dataset
        there = ", ".join(sorted(present)) or "none"
        super().__init__(
            f"There is no dataset {dataset}, which {needed_by} reads. There are: {there}. "
            f"Add {dataset} to the data folder, or take out what reads it."
        )


class MissingVariableError(DataError):
    """A dataset lacks a variable that a step reads."""

    def __init__(self, *, dataset: str, variable: str, needed_by: str, present: Iterable[str]) -> None:
        self.dataset, self.variable = dataset, variable
        super().__init__(
            f"{dataset} has no variable {variable}, which {needed_by} reads. It has: {', '.join(present)}. "
            f"Derive {variable} in {dataset}, or take out what reads it."
        )


class VariableTypeError(DataError):
    """A variable has a type that a step cannot use."""

    def __init__(self, *, dataset: str, variable: str, needed_by: str, expected: str, actual: str) -> None:
        self.dataset, self.variable = dataset, variable
        super().__init__(
            f"{dataset}.{variable} is {actual}, but {needed_by} needs {expected}. "
            f"Use the {expected} counterpart of {variable}, or convert it when {dataset} is derived."
        )


class ResultError(TrialwrightError):
    """A result that something refers to does not exist, or two results share a name."""


class DocumentError(TrialwrightError):
    """A document cannot be written or read."""


class WorkspaceError(TrialwrightError):
    """The study folder lacks something, or an edited file would be overwritten."""


class ExecutionError(TrialwrightError):
    """Work cannot run where it was asked to: no workers, a worker that died, work that cannot be sent."""
