"""`best_overall_response`, `objective_response`, `disease_control`: how tumours responded, by RECIST 1.1.

Sources: Eisenhauer EA et al. Eur J Cancer 2009;45:228-247 (the rules are in
`trialwright.derivation.functions.oncology`). Clopper CJ, Pearson ES. Biometrika 1934;26:404-413 (the intervals of
rates).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.oncology.assessments import assessments, subject_dates, unusable_dates
from trialwright.analysis.methods.oncology.options import BestResponseOptions
from trialwright.analysis.methods.proportions.one_sample import compute_proportion_interval
from trialwright.analysis.request import SUBJECT, Cell, Request
from trialwright.derivation.functions.oncology import BestResponseRules, derive_best_response
from trialwright.derivation.functions.oncology.recist import CR, NE, NON_CR_NON_PD, PD, PR, SD
from trialwright.derivation.functions.study_days import study_day_of
from trialwright.results import Result

_RESPONDERS = (CR, PR)
_CONTROLLED = (CR, PR, SD, NON_CR_NON_PD)

#: The variables of the results: best overall response, its day, and the day of the first response that counts.
_BEST, _BEST_DAY, _RESPONSE_DAY = "BOR", "BORDY", "RSPDY"

#: These are counted even if nobody has them.
_LEVELS = (CR, PR, SD, PD, NE)


def analyze_best_overall_response(request: Request, options: BestResponseOptions) -> Iterator[Result]:
    """`n`, `N` and `p` of each best response (BOR), and of each subject the `value` of BOR, BORDY and RSPDY.

    BORDY is the day of the assessment that shows it, RSPDY that of the first CR or PR that counts; the start is day 1.
    """
    best, warning = _best(request, options)
    levels = list(_LEVELS)
    if NON_CR_NON_PD in {response for response, _, _ in best.values()}:
        levels.insert(3, NON_CR_NON_PD)
    for cell in request.cells(totals=True):
        responses = _responses(request, cell, best)
        for level in levels:
            n = responses.count(level)
            yield from request.results(
                {"n": n, "N": len(responses), "p": proportion(n, len(responses))},
                groups=cell.groups,
                variable=_BEST,
                level=level,
                warnings="\n".join(text for text in (empty_group(cell), warning) if text),
            )
    for subject, (response, shown, onset) in best.items():
        groups = ((SUBJECT, subject),)
        yield request.result("value", response, groups=groups, variable=_BEST)
        if shown is not None:
            yield request.result("value", shown, groups=groups, variable=_BEST_DAY)
        if onset is not None:
            yield request.result("value", onset, groups=groups, variable=_RESPONSE_DAY)


def analyze_objective_response(request: Request, options: BestResponseOptions) -> Iterator[Result]:
    """`n`, `N`, `p` and the limits of the rate of CR and PR among all subjects of the analysis set in the group."""
    yield from _rate(request, options, _RESPONDERS)


def analyze_disease_control(request: Request, options: BestResponseOptions) -> Iterator[Result]:
    """As `analyze_objective_response`, of CR, PR, SD and NON-CR/NON-PD."""
    yield from _rate(request, options, _CONTROLLED)


def _rate(request: Request, options: BestResponseOptions, counting: Sequence[str]) -> Iterator[Result]:
    best, warning = _best(request, options)
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for cell in request.cells(totals=True):
        responses = _responses(request, cell, best)
        n, total = sum(response in counting for response in responses), len(responses)
        stats: dict[str, float | str | None] = {"n": n, "N": total, "p": None, "se": None}
        limits: tuple[float | None, float | None] = (None, None)
        if total:
            p = n / total
            stats |= {"p": p, "se": math.sqrt(p * (1 - p) / total)}
            limits = compute_proportion_interval(n, total, conf_level, options.interval)
        stats |= {"ci_lower": limits[0], "ci_upper": limits[1], "conf_level": conf_level}
        yield from request.results(
            stats,
            groups=cell.groups,
            variable=request.analysis.variables[0],
            warnings="\n".join(text for text in (empty_group(cell), warning) if text),
        )


def rules_of(options: BestResponseOptions) -> BestResponseRules:
    """The rules that the options ask for."""
    return BestResponseRules(
        is_confirmed=options.confirmed,
        min_confirmation_days=options.confirmation_days,
        max_not_evaluable=options.not_evaluable,
        accepts_stable=options.accept_stable,
        min_stable_days=options.stable_days,
        after_complete=options.after_complete,
    )


_Best = Mapping[str, tuple[str, int | None, int | None]]


def _best(request: Request, options: BestResponseOptions) -> tuple[_Best, str]:
    """Of each subject with a start: best response, its day, day of the first response that counts. And a warning."""
    subjects = subject_dates(request, STARTDT=options.start, NEWTRTDT=options.new_therapy)
    assessed = assessments(request, options.date)
    derived = derive_best_response(assessed, subjects, rules=rules_of(options))
    dated = derived.join(subjects.select(SUBJECT, "STARTDT"), on=SUBJECT, how="left", maintain_order="left").select(
        SUBJECT, "BOR", *(study_day_of(pl.col(name), pl.col("STARTDT")) for name in ("BORDT", "RSPDT"))
    )
    found = {subject: (response, shown, onset) for subject, response, shown, onset in dated.iter_rows()}
    return found, unusable_dates(subjects, assessed)


def _responses(request: Request, cell: Cell, best: _Best) -> list[str]:
    """The best responses in a group; a subject without a start has none that could be evaluated."""
    members = request.subjects[SUBJECT].filter(cell.subjects)
    return [best[subject][0] if subject in best else NE for subject in members]
