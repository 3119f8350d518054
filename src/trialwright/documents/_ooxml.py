"""WordprocessingML as strings: runs, fields, bookmarks and content controls.

Strings rather than elements, since a report has tens of thousands of cells; every text passes `escape`.
"""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import quoteattr

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

#: Paragraph property: stays on the page of what follows.
KEEP_NEXT = "<w:keepNext/>"

#: Namespace of the custom XML part that the content controls are bound to.
RESULTS_NAMESPACE = "urn:trialwright:results:1"

# Characters that XML 1.0 cannot carry are dropped; the three markup signs become entities.
_TRANSLATION = {code: None for code in range(32) if code not in (9, 10, 13)} | {
    0xFFFE: None,
    0xFFFF: None,
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}


def escape(text: str) -> str:
    """`text` as XML character data."""
    return text if text.isalnum() else text.translate(_TRANSLATION)


@lru_cache(maxsize=4096)
def attribute(text: str) -> str:
    """`text` as a quoted XML attribute value."""
    return quoteattr(text.translate(dict.fromkeys(range(32))))


def text_element(text: str) -> str:
    """The contents of a run that show `text`: newlines are breaks, tabs are tabs."""
    if "\n" not in text and "\t" not in text:
        return f'<w:t xml:space="preserve">{escape(text)}</w:t>'
    pieces = []
    for number, line in enumerate(text.split("\n")):
        if number:
            pieces.append("<w:br/>")
        for place, part in enumerate(line.split("\t")):
            if place:
                pieces.append("<w:tab/>")
            if part:
                pieces.append(f'<w:t xml:space="preserve">{escape(part)}</w:t>')
    return "".join(pieces)


def run(text: str, properties: str = "") -> str:
    """A run of `text` with run properties given as XML."""
    marks = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f"<w:r>{marks}{text_element(text)}</w:r>"


def paragraph(style: str, content: str, properties: str = "") -> str:
    """A paragraph in a style; `properties` are further paragraph properties, in the order of the schema."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def field(instruction: str, shown: str, properties: str = "", *, is_dirty: bool = False) -> str:
    """A complex field with the result that it shows until it is updated."""
    return field_start(instruction, properties, is_dirty=is_dirty) + run(shown, properties) + field_end(properties)


def field_start(instruction: str, properties: str = "", *, is_dirty: bool = False) -> str:
    """The beginning of a complex field, up to its result."""
    marks = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    dirty = ' w:dirty="true"' if is_dirty else ""
    return (
        f'<w:r>{marks}<w:fldChar w:fldCharType="begin"{dirty}/></w:r>'
        f'<w:r>{marks}<w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        f'<w:r>{marks}<w:fldChar w:fldCharType="separate"/></w:r>'
    )


def field_end(properties: str = "") -> str:
    """The end of a complex field."""
    marks = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{marks}<w:fldChar w:fldCharType="end"/></w:r>'


def word_only(element: str) -> str:
    """A run with `element` that Word 2013 and later read, and LibreOffice passes over.

    Inside a table of contents LibreOffice (7.4) turns page references into fixed text and never fills them when it
    converts a file. Without the outer field it computes each of them, so that the PDF has the right page numbers; Word
    needs the outer field to build the list anew.
    """
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="w15">{element}</mc:Choice>'
        "<mc:Fallback/></mc:AlternateContent></w:r>"
    )


def bookmarked(content: str, name: str, number: int) -> str:
    """`content` inside a bookmark; `number` is unique among the bookmarks of the file."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


def control(identifier: str, content: str, number: int, *, store_item: str = "") -> str:
    """A run-level content control; with `store_item` it is bound to the leaf of that name in the custom XML part.

    Tag and alias both carry the identifier: LibreOffice 7.4 drops tags and locks, and aliases too
    of controls that are not plain text.
    """
    binding = ""
    if store_item:
        binding = (
            f"<w:dataBinding w:prefixMappings=\"xmlns:r='{RESULTS_NAMESPACE}'\" "
            f'w:xpath="/r:results[1]/r:{identifier}[1]" w:storeItemID="{store_item}"/>'
        )
    return (
        f"<w:sdt><w:sdtPr><w:alias w:val={attribute(identifier)}/><w:tag w:val={attribute(identifier)}/>"
        f'<w:id w:val="{number}"/><w:lock w:val="sdtLocked"/>{binding}<w:text/></w:sdtPr>'
        f"<w:sdtContent>{content}</w:sdtContent></w:sdt>"
    )
