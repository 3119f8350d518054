"""`van_elteren`: the stratified rank sum test, each stratum weighted by 1 / (its size + 1).

Sources: van Elteren PH. Bull Int Stat Inst 1960;37:351-361. Lehmann EL. Nonparametrics, 1975, section 3.3. It is SAS
PROC FREQ's CMH2 with SCORES=MODRIDIT, which also takes more than two groups.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.continuous.mean_scores import (
    MeanScoreTest,
    compute_mean_scores,
    mean_score_warning,
)
from trialwright.analysis.methods.continuous.options import VanElterenOptions
from trialwright.analysis.methods.continuous.samples import (
    analyzed_records,
    complete_records,
    in_some_level,
    midranks,
    stratum_numbers,
)
from trialwright.analysis.request import Booleans, Floats, Integers, Request, contrast_level
from trialwright.results import Result


def compute_van_elteren(values: Floats, groups: Integers, strata: Integers, count: int) -> MeanScoreTest:
    """The test of `count` groups (numbers from 0) by modified ridits: midranks within the stratum by its size + 1."""
    scores = np.zeros(len(values))
    for stratum in np.unique(strata):
        inside = strata == stratum
        scores[inside] = midranks(values[inside]) / (inside.sum() + 1)
    return compute_mean_scores(scores, groups, strata, count)


def van_elteren_records(request: Request, options: VanElterenOptions) -> Booleans:
    """The records with a value and all strata: of the only variable, or, with several, of any."""
    return analyzed_records(request, strata=options.strata) & in_some_level(request)


def analyze_van_elteren(request: Request, options: VanElterenOptions) -> Iterator[Result]:
    """The test over all levels of the first grouping, and of each contrast alone.

    Of a contrast only its two groups are ranked.
    """
    axis = request.compared
    strata = stratum_numbers(request, options.strata)
    for variable in request.analysis.variables:
        values = request.numbers(variable)
        complete = complete_records(request, [variable], options.strata)
        for cell in request.cells(skip_first=True):
            everybody = request.level_codes(cell.records)
            codes = np.where(complete, everybody, -1)
            chosen = codes >= 0
            test = compute_van_elteren(values[chosen], codes[chosen], strata[chosen], len(axis.levels))
            yield from request.results(
                {
                    "n": test.n,
                    "n_missing": int(((everybody >= 0) & ~complete).sum()),
                    "n_strata": test.n_strata,
                    "statistic": test.statistic,
                    "df": test.df,
                    "p_value": test.p_value,
                },
                groups=cell.groups,
                variable=variable,
                warnings=mean_score_warning(test),
            )
            for index, level in enumerate(axis.levels):
                yield from request.results(
                    {"n": int((codes == index).sum())},
                    groups=((axis.variable, level), *cell.groups),
                    variable=variable,
                )
            for first, second in options.contrasts:
                pair = [axis.levels.index(level) for level in (first, second)]
                both = np.isin(codes, pair)
                alone = compute_van_elteren(values[both], (codes[both] == pair[0]).astype(np.int64), strata[both], 2)
                yield from request.results(
                    {
                        "n": alone.n,
                        "n_strata": alone.n_strata,
                        "statistic": alone.statistic,
                        "df": alone.df,
                        "p_value": alone.p_value,
                    },
                    groups=((axis.variable, contrast_level(first, second)), *cell.groups),
                    variable=variable,
                    warnings=mean_score_warning(alone),
                )
