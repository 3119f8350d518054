"""The parts of a docx beside its text: settings, headers and footers, properties, relationships, the bound data."""

# ruff: noqa: E501 - markup broken over lines cannot be read

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trialwright.documents._docx_styles import attribute_language
from trialwright.documents._ooxml import RESULTS_NAMESPACE, R, W, attribute, escape, field, run
from trialwright.documents._table_layout import LANDSCAPE_WIDTH, PORTRAIT_WIDTH
from trialwright.documents.labels import Labels
from trialwright.documents.model import Document

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A pointer from one part to another; `kind` is the last part of the relationship's type."""

    id: str
    kind: str
    target: str

    @property
    def xml(self) -> str:
        """The element in a relationships part."""
        base = f"{_PACKAGE}/relationships/metadata" if self.kind == "core-properties" else f"{_OFFICE}/relationships"
        return f'<Relationship Id="{self.id}" Type="{base}/{self.kind}" Target={attribute(self.target)}/>'


def relationships_part(relationships: Iterable[Relationship]) -> str:
    """A `.rels` part."""
    entries = "".join(relationship.xml for relationship in relationships)
    return f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def content_types_part(headers: Sequence[str]) -> str:
    """`[Content_Types].xml`; `headers` are the names of header and footer parts."""
    overrides = [
        ("/word/document.xml", f"{_WORD_TYPE}.document.main+xml"),
        ("/word/styles.xml", f"{_WORD_TYPE}.styles+xml"),
        ("/word/settings.xml", f"{_WORD_TYPE}.settings+xml"),
        ("/word/numbering.xml", f"{_WORD_TYPE}.numbering+xml"),
        ("/word/fontTable.xml", f"{_WORD_TYPE}.fontTable+xml"),
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("/docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml"),
        ("/docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml"),
        ("/customXml/itemProps1.xml", "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"),
    ]
    for name in headers:
        kind = "header" if name.startswith("header") else "footer"
        overrides.append((f"/word/{name}", f"{_WORD_TYPE}.{kind}+xml"))
    entries = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in overrides)
    return (
        f'{DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f"{entries}</Types>"
    )


def settings_part(language: str) -> str:
    """`word/settings.xml`: fields are brought up to date when the file is opened in Word."""
    tag = attribute_language(language)
    return (
        f'{DECLARATION}<w:settings xmlns:w="{W}"><w:zoom w:percent="100"/>'
        '<w:defaultTabStop w:val="709"/><w:characterSpacingControl w:val="doNotCompress"/><w:updateFields w:val="true"/>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
        f'</w:compat><w:themeFontLang w:val="{tag}"/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/></w:settings>'
    )


def fonts_part() -> str:
    """`word/fontTable.xml`."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:charset w:val="00"/><w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
        for name, family in (("Arial", "swiss"), ("Times New Roman", "roman"))
    )
    return f'{DECLARATION}<w:fonts xmlns:w="{W}">{fonts}</w:fonts>'


def header_part(text: str, *, is_landscape: bool) -> str:
    """A page header: the text at the left margin."""
    return _margin_part("hdr", "Header", run(text) if text else "", is_landscape=is_landscape)


def footer_part(text: str, labels: Labels, *, is_landscape: bool) -> str:
    """A page footer: the text at the left, page and number of pages at the right margin."""
    before, between, after = labels.page
    page = run(before) if before else ""
    page += field("PAGE", "1") + run(between) + field("NUMPAGES", "1") + (run(after) if after else "")
    content = f"{run(text) if text else ''}<w:r><w:tab/></w:r>{page}"
    return _margin_part("ftr", "Footer", content, is_landscape=is_landscape)


def empty_header_part() -> str:
    """The header of a title page."""
    return f'{DECLARATION}<w:hdr xmlns:w="{W}"><w:p/></w:hdr>'


def _margin_part(element: str, style: str, content: str, *, is_landscape: bool) -> str:
    width = LANDSCAPE_WIDTH if is_landscape else PORTRAIT_WIDTH
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{width}"/></w:tabs>'
    return (
        f'{DECLARATION}<w:{element} xmlns:w="{W}"><w:p><w:pPr><w:pStyle w:val="{style}"/>{tabs}</w:pPr>'
        f"{content}</w:p></w:{element}>"
    )


def section_properties(*, is_landscape: bool, has_title_page: bool) -> str:
    """`w:sectPr`: A4, with the headers and footers of its orientation. Margins leave room for binding and for Letter."""
    turn = "Landscape" if is_landscape else "Portrait"
    size = 'w:w="16838" w:h="11906" w:orient="landscape"' if is_landscape else 'w:w="11906" w:h="16838"'
    if is_landscape:
        margins = 'w:top="1418" w:right="1134" w:bottom="1134" w:left="1134"'
    else:
        margins = 'w:top="1418" w:right="1134" w:bottom="1304" w:left="1418"'
    title = "<w:titlePg/>" if has_title_page else ""
    first = f'<w:headerReference w:type="first" r:id="rIdTitleHeader"/><w:footerReference w:type="first" r:id="rIdFooter{turn}"/>'
    return (
        f'<w:sectPr><w:headerReference w:type="default" r:id="rIdHeader{turn}"/>'
        f'<w:footerReference w:type="default" r:id="rIdFooter{turn}"/>{first if has_title_page else ""}'
        f'<w:type w:val="nextPage"/><w:pgSz {size}/>'
        f'<w:pgMar {margins} w:header="624" w:footer="567" w:gutter="0"/><w:cols w:space="708"/>{title}</w:sectPr>'
    )


def core_part(document: Document, program: str, created: str) -> str:
    """`docProps/core.xml`; `created` is an ISO 8601 time, or empty for none: the clock is not read."""
    stamp = ""
    if created:
        stamp = "".join(
            f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{escape(created)}</dcterms:{name}>'
            for name in ("created", "modified")
        )
    return (
        f'{DECLARATION}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(document.title)}</dc:title><dc:creator>{escape(program)}</dc:creator>"
        f"<cp:lastModifiedBy>{escape(program)}</cp:lastModifiedBy>{stamp}"
        f"<dc:language>{escape(document.language)}</dc:language></cp:coreProperties>"
    )


def app_part() -> str:
    """`docProps/app.xml`."""
    return (
        f'{DECLARATION}<Properties xmlns="{_OFFICE}/extended-properties"><Application>Trialwright</Application>'
        "<DocSecurity>0</DocSecurity></Properties>"
    )


def custom_properties_part(properties: Iterable[tuple[str, str]]) -> str:
    """`docProps/custom.xml`: names and texts that a document management system can read."""
    entries = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name={attribute(name)}>'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(properties, start=2)
    )
    return f'{DECLARATION}<Properties xmlns="{_OFFICE}/custom-properties" xmlns:vt="{_OFFICE}/docPropsVTypes">{entries}</Properties>'


def store_item_id(document: Document) -> str:
    """The GUID of the custom XML part: the same for the same document name and language."""
    return f"{{{str(uuid.uuid5(uuid.NAMESPACE_URL, f'urn:trialwright:{document.name}:{document.language}')).upper()}}}"


def bound_data_part(shown: Iterable[tuple[str, str]]) -> str:
    """`customXml/item1.xml`: one leaf without attributes for each reference (Word binds to nothing else reliably)."""
    leaves = "".join(f"<r:{identifier}>{escape(text)}</r:{identifier}>" for identifier, text in shown)
    return f'{DECLARATION}<r:results xmlns:r="{RESULTS_NAMESPACE}">{leaves}</r:results>'


def bound_data_properties_part(store_item: str) -> str:
    """`customXml/itemProps1.xml`."""
    return (
        f'{DECLARATION}<ds:datastoreItem ds:itemID="{store_item}" xmlns:ds="{_OFFICE}/customXml"><ds:schemaRefs>'
        f'<ds:schemaRef ds:uri="{RESULTS_NAMESPACE}"/></ds:schemaRefs></ds:datastoreItem>'
    )


def document_part(body: str) -> str:
    """`word/document.xml`."""
    namespaces = (
        f'xmlns:w="{W}" xmlns:r="{R}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml" mc:Ignorable="w15"'
    )
    return f"{DECLARATION}<w:document {namespaces}><w:body>{body}</w:body></w:document>"
