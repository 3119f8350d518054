"""What a docx holds, whoever has saved it last: text as accepted, content controls, tables, pictures, bound data."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lxml import etree

from trialwright.documents._ooxml import RESULTS_NAMESPACE, W
from trialwright.documents.typed_numbers import PLACEHOLDER
from trialwright.errors import DocumentError

_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_TABLE_BOOKMARK = "tbl_tw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a paragraph. kind: "text", "control" (then `control` is its tag or alias) or "field"."""

    text: str
    kind: str = "text"
    control: str = ""


@dataclass(frozen=True, kw_only=True)
class DocxParagraph:
    """A paragraph.

    style    name of the style, lower case, in English whatever the program's language
    section  number (or title) of the section it stands in
    before   for a table cell: the last word of the cells before it in the row
    table    for a table cell: position of the table in `DocxContent.tables`
    """

    style: str
    section: str
    segments: tuple[Segment, ...]
    before: str = ""
    table: int | None = None

    @cached_property
    def text(self) -> str:
        """All that a reader sees."""
        return "".join(segment.text for segment in self.segments)

    @cached_property
    def words(self) -> str:
        """The words that were typed, with a placeholder for every control and field."""
        return "".join(segment.text if segment.kind == "text" else PLACEHOLDER for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A content control: its tag or alias, what it shows, where it stands."""

    id: str
    text: str
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocxTable:
    """A table: names of bookmarks in its first row, controls in the caption above it, and its cells' texts."""

    bookmarks: tuple[str, ...]
    captions: tuple[str, ...]
    section: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocxContent:
    """What a docx holds.

    captions             identifier of a control in a caption, to the caption's text
    bindings             the custom XML part that controls are bound to: leaf and text; empty when it is lost
    pictures             SHA-256 of every picture
    insertions, deletions  tracked changes that nobody has accepted yet; the text is read as if they were
    """

    paragraphs: tuple[DocxParagraph, ...]
    tables: tuple[DocxTable, ...]
    controls: tuple[Control, ...]
    captions: Mapping[str, str]
    bindings: Mapping[str, str]
    pictures: frozenset[str]
    insertions: int
    deletions: int


def read_docx(path: Path) -> DocxContent:
    """The content of the docx at `path`; tracked changes are read as accepted.

    Raises `DocumentError` for a file that is missing, is no docx, or is encrypted.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _content(package, path)
    except FileNotFoundError:
        raise DocumentError(f"There is no document at {path}.") from None
    except (zipfile.BadZipFile, zlib.error, IsADirectoryError, EOFError) as error:
        if not path.is_dir() and _first_bytes(path).startswith(b"PK"):
            raise DocumentError(
                f"{path} is damaged or was not copied whole ({error}). Fetch it again, or open and repair it in Word."
            ) from error
        raise DocumentError(
            f"{path} is no docx{_what_instead(path)}. Save it as .docx (Word document) first."
        ) from None
    except (OSError, RuntimeError, zipfile.LargeZipFile) as error:
        raise DocumentError(f"{path} cannot be read: {error}.") from error
    except etree.XMLSyntaxError as error:
        raise DocumentError(
            f"{path} is damaged: a part of it is no XML ({error.msg}). Open and repair it in Word."
        ) from error


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _what_instead(path: Path) -> str:
    if path.is_dir():
        return ": it is a folder"
    start = _first_bytes(path)
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return ": it is an old .doc file, or protected by a password"
    return ": it is a PDF file" if start.startswith(b"%PDF") else ""


def _content(package: zipfile.ZipFile, path: Path) -> DocxContent:
    names = package.namelist()
    if "word/document.xml" not in names:
        raise DocumentError(f"{path} is a zip file but no Word document: it has no part word/document.xml.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(package.read("word/document.xml"), parser)
    if root.tag not in (f"{{{W}}}document", f"{{{_STRICT}}}document"):
        raise DocumentError(f"{path} is damaged: its part word/document.xml holds no Word document ({root.tag}).")
    styles = _style_names(package, names, parser)
    reader = _Reader(namespace=_STRICT if root.tag.startswith(f"{{{_STRICT}}}") else W, styles=styles)
    for body in root:
        reader.blocks(body)
    for part in ("word/footnotes.xml", "word/endnotes.xml"):
        if part in names:
            reader.section = "footnotes"
            for note in etree.fromstring(package.read(part), parser):
                reader.blocks(note)
    pictures = (package.read(name) for name in names if name.startswith("word/media/"))
    return DocxContent(
        paragraphs=tuple(reader.paragraphs),
        tables=tuple(reader.tables),
        controls=tuple(reader.controls),
        captions=reader.captions,
        bindings=_bindings(package, names, parser),
        pictures=frozenset(hashlib.sha256(picture).hexdigest() for picture in pictures),
        insertions=_count(root, "ins", "moveTo"),
        deletions=_count(root, "del", "moveFrom"),
    )


def _count(root: etree._Element, *names: str) -> int:
    return sum(1 for _ in root.iter(*(f"{{*}}{name}" for name in names)))


def _style_names(package: zipfile.ZipFile, names: list[str], parser: etree.XMLParser) -> dict[str, str]:
    """Style names by identifier: programs translate and rename identifiers, but keep the names of built-in styles."""
    if "word/styles.xml" not in names:
        return {}
    found = {}
    for style in etree.fromstring(package.read("word/styles.xml"), parser).iter("{*}style"):
        identifier = _attribute(style, "styleId")
        name = style.find("{*}name")
        if identifier and name is not None:
            found[identifier] = (_attribute(name, "val") or "").lower()
    return found


def _bindings(package: zipfile.ZipFile, names: list[str], parser: etree.XMLParser) -> dict[str, str]:
    for name in names:
        if not name.startswith("customXml/item") or "Props" in name:
            continue
        text = package.read(name)
        # LibreOffice leaves an empty part behind; other parts belong to other programs.
        if RESULTS_NAMESPACE.encode() in text:
            root = etree.fromstring(text, parser)
            return {etree.QName(leaf).localname: leaf.text or "" for leaf in root}
    return {}


def _attribute(element: etree._Element, name: str) -> str | None:
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


@dataclass
class _Reader:
    """Walks through a body in reading order; holds what has been found, and the state of fields and sections."""

    namespace: str
    styles: Mapping[str, str]
    section: str = ""
    paragraphs: list[DocxParagraph] = field(default_factory=list)
    tables: list[DocxTable] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    captions: dict[str, str] = field(default_factory=dict)
    _fields: int = 0
    _captions: list[str] = field(default_factory=list)
    _carried: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        def name(local: str) -> str:
            return f"{{{self.namespace}}}{local}"

        self._p, self._tbl, self._tr, self._tc = name("p"), name("tbl"), name("tr"), name("tc")
        self._t, self._tab, self._r, self._hyphen = name("t"), name("tab"), name("r"), name("noBreakHyphen")
        self._breaks = {name("br"), name("cr")}
        self._sdt, self._sdt_pr, self._sdt_content = name("sdt"), name("sdtPr"), name("sdtContent")
        self._tag, self._alias, self._placeholder = name("tag"), name("alias"), name("showingPlcHdr")
        self._p_pr, self._p_style, self._r_pr = name("pPr"), name("pStyle"), name("rPr")
        self._row_pr, self._val = name("trPr"), name("val")
        self._field_char, self._field_type = name("fldChar"), name("fldCharType")
        self._simple_field, self._instruction = name("fldSimple"), name("instrText")
        self._del = name("del")
        self._deleted = {self._del, name("moveFrom")}
        self._bookmark, self._name = name("bookmarkStart"), name("name")
        self._text_box = name("txbxContent")
        self._ignored = {
            name("tcPr"),
            name("tblPr"),
            name("tblGrid"),
            name("sectPr"),
            self._p_pr,
            self._r_pr,
            self._row_pr,
        }
        self._cell_text = (self._p, self._t, self._tab, self._hyphen, *self._breaks)
        self._choice, self._fallback = f"{{{_MC}}}Choice", f"{{{_MC}}}Fallback"

    def blocks(self, parent: etree._Element) -> None:
        """Read the paragraphs and tables below `parent`, looking through content controls and other wrappers."""
        for child in parent:
            tag = child.tag
            if tag == self._p:
                self._paragraph(child)
            elif tag == self._tbl:
                self._table(child)
            elif tag not in self._ignored and tag not in self._deleted and tag != self._fallback:
                self.blocks(child)

    def _paragraph(self, element: etree._Element, *, before: str = "", table: int | None = None) -> None:
        style = ""
        is_merged = False
        properties = element.find(self._p_pr)
        if properties is not None:
            name = properties.find(self._p_style)
            if name is not None:
                identifier = name.get(self._val) or ""
                style = self.styles.get(identifier, identifier.lower())
            marks = properties.find(self._r_pr)
            is_merged = marks is not None and marks.find(self._del) is not None
        first_control = len(self.controls)
        segments = self._carried + list(self._runs(element, ""))
        if is_merged:  # its paragraph mark is deleted: the text goes on in the next paragraph
            self._carried = segments
            return
        self._carried = []
        if style.startswith("heading") and table is None:
            text = "".join(segment.text for segment in segments)
            self.section = (text.partition("\t")[0] or text).strip()
        if style.startswith("caption"):
            named = [control.id for control in self.controls[first_control:]]
            self._captions += named
            self.captions |= dict.fromkeys(named, "".join(segment.text for segment in segments))
        if segments:
            self.paragraphs.append(
                DocxParagraph(style=style, section=self.section, segments=tuple(segments), before=before, table=table)
            )

    def _runs(self, parent: etree._Element, control: str) -> Iterator[Segment]:
        """The segments below `parent`; `control` is the identifier of the content control around them."""
        for child in parent:
            tag = child.tag
            if tag == self._r:
                yield from self._run(child, control)
            elif tag == self._sdt:
                yield from self._control(child, control)
            elif tag == self._simple_field:
                self._fields += 1
                yield from self._runs(child, control)
                self._fields -= 1
            elif tag not in self._ignored and tag not in self._deleted and tag != self._fallback:
                yield from self._runs(child, control)

    def _run(self, run: etree._Element, control: str) -> Iterator[Segment]:
        for child in run:
            tag = child.tag
            if tag == self._t:
                yield self._segment(child.text or "", control)
            elif tag == self._tab:
                yield self._segment("\t", control)
            elif tag in self._breaks:
                yield self._segment("\n", control)
            elif tag == self._hyphen:
                yield self._segment("-", control)
            elif tag == self._field_char:
                kind = child.get(self._field_type)
                self._fields += {"begin": 1, "end": -1}.get(kind or "", 0)
            elif tag == self._text_box:
                self.blocks(child)
            elif tag not in self._ignored and tag != self._instruction and tag != self._fallback and len(child):
                yield from self._run(child, control)

    def _segment(self, text: str, control: str) -> Segment:
        if control:
            return Segment(text=text, kind="control", control=control)
        return Segment(text=text, kind="field" if self._fields > 0 else "text")

    def _control(self, element: etree._Element, outer: str) -> Iterator[Segment]:
        """A control of a run, as one segment; a control without a name is looked through."""
        properties = element.find(self._sdt_pr)
        content = element.find(self._sdt_content)
        if content is None:
            return
        identifier = ""
        is_placeholder = False
        if properties is not None:
            for tag in (self._tag, self._alias):
                named = properties.find(tag)
                identifier = identifier or (named.get(self._val) if named is not None else "") or ""
            is_placeholder = properties.find(self._placeholder) is not None
        if not identifier:
            yield from self._runs(content, outer)
            return
        text = "" if is_placeholder else "".join(segment.text for segment in self._runs(content, identifier))
        self.controls.append(Control(id=identifier, text=text, section=self.section))
        yield Segment(text=text, kind="control", control=identifier)

    def _table(self, element: etree._Element) -> None:
        rows = [row for row in self._rows(element) if not self._is_deleted_row(row)]
        if not rows:
            return
        names = (mark.get(self._name) or "" for mark in rows[0].iter(self._bookmark))
        bookmarks = tuple(dict.fromkeys(name for name in names if name.startswith(_TABLE_BOOKMARK)))
        captions, self._captions = tuple(self._captions), []
        number = len(self.tables)
        texts = tuple(tuple(self._text(cell) for cell in self._cells(row)) for row in rows)
        self.tables.append(DocxTable(bookmarks=bookmarks, captions=captions, section=self.section, rows=texts))
        if not bookmarks:
            # Not one of ours, or it has lost its bookmark: its words are running text.
            for row in rows:
                self._cell_paragraphs(row, number)

    def _cell_paragraphs(self, row: etree._Element, table: int) -> None:
        before = ""
        for cell in self._cells(row):
            first = len(self.paragraphs)
            for paragraph in cell.iter(self._p):
                self._paragraph(paragraph, before=before, table=table)
            said = [word for paragraph in self.paragraphs[first:] for word in paragraph.words.split()]
            before = said[-1] if said else before

    def _rows(self, parent: etree._Element) -> Iterator[etree._Element]:
        for child in parent:
            if child.tag == self._tr:
                yield child
            elif child.tag == self._sdt or child.tag == self._sdt_content:
                yield from self._rows(child)

    def _cells(self, parent: etree._Element) -> Iterator[etree._Element]:
        for child in parent:
            if child.tag == self._tc:
                yield child
            elif child.tag == self._sdt or child.tag == self._sdt_content:
                yield from self._cells(child)

    def _is_deleted_row(self, row: etree._Element) -> bool:
        properties = row.find(self._row_pr)
        return properties is not None and properties.find(self._del) is not None

    def _text(self, cell: etree._Element) -> str:
        """What a cell shows; the fast path for tens of thousands of cells."""
        pieces = []
        for element in cell.iter(*self._cell_text):
            tag = element.tag
            if tag == self._t:
                if not self._is_deleted(element, cell):
                    pieces.append(element.text or "")
            elif tag != self._p or pieces:  # a paragraph after the first is a new line
                pieces.append("-" if tag == self._hyphen else "\t" if tag == self._tab else "\n")
        return "".join(pieces)

    def _is_deleted(self, element: etree._Element, cell: etree._Element) -> bool:
        """Whether a text was moved away (deleted text has another element, moved text has not)."""
        run = element.getparent()
        parent = run.getparent() if run is not None else None
        return parent is not None and parent is not cell and parent.tag in self._deleted
