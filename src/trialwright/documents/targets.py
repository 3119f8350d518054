"""What a cross-reference can point at: headings, tables, listings and figures, each with the number that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from trialwright.documents.labels import Labels
from trialwright.documents.model import Block, DisplayBlock, Document, FactTable, FigureBlock, Heading
from trialwright.errors import DocumentError
from trialwright.inlines import CrossRef, Inline, plain_text

_NO_NAME = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place that has a number.

    kind      "section", "table", "listing" or "figure"
    number    as shown, without its label; empty for an unnumbered heading, which is shown by its title
    bookmark  the name of the place in the file; Word allows 40 letters, digits and underscores
    is_own    the number is the display's own (`14-1.01`), not counted by the document
    is_listed lists of captions name it
    """

    anchor: str
    kind: str
    number: str
    title: str
    bookmark: str
    is_own: bool = False
    is_listed: bool = True

    @property
    def shown(self) -> str:
        """What stands at the place itself: the number, or the title of an unnumbered heading."""
        return self.number or self.title


def find_targets(document: Document) -> dict[str, Target]:
    """Every place of `document` that can be referred to, by anchor, in reading order.

    Captioned tables of facts are counted in each chapter (`8-1`, `8-2`), past the numbers that displays have; displays
    keep their own number. Raises `DocumentError` for two places with one anchor.
    """
    targets: dict[str, Target] = {}
    counter = _TableCounter.of(document)
    for position, block in enumerate(document.blocks):
        target = _target(block, position, counter)
        if target is None:
            continue
        if target.anchor in targets:
            raise DocumentError(
                f"Two places of the document {document.name!r} have the anchor {target.anchor!r}: "
                f"{targets[target.anchor].shown!r} and {target.shown!r}. Give each heading, table and figure its own."
            )
        targets[target.anchor] = target
    return targets


@dataclass(slots=True)
class _TableCounter:
    """Numbers tables of facts as the document is read from its beginning."""

    taken: frozenset[str]
    chapter: str = ""
    count: int = 0

    @classmethod
    def of(cls, document: Document) -> _TableCounter:
        return cls(frozenset(block.table.id for block in document.blocks if isinstance(block, DisplayBlock)))

    def enter(self, heading: Heading) -> None:
        chapter = heading.number.split(".")[0]
        if chapter and chapter != self.chapter:
            self.chapter, self.count = chapter, 0

    def next_number(self) -> str:
        self.count += 1
        number = f"{self.chapter}-{self.count}" if self.chapter else str(self.count)
        return self.next_number() if number in self.taken else number


def _target(block: Block, position: int, counter: _TableCounter) -> Target | None:
    match block:
        case Heading():
            counter.enter(block)
            title = plain_text(block.inlines)
            return _made(block.anchor or f"block-{position}", "section", block.number, title, position)
        case FactTable() if block.caption:
            title = plain_text(block.caption)
            return _made(block.anchor or f"block-{position}", "table", counter.next_number(), title, position)
        case DisplayBlock():
            kind = "listing" if block.table.is_listing else "table"
            return _made(block.anchor, kind, block.table.id, block.table.title, position, is_own=True)
        case FigureBlock():
            made = _made(block.anchor, "figure", block.figure.id, block.figure.title, position, is_own=True)
            return replace(made, is_listed=block.is_listed)
    return None


def _made(anchor: str, kind: str, number: str, title: str, position: int, *, is_own: bool = False) -> Target:
    bookmark = f"_tw{position:04d}_{_NO_NAME.sub('_', anchor)}"[:40]
    return Target(anchor=anchor, kind=kind, number=number, title=title, bookmark=bookmark, is_own=is_own)


def anchor_of(block: Heading | FactTable, position: int) -> str:
    """The anchor under which `find_targets` files a block that may have none."""
    return block.anchor or f"block-{position}"


def resolve(reference: CrossRef, targets: Mapping[str, Target]) -> Target:
    """The place that `reference` points at; raises `DocumentError` if there is none."""
    target = targets.get(reference.target)
    if target is None:
        raise DocumentError(
            f"A cross-reference points at {reference.target!r}, but nothing in the document has that anchor. "
            f"Anchors there are: {', '.join(list(targets)[:12]) or 'none'}{', ...' if len(targets) > 12 else ''}."
        )
    return target


def label_before(target: Target, previous: Inline | None, labels: Labels) -> str:
    """The label to be written before a reference to `target`: `Table `, `Section `, or nothing.

    Nothing where the words before it already say so ("see sections 9 and ..."), and for a heading without a number.
    """
    if not target.number:
        return ""
    label = labels.of(target.kind)
    said = plain_text([previous]).rstrip().lower() if previous is not None else ""
    if said.endswith((label.lower(), label.lower() + "s")):
        return ""
    return f"{label}\N{NO-BREAK SPACE}"
