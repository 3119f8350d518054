"""Sentences come from a catalogue, one per language, written in Fluent; what stands in them is references.

A sentence is asked for by its name, with arguments. Words and selectors are passed as they are; a reference (or a run
of inlines) is passed as a marker of Unicode's private use area, and the formatted text is split at the markers again.
So a translator may move references as the language wants, and no number is ever part of a text.

Each reference `$name` brings two selectors with it: `$name-number`, its unrounded number, or "none" where there is none
(for plural forms and zero), and `$name-sign`: "less", "greater" or "exact", for a p-value shown as `<0.0001`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias

from trialwright.errors import DocumentError
from trialwright.inlines import Inline, Text
from trialwright.results import ResultRef

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle

Inlines: TypeAlias = tuple[Inline, ...]
#: What a sentence's argument may be: words or a selector, a number that only selects, references.
Argument: TypeAlias = str | int | Inline | Inlines

_FIRST_MARKER = 0xE000
_MARKERS = re.compile("([\ue000-\uf8ff])")


@dataclass(frozen=True)
class Catalogue:
    """The sentences of one language; call it with a sentence's name to get its inlines.

    Raises `DocumentError` if there is no such sentence or an argument is missing: both are mistakes in Trialwright.
    """

    language: str
    _bundle: FluentBundle = field(repr=False)

    def __call__(self, name: str, /, **arguments: Argument) -> Inlines:
        """The sentence `name`, its placeholders filled. Underscores in argument names are hyphens in the catalogue."""
        values: dict[str, str | int | float] = {}
        runs: list[Inlines] = []
        for key, argument in arguments.items():
            placeholder = key.replace("_", "-")
            if isinstance(argument, str):
                if _MARKERS.search(argument):
                    raise DocumentError(f"The words for {key} of {name!r} hold a private-use character: {argument!r}.")
                values[placeholder] = argument
            elif isinstance(argument, int):
                values[placeholder] = argument
            else:
                values[placeholder] = chr(_FIRST_MARKER + len(runs))
                runs.append(argument if isinstance(argument, tuple) else (argument,))
                values |= _selectors(placeholder, argument)
        return _split(self._format(name, values), runs)

    def text(self, name: str, /, **words: str | int) -> str:
        """A sentence without references, as text: headings, captions, alternative texts."""
        return self._format(name, {key.replace("_", "-"): word for key, word in words.items()})

    def has(self, name: str) -> bool:
        """Whether there is a sentence of this name."""
        return self._bundle.has_message(name)

    def listing(self, items: Sequence[Inlines]) -> Inlines:
        """The items as a list in running text: "A, B and C"."""
        if not items:
            return ()
        *others, last = items
        if not others:
            return last
        return self("list-last", start=self.comma_list(others), item=last)

    def comma_list(self, items: Sequence[Inlines]) -> Inlines:
        """The items with commas between them, none of them marked as the last: "54 mg, oral, daily"."""
        return self._chain("list-more", items)

    def _chain(self, name: str, items: Sequence[Inlines]) -> Inlines:
        chained: Inlines = ()
        for item in items:
            chained = self(name, start=chained, item=item) if chained else item
        return chained

    def _format(self, name: str, values: dict[str, str | int | float]) -> str:
        if not self._bundle.has_message(name):
            raise DocumentError(f"The catalogue for {self.language!r} has no sentence {name!r}.")
        pattern = self._bundle.get_message(name).value
        if pattern is None:
            raise DocumentError(f"The sentence {name!r} of the catalogue for {self.language!r} is empty.")
        shown, errors = self._bundle.format_pattern(pattern, values)
        if errors:
            raise DocumentError(f"The sentence {name!r} for {self.language!r} cannot be formed: {errors[0]}.")
        return " ".join(str(shown).split("\n"))


def _selectors(name: str, argument: Inline | Inlines) -> dict[str, str | float]:
    if not isinstance(argument, ResultRef):
        return {}
    sign = {"<": "less", ">": "greater"}.get(argument.shown.strip()[:1], "exact")
    number = "none" if argument.value is None else argument.value
    return {f"{name}-number": number, f"{name}-sign": sign}


def _split(shown: str, runs: Sequence[Inlines]) -> Inlines:
    """The formatted text with each marker replaced by the run it stands for; neighbouring words are joined."""
    inlines: list[Inline] = []
    for piece in _MARKERS.split(shown):
        if _MARKERS.fullmatch(piece):
            inlines.extend(runs[ord(piece) - _FIRST_MARKER])
        elif piece:
            inlines.append(Text(piece))
    return _joined(inlines)


def _joined(inlines: Sequence[Inline]) -> Inlines:
    joined: list[Inline] = []
    for inline in inlines:
        before = joined[-1] if joined else None
        if isinstance(inline, Text) and isinstance(before, Text) and _is_alike(inline, before):
            joined[-1] = Text(
                before.text + inline.text, before.is_bold, before.is_italic, before.is_underlined, before.position
            )
        else:
            joined.append(inline)
    return tuple(joined)


def _is_alike(one: Text, other: Text) -> bool:
    return (one.is_bold, one.is_italic, one.is_underlined, one.position) == (
        other.is_bold,
        other.is_italic,
        other.is_underlined,
        other.position,
    )


@lru_cache(maxsize=8)
def load_catalogue(language: str) -> Catalogue:
    """The catalogue of a BCP 47 language, all files of `catalogues/<language>` together.

    Raises `DocumentError` if there is none for it, or if a sentence stands in it twice or cannot be parsed.
    """
    from fluent.runtime import FluentBundle, FluentResource
    from fluent.syntax import ast

    folder = resources.files("trialwright.writing") / "catalogues"
    known = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    if language not in known:
        raise DocumentError(
            f"Documents are not written in {language!r} yet. There are catalogues for: {', '.join(known)}."
        )
    bundle = FluentBundle([language], use_isolating=False)
    files = sorted(
        (entry for entry in (folder / language).iterdir() if entry.name.endswith(".ftl")), key=lambda e: e.name
    )
    for entry in files:
        resource = FluentResource(entry.read_text(encoding="utf-8"))
        for item in resource.body:
            if isinstance(item, ast.Junk):
                raise DocumentError(f"{entry.name} holds what is no sentence: {(item.content or '').strip()[:80]!r}.")
            if isinstance(item, ast.Message) and bundle.has_message(item.id.name):
                raise DocumentError(f"{entry.name} has a sentence that another file has too: {item.id.name!r}.")
        bundle.add_resource(resource)
    return Catalogue(language, bundle)
