"""Findings for people: a thousand equal ones are one line with a count and the first examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trialwright.findings import Finding, Severity

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedFindings:
    """The findings of one rule that say the same of one dataset.

    dataset   what `where` of the findings starts with
    message   what is wrong
    count     how many findings there are
    examples  the first of them
    """

    rule: str
    severity: Severity
    dataset: str
    message: str
    count: int
    examples: tuple[Finding, ...]


def fold_findings(findings: Iterable[Finding], *, examples: int = 3) -> list[FoldedFindings]:
    """The findings folded by rule, dataset and message, with their first `examples`; errors first, then warnings.

    Within a severity they come in the order of the findings.
    """
    groups: dict[tuple[str, Severity, str, str], list[Finding]] = {}
    counts: dict[tuple[str, Severity, str, str], int] = {}
    for finding in findings:
        dataset = finding.where.partition(",")[0]
        key = (finding.rule, finding.severity, dataset, finding.message)
        kept = groups.setdefault(key, [])
        counts[key] = counts.get(key, 0) + 1
        if len(kept) < examples:
            kept.append(finding)
    folded = [
        FoldedFindings(
            rule=rule,
            severity=severity,
            dataset=dataset,
            message=message,
            count=counts[rule, severity, dataset, message],
            examples=tuple(kept),
        )
        for (rule, severity, dataset, message), kept in groups.items()
    ]
    return sorted(folded, key=lambda fold: _ORDER[fold.severity])
