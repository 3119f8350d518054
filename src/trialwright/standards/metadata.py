"""What datasets are made of, as data: the one description that specifications, files, define.xml and checks share.

The names are those of Define-XML 2.1 (ODM's ItemGroupDef, ItemDef, CodeList, MethodDef, CommentDef), written as the
field says them. A specification in a study folder is read into these types, a define.xml is written from them and read
back into them, and the conformance checks hold data to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

#: Data types as Define-XML 2.1 names them (section 4.3.1); `date` is a numeric SAS date in ADaM.
VariableType: TypeAlias = Literal[
    "text",
    "integer",
    "float",
    "date",
    "time",
    "datetime",
    "partialDate",
    "partialTime",
    "partialDatetime",
    "incompleteDatetime",
    "durationDatetime",
    "intervalDatetime",
]

#: Where a variable comes from, as Define-XML 2.1 names it.
Origin: TypeAlias = Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available", "Other"]

#: Whether SDTM and ADaM ask for a variable: required, expected, permissible, conditional.
Core: TypeAlias = Literal["Req", "Exp", "Perm", "Cond"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReference:
    """A place in a document that lies beside the data: the pages of the annotated case report form.

    document    id of the document in its define.xml (def:leaf)
    pages       page numbers (`7 12`) or named destinations, separated by blanks; empty for the whole document
    page_kind   PhysicalRef (page numbers) or NamedDestination; empty without pages
    first_page  and `last_page`: a range instead of `pages`
    title       what the link is called, if not the document's title
    """

    document: str
    pages: str = ""
    page_kind: str = ""
    first_page: str = ""
    last_page: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodelistTerm:
    """One value of a codelist.

    decode    the text behind the code; empty for an enumeration
    order     place in a list that is ordered, from 1
    rank      numeric significance, where the list has one
    code      C-code of NCI EVS; empty for the sponsor's own term
    extends   whether the term was added to an extensible list
    """

    value: str
    decode: str = ""
    order: int | None = None
    rank: float | None = None
    code: str = ""
    extends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Codelist:
    """The values that a variable may have.

    id          of the list in its document or study: `CL.NY`
    type        of the values: text, integer or float
    dictionary  name of an external dictionary (`MedDRA`), which has no terms here; `version` is its version
    href        where the external dictionary is found
    code        C-code of NCI EVS of the list itself
    standard    key of the `StandardReference` that publishes it; `is_nonstandard` if it is the sponsor's own
    comment_id  of the comment in its define.xml; empty if not yet given
    """

    id: str
    name: str
    type: VariableType = "text"
    terms: tuple[CodelistTerm, ...] = ()
    code: str = ""
    dictionary: str = ""
    version: str = ""
    is_extensible: bool = False
    comment: str = ""
    href: str = ""
    standard: str = ""
    is_nonstandard: bool = False
    comment_id: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The values in the order of the list."""
        return tuple(term.value for term in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLevel:
    """What a variable is in some records only: the ItemDef behind a where clause.

    where  the records meant, a condition of `trialwright.conditions`: `PARAMCD = 'ALB'`; of a define.xml that compares
           with another dataset's variable, that variable as `DATASET.VARIABLE`
    variable  its name is that of the definition (`AVAL`, or `AVAL.ALB`), not necessarily that of the variable
    comment   on the condition: how the datasets are joined, where it reads another one
    """

    where: str
    variable: VariableMetadata
    comment: str = ""
    comment_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableMetadata:
    """One variable of a dataset.

    label               at most 40 characters in transport files
    length              characters of a text; digits of a number; None if not said
    significant_digits  digits after the point, of a float
    display_format      SAS format: `DATE9.`, `8.2`
    origin              and `source`: Investigator, Sponsor, Subject or Vendor (2.1)
    origin_text         more on the origin, of one that is no predecessor
    documents           where in the annotated case report form, the protocol, ... the origin is
    method              of a derived variable: the rule in words; of a predecessor: the source (`DM.AGE`)
    method_id           and `comment_id`: of the method and the comment in its define.xml; empty if not yet given
    codelist            id of a `Codelist` of the study; empty if none
    is_mandatory        whether every record has a value
    role                SDTM role: Identifier, Topic, Record Qualifier, Timing, ...
    is_nonstandard      whether the standard that the dataset follows does not know it
    has_no_data         whether no record has a value
    """

    name: str
    label: str
    type: VariableType = "text"
    length: int | None = None
    significant_digits: int | None = None
    display_format: str = ""
    origin: Origin | None = None
    source: str = ""
    method: str = ""
    comment: str = ""
    codelist: str = ""
    core: Core | None = None
    is_mandatory: bool = False
    role: str = ""
    value_level: tuple[ValueLevel, ...] = ()
    origin_text: str = ""
    documents: tuple[DocumentReference, ...] = ()
    method_id: str = ""
    comment_id: str = ""
    is_nonstandard: bool = False
    has_no_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetMetadata:
    """One dataset.

    kind       class of the dataset: `EVENTS`, `FINDINGS`, `SUBJECT LEVEL ANALYSIS DATASET`, `BASIC DATA STRUCTURE`,
               `OCCURRENCE DATA STRUCTURE`, `ADAM OTHER`, ...
    structure  what one record is, in words
    keys       the variables that identify a record, in the order in which the dataset is sorted
    file       where the dataset lies, relative to its define.xml: `adsl.xpt`; `file_title` is what the link is called
    domain     SDTM domain, where a domain is split into several datasets (`LB` of `LBCH`)
    subclasses of the kind: `TIME-TO-EVENT`, `ADVERSE EVENT`
    standard   key of the `StandardReference` that it follows; `is_nonstandard` if it follows none
    """

    name: str
    label: str
    kind: str = ""
    structure: str = ""
    keys: tuple[str, ...] = ()
    variables: tuple[VariableMetadata, ...] = ()
    purpose: str = ""
    is_repeating: bool = True
    is_reference_data: bool = False
    comment: str = ""
    file: str = ""
    file_title: str = ""
    domain: str = ""
    subclasses: tuple[str, ...] = ()
    standard: str = ""
    is_nonstandard: bool = False
    has_no_data: bool = False
    comment_id: str = ""

    def variable(self, name: str) -> VariableMetadata | None:
        """The variable of this name, if there is one."""
        return next((variable for variable in self.variables if variable.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardReference:
    """A standard that the data follow: `SDTMIG` 3.4, `ADaMIG` 1.3, `CDISC/NCI` `SDTM` 2024-03-29."""

    name: str
    version: str
    type: Literal["IG", "CT"] = "IG"
    publishing_set: str = ""
    status: str = "Final"
    comment: str = ""
    comment_id: str = ""

    @property
    def key(self) -> str:
        """What datasets and codelists name it by: `ADaMIG 1.3`, `SDTM 2024-03-29` for terminology."""
        return f"{self.publishing_set or self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDefinition:
    """All datasets of a study of one kind (SDTM or ADaM): what a define.xml says, but for its analyses.

    codelists  by id
    """

    study: str
    protocol: str = ""
    description: str = ""
    standards: tuple[StandardReference, ...] = ()
    datasets: Mapping[str, DatasetMetadata] = field(default_factory=dict)
    codelists: Mapping[str, Codelist] = field(default_factory=dict)

    def codelist_of(self, variable: VariableMetadata) -> Codelist | None:
        """The codelist that the variable names, if it names one."""
        return self.codelists.get(variable.codelist) if variable.codelist else None

    def __iter__(self) -> Iterator[DatasetMetadata]:
        return iter(self.datasets.values())
