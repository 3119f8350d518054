"""`tipping_point`: how much worse than imputed the missing values must have been for the result to lose significance.

The values are imputed once; each delta is added to those of the chosen arms (after imputation, so that the delta of one
visit does not spread to later ones), and the contrast is analysed again. Between the last delta that is significant and
the first that is not, the tipping point is found by bisection.

Source: Yan X, Lee S, Li N. J Biopharm Stat 2009;19:1085-1098. ICH E9(R1), 2019, A.5.2 (sensitivity analysis).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trialwright.analysis.methods.imputation.completed import prepare
from trialwright.analysis.methods.imputation.multiple_imputation import difference, sizes, times_shifted
from trialwright.analysis.methods.imputation.options import Delta, TippingPointOptions
from trialwright.analysis.methods.imputation.parts import Imputed, check_level, completed_parts
from trialwright.analysis.request import Request, contrast_level, number_text
from trialwright.results import Result

#: The group of a result that names the delta.
DELTA = "DELTA"
#: Of the distance between two deltas: how far the tipping point is narrowed down.
_PRECISION = 1e-6


def analyze_tipping_point(request: Request, options: TippingPointOptions) -> Iterator[Result]:
    """Each contrast at each visit under each delta, and the delta at which its p-value reaches the plan's alpha."""
    for level in options.levels:
        check_level(request, level, "levels")
    for part in completed_parts(request, options):
        yield from sizes(part)
        for first, second in options.contrasts:
            for index, visit in enumerate(part.visits):
                yield from _Contrast(
                    part=part, options=options, pair=(first, second), index=index, visit=visit
                ).results()


class _Contrast:
    """One contrast at one visit, as a function of delta."""

    def __init__(
        self, *, part: Imputed, options: TippingPointOptions, pair: tuple[str, str], index: int, visit: str
    ) -> None:
        self.part, self.options, self.pair, self.visit = part, options, pair, visit
        self.analysis = None if part.data is None else prepare(part.data, options.weights)
        self.responses = None if part.values is None else part.values[:, :, index]
        delta = Delta(
            value=1.0,
            levels=options.levels or [pair[0]],
            accumulates=options.accumulates,
            intermittent=options.intermittent,
        )
        self.times = None if part.data is None else times_shifted(part, delta)[:, index]

    def at(self, delta: float) -> list[Result]:
        """The results under a delta."""
        shifted = None
        if self.responses is not None and self.times is not None:
            shifted = self.responses + delta * self.times
        return difference(self.part, self.analysis, shifted, self.pair, self.visit, (DELTA, number_text(delta)))

    def p_value(self, delta: float) -> float | None:
        """Under a delta."""
        return next(row.stat for row in self.at(delta) if row.stat_name == "p_value")

    def results(self) -> Iterator[Result]:
        """Those of each delta, and the tipping point."""
        alpha = self.part.request.alpha
        p_values = []
        for delta in self.options.deltas:
            rows = self.at(delta)
            yield from rows
            p_values.append(next(row.stat for row in rows if row.stat_name == "p_value"))
        found, reason = None, self.part.warning
        known = [p for p in p_values if p is not None]
        if len(known) == len(p_values):
            crossing = next((number for number, p in enumerate(known) if p >= alpha), None)
            if crossing is None:
                reason = f"significant under every delta up to {number_text(self.options.deltas[-1])}"
            elif crossing == 0:
                reason = f"not significant under the first delta, {number_text(self.options.deltas[0])}"
            else:
                found = _bisect(self._excess(alpha), *self.options.deltas[crossing - 1 : crossing + 1])
        yield from self.part.request.results(
            {"tipping_point": found},
            groups=self.part.named(contrast_level(*self.pair), self.visit),
            variable=self.part.variable,
            warnings="; ".join(text for text in dict.fromkeys((self.part.warning, reason)) if text),
        )

    def _excess(self, alpha: float) -> Callable[[float], float]:
        def excess(delta: float) -> float:
            return (self.p_value(delta) or 0.0) - alpha

        return excess


def _bisect(function: Callable[[float], float], below: float, above: float) -> float:
    """Where a function that is below 0 at `below` and not at `above` reaches 0."""
    width = abs(above - below)
    while abs(above - below) > _PRECISION * width:
        middle = (below + above) / 2
        if function(middle) >= 0:
            above = middle
        else:
            below = middle
    return above
