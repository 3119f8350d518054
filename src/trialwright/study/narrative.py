"""The documents of a study as trees of sections, and how to find the section that speaks about something.

A protocol names its sections as its template does, so a section is found by meaning: `NARRATIVE_KEYS` has for each
meaning the titles under which templates (ICH M11, ICH E3, sponsors' own) speak about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from trialwright.study.facts import TextResolver
from trialwright.study.usdm import NarrativeContent, NarrativeContentItem, StudyDefinitionDocumentVersion
from trialwright.study.views import NarrativeSection

NARRATIVE_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "introduction": ("introduction", "background"),
        "rationale": ("study rationale", "purpose of trial", "rationale"),
        "benefit_risk": ("overall benefit risk conclusion", "benefit risk assessment", "benefit risk"),
        "study_design": ("description of trial design", "overall design", "summary of study design", "study design"),
        "control_groups": (
            "discussion of study design including the choice of control groups",
            "rationale for control type",
            "discussion of design and control",
            "scientific rationale for study design",
        ),
        "ethics_review": ("independent ethics committee", "ethical review", "ethics review"),
        "ethical_conduct": ("ethical conduct", "regulatory considerations", "regulatory and ethical considerations"),
        "informed_consent": ("informed consent", "patient information and consent"),
        "administrative_structure": ("administrative structure", "investigator information", "governance"),
        "committees": ("committees", "data monitoring committee"),
        "population": ("description of trial population", "entry procedures", "study population"),
        "removal": (
            "removal of subjects",
            "discontinuation of trial intervention",
            "discontinuations",
            "discontinuation from study treatment",
            "discontinuation criteria",
        ),
        "treatments_administered": (
            "treatments administered",
            "treatment administered",
            "administration of trial intervention",
            "tts administration procedures",
            "dosage and administration",
        ),
        "product_identity": (
            "identity of investigational products",
            "preparation handling storage",
            "materials and supplies",
            "packaging and labeling",
        ),
        "assignment": (
            "method of assigning",
            "method of treatment assignment",
            "patient assignment",
            "participant assignment",
            "randomization",
            "randomisation",
        ),
        "dose_selection": (
            "selection of doses in the study",
            "justification for dose",
            "dose selection",
            "rationale for dose",
        ),
        "dose_timing": ("selection and timing of dose", "timing of dose"),
        "blinding": ("blinding",),
        "concomitant_therapy": ("prior and concomitant therapy", "concomitant therapy"),
        "compliance": ("treatment compliance", "compliance"),
        "efficacy_measurements": ("efficacy measures", "efficacy assessments", "efficacy"),
        "safety_measurements": ("safety measures", "safety assessments", "safety"),
        "adverse_events": ("clinical adverse events", "adverse event reporting", "adverse events"),
        "laboratory": ("clinical laboratory tests", "laboratory tests", "clinical laboratory"),
        "vital_signs": ("vital sign determination", "vital signs"),
        "appropriateness": ("appropriateness and consistency of measurements", "appropriateness of measurements"),
        "primary_variable": ("primary efficacy variable", "primary efficacy assessments", "efficacy criteria"),
        "drug_concentration": ("drug concentration", "pharmacokinetics"),
        "data_quality": ("data quality assurance", "quality assurance", "quality management"),
        "statistical_methods": (
            "statistical and analytical plans",
            "statistical methodology",
            "general considerations",
            "statistical analyses",
            "statistical considerations",
            "data analysis methods",
        ),
        "analysis_sets": ("analysis sets", "populations for analyses", "qualifications for analysis"),
        "primary_analysis": ("primary efficacy analysis", "analysis of the primary"),
        "secondary_analyses": ("secondary efficacy analyses", "analysis of the secondary"),
        "safety_analyses": ("safety analyses", "statistical evaluation of safety"),
        "missing_data": ("missing data", "handling of dropouts"),
        "multiplicity": ("multiplicity", "multiple comparison", "nominal p value adjustments"),
        "subgroups": ("subgroup analyses", "examination of subgroups"),
        "interim_analyses": ("interim analyses", "interim efficacy analyses", "interim analysis"),
        "sample_size": ("sample size determination", "determination of sample size", "sample size"),
        "changes": ("changes in the conduct", "changes in the planned analyses"),
        "references": ("reference list", "references"),
    }
)


def normal_number(number: str | None) -> str:
    """A section number without white space and closing dots: `3.4.2.` is `3.4.2`."""
    return (number or "").strip().rstrip(".")


def normal_words(text: str | None) -> str:
    """The words of a title in small letters, parted by single spaces, without punctuation."""
    return " ".join(re.findall(r"[^\W_]+", (text or "").lower()))


def document_sections(
    version: StudyDefinitionDocumentVersion,
    items: Mapping[str, NarrativeContentItem],
    resolver: TextResolver,
) -> tuple[NarrativeSection, ...]:
    """The outermost sections of a document's version, each with its children.

    The tree follows `childIds`; sections that are nobody's child are outermost, in the order of the file. A section
    whose children lead back to it is not entered again.
    """
    contents = {content.id: content for content in version.contents}
    children = {child for content in version.contents for child in content.child_ids}

    def build(content: NarrativeContent, level: int, trail: frozenset[str]) -> NarrativeSection:
        item = items.get(content.content_item_id or "")
        path = f"{item.id}.text" if item else ""
        return NarrativeSection(
            id=content.id,
            name=content.name,
            number=normal_number(content.section_number),
            title=" ".join((content.section_title or "").split()),
            level=level,
            path=path,
            blocks=resolver.blocks(item.text, where=path) if item else (),
            children=tuple(
                build(contents[child], level + 1, trail | {child})
                for child in content.child_ids
                if child in contents and child not in trail
            ),
        )

    return tuple(
        build(content, 1, frozenset({content.id})) for content in version.contents if content.id not in children
    )


def find_by_title(sections: Iterable[NarrativeSection], words: str) -> NarrativeSection | None:
    """The first section with text whose title is `words`, else starts with them, else holds them."""
    wanted = normal_words(words)
    titled = [(normal_words(section.title), section) for section in sections if section.blocks]
    for fits in (str.__eq__, str.startswith, str.__contains__):
        for title, section in titled:
            if fits(title, wanted):
                return section
    return None
