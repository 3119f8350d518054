"""Findings as an HTML report: what is wrong, where, how to mend it; one file without scripts or outside references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from trialwright.documents._html_style import FINDINGS_STYLE
from trialwright.documents.rules import RULES
from trialwright.findings import Finding, Rule, Severity

_NAMES = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}


def render_findings_html(
    findings: Sequence[Finding],
    *,
    title: str = "Verification report",
    about: Sequence[tuple[str, str]] = (),
    rules: Iterable[Rule] = RULES,
) -> str:
    """The report as HTML: counts by severity, then each broken rule with its findings, then the rules that hold.

    about  names and texts for the head of the report: the document, its digest, what it was compared with
    rules  those that were checked, in the order of the report; findings of other rules come last
    """
    checked = {rule.id: rule for rule in rules}
    broken: dict[str, list[Finding]] = {name: [] for name in checked}
    for finding in findings:
        broken.setdefault(finding.rule, []).append(finding)
    sections = "\n".join(_section(name, checked.get(name), found) for name, found in broken.items() if found)
    holds = [rule for rule in checked.values() if not broken[rule.id]]
    facts = " · ".join(f"{escape(name)}: {escape(text)}" for name, text in about)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{FINDINGS_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="about">{facts}</p>\n{_counts(findings)}\n{sections}\n{_holding(holds)}\n'
        "</main>\n</body>\n</html>\n"
    )


def _counts(findings: Sequence[Finding]) -> str:
    if not findings:
        return '<ul class="counts"><li class="good"><b>0</b>findings: every check holds</li></ul>'
    numbers = Counter(finding.severity for finding in findings)
    items = "".join(
        f'<li class="{severity.value}"><b>{numbers[severity]}</b>{name if numbers[severity] != 1 else name[:-1]}</li>'
        for severity, name in _NAMES.items()
        if numbers[severity]
    )
    return f'<ul class="counts">{items}</ul>'


def _section(name: str, rule: Rule | None, findings: list[Finding]) -> str:
    severity = findings[0].severity.value
    title = rule.title if rule else name
    source = f" — {escape(rule.source)}" if rule else ""
    rows = "\n".join(
        f"<tr><td>{escape(finding.where)}</td><td>{escape(finding.message)}{_evidence(finding)}</td>"
        f"<td>{escape(finding.remedy)}</td></tr>"
        for finding in findings
    )
    count = f"{len(findings)} finding{'s' if len(findings) != 1 else ''}"
    return (
        f'<section class="{severity}"><h2><span class="badge">{severity}</span>{escape(title)}</h2>\n'
        f'<p class="rule"><code>{escape(name)}</code> — {count}{source}</p>\n<div class="frame"><table>\n'
        "<thead><tr><th>Where</th><th>What</th><th>How to mend</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div></section>"
    )


def _evidence(finding: Finding) -> str:
    return f'<span class="evidence">{escape(finding.evidence)}</span>' if finding.evidence else ""


def _holding(rules: Sequence[Rule]) -> str:
    if not rules:
        return ""
    items = "".join(f"<li>{escape(rule.title)} <code>{escape(rule.id)}</code></li>" for rule in rules)
    return f"<section><h2>Checks without findings</h2>\n<ul>{items}</ul></section>"
