"""The 3+3 design: exact operating characteristics and simulation.

Sources: Storer BE. Design and analysis of phase I clinical trials. Biometrics 1989;45:925-937 (the rule). Lin Y,
Shih WJ. Statistical properties of the traditional algorithm-based designs for phase I cancer clinical trials.
Biostatistics 2001;2:203-215 (exact properties, without and with dose de-escalation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.design.early.escalation import EscalationCharacteristics, summarize_trials
from trialwright.design.early.requirements import count, toxicity_probabilities

CONVENTIONS = (
    "dose levels are counted from 1 and tried from the lowest one, three subjects at a time",
    "no DLT in three: escalate; one: three more at this level; then one in six: escalate; two or more at a level: stop "
    "escalating",
    "the maximum tolerated dose is the level below the one that stopped the escalation, the highest one if none did",
)
WITHOUT_DEESCALATION = "a level that was passed is not treated again"
WITH_DEESCALATION = (
    "six subjects are needed at the maximum tolerated dose: a candidate with three gets three more, and the level "
    "below is the next candidate if two or more of the six have a DLT"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreePlusThreeRow:
    """What follows from `dlts` of `n` subjects at a level."""

    n: int
    dlts: str
    decision: str


def three_plus_three_rows(*, has_deescalation: bool) -> tuple[ThreePlusThreeRow, ...]:
    """The rule as rows of a decision table."""
    stop = "De-escalate" if has_deescalation else "Stop; the level below is the maximum tolerated dose"
    return (
        ThreePlusThreeRow(n=3, dlts="0", decision="Escalate"),
        ThreePlusThreeRow(n=3, dlts="1", decision="Treat three more at this level"),
        ThreePlusThreeRow(n=3, dlts="2 or 3", decision=stop),
        ThreePlusThreeRow(n=6, dlts="1 or fewer", decision="Escalate, if the level above was not too toxic"),
        ThreePlusThreeRow(n=6, dlts="2 or more", decision=stop),
    )


def compute_three_plus_three(*, toxicities: Sequence[float], has_deescalation: bool) -> EscalationCharacteristics:
    """Exact operating characteristics at the true DLT probabilities `toxicities`, lowest level first.

    has_deescalation   whether six subjects are needed at the maximum tolerated dose; without, three may do
    """
    truth = toxicity_probabilities("toxicities", toxicities)
    levels = len(truth)
    none = [(1 - p) ** 3 for p in truth]
    one = [3 * p * (1 - p) ** 2 for p in truth]
    passes_with_six = [b * a for a, b in zip(none, one, strict=True)]
    passes = [a + b for a, b in zip(none, passes_with_six, strict=True)]
    reached = [1.0]
    for level in range(levels):
        reached.append(reached[level] * passes[level])
    expected_n = [reached[level] * (3 + 3 * one[level]) for level in range(levels)]
    # candidate[j]: probability that escalation ended with level j as the first candidate; j = -1 is none.
    candidate = [reached[level + 1] * (1 - passes[level + 1] if level + 1 < levels else 1.0) for level in range(levels)]
    selection = list(candidate)
    none_selected = 1 - passes[0]
    if has_deescalation:
        selection, arriving = [0.0] * levels, 0.0
        for level in reversed(range(levels)):
            arriving += candidate[level]
            # Whoever arrives has passed this level, with three or with six subjects.
            with_three = none[level] / passes[level] if passes[level] else 0.0
            expected_n[level] += 3 * arriving * with_three
            too_toxic = arriving * with_three * (1 - none[level] - one[level])
            selection[level] = arriving - too_toxic
            arriving = too_toxic
        none_selected += arriving
    return EscalationCharacteristics(
        method="3+3",
        toxicities=truth,
        selection=tuple(selection),
        none_selected=none_selected,
        expected_n=tuple(expected_n),
        expected_dlts=tuple(n * p for n, p in zip(expected_n, truth, strict=True)),
        expected_total=sum(expected_n),
        trials=None,
        standard_errors=(),
        conventions=(*CONVENTIONS, WITH_DEESCALATION if has_deescalation else WITHOUT_DEESCALATION),
    )


def simulate_three_plus_three(
    *, toxicities: Sequence[float], has_deescalation: bool, rng: np.random.Generator, trials: int = 10_000
) -> EscalationCharacteristics:
    """The same by simulation of `trials` trials, all at once."""
    truth = toxicity_probabilities("toxicities", toxicities)
    count("trials", trials)
    levels = len(truth)
    n = np.zeros((trials, levels), dtype=np.int_)
    dlts = np.zeros_like(n)
    escalating = np.ones(trials, dtype=bool)
    chosen = np.full(trials, levels - 1)

    def treat(level: int, who: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        n[who, level] += 3
        dlts[who, level] += rng.binomial(3, truth[level], size=int(who.sum()))

    for level in range(levels):
        treat(level, escalating)
        treat(level, escalating & (dlts[:, level] == 1))
        fails = escalating & (dlts[:, level] > 1)
        chosen[fails] = level - 1
        escalating &= ~fails
    if has_deescalation:
        for level in reversed(range(levels)):
            treat(level, (chosen == level) & (n[:, level] == 3))
            chosen[(chosen == level) & (dlts[:, level] > 1)] = level - 1
    return summarize_trials(
        method="3+3",
        toxicities=truth,
        chosen=chosen,
        n=n,
        dlts=dlts,
        conventions=(*CONVENTIONS, WITH_DEESCALATION if has_deescalation else WITHOUT_DEESCALATION),
    )
