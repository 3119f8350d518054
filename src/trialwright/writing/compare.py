"""Sentences that compare: differences, intervals and tests, chosen by direction and significance.

Significance is judged on the unrounded p-value against the plan's two-sided alpha; the direction on the difference as
it is shown, so that no sentence calls "lower" what the reader sees as 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from trialwright.analysis.plan import Analysis
from trialwright.results import Result, ResultRef
from trialwright.writing.describe import by_arm, describe, reason
from trialwright.writing.evidence import Contrast
from trialwright.writing.report import Report, alpha_ref, arm_ref, label_ref
from trialwright.writing.sentences import Inlines


def significance(report: Report, result: Result | None) -> str:
    """ "yes" if the p-value is below the plan's alpha, "no" if it is not, "missing" where there is none."""
    if result is None or result.stat is None:
        return "missing"
    return "yes" if result.stat < report.plan.alpha else "no"


def direction(difference: ResultRef | None) -> str:
    """ "lower", "higher" or "equal" by the difference as shown; "missing" where there is none."""
    if difference is None or difference.value is None:
        return "missing"
    try:
        shown = Decimal(difference.shown.strip())
    except InvalidOperation:
        shown = Decimal(str(difference.value))
    if shown == 0:
        return "equal"
    return "lower" if shown < 0 else "higher"


def favor(analysis: Analysis, towards: str) -> str:
    """Whom a difference favors: "arm", "versus", or "unknown" where the plan does not say which direction is good."""
    if analysis.better is None or towards not in ("lower", "higher"):
        return "unknown"
    return "arm" if analysis.better == towards else "versus"


def compare(report: Report, analysis: Analysis) -> list[Inlines]:
    """Sentences on the comparison of arms that the analysis makes; none for a method that only describes."""
    writer = _WRITERS.get(analysis.method)
    return writer(report, analysis) if writer else []


def name_of_test(report: Report, analysis: Analysis) -> Inlines:
    """What the test of an analysis is called."""
    name = f"test-{analysis.method.replace('_', '-')}"
    return report.say(name if report.say.has(name) else "test-other")


def p_text(report: Report, result: Result) -> Inlines:
    """A p-value with its sign: "p = 0.0123"."""
    return report.say("p-value", p=report.evidence.ref(result))


def _ancova(report: Report, analysis: Analysis) -> list[Inlines]:
    sentences: list[Inlines] = []
    if analysis.options.get("dose"):
        sentences += _dose(report, analysis)
    clauses = by_arm(report, analysis, "lsmean-in-arm", ("lsmean", "se"))
    if clauses:
        sentences.append(report.say("lsmean-by-arm", label=label_ref(analysis), values=report.say.listing(clauses)))
    for contrast in report.evidence.contrasts(analysis):
        sentences += contrast_sentences(report, analysis, contrast, measure="measure-lsmean")
    return sentences


def _dose(report: Report, analysis: Analysis) -> list[Inlines]:
    variable = str(analysis.options["dose"])
    result = report.evidence.find(analysis, "p_value", variable=variable)
    if result is None:
        return []
    shown = p_text(report, result) if result.stat is not None else ()
    return [
        report.say(
            "dose-test",
            significance=significance(report, result),
            label=label_ref(analysis),
            alpha=alpha_ref(report),
            p_text=shown,
        )
    ]


def contrast_sentences(report: Report, analysis: Analysis, contrast: Contrast, *, measure: str) -> list[Inlines]:
    """Estimate and inference of one contrast: two sentences, or one where there is only a test."""
    evidence = report.evidence
    difference = evidence.find(analysis, "difference", level=contrast.level)
    p_value = evidence.find(analysis, "p_value", level=contrast.level)
    arms = {"arm": arm_ref(contrast.arm), "versus": arm_ref(contrast.versus)}
    if difference is None:
        return _test_only(report, analysis, contrast, p_value)
    shown = evidence.ref(difference)
    towards = direction(shown)
    estimate = report.say(
        "contrast-estimate",
        direction=towards,
        measure=report.say.text(measure),
        difference=shown,
        precision=_precision(report, analysis, contrast, p_value),
        **arms,
    )
    inference = report.say(
        "contrast-inference",
        significance=significance(report, p_value),
        favor=favor(analysis, towards),
        alpha=alpha_ref(report),
        **arms,
    )
    return [estimate, inference]


def brief(report: Report, analysis: Analysis) -> list[Inlines]:
    """The comparisons with the reference arm in one sentence, and for which arms they were significant.

    An analysis without estimated differences is told as `compare` tells it.
    """
    evidence = report.evidence
    found = [
        (contrast, difference)
        for contrast in evidence.contrasts(analysis)
        if contrast.versus.is_reference
        and (difference := evidence.find(analysis, "difference", level=contrast.level)) is not None
    ]
    if not found:
        return compare(report, analysis)
    values: list[Inlines] = []
    verdicts: dict[str, list[Inlines]] = {"yes": [], "no": [], "missing": []}
    for contrast, difference in found:
        arm = arm_ref(contrast.arm)
        p_value = evidence.find(analysis, "p_value", level=contrast.level)
        verdict = significance(report, p_value)
        if difference.stat is None:
            values.append(report.say("not-estimable-in-arm", arm=arm, **reason(report, difference)))
            continue
        shown = evidence.ref(difference)
        precision = _precision(report, analysis, contrast, p_value)
        values.append(report.say("difference-in-arm", arm=arm, difference=shown, precision=precision))
        whom = favor(analysis, direction(shown))
        named = report.say("arm-and-favor", arm=arm, versus=arm_ref(contrast.versus), favor=whom)
        verdicts[verdict].append(named if verdict == "yes" else (arm,))
    measure = "measure-lsmean" if analysis.method == "ancova" else "measure-value"
    told = [
        report.say(
            "brief-differences",
            label=label_ref(analysis),
            measure=report.say.text(measure),
            versus=arm_ref(found[0][0].versus),
            values=report.say.listing(values),
        )
    ]
    yes, no = verdicts["yes"], verdicts["no"]
    if yes or no:
        name = "brief-mixed" if yes and no else "brief-significant" if yes else "brief-not-significant"
        told.append(report.say(name, yes=report.say.listing(yes), no=report.say.listing(no), no_count=len(no)))
    return told


def _precision(report: Report, analysis: Analysis, contrast: Contrast, p_value: Result | None) -> Inlines:
    """Interval and p-value, as far as there are any."""
    evidence = report.evidence
    lower = evidence.find(analysis, "ci_lower", level=contrast.level)
    upper = evidence.find(analysis, "ci_upper", level=contrast.level)
    level = evidence.find(analysis, "conf_level", level=contrast.level) or evidence.find(analysis, "conf_level")
    parts: list[Inlines] = []
    if lower is not None and upper is not None:
        ends = {"lower": evidence.ref(lower), "upper": evidence.ref(upper)}
        parts.append(
            report.say("interval", conf_level=evidence.ref(level), **ends)
            if level is not None
            else report.say("interval-unknown-level", **ends)
        )
    if p_value is not None:
        parts.append(p_text(report, p_value))
    if not parts:
        return report.say("no-precision")
    return parts[0] if len(parts) == 1 else report.say("precision", interval=parts[0], p_text=parts[1])


def _test_only(report: Report, analysis: Analysis, contrast: Contrast, p_value: Result | None) -> list[Inlines]:
    if p_value is None:
        return []
    return [
        report.say(
            "contrast-test",
            significance=significance(report, p_value),
            arm=arm_ref(contrast.arm),
            versus=arm_ref(contrast.versus),
            alpha=alpha_ref(report),
            test=name_of_test(report, analysis),
            p_text=p_text(report, p_value),
        )
    ]


def overall_test(report: Report, analysis: Analysis) -> list[Inlines]:
    """The sentence on a test over all groups, and those on its contrasts."""
    sentences: list[Inlines] = []
    result = report.evidence.find(analysis, "p_value")
    if result is not None:
        sentences.append(
            report.say(
                "overall-test",
                significance=significance(report, result),
                alpha=alpha_ref(report),
                test=name_of_test(report, analysis),
                p_text=p_text(report, result),
                **reason(report, result),
            )
        )
    for contrast in report.evidence.contrasts(analysis):
        sentences += contrast_sentences(report, analysis, contrast, measure="measure-value")
    return sentences


_WRITERS: Mapping[str, Callable[[Report, Analysis], list[Inlines]]] = {
    "ancova": _ancova,
    "anova": overall_test,
    "chi_square": overall_test,
    "fisher_exact": overall_test,
    "logrank": overall_test,
}


def state(report: Report, analysis: Analysis) -> list[Inlines]:
    """All that the text says of one analysis: what was observed, and how the arms compare."""
    return [*describe(report, analysis), *compare(report, analysis)]
