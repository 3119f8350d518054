"""Terms of adverse events in running text: the most frequent, those more frequent than in the control, those tested.

What counts as more frequent is the plan's `frequent_events`; it is judged on unrounded proportions.
"""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.plan import Analysis, FrequentEvents
from trialwright.documents.model import Block, ListBlock
from trialwright.results import Result
from trialwright.writing.compare import significance
from trialwright.writing.describe import by_arm, term
from trialwright.writing.evidence import Arm
from trialwright.writing.report import Report, alpha_ref, arm_ref, label_ref, plan_fact, running, sentence_case
from trialwright.writing.sentences import Inlines

_SHOWN_TERMS = 5


def ranked_terms(report: Report, analysis: Analysis) -> list[Result]:
    """For each innermost term that somebody has, most frequent first, a result that names outer terms and level."""
    innermost = analysis.variables[-1]
    arms = {(arm.variable, arm.value) for arm in report.evidence.arms_of(analysis)}
    counts: dict[tuple[object, ...], float] = {}
    example: dict[tuple[object, ...], Result] = {}
    for row in report.results.of_analysis(analysis.id):
        if row.variable != innermost or row.stat_name != "n" or row.variable_level is None:
            continue
        if arms and (not row.groups or row.groups[0] not in arms):
            continue
        outer = row.groups[1:] if arms else row.groups
        key = (*outer, row.variable_level)
        counts[key] = counts.get(key, 0.0) + (row.stat or 0.0)
        example.setdefault(key, row)
    ranked = sorted((key for key in counts if counts[key] > 0), key=lambda key: (-counts[key], str(key[-1])))
    return [example[key] for key in ranked]


def told_terms(report: Report, analysis: Analysis, ranked: list[Result]) -> list[Block]:
    """The terms with their numbers; the sentence before them says whether they are all or the most frequent ones."""
    shown = ranked[:_SHOWN_TERMS]
    lead = "terms-all" if len(shown) == len(ranked) else "terms-lead"
    return [
        *running(report.say(lead, label=label_ref(analysis))),
        ListBlock(items=tuple(_term_item(report, analysis, row) for row in shown)),
    ]


def _outer(report: Report, analysis: Analysis, row: Result) -> dict[str, str]:
    return dict(row.groups[1:] if report.evidence.arms_of(analysis) else row.groups)


def _term_item(report: Report, analysis: Analysis, row: Result) -> Inlines:
    level = row.variable_level or ""
    clauses = by_arm(
        report,
        analysis,
        "count-in-arm-short",
        ("n", "p"),
        variable=row.variable,
        variable_level=level,
        outer=_outer(report, analysis, row),
    )
    return report.say(
        "term-item", term=(term(row.result_id, sentence_case(level)),), values=report.say.listing(clauses)
    )


def more_frequent_terms(report: Report, analysis: Analysis) -> list[Block]:
    """For each arm, the terms that are common in it and more frequent than in the control, by the plan's thresholds."""
    limits = report.plan.frequent_events
    arms = report.evidence.arms_of(analysis)
    control = next((arm for arm in arms if arm.is_reference), None)
    if limits is None or control is None:
        return []
    shares = _shares_of_terms(report, analysis)
    blocks: list[Block] = []
    for arm in arms:
        if arm.is_reference:
            continue
        pairs = [
            (found[arm.value], found[control.value])
            for found in shares.values()
            if arm.value in found
            and control.value in found
            and is_more_frequent(limits, found[arm.value].stat, found[control.value].stat)
        ]
        pairs.sort(key=lambda pair: (-(pair[0].stat or 0.0), pair[0].variable_level or ""))
        blocks += running(_more_frequent(report, arm, control, limits, pairs))
    return blocks


def is_more_frequent(limits: FrequentEvents, share: float | None, control: float | None) -> bool:
    """Whether a proportion of patients is common, and above the control's by the thresholds."""
    if share is None or control is None:
        return False
    # Proportions are quotients of counts: a threshold that is met exactly must not fail by the last bit.
    slack = 1e-9
    return (
        share > control
        and 100 * share >= limits.percent - slack
        and 100 * (share - control) >= limits.excess - slack
        and share >= limits.times * control - slack
    )


def _more_frequent(
    report: Report, arm: Arm, control: Arm, limits: FrequentEvents, pairs: list[tuple[Result, Result]]
) -> Inlines:
    def limit(name: str, value: float) -> Inlines:
        return (plan_fact(f"frequent_events/{name}", f"{value:g}"),)

    items = [
        report.say(
            "term-with-shares",
            term=(term(share.result_id, sentence_case(share.variable_level or "")),),
            share=report.evidence.ref(share),
            control=report.evidence.ref(reference),
        )
        for share, reference in pairs
    ]
    return report.say(
        "terms-more-frequent" if items else "terms-none-more-frequent",
        arm=arm_ref(arm),
        versus=arm_ref(control),
        percent=limit("percent", limits.percent),
        has_excess="yes" if limits.excess > 0 else "no",
        excess=limit("excess", limits.excess),
        has_times="yes" if limits.times > 1 else "no",
        times=limit("times", limits.times),
        items=report.say.listing(items),
    )


def _shares_of_terms(report: Report, analysis: Analysis) -> Mapping[tuple[object, ...], dict[str, Result]]:
    """The proportion of patients with each innermost term, by arm."""
    arms = {(arm.variable, arm.value) for arm in report.evidence.arms_of(analysis)}
    shares: dict[tuple[object, ...], dict[str, Result]] = {}
    for row in report.results.of_analysis(analysis.id):
        is_term = row.variable == analysis.variables[-1] and row.variable_level is not None
        if row.stat_name == "p" and is_term and row.groups and row.groups[0] in arms:
            shares.setdefault((*row.groups[1:], row.variable_level), {})[row.groups[0][1]] = row
    return shares


def different_terms(report: Report, analysis: Analysis) -> list[Inlines]:
    """Terms with an unadjusted p-value below alpha, for each contrast that the plan tests."""
    sentences = []
    for contrast in report.evidence.contrasts(analysis):
        rows = [
            row
            for row in report.results.of_analysis(analysis.id)
            if row.stat_name == "p_value"
            and row.variable == analysis.variables[-1]
            and row.variable_level is not None
            and row.groups
            and row.groups[0][1] == contrast.level
        ]
        if not rows:
            continue
        found = [row for row in rows if significance(report, row) == "yes"]
        arms = {"arm": arm_ref(contrast.arm), "versus": arm_ref(contrast.versus), "alpha": alpha_ref(report)}
        if not found:
            sentences.append(report.say("terms-alike", **arms))
            continue
        items = [
            report.say(
                "term-with-p",
                term=(term(row.result_id, sentence_case(row.variable_level or "")),),
                p_text=report.say("p-value", p=report.evidence.ref(row)),
            )
            for row in sorted(found, key=lambda row: (row.stat or 0.0, row.variable_level or ""))
        ]
        sentences.append(report.say("terms-different", items=report.say.listing(items), **arms))
    return sentences
