"""`analyze`: from an analysis plan and datasets to the table of results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from trialwright.analysis.methods.counts import proportion
from trialwright.analysis.methods.registry import METHODS, check_contrasts, method_spec, method_text, parse_options
from trialwright.analysis.methods.specs import repetitions
from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet
from trialwright.analysis.plan_requests import Requests
from trialwright.analysis.request import SUBJECT, Request
from trialwright.errors import PlanError, ResultError
from trialwright.results import Result, Results
from trialwright.standards.datasets import Datasets

#: The method of the sizes of analysis sets.
SIZE_METHOD = "population_size"


def analyze(plan: AnalysisPlan, datasets: Datasets, *, progress: Callable[[str], None] | None = None) -> Results:
    """Every statistic that the plan asks for, and the sizes of its analysis sets.

    The sizes have the analysis id `population.<set>`, the variable USUBJID and the statistics `n` (subjects of the
    set), `N` (all subjects of the subject dataset) and `p`: over everybody, and for each level and the total of every
    grouping on a variable of the subject dataset.

    progress  is told the id of each analysis before it runs

    Raises `MissingDatasetError`, `MissingVariableError`, `VariableTypeError`, `ConditionError` or `PlanError` where
    plan and data do not fit. Data that a method can do nothing with give results without a number (`NE`) and a warning.
    """
    requests = Requests(plan, datasets)
    rows: list[Result] = []
    for analysis_set in plan.analysis_sets.values():
        rows.extend(_sizes(requests, analysis_set))
    earlier: dict[str, list[Result]] = {}
    for analysis in plan.analyses.values():
        if progress is not None:
            progress(analysis.id)
        earlier[analysis.id] = list(run_analysis(requests, analysis, earlier=earlier))
        rows.extend(earlier[analysis.id])
    try:
        return Results.of(rows)
    except ResultError as error:
        raise PlanError(f"The plan gives two results the same name. {error}") from error


def run_analysis(
    requests: Requests, analysis: Analysis, *, earlier: Mapping[str, Sequence[Result]] | None = None
) -> Iterator[Result]:
    """The results of one analysis; `earlier` are those of the analyses above it in the plan, by analysis id."""
    spec = method_spec(analysis)
    if spec.max_variables is not None and len(analysis.variables) > spec.max_variables:
        raise PlanError(
            f"The analysis {analysis.id} has {len(analysis.variables)} variables; "
            f"{analysis.method} takes up to {spec.max_variables}. Make several analyses of it."
        )
    options = parse_options(analysis, alpha=requests.plan.alpha)
    request = replace(
        requests.request(analysis), method_text=method_text(analysis, options), earlier=dict(earlier or {})
    )
    for _, message in repetitions(analysis.variables, [one.variable for one in request.groupings], options):
        raise PlanError(f"The analysis {analysis.id} cannot be done: {message}")
    check_contrasts(request, options)
    return METHODS[analysis.method](request, options)


def size_id(set_id: str) -> str:
    """The analysis id of an analysis set's sizes."""
    return f"population.{set_id}"


def size_analysis(plan: AnalysisPlan, set_id: str) -> Analysis:
    """The analysis that gives an analysis set's sizes."""
    return Analysis(
        id=size_id(set_id),
        method=SIZE_METHOD,
        dataset=plan.subject_dataset,
        population=set_id,
        variables=(SUBJECT,),
        label=f"Size of the analysis set {plan.analysis_sets[set_id].label}",
        purpose="analysis_sets",
    )


def _sizes(requests: Requests, analysis_set: AnalysisSet) -> Iterator[Result]:
    plan = requests.plan
    everybody = replace(analysis_set, id=f"{analysis_set.id}/all", condition="")
    whole = Requests(replace(plan, analysis_sets={everybody.id: everybody}), requests.datasets)
    columns = requests.subject_dataset.frame.columns
    seen: dict[str, tuple[str, float | None]] = {}
    analysis = size_analysis(plan, analysis_set.id)
    for by in ((), *((id,) for id, grouping in plan.groupings.items() if grouping.variable in columns)):
        chosen: Request = replace(
            requests.request(replace(analysis, by=by)), method_text=f"{SIZE_METHOD}()", analysis=analysis
        )
        all_of = whole.request(replace(analysis, by=by, population=everybody.id))
        for cell, whole_cell in zip(chosen.cells(totals=True), all_of.cells(totals=True), strict=True):
            n, total = int(cell.subjects.sum()), int(whole_cell.subjects.sum())
            for row in chosen.results(
                {"n": n, "N": total, "p": proportion(n, total)}, groups=cell.groups, variable=SUBJECT
            ):
                name = row.result_id
                grouping = by[0] if by else ""
                if name not in seen:
                    seen[name] = grouping, row.stat
                    yield row
                elif seen[name][1] != row.stat:
                    raise PlanError(
                        f"The groupings {seen[name][0]} and {grouping} both have {cell.groups[0][1]!r} of "
                        f"{cell.groups[0][0]}, but pool different levels in it. Give the totals different names."
                    )
