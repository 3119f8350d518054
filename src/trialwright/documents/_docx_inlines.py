"""Inlines as runs, content controls and fields; and the numbers that a file needs for its bookmarks and controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trialwright.documents import _ooxml as x
from trialwright.documents._ledger import Ledger
from trialwright.documents.labels import Labels
from trialwright.documents.targets import Target, label_before, resolve
from trialwright.documents.typed_numbers import PLACEHOLDER
from trialwright.inlines import CrossRef, FactRef, Inline, LineBreak, RecordRef, Text
from trialwright.results import ResultRef


@dataclass
class InlineWriter:
    """Writes inlines, and notes every reference in the ledger.

    section     the number (or title) of the section being written, for the manifest
    last_words  the words of what was written last, with a placeholder for each reference
    """

    ledger: Ledger
    targets: Mapping[str, Target]
    labels: Labels
    store_item: str
    section: str = ""
    last_words: str = ""
    _serial: int = field(default=0)

    def serial(self) -> int:
        """The next number for a bookmark or control: unique in the file, the same at every writing."""
        self._serial += 1
        return self._serial

    def write(self, inlines: Iterable[Inline], base: str = "", *, before: str = "") -> str:
        """The runs of `inlines`; `base` are run properties of all of them, `before` a word that stands before them."""
        pieces = []
        words = []
        previous: Inline | None = None
        for inline in inlines:
            match inline:
                case Text():
                    words.append(inline.text)
                    pieces.append(x.run(inline.text, _marks(inline, base)) if inline.text else "")
                case ResultRef() | FactRef() | RecordRef():
                    words.append(PLACEHOLDER)
                    pieces.append(self._controlled(inline, base))
                case CrossRef():
                    target = resolve(inline, self.targets)
                    label = label_before(target, previous, self.labels)
                    words.append(label + PLACEHOLDER)
                    pieces.append(x.run(label, base) if label else "")
                    pieces.append(x.field(f"REF {target.bookmark} \\h", target.shown, base))
                case LineBreak():
                    words.append("\n")
                    pieces.append("<w:r><w:br/></w:r>")
            previous = inline
        self.last_words = "".join(words)
        self.ledger.note_words(self.last_words, before=before)
        return "".join(pieces)

    def _controlled(self, datum: ResultRef | FactRef | RecordRef, base: str) -> str:
        identifier = self.ledger.refer(datum, self.section)
        # Narratives quote thousands of records; so many bindings make files that office programs can't open.
        store_item = "" if isinstance(datum, RecordRef) else self.store_item
        return x.control(identifier, x.run(datum.shown, base), self.serial(), store_item=store_item)

    def parts(self, parts: Iterable[str | ResultRef], base: str = "") -> str:
        """The runs of the parts of a footnote: words and results."""
        return self.write([Text(part) if isinstance(part, str) else part for part in parts], base)


def _marks(text: Text, base: str) -> str:
    """Run properties of `text`, in the order of the schema, with those of its surroundings."""
    bold = "<w:b/>" if text.is_bold and "<w:b/>" not in base else ""
    italic = "<w:i/>" if text.is_italic else ""
    underline = '<w:u w:val="single"/>' if text.is_underlined else ""
    position = f'<w:vertAlign w:val="{text.position}"/>' if text.position in ("superscript", "subscript") else ""
    return f"{bold}{base}{italic}{underline}{position}"
