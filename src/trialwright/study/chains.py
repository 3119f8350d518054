"""The order that `previousId` and `nextId` give."""

from __future__ import annotations

from typing import Protocol, TypeVar


class Linked(Protocol):
    """An instance that names its neighbors."""

    @property
    def id(self) -> str: ...
    @property
    def previous_id(self) -> str | None: ...
    @property
    def next_id(self) -> str | None: ...


L = TypeVar("L", bound=Linked)


def in_chain_order(records: tuple[L, ...]) -> tuple[L, ...]:
    """The records in the order of their chain; as listed, where the chain does not hold each of them once."""
    by_id = {record.id: record for record in records}
    starts = [record for record in records if record.previous_id is None]
    if len(starts) != 1:
        return records
    chain: dict[str, L] = {}
    current: L | None = starts[0]
    while current is not None and current.id not in chain:
        chain[current.id] = current
        current = by_id.get(current.next_id or "")
    return tuple(chain.values()) if len(chain) == len(records) else records
