"""Documents as docx, with the manifest beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from trialwright import __version__
from trialwright.displays.model import Figure
from trialwright.documents import _docx_parts as parts
from trialwright.documents._arrangement import arrange
from trialwright.documents._docx_body import BodyWriter
from trialwright.documents._docx_inlines import InlineWriter
from trialwright.documents._docx_styles import numbering_part, styles_part
from trialwright.documents._ledger import Ledger
from trialwright.documents._package import pack, write_whole
from trialwright.documents.labels import labels_for
from trialwright.documents.manifest import Manifest, manifest_path, manifest_to_json
from trialwright.documents.model import Document
from trialwright.documents.targets import find_targets
from trialwright.errors import DocumentError

PROGRAM = f"Trialwright {__version__}"


def write_docx(
    document: Document, path: Path, *, draw: Callable[[Figure], bytes] | None = None, created: str = ""
) -> Manifest:
    """Write `document` to `path` and its manifest beside it (`manifest_path`); gives the manifest.

    The same document gives the same bytes. Both files appear whole or not at all; existing ones are replaced.

    draw     gives the PNG of a figure; by default `trialwright.displays.render_figure`
    created  ISO 8601 time for the file's properties; empty leaves it out, since the clock is never read

    Raises `DocumentError` for two places with one anchor, a cross-reference to nothing, or a path that is no docx's.
    """
    if path.suffix.lower() != ".docx":
        raise DocumentError(f"{path.name} is no name for a Word document: it must end in .docx.")
    content, manifest = render_docx(document, name=path.name, draw=draw, created=created)
    write_whole(path, content)
    write_whole(manifest_path(path), manifest_to_json(manifest).encode())
    return manifest


def render_docx(
    document: Document, *, name: str, draw: Callable[[Figure], bytes] | None = None, created: str = ""
) -> tuple[bytes, Manifest]:
    """The bytes of `document` as docx, and its manifest; see `write_docx`. `name` is the file's."""
    document = replace(document, blocks=arrange(document.blocks))
    labels = labels_for(document.language)
    store_item = parts.store_item_id(document)
    ledger = Ledger()
    writer = InlineWriter(ledger=ledger, targets=find_targets(document), labels=labels, store_item=store_item)
    body = BodyWriter(document=document, writer=writer, draw=draw or draw_figure)
    text = body.write()
    files = _parts(document, body, text, created)
    content = pack({name: part.encode() if isinstance(part, str) else part for name, part in files.items()})
    manifest = Manifest(
        document=document.name,
        title=document.title,
        language=document.language,
        docx=name,
        sha256=hashlib.sha256(content).hexdigest(),
        program=PROGRAM,
        inputs=document.inputs,
        references=ledger.references(),
        tables=tuple(body.tables),
        figures=tuple(body.figures),
        queries=tuple(body.queries),
        literals=ledger.literals(),
    )
    return content, manifest


def _parts(document: Document, body: BodyWriter, text: str, created: str) -> dict[str, str | bytes]:
    labels = body.writer.labels
    margins = {
        "headerPortrait.xml": parts.header_part(document.header, is_landscape=False),
        "headerLandscape.xml": parts.header_part(document.header, is_landscape=True),
        "headerTitle.xml": parts.empty_header_part(),
        "footerPortrait.xml": parts.footer_part(document.footer, labels, is_landscape=False),
        "footerLandscape.xml": parts.footer_part(document.footer, labels, is_landscape=True),
    }
    related = partial(parts.Relationship)
    inside = [
        related(id="rIdStyles", kind="styles", target="styles.xml"),
        related(id="rIdSettings", kind="settings", target="settings.xml"),
        related(id="rIdNumbering", kind="numbering", target="numbering.xml"),
        related(id="rIdFonts", kind="fontTable", target="fontTable.xml"),
        related(id="rIdData", kind="customXml", target="../customXml/item1.xml"),
        related(id="rIdHeaderPortrait", kind="header", target="headerPortrait.xml"),
        related(id="rIdHeaderLandscape", kind="header", target="headerLandscape.xml"),
        related(id="rIdTitleHeader", kind="header", target="headerTitle.xml"),
        related(id="rIdFooterPortrait", kind="footer", target="footerPortrait.xml"),
        related(id="rIdFooterLandscape", kind="footer", target="footerLandscape.xml"),
    ]
    pictures = {f"picture{number}.png": png for number, png in enumerate(body.pictures.values(), start=1)}
    for number, name in enumerate(pictures, start=1):
        inside.append(related(id=f"rIdPicture{number}", kind="image", target=f"media/{name}"))
    outside = [
        related(id="rId1", kind="officeDocument", target="word/document.xml"),
        related(id="rId2", kind="core-properties", target="docProps/core.xml"),
        related(id="rId3", kind="extended-properties", target="docProps/app.xml"),
        related(id="rId4", kind="custom-properties", target="docProps/custom.xml"),
    ]
    properties = [("Trialwright document", f"{document.name}.{document.language}"), ("Trialwright program", PROGRAM)]
    properties += [(f"Trialwright input {name}", digest) for name, digest in document.inputs]
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": parts.content_types_part(list(margins)),
        "_rels/.rels": parts.relationships_part(outside),
        "docProps/core.xml": parts.core_part(document, PROGRAM, created),
        "docProps/app.xml": parts.app_part(),
        "docProps/custom.xml": parts.custom_properties_part(properties),
        "word/document.xml": parts.document_part(text),
        "word/styles.xml": styles_part(document.language),
        "word/settings.xml": parts.settings_part(document.language),
        "word/numbering.xml": numbering_part(body.ordered_lists),
        "word/fontTable.xml": parts.fonts_part(),
        "word/_rels/document.xml.rels": parts.relationships_part(inside),
        "customXml/item1.xml": parts.bound_data_part(body.writer.ledger.shown()),
        "customXml/itemProps1.xml": parts.bound_data_properties_part(body.writer.store_item),
        "customXml/_rels/item1.xml.rels": parts.relationships_part(
            [related(id="rId1", kind="customXmlProps", target="itemProps1.xml")]
        ),
    }
    files |= {f"word/{name}": part for name, part in margins.items()}
    files |= {f"word/media/{name}": png for name, png in pictures.items()}
    return files


def draw_figure(figure: Figure) -> bytes:
    """The PNG of a figure, as the displays draw it."""
    # matplotlib is heavy: a document without figures must not load it.
    from trialwright.displays import render_figure

    return render_figure(figure, "png")
