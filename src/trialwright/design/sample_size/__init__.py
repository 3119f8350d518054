"""Sample size and power of designs with a fixed sample size: means, proportions, bioequivalence.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, NonInferiority, Superiority
from trialwright.design.sample_size.results import (
    ClusterSampleSize,
    CrossoverSampleSize,
    OneGroupSampleSize,
    SampleSize,
    TwoGroupSampleSize,
)

if TYPE_CHECKING:
    from trialwright.design.sample_size.adjusted_means import (
        compute_power_ancova,
        compute_power_crossover_means,
        compute_sample_size_ancova,
        compute_sample_size_crossover_means,
    )
    from trialwright.design.sample_size.bioequivalence import (
        compute_log_sd,
        compute_power_bioequivalence,
        compute_sample_size_bioequivalence,
    )
    from trialwright.design.sample_size.means import (
        compute_power_one_mean,
        compute_power_paired_means,
        compute_power_two_means,
        compute_sample_size_one_mean,
        compute_sample_size_paired_means,
        compute_sample_size_two_means,
        compute_sd_of_differences,
    )
    from trialwright.design.sample_size.one_proportion import (
        compute_power_one_proportion,
        compute_sample_size_one_proportion,
    )
    from trialwright.design.sample_size.proportions import (
        compute_power_two_proportions,
        compute_sample_size_two_proportions,
    )

_MODULES = {
    "compute_power_ancova": "adjusted_means",
    "compute_power_crossover_means": "adjusted_means",
    "compute_sample_size_ancova": "adjusted_means",
    "compute_sample_size_crossover_means": "adjusted_means",
    "compute_log_sd": "bioequivalence",
    "compute_power_bioequivalence": "bioequivalence",
    "compute_sample_size_bioequivalence": "bioequivalence",
    "compute_power_one_mean": "means",
    "compute_power_paired_means": "means",
    "compute_power_two_means": "means",
    "compute_sample_size_one_mean": "means",
    "compute_sample_size_paired_means": "means",
    "compute_sample_size_two_means": "means",
    "compute_sd_of_differences": "means",
    "compute_power_one_proportion": "one_proportion",
    "compute_sample_size_one_proportion": "one_proportion",
    "compute_power_two_proportions": "proportions",
    "compute_sample_size_two_proportions": "proportions",
}

__all__ = [
    "ClusterSampleSize",
    "CrossoverSampleSize",
    "Equivalence",
    "Hypothesis",
    "NonInferiority",
    "OneGroupSampleSize",
    "SampleSize",
    "Superiority",
    "TwoGroupSampleSize",
    "compute_log_sd",
    "compute_power_ancova",
    "compute_power_bioequivalence",
    "compute_power_crossover_means",
    "compute_power_one_mean",
    "compute_power_one_proportion",
    "compute_power_paired_means",
    "compute_power_two_means",
    "compute_power_two_proportions",
    "compute_sample_size_ancova",
    "compute_sample_size_bioequivalence",
    "compute_sample_size_crossover_means",
    "compute_sample_size_one_mean",
    "compute_sample_size_one_proportion",
    "compute_sample_size_paired_means",
    "compute_sample_size_two_means",
    "compute_sample_size_two_proportions",
    "compute_sd_of_differences",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
