"""What is chosen at an interim look among the hypotheses that are still open: arms, or populations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialwright.errors import DesignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectBest:
    """Those with the `count` highest values, if they are at least `at_least`; of equal ones the first."""

    count: int = 1
    at_least: float = -math.inf

    def __post_init__(self) -> None:
        if self.count < 1 or self.count != int(self.count):
            raise DesignError(f"SelectBest.count must be a whole number from 1, got {self.count!r}.")
        _check_number("SelectBest.at_least", self.at_least)

    def select(self, values: Floats, is_open: Booleans) -> Booleans:
        """Trial, hypothesis: whether it goes on."""
        import numpy as np

        ranked = np.where(is_open, values, -np.inf)
        order = np.argsort(-ranked, axis=1, kind="stable")
        places = np.empty_like(order)
        np.put_along_axis(places, order, np.broadcast_to(np.arange(values.shape[1]), order.shape), axis=1)
        return np.asarray(is_open & (places < self.count) & (values >= self.at_least))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectWithin:
    """Those within `epsilon` of the highest value, if they are at least `at_least`.

    Source: Kelly PJ, Stallard N, Todd S. J Biopharm Stat 2005;15:641-658. Friede T, Stallard N. Biom J 2008;50:767-781.
    """

    epsilon: float
    at_least: float = -math.inf

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise DesignError(f"SelectWithin.epsilon must be 0 or more, got {self.epsilon!r}; 0 selects the best.")
        _check_number("SelectWithin.at_least", self.at_least)

    def select(self, values: Floats, is_open: Booleans) -> Booleans:
        """Trial, hypothesis: whether it goes on."""
        import numpy as np

        best = np.where(is_open, values, -np.inf).max(axis=1, keepdims=True)
        return np.asarray(is_open & (values >= best - self.epsilon) & (values >= self.at_least))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectAbove:
    """Those whose value is at least `threshold`; none may be."""

    threshold: float

    def __post_init__(self) -> None:
        _check_number("SelectAbove.threshold", self.threshold)

    def select(self, values: Floats, is_open: Booleans) -> Booleans:
        """Trial, hypothesis: whether it goes on."""
        import numpy as np

        return np.asarray(is_open & (values >= self.threshold))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectAll:
    """All that are open."""

    def select(self, values: Floats, is_open: Booleans) -> Booleans:
        """Trial, hypothesis: whether it goes on."""
        import numpy as np

        return np.asarray(is_open & ~np.isnan(values))


def _check_number(name: str, value: float) -> None:
    if math.isnan(value):
        raise DesignError(f"{name} is not a number, so that nothing would ever be chosen. -inf chooses without limit.")


SelectionRule = SelectBest | SelectWithin | SelectAbove | SelectAll
