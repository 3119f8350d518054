"""The one shape of a check's answer.

Whatever checks something (study definition, data, a document's numbers, a translation) returns a list of `Finding`s.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from io import StringIO


class Severity(StrEnum):
    """How much a finding matters: an error must be mended, a warning judged, a note known."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is checked.

    id        stable, such as `verify.changed-value`
    title     the sentence that must hold
    source    the guideline, standard or section that asks for it
    severity  of a violation
    """

    id: str
    title: str
    source: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation of one rule.

    rule      identifier of the `Rule`
    where     the place, as the user knows it (file, section, table and cell; dataset, USUBJID and sequence)
    message   what is wrong, in one sentence
    evidence  the value found beside the value expected
    remedy    how to mend it
    """

    rule: str
    severity: Severity
    where: str
    message: str
    evidence: str = ""
    remedy: str = ""

    @classmethod
    def of(cls, rule: Rule, *, where: str, message: str, evidence: str = "", remedy: str = "") -> Finding:
        """A violation of `rule`, with the rule's own severity."""
        return cls(rule=rule.id, severity=rule.severity, where=where, message=message, evidence=evidence, remedy=remedy)


def findings_to_json(findings: Iterable[Finding]) -> str:
    """The findings as a JSON array, in the given order, for machines."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def findings_to_csv(findings: Iterable[Finding]) -> str:
    """The findings as a table, in the given order, one a line below the names of the columns."""
    table = StringIO()
    columns = [field.name for field in fields(Finding)]
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(finding, column) for column in columns] for finding in findings)
    return table.getvalue()
