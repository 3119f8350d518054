"""`gatekeeping`: families of hypotheses tested one after the other, each family the gatekeeper of the next.

Serial: a family is tested at alpha if all hypotheses before it are rejected. Parallel: with the alpha that the family
before does not use up, by the error rate function of its procedure.

Sources: Maurer W, Hothorn L, Lehmacher W, 1995 (serial). Dmitrienko A, Tamhane AC, Wiens BL. Biom J 2008;50:667-677
(multistage parallel gatekeeping; truncated Holm and Hochberg). Dmitrienko A, Tamhane AC, Bretz F, eds. Multiple Testing
Problems in Pharmaceutical Statistics, 2009, section 5.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialwright.analysis.methods.multiplicity.hypotheses import find_p_values
from trialwright.analysis.methods.multiplicity.options import GatekeepingOptions
from trialwright.analysis.request import Request
from trialwright.results import Result

_EQUAL = 1e-12


@dataclass(frozen=True, kw_only=True)
class TestedFamily:
    """A family: the p-values of its hypotheses, and its procedure with the truncation.

    is_step_up  whether it is Hochberg's; otherwise Holm's, which is Bonferroni's with truncation 0
    """

    p_values: tuple[float, ...]
    truncation: float
    is_step_up: bool = False

    def critical(self, place: int) -> float:
        """What part of alpha the hypothesis with the `place`-th smallest p-value is tested at."""
        n = len(self.p_values)
        return self.truncation / (n - place + 1) + (1 - self.truncation) / n

    def rejected(self, alpha: float) -> set[int]:
        """Positions of the hypotheses that are rejected."""
        order = sorted(range(len(self.p_values)), key=lambda index: (self.p_values[index], index))
        passes = [
            self.p_values[index] <= self.critical(place) * alpha * (1 + _EQUAL)
            for place, index in enumerate(order, start=1)
        ]
        if self.is_step_up:
            count = max((place for place, fine in enumerate(passes, start=1) if fine), default=0)
        else:
            count = next((place for place, fine in enumerate(passes) if not fine), len(passes))
        return set(order[:count])

    def used_up(self, accepted: int, alpha: float) -> float:
        """The error rate when only so many of the hypotheses are true: what is not passed on."""
        if not accepted:
            return 0.0
        return alpha * (self.truncation + (1 - self.truncation) * accepted / len(self.p_values))


@dataclass(frozen=True, kw_only=True)
class FamilyDecision:
    """A family after the test: its alpha, and which hypotheses are rejected."""

    alpha: float
    rejected: frozenset[int]


def decide_families(families: Sequence[TestedFamily], alpha: float, *, is_serial: bool) -> list[FamilyDecision]:
    """The decisions at familywise error rate `alpha`."""
    decisions = []
    left = alpha
    for family in families:
        rejected = family.rejected(left) if left > 0 else set()
        decisions.append(FamilyDecision(alpha=left, rejected=frozenset(rejected)))
        accepted = len(family.p_values) - len(rejected)
        used_up = family.used_up(accepted, left)
        if is_serial and accepted:
            used_up = left
        left = max(0.0, left - used_up)
    return decisions


def adjusted_p_values(families: Sequence[TestedFamily], *, is_serial: bool) -> list[list[float]]:
    """For each hypothesis the smallest alpha at which it is rejected, to 1e-15, or 1."""
    return [
        [_smallest_alpha(families, number, index, is_serial=is_serial) for index in range(len(family.p_values))]
        for number, family in enumerate(families)
    ]


def _smallest_alpha(families: Sequence[TestedFamily], number: int, index: int, *, is_serial: bool) -> float:
    def rejects(alpha: float) -> bool:
        return index in decide_families(families, alpha, is_serial=is_serial)[number].rejected

    low, high = 0.0, 1.0
    if not rejects(high):
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rejects(middle) else (middle, high)
    # What `rejects` lets pass beyond a p-value is not taken off it.
    return min(1.0, high * (1 + _EQUAL))


def analyze_gatekeeping(request: Request, options: GatekeepingOptions) -> Iterator[Result]:
    """Adjusted p-value and decision of each hypothesis, with the alpha of its family."""
    found = {one.id: one for one in find_p_values(request, options)}
    alpha = options.alpha if options.alpha is not None else request.alpha
    is_serial = options.kind == "serial"
    families = [
        TestedFamily(
            p_values=tuple(found[name].tested for name in family.hypotheses),
            truncation=0.0 if family.procedure == "bonferroni" else family.truncation,
            is_step_up=family.procedure == "hochberg",
        )
        for family in options.families
    ]
    decisions = decide_families(families, alpha, is_serial=is_serial)
    adjusted = adjusted_p_values(families, is_serial=is_serial)
    for number, family in enumerate(options.families):
        for index, name in enumerate(family.hypotheses):
            one = found[name]
            yield from request.results(
                {
                    "p_value": one.p_value,
                    "p_adjusted": None if one.p_value is None else adjusted[number][index],
                    "alpha_share": decisions[number].alpha,
                    "rejected": float(index in decisions[number].rejected),
                    "order": number + 1,
                },
                variable=name,
                warnings=one.warning,
            )
