"""Typed, frozen records of the parts of USDM 4.0 that Trialwright uses, named as USDM names them.

Attributes are USDM's in snake case (`plannedEnrollmentNumber` is `planned_enrollment_number`). A record holds what the
file says, nothing resolved: references are identifiers, texts may hold HTML and `<usdm:ref>` tags. `Study` resolves
them. What is not modelled here is not lost: `Study` keeps the whole tree that it was read from.

Source: CDISC/TransCelerate DDF, USDM 4.0 API schema (USDM_API.json); required attributes are required here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


def camel_case(name: str) -> str:
    """`planned_enrollment_number` as USDM spells it: `plannedEnrollmentNumber`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An instance of a USDM class. `id` is unique in the file."""

    # Read by pydantic at the border. Unknown attributes are ignored here because the tree keeps them.
    __pydantic_config__: ClassVar[Any] = {"alias_generator": camel_case, "extra": "ignore"}

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRecord(Record):
    """A record with a name, and perhaps a label and a description."""

    name: str
    label: str | None = None
    description: str | None = None

    @property
    def shown(self) -> str:
        """The words for a reader: the label, else the name."""
        return (self.label or "").strip() or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Record):
    """A term of a code system; `decode` is its preferred words."""

    code: str
    code_system: str
    code_system_version: str
    decode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasCode(Record):
    """A term with its standard code and other codes for the same thing."""

    standard_code: Code
    standard_code_aliases: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity(Record):
    """A value with its unit; no unit is a count."""

    value: float
    unit: AliasCode | None = None
    instance_type: Literal["Quantity"] = "Quantity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Record):
    """A smallest and a largest value."""

    min_value: Quantity
    max_value: Quantity
    is_approximate: bool
    instance_type: Literal["Range"] = "Range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration(Record):
    """How long something lasts."""

    text: str | None = None
    quantity: Quantity | Range | None = None
    duration_will_vary: bool
    reason_duration_will_vary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentAnnotation(Record):
    """A note."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Record):
    """A postal address."""

    text: str | None = None
    lines: tuple[str, ...] = ()
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySite(NamedRecord):
    """A site that an organization manages."""

    country: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization(NamedRecord):
    """A sponsor, registry, laboratory, contract research organization, ..."""

    type: Code
    identifier_scheme: str
    identifier: str
    legal_address: Address | None = None
    managed_sites: tuple[StudySite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName(Record):
    """A person's name."""

    text: str | None = None
    family_name: str | None = None
    given_names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedPerson(NamedRecord):
    """A person in a role."""

    person_name: PersonName
    job_title: str
    organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking(Record):
    """Whether and how a role is blinded."""

    text: str
    is_masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRole(NamedRecord):
    """A role in the study (sponsor, investigator, data monitoring committee, ...) and who fills it."""

    code: Code
    applies_to_ids: tuple[str, ...] = ()
    assigned_persons: tuple[AssignedPerson, ...] = ()
    organization_ids: tuple[str, ...] = ()
    masking: Masking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeographicScope(Record):
    """Global, or a region or country."""

    type: Code
    code: AliasCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceDate(NamedRecord):
    """A date of the study's governance (approval, effective date); `date_value` is ISO 8601."""

    type: Code
    date_value: str
    geographic_scopes: tuple[GeographicScope, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTitle(Record):
    """A title and its kind."""

    text: str
    type: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyIdentifier(Record):
    """An identifier of the study, given by the organization `scope_id`."""

    text: str
    scope_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceIdentifier(Record):
    """An identifier of something that the study refers to."""

    text: str
    scope_id: str
    type: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Abbreviation(Record):
    """A short form and what it stands for."""

    abbreviated_text: str
    expanded_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContentReference(Record):
    """A section of a document."""

    section_number: str
    section_title: str
    applies_to_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyChange(NamedRecord):
    """One change that an amendment makes."""

    summary: str
    rationale: str
    changed_sections: tuple[DocumentContentReference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyAmendmentReason(Record):
    """Why an amendment was made."""

    code: Code
    other_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyAmendmentImpact(Record):
    """What an amendment does to safety, rights or reliability."""

    type: Code
    text: str
    is_substantial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectEnrollment(NamedRecord):
    """How many subjects were enrolled when an amendment was made."""

    quantity: Quantity
    for_geographic_scope: GeographicScope | None = None
    for_study_cohort_id: str | None = None
    for_study_site_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyAmendment(NamedRecord):
    """A protocol amendment."""

    number: str
    summary: str
    primary_reason: StudyAmendmentReason
    secondary_reasons: tuple[StudyAmendmentReason, ...] = ()
    changes: tuple[StudyChange, ...]
    impacts: tuple[StudyAmendmentImpact, ...] = ()
    geographic_scopes: tuple[GeographicScope, ...]
    enrollments: tuple[SubjectEnrollment, ...] = ()
    date_values: tuple[GovernanceDate, ...] = ()
    previous_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration(NamedRecord):
    """How an intervention is given: dose, route, frequency, duration."""

    duration: Duration
    dose: Quantity | None = None
    route: AliasCode | None = None
    frequency: AliasCode | None = None
    administrable_product_id: str | None = None
    medical_device_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyIntervention(NamedRecord):
    """What is given to subjects: the drug under study, the control, a background therapy."""

    role: Code
    type: Code
    minimum_response_duration: Quantity | None = None
    codes: tuple[Code, ...] = ()
    administrations: tuple[Administration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrableProductProperty(Record):
    """A property of a product (color, shelf life, storage)."""

    name: str
    text: str
    type: Code
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrableProductIdentifier(Record):
    """An identifier of a product, such as a batch number."""

    text: str
    scope_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength(NamedRecord):
    """How much of a substance a unit of the product holds."""

    numerator: Quantity | Range
    denominator: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Substance(NamedRecord):
    """A chemical or biological substance."""

    codes: tuple[Code, ...] = ()
    strengths: tuple[Strength, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient(Record):
    """A substance in its role in a product."""

    role: Code
    substance: Substance


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrableProduct(NamedRecord):
    """A product that subjects take."""

    administrable_dose_form: AliasCode
    product_designation: Code
    pharmacologic_class: Code | None = None
    sourcing: Code | None = None
    properties: tuple[AdministrableProductProperty, ...] = ()
    identifiers: tuple[AdministrableProductIdentifier, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(NamedRecord):
    """A condition under which something is done; a footnote of the schedule of activities."""

    text: str
    dictionary_id: str | None = None
    context_ids: tuple[str, ...] = ()
    applies_to_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterMap(Record):
    """What a `<usdm:tag>` stands for; `reference` may itself hold references."""

    tag: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxTemplateDictionary(NamedRecord):
    """The tags that the texts using this dictionary may hold."""

    parameter_maps: tuple[ParameterMap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityCriterionItem(NamedRecord):
    """The text of a criterion."""

    text: str
    dictionary_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativeContentItem(Record):
    """A piece of a document's text, in HTML."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativeContent(Record):
    """A section of a document."""

    name: str
    section_number: str | None = None
    section_title: str | None = None
    display_section_number: bool
    display_section_title: bool
    child_ids: tuple[str, ...] = ()
    previous_id: str | None = None
    next_id: str | None = None
    content_item_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDefinitionDocumentVersion(Record):
    """A version of a document with its sections."""

    version: str
    status: Code
    date_values: tuple[GovernanceDate, ...] = ()
    contents: tuple[NarrativeContent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDefinitionDocument(NamedRecord):
    """A document that describes the study, such as the protocol."""

    language: Code
    type: Code
    template_name: str
    versions: tuple[StudyDefinitionDocumentVersion, ...] = ()
    child_ids: tuple[str, ...] = ()
