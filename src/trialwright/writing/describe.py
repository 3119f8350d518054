"""Sentences that describe: what was observed in each arm, by the method that gave the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trialwright.analysis.plan import Analysis
from trialwright.inlines import FactRef, Inline, Text
from trialwright.results import Result
from trialwright.writing.evidence import Arm
from trialwright.writing.report import Report, arm_ref, label_ref, plan_fact
from trialwright.writing.sentences import Inlines

SUBJECT = "USUBJID"


def term(result_id: str, words: str) -> Inline:
    """A level of a variable (a coded term, a category) in running text; one with digits is a reference."""
    if any(letter.isdigit() for letter in words):
        return FactRef(path=f"result/{result_id}/level", shown=words)
    return Text(words)


def by_arm(
    report: Report,
    analysis: Analysis,
    sentence: str,
    stats: tuple[str, ...],
    *,
    variable: str | None = None,
    variable_level: str | None = None,
    outer: Mapping[str, str] | None = None,
    missing: str = "not-estimable-in-arm",
) -> list[Inlines]:
    """One clause for each arm that the analysis has results for (one alone where it compares no arms).

    sentence   its name in the catalogue; it gets `$arm` and the statistics
    stats      the first decides: where it has no number, the clause says so, with the reason that the method gave
    outer      levels of outer terms, beside the arm
    missing    the clause for an arm where the first statistic has no number
    """
    clauses: list[Inlines] = []
    arms: tuple[Arm | None, ...] = report.evidence.arms_of(analysis) or (None,)
    for arm in arms:
        groups = ({arm.variable: arm.value} if arm else {}) | dict(outer or {})
        found = {
            stat: report.evidence.find(analysis, stat, groups=groups, variable=variable, variable_level=variable_level)
            for stat in stats
        }
        decisive = found[stats[0]]
        if decisive is None:
            continue
        named = (arm_ref(arm),) if arm else report.say("all-patients")
        if decisive.stat is None:
            clauses.append(report.say(missing, arm=named, **reason(report, decisive)))
            continue
        references = {stat: report.evidence.ref(result) for stat, result in found.items() if result is not None}
        absent = {stat: report.say("not-estimable") for stat, result in found.items() if result is None}
        clauses.append(report.say(sentence, arm=named, **references, **absent))
    return clauses


def reason(report: Report, result: Result) -> dict[str, str | Inlines]:
    """The arguments that tell why a statistic has no number: `has_reason`, and `reason` in the method's words."""
    if not result.warnings:
        return {"has_reason": "no", "reason": ""}
    return {
        "has_reason": "yes",
        "reason": (FactRef(path=f"result/{result.result_id}/warnings", shown=result.warnings),),
    }


def describe(report: Report, analysis: Analysis) -> list[Inlines]:
    """Sentences on what was observed in each arm; none for a method that only compares, or with further groupings.

    Results by visit or another second grouping are told by their displays: a sentence for each would be a table.
    """
    writer = _WRITERS.get(analysis.method)
    if writer is None or len(analysis.by) > 1:
        return []
    return [sentence for variable in analysis.variables for sentence in writer(report, analysis, variable)]


def variable_label(report: Report, analysis: Analysis, variable: str) -> FactRef:
    """What is analysed: the analysis's label; with the variable, in words, where it has several."""
    if len(analysis.variables) == 1 or variable == SUBJECT:
        return label_ref(analysis)
    name = f"variable-{variable}"
    words = report.say.text(name) if report.say.has(name) else variable
    shown = f"{analysis.label}, {words}" if analysis.label else words
    return plan_fact(f"analyses/{analysis.id}/variables/{variable}", shown)


def _continuous(report: Report, analysis: Analysis, variable: str) -> list[Inlines]:
    clauses = by_arm(report, analysis, "mean-in-arm", ("mean", "sd", "n"), variable=variable)
    if not clauses:
        return []
    return [
        report.say("mean-by-arm", label=variable_label(report, analysis, variable), values=report.say.listing(clauses))
    ]


def _counts(report: Report, analysis: Analysis, variable: str) -> list[Inlines]:
    levels = report.evidence.levels(analysis, variable)
    if variable == SUBJECT or not levels:
        clauses = by_arm(report, analysis, "count-in-arm", ("n", "N", "p"), variable=variable)
        if not clauses:
            return []
        if is_nobody(report, analysis, variable):
            return [report.say("nobody", label=variable_label(report, analysis, variable))]
        return [
            report.say(
                "count-by-arm", label=variable_label(report, analysis, variable), values=report.say.listing(clauses)
            )
        ]
    sentences = []
    for level in levels:
        clauses = by_arm(report, analysis, "count-in-arm", ("n", "N", "p"), variable=variable, variable_level=level)
        if clauses and not is_nobody(report, analysis, variable, level):
            sentences.append(
                report.say(
                    "level-by-arm",
                    label=variable_label(report, analysis, variable),
                    level=(term(f"{analysis.id}/{variable}", report.level(variable, level)),),
                    values=report.say.listing(clauses),
                )
            )
    return sentences


def is_nobody(report: Report, analysis: Analysis, variable: str | None = None, level: str | None = None) -> bool:
    """Whether a count is 0 in every arm (or overall, where no arms are compared)."""
    arms: tuple[Arm | None, ...] = report.evidence.arms_of(analysis) or (None,)
    counts = [
        found.stat
        for arm in arms
        if (
            found := report.evidence.find(
                analysis, "n", level=arm.value if arm else None, variable=variable, variable_level=level
            )
        )
    ]
    return bool(counts) and not any(counts)


def _incidence(report: Report, analysis: Analysis, variable: str) -> list[Inlines]:
    """Subjects with any term; the terms themselves are told by the chapter on safety."""
    if variable != analysis.variables[0]:
        return []
    return _counts(report, analysis, SUBJECT)


def _survival(report: Report, analysis: Analysis, variable: str) -> list[Inlines]:
    events = by_arm(report, analysis, "events-in-arm", ("events", "n"), variable=variable)
    medians = by_arm(
        report,
        analysis,
        "median-in-arm",
        ("median", "median_ci_lower", "median_ci_upper", "conf_level"),
        variable=variable,
        missing="median-not-reached",
    )
    sentences = []
    if events:
        sentences.append(report.say("events-by-arm", label=label_ref(analysis), values=report.say.listing(events)))
    if medians:
        sentences.append(report.say("median-by-arm", label=label_ref(analysis), values=report.say.listing(medians)))
    return sentences


_WRITERS: Mapping[str, Callable[[Report, Analysis, str], list[Inlines]]] = {
    "descriptive": _continuous,
    "count": _counts,
    "incidence": _incidence,
    "kaplan_meier": _survival,
}


def order_of(report: Report, values: list[tuple[Arm, Result]]) -> Inlines:
    """A sentence on which arm has the highest and which the lowest value, as shown; ties are said to be ties.

    Nothing for fewer than two arms, or where an arm has no number.
    """
    if len(values) < 2 or any(result.stat is None for _, result in values):
        return ()
    shown = {arm.value: report.evidence.ref(result).shown for arm, result in values}
    ordered = sorted(values, key=lambda pair: pair[1].stat or 0.0, reverse=True)
    if len(set(shown.values())) == 1:
        return report.say("order-equal")
    highest = [arm for arm, _ in ordered if shown[arm.value] == shown[ordered[0][0].value]]
    lowest = [arm for arm, _ in ordered if shown[arm.value] == shown[ordered[-1][0].value]]
    return report.say(
        "order-of-arms",
        highest=report.say.listing([(arm_ref(arm),) for arm in highest]),
        lowest=report.say.listing([(arm_ref(arm),) for arm in lowest]),
        highest_count=len(highest),
        lowest_count=len(lowest),
    )
