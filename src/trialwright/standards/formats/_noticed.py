"""Many offending values of one kind, told as one finding with their number and the first places."""

from __future__ import annotations

from dataclasses import dataclass, field

from trialwright.findings import Finding, Rule

#: Places told of one kind; the rest are counted.
_TOLD = 5


@dataclass(kw_only=True)
class Noticed:
    """Collects what is odd in a file, while its parts pass by.

    file  what the places begin with: the name of the file and of its dataset
    """

    file: str
    _records: dict[tuple[Rule, str, str], list[int]] = field(default_factory=dict)
    _values: dict[tuple[Rule, str, str], str] = field(default_factory=dict)
    _counts: dict[tuple[Rule, str, str], int] = field(default_factory=dict)

    def notice(self, rule: Rule, variable: str, message: str, *, records: list[int], value: str) -> None:
        """Values of a variable in records with these numbers (from 1) break the rule; `value` is the first of them."""
        kind = (rule, variable, message)
        told = self._records.setdefault(kind, [])
        told += records[: _TOLD - len(told)]
        self._values.setdefault(kind, value)
        self._counts[kind] = self._counts.get(kind, 0) + len(records)

    def findings(self) -> list[Finding]:
        """One finding for each rule, variable and message."""
        found = []
        for (rule, variable, message), told in self._records.items():
            count = self._counts[rule, variable, message]
            numbers = ", ".join(map(str, told)) + (", ..." if count > len(told) else "")
            place = f"{variable}, record{'s' if count > 1 else ''} {numbers}".removeprefix(", ")
            more = f" ({count:,} in all)" if count > 1 else ""
            evidence = f"{self._values[rule, variable, message]}{more}"
            found.append(Finding.of(rule, where=f"{self.file}, {place}", message=message, evidence=evidence))
        return found
