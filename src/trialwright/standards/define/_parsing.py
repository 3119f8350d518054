"""The XML of a define.xml as elements; nothing outside the file is ever read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from trialwright.standards.define._names import Version, define_version, short_name
from trialwright.standards.define.documents import DefineError


def parse_define(path: Path) -> tuple[etree._Element, Version]:
    """The root of the file and its version of Define-XML.

    Entities, external files and the network are never read. Raises `DefineError` where the file is missing, is no XML,
    has a DOCTYPE, or is no Define-XML 1.0, 2.0 or 2.1.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.parse(str(path), parser)
    except OSError:
        if path.is_file():
            raise DefineError(f"{path} cannot be read. Check who may read it.") from None
        raise DefineError(f"There is no file {path}. Name a define.xml.") from None
    except etree.XMLSyntaxError as error:
        line = f"line {error.lineno}" if error.lineno else "its start"
        raise DefineError(
            f"{path} is no whole XML document: it goes wrong at {line} ({error.msg}). Put the whole file in its place."
        ) from None
    root = tree.getroot()
    if tree.docinfo.internalDTD is not None:
        raise DefineError(
            f"{path} declares a document type, whose entities are not read. Take the DOCTYPE out, and write the text "
            "of its entities instead of them."
        )
    version = define_version(root)
    if short_name(str(root.tag)) != "ODM" or version is None:
        raise DefineError(
            f"{path} is no Define-XML 1.0, 2.0 or 2.1: its root is {etree.QName(root).localname}, and Define-XML has "
            "the root ODM with the namespace http://www.cdisc.org/ns/def/v1.0, /v2.0 or /v2.1."
        )
    if next(elements(root, "MetaDataVersion"), None) is None:
        raise DefineError(f"{path} describes no datasets: it has no MetaDataVersion in a Study.")
    return root, version


def elements(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """All elements below `element` of this name (`ItemDef`, `def:leaf`), in the order of the file."""
    return (found for found in element.iter(etree.Element) if short_name(str(found.tag)) == name)


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children of this name, in the order of the file."""
    return [child for child in element if short_name(str(child.tag)) == name]


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of this name."""
    return next(iter(children(element, name)), None)


def attribute(element: etree._Element, name: str) -> str:
    """The attribute of this name (`OID`, `xlink:href`), without blanks around it; empty if it is not there."""
    for key, value in element.attrib.items():
        if short_name(str(key)) == name:
            return str(value).strip()
    return ""


def integer(element: etree._Element, name: str) -> int | None:
    """The attribute as a whole number; None if it is none."""
    text = attribute(element, name)
    return int(text) if text.lstrip("+-").isdecimal() else None


def text_of(element: etree._Element | None) -> str:
    """The text of an element and of its parts, without blanks around it; empty if there is no element."""
    return "" if element is None else "".join(str(text) for text in element.itertext()).strip()


def translated(element: etree._Element | None) -> str:
    """The text of a Description or Decode: the English one, else the first."""
    if element is None:
        return ""
    texts = children(element, "TranslatedText")
    english = [text for text in texts if attribute(text, "xml:lang").lower().startswith("en")]
    return text_of(next(iter(english or texts), None))
