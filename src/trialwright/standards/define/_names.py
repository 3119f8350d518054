"""The names of Define-XML's elements: namespaces, and how this room writes a qualified name (`def:Origin`)."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, TypeAlias

from lxml import etree

Version: TypeAlias = Literal["1.0", "2.0", "2.1"]

VERSIONS: tuple[Version, ...] = ("1.0", "2.0", "2.1")
ODM_NAMESPACES = {"1.0": "http://www.cdisc.org/ns/odm/v1.2", "2": "http://www.cdisc.org/ns/odm/v1.3"}
DEFINE_NAMESPACE = "http://www.cdisc.org/ns/def/v"
ARM_NAMESPACE = "http://www.cdisc.org/ns/arm/v1.0"
#: The draft of analysis results metadata that files of Define-XML 1.0 have.
ARM_DRAFT_NAMESPACE = "http://www.cdisc.org/ns/ADaMRes/DRAFT"
XLINK_NAMESPACE = "http://www.w3.org/1999/xlink"
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"

_PREFIXES = {
    **dict.fromkeys(ODM_NAMESPACES.values(), ""),
    ARM_NAMESPACE: "arm:",
    ARM_DRAFT_NAMESPACE: "arm:",
    XLINK_NAMESPACE: "xlink:",
    XML_NAMESPACE: "xml:",
    "": "",
}
_DEFINE = re.compile(re.escape(DEFINE_NAMESPACE) + r"(\d\.\d)")


@cache
def short_name(name: str) -> str:
    """A qualified name as this room says it, whatever the version: `ItemDef`, `def:leaf`, `arm:Code`.

    A name of a namespace that is none of Define-XML's keeps it in braces.
    """
    namespace, local = name[1:].split("}", 1) if name.startswith("{") else ("", name)
    if _DEFINE.fullmatch(namespace):
        return f"def:{local}"
    prefix = _PREFIXES.get(namespace)
    return name if prefix is None else f"{prefix}{local}"


def define_version(root: etree._Element) -> Version | None:
    """The version of Define-XML that the root's namespaces tell; None if they tell none that we know."""
    used = {namespace for namespace in root.nsmap.values() if namespace}
    return next((version for version in VERSIONS if f"{DEFINE_NAMESPACE}{version}" in used), None)
