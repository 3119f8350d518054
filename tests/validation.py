"""Reference values, held by the tests and written out as pages of docs/validation."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ReferenceValue:
    """A value from outside our code, and ours.

    quantity    what it is, with the data it is of
    source      where it is from: paper and page, or program, version and call
    tolerance   that the test allows; relative to `expected` if `is_relative`
    """

    methods: tuple[str, ...]
    quantity: str
    expected: float
    actual: float
    tolerance: float
    is_relative: bool
    source: str
    test: str

    @property
    def difference(self) -> float:
        """Between ours and the reference, relative if the tolerance is."""
        absolute = abs(self.actual - self.expected)
        return absolute / abs(self.expected) if self.is_relative and self.expected else absolute


class References:
    """What the fixture `reference` gives a test marked with `validates`: it holds values, and remembers them."""

    def __init__(self, *, methods: tuple[str, ...], test: str, collected: list[ReferenceValue]) -> None:
        self._methods, self._test, self._collected = methods, test, collected

    def holds(
        self,
        quantity: str,
        actual: float | None,
        expected: float,
        *,
        tolerance: float,
        source: str,
        relative: bool = False,
    ) -> None:
        """Fail unless `actual` is within `tolerance` of `expected`; relative to `expected` if asked."""
        assert actual is not None, f"{quantity}: there is no number; expected {expected} ({source})"
        value = ReferenceValue(
            methods=self._methods,
            quantity=quantity,
            expected=expected,
            actual=actual,
            tolerance=tolerance,
            is_relative=relative,
            source=source,
            test=self._test,
        )
        assert math.isfinite(actual), f"{quantity}: {actual}, expected {expected} ({source})"
        assert value.difference <= tolerance, (
            f"{quantity}: {actual!r} is {value.difference:.3g} from {expected!r} ({source}); allowed {tolerance:g}"
        )
        self._collected.append(value)


def write_values(values: list[ReferenceValue], path: Path) -> None:
    """The values as JSON, for docs/write_validation_pages.py."""
    path.write_text(json.dumps([asdict(value) for value in values], indent=1), encoding="utf-8")
