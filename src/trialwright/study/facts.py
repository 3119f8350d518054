"""Facts of a study definition by path, and how they are shown; references in its texts.

A path is an instance's identifier and attributes below it: `StudyTitle_3.text`, `Range_1.minValue.value`,
`StudyDesignPopulation_1.plannedSex.0.decode` (lists by position, from 0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trialwright.errors import StudyError
from trialwright.inlines import FactRef, Inline, Text
from trialwright.study.prose import Inlines, TextBlock, blocks_text, inlines_of, parse_html

# Units that are written as symbols; any other is written out, with an s for more than one of a time.
_SYMBOLS = {
    "milligram": "mg",
    "gram": "g",
    "kilogram": "kg",
    "microgram": "µg",
    "nanogram": "ng",
    "milliliter": "mL",
    "liter": "L",
    "percentage": "%",
    "percent": "%",
    "degree celsius": "°C",
    "milligram per day": "mg/day",
}
_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})


class FactError(StudyError):
    """A path leads to nothing."""


@dataclass(frozen=True, slots=True)
class TreeIndex:
    """The instances of a study definition's tree by identifier.

    instances   identifier to instance; the first where an identifier is used twice
    duplicates  identifiers that more than one instance has
    """

    instances: Mapping[str, dict[str, Any]]
    duplicates: tuple[str, ...] = ()

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> TreeIndex:
        """The index of a whole tree."""
        instances: dict[str, dict[str, Any]] = {}
        duplicates: dict[str, None] = {}
        stack: list[Any] = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, dict):
                identifier = node.get("id")
                if isinstance(identifier, str) and "instanceType" in node:
                    if identifier in instances:
                        duplicates[identifier] = None
                    else:
                        instances[identifier] = node
                stack.extend(reversed(node.values()))
            elif isinstance(node, list):
                stack.extend(reversed(node))
        return cls(instances, tuple(duplicates))

    def split(self, path: str) -> tuple[dict[str, Any], list[str]]:
        """The instance that `path` starts at, and the attributes below it. Identifiers may hold dots."""
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            if instance := self.instances.get(".".join(parts[:length])):
                return instance, parts[length:]
        raise FactError(
            f"The study definition has no instance {parts[0]!r}, which the path {path!r} starts at. "
            "Give the identifier of an instance, a dot, and an attribute, as in StudyTitle_1.text."
        )

    def value(self, path: str) -> Any:
        """The JSON value at `path`. Raises FactError when it leads to nothing."""
        node: Any
        node, attributes = self.split(path)
        for attribute in attributes:
            node = _step(node, attribute, path)
        return node


def replace_value(tree: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` at `path` in `tree`. Raises FactError when the path leads to nothing."""
    node: Any
    node, attributes = TreeIndex.of(tree).split(path)
    if not attributes:
        raise FactError(f"The path {path!r} names an instance. Add a dot and the attribute to change.")
    for attribute in attributes[:-1]:
        node = _step(node, attribute, path)
    last = attributes[-1]
    if isinstance(node, dict):
        node[last] = value
    elif isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        node[int(last)] = value
    else:
        _step(node, last, path)


def _step(node: Any, attribute: str, path: str) -> Any:
    if isinstance(node, dict) and attribute in node:
        return node[attribute]
    if isinstance(node, list) and attribute.isdecimal() and int(attribute) < len(node):
        return node[int(attribute)]
    if isinstance(node, dict):
        there = f"It has: {', '.join(sorted(node))}."
    elif isinstance(node, list):
        there = f"There are {len(node)} entries, counted from 0."
    else:
        there = "There is a plain value, with nothing below it."
    raise FactError(f"The path {path!r} leads to nothing at {attribute!r}. {there}")


def show_number(value: float) -> str:
    """The number as it is written: whole numbers without a decimal point."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def show_unit(unit: str, value: float) -> str:
    """The unit as written after a value: a symbol, or the word in small letters."""
    word = unit.lower()
    if word in _TIMES:
        return word if value == 1 else f"{word}s"
    return _SYMBOLS.get(word, word)


def show_value(value: Any, to_text: Callable[[str], str]) -> str:
    """The JSON value as a reader sees it. `to_text` turns HTML into words.

    A code shows its decode, a quantity its value and unit, a range both ends, a list its entries, any other instance
    its text, label or name.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return show_number(value)
        case str():
            return to_text(value)
        case list():
            return ", ".join(show_value(entry, to_text) for entry in value)
        case dict():
            return _show_instance(value, to_text)
    raise FactError(f"A {type(value).__name__} is no JSON value.")


def _show_instance(instance: dict[str, Any], to_text: Callable[[str], str]) -> str:
    match instance.get("instanceType"):
        case "Code":
            return str(instance.get("decode", ""))
        case "AliasCode":
            return show_value(instance.get("standardCode"), to_text)
        case "Quantity":
            number = show_value(instance.get("value"), to_text)
            unit = show_value(instance.get("unit"), to_text)
            return f"{number} {show_unit(unit, instance['value'])}" if unit else number
        case "Range":
            return _show_range(instance, to_text)
        case "Duration" if not instance.get("text"):
            return show_value(instance.get("quantity"), to_text)
    for attribute in ("text", "label", "name", "decode"):
        if instance.get(attribute):
            return show_value(instance[attribute], to_text)
    return ""


def _show_range(instance: dict[str, Any], to_text: Callable[[str], str]) -> str:
    smallest, largest = instance.get("minValue"), instance.get("maxValue")
    shown_smallest, shown_largest = show_value(smallest, to_text), show_value(largest, to_text)
    if isinstance(smallest, dict) and isinstance(largest, dict):
        same_unit = show_value(smallest.get("unit"), to_text) == show_value(largest.get("unit"), to_text)
        shown_smallest = show_value(smallest.get("value"), to_text) if same_unit else shown_smallest
    return f"{shown_smallest} to {shown_largest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceProblem:
    """A reference in a text that could not be resolved: where it stands, and what is wrong with it."""

    where: str
    message: str
    evidence: str


@dataclass(slots=True)
class TextResolver:
    """Turns texts of a study definition into blocks, references resolved.

    A reference becomes a `FactRef`; the words that a tag stands for may hold references, and so on. What cannot be
    resolved stays visible in the text, in brackets, and is noted in `problems`.
    """

    index: TreeIndex
    problems: list[ReferenceProblem] = field(default_factory=list)

    def blocks(self, html: str, *, where: str, dictionary_id: str | None = None) -> tuple[TextBlock, ...]:
        """The blocks of `html`. `where` names the place for problems, as a path."""
        return self._parse(html, where, dictionary_id, trail=(where,))

    def inlines(self, html: str, *, where: str, dictionary_id: str | None = None) -> Inlines:
        """The inlines of `html`, paragraphs parted by line breaks."""
        return inlines_of(self.blocks(html, where=where, dictionary_id=dictionary_id))

    def shown(self, path: str, trail: tuple[str, ...] = ()) -> str:
        """The fact at `path` as a reader sees it."""
        instance, _ = self.index.split(path)
        dictionary_id = instance.get("dictionaryId")

        def to_text(text: str) -> str:
            return blocks_text(self._parse(text, path, dictionary_id, trail=(*trail, path)))

        return show_value(self.index.value(path), to_text)

    def _parse(self, html: str, where: str, dictionary_id: str | None, trail: tuple[str, ...]) -> tuple[TextBlock, ...]:
        def resolve(kind: str, attributes: Mapping[str, str]) -> Inlines:
            if kind == "ref":
                return (self._reference(attributes, where, trail),)
            if kind == "tag":
                return self._tag(attributes.get("name", ""), where, dictionary_id, trail)
            return (self._unresolved(where, f"usdm:{kind}", "Only usdm:ref and usdm:tag are known."),)

        return parse_html(html, resolve)

    def _reference(self, attributes: Mapping[str, str], where: str, trail: tuple[str, ...]) -> Inline:
        path = f"{attributes.get('id', '')}.{attributes.get('attribute', '')}"
        if path in trail:
            return self._unresolved(where, path, "The reference leads back to itself.")
        try:
            return FactRef(path=path, shown=self.shown(path, trail))
        except FactError as error:
            return self._unresolved(where, path, str(error))

    def _tag(self, name: str, where: str, dictionary_id: str | None, trail: tuple[str, ...]) -> Inlines:
        dictionary = self.index.instances.get(dictionary_id or "")
        if dictionary is None:
            wanted = f"names the dictionary {dictionary_id}, which is not there" if dictionary_id else "names none"
            return (self._unresolved(where, name, f"The tag needs a dictionary, and the text {wanted}."),)
        step = f"{dictionary_id}#{name}"
        if step in trail:
            return (self._unresolved(where, name, "The tag stands for a text that holds it again."),)
        for entry in dictionary.get("parameterMaps", ()):
            if entry.get("tag") == name:
                blocks = self._parse(entry.get("reference", ""), where, dictionary_id, (*trail, step))
                return inlines_of(blocks)
        known = ", ".join(str(entry.get("tag")) for entry in dictionary.get("parameterMaps", ())) or "none"
        return (self._unresolved(where, name, f"The dictionary {dictionary_id} has no such tag. It has: {known}."),)

    def _unresolved(self, where: str, reference: str, message: str) -> Text:
        self.problems.append(ReferenceProblem(where=where, message=message, evidence=reference))
        return Text(f"[unresolved: {reference}]")
