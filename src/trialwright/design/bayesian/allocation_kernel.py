"""Compiled: the allocation of subjects by what is known of those before. Loads numba."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EQUAL: Final = 0
COIN: Final = 1
THOMPSON: Final = 2
BIASED_COIN: Final = 3
PLAY_THE_WINNER: Final = 4
DROP_THE_LOSER: Final = 5

NEYMAN: Final = 0.0
RSIHR: Final = 1.0


class Rule(NamedTuple):
    """A rule as numbers.

    parameters   EQUAL none; COIN probability; THOMPSON power (below 0 for n/2N), two of the prior; BIASED_COIN gamma,
                 target; PLAY_THE_WINNER balls, reward; DROP_THE_LOSER balls, immigration
    sds          known standard deviations of a normal outcome; empty for a binary one
    burn_in      subjects of each arm in permuted blocks first
    minimum      smallest probability of an arm
    update       subjects from one computation of the probabilities to the next
    log_sin, log_cos   at the grid of angles, for THOMPSON with a binary outcome
    """

    kind: int
    parameters: Floats
    sds: Floats
    burn_in: int
    minimum: float
    update: int
    log_sin: Floats
    log_cos: Floats


@njit(cache=True, nogil=True)
def best_of_rates(a: Floats, b: Floats, rule: Rule, chances: Floats) -> None:
    """Probability that each arm has the highest of independent beta rates, on a grid of sin(angle)^2 = rate."""
    arms, points = len(a), len(rule.log_sin)
    density = np.empty((arms, points))
    below = np.empty((arms, points))
    for arm in range(arms):
        total, highest = 0.0, -np.inf
        for point in range(points):
            log_density = (2 * a[arm] - 1) * rule.log_sin[point] + (2 * b[arm] - 1) * rule.log_cos[point]
            density[arm, point] = log_density
            highest = max(highest, log_density)
        for point in range(points):
            value = density[arm, point] - highest
            density[arm, point] = math.exp(value) if value > -40.0 else 0.0
            total += density[arm, point]
        for point in range(points):
            density[arm, point] /= total
        # The distribution function in the middle of each cell, to the third order of its width.
        seen = 0.0
        for point in range(points):
            here = density[arm, point]
            before = density[arm, point - 1] if point > 0 else 0.0
            after = density[arm, point + 1] if point + 1 < points else 0.0
            below[arm, point] = seen + here / 2 + (here - before) / 24 - (after - before) / 16
            seen += here
    for arm in range(arms):
        chance = 0.0
        for point in range(points):
            if density[arm, point] > 0.0:
                product = density[arm, point]
                for other in range(arms):
                    if other != arm:
                        product *= below[other, point]
                chance += product
        chances[arm] = chance


@njit(cache=True, nogil=True)
def best_of_means(means: Floats, sds: Floats, chances: Floats) -> None:
    """Probability that each arm has the highest of independent normal means."""
    arms = len(means)
    if arms == 2:
        z = (means[1] - means[0]) / math.sqrt(sds[0] ** 2 + sds[1] ** 2)
        chances[1] = 0.5 * math.erfc(-z / math.sqrt(2.0))
        chances[0] = 0.5 * math.erfc(z / math.sqrt(2.0))
        return
    # The trapezoid rule with steps of 1/8 standard deviation is exact for a normal density; distribution functions of
    # much narrower arms cost digits that an allocation does not need.
    for arm in range(arms):
        total = 0.0
        for point in range(-56, 57):
            z = point / 8.0
            product = math.exp(-0.5 * z * z) / (8.0 * math.sqrt(2.0 * math.pi))
            x = means[arm] + sds[arm] * z
            for other in range(arms):
                if other != arm:
                    product *= 0.5 * math.erfc((means[other] - x) / (sds[other] * math.sqrt(2.0)))
            total += product
        chances[arm] = total


@njit(cache=True, nogil=True)
def allocation_probabilities(
    rule: Rule, assigned: Integers, seen: Integers, sums: Floats, squares: Floats, subjects: int, chances: Floats
) -> None:
    """Fill `chances` of the arms for the next subject; not for DROP_THE_LOSER, whose urn has a memory of its own.

    assigned          subjects of each arm so far
    seen, sums, squares   of each arm: outcomes so far
    """
    arms = len(assigned)
    randomized = assigned.sum()
    is_binary = len(rule.sds) == 0
    if rule.kind == EQUAL:
        # Permuted blocks: places left in the block of this subject.
        for arm in range(arms):
            chances[arm] = 1.0 - (assigned[arm] - randomized // arms)
    elif rule.kind == COIN:
        difference = assigned[1] - assigned[0]
        chances[1] = 0.5 if difference == 0 else (rule.parameters[0] if difference < 0 else 1.0 - rule.parameters[0])
        chances[0] = 1.0 - chances[1]
    elif rule.kind == THOMPSON:
        first, second = np.empty(arms), np.empty(arms)
        for arm in range(arms):
            if is_binary:
                first[arm] = rule.parameters[1] + sums[arm]
                second[arm] = rule.parameters[2] + seen[arm] - sums[arm]
            else:
                precision = 1.0 / rule.parameters[2] ** 2 + seen[arm] / rule.sds[arm] ** 2
                first[arm] = (rule.parameters[1] / rule.parameters[2] ** 2 + sums[arm] / rule.sds[arm] ** 2) / precision
                second[arm] = precision**-0.5
        if is_binary:
            best_of_rates(first, second, rule, chances)
        else:
            best_of_means(first, second, chances)
        power = rule.parameters[0] if rule.parameters[0] >= 0.0 else randomized / (2.0 * subjects)
        for arm in range(arms):
            chances[arm] = max(chances[arm], 0.0) ** power
    elif rule.kind == BIASED_COIN:
        is_known = True
        for arm in range(arms):
            if is_binary:
                rate = (sums[arm] + 0.5) / (seen[arm] + 1.0)
                chances[arm] = math.sqrt(rate) if rule.parameters[1] == RSIHR else math.sqrt(rate * (1.0 - rate))
            else:
                within = squares[arm] - sums[arm] ** 2 / seen[arm] if seen[arm] > 1 else 0.0
                chances[arm] = math.sqrt(within / (seen[arm] - 1)) if within > 0.0 else 0.0
                is_known = is_known and within > 0.0
        if not is_known:
            chances[:] = 1.0
        total = chances.sum()
        for arm in range(arms):
            target = chances[arm] / total
            chances[arm] = target * (target * randomized / max(assigned[arm], 0.5)) ** rule.parameters[0]
    elif rule.kind == PLAY_THE_WINNER:
        for arm in range(arms):
            failures = 0.0
            for other in range(arms):
                if other != arm:
                    failures += seen[other] - sums[other]
            chances[arm] = rule.parameters[0] + rule.parameters[1] * (sums[arm] + failures / (arms - 1))
    chances /= chances.sum()
    if rule.minimum > 0.0 and rule.kind != EQUAL:
        keep_minimum(chances, rule.minimum)


@njit(cache=True, nogil=True)
def keep_minimum(chances: Floats, minimum: float) -> None:
    """Lift arms to the minimum; the others give in proportion to what they have."""
    arms = len(chances)
    is_low = np.zeros(arms, np.bool_)
    for _ in range(arms):
        rest, low = 0.0, 0
        changed = False
        for arm in range(arms):
            if not is_low[arm] and chances[arm] < minimum:
                is_low[arm] = True
                changed = True
            if is_low[arm]:
                low += 1
            else:
                rest += chances[arm]
        if not changed:
            return
        for arm in range(arms):
            chances[arm] = minimum if is_low[arm] else chances[arm] / rest * (1.0 - low * minimum)


@njit(cache=True, nogil=True)
def draw_arm(chances: Floats, draw: float) -> int:
    """The arm in whose part of the unit interval the uniform `draw` lies."""
    # From the last arm down: with two arms the experimental one has the low draws, as a response has.
    left = draw
    for arm in range(len(chances) - 1, 0, -1):
        if left < chances[arm]:
            return arm
        left -= chances[arm]
    return 0


@njit(cache=True, nogil=True)
def draw_from_urn(urn: Floats, draw: float) -> int:
    """Drop the loser: the arm drawn; urn[0] counts immigration balls, urn[1 + arm] those of the arms. Immigration
    balls that come first bring a ball of each arm; the arm's ball is taken out."""
    arms = len(urn) - 1
    left = draw
    while True:
        total = urn.sum()
        at = left * total
        if at < urn[0]:
            # What is left of the draw is uniform again.
            left = at / urn[0]
            for arm in range(arms):
                urn[1 + arm] += 1.0
            continue
        at -= urn[0]
        chosen = arms - 1
        for arm in range(arms - 1):
            if at < urn[1 + arm]:
                chosen = arm
                break
            at -= urn[1 + arm]
        if urn[1 + chosen] > 0.0:
            urn[1 + chosen] -= 1.0
            return chosen
        left = 0.0


@njit(cache=True, nogil=True)
def allocate(
    rule: Rule, entry: Floats, delay: float, draws: Floats, values: Floats, is_missing: Integers, arm: Integers
) -> None:
    """Fill `arm` of each subject of a trial.

    entry        calendar times of randomization, increasing
    draws        standard uniform
    values       subject, arm: the outcome that the subject has in that arm
    is_missing   subject, arm: 1 where there is none
    """
    subjects, arms = values.shape
    assigned, seen = np.zeros(arms, np.int64), np.zeros(arms, np.int64)
    sums, squares, chances = np.zeros(arms), np.zeros(arms), np.full(arms, 1.0 / arms)
    urn = np.empty(arms + 1)
    if rule.kind == DROP_THE_LOSER:
        urn[:] = rule.parameters[0]
        urn[0] = rule.parameters[1]
    known = 0
    start = rule.burn_in * arms
    for subject in range(subjects):
        while known < subject and entry[known] + delay <= entry[subject]:
            one = arm[known]
            if is_missing[known, one] == 0:
                value = values[known, one]
                seen[one] += 1
                sums[one] += value
                squares[one] += value * value
                if rule.kind == DROP_THE_LOSER and known >= start and value == 1.0:
                    urn[1 + one] += 1.0
            known += 1
        if subject < start:
            for one in range(arms):
                chances[one] = 1.0 - (assigned[one] - subject // arms)
            chances /= chances.sum()
            chosen = draw_arm(chances, draws[subject])
        elif rule.kind == DROP_THE_LOSER:
            chosen = draw_from_urn(urn, draws[subject])
        else:
            if rule.kind == EQUAL or (subject - start) % rule.update == 0:
                allocation_probabilities(rule, assigned, seen, sums, squares, subjects, chances)
            chosen = draw_arm(chances, draws[subject])
        arm[subject] = chosen
        assigned[chosen] += 1


@njit(cache=True, nogil=True)
def compare(
    values: Floats, is_missing: Integers, arm: Integers, strata: Integers, arms: int, z: Floats, stratified: Floats
) -> None:
    """Fill the statistics of each experimental arm against arm 0, of one trial; 0 where there is none.

    values, is_missing   of each subject, in the arm that it is in
    z            difference of means over its standard error under exchangeability of both arms
    stratified   the same within strata, combined with weights that are fixed
    """
    subjects = len(arm)
    last = strata[subjects - 1]
    sizes = np.zeros(last + 1, np.int64)
    for subject in range(subjects):
        sizes[strata[subject]] += 1
    for one in range(1, arms):
        for is_stratified in range(2):
            groups = last + 1 if is_stratified == 1 else 1
            n, m = np.zeros(groups), np.zeros(groups)
            first, second, squares = np.zeros(groups), np.zeros(groups), np.zeros(groups)
            for subject in range(subjects):
                if is_missing[subject] == 1 or (arm[subject] != one and arm[subject] != 0):
                    continue
                group = strata[subject] if is_stratified == 1 else 0
                value = values[subject]
                squares[group] += value * value
                if arm[subject] == one:
                    n[group] += 1.0
                    first[group] += value
                else:
                    m[group] += 1.0
                    second[group] += value
            # Weights are the sizes of the strata, all arms together: they do not depend on outcomes. A stratum that
            # says nothing counts 0. So each term has variance 1 or 0, given what was before.
            score, weights = 0.0, 0.0
            for group in range(groups):
                weight = float(sizes[group]) if is_stratified == 1 else 1.0
                weights += weight
                total = n[group] + m[group]
                if n[group] > 0.0 and m[group] > 0.0:
                    mean = (first[group] + second[group]) / total
                    within = squares[group] - total * mean * mean
                    variance = n[group] * m[group] / (total * (total - 1.0)) * within
                    if variance > 1e-12:
                        score += math.sqrt(weight) * (first[group] - n[group] * mean) / math.sqrt(variance)
            result = score / math.sqrt(weights)
            if is_stratified == 1:
                stratified[one - 1] = result
            else:
                z[one - 1] = result


@njit(cache=True, nogil=True)
def rerandomize(
    rule: Rule,
    entry: Floats,
    delay: float,
    draws: Floats,
    values: Floats,
    is_missing: Integers,
    strata: Integers,
    z: Floats,
    above: Integers,
    beyond: Integers,
) -> None:
    """Randomization test of one trial: allocate again, by the same rule, with outcomes as they were.

    draws           rerun, subject: standard uniform
    values, is_missing   subject, arm: each subject's outcome, the same whatever the arm
    z               statistics of the trial
    above, beyond   filled: reruns in which the statistic is at least as high, at least as far from 0
    """
    subjects, arms = values.shape
    arm, again, unused = np.empty(subjects, np.int64), np.empty(arms - 1), np.empty(arms - 1)
    for rerun in range(len(draws)):
        allocate(rule, entry, delay, draws[rerun], values, is_missing, arm)
        compare(values[:, 0], is_missing[:, 0], arm, strata, arms, again, unused)
        for one in range(arms - 1):
            if again[one] >= z[one] - 1e-9:
                above[one] += 1
            if abs(again[one]) >= abs(z[one]) - 1e-9:
                beyond[one] += 1


@njit(cache=True, nogil=True)
def path_weights(rule: Rule, subjects: int) -> Floats:
    """Experimental subjects, their successes, the control's successes: the sum over all orders of outcomes of the
    probability of the allocations, given the outcomes. Times the outcomes' probabilities it is that of the result."""
    size = subjects + 1
    now = np.zeros((size, size, size))
    now[0, 0, 0] = 1.0
    assigned, chances = np.empty(2, np.int64), np.empty(2)
    sums = np.empty(2)
    for subject in range(subjects):
        following = np.zeros((size, size, size))
        for n in range(subject + 1):
            m = subject - n
            for s in range(n + 1):
                for t in range(m + 1):
                    weight = now[n, s, t]
                    if weight == 0.0:
                        continue
                    assigned[0], assigned[1] = m, n
                    sums[0], sums[1] = t, s
                    if subject < 2 * rule.burn_in:
                        chances[0] = 1.0 - (m - subject // 2)
                        chances[1] = 1.0 - (n - subject // 2)
                        chances /= chances.sum()
                    else:
                        allocation_probabilities(rule, assigned, assigned, sums, sums, subjects, chances)
                    following[n + 1, s + 1, t] += weight * chances[1]
                    following[n + 1, s, t] += weight * chances[1]
                    following[n, s, t + 1] += weight * chances[0]
                    following[n, s, t] += weight * chances[0]
        now = following
    return now
