"""The table of contents and the lists of tables, figures and listings: fields, filled before Word fills them."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.documents import _ooxml as x
from trialwright.documents.labels import Labels
from trialwright.documents.model import Document, Heading
from trialwright.documents.targets import Target, anchor_of

_CAPTION_STYLES = {"table": "Caption Table", "figure": "Caption Figure", "listing": "Caption Listing"}


def contents_list(document: Document, targets: Mapping[str, Target], depth: int) -> list[str]:
    """The paragraphs of a table of contents down to `depth` levels."""
    entries = []
    for position, block in enumerate(document.blocks):
        if isinstance(block, Heading) and block.level <= depth:
            target = targets[anchor_of(block, position)]
            number = x.run(target.number) + "<w:r><w:tab/></w:r>" if target.number else ""
            # An entry without a number begins where numbers begin, not where titles do.
            indent = "" if target.number else '<w:ind w:left="0" w:firstLine="0"/>'
            entries.append((f"TOC{block.level}", indent, number + x.run(target.title), target.bookmark))
    return _list(f'TOC \\o "1-{depth}" \\h \\z \\u', entries)


def captions_list(document: Document, targets: Mapping[str, Target], kind: str, labels: Labels) -> list[str]:
    """The paragraphs of a list of tables, figures or listings.

    The field collects captions by their style: displays have numbers of their own, which no SEQ field counts. `\\t`
    with one style and a closing `\\c` is what Word's own dialog writes: it needs no list separator, which differs by
    country.
    """
    label = labels.of(kind)
    entries = []
    for target in targets.values():
        if target.kind == kind and target.is_listed:
            content = x.run(f"{label}\N{NO-BREAK SPACE}{target.number}") + "<w:r><w:tab/></w:r>" + x.run(target.title)
            entries.append(("TableofFigures", "", content, target.bookmark))
    return _list(f'TOC \\h \\z \\t "{_CAPTION_STYLES[kind]}" \\c', entries)


def _list(instruction: str, entries: list[tuple[str, str, str, str]]) -> list[str]:
    if not entries:
        return []
    paragraphs = []
    for number, (style, indent, content, bookmark) in enumerate(entries):
        start = "".join(map(x.word_only, _outer_field(instruction))) if number == 0 else ""
        end = x.word_only('<w:fldChar w:fldCharType="end"/>') if number == len(entries) - 1 else ""
        page = x.field(f"PAGEREF {bookmark} \\h", "")
        link = f'<w:hyperlink w:anchor="{bookmark}" w:history="1">{content}<w:r><w:tab/></w:r>{page}</w:hyperlink>'
        paragraphs.append(x.paragraph(style, f"{start}{link}{end}", indent))
    return paragraphs


def _outer_field(instruction: str) -> tuple[str, str, str]:
    return (
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> {x.escape(instruction)} </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
    )
