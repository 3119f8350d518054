"""What cannot be is refused in a sentence that says which value, why, and what would work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trialwright.design import bayesian as b
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior
from trialwright.design.simulation import Accrual, BinaryOutcome, NormalOutcome, constant_rate
from trialwright.errors import DesignError

UNIFORM = BetaPrior(a=1, b=1)
NORMAL = NormalPrior(mean=0, sd=1)
ACCRUAL = Accrual(subjects=40, rate=constant_rate(5.0))
TWO = BinaryOutcome(probabilities=(0.3, 0.5))


def plan(**options: object) -> b.AdaptiveRandomizationPlan:
    values: dict[str, object] = {"accrual": ACCRUAL, "outcome": TWO, "rule": b.ThompsonSampling()} | options
    return b.AdaptiveRandomizationPlan(**values)  # type: ignore[arg-type]


def two_arms(**options: object) -> b.TwoArmMonitoring:
    values: dict[str, object] = {
        "experimental_prior": UNIFORM,
        "control_prior": UNIFORM,
        "looks": ((10, 10), (20, 20)),
        "success_cutoffs": (0.99, 0.95),
    } | options
    return b.TwoArmMonitoring(**values)  # type: ignore[arg-type]


def normal(**options: object) -> b.NormalMonitoring:
    values: dict[str, object] = {
        "prior": NORMAL,
        "information": (10.0, 20.0),
        "success_cutoffs": (0.99, 0.975),
    } | options
    return b.NormalMonitoring(**values)  # type: ignore[arg-type]


def simulated() -> b.AdaptiveTrials:
    return b.simulate_adaptive_randomization(plan(), trials=2, rng=np.random.default_rng(1))


MIXED = b.BetaMixture(weights=(0.5, 0.5), components=(BetaPrior(a=0.5, b=0.5), BetaPrior(a=5, b=5)))


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: b.BetaMixture(weights=(0.5, 0.6), components=(UNIFORM, UNIFORM)), "sum to 1"),
        (lambda: b.ResponseLook(n=5, futility_at_most=4, efficacy_at_least=2), "would be both"),
        (lambda: b.ResponseLook(n=5, futility_at_most=-1, efficacy_at_least=2), "futility_at_most is -1"),
        (lambda: b.compute_response_characteristics([], rate=0.5), "looks is empty"),
        (
            lambda: b.compute_response_characteristics(
                [b.ResponseLook(n=n, futility_at_most=0, efficacy_at_least=None) for n in (5, 3)], rate=0.5
            ),
            "3 comes after 5",
        ),
        (
            lambda: b.compute_normal_posterior_probability(normal(), look=1, z=float("nan")),
            "z must be a finite number",
        ),
        (
            lambda: b.compute_normal_predictive_probability(normal(), look=1, z=float("inf")),
            "z must be a finite number",
        ),
        (lambda: b.BetaMixture(weights=(1.0,), components=(UNIFORM, UNIFORM)), "1 values for 2 components"),
        (lambda: b.BetaMixture(weights=(1.0,), components=(BetaPrior(a=0, b=1),)), "at least 0.05"),
        (lambda: b.NormalGammaPrior(mean=0, subjects=0, shape=1, rate=1), "subjects must be above 0"),
        (lambda: b.robustify_beta(UNIFORM, vague_weight=1.0), "vague_weight must lie between 0 and 1"),
        (lambda: b.compute_power_prior_beta(UNIFORM, responses=3, n=10, discount=1.5), "discount"),
        (lambda: b.compute_power_prior_beta(UNIFORM, responses=30, n=10, discount=0.5), "between 0 and n = 10"),
        (lambda: b.compute_posterior_beta(UNIFORM, responses=11, n=10), "between 0 and 10"),
        (lambda: b.compute_posterior_normal(NORMAL, estimate=0, se=0), "se must be above 0"),
        (lambda: b.compute_posterior_normal(NORMAL, estimate=float("nan"), se=1), "finite"),
        (lambda: b.compute_map_prior_normal([1.0], [0.1], between_trial_sd=1), "at least two"),
        (lambda: b.compute_map_prior_normal([1.0, 2.0], [0.1, 0.0], between_trial_sd=1), "above 0"),
        (lambda: b.compute_effective_sample_size(NORMAL), "subject_sd is needed"),
        (lambda: b.compute_effective_sample_size(MIXED), "method='moment'"),
        (lambda: b.compute_superiority_probability(UNIFORM, UNIFORM, margin=1.0), "between -1 and 1"),
        (
            lambda: b.compute_predictive_probability(
                UNIFORM, responses=3, n=10, n_total=9, null_rate=0.2, success_cutoff=0.9
            ),
            "must not be below n",
        ),
        (
            lambda: b.compute_posterior_monitoring(UNIFORM, looks=(10, 10), null_rate=0.2, success_cutoff=0.9),
            "10 comes after 10",
        ),
        (
            lambda: b.compute_posterior_monitoring(UNIFORM, looks=(), null_rate=0.2, success_cutoff=0.9),
            "looks is empty",
        ),
        (
            lambda: b.compute_posterior_monitoring(UNIFORM, looks=(3,), null_rate=0.9, success_cutoff=0.99),
            "is not reached at n = 3",
        ),
        (
            lambda: b.compute_posterior_monitoring(
                UNIFORM, looks=(10,), null_rate=0.2, success_cutoff=0.9, futility_cutoff=0.5, efficacy_cutoff=0.4
            ),
            "above futility_cutoff",
        ),
        (
            lambda: b.compute_predictive_design(
                UNIFORM, null_rate=0.2, alternative_rate=0.25, alpha=0.05, power=0.9, n_max=30
            ),
            "Raise n_max",
        ),
        (
            lambda: b.compute_predictive_design(UNIFORM, null_rate=0.4, alternative_rate=0.2, alpha=0.05, power=0.9),
            "must be above null_rate",
        ),
        (lambda: two_arms(looks=((10, 10), (20, 10))), "rise in both arms"),
        (lambda: two_arms(success_cutoffs=(0.9,)), "1 values for 2 looks"),
        (lambda: two_arms(success_cutoffs=(0.9, None)), "ends in None"),
        (lambda: two_arms(futility_cutoff=1.0), "below 1"),
        (lambda: b.calibrate_two_arm_monitoring(two_arms(), alpha=0.05, null_rates=()), "null_rates"),
        (
            lambda: b.calibrate_two_arm_monitoring(two_arms(control_prior=BetaPrior(a=1, b=500)), alpha=0.01),
            "favor the experimental arm",
        ),
        (
            lambda: b.compute_two_arm_characteristics(two_arms(), rate_experimental=1.2, rate_control=0.2),
            "rate_experimental must lie between 0 and 1",
        ),
        (lambda: normal(information=(20.0, 10.0)), "10.0 comes after 20.0"),
        (lambda: normal(success_cutoffs=(0.9, None)), "end in a number"),
        (lambda: b.compute_normal_predictive_probability(normal(), look=3, z=1), "between 1 and 2"),
        (
            lambda: b.compute_normal_bounds(
                normal(futility_rule="posterior", futility_cutoff=0.98, success_cutoffs=(0.9, 0.975))
            ),
            "Take a lower futility_cutoff",
        ),
        (lambda: b.compute_normal_bounds(normal(prior=NormalPrior(mean=9, sd=0.01))), "prior decides"),
        (lambda: b.compute_normal_characteristics(normal(), effect=float("inf")), "finite"),
        (
            lambda: b.compute_rate_ratio_probability(
                b.GammaPrior(shape=1, rate=1), b.GammaPrior(shape=1, rate=1), below=0
            ),
            "below must be above 0",
        ),
        (
            lambda: b.compute_rate_predictive_probability(
                b.GammaPrior(shape=500, rate=0.1),
                b.GammaPrior(shape=1, rate=1),
                exposure_experimental=100,
                exposure_control=1,
                success_cutoff=0.9,
            ),
            "20,000 events",
        ),
        (
            lambda: b.compute_dual_criterion_binary(UNIFORM, n=25, null_rate=0.3, decision_rate=0.2, alpha=0.05),
            "above the null value",
        ),
        (
            lambda: b.compute_dual_criterion_binary(UNIFORM, n=2, null_rate=0.8, decision_rate=0.9, alpha=0.01),
            "Take more subjects",
        ),
        (lambda: plan(burn_in=20), "leaves none of 40"),
        (lambda: plan(minimum_allocation=0.6), "between 0 and 1/2"),
        (lambda: plan(drift=0.8), "out of 0 to 1"),
        (lambda: plan(outcome=BinaryOutcome(probabilities=(0.3,))), "two or more"),
        (lambda: plan(outcome=BinaryOutcome(probabilities=(0.3, 0.4), missing=(0.1,))), "1 values for 2 arms"),
        (lambda: plan(rule=b.DoublyAdaptiveBiasedCoin(target="neyman")), "burn_in must be at least 1"),
        (lambda: b.DoublyAdaptiveBiasedCoin(target="best"), "'neyman', 'rsihr'"),  # type: ignore[arg-type]
        (lambda: plan(rule=b.DropTheLoser(), update_every=5), "update_every must be 1"),
        (
            lambda: plan(rule=b.BiasedCoin(), outcome=BinaryOutcome(probabilities=(0.1, 0.2, 0.3))),
            "BiasedCoin is for two arms",
        ),
        (
            lambda: plan(rule=b.RandomizedPlayTheWinner(), outcome=NormalOutcome(means=(0.0, 1.0), sds=(1.0, 1.0))),
            "binary outcomes",
        ),
        (lambda: plan(outcome=NormalOutcome(means=(0.0, 1.0), sds=(1.0, 1.0))), "normal_prior is needed"),
        (lambda: b.ThompsonSampling(power=-1), "at least 0"),
        (lambda: b.ThompsonSampling(prior=BetaPrior(a=0.2, b=1)), "at least 0.5"),
        (lambda: b.BiasedCoin(probability=0.3), "between 0.5 and 1"),
        (lambda: b.compute_target_allocation("rsihr", sds=(1, 2)), "'neyman' for sds"),
        (
            lambda: b.simulate_adaptive_randomization(plan(), trials=0, rng=np.random.default_rng(1)),
            "trials must be a whole number",
        ),
        (
            lambda: b.compute_allocation_characteristics(simulated(), alpha=0.05, sided=2, test="randomization"),
            "reruns=199",
        ),
        (
            lambda: b.compute_allocation_characteristics(simulated(), alpha=0.05, sided=2, test="stratified"),
            "update_every",
        ),
        (lambda: b.compute_exact_allocation(plan(rule=b.DropTheLoser(), drift=0.1)), "a drift, the drop-the-loser urn"),
        (
            lambda: b.compute_exact_allocation(plan()).compute_critical_value(alpha=0.05, sided=2, null_rates=(0.0,)),
            "null_rates",
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence(act: Callable[[], object], says: str) -> None:
    with pytest.raises(DesignError) as refusal:
        act()
    message = str(refusal.value)
    assert says in message
    assert message.endswith((".", "%."))


def test_the_room_is_light_and_complete() -> None:
    import subprocess
    import sys

    code = "import sys, trialwright.design.bayesian as b; assert 'numpy' not in sys.modules"
    code += "; [getattr(b, n) for n in b.__all__]"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(b.__all__) == sorted(b.__all__)
    with pytest.raises(AttributeError):
        b.nothing  # noqa: B018
