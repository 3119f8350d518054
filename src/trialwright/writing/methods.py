"""Section 9.7: the statistical methods, told from the analysis plan; and their documentation for 16.1.9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialwright.analysis.methods.specs import METHOD_SPECS
from trialwright.analysis.plan import Analysis, OptionValue
from trialwright.analysis.plan_reader import thaw_options
from trialwright.documents.model import Block, FactTable, ListBlock
from trialwright.inlines import FactRef, Text, plain_text
from trialwright.writing.report import (
    Report,
    SectionWriter,
    alpha_ref,
    label_ref,
    plan_fact,
    running,
    section_ref,
    set_ref,
    variable_words,
)
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import bold, cell, from_protocol, planned_number, protocol_or_query

#: Purposes that the text takes together, in order, with the sentence that leads them in.
_GROUPS = (
    ("methods-primary", ("primary_efficacy", "primary_descriptive")),
    ("methods-secondary", ("secondary_efficacy", "secondary_descriptive")),
    ("methods-supportive", ("supportive_efficacy", "missing_data")),
    ("methods-multiplicity", ("multiplicity",)),
    ("methods-subgroups", ("subgroup",)),
    (
        "methods-patients",
        (
            "analysis_sets", "randomized", "treated", "completed", "discontinued", "discontinuation_reason",
            "demographics", "concomitant_medication", "exposure", "compliance",
        ),
    ),
    (
        "methods-safety",
        (
            "teae", "teae_any", "teae_related", "teae_serious", "teae_severe", "teae_discontinuation", "deaths",
            "laboratory", "vital_signs", "safety_other",
        ),
    ),
)  # fmt: skip
_TOLD_ONE_BY_ONE = (
    "methods-primary",
    "methods-secondary",
    "methods-supportive",
    "methods-multiplicity",
    "methods-subgroups",
)


def lead(report: Report) -> list[Block]:
    """9.7."""
    return running(report.say("methods-lead", plan=section_ref("9.7.1"), size=section_ref("9.7.2")))


def statistical_plan(report: Report) -> list[Block]:
    """9.7.1: level of significance, analysis sets, then each efficacy analysis and the others by method."""
    blocks = [
        *running(report.say("methods-general", alpha=alpha_ref(report), documentation=section_ref("16.1.9"))),
        *running(report.say("methods-sets")),
        _sets(report),
    ]
    for sentence, purposes in _GROUPS:
        analyses = [analysis for analysis in report.plan.analyses.values() if analysis.purpose in purposes]
        if not analyses:
            continue
        one_by_one = sentence in _TOLD_ONE_BY_ONE
        items = described(report, analyses) if one_by_one else _by_method(report, analyses)
        blocks += [*running(report.say(sentence)), ListBlock(items=tuple(items))]
    return [*blocks, *from_protocol(report, "statistical_methods", "missing_data")]


def _sets(report: Report) -> FactTable:
    header = tuple(cell(bold(report.say.text(name))) for name in ("set-name", "set-definition"))
    rows = [
        (
            cell((set_ref(report, found.id),)),
            cell(
                (plan_fact(f"analysis_sets/{found.id}/description", found.description),) if found.description else (),
                report.say("set-condition", condition=plan_fact(f"analysis_sets/{found.id}/condition", found.condition))
                if found.condition
                else report.say("set-everybody"),
            ),
        )
        for found in report.plan.analysis_sets.values()
    ]
    return FactTable(rows=(header, *rows), widths=(1.2, 3.0), has_header_column=True)


def described(report: Report, analyses: Sequence[Analysis]) -> list[Inlines]:
    """What was analysed, by which method and terms, in which set; analyses that differ in nothing else together."""
    methods: dict[tuple[str, str], Inlines] = {}
    labels: dict[tuple[str, str], dict[str, Inlines]] = {}
    for analysis in analyses:
        name = f"method-{analysis.method.replace('_', '-')}"
        method = report.say(name if report.say.has(name) else "method-other", **_terms(report, analysis))
        if analysis.intercurrent_events:
            method = report.say(
                "method-with-events", method=method, events=report.say.listing(_events(report, analysis))
            )
        key = (analysis.population, plain_text(method))
        methods.setdefault(key, method)
        label = label_ref(analysis)
        labels.setdefault(key, {}).setdefault(label.shown, (label,))
    return [
        report.say(
            "analysis-item",
            label=report.say.listing(list(labels[key].values())),
            method=method,
            set=set_ref(report, key[0]),
        )
        for key, method in methods.items()
    ]


def _terms(report: Report, analysis: Analysis) -> dict[str, str | Inlines]:
    """The arguments of a method's sentence: its terms, dose, strata, weights and contrasts, as far as it has any."""
    terms = [*_option(analysis, "factors"), *_option(analysis, "covariates")]
    strata = _option(analysis, "strata")
    dose = analysis.options.get("dose")
    weights = analysis.options.get("weights")
    grouping = report.evidence.grouping(analysis)
    groups: Inlines = ()
    if grouping is not None:
        groups = (plan_fact(f"groupings/{grouping.id}/label", (grouping.label or grouping.id).lower()),)
    return {
        **_all_options(report, analysis),
        "method": analysis.method,
        "has_terms": "yes" if terms else "no",
        "terms": _names(report, analysis, terms),
        "all_terms": report.say.listing([*([groups] if groups else []), *_runs(report, analysis, terms)]),
        "has_strata": "yes" if strata else "no",
        "strata": _names(report, analysis, strata),
        "has_dose": "yes" if dose else "no",
        "dose": _names(report, analysis, [str(dose)] if dose else []),
        "weights": str(weights) if weights else "none",
        "has_groups": "yes" if grouping else "no",
        "groups": groups,
    }


def _all_options(report: Report, analysis: Analysis) -> dict[str, str | Inlines]:
    """Every option of the method, defaults included, for the sentences that tell it.

    `option-NAME` selects by a word, a number, "yes", "no" or "none" (not given), `value-NAME` shows it; of a list of
    names `has-NAME` is "yes" or "no" and `names-NAME` shows it.
    """
    spec = METHOD_SPECS.get(analysis.method)
    if spec is None:
        return {}
    said: dict[str, str | Inlines] = {}
    for name, value in spec.options.model_validate(thaw_options(analysis.options)).model_dump().items():
        if isinstance(value, list):
            said[f"has_{name}"] = "yes" if value else "no"
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            said[f"names_{name}"] = _names(report, analysis, value)
        elif isinstance(value, bool):
            said[f"option_{name}"] = "yes" if value else "no"
        elif value is None or isinstance(value, str | int | float):
            shown = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
            # A variant's name in the catalogue has letters, digits and hyphens only.
            said[f"option_{name}"] = shown.replace("*", "-by-").replace("+", "-and-")
            said[f"value_{name}"] = (plan_fact(f"analyses/{analysis.id}/options/{name}", shown),)
    return said


def _events(report: Report, analysis: Analysis) -> list[Inlines]:
    """What was done about each intercurrent event."""
    return [
        report.say(
            f"event-{event.strategy.replace('_', '-')}",
            event=plan_fact(f"analyses/{analysis.id}/intercurrent_events/{number}/event", event.event),
        )
        for number, event in enumerate(analysis.intercurrent_events)
    ]


def _names(report: Report, analysis: Analysis, names: list[str]) -> Inlines:
    return report.say.listing(_runs(report, analysis, names))


def _runs(report: Report, analysis: Analysis, names: list[str]) -> list[Inlines]:
    return [(plan_fact(f"analyses/{analysis.id}/options/{name}", variable_words(report, name)),) for name in names]


def _option(analysis: Analysis, option: str) -> list[str]:
    value = analysis.options.get(option)
    return [str(name) for name in value] if isinstance(value, (tuple, list)) else []


def _by_method(report: Report, analyses: list[Analysis]) -> list[Inlines]:
    """The analyses of one chapter, those by the same method together."""
    grouped: dict[str, list[Analysis]] = {}
    for analysis in analyses:
        grouped.setdefault(analysis.method, []).append(analysis)
    items = []
    for method, members in grouped.items():
        name = f"summary-{method.replace('_', '-')}"
        labels = list(dict.fromkeys(label_ref(member).shown for member in members))
        first = {label_ref(member).shown: member for member in reversed(members)}
        items.append(
            report.say(
                name if report.say.has(name) else "summary-other",
                method=method,
                items=report.say.listing([(label_ref(first[label]),) for label in labels]),
            )
        )
    return items


def documentation(report: Report) -> FactTable:
    """Every analysis of the plan with method, dataset, set, records, variables and options: for 16.1.9."""
    names = ("doc-analysis", "doc-method", "doc-data", "doc-variables", "doc-options")
    header = tuple(cell(bold(report.say.text(name))) for name in names)
    rows = []
    for analysis in report.plan.analyses.values():
        path = f"analyses/{analysis.id}"
        where = (plan_fact(f"{path}/where", analysis.where),) if analysis.where else ()
        rows.append(
            (
                cell((plan_fact(f"{path}/id", analysis.id),), (label_ref(analysis),) if analysis.label else ()),
                cell(analysis.method),
                cell((Text(f"{analysis.dataset}, "), set_ref(report, analysis.population)), where),
                cell(", ".join(analysis.variables), _by(report, analysis)),
                cell(
                    *(
                        _option_line(analysis, name, value)
                        for name, value in analysis.options.items()
                        if _is_said(value)
                    ),
                    *(
                        (plan_fact(f"{path}/intercurrent_events/{number}", str(event)),)
                        for number, event in enumerate(analysis.intercurrent_events)
                    ),
                ),
            )
        )
    return FactTable(rows=(header, *rows), widths=(2.2, 1.2, 2.4, 1.6, 1.8), is_small=True)


def _by(report: Report, analysis: Analysis) -> Inlines:
    if not analysis.by:
        return ()
    return report.say("doc-by", groups=report.say.listing([(Text(name),) for name in analysis.by]))


def _is_said(value: OptionValue) -> bool:
    return value is not None and value != () and value != "" and value != {}


def _option_line(analysis: Analysis, name: str, value: OptionValue) -> Inlines:
    return (Text(f"{name}: "), FactRef(path=f"plan/analyses/{analysis.id}/options/{name}", shown=option_text(value)))


def option_text(value: OptionValue) -> str:
    """An option's value in one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {option_text(inner)}" for key, inner in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(
            f"({option_text(inner)})" if isinstance(inner, (tuple, list)) else option_text(inner) for inner in value
        )
    return str(value)


def sample_size(report: Report) -> list[Block]:
    """9.7.2."""
    number = planned_number(report)
    return [
        *running(report.say("planned-number", n=number) if number else ()),
        *protocol_or_query(report, "9.7.2", "sample-size", "sample_size"),
    ]


SECTIONS: dict[str, SectionWriter] = {"9.7": lead, "9.7.1": statistical_plan, "9.7.2": sample_size}
