"""Section 11.4.2: statistical and analytical issues of the efficacy analyses."""

from __future__ import annotations

from trialwright.analysis.plan import Analysis
from trialwright.documents.model import Block, ListBlock
from trialwright.inlines import FactRef
from trialwright.writing.compare import labeled, state
from trialwright.writing.report import (
    Report,
    SectionWriter,
    alpha_ref,
    label_ref,
    plan_fact,
    query,
    running,
    section_ref,
    set_ref,
    variable_words,
)
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import from_protocol

EFFICACY = ("primary_efficacy", "secondary_efficacy", "supportive_efficacy")
#: Options that name terms of a model, and the words for how they enter it.
_TERM_OPTIONS = {"factors": "", "covariates": "", "covariates_by_visit": "term-by-visit", "strata": "term-as-stratum"}


def issues(report: Report) -> list[Block]:
    """11.4.2: where the statistical methods are described."""
    return running(report.say("issues-lead", methods=section_ref("9.7.1"), documentation=section_ref("16.1.9")))


def covariates(report: Report) -> list[Block]:
    """11.4.2.1: the covariates of the models, from the plan."""
    labels: dict[tuple[tuple[str, str], ...], list[Inlines]] = {}
    for analysis in report.evidence.analyses(*EFFICACY):
        terms = tuple((name, option) for option in _TERM_OPTIONS for name in option_names(analysis, option))
        if terms:
            labels.setdefault(terms, []).append((label_ref(analysis),))
    items = [
        report.say(
            "model-terms",
            label=report.say.listing(members),
            terms=report.say.listing([_term(report, name, _TERM_OPTIONS[option]) for name, option in terms]),
        )
        for terms, members in labels.items()
    ]
    if not items:
        return running(report.say("no-covariates"))
    return [*running(report.say("covariates-lead")), ListBlock(items=tuple(items))]


def _term(report: Report, name: str, sentence: str) -> Inlines:
    """A term of a model, with how it enters."""
    term = (term_ref(report, name),)
    return report.say(sentence, term=term) if sentence else term


def term_ref(report: Report, name: str) -> FactRef:
    """A term of the efficacy models, in words."""
    return plan_fact(f"variables/{name}", variable_words(report, name))


def option_names(analysis: Analysis, option: str) -> list[str]:
    """Variables that an option of a method names."""
    value = analysis.options.get(option)
    return [str(name) for name in value] if isinstance(value, (tuple, list)) else []


def missing_data(report: Report) -> list[Block]:
    """11.4.2.2: imputation that the analyses' conditions show, and what the protocol says."""
    imputed = [analysis for analysis in report.evidence.analyses(*EFFICACY) if "DTYPE" in analysis.where]
    blocks = from_protocol(report, "missing_data")
    if imputed:
        blocks += running(
            report.say("dtype-analyses", items=report.say.listing([(label_ref(analysis),) for analysis in imputed]))
        )
    return [*blocks, *_told(report, "missing_data"), query(report, "11.4.2.2", "missing-data")]


def interim(report: Report) -> list[Block]:
    """11.4.2.3."""
    return [*from_protocol(report, "interim_analyses", "committees"), query(report, "11.4.2.3", "interim")]


def multicentre(report: Report) -> list[Block]:
    """11.4.2.4."""
    return [query(report, "11.4.2.4", "centres")]


def multiplicity(report: Report) -> list[Block]:
    """11.4.2.5: what the protocol says; the hypotheses as adjusted, else the level of each comparison."""
    told = _told(report, "multiplicity")
    return [
        *from_protocol(report, "multiplicity"),
        *(told or running(report.say("multiplicity", alpha=alpha_ref(report)))),
        query(report, "11.4.2.5", "multiplicity"),
    ]


def efficacy_subset(report: Report) -> list[Block]:
    """11.4.2.6: the analysis sets of the efficacy analyses."""
    used = dict.fromkeys(analysis.population for analysis in report.evidence.analyses(*EFFICACY))
    if not used:
        return [query(report, "11.4.2.6", "subset")]
    named = report.say.listing([(set_ref(report, population),) for population in used])
    if len(used) == 1:
        return running(report.say("one-efficacy-set", set=named, where=section_ref("11.1")))
    return [
        *running(report.say("efficacy-sets", sets=named, where=section_ref("11.1"))),
        query(report, "11.4.2.6", "subset"),
    ]


def equivalence(report: Report) -> list[Block]:
    """11.4.2.7: no analysis of the plan tests equivalence."""
    return running(report.say("not-applicable", reason=report.say("no-equivalence")))


def subgroups(report: Report) -> list[Block]:
    """11.4.2.8: what the protocol says; interactions, and comparisons within subgroups."""
    return [
        *from_protocol(report, "subgroups"),
        *_told(report, "subgroup"),
        query(report, "11.4.2.8", "subgroups"),
    ]


def _told(report: Report, purpose: str) -> list[Block]:
    """A paragraph for each analysis of a purpose."""
    blocks: list[Block] = []
    for analysis in report.evidence.analyses(purpose):
        if sentences := state(report, analysis):
            blocks += running(*labeled(report, analysis, sentences))
    return blocks


ISSUES: dict[str, SectionWriter] = {
    "11.4.2": issues,
    "11.4.2.1": covariates,
    "11.4.2.2": missing_data,
    "11.4.2.3": interim,
    "11.4.2.4": multicentre,
    "11.4.2.5": multiplicity,
    "11.4.2.6": efficacy_subset,
    "11.4.2.7": equivalence,
    "11.4.2.8": subgroups,
}
