"""Bayesian designs: posterior and predictive probabilities, monitoring, priors, and response-adaptive randomization.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.bayesian.beta_difference import (
        compute_superiority_probability,
        compute_superiority_table,
    )
    from trialwright.design.bayesian.counts import (
        compute_predictive_events,
        compute_rate_predictive_probability,
        compute_rate_ratio_probability,
    )
    from trialwright.design.bayesian.dual_criterion import (
        DualCriterionCharacteristics,
        DualCriterionDesign,
        compute_dual_criterion_binary,
        compute_dual_criterion_normal,
    )
    from trialwright.design.bayesian.effective_sample_size import (
        compute_effective_sample_size,
    )
    from trialwright.design.bayesian.map_prior import (
        compute_map_prior_normal,
    )
    from trialwright.design.bayesian.normal_monitoring import (
        CalibratedNormalMonitoring,
        NormalBounds,
        NormalCharacteristics,
        NormalMonitoring,
        calibrate_normal_monitoring,
        compute_normal_bounds,
        compute_normal_characteristics,
        compute_normal_posterior_probability,
        compute_normal_predictive_probability,
        compute_normal_probability_of_success,
        information_of_events,
        information_of_means,
    )
    from trialwright.design.bayesian.one_arm import (
        ResponseCharacteristics,
        ResponseLook,
        SingleArmDesign,
        compute_posterior_monitoring,
        compute_posterior_probability,
        compute_predictive_design,
        compute_predictive_monitoring,
        compute_predictive_probability,
        compute_response_characteristics,
    )
    from trialwright.design.bayesian.posteriors import (
        compute_mean_and_sd,
        compute_posterior_beta,
        compute_posterior_gamma,
        compute_posterior_normal,
        compute_posterior_normal_gamma,
        compute_probability_above,
    )
    from trialwright.design.bayesian.priors import (
        BetaMixture,
        GammaMixture,
        GammaPrior,
        NormalGammaPrior,
        NormalMixture,
        compute_commensurate_prior_normal,
        compute_power_prior_beta,
        compute_power_prior_normal,
        robustify_beta,
        robustify_normal,
    )
    from trialwright.design.bayesian.two_arms import (
        CalibratedTwoArmMonitoring,
        TwoArmCharacteristics,
        TwoArmMonitoring,
        calibrate_two_arm_monitoring,
        compute_two_arm_characteristics,
        compute_two_arm_predictive_probability,
        compute_two_arm_probability_of_success,
    )
    from trialwright.design.bayesian.unknown_variance import (
        compute_mean_difference_probability,
    )

_MODULES = {
    "BetaMixture": "priors",
    "CalibratedNormalMonitoring": "normal_monitoring",
    "CalibratedTwoArmMonitoring": "two_arms",
    "DualCriterionCharacteristics": "dual_criterion",
    "DualCriterionDesign": "dual_criterion",
    "GammaMixture": "priors",
    "GammaPrior": "priors",
    "NormalBounds": "normal_monitoring",
    "NormalCharacteristics": "normal_monitoring",
    "NormalGammaPrior": "priors",
    "NormalMixture": "priors",
    "NormalMonitoring": "normal_monitoring",
    "ResponseCharacteristics": "one_arm",
    "ResponseLook": "one_arm",
    "SingleArmDesign": "one_arm",
    "TwoArmCharacteristics": "two_arms",
    "TwoArmMonitoring": "two_arms",
    "calibrate_normal_monitoring": "normal_monitoring",
    "calibrate_two_arm_monitoring": "two_arms",
    "compute_commensurate_prior_normal": "priors",
    "compute_dual_criterion_binary": "dual_criterion",
    "compute_dual_criterion_normal": "dual_criterion",
    "compute_effective_sample_size": "effective_sample_size",
    "compute_map_prior_normal": "map_prior",
    "compute_mean_and_sd": "posteriors",
    "compute_mean_difference_probability": "unknown_variance",
    "compute_normal_bounds": "normal_monitoring",
    "compute_normal_characteristics": "normal_monitoring",
    "compute_normal_posterior_probability": "normal_monitoring",
    "compute_normal_predictive_probability": "normal_monitoring",
    "compute_normal_probability_of_success": "normal_monitoring",
    "compute_posterior_beta": "posteriors",
    "compute_posterior_gamma": "posteriors",
    "compute_posterior_monitoring": "one_arm",
    "compute_posterior_normal": "posteriors",
    "compute_posterior_normal_gamma": "posteriors",
    "compute_posterior_probability": "one_arm",
    "compute_power_prior_beta": "priors",
    "compute_power_prior_normal": "priors",
    "compute_predictive_design": "one_arm",
    "compute_predictive_events": "counts",
    "compute_predictive_monitoring": "one_arm",
    "compute_predictive_probability": "one_arm",
    "compute_probability_above": "posteriors",
    "compute_rate_predictive_probability": "counts",
    "compute_rate_ratio_probability": "counts",
    "compute_response_characteristics": "one_arm",
    "compute_superiority_probability": "beta_difference",
    "compute_superiority_table": "beta_difference",
    "compute_two_arm_characteristics": "two_arms",
    "compute_two_arm_predictive_probability": "two_arms",
    "compute_two_arm_probability_of_success": "two_arms",
    "information_of_events": "normal_monitoring",
    "information_of_means": "normal_monitoring",
    "robustify_beta": "priors",
    "robustify_normal": "priors",
}

__all__ = [
    "BetaMixture",
    "CalibratedNormalMonitoring",
    "CalibratedTwoArmMonitoring",
    "DualCriterionCharacteristics",
    "DualCriterionDesign",
    "GammaMixture",
    "GammaPrior",
    "NormalBounds",
    "NormalCharacteristics",
    "NormalGammaPrior",
    "NormalMixture",
    "NormalMonitoring",
    "ResponseCharacteristics",
    "ResponseLook",
    "SingleArmDesign",
    "TwoArmCharacteristics",
    "TwoArmMonitoring",
    "calibrate_normal_monitoring",
    "calibrate_two_arm_monitoring",
    "compute_commensurate_prior_normal",
    "compute_dual_criterion_binary",
    "compute_dual_criterion_normal",
    "compute_effective_sample_size",
    "compute_map_prior_normal",
    "compute_mean_and_sd",
    "compute_mean_difference_probability",
    "compute_normal_bounds",
    "compute_normal_characteristics",
    "compute_normal_posterior_probability",
    "compute_normal_predictive_probability",
    "compute_normal_probability_of_success",
    "compute_posterior_beta",
    "compute_posterior_gamma",
    "compute_posterior_monitoring",
    "compute_posterior_normal",
    "compute_posterior_normal_gamma",
    "compute_posterior_probability",
    "compute_power_prior_beta",
    "compute_power_prior_normal",
    "compute_predictive_design",
    "compute_predictive_events",
    "compute_predictive_monitoring",
    "compute_predictive_probability",
    "compute_probability_above",
    "compute_rate_predictive_probability",
    "compute_rate_ratio_probability",
    "compute_response_characteristics",
    "compute_superiority_probability",
    "compute_superiority_table",
    "compute_two_arm_characteristics",
    "compute_two_arm_predictive_probability",
    "compute_two_arm_probability_of_success",
    "information_of_events",
    "information_of_means",
    "robustify_beta",
    "robustify_normal",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
