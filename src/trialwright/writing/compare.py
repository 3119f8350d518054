"""Sentences that compare: differences, intervals and tests, chosen by direction and significance.

Significance is judged on the unrounded p-value against the plan's two-sided alpha; the direction on the difference as
it is shown, so that no sentence calls "lower" what the reader sees as 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from trialwright.analysis.plan import Analysis, OptionValue
from trialwright.inlines import FactRef
from trialwright.results import Result, ResultRef
from trialwright.writing.describe import by_arm, describe, reason
from trialwright.writing.evidence import Contrast
from trialwright.writing.report import Report, alpha_ref, arm_ref, label_ref, plan_fact, variable_words
from trialwright.writing.sentences import Inlines


def significance(report: Report, result: Result | None) -> str:
    """ "yes" if the p-value is below the plan's alpha, "no" if it is not, "missing" where there is none."""
    if result is None or result.stat is None:
        return "missing"
    return "yes" if result.stat < report.plan.alpha else "no"


def direction(estimate: ResultRef | None, *, null: int = 0) -> str:
    """ "lower", "higher" or "equal" by the estimate as shown; "missing" where there is none.

    null  the value of no effect: 0 of a difference, 1 of a ratio
    """
    if estimate is None or estimate.value is None:
        return "missing"
    try:
        shown = Decimal(estimate.shown.strip())
    except InvalidOperation:
        shown = Decimal(str(estimate.value))
    if shown == null:
        return "equal"
    return "lower" if shown < null else "higher"


def favor(analysis: Analysis, towards: str) -> str:
    """Whom a difference favors: "arm", "versus", or "unknown" where the plan does not say which direction is good."""
    if analysis.better is None or towards not in ("lower", "higher"):
        return "unknown"
    return "arm" if analysis.better == towards else "versus"


def compare(report: Report, analysis: Analysis) -> list[Inlines]:
    """Sentences on the comparison of arms that the analysis makes; none for a method that only describes."""
    return _WRITERS.get(analysis.method, _by_statistics)(report, analysis)


def name_of_test(report: Report, analysis: Analysis) -> Inlines:
    """What the test of an analysis is called."""
    name = f"test-{analysis.method.replace('_', '-')}"
    return report.say(name if report.say.has(name) else "test-other")


def p_text(report: Report, result: Result) -> Inlines:
    """A p-value with its sign: "p = 0.0123"; one that is adjusted for multiplicity is called so."""
    shown = report.say("p-value", p=report.evidence.ref(result))
    return report.say("adjusted", p_text=shown) if result.stat_name == "p_adjusted" else shown


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


#: What a comparison of two arms may estimate, and the value of no effect.
MEASURES: Mapping[str, int] = {
    "difference": 0,
    "hazard_ratio": 1,
    "odds_ratio": 1,
    "risk_ratio": 1,
    "rate_ratio": 1,
    "ratio": 1,
}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One contrast of an analysis: where its statistics are.

    variable  analysed; None for the analysis's only one
    outer     further groups of the results, such as the visit: variable to level
    stat      what is estimated; None where there is only a test
    """

    analysis: Analysis
    contrast: Contrast
    variable: str | None = None
    outer: Mapping[str, str] = field(default_factory=dict)
    stat: str | None = None

    def find(self, report: Report, stat_name: str) -> Result | None:
        """A statistic of the comparison."""
        groups = {self.contrast.arm.variable: self.contrast.level, **self.outer}
        return report.evidence.find(self.analysis, stat_name, groups=groups, variable=self.variable)

    def p_value(self, report: Report) -> Result | None:
        """The p-value; where the method adjusts it, the adjusted one."""
        return self.find(report, "p_adjusted") or self.find(report, "p_value")

    def measured(self, report: Report) -> Comparison:
        """With the measure that it has an estimate of."""
        stat = next((name for name in MEASURES if self.find(report, name) is not None), None)
        return replace(self, stat=stat)


def _by_statistics(report: Report, analysis: Analysis) -> list[Inlines]:
    """The contrasts that the results estimate, whatever the method; else its test, if the catalogue names it."""
    sentences: list[Inlines] = []
    for variable in analysis.variables:
        for contrast in report.evidence.contrasts(analysis):
            found = Comparison(analysis=analysis, contrast=contrast, variable=variable).measured(report)
            if found.stat is not None:
                sentences += comparison_sentences(report, found, measure=_measure(report, analysis, found.stat))
    if not sentences and report.say.has(f"test-{analysis.method.replace('_', '-')}"):
        return overall_test(report, analysis)
    return sentences


def _measure(report: Report, analysis: Analysis, stat: str) -> str:
    """What is compared, in words: by method and statistic, else by the statistic."""
    name = f"measure-{analysis.method.replace('_', '-')}-{stat.replace('_', '-')}"
    return name if report.say.has(name) else f"measure-{stat.replace('_', '-')}"


def _repeated(report: Report, analysis: Analysis) -> list[Inlines]:
    """A model for repeated measures: the LS means and contrasts at the last visit, else those over the visits."""
    outer = _last_visit(report, analysis)
    clauses = by_arm(report, analysis, "lsmean-in-arm", ("lsmean", "se"), outer=outer)
    sentences: list[Inlines] = []
    if clauses:
        label = _label_at(report, analysis, outer)
        sentences.append(report.say("lsmean-by-arm", label=label, values=report.say.listing(clauses)))
    for contrast in report.evidence.contrasts(analysis):
        found = Comparison(analysis=analysis, contrast=contrast, outer=outer, stat="difference")
        sentences += comparison_sentences(report, found, measure="measure-lsmean")
    return sentences


def _label_at(report: Report, analysis: Analysis, outer: Mapping[str, str]) -> Inlines:
    """The analysis's label with the visit; a label often names it, and a bare number would be no name for one."""
    label: Inlines = (label_ref(analysis),)
    for variable, level in outer.items():
        words = report.level(variable, level)
        if words.isdigit() or words.lower() in analysis.label.lower():
            continue
        label = report.say("label-at", label=label, visit=plan_fact(f"levels/{variable}/{level}", words))
    return label


def _tipping_points(report: Report, analysis: Analysis) -> list[Inlines]:
    """The penalty at which each comparison loses its significance at the last visit, if one of the penalties does."""
    outer = _last_visit(report, analysis, stat_name="tipping_point")
    sentences = []
    for contrast in report.evidence.contrasts(analysis):
        found = Comparison(analysis=analysis, contrast=contrast, outer=outer).find(report, "tipping_point")
        if found is None:
            continue
        arms = {"arm": arm_ref(contrast.arm), "versus": arm_ref(contrast.versus)}
        point = () if found.stat is None else report.evidence.ref(found)
        name = "tipping-point-none" if found.stat is None else "tipping-point"
        sentences.append(
            report.say(name, label=_label_at(report, analysis, outer), point=point, **arms, **reason(report, found))
        )
    return sentences


def _interactions(report: Report, analysis: Analysis) -> list[Inlines]:
    """The subgroups between which the effect of treatment differs, the others, and those that could not be tested."""
    found: dict[str, list[Inlines]] = {"yes": [], "no": [], "missing": []}
    for row in report.results.of_analysis(analysis.id):
        if row.stat_name != "p_value" or row.groups or row.variable is None:
            continue
        named = plan_fact(
            f"analyses/{analysis.id}/options/subgroups/{row.variable}", variable_words(report, row.variable)
        )
        verdict = significance(report, row)
        p_value = () if verdict == "missing" else p_text(report, row)
        item = report.say("interaction-item", subgroup=named, p_text=p_value) if p_value else (named,)
        found[verdict].append(item)
    names = {"yes": "interactions-different", "no": "interactions-alike", "missing": "interactions-missing"}
    return [
        report.say(names[verdict], label=label_ref(analysis), items=report.say.listing(items), alpha=alpha_ref(report))
        for verdict, items in found.items()
        if items
    ]


def _adjusted(report: Report, analysis: Analysis) -> list[Inlines]:
    """Which hypotheses a procedure on several p-values rejects, and which not."""
    verdicts: dict[str, list[Inlines]] = {"yes": [], "no": []}
    for name in hypotheses(analysis):
        rejected = report.evidence.find(analysis, "rejected", variable=name)
        p_value = report.evidence.find(analysis, "p_adjusted", variable=name)
        if rejected is None or p_value is None:
            continue
        words = _hypothesis(report, analysis, name)
        item = (
            report.say("hypothesis-item", hypothesis=words, p_text=p_text(report, p_value)) if p_value.stat else words
        )
        verdicts["yes" if rejected.stat else "no"].append(item)
    return [
        report.say(f"hypotheses-{verdict}", items=report.say.listing(items), count=len(items))
        for verdict, items in verdicts.items()
        if items
    ]


def hypotheses(analysis: Analysis) -> Mapping[str, Mapping[str, OptionValue]]:
    """The hypotheses that the options name, with what they say of each."""
    named = analysis.options.get("hypotheses")
    if not isinstance(named, Mapping):
        return {}
    return {name: found for name, found in named.items() if isinstance(found, Mapping)}


def _hypothesis(report: Report, analysis: Analysis, name: str) -> Inlines:
    """A hypothesis in words: what was analysed, unless the procedure's label says it, and which arms are compared."""
    said = hypotheses(analysis)[name]
    tested = report.plan.analyses.get(str(said.get("analysis")))
    contrast = said.get("contrast")
    if tested is None:
        return (plan_fact(f"analyses/{analysis.id}/options/hypotheses/{name}", name),)
    arms = {arm.value: arm for arm in report.evidence.arms_of(tested)}
    pair = [arms.get(str(level)) for level in contrast] if isinstance(contrast, tuple) else []
    if len(pair) != 2 or pair[0] is None or pair[1] is None:
        return (label_ref(tested),)
    named = {"arm": arm_ref(pair[0]), "versus": arm_ref(pair[1])}
    if tested.label and tested.label in analysis.label:
        return report.say("hypothesis-of-arms", **named)
    return report.say("hypothesis-contrast", label=label_ref(tested), **named)


def _last_visit(report: Report, analysis: Analysis, *, stat_name: str = "lsmean") -> dict[str, str]:
    visit = str(analysis.options.get("visit", "AVISITN"))
    levels = [
        level
        for row in report.results.of_analysis(analysis.id)
        if row.stat_name == stat_name
        for variable, level in row.groups
        if variable == visit
    ]
    return {visit: levels[-1]} if levels else {}


def contrast_sentences(report: Report, analysis: Analysis, contrast: Contrast, *, measure: str) -> list[Inlines]:
    """Estimate and inference of one difference: two sentences, or one where there is only a test."""
    found = Comparison(analysis=analysis, contrast=contrast)
    has_difference = found.find(report, "difference") is not None
    return comparison_sentences(report, replace(found, stat="difference" if has_difference else None), measure=measure)


def comparison_sentences(report: Report, compared: Comparison, *, measure: str) -> list[Inlines]:
    """Estimate and inference of one contrast: two sentences, or one where there is only a test.

    measure  the name of the words for what is compared
    """
    contrast = compared.contrast
    estimate = None if compared.stat is None else compared.find(report, compared.stat)
    p_value = compared.p_value(report)
    if estimate is None or compared.stat is None:
        return _test_only(report, compared.analysis, contrast, p_value)
    arms = {"arm": arm_ref(contrast.arm), "versus": arm_ref(contrast.versus)}
    shown = report.evidence.ref(estimate)
    in_percent = compared.stat == "difference" and shown.format.startswith("%")
    towards = direction(shown, null=MEASURES[compared.stat])
    told = report.say(
        "contrast-estimate",
        direction=towards,
        number="plural" if compared.stat == "odds_ratio" else "one",
        measure=report.say.text("measure-percent" if in_percent else measure),
        estimate=report.say.text("estimate-percent" if in_percent else f"estimate-{compared.stat.replace('_', '-')}"),
        difference=shown,
        precision=_precision(report, compared, p_value),
        **arms,
        **reason(report, estimate),
    )
    if p_value is None:
        return [told]
    inference = report.say(
        "contrast-inference",
        significance=significance(report, p_value),
        favor=favor(compared.analysis, towards),
        alpha=alpha_ref(report),
        **arms,
    )
    return [told, inference]


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
        precision = _precision(report, Comparison(analysis=analysis, contrast=contrast), p_value)
        values.append(report.say("difference-in-arm", arm=arm, difference=shown, precision=precision))
        whom = favor(analysis, direction(shown))
        named = report.say("arm-and-favor", arm=arm, versus=arm_ref(contrast.versus), favor=whom)
        verdicts[verdict].append(named if verdict == "yes" else (arm,))
    is_mean = analysis.method in ("ancova", "mmrm")
    in_percent = evidence.ref(found[0][1]).format.startswith("%")
    measure = "brief-lsmean" if is_mean else "brief-percent" if in_percent else "measure-value"
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


def _precision(report: Report, compared: Comparison, p_value: Result | None) -> Inlines:
    """Interval and p-value, as far as there are any."""
    evidence = report.evidence
    lower, upper = compared.find(report, "ci_lower"), compared.find(report, "ci_upper")
    level = compared.find(report, "conf_level") or evidence.find(compared.analysis, "conf_level")
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
                label=label_ref(analysis),
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
    "cmh": overall_test,
    "fisher_exact": overall_test,
    "logrank": overall_test,
    "mmrm": _repeated,
    "multiple_imputation": _repeated,
    "tipping_point": _tipping_points,
    "interaction": _interactions,
    **dict.fromkeys(
        ("bonferroni", "holm", "hochberg", "hommel", "fixed_sequence", "gatekeeping", "graphical"), _adjusted
    ),
}


def state(report: Report, analysis: Analysis) -> list[Inlines]:
    """All that the text says of one analysis: what was observed, and how the arms compare."""
    return [*describe(report, analysis), *compare(report, analysis)]


def labeled(report: Report, analysis: Analysis, sentences: list[Inlines]) -> list[Inlines]:
    """The sentences on an analysis, with its label before them where they do not begin with it themselves."""
    first = sentences[0][0] if sentences and sentences[0] else None
    if isinstance(first, FactRef) and first.path.startswith(f"plan/analyses/{analysis.id}/"):
        return sentences
    return [report.say("for-label", label=label_ref(analysis)), *sentences]
