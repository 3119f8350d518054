"""What a writer notes while it writes: which reference got which identifier, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from trialwright.documents.manifest import RECORD_SEPARATOR, Reference
from trialwright.documents.typed_numbers import find_typed_numbers
from trialwright.inlines import FactRef, RecordRef
from trialwright.results import ResultRef


@dataclass
class Ledger:
    """Identifiers of references in the order of their first occurrence.

    A datum that is shown twice in the same way has one identifier, one leaf in the custom XML part, and two controls:
    Word then keeps both in step.
    """

    _ids: dict[tuple[str, ...], str] = field(default_factory=dict)
    _data: dict[str, ResultRef | FactRef | RecordRef] = field(default_factory=dict)
    _occurrences: dict[str, list[str]] = field(default_factory=dict)
    _literals: set[tuple[str, str, str]] = field(default_factory=set)

    def refer(self, datum: ResultRef | FactRef | RecordRef, section: str) -> str:
        """The identifier of `datum`, noting that `section` shows it once more."""
        key: tuple[str, ...]
        if isinstance(datum, RecordRef):
            key = (*datum.sources, "", datum.shown)
        elif isinstance(datum, ResultRef):
            key = (datum.result_id, datum.format, datum.shown)
        else:
            key = (datum.path, "", datum.shown)
        identifier = self._ids.get(key)
        if identifier is None:
            identifier = f"r{len(self._ids) + 1:04d}"
            self._ids[key] = identifier
            self._data[identifier] = datum
            self._occurrences[identifier] = []
        self._occurrences[identifier].append(section)
        return identifier

    def note_words(self, words: str, *, before: str = "") -> None:
        """Remember the numbers that stand in these words: they are known, and reported only when they change."""
        for number in find_typed_numbers(words, before=before):
            self._literals.add(number.context)

    def shown(self) -> list[tuple[str, str]]:
        """Identifier and shown text of every reference that is bound to data: all but those to records."""
        return [
            (identifier, datum.shown) for identifier, datum in self._data.items() if not isinstance(datum, RecordRef)
        ]

    def references(self) -> tuple[Reference, ...]:
        """The references as the manifest lists them."""
        return tuple(
            _reference(identifier, datum, tuple(self._occurrences[identifier]))
            for identifier, datum in self._data.items()
        )

    def literals(self) -> tuple[tuple[str, str, str], ...]:
        """The typed numbers with the words around them, sorted."""
        return tuple(sorted(self._literals))


def _reference(identifier: str, datum: ResultRef | FactRef | RecordRef, occurrences: tuple[str, ...]) -> Reference:
    if isinstance(datum, FactRef):
        return Reference(id=identifier, kind="fact", source=datum.path, shown=datum.shown, occurrences=occurrences)
    if isinstance(datum, RecordRef):
        return Reference(
            id=identifier,
            kind="record",
            source=RECORD_SEPARATOR.join(datum.sources),
            shown=datum.shown,
            occurrences=occurrences,
            values=datum.values,
        )
    return Reference(
        id=identifier,
        kind="result",
        source=datum.result_id,
        format=datum.format,
        value=datum.value,
        shown=datum.shown,
        occurrences=occurrences,
    )
