"""Where pages begin and turn: breaks in their places, so that no heading is left alone on a page."""

from __future__ import annotations

from trialwright.documents._docx_tables import fact_table_height, wants_landscape
from trialwright.documents._table_layout import LANDSCAPE_HEIGHT, LANDSCAPE_WIDTH
from trialwright.documents.model import (
    AuthorQuery,
    Block,
    DisplayBlock,
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
from trialwright.inlines import plain_text

_SHORT_TEXT = 300
_MOST_LEAD_TEXTS = 3
# Two headings and two lines of text, in points.
_LEAD_HEIGHT = 110.0


def arrange(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """`blocks` with breaks moved above the headings that lead to what follows, and one break where there were several.

    A break between a heading (with a few lines) and its table would leave the heading alone on the page before.
    """
    arranged: list[Block] = []
    for position, block in enumerate(blocks):
        if not isinstance(block, PageBreak | SectionBreak):
            arranged.append(block)
            continue
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        leads_on = following is not None and not isinstance(following, Heading | PageBreak | SectionBreak)
        place = _start_of_lead(arranged) if leads_on else len(arranged)
        before = arranged[place - 1] if place else None
        if isinstance(before, PageBreak | SectionBreak):
            if isinstance(block, SectionBreak):
                arranged[place - 1] = block
        else:
            arranged.insert(place, block)
    return tuple(arranged)


def orientations(blocks: tuple[Block, ...]) -> list[bool]:
    """For each block, whether it stands on a landscape page.

    Section breaks say so; beside them, a display that needs the width gets it. Headings and a few lines right above it
    go with it, unless it takes a page for itself: then they would have a landscape page of their own.
    """
    turns: list[bool] = []
    is_landscape = False
    for block in blocks:
        if isinstance(block, SectionBreak):
            is_landscape = block.is_landscape
        turns.append(is_landscape or _needs_landscape(block))
    for position in range(len(blocks) - 1, 0, -1):
        block = blocks[position]
        if turns[position] and not turns[position - 1] and not (isinstance(block, SectionBreak) or _fills_page(block)):
            start = _start_of_lead(list(blocks[:position]))
            turns[start:position] = [True] * (position - start)
    return turns


def leads_on(block: Paragraph, following: Block | None) -> bool:
    """Whether a paragraph is a lead that must not stand alone at the end of a page, away from what it introduces."""
    if isinstance(following, ListOfCaptions | TableOfContents):
        return True
    is_short = len(plain_text(block.inlines)) <= _SHORT_TEXT
    if isinstance(following, ListBlock) or (isinstance(following, FactTable) and not following.caption):
        return is_short
    return block.style == "note" and following is not None and not isinstance(following, PageBreak | SectionBreak)


def _start_of_lead(blocks: list[Block]) -> int:
    """Where the headings and short texts begin with which `blocks` ends; its length if it ends otherwise."""
    start = place = len(blocks)
    texts = 0
    while place > 0:
        block = blocks[place - 1]
        texts += isinstance(block, Paragraph | AuthorQuery)
        is_short = isinstance(block, Paragraph) and len(plain_text(block.inlines)) <= _SHORT_TEXT
        if not (is_short or isinstance(block, Heading | AuthorQuery)) or texts > _MOST_LEAD_TEXTS:
            break
        place -= 1
        if isinstance(block, Heading):
            start = place
    return start


def _fills_page(block: Block) -> bool:
    """Whether a landscape page has room for the table, but for no heading and text above it."""
    if not isinstance(block, FactTable):
        return False
    height = fact_table_height(block, LANDSCAPE_WIDTH)
    return LANDSCAPE_HEIGHT - _LEAD_HEIGHT < height <= LANDSCAPE_HEIGHT * 1.1


def _needs_landscape(block: Block) -> bool:
    match block:
        case DisplayBlock():
            return wants_landscape(block.table)
        case FactTable():
            return wants_landscape(block)
        case FigureBlock():
            return block.figure.is_landscape
    return False
