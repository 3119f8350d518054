"""`trace`: from a result back to the analysis, the conditions and the very records behind the number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from trialwright.analysis.engine import SIZE_METHOD, size_analysis, size_id
from trialwright.analysis.estimands import described, variables_of
from trialwright.analysis.methods.ancova import complete_records
from trialwright.analysis.methods.counts import level_of_records
from trialwright.analysis.methods.listing import listed_positions
from trialwright.analysis.methods.listing_options import ListingOptions
from trialwright.analysis.methods.mmrm_model import find_visits, modeled_records, records_at_visits
from trialwright.analysis.methods.options import (
    AncovaOptions,
    CountOptions,
    IncidenceOptions,
    MmrmOptions,
    Options,
)
from trialwright.analysis.methods.registry import RECORDS, parse_options
from trialwright.analysis.methods.time_to_event.data import event_data
from trialwright.analysis.methods.time_to_event.options import KaplanMeierOptions, LogrankOptions
from trialwright.analysis.plan import Analysis, AnalysisPlan
from trialwright.analysis.plan_requests import Requests
from trialwright.analysis.request import SUBJECT, Axis, Booleans, Request, contrast_level, ratio_level
from trialwright.conditions import parse_condition
from trialwright.errors import ResultError
from trialwright.results import Result, Results
from trialwright.standards.datasets import Dataset, Datasets

#: What tells a record from its subject's others: the collected record's number, the parameter, the visit, the date.
_RECORD_NAMES = frozenset({"PARAMCD", "AVISIT", "ADT", "ASTDT", "DTYPE"})
_SEQUENCE = re.compile(r"[A-Z]{2}SEQ")
#: Column in which records carry their position while they are traced.
_POSITION = "_POSITION"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Where a result comes from.

    dataset       that `rows` are records of; the subject dataset for a denominator `N`
    digest        SHA-256 of that dataset's content
    records_read  number of records that it has in all
    positions     of `rows` in the dataset, from 0
    rows          the records behind the number, in the order of the dataset, with all their variables and those of
                  the subject dataset that had a say
    key_variables what names a record (subject, sequence number, parameter, visit, date), and the variables that had a
                  say: groupings, analysed variables, conditions
    explanation   what the rows are, in a sentence
    """

    result: Result
    analysis: Analysis
    dataset: str
    digest: str
    records_read: int
    rows: pl.DataFrame
    positions: pl.Series
    key_variables: tuple[str, ...]
    explanation: str

    @property
    def subject_count(self) -> int:
        """Number of subjects among the rows."""
        return self.rows[SUBJECT].n_unique()


class _Numbered(Mapping[str, Dataset]):
    """The datasets, each record with its position, so that those behind a number are known after all selections."""

    def __init__(self, datasets: Datasets) -> None:
        self._datasets = datasets

    def __getitem__(self, name: str) -> Dataset:
        dataset = self._datasets[name]
        return replace(dataset, frame=dataset.frame.with_columns(pl.int_range(pl.len()).alias(_POSITION)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __len__(self) -> int:
        return len(self._datasets)


@dataclass(frozen=True, kw_only=True)
class _Selection:
    """Which records; or which subjects, for a denominator."""

    mask: Booleans
    what: str
    are_subjects: bool = False


def trace(result_id: str, plan: AnalysisPlan, datasets: Datasets, results: Results) -> Trace:
    """The analysis, the conditions and the records behind the result of this name.

    Population and subset are those that the result was made with, not what the plan says today. For an estimate of a
    model (an LS mean, a contrast, a test) the rows are all records that the model was fitted to.

    Raises `ResultError` if there is no such result, or if the plan has no longer the analysis that made it.
    """
    result = results[result_id]
    analysis = _analysis_of(result, plan)
    sets = {**plan.analysis_sets}
    # The denominator of an analysis set's size is everybody in the subject dataset.
    is_whole = analysis.method == SIZE_METHOD and result.stat_name == "N"
    condition = "" if is_whole else result.population
    sets[analysis.population] = replace(sets[analysis.population], condition=condition)
    groupings = [
        id for id, grouping in plan.groupings.items() if any(name == grouping.variable for name, _ in result.groups)
    ]
    if analysis.method == SIZE_METHOD:
        analysis = replace(analysis, by=_size_grouping(result, plan, groupings))
    request = Requests(replace(plan, analysis_sets=sets), _Numbered(datasets)).request(analysis, where=result.where)
    selection = _select(request, analysis, result)
    if selection.are_subjects:
        dataset, frame = request.subject_dataset, request.subjects
    else:
        dataset, frame = request.dataset, request.frame
    rows = frame.filter(pl.Series(selection.mask))
    positions = rows[_POSITION]
    rows = rows.drop(_POSITION)
    variables = [
        SUBJECT,
        *(name for name in frame.columns if name in _RECORD_NAMES or _SEQUENCE.fullmatch(name)),
        *(grouping.variable for grouping in request.groupings),
        *analysis.variables,
        *_variables_of_options(analysis),
        *(analysis.select.variables if analysis.select else ()),
        *variables_of(analysis.intercurrent_events),
        *parse_condition(result.where).variables,
        *parse_condition(result.population).variables,
    ]
    rows = _with_subject_variables(rows, request.subjects, variables)
    return Trace(
        result=result,
        analysis=analysis,
        dataset=dataset.name,
        digest=datasets[dataset.name].digest(),
        records_read=dataset.frame.height,
        rows=rows,
        positions=positions,
        key_variables=tuple(name for name in dict.fromkeys(variables) if name in rows.columns),
        explanation=selection.what + described(analysis.intercurrent_events),
    )


def _with_subject_variables(rows: pl.DataFrame, subjects: pl.DataFrame, variables: list[str]) -> pl.DataFrame:
    """`rows` with those of `variables` that only the subject dataset has, as the analysis looked them up."""
    looked_up = [name for name in dict.fromkeys(variables) if name not in rows.columns and name in subjects.columns]
    return rows.join(subjects.select(SUBJECT, *looked_up), on=SUBJECT, how="left", maintain_order="left")


def _variables_of_options(analysis: Analysis) -> Iterator[str]:
    """Variables that the options name, and those of conditions in the options."""
    for name in ("covariates", "covariates_by_visit", "factors", "strata", "dose", "censor", "times"):
        value = analysis.options.get(name)
        yield from (str(one) for one in (value if isinstance(value, tuple) else [value]) if one is not None)
    if analysis.method == "mmrm":
        yield str(analysis.options.get("visit", MmrmOptions().visit))
    if analysis.method != SIZE_METHOD:
        yield from parse_options(analysis, alpha=0.05).variables()
    categories = analysis.options.get("categories")
    conditions = list(categories.values()) if isinstance(categories, Mapping) else []
    for condition in (*conditions, analysis.options.get("event")):
        if isinstance(condition, str):
            yield from parse_condition(condition).variables


def _analysis_of(result: Result, plan: AnalysisPlan) -> Analysis:
    for set_id in plan.analysis_sets:
        if result.analysis_id == size_id(set_id):
            return size_analysis(plan, set_id)
    analysis = plan.analyses.get(result.analysis_id)
    if analysis is None:
        raise ResultError(
            f"The plan has no analysis {result.analysis_id!r}, which made {result.result_id!r}. "
            "The plan has changed since: run `trialwright analyze` again."
        )
    return analysis


def _size_grouping(result: Result, plan: AnalysisPlan, candidates: list[str]) -> tuple[str, ...]:
    for id in candidates:
        grouping = plan.groupings[id]
        level = result.groups[0][1]
        if level == grouping.total or level in [one.value for one in grouping.levels]:
            return (id,)
    return ()


# --- which records ----------------------------------------------------------------------------------------------------


def _select(request: Request, analysis: Analysis, result: Result) -> _Selection:
    records, subjects = _in_groups(request, analysis, result)
    if analysis.method == SIZE_METHOD:
        return _of_size(request, result, subjects)
    options = parse_options(analysis, alpha=request.alpha)
    if analysis.method in RECORDS:
        return _of_family(request, options, result)
    return _SELECTORS[analysis.method](request, options, result, records, subjects)


def _of_family(request: Request, options: Options, result: Result) -> _Selection:
    """Of a group, its records that the method works on; of a comparison or a model, those of all levels compared."""
    used = RECORDS[request.analysis.method](request, options)
    records, _ = _in_groups(request, request.analysis, result)
    own = {grouping.variable for grouping in request.groupings}
    terms = [pair for pair in result.groups if pair[0] not in own]
    if result.variable is not None and result.variable_level is not None:
        terms.append((result.variable, result.variable_level))
    for variable, level in terms:
        # A level of a number is a time or a grade that the method made, not a value to be looked up.
        if variable in request.frame.columns and request.frame.schema[variable] == pl.String:
            records = records & _equal(request.texts(variable), level)
    if result.stat_name == "n_missing":
        return _Selection(mask=records & ~used, what="the records that lack a value of the analysis")
    return _Selection(mask=records & used, what="the records that the method worked on")


def _in_groups(request: Request, analysis: Analysis, result: Result) -> tuple[Booleans, Booleans]:
    """The records and the subjects in the result's groups; of a contrast, those of both levels."""
    records = np.ones(request.frame.height, dtype=bool)
    subjects = np.ones(request.subjects.height, dtype=bool)
    axes = {grouping.variable: request.axis(grouping).with_total() for grouping in request.groupings}
    for variable, level in result.groups:
        axis = axes.get(variable)
        if axis is None:
            continue
        indices = _level_indices(axis, level)
        records = records & np.logical_or.reduce([axis.records[index] for index in indices])
        if axis.subjects is not None:
            subjects = subjects & np.logical_or.reduce([axis.subjects[index] for index in indices])
    return records, subjects


def _level_indices(axis: Axis, level: str) -> list[int]:
    if level in axis.levels:
        return [axis.levels.index(level)]
    for first in axis.levels:
        for second in axis.levels:
            if level in (contrast_level(first, second), ratio_level(first, second)):
                return [axis.levels.index(first), axis.levels.index(second)]
    raise ResultError(
        f"The plan's grouping {axis.grouping.id} has no level {level!r} any more. Run `trialwright analyze` again."
    )


def _equal(texts: Sequence[str | None], level: str | None) -> Booleans:
    return np.array([text == level for text in texts], dtype=bool)


def _of_size(request: Request, result: Result, subjects: Booleans) -> _Selection:
    if result.stat_name == "N":
        return _Selection(mask=subjects, what="all subjects of the subject dataset in the group", are_subjects=True)
    return _Selection(mask=subjects, what="the subjects of the analysis set", are_subjects=True)


def _of_count(
    request: Request, options: CountOptions, result: Result, records: Booleans, subjects: Booleans
) -> _Selection:
    variable = str(result.variable)
    if variable == SUBJECT:
        if result.stat_name == "N":
            return _denominator(subjects)
        return _Selection(mask=records, what="the records counted")
    texts = level_of_records(request, variable, options)
    has_value = np.array([text is not None for text in texts], dtype=bool)
    if result.stat_name == "N":
        if options.denominator == "population" and options.unit == "subjects":
            return _denominator(subjects)
        if options.denominator == "population":
            return _Selection(mask=records, what="the records of the group")
        return _Selection(mask=records & has_value, what=f"the records with a value of {variable}")
    if result.variable_level is not None:
        mask = records & _equal(texts, result.variable_level)
        return _Selection(mask=mask, what=f"the records with {variable} = {result.variable_level}")
    if result.stat_name == "n_missing":
        if options.unit == "records":
            return _Selection(mask=records & ~has_value, what=f"the records without a value of {variable}")
        with_value = np.isin(request.subject_index, request.subject_index[records & has_value])
        what = f"the records of subjects without any value of {variable}"
        return _Selection(mask=records & ~with_value, what=what)
    return _Selection(mask=records & has_value, what=f"the records with a value of {variable}")


def _denominator(subjects: Booleans) -> _Selection:
    return _Selection(mask=subjects, what="the subjects of the analysis set in the group", are_subjects=True)


def _of_descriptive(
    request: Request, options: Options, result: Result, records: Booleans, subjects: Booleans
) -> _Selection:
    missing = np.isnan(request.numbers(str(result.variable)))
    if result.stat_name == "n_missing":
        return _Selection(mask=records & missing, what=f"the records without a value of {result.variable}")
    return _Selection(mask=records & ~missing, what=f"the records with a value of {result.variable}")


def _of_incidence(
    request: Request, options: IncidenceOptions, result: Result, records: Booleans, subjects: Booleans
) -> _Selection:
    if result.stat_name == "N":
        return _denominator(subjects)
    mask = records
    terms = [pair for pair in result.groups if pair[0] in request.analysis.variables]
    if result.variable_level is not None:
        terms.append((str(result.variable), result.variable_level))
    for variable, level in terms:
        texts = [options.uncoded if text is None else text for text in request.texts(variable)]
        mask = mask & _equal(texts, level)
    if options.event is not None:
        mask = mask & np.array(request.holds(options.event), dtype=bool)
    return _Selection(mask=mask, what="the events, of which each subject counts once")


def _of_model(request: Request, options: Options, result: Result, records: Booleans, subjects: Booleans) -> _Selection:
    ancova = options if isinstance(options, AncovaOptions) else AncovaOptions()
    response = result.variable if result.variable in request.analysis.variables else request.analysis.variables[0]
    compared = request.compared
    own = result.stat_name == "n" and any(variable == compared.variable for variable, _ in result.groups)
    if own:
        mask = complete_records(request, str(response), ancova, records)
        return _Selection(mask=mask, what="the records of the group that the model was fitted to")
    everywhere = _in_groups(
        request,
        request.analysis,
        replace(result, groups=tuple(pair for pair in result.groups if pair[0] != compared.variable)),
    )[0]
    used = complete_records(request, str(response), ancova, everywhere)
    if result.stat_name == "n_missing":
        in_level = request.level_codes(everywhere) >= 0
        return _Selection(mask=in_level & ~used, what="the records that lack a value of the model")
    return _Selection(mask=used, what="the records that the model was fitted to")


def _of_repeated(
    request: Request, options: MmrmOptions, result: Result, records: Booleans, subjects: Booleans
) -> _Selection:
    response = str(result.variable)
    own = (request.compared.variable, options.visit)
    if result.stat_name == "n" and any(name == own[0] for name, _ in result.groups):
        mask = modeled_records(request, response, options, records)
        for name, level in result.groups:
            visits = find_visits(request, options)
            if name == visits.variable:
                mask = mask & (visits.codes == visits.levels.index(level))
        return _Selection(mask=mask, what="the group's records in the model, of which each subject counts once")
    parted = replace(result, groups=tuple(pair for pair in result.groups if pair[0] not in own))
    everywhere = _in_groups(request, request.analysis, parted)[0]
    used = modeled_records(request, response, options, everywhere)
    if result.stat_name == "n_missing":
        lacking = records_at_visits(request, options, everywhere) & ~used
        return _Selection(mask=lacking, what="the records that lack a value of the model")
    return _Selection(mask=used, what="the records that the model was fitted to")


def _of_table(request: Request, options: Options, result: Result, records: Booleans, subjects: Booleans) -> _Selection:
    mask = request.level_codes(records) >= 0
    if getattr(options, "event", None) is None:
        mask = mask & np.array([text is not None for text in request.texts(str(result.variable))], dtype=bool)
    return _Selection(mask=mask, what="the records of the table that was tested")


def _of_survival(
    request: Request,
    options: KaplanMeierOptions | LogrankOptions,
    result: Result,
    records: Booleans,
    subjects: Booleans,
) -> _Selection:
    data = event_data(request, options)
    times, is_event = data.times, data.is_event
    if result.stat_name == "n_missing":
        return _Selection(mask=records & ~data.has_values, what="the records without a time or its censoring")
    if result.stat_name == "n_before_landmark":
        return _Selection(mask=records & data.has_values & ~data.used, what="those not at risk after the landmark")
    mask = records & data.used
    if isinstance(options, LogrankOptions):
        mask = mask & (request.level_codes(records) >= 0)
        for name in options.strata:
            mask = mask & np.array([text is not None for text in request.texts(name)], dtype=bool)
    here = np.ones(len(mask), dtype=bool)
    what = "the subjects of the group"
    if result.variable_level is not None:
        time = float(result.variable_level)
        if result.stat_name in ("events", "censored"):
            here, what = times == time, f"those who left the risk set at {result.variable_level}"
        elif result.stat_name == "at_risk":
            return _Selection(mask=mask & (times >= time), what=f"those at risk at {result.variable_level}")
    if result.stat_name in ("events", "censored"):
        chosen = is_event if result.stat_name == "events" else ~is_event
        return _Selection(mask=mask & here & chosen, what=f"{what}: {result.stat_name}")
    return _Selection(mask=mask, what=what)


def _of_listing(
    request: Request, options: ListingOptions, result: Result, records: Booleans, subjects: Booleans
) -> _Selection:
    if not result.groups:
        what = "the subjects listed" if result.stat_name == "n" else "the records listed"
        return _Selection(mask=np.ones(request.frame.height, dtype=bool), what=what)
    mask = np.zeros(request.frame.height, dtype=bool)
    mask[listed_positions(request, options, result)] = True
    return _Selection(mask=mask, what="the record listed")


_SELECTORS: Mapping[str, Callable[[Request, Any, Result, Booleans, Booleans], _Selection]] = {
    "count": _of_count,
    "descriptive": _of_descriptive,
    "incidence": _of_incidence,
    "anova": _of_model,
    "chi_square": _of_table,
    "fisher_exact": _of_table,
    "ancova": _of_model,
    "mmrm": _of_repeated,
    "kaplan_meier": _of_survival,
    "logrank": _of_survival,
    "listing": _of_listing,
}
