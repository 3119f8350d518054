"""`cox`: the proportional hazards model with hazard ratios of treatments, factors and covariates.

Sources: Cox DR. J R Stat Soc B 1972;34:187-220. Therneau TM, Grambsch PM. Modeling Survival Data, 2000. Hazard ratios
by interval: the same, section 6.5 (time-dependent coefficients as a step function).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.time_to_event.cox_fit import ChiSquareTest, CoxError, CoxFit, compute_cox
from trialwright.analysis.methods.time_to_event.data import (
    EventData,
    ModelTerms,
    cluster_codes,
    codes_of,
    event_data,
    interval_texts,
    model_terms,
    ratio_groups,
)
from trialwright.analysis.methods.time_to_event.model_results import (
    NOTHING,
    UNTESTED,
    Stats,
    other_terms,
    ratio_stats,
    test_stats,
)
from trialwright.analysis.methods.time_to_event.options import CoxOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request
from trialwright.results import Result


def cox_records(request: Request, options: CoxOptions) -> Booleans:
    """The records that models are fitted to."""
    return _Analysis(request, options).used(np.ones(request.frame.height, dtype=bool))


def analyze_cox(request: Request, options: CoxOptions) -> Iterator[Result]:
    """The model of each part: tests of the treatment, hazard ratios of the contrasts, and each other term.

    Records without a time, treatment, stratum, factor or covariate are left out. The test over all levels and each
    contrast are made as `interval` says: Wald, score or likelihood ratio. An arm without events, or separation by
    another term, leaves hazard ratios without a finite estimate: they are not estimable, and a warning says why.
    """
    analysis = _Analysis(request, options)
    for cell in analysis.request.cells(skip_first=True):
        yield from analysis.part(cell)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The rows of the model: records, or the parts of them within the intervals between cutpoints.

    columns  of each interval's treatment effects, by the position of the interval; without cutpoints only 0
    """

    design: Floats
    names: tuple[str, ...]
    start: Floats | None
    stop: Floats
    is_event: Booleans
    strata: Integers
    clusters: Integers
    columns: Mapping[int, tuple[int, ...]]


class _Analysis:
    """The request with its options and data."""

    def __init__(self, request: Request, options: CoxOptions) -> None:
        self.options = options
        self.data: EventData = event_data(request, options, options.start)
        self.request = self.data.request
        self.strata = codes_of(request, options.strata)
        self.variable = request.analysis.variables[0]

    def used(self, records: Booleans) -> Booleans:
        """Which of the records a model is fitted to."""
        return self._terms(records).used

    def _terms(self, records: Booleans) -> ModelTerms:
        chosen = records & self.data.used & (self.strata >= 0)
        return model_terms(self.request, chosen, self.options.factors, self.options.covariates)

    def part(self, cell: Cell) -> Iterator[Result]:
        """The results of one part of the records."""
        terms = self._terms(cell.records)
        codes = self.request.level_codes(cell.records)
        events = self.data.is_event & terms.used
        rows = self._rows(terms)
        fit: CoxFit | None = None
        warning = ""
        try:
            fit = self._fit(rows)
        except CoxError as error:
            warning = str(error)
        without = [
            level
            for index, level in enumerate(self.request.compared.levels)
            if level in terms.arms and not events[codes == index].any()
        ]
        if fit is not None and without:
            warning = f"no events with {self.request.compared.variable} = {', '.join(without)}"
        counts: Stats = {
            "n": int(terms.used.sum()),
            "events": int(events.sum()),
            "n_missing": int(((codes >= 0) & ~terms.used & ~self._before_landmark()).sum()),
        }
        whole = tuple(column for columns in rows.columns.values() for column in columns)
        tests = self._tests(fit, whole, rows, terms)
        said = warning or _few(whole)
        made = {name: value for name, value in tests.items() if value is not None}
        lacking = {name: value for name, value in tests.items() if value is None}
        yield from self.request.results(counts | made, groups=cell.groups, variable=self.variable, warnings=said)
        yield from self.request.results(lacking, groups=cell.groups, variable=self.variable, warnings=said or UNTESTED)
        axis = self.request.compared
        for index, level in enumerate(axis.levels):
            own = terms.used & (codes == index)
            yield from self.request.results(
                {"n": int(own.sum()), "events": int((own & events).sum())},
                groups=((axis.variable, level), *cell.groups),
                variable=self.variable,
            )
        yield from self._contrasts(cell, fit, rows, terms, warning, without)
        yield from other_terms(self.request, cell, fit, terms, self._conf_level(), self.options.interval, warning)

    def _before_landmark(self) -> Booleans:
        return self.data.has_values & ~self.data.used

    # --- the model ---

    def _rows(self, terms: ModelTerms) -> _Rows:
        chosen = terms.used
        clusters = cluster_codes(self.request, self.options.cluster)[chosen]
        stop, event, strata = self.data.times[chosen], self.data.is_event[chosen], self.strata[chosen]
        start = None if self.data.start is None else self.data.start[chosen]
        arm = terms.columns[self.request.compared.variable]
        if not self.options.cutpoints:
            return _Rows(
                design=terms.design,
                names=terms.names,
                start=start,
                stop=stop,
                is_event=event,
                strata=strata,
                clusters=clusters,
                columns={0: arm},
            )
        return _split(self.options.cutpoints, terms, arm, start, stop, event, strata, clusters)

    def _fit(self, rows: _Rows) -> CoxFit:
        if not len(rows.stop):
            raise CoxError("no records")
        return compute_cox(
            rows.design,
            rows.stop,
            rows.is_event,
            start=rows.start,
            strata=rows.strata,
            clusters=rows.clusters if self.options.robust else None,
            ties=self.options.ties,
            is_penalized=self.options.firth,
            names=rows.names,
        )

    def _tests(self, fit: CoxFit | None, columns: Sequence[int], rows: _Rows, terms: ModelTerms) -> Stats:
        """The tests of the treatment: the one asked for without prefix, and each under its name."""
        options = self.options
        found: dict[str, ChiSquareTest] = {"wald": NOTHING}
        if not options.robust:
            found |= {"score": NOTHING, "lr": NOTHING}
        if options.firth:
            found.pop("score", None)
        if fit is not None and columns:
            score, ratio = (NOTHING, NOTHING) if options.robust else fit.score_and_likelihood_ratio(columns)
            tests = {"wald": fit.wald_test(columns), "score": score, "lr": ratio}
            found = {name: tests[name] for name in found}
        chosen = found[{"wald": "wald", "score": "score", "profile": "lr"}[options.interval]]
        stats: Stats = test_stats("", chosen)
        for name, test in found.items():
            stats |= test_stats(f"{name}_", test)
        stats["log_likelihood"] = None if fit is None else fit.log_likelihood
        if options.cutpoints:
            stats |= test_stats("interaction_", self._interaction(fit, rows, terms))
        return stats

    def _interaction(self, fit: CoxFit | None, rows: _Rows, terms: ModelTerms) -> ChiSquareTest:
        """Wald's test that the treatment's hazard ratios are the same in all intervals."""
        blocks = [columns for columns in rows.columns.values() if columns]
        if fit is None or len(blocks) < 2:
            return NOTHING
        functions = []
        for block in blocks[1:]:
            for own, first in zip(block, blocks[0], strict=True):
                function = np.zeros(rows.design.shape[1])
                function[own], function[first] = 1, -1
                functions.append(function)
        matrix = np.array(functions)
        if not all(fit.is_finite(function) for function in matrix):
            return ChiSquareTest(statistic=None, df=len(matrix), p_value=None)
        return fit.wald_test_of(matrix)

    # --- hazard ratios ---

    def _conf_level(self) -> float:
        given = self.options.conf_level
        return 1 - self.request.alpha if given is None else given

    def _contrasts(
        self, cell: Cell, fit: CoxFit | None, rows: _Rows, terms: ModelTerms, warning: str, without: Sequence[str]
    ) -> Iterator[Result]:
        conf_level, interval = self._conf_level(), self.options.interval
        texts: Sequence[str | None] = interval_texts(self.options.cutpoints) if self.options.cutpoints else [None]
        for first, second in self.options.contrasts:
            absent = [level for level in (first, second) if level not in terms.arms]
            for position, text in enumerate(texts):
                columns = rows.columns.get(position, ())
                stats, said = ratio_stats(None, np.zeros(0), conf_level, interval, "")
                if absent:
                    said = f"no records with {self.request.compared.variable} = {', '.join(absent)}"
                elif fit is None:
                    said = warning
                elif not columns:
                    said = "too few events in this interval"
                else:
                    function = np.zeros(rows.design.shape[1])
                    whole = terms.arm_function(first, second)
                    function[list(columns)] = whole[list(terms.columns[self.request.compared.variable])]
                    stats, said = ratio_stats(fit, function, conf_level, interval, warning)
                    pair = [level for level in (first, second) if level in without]
                    if said and pair:
                        said = f"no events with {self.request.compared.variable} = {', '.join(pair)}"
                yield from self.request.results(
                    stats,
                    groups=ratio_groups(self.request, cell, first, second),
                    variable=self.variable,
                    level=text,
                    warnings=said,
                )


def _few(columns: Sequence[int]) -> str:
    return "" if columns else "fewer than two groups have records"


def _split(
    cutpoints: Sequence[float],
    terms: ModelTerms,
    arm: Sequence[int],
    start: Floats | None,
    stop: Floats,
    is_event: Booleans,
    strata: Integers,
    clusters: Integers,
) -> _Rows:
    """Each record in as many rows as there are intervals in which it is at risk; the treatment has columns in each.

    An interval without events, or with an arm that nobody at risk has, has none: there its effects cannot be told.
    """
    begin = np.full(len(stop), -np.inf) if start is None else start
    bounds = [(-np.inf, cutpoints[0]), *zip(cutpoints, [*cutpoints[1:], np.inf], strict=True)]
    arms, others = terms.design[:, list(arm)], np.delete(terms.design, list(arm), axis=1)
    pieces: list[tuple[Booleans, Floats, Floats, Booleans]] = []
    columns: dict[int, tuple[int, ...]] = {}
    count = 0
    for position, (left, right) in enumerate(bounds):
        inside = (stop > left) & (begin < right)
        event = is_event & (stop <= right) & inside
        pieces.append((inside, np.maximum(begin, left), np.minimum(stop, right), event))
        last = stop[event].max(initial=-np.inf)
        at_risk = inside & (begin < last)
        present = arms[at_risk]
        is_mixed = len(present) > 0 and bool((present.min(axis=0) < present.max(axis=0)).all())
        columns[position] = tuple(range(count, count + len(arm))) if is_mixed else ()
        count += len(columns[position])
    blocks = []
    for position, (inside, *_) in enumerate(pieces):
        block = np.zeros((int(inside.sum()), count))
        block[:, list(columns[position])] = arms[inside][:, : len(columns[position])]
        blocks.append(np.column_stack([block, others[inside]]))
    texts = interval_texts(cutpoints)
    names = [
        f"{terms.names[column]} in {texts[position]}" for position, own in columns.items() for column in arm if own
    ]
    rest = [name for index, name in enumerate(terms.names) if index not in arm]
    return _Rows(
        design=np.concatenate(blocks),
        names=(*names, *rest),
        start=np.concatenate([begins[inside] for inside, begins, _, _ in pieces]),
        stop=np.concatenate([ends[inside] for inside, _, ends, _ in pieces]),
        is_event=np.concatenate([event[inside] for inside, _, _, event in pieces]),
        strata=np.concatenate([strata[inside] for inside, *_ in pieces]),
        clusters=np.concatenate([clusters[inside] for inside, *_ in pieces]),
        columns=columns,
    )
