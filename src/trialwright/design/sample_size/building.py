"""Results from a power function and the number that reaches the target."""

from __future__ import annotations

from collections.abc import Callable

from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, Superiority
from trialwright.design.sample_size.requirements import Floats
from trialwright.design.sample_size.results import CrossoverSampleSize, OneGroupSampleSize, TwoGroupSampleSize
from trialwright.design.sample_size.solving import round_up, solve_n, split

ALLOCATION = "allocation_ratio is experimental / control"
N_EXACT = "n_exact is the unrounded total at which the power is the target; each group is rounded up"


def sides(alpha: float, sided: int, hypothesis: Hypothesis, *, counts_both_tails: bool = False) -> str:
    """How the type I error is to be read."""
    if isinstance(hypothesis, Equivalence):
        return f"two one-sided tests, alpha = {alpha:g} each"
    if sided == 1:
        return f"one-sided, alpha = {alpha:g}"
    if not isinstance(hypothesis, Superiority):
        return f"two-sided alpha = {alpha:g}: the one-sided test has half of it"
    tail = "on both sides" if counts_both_tails else "in the direction of the effect only"
    return f"two-sided, alpha = {alpha:g}; power counts rejections {tail}"


def two_groups(
    power_at: Callable[[float, float], Floats],
    *,
    method: str,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float,
    smallest_group: float,
    conventions: tuple[str, ...],
) -> TwoGroupSampleSize:
    """Solve `power_at(n_experimental, n_control)` for the total; no group is smaller than `smallest_group`."""
    smallest = smallest_group * (1 + allocation_ratio) / min(1.0, allocation_ratio)
    n_exact = solve_n(lambda n: float(power_at(*split(n, allocation_ratio))), power, smallest=smallest)
    experimental, control = (round_up(n) for n in split(n_exact, allocation_ratio))
    return TwoGroupSampleSize(
        method=method,
        n_exact=n_exact,
        n_total=experimental + control,
        n_experimental=experimental,
        n_control=control,
        allocation_ratio=allocation_ratio,
        target_power=power,
        attained_power=float(power_at(experimental, control)),
        alpha=alpha,
        sided=sided,
        conventions=(*conventions, ALLOCATION, N_EXACT),
    )


def one_group(
    power_at: Callable[[float], Floats],
    *,
    method: str,
    alpha: float,
    sided: int,
    power: float,
    smallest: float,
    conventions: tuple[str, ...],
) -> OneGroupSampleSize:
    """Solve `power_at(n)` for the number of subjects."""
    n_exact = solve_n(lambda n: float(power_at(n)), power, smallest=smallest)
    n_total = round_up(n_exact)
    return OneGroupSampleSize(
        method=method,
        n_exact=n_exact,
        n_total=n_total,
        target_power=power,
        attained_power=float(power_at(n_total)),
        alpha=alpha,
        sided=sided,
        conventions=(*conventions, "n_exact is unrounded, n_total rounded up"),
    )


def two_sequences(
    power_at: Callable[[float, float], Floats],
    *,
    method: str,
    alpha: float,
    sided: int,
    power: float,
    conventions: tuple[str, ...],
) -> CrossoverSampleSize:
    """Solve `power_at(n_sequence_1, n_sequence_2)` for the total of two equal sequences."""
    n_exact = solve_n(lambda n: float(power_at(n / 2, n / 2)), power, smallest=3.0)
    n_per_sequence = round_up(n_exact / 2)
    return CrossoverSampleSize(
        method=method,
        n_exact=n_exact,
        n_total=2 * n_per_sequence,
        n_per_sequence=n_per_sequence,
        target_power=power,
        attained_power=float(power_at(n_per_sequence, n_per_sequence)),
        alpha=alpha,
        sided=sided,
        conventions=(*conventions, "n_exact is the unrounded total of both sequences; each sequence is rounded up"),
    )
