"""Sample size and power of designs with a fixed sample size, but for times to an event.

Means, proportions, bioequivalence, counts, ordered categories, repeated measures, clusters and assurance. Importing
this does not load numpy; a module is loaded when one of its functions is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialwright.design.sample_size.exposure import (
    Exposure,
)
from trialwright.design.sample_size.hypotheses import (
    Equivalence,
    Hypothesis,
    NonInferiority,
    Superiority,
)
from trialwright.design.sample_size.priors import (
    BetaPrior,
    NormalPrior,
    Prior,
)
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
    from trialwright.design.sample_size.assurance import (
        compute_assurance,
        compute_sample_size_assurance_two_means,
        compute_sample_size_assurance_two_proportions,
    )
    from trialwright.design.sample_size.bioequivalence import (
        compute_log_sd,
        compute_power_bioequivalence,
        compute_sample_size_bioequivalence,
    )
    from trialwright.design.sample_size.clusters import (
        compute_design_effect,
        compute_power_cluster_means,
        compute_power_cluster_proportions,
        compute_sample_size_cluster_means,
        compute_sample_size_cluster_proportions,
    )
    from trialwright.design.sample_size.counts import (
        compute_mean_exposure,
        compute_power_negative_binomial,
        compute_sample_size_negative_binomial,
    )
    from trialwright.design.sample_size.exact_proportions import (
        compute_power_two_proportions_exact,
        compute_sample_size_two_proportions_exact,
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
    from trialwright.design.sample_size.ordinal import (
        compute_power_ordinal,
        compute_sample_size_ordinal,
        compute_shifted_proportions,
    )
    from trialwright.design.sample_size.proportions import (
        compute_power_two_proportions,
        compute_sample_size_two_proportions,
    )
    from trialwright.design.sample_size.repeated_measures import (
        compute_autoregressive_correlation,
        compute_exchangeable_correlation,
        compute_power_mmrm,
        compute_sample_size_mmrm,
        compute_variance_inflation,
    )

_MODULES = {
    "adjusted_means": (
        "compute_power_ancova",
        "compute_power_crossover_means",
        "compute_sample_size_ancova",
        "compute_sample_size_crossover_means",
    ),
    "assurance": (
        "compute_assurance",
        "compute_sample_size_assurance_two_means",
        "compute_sample_size_assurance_two_proportions",
    ),
    "bioequivalence": (
        "compute_log_sd",
        "compute_power_bioequivalence",
        "compute_sample_size_bioequivalence",
    ),
    "clusters": (
        "compute_design_effect",
        "compute_power_cluster_means",
        "compute_power_cluster_proportions",
        "compute_sample_size_cluster_means",
        "compute_sample_size_cluster_proportions",
    ),
    "counts": (
        "compute_mean_exposure",
        "compute_power_negative_binomial",
        "compute_sample_size_negative_binomial",
    ),
    "exact_proportions": (
        "compute_power_two_proportions_exact",
        "compute_sample_size_two_proportions_exact",
    ),
    "means": (
        "compute_power_one_mean",
        "compute_power_paired_means",
        "compute_power_two_means",
        "compute_sample_size_one_mean",
        "compute_sample_size_paired_means",
        "compute_sample_size_two_means",
        "compute_sd_of_differences",
    ),
    "one_proportion": (
        "compute_power_one_proportion",
        "compute_sample_size_one_proportion",
    ),
    "ordinal": (
        "compute_power_ordinal",
        "compute_sample_size_ordinal",
        "compute_shifted_proportions",
    ),
    "proportions": (
        "compute_power_two_proportions",
        "compute_sample_size_two_proportions",
    ),
    "repeated_measures": (
        "compute_autoregressive_correlation",
        "compute_exchangeable_correlation",
        "compute_power_mmrm",
        "compute_sample_size_mmrm",
        "compute_variance_inflation",
    ),
}

__all__ = [
    "BetaPrior",
    "ClusterSampleSize",
    "CrossoverSampleSize",
    "Equivalence",
    "Exposure",
    "Hypothesis",
    "NonInferiority",
    "NormalPrior",
    "OneGroupSampleSize",
    "Prior",
    "SampleSize",
    "Superiority",
    "TwoGroupSampleSize",
    "compute_assurance",
    "compute_autoregressive_correlation",
    "compute_design_effect",
    "compute_exchangeable_correlation",
    "compute_log_sd",
    "compute_mean_exposure",
    "compute_power_ancova",
    "compute_power_bioequivalence",
    "compute_power_cluster_means",
    "compute_power_cluster_proportions",
    "compute_power_crossover_means",
    "compute_power_mmrm",
    "compute_power_negative_binomial",
    "compute_power_one_mean",
    "compute_power_one_proportion",
    "compute_power_ordinal",
    "compute_power_paired_means",
    "compute_power_two_means",
    "compute_power_two_proportions",
    "compute_power_two_proportions_exact",
    "compute_sample_size_ancova",
    "compute_sample_size_assurance_two_means",
    "compute_sample_size_assurance_two_proportions",
    "compute_sample_size_bioequivalence",
    "compute_sample_size_cluster_means",
    "compute_sample_size_cluster_proportions",
    "compute_sample_size_crossover_means",
    "compute_sample_size_mmrm",
    "compute_sample_size_negative_binomial",
    "compute_sample_size_one_mean",
    "compute_sample_size_one_proportion",
    "compute_sample_size_ordinal",
    "compute_sample_size_paired_means",
    "compute_sample_size_two_means",
    "compute_sample_size_two_proportions",
    "compute_sample_size_two_proportions_exact",
    "compute_sd_of_differences",
    "compute_shifted_proportions",
    "compute_variance_inflation",
]


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
