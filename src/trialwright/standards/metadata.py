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
Origin: TypeAlias = Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"]

#: Whether SDTM and ADaM ask for a variable: required, expected, permissible, conditional.
Core: TypeAlias = Literal["Req", "Exp", "Perm", "Cond"]


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
    code        C-code of NCI EVS of the list itself
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

    @property
    def values(self) -> tuple[str, ...]:
        """The values in the order of the list."""
        return tuple(term.value for term in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLevel:
    """What a variable is in some records only: the ItemDef behind a where clause.

    where  the records meant, a condition of `trialwright.conditions`: `PARAMCD = 'ALB'`; of a define.xml that compares
           with another dataset's variable, that variable as `DATASET.VARIABLE`
    """

    where: str
    variable: VariableMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableMetadata:
    """One variable of a dataset.

    label               at most 40 characters in transport files
    length              characters of a text; digits of a number; None if not said
    significant_digits  digits after the point, of a float
    display_format      SAS format: `DATE9.`, `8.2`
    origin              and `source`: Investigator, Sponsor, Subject or Vendor (2.1)
    method              of a derived variable: the rule in words; of a predecessor: the source (`DM.AGE`)
    codelist            id of a `Codelist` of the study; empty if none
    is_mandatory        whether every record has a value
    role                SDTM role: Identifier, Topic, Record Qualifier, Timing, ...
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetMetadata:
    """One dataset.

    kind       class of the dataset: `EVENTS`, `FINDINGS`, `SUBJECT LEVEL ANALYSIS DATASET`, `BASIC DATA STRUCTURE`,
               `OCCURRENCE DATA STRUCTURE`, `ADAM OTHER`, ...
    structure  what one record is, in words
    keys       the variables that identify a record, in the order in which the dataset is sorted
    file       where the dataset lies, relative to its define.xml: `adsl.xpt`
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
