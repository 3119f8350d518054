"""check_define: whether a define.xml is whole, in order and consistent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from trialwright.findings import Finding, Rule, Severity
from trialwright.standards.define._names import Version, short_name
from trialwright.standards.define._parsing import (
    attribute,
    child,
    children,
    elements,
    integer,
    parse_define,
    translated,
)
from trialwright.standards.define._reading_parts import DANGLING
from trialwright.standards.define._structure import ORIGINS, REFERENCES, SOURCES, STRUCTURE, USED, VALUES

_SPECIFICATION = "Define-XML 2.1, section 5.3"
_SCHEMA = "Schema of Define-XML 2.1 and ARM 1.0"


def _rule(id: str, title: str, source: str = _SPECIFICATION, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(id=f"define.{id}", title=title, source=source, severity=severity)


ORDER = _rule("element-order", "Elements stand in the order of the schema.", _SCHEMA)
UNKNOWN = _rule("unknown-element", "Elements are those of the schema.", _SCHEMA, Severity.WARNING)
ATTRIBUTE = _rule("required-attribute", "Elements have the attributes that the schema and the specification require.")
ELEMENT = _rule("required-element", "Elements have the parts that the schema and the specification require.")
VALUE = _rule("allowed-value", "Attributes have values of Define-XML's terminology.")
DUPLICATE_OID = _rule("duplicate-oid", "No two definitions have the same OID.")
DUPLICATE_NAME = _rule("duplicate-name", "Datasets, variables of a dataset and values of a codelist occur once.")
DUPLICATE_ORDER = _rule("duplicate-order", "Order and key numbers within a dataset or value list are different.")
UNUSED = _rule("unused", "What is defined is used.", severity=Severity.WARNING)
LENGTH = _rule("length", "Texts and numbers have a length, floats their significant digits, fewer than the length.")
NAME_LENGTH = _rule(
    "name-length",
    "Names have at most 8 characters and labels at most 40, as transport files require.",
    "SAS transport format, version 5",
    Severity.WARNING,
)
WHERE_MISSING = _rule("value-without-where", "Every definition of a value list says for which records it is.")
WHERE_ABSENT = _rule("where-variable", "A where clause compares variables of datasets that the file describes.")
NO_METHOD = _rule("derived-without-method", "A derived variable has a method, a predecessor its source.")
NO_SOURCE = _rule("origin-source", "An origin says who the data come from.", severity=Severity.WARNING)
NO_ORIGIN = _rule("no-origin", "A variable has an origin, or its values have.", severity=Severity.WARNING)
NO_STANDARD = _rule("no-standard", "Datasets and codelists name their standard, or say that they have none.")
NO_DATA = _rule("no-data-comment", "A comment tells why there are no data.", severity=Severity.WARNING)
EMPTY_TEXT = _rule("empty-text", "Descriptions say something.", severity=Severity.WARNING)

#: All rules, in the order in which they are checked.
RULES = (
    DANGLING, ORDER, UNKNOWN, ATTRIBUTE, ELEMENT, VALUE, DUPLICATE_OID, DUPLICATE_NAME, DUPLICATE_ORDER, UNUSED, LENGTH,
    NAME_LENGTH, WHERE_MISSING, WHERE_ABSENT, NO_METHOD, NO_SOURCE, NO_ORIGIN, NO_STANDARD, NO_DATA, EMPTY_TEXT,
)  # fmt: skip

_SIZED = ("text", "integer", "float")
_WITH_SOURCE = ("Collected", "Derived", "Assigned", "Protocol")
_MOST_CHARACTERS = {"name": 8, "label": 40}


def check_define(path: Path) -> list[Finding]:
    """What is wrong with a define.xml, in the order of the rules and then of the file.

    Files of 1.0 are held to their references and to what must be unique, those of 2.0 and 2.1 to all rules. Raises
    `DefineError` where the file is no define.xml.
    """
    root, version = parse_define(path)
    file = _File(root, version)
    checks: tuple[Callable[[_File], Iterator[Finding]], ...] = (_references, _duplicates)
    if version != "1.0":
        checks = (
            _references,
            _structure,
            _values,
            _duplicates,
            _unused,
            _items,
            _clauses,
            _origins,
            _standards,
            _texts,
        )
    return [finding for check in checks for finding in check(file)]


@dataclass(frozen=True)
class _File:
    """The elements of the file by name, and the definitions by kind and OID."""

    root: etree._Element
    version: Version

    def all(self, name: str) -> Iterator[etree._Element]:
        return elements(self.root, name)

    def by_oid(self, name: str) -> Mapping[str, etree._Element]:
        key = "ID" if name == "def:leaf" else "OID"
        return {attribute(element, key): element for element in self.all(name)}


def _place(element: etree._Element) -> str:
    """The element as a person finds it: its name and OID, or those of what it is in."""
    name = short_name(str(element.tag))
    for key in ("OID", "ID", "CodedValue", "ItemOID"):
        found = attribute(element, key)
        if found:
            return f"{name} {found}"
    parent = element.getparent()
    return name if parent is None else f"{name} of {_place(parent)}"


def _found(rule: Rule, element: etree._Element, message: str, *, evidence: str = "", remedy: str = "") -> Finding:
    line = f" (line {element.sourceline})" if element.sourceline else ""
    return Finding.of(rule, where=f"{_place(element)}{line}", message=message, evidence=evidence, remedy=remedy)


def _references(file: _File) -> Iterator[Finding]:
    defined = {kind: set(file.by_oid(kind)) for kind in set(REFERENCES.values())}
    for element in file.root.iter(etree.Element):
        for key in element.attrib:
            kind = REFERENCES.get(short_name(str(key)))
            oid = attribute(element, short_name(str(key)))
            if kind is not None and oid not in defined[kind]:
                yield _found(
                    DANGLING,
                    element,
                    f"{short_name(str(key))} refers to the {kind} {oid!r}, which the file does not define.",
                    evidence=oid,
                    remedy=f"Define it, or take the {short_name(str(key))} out.",
                )


def _structure(file: _File) -> Iterator[Finding]:
    for element in file.root.iter(etree.Element):
        part = STRUCTURE.get(short_name(str(element.tag)))
        if part is None:
            continue
        for name in _required(part.attributes, short_name(str(element.tag)), file.version):
            if not any(short_name(str(key)) == name for key in element.attrib):
                yield _found(ATTRIBUTE, element, f"The attribute {name} is missing.", remedy=f"Add {name}.")
        there = [short_name(str(child.tag)) for child in element.iterchildren(etree.Element)]
        for name in part.children:
            if name.endswith("!") and name.removesuffix("!") not in there:
                missing = name.removesuffix("!")
                yield _found(ELEMENT, element, f"The element {missing} is missing.", remedy=f"Add {missing}.")
        if part.either and not any(name in there for name in part.either):
            yield _found(ELEMENT, element, f"One of the elements {', '.join(part.either)} must be there.")
        yield from _order(element, there, part.order)


def _required(attributes: tuple[str, ...], element: str, version: Version) -> Iterator[str]:
    yield from attributes
    if version == "2.1" and element == "ODM":
        yield "def:Context"
    if version == "2.0" and element == "MetaDataVersion":
        yield from ("def:StandardName", "def:StandardVersion")


def _order(element: etree._Element, there: list[str], order: Mapping[str, int]) -> Iterator[Finding]:
    """The first child that stands behind one it should stand before, and those the schema does not know."""
    last, last_name = -1, ""
    for name in there:
        place = order.get(name)
        if place is None:
            if order:
                yield _found(UNKNOWN, element, f"The schema knows no element {name} here.", evidence=name)
            continue
        if place < last:
            yield _found(
                ORDER, element, f"{name} stands behind {last_name}.", remedy=f"Put every {name} before {last_name}."
            )
            return
        last, last_name = place, name


def _values(file: _File) -> Iterator[Finding]:
    allowed = dict(VALUES)
    allowed["def:Origin", "Type"] = ORIGINS[file.version]
    allowed["def:Origin", "Source"] = SOURCES
    by_element: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for (name, key), values in allowed.items():
        by_element.setdefault(name, []).append((key, values))
    for element in file.root.iter(etree.Element):
        for key, values in by_element.get(short_name(str(element.tag)), []):
            value = attribute(element, key)
            if value and value not in values:
                yield _found(
                    VALUE,
                    element,
                    f"{key} is {value!r}, which is none of its values.",
                    evidence=value,
                    remedy=f"Write one of {', '.join(sorted(values))}.",
                )


def _duplicates(file: _File) -> Iterator[Finding]:
    for name in dict.fromkeys((*REFERENCES.values(), "arm:ResultDisplay", "arm:AnalysisResult")):
        key = "ID" if name == "def:leaf" else "OID"
        yield from _repeated(DUPLICATE_OID, list(file.all(name)), key, f"{key} of another {name}")
    yield from _repeated(DUPLICATE_NAME, list(file.all("ItemGroupDef")), "Name", "name of another dataset")
    for codelist in file.all("CodeList"):
        terms = [*children(codelist, "CodeListItem"), *children(codelist, "EnumeratedItem")]
        yield from _repeated(DUPLICATE_NAME, terms, "CodedValue", "value of another term of the codelist")
        yield from _repeated(DUPLICATE_ORDER, terms, "OrderNumber", "OrderNumber of another term of the codelist")
    items = file.by_oid("ItemDef")
    for group in file.all("ItemGroupDef"):
        references = children(group, "ItemRef")
        names = Counter(attribute(items[oid], "Name") for oid in _oids(references) if oid in items)
        for name in sorted(name for name, count in names.items() if count > 1):
            yield _found(DUPLICATE_NAME, group, f"The variable {name} occurs {names[name]} times.", evidence=name)
    for container in (*file.all("ItemGroupDef"), *file.all("def:ValueListDef")):
        for key in ("OrderNumber", "KeySequence"):
            references = children(container, "ItemRef")
            yield from _repeated(DUPLICATE_ORDER, references, key, f"{key} of another ItemRef")


def _oids(references: list[etree._Element]) -> list[str]:
    return [attribute(reference, "ItemOID") for reference in references]


def _repeated(rule: Rule, found: list[etree._Element], key: str, told: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for element in found:
        # Blanks around a coded value tell it from another.
        value = str(element.get("CodedValue") or "") if key == "CodedValue" else attribute(element, key)
        if value and value in seen:
            yield _found(rule, element, f"{value!r} is the {told}.", evidence=value)
        seen.add(value)


def _unused(file: _File) -> Iterator[Finding]:
    used: dict[str, set[str]] = {kind: set() for kind in USED}
    for element in file.root.iter(etree.Element):
        for key, oid in element.attrib.items():
            kind = REFERENCES.get(short_name(str(key)))
            if kind in used:
                used[kind].add(str(oid).strip())
    for kind in USED:
        for oid, element in file.by_oid(kind).items():
            if oid not in used[kind]:
                yield _found(UNUSED, element, f"Nothing refers to this {kind}.", evidence=oid)


def _items(file: _File) -> Iterator[Finding]:
    items = file.by_oid("ItemDef")
    for item in items.values():
        kind = attribute(item, "DataType")
        length, digits = integer(item, "Length"), integer(item, "SignificantDigits")
        if kind in _SIZED and (length is None or length < 1):
            yield _found(LENGTH, item, f"A variable of type {kind} has no length above 0.", remedy="Add Length.")
        if kind == "float" and digits is None:
            yield _found(LENGTH, item, "A float has no significant digits.", remedy="Add SignificantDigits.")
        if kind == "float" and digits is not None and length is not None and digits >= length:
            yield _found(
                LENGTH, item, f"{digits} digits after the point do not fit a length of {length}.", evidence=str(digits)
            )
    for group in file.all("ItemGroupDef"):
        yield from _long(group, attribute(group, "Name"), "name")
        yield from _long(group, translated(child(group, "Description")), "label")
        for oid in _oids(children(group, "ItemRef")):
            variable = items.get(oid)
            if variable is not None:
                yield from _long(variable, attribute(variable, "Name"), "name")
                yield from _long(variable, translated(child(variable, "Description")), "label")


def _long(element: etree._Element, text: str, what: str) -> Iterator[Finding]:
    most = _MOST_CHARACTERS[what]
    if len(text) > most:
        yield _found(NAME_LENGTH, element, f"The {what} has {len(text)} characters, more than {most}.", evidence=text)


def _clauses(file: _File) -> Iterator[Finding]:
    described = {oid for group in file.all("ItemGroupDef") for oid in _oids(children(group, "ItemRef"))}
    known = file.by_oid("ItemDef")
    for value_list in file.all("def:ValueListDef"):
        for reference in children(value_list, "ItemRef"):
            if child(reference, "def:WhereClauseRef") is None:
                yield _found(WHERE_MISSING, reference, "The definition does not say for which records it is.")
    for check in file.all("RangeCheck"):
        oid = attribute(check, "def:ItemOID")
        if oid in known and oid not in described:
            yield _found(
                WHERE_ABSENT, check, f"The where clause compares {oid!r}, which is in no dataset.", evidence=oid
            )
        values = children(check, "CheckValue")
        if len(values) > 1 and attribute(check, "Comparator") not in ("IN", "NOTIN"):
            yield _found(
                ELEMENT,
                check,
                f"{attribute(check, 'Comparator')} compares with one value, and there are {len(values)}.",
            )


def _origins(file: _File) -> Iterator[Finding]:
    items = file.by_oid("ItemDef")
    containers = [*file.all("ItemGroupDef"), *file.all("def:ValueListDef")]
    for container in containers:
        for reference in children(container, "ItemRef"):
            item = items.get(attribute(reference, "ItemOID"))
            if item is not None:
                yield from _origin(item, reference, file.version)


def _origin(item: etree._Element, reference: etree._Element, version: Version) -> Iterator[Finding]:
    origin = child(item, "def:Origin")
    if origin is None:
        if child(item, "def:ValueListRef") is None:
            yield _found(NO_ORIGIN, item, "The variable has no origin, and no value list whose definitions have one.")
        return
    kind = attribute(origin, "Type")
    has_method = bool(attribute(reference, "MethodOID"))
    has_comment = bool(attribute(item, "def:CommentOID"))
    if kind == "Derived" and not (has_method or has_comment or child(item, "def:ValueListRef") is not None):
        yield _found(NO_METHOD, item, "The variable is derived, and no method says how.", remedy="Add MethodOID.")
    if kind == "Predecessor" and child(origin, "Description") is None:
        yield _found(
            NO_METHOD, item, "The variable has a predecessor, and the origin does not say which.",
            remedy="Add a Description to the origin: DM.AGE.",
        )  # fmt: skip
    if (
        version == "2.1"
        and kind in ("Collected", "Derived", "Assigned", "Protocol")
        and not attribute(origin, "Source")
    ):
        yield _found(
            NO_SOURCE, item, f"The origin {kind} has no source.", remedy="Add Source: Sponsor, Investigator, ..."
        )


def _standards(file: _File) -> Iterator[Finding]:
    for element in (*file.all("ItemGroupDef"), *file.all("ItemRef")):
        target = element
        if attribute(element, "def:HasNoData") != "Yes":
            continue
        if short_name(str(element.tag)) == "ItemRef":
            target = file.by_oid("ItemDef").get(attribute(element, "ItemOID"), element)
        if not attribute(target, "def:CommentOID"):
            yield _found(NO_DATA, element, "There are no data, and no comment tells why.", remedy="Add def:CommentOID.")
    if file.version != "2.1":
        return
    for name in ("ItemGroupDef", "CodeList"):
        for element in file.all(name):
            has_one = attribute(element, "def:StandardOID") or attribute(element, "def:IsNonStandard") == "Yes"
            if not has_one and child(element, "ExternalCodeList") is None:
                yield _found(
                    NO_STANDARD,
                    element,
                    "It names no standard, and does not say that it follows none.",
                    remedy='Add def:StandardOID, or def:IsNonStandard="Yes".',
                )


def _texts(file: _File) -> Iterator[Finding]:
    for element in file.all("Description"):
        if child(element, "TranslatedText") is not None and not translated(element):
            yield _found(EMPTY_TEXT, element, "The description is empty.")
    for result in file.all("arm:AnalysisResult"):
        for key in ("AnalysisReason", "AnalysisPurpose"):
            if any(short_name(str(name)) == key for name in result.attrib) and not attribute(result, key):
                yield _found(EMPTY_TEXT, result, f"{key} is empty.")
