"""`mmrm`: the mixed model for repeated measures: LS means and contrasts at and over the visits, tests of its terms.

Source: Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP. Drug Inf J 2008;42:303-319. SAS/STAT User's Guide, PROC
MIXED, REPEATED statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from trialwright.analysis.methods.linear_model import Estimate
from trialwright.analysis.methods.mmrm_data import RepeatedMeasures, arrange
from trialwright.analysis.methods.mmrm_fit import FitError, fit_mmrm
from trialwright.analysis.methods.mmrm_inference import Inference, between_within, infer
from trialwright.analysis.methods.mmrm_model import (
    FixedEffects,
    Visits,
    build_model,
    find_visits,
    needs_times,
    records_at_visits,
    term_names,
    times_of,
)
from trialwright.analysis.methods.mmrm_structures import fallback_sequence
from trialwright.analysis.methods.mmrm_tests import JointTest, joint_test
from trialwright.analysis.methods.options import CovarianceStructure, MmrmOptions
from trialwright.analysis.request import Booleans, Floats, Groups, Request, contrast_level
from trialwright.results import Result


def analyze_mmrm(request: Request, options: MmrmOptions) -> Iterator[Result]:
    """The model of each variable: its size and fit, LS means and contrasts by visit and over visits, covariances.

    Records with a missing response, treatment, visit, factor or covariate are left out; nothing is imputed, which is
    right if values are missing at random given the model. LS means are taken at the mean of each covariate over the
    records analysed. A second grouping on the visit variable gives the visits and their order.
    """
    visits = find_visits(request, options)
    others = tuple(grouping for grouping in request.groupings[1:] if grouping.variable != options.visit)
    parted = replace(request, groupings=(request.groupings[0], *others)) if request.groupings else request
    for variable in request.analysis.variables:
        for cell in parted.cells(skip_first=True):
            model = build_model(request, variable, options, visits, cell.records)
            fitted = _fit(request, model, options)
            part = _Part(
                request=replace(request, method_text=_executed(request, options, fitted)),
                options=options,
                variable=variable,
                visits=visits,
                model=model,
                fitted=fitted,
                groups=cell.groups,
            )
            yield from part.whole_model(cell.records)
            yield from part.means()
            yield from part.tests()
            yield from part.covariances()


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """What came of the fit: the inference, or None and the reason; with the structure that was fitted."""

    inference: Inference | None
    structure: CovarianceStructure
    warning: str


def _executed(request: Request, options: MmrmOptions, fitted: _Fitted) -> str:
    """The method's text with the structure that was fitted."""
    return request.method_text.replace(f"structure={options.structure}", f"structure={fitted.structure}", 1)


def _fit(request: Request, model: FixedEffects, options: MmrmOptions) -> _Fitted:
    """Fit the structure asked for, else the first one of the fallback sequence that can be fitted."""
    if not len(model.rows):
        return _Fitted(inference=None, structure=options.structure, warning="no complete records")
    notes = _notes(request, model)
    doubled = model.doubled()
    if doubled:
        notes.append(f"{doubled} records too many: some subjects have several at one visit; restrict them with 'where'")
        return _Fitted(inference=None, structure=options.structure, warning="; ".join(notes))
    sequence = fallback_sequence(options.structure) if options.fallback is None else tuple(options.fallback)
    for name in dict.fromkeys((options.structure, *sequence)):
        data = _arrange(request, model, options, name)
        try:
            fit = fit_mmrm(data, name, stops_early=options.convergence == "proc_mixed")
        except FitError as error:
            notes.append(f"the {_words(name)} covariance could not be fitted: {error}{_sparse(model, name, options)}")
            continue
        if name != options.structure:
            notes.append(f"the {_words(name)} covariance took its place")
        if _is_in_alphabetical_order(request, options, name):
            notes.append(f"its visits are in alphabetical order of {options.visit}")
        term_df = between_within(data, model.design, model.terms, model.is_within)
        return _Fitted(inference=infer(fit, options.df, term_df), structure=name, warning="; ".join(notes))
    return _Fitted(inference=None, structure=options.structure, warning="; ".join(notes))


def _words(name: CovarianceStructure) -> str:
    base, _, kind = name.partition("_heterogeneous")
    words = base.replace("_", " ").replace("ar1", "AR(1)").replace("toeplitz", "Toeplitz")
    return f"heterogeneous {words}" if name.endswith("_heterogeneous") else f"{words}{kind}"


def _notes(request: Request, model: FixedEffects) -> list[str]:
    notes = []
    compared = request.compared
    absent = [level for level in compared.levels if level not in model.arm.levels]
    if absent:
        notes.append(f"no records with {compared.variable} = {', '.join(absent)}")
    return notes


def _is_in_alphabetical_order(request: Request, options: MmrmOptions, name: CovarianceStructure) -> bool:
    """Whether the covariance depends on an order of the visits that nobody gave."""
    if options.visits or any(grouping.variable == options.visit for grouping in request.groupings[1:]):
        return False
    depends = name.startswith(("toeplitz", "ar1"))
    return depends and not request.series(options.visit).dtype.is_numeric()


def _sparse(model: FixedEffects, name: CovarianceStructure, options: MmrmOptions) -> str:
    """What makes the covariance hard to determine, as far as it shows: visits or pairs of visits with few subjects."""
    has = np.zeros((model.n_subjects, len(model.visit.levels)))
    has[model.subjects, list(model.visit.codes)] = 1
    pairs = has.T @ has
    reasons = []
    if name == "unstructured" or name.endswith("_heterogeneous"):
        lonely = [level for level, count in zip(model.visit.levels, np.diag(pairs), strict=True) if count < 2]
        if lonely:
            reasons.append(f"only one record at {options.visit} = {', '.join(lonely)}")
    if name == "unstructured":
        apart = np.argwhere(np.triu(pairs == 0, k=1))
        if len(apart):
            first, second = (model.visit.levels[index] for index in apart[0])
            reasons.append(f"nobody has both {options.visit} = {first} and {second}")
    return f" ({'; '.join(reasons)})" if reasons else ""


def _arrange(
    request: Request, model: FixedEffects, options: MmrmOptions, name: CovarianceStructure
) -> RepeatedMeasures:
    times = None
    if name == "spatial_power" and needs_times(options):
        times = times_of(request, options)[model.rows]
    arms = np.asarray(model.arm.codes, dtype=np.int64)
    return arrange(
        model.design,
        model.response,
        subjects=model.subjects,
        visits=np.asarray(model.visit.codes, dtype=np.int64),
        n_visits=len(model.visit.levels),
        blocks=arms if options.covariance_by_arm else np.zeros_like(arms),
        times=times,
        units=model.units,
    )


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One response in one part of the data, and the results about it."""

    request: Request
    options: MmrmOptions
    variable: str
    visits: Visits
    model: FixedEffects
    fitted: _Fitted
    groups: Groups

    @property
    def conf_level(self) -> float:
        return self.options.conf_level if self.options.conf_level is not None else 1 - self.request.alpha

    def _groups(self, arm: str | None, visit: str | None) -> Groups:
        """The levels of a result, in the order of the groupings; a visit that is no grouping comes last."""
        levels = dict(self.groups)
        if arm is not None:
            levels[self.request.compared.variable] = arm
        if visit is not None:
            levels[self.visits.variable] = visit
        order = [grouping.variable for grouping in self.request.groupings]
        return tuple((name, levels[name]) for name in dict.fromkeys([*order, *levels]) if name in levels)

    def whole_model(self, records: Booleans) -> Iterator[Result]:
        """Records, subjects, and how well the model fits."""
        model, inference = self.model, self.fitted.inference
        stats: dict[str, float | str | None] = {
            "n": len(model.rows),
            "n_subjects": model.n_subjects,
            "n_missing": int(records_at_visits(self.request, self.options, records).sum()) - len(model.rows),
            "minus_2_log_likelihood": None,
            "aic": None,
            "bic": None,
        }
        if inference is not None:
            fit = inference.fit
            criterion = fit.minus_2_log_likelihood
            stats |= {
                "minus_2_log_likelihood": criterion,
                "aic": criterion + 2 * fit.n_parameters,
                "bic": criterion + fit.n_parameters * float(np.log(model.n_subjects)),
            }
        yield from self.request.results(
            stats, groups=self._groups(None, None), variable=self.variable, warnings=self.fitted.warning
        )

    def means(self) -> Iterator[Result]:
        """LS means and contrasts: at each visit of a model with visits, and over the visits."""
        visits: list[str | None] = [None]
        if self.options.effects != "arm":
            visits = [*self.visits.levels, None]
        for visit in visits:
            functions: dict[str, Floats | None] = {}
            for arm in self.request.compared.levels:
                functions[arm] = self.model.ls_mean(arm, visit, self.options.weights)
                found = self._estimate(functions[arm])
                stats = {"n": self.model.count(arm, visit), "lsmean": found.value, **self._interval(found)}
                yield from self._results(stats, found, arm, visit, (arm,))
            for first, second in self.options.contrasts:
                left, right = functions[first], functions[second]
                found = self._estimate(None if left is None or right is None else left - right)
                stats = {
                    "difference": found.value,
                    **self._interval(found),
                    "statistic": found.statistic,
                    "p_value": found.p_value,
                }
                yield from self._results(stats, found, contrast_level(first, second), visit, (first, second))

    def _estimate(self, function: Floats | None) -> Estimate:
        inference = self.fitted.inference
        if inference is None or function is None:
            return Estimate(value=None)
        return inference.estimate(function, self.conf_level)

    def _interval(self, found: Estimate) -> dict[str, float | str | None]:
        return {
            "se": found.se,
            "df": found.df,
            "ci_lower": found.ci_lower,
            "ci_upper": found.ci_upper,
            "conf_level": self.conf_level,
        }

    def _results(
        self,
        stats: Mapping[str, float | str | None],
        found: Estimate,
        arm: str,
        visit: str | None,
        arms: tuple[str, ...],
    ) -> list[Result]:
        warnings = [self.fitted.warning] if self.fitted.warning else []
        if self.fitted.inference is not None and found.value is None:
            warnings.append(self._not_estimable(visit, arms))
        elif found.value is not None and found.se is None:
            warnings.append("the adjusted variance is not positive")
        elif found.se is not None and found.ci_lower is None:
            warnings.append("no degrees of freedom are left")
        return self.request.results(
            stats, groups=self._groups(arm, visit), variable=self.variable, warnings="; ".join(warnings)
        )

    def _not_estimable(self, visit: str | None, arms: tuple[str, ...]) -> str:
        compared = self.request.compared.variable
        for arm in arms:
            for one in self.visits.levels if visit is None else (visit,):
                if not self.model.count(arm, one):
                    return f"not estimable: no records with {compared} = {arm} at {self.visits.variable} = {one}"
        return "not estimable from these records"

    def tests(self) -> Iterator[Result]:
        """The type III F test of each term of the model, which is the level of the variable."""
        inference, model = self.fitted.inference, self.model
        hypotheses = {} if inference is None else model.hypotheses(inference.fit.data.row_space)
        for term, name in term_names(model, self.request.compared.variable, self.visits.variable).items():
            if not term:
                continue
            found = JointTest(df=0)
            if inference is not None:
                found = joint_test(inference, hypotheses[term], model.terms[term])
            yield from self.request.results(
                {
                    "statistic": found.statistic,
                    "df": None if inference is None else found.df,
                    "df2": found.df2,
                    "p_value": found.p_value,
                },
                groups=self._groups(None, None),
                variable=self.variable,
                level=name,
                warnings="; ".join(text for text in (self.fitted.warning, found.reason) if text),
            )

    def covariances(self) -> Iterator[Result]:
        """The covariances of the visits, of each arm if they differ; none where they depend on the subject."""
        inference = self.fitted.inference
        if inference is None:
            return
        arms: tuple[str | None, ...] = self.model.arm.levels if self.options.covariance_by_arm else (None,)
        for arm, matrices in zip(arms, inference.fit.covariances(), strict=True):
            if len(matrices) > 1:
                continue
            levels = self.model.visit.levels
            for row, first in enumerate(levels):
                for column, second in enumerate(levels[: row + 1]):
                    yield self.request.result(
                        "covariance",
                        float(matrices[0][row, column]),
                        groups=self._groups(arm, None),
                        variable=self.variable,
                        level=f"{second}, {first}",
                        warnings=self.fitted.warning,
                    )
