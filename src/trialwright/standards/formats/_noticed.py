"""Many offending values of one kind, told as one finding with their number and the first places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from trialwright.findings import Finding, Rule

#: Records told of one kind; the rest are counted.
_TOLD = 5


@dataclass(kw_only=True)
class _Kind:
    """What is told of one rule in one variable: the first records (from 1), how many there are, and the evidence."""

    records: list[int] = field(default_factory=list)
    count: int = 0
    evidence: str = ""


@dataclass(kw_only=True)
class Noticed:
    """Collects what is odd in a dataset, while its parts pass by.

    where  what the places begin with: the name of the file and of its dataset
    """

    where: str
    _kinds: dict[tuple[Rule, str, str, str], _Kind] = field(default_factory=dict)

    def notice(
        self, rule: Rule, variable: str, message: str, *, rows: npt.NDArray[Any], evidence: str, remedy: str = ""
    ) -> None:
        """Values of a variable in these rows (from 0, at least one) break the rule; the first evidence is kept."""
        kind = self._kinds.setdefault((rule, variable, message, remedy), _Kind(evidence=evidence))
        kind.records += (np.asarray(rows[: _TOLD - len(kind.records)]) + 1).tolist()
        kind.count += len(rows)

    def findings(self) -> list[Finding]:
        """One finding for each rule, variable and message."""
        return [
            Finding.of(
                rule,
                where=f"{self.where}, {variable}, {_numbers(kind)}",
                message=message,
                evidence=kind.evidence + (f" ({kind.count:,} in all)" if kind.count > 1 else ""),
                remedy=remedy,
            )
            for (rule, variable, message, remedy), kind in self._kinds.items()
        ]


def _numbers(kind: _Kind) -> str:
    """`record 3`, `records 3, 5`, `records 3, 5, 6, 7, 8, ...`"""
    numbers = ", ".join(map(str, kind.records)) + (", ..." if kind.count > len(kind.records) else "")
    return f"record{'s' if kind.count > 1 else ''} {numbers}"
