"""Where pages begin and turn: breaks in their places, so that no heading is left alone on a page."""

from __future__ import annotations

from trialwright.documents._docx_tables import wants_landscape
from trialwright.documents.model import (
    AuthorQuery,
    Block,
    DisplayBlock,
    FactTable,
    FigureBlock,
    Heading,
    PageBreak,
    Paragraph,
    SectionBreak,
)
from trialwright.inlines import plain_text

_SHORT_TEXT = 300
_MOST_LEAD_TEXTS = 3


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
    go with it.
    """
    turns: list[bool] = []
    is_landscape = False
    for block in blocks:
        if isinstance(block, SectionBreak):
            is_landscape = block.is_landscape
        turns.append(is_landscape or _needs_landscape(block))
    for position in range(len(blocks) - 1, 0, -1):
        if turns[position] and not turns[position - 1] and not isinstance(blocks[position], SectionBreak):
            start = _start_of_lead(list(blocks[:position]))
            turns[start:position] = [True] * (position - start)
    return turns


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


def _needs_landscape(block: Block) -> bool:
    match block:
        case DisplayBlock():
            return wants_landscape(block.table)
        case FactTable():
            return wants_landscape(block)
        case FigureBlock():
            return block.figure.is_landscape
    return False
