"""Frozen parts of a scenario whose numbers are held to the bounds in their annotations."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, ClassVar, get_args, get_type_hints

from annotated_types import BaseMetadata, Ge, Gt, Le, Lt

from trialwright.errors import TrialwrightError

Probability = Annotated[float, Ge(0), Le(1)]
Positive = Annotated[float, Gt(0)]
NonNegative = Annotated[float, Ge(0)]
Count = Annotated[int, Ge(1)]

#: Unknown keys are misspelled assumptions: they are refused where a file is read.
_STRICT: dict[str, str] = {"extra": "forbid"}


class ScenarioError(TrialwrightError, ValueError):
    """A scenario cannot be read, is impossible, or does not fit the study.

    path  where in the scenario, from the part that found it: keys and positions
    """

    def __init__(self, message: str, *, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


def _metadata(hint: object) -> tuple[BaseMetadata, ...]:
    """The bounds anywhere in an annotation: of the number, of a mapping's values, of a tuple's items."""
    own = tuple(one for one in getattr(hint, "__metadata__", ()) if isinstance(one, BaseMetadata))
    return own + tuple(found for part in get_args(hint) for found in _metadata(part))


@functools.cache
def _bounds(kind: Callable[..., object]) -> dict[str, tuple[BaseMetadata, ...]]:
    """The bounds of each field of a dataclass, as its annotations give them."""
    return {name: _metadata(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}


def _numbers(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Each number in a field, with the way to it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*path, key))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _numbers(item, (*path, position))


def _is_within(value: float, bound: BaseMetadata) -> bool:
    match bound:
        case Ge(ge=float() | int() as limit):
            return value >= limit
        case Gt(gt=float() | int() as limit):
            return value > limit
        case Le(le=float() | int() as limit):
            return value <= limit
        case Lt(lt=float() | int() as limit):
            return value < limit
    return True


class Checked:
    """Base of a scenario's dataclasses: holds their numbers to the bounds when one is made, directly or from a file.

    Raises `ScenarioError` for a number out of bounds, and for what `_check` of the part finds.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    def __post_init__(self) -> None:
        # mypy takes the instances' __hash__ for the class's.
        for name, bounds in _bounds(type(self)).items():  # type: ignore[arg-type]
            for path, value in _numbers(getattr(self, name, None), (name,)):
                for bound in bounds:
                    if not _is_within(value, bound):
                        where = ".".join(str(step) for step in path)
                        raise ScenarioError(
                            f"{type(self).__name__}.{where} is {value!r}, but must be {_bound_text(bound)}.", path=path
                        )
        self._check()

    def _check(self) -> None:
        """What the parts must be together; raises `ScenarioError`."""


def _bound_text(bound: BaseMetadata) -> str:
    match bound:
        case Ge(ge=limit):
            return f"at least {limit}"
        case Gt(gt=limit):
            return f"above {limit}"
        case Le(le=limit):
            return f"at most {limit}"
        case Lt(lt=limit):
            return f"below {limit}"
    return str(bound)
