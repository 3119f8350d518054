"""Holds a JSON object against a LinkML model, as far as the Analysis Results Standard's model uses the language.

Classes with their slots by inheritance and mixins, required slots, lists, ranges, enumerations, choices of ranges
(`any_of`), and references: a slot whose range is a class with an identifier and that is not inlined holds an id of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_SCALARS: Mapping[str, tuple[type, ...]] = {"string": (str,), "uri": (str,), "integer": (int,), "boolean": (bool,)}


class Model:
    """A LinkML schema."""

    def __init__(self, path: Path) -> None:
        schema = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.classes: dict[str, Any] = schema["classes"]
        self.slots: dict[str, Any] = schema["slots"]
        self.enums: dict[str, Any] = schema["enums"]

    def violations(self, value: object, name: str) -> list[str]:
        """What of `value` does not fit the class `name`, with its place."""
        ids: dict[str, set[str]] = {}
        self._collect(value, name, ids)
        return list(self._check_object(value, name, name, ids))

    # --- the model ---

    def _ancestors(self, name: str) -> Iterator[str]:
        yield name
        definition = self.classes[name]
        for parent in [*([definition["is_a"]] if "is_a" in definition else []), *definition.get("mixins", [])]:
            yield from self._ancestors(parent)

    def _slots_of(self, name: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for ancestor in reversed(list(self._ancestors(name))):
            definition = self.classes[ancestor]
            for slot in definition.get("slots", []):
                found.setdefault(slot, dict(self.slots.get(slot) or {}))
            for slot, usage in (definition.get("slot_usage") or {}).items():
                merged = {**(found.get(slot) or self.slots.get(slot) or {}), **usage}
                if "range" in usage and "any_of" not in usage:
                    merged.pop("any_of", None)
                found[slot] = merged
        return found

    def _concrete(self, name: str) -> list[str]:
        """The class, and those that are made of it."""
        return [name, *(one for one in self.classes if one != name and name in self._ancestors(one))]

    def _ranges(self, slot: Mapping[str, Any]) -> list[str]:
        return [one["range"] for one in slot["any_of"]] if "any_of" in slot else [slot.get("range", "string")]

    def _is_reference(self, slot: Mapping[str, Any], range_name: str) -> bool:
        return range_name in self.classes and not slot.get("inlined", True)

    # --- the object ---

    def _collect(self, value: object, name: str, ids: dict[str, set[str]]) -> None:
        if not isinstance(value, dict):
            return
        slots = self._slots_of(name)
        if "id" in slots and "id" in value:
            ids.setdefault(name, set()).add(value["id"])
        for key, inner in value.items():
            slot = slots.get(key, {})
            for range_name in self._ranges(slot):
                if range_name in self.classes and not self._is_reference(slot, range_name):
                    for one in inner if isinstance(inner, list) else [inner]:
                        self._collect(one, range_name, ids)

    def _check_object(self, value: object, name: str, place: str, ids: dict[str, set[str]]) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: {value!r} is no object of {name}"
            return
        slots = self._slots_of(name)
        for key in value:
            if key not in slots:
                yield f"{place}: {name} has no attribute {key}"
            elif slots[key].get("value_presence") == "ABSENT":
                yield f"{place}: {name} does not use {key}"
        for key, slot in slots.items():
            if key not in value:
                if slot.get("required") and slot.get("value_presence") != "ABSENT":
                    yield f"{place}: {name} lacks {key}"
                continue
            yield from self._check_slot(value[key], slot, f"{place}.{key}", ids)

    def _check_slot(
        self, value: object, slot: Mapping[str, Any], place: str, ids: dict[str, set[str]]
    ) -> Iterator[str]:
        if slot.get("multivalued") and slot.get("maximum_cardinality") != 1:
            if not isinstance(value, list):
                yield f"{place}: not a list"
                return
            if slot.get("required") and not value:
                yield f"{place}: empty"
            values = value
        else:
            values = value if isinstance(value, list) and slot.get("multivalued") else [value]
        for number, one in enumerate(values):
            tried = [
                list(self._check_value(one, slot, range_name, f"{place}[{number}]", ids))
                for range_name in self._choices(slot)
            ]
            if tried and all(tried):
                yield from min(tried, key=len)

    def _choices(self, slot: Mapping[str, Any]) -> list[str]:
        ranges = self._ranges(slot)
        abstract = [name for name in ranges if name in self.classes and self.classes[name].get("abstract")]
        return [
            *(name for name in ranges if name not in abstract),
            *(c for a in abstract for c in self._concrete(a)[1:]),
        ]

    def _check_value(
        self, value: object, slot: Mapping[str, Any], range_name: str, place: str, ids: dict[str, set[str]]
    ) -> Iterator[str]:
        if range_name in self.enums:
            if value not in self.enums[range_name]["permissible_values"]:
                yield f"{place}: {value!r} is not in {range_name}"
        elif range_name in _SCALARS:
            if not isinstance(value, _SCALARS[range_name]) or (isinstance(value, bool) and range_name != "boolean"):
                yield f"{place}: {value!r} is no {range_name}"
        elif self._is_reference(slot, range_name):
            known = {id for name in self._concrete(range_name) for id in ids.get(name, set())}
            if value not in known:
                yield f"{place}: {value!r} is no id of {range_name}"
        else:
            yield from self._check_object(value, range_name, place, ids)
