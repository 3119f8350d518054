"""Documents: what they are made of, how they are written, read again, and verified number by number."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialwright.documents.docx_reader import DocxContent, read_docx
    from trialwright.documents.docx_writer import render_docx, write_docx
    from trialwright.documents.findings_html import render_findings_html
    from trialwright.documents.html_writer import render_html, write_html
    from trialwright.documents.manifest import Manifest, manifest_path, manifest_to_json, parse_manifest, read_manifest
    from trialwright.documents.model import (
        AuthorQuery,
        Block,
        DisplayBlock,
        Document,
        FactTable,
        FigureBlock,
        Heading,
        ListBlock,
        ListOfCaptions,
        PageBreak,
        Paragraph,
        SectionBreak,
        TableOfContents,
    )
    from trialwright.documents.places import is_place, results_at, split_place
    from trialwright.documents.rules import RULES
    from trialwright.documents.verification import verify, verify_content

# lxml and the writers are loaded when they are first used, so that `import trialwright.documents` stays light.
_HOMES = {
    "docx_reader": ("DocxContent", "read_docx"),
    "docx_writer": ("render_docx", "write_docx"),
    "findings_html": ("render_findings_html",),
    "html_writer": ("render_html", "write_html"),
    "manifest": ("Manifest", "manifest_path", "manifest_to_json", "parse_manifest", "read_manifest"),
    "model": (
        "AuthorQuery",
        "Block",
        "DisplayBlock",
        "Document",
        "FactTable",
        "FigureBlock",
        "Heading",
        "ListBlock",
        "ListOfCaptions",
        "PageBreak",
        "Paragraph",
        "SectionBreak",
        "TableOfContents",
    ),
    "places": ("is_place", "results_at", "split_place"),
    "rules": ("RULES",),
    "verification": ("verify", "verify_content"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "RULES",
    "AuthorQuery",
    "Block",
    "DisplayBlock",
    "Document",
    "DocxContent",
    "FactTable",
    "FigureBlock",
    "Heading",
    "ListBlock",
    "ListOfCaptions",
    "Manifest",
    "PageBreak",
    "Paragraph",
    "SectionBreak",
    "TableOfContents",
    "is_place",
    "manifest_path",
    "manifest_to_json",
    "parse_manifest",
    "read_docx",
    "read_manifest",
    "render_docx",
    "render_findings_html",
    "render_html",
    "results_at",
    "split_place",
    "verify",
    "verify_content",
    "write_docx",
    "write_html",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
