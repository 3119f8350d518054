"""Laboratory criteria for grades of toxicity, as data: the Common Terminology Criteria for Adverse Events 5.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

_BOUND = re.compile(
    r"(?P<inclusive>[<>]=)?\s*(?:(?P<factor>[\d.]+)\s+)?(?P<base>ULN|LLN|baseline)(?:\s*\+\s*(?P<added>[\d.]+)\s+(?P<unit>\S+))?"
)
_VALUE = re.compile(r"(?P<inclusive>[<>]=)?\s*(?P<value>[\d.]+)(?:\s+(?P<unit>\S+))?")

#: Units that are written in more than one way: 10^9/L as GI/L, mm3, ...; compared without case and blanks.
_UNITS: Mapping[str, str] = {
    "gi/l": "10^9/l",
    "10*9/l": "10^9/l",
    "x10e9/l": "10^9/l",
    "10e9/l": "10^9/l",
    "10^3/ul": "10^9/l",
    "10*3/ul": "10^9/l",
    "thou/ul": "10^9/l",
    "k/ul": "10^9/l",
    "10^3/mm3": "10^9/l",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A limit: `factor` times `base` plus `added`; or the value `added`, without a base.

    base          "ULN", "LLN", "baseline", or "" for a value
    unit          of `added`, as `normal_unit` writes it; "" where no unit matters
    is_inclusive  whether the limit itself has the grade
    """

    base: str = ""
    factor: float = 1.0
    added: float = 0.0
    unit: str = ""
    is_inclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxicityCriterion:
    """How the values of some laboratory tests are graded in one direction.

    grades    for each grade, bounds of which any one suffices (those in another unit than the value's do not count)
    abnormal  instead of `grades` for patients whose baseline was beyond the range; empty where the criteria do not say
    symptoms  instead of `grades` where symptoms are assumed; empty where they do not matter
    """

    term: str
    tests: tuple[str, ...]
    direction: Literal["high", "low"]
    grades: Mapping[int, tuple[Bound, ...]]
    abnormal: Mapping[int, tuple[Bound, ...]] = field(default_factory=dict)
    symptoms: Mapping[int, tuple[Bound, ...]] = field(default_factory=dict)


def normal_unit(unit: str) -> str:
    """A unit in one way of writing, for comparison."""
    written = "".join(unit.lower().split()).replace("µ", "u").replace("μ", "u")
    return _UNITS.get(written, written)


@lru_cache(maxsize=1)
def toxicity_criteria() -> tuple[ToxicityCriterion, ...]:
    """The laboratory criteria of CTCAE 5.0."""
    import yaml

    text = (resources.files("trialwright.standards") / "ctcae5_laboratory.yaml").read_text(encoding="utf-8")
    return tuple(_criterion(entry) for entry in yaml.safe_load(text)["criteria"])


def _criterion(entry: Mapping[str, Any]) -> ToxicityCriterion:
    return ToxicityCriterion(
        term=entry["term"],
        tests=tuple(entry["tests"]),
        direction=entry["direction"],
        **{name: _bounds_by_grade(entry.get(name, {})) for name in ("grades", "abnormal", "symptoms")},
    )


def _bounds_by_grade(entries: Mapping[int, object]) -> Mapping[int, tuple[Bound, ...]]:
    return {
        int(grade): tuple(_bound(text) for text in re.split(r";|\bor\b", str(texts)))
        for grade, texts in sorted(entries.items())
    }


def _bound(text: str) -> Bound:
    if (found := _BOUND.fullmatch(text.strip())) is not None:
        return Bound(
            base=found["base"],
            factor=float(found["factor"] or 1),
            added=float(found["added"] or 0),
            unit=normal_unit(found["unit"] or ""),
            is_inclusive=found["inclusive"] is not None,
        )
    if (found := _VALUE.fullmatch(text.strip())) is not None:
        return Bound(
            added=float(found["value"]),
            unit=normal_unit(found["unit"] or ""),
            is_inclusive=found["inclusive"] is not None,
        )
    raise ValueError(f"{text!r} is no bound of a grade.")
