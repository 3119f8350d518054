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
    """Each contrast at each visit under each delta, and the delta at which it is not significant any more.

    Significant is a p-value below the plan's alpha, in the direction that the difference has under the first delta.
    """
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

    def results(self) -> Iterator[Result]:
        """Those of each delta, and the tipping point."""
        deltas = self.options.deltas
        signed = []
        for delta in deltas:
            rows = self.at(delta)
            yield from rows
            signed.append(_signed(rows))
        found, reason = None, ""
        direction = signed[0][0]
        lost = [self._is_lost(pair, direction) for pair in signed]
        if any(p_value is None for _, p_value in signed):
            reason = "not estimable from these subjects"
        elif lost[0]:
            reason = f"not significant under the first delta, {number_text(deltas[0])}"
        elif True not in lost:
            reason = f"significant under every delta up to {number_text(deltas[-1])}"
        else:
            first = lost.index(True)
            found = _bisect(
                lambda delta: self._is_lost(_signed(self.at(delta)), direction), deltas[first - 1], deltas[first]
            )
        yield from self.part.request.results(
            {"tipping_point": found},
            groups=self.part.named(contrast_level(*self.pair), self.visit),
            variable=self.part.variable,
            warnings="; ".join(text for text in (self.part.warning, reason) if text),
        )

    def _is_lost(self, pair: tuple[float, float | None], direction: float) -> bool:
        """Whether there is no significance any more, or one in the other direction."""
        difference, p_value = pair
        return p_value is None or p_value >= self.part.request.alpha or difference * direction < 0


def _signed(rows: list[Result]) -> tuple[float, float | None]:
    """The difference (0 if there is none) and its p-value."""
    stats = {row.stat_name: row.stat for row in rows}
    return stats["difference"] or 0.0, stats["p_value"]


def _bisect(is_lost: Callable[[float], bool], kept: float, lost: float) -> float:
    """Where significance is lost between a delta under which it is kept and one under which it is lost."""
    width = abs(lost - kept)
    while abs(lost - kept) > _PRECISION * width:
        middle = (kept + lost) / 2
        if is_lost(middle):
            lost = middle
        else:
            kept = middle
    return lost
