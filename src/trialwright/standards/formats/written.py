"""What becomes of a dataset that is to be written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trialwright.findings import Finding, Severity


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of a dataset that was to be written.

    paths     the files, none if an error kept the dataset from being written
    findings  what is wrong with it
    """

    paths: tuple[Path, ...]
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something could not be written whole."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
