"""Carries out a specification: SDTM domains in; analysis datasets, their lineage and findings out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import DatasetDefinition, Definitions
from trialwright.derivation.engine.lineage import lineage_table
from trialwright.errors import DataError, MissingDatasetError, MissingVariableError
from trialwright.findings import Finding, Rule, Severity
from trialwright.standards import Dataset, Domains
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata, VariableType

if TYPE_CHECKING:
    from trialwright.derivation.functions.analysis_visits import AnalysisVisit

ABSENT_SOURCE = Rule(
    id="derive.absent-source",
    title="What a dataset is derived from is there.",
    source="the specification of derivations",
    severity=Severity.NOTE,
)

NOT_WHOLE = Rule(
    id="derive.not-whole",
    title="A variable that is an integer in the specification has whole numbers.",
    source="the specification of derivations",
)
NO_RECORDS = Rule(
    id="derive.no-records",
    title="A dataset has records if the domains that it is made of have.",
    source="the specification of derivations",
    severity=Severity.WARNING,
)

_TYPES: Mapping[VariableType, pl.DataType] = {
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "date": pl.Date(),
}


@dataclass(frozen=True, kw_only=True)
class Derived:
    """What a derivation made.

    datasets  by name, in the order of the specification
    lineage   of each dataset, the SDTM records behind each row; see `lineage_table` for its columns
    findings  what was wrong with the data
    """

    datasets: Mapping[str, Dataset]
    lineage: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def derive_datasets(
    definitions: Definitions,
    domains: Domains,
    *,
    visits: Sequence[AnalysisVisit] = (),
    names: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Derived:
    """The datasets of the specification from the SDTM `domains`.

    visits    the study's schedule, for steps that place records at analysis visits by it
    names     of the datasets wanted; those that they read are made too. Default: all
    progress  is told the name of each dataset before it is made

    Raises `DataError` if DM has a subject twice or a domain has no subject of DM, or a specification does not fit the
    data; `MissingDatasetError` and `MissingVariableError` for what the specification reads and the data lack, unless it
    skips what is absent. Everything else that is wrong with the data becomes a finding.
    """
    unknown = sorted(set(names or ()) - definitions.datasets.keys())
    if unknown:
        raise DataError(
            f"There is no derivation of {', '.join(unknown)}. Those there are: {', '.join(definitions.datasets)}."
        )
    _check_subjects(domains)
    context = Context(definitions=definitions, domains=domains, visits=visits)
    made: dict[str, pl.DataFrame] = {}
    needed = definitions.datasets.keys() if names is None else _needed(definitions, {"ADSL", *names})
    for name, definition in definitions.datasets.items():
        if name not in needed:
            continue
        progress(name)
        try:
            records = context.run_steps(name, definition.steps)
        except (MissingDatasetError, MissingVariableError) as error:
            if not definitions.skips_absent:
                raise
            context.report(
                Finding.of(
                    ABSENT_SOURCE,
                    where=name,
                    message=f"{name} is not derived: there is no {_absent(error)}.",
                    remedy="Add what is missing, or leave the dataset out of the specification.",
                )
            )
            continue
        if records.is_empty() and context.most_records > 0:
            context.report(_nothing_left(name, context))
        built = _built(records, definition, context)
        made[name] = built
        context.datasets[name] = built
    wanted = [name for name in made if names is None or name in names or name == "ADSL"]
    sources = context.numbering.sources()
    return Derived(
        datasets={name: _dataset(made[name], definitions.datasets[name].metadata) for name in wanted},
        lineage={name: lineage_table(made[name], sources) for name in wanted},
        findings=tuple(context.findings),
    )


def _absent(error: MissingDatasetError | MissingVariableError) -> str:
    return error.dataset if isinstance(error, MissingDatasetError) else f"{error.variable} in {error.dataset}"


def _needed(definitions: Definitions, wanted: Iterable[str]) -> set[str]:
    """The datasets that are `wanted` and those that their steps, and the frames that these use, name."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        part = definitions.datasets.get(name) or definitions.frames.get(name)
        if part is None or name in found:
            continue
        found.add(name)
        for step in part.steps:
            waiting.extend(_texts(step.options.model_dump()))
    return found & definitions.datasets.keys()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _nothing_left(name: str, context: Context) -> Finding:
    return Finding.of(
        NO_RECORDS,
        where=name,
        message=f"{name} has no records: {context.emptied_at} leaves none.",
        evidence=f"{context.most_records} records before",
        remedy="Look whether the data have what the step asks for: dates, flags, codes of tests.",
    )


def _built(records: pl.DataFrame, definition: DatasetDefinition, context: Context) -> pl.DataFrame:
    """`records` as the specification describes them: its variables, types and order; rows sorted by the keys.

    Missing keys come first, ties keep their order. A number that is not whole where an integer is meant is a finding,
    and missing.
    """
    metadata = definition.metadata
    absent = [variable.name for variable in metadata.variables if variable.name not in records.columns]
    if absent:
        raise DataError(
            f"The steps of {metadata.name} make no {', '.join(absent)}, which its variables name. "
            "Add a step that makes it, or take it out of the variables."
        )
    for variable in metadata.variables:
        if variable.type == "integer" and records.schema[variable.name].is_float():
            records = _without_fractions(records, variable.name, metadata, context)
    columns = [_cast(records.schema[variable.name], variable, metadata.name) for variable in metadata.variables]
    # Temporary columns stay with the records, for datasets below that are made of this one.
    rest = [name for name in records.columns if name.startswith("_") and name != "_is_known"]
    return records.select(*columns, *rest).sort(list(metadata.keys), maintain_order=True)


def _without_fractions(records: pl.DataFrame, name: str, metadata: DatasetMetadata, context: Context) -> pl.DataFrame:
    value = pl.col(name)
    is_whole = (value == value.round()) & (value.abs() < 2**53)
    keys = [key for key in metadata.keys if key in records.columns]
    for row in records.filter(value.is_not_null() & ~is_whole).iter_rows(named=True):
        context.report(
            Finding.of(
                NOT_WHOLE,
                where=", ".join([metadata.name, *(f"{key} {row[key]}" for key in keys if row[key] is not None)]),
                message=f"{name} is an integer in the specification, and not whole here. It is taken as missing.",
                evidence=f"{name} = {row[name]:g}",
                remedy="Correct the value in the source, or make the variable a float in the specification.",
            )
        )
    return records.with_columns(pl.when(is_whole).then(value).alias(name))


def _cast(dtype: pl.DataType, variable: VariableMetadata, dataset: str) -> pl.Expr:
    wanted = _TYPES.get(variable.type, pl.String())
    column = pl.col(variable.name)
    if isinstance(dtype, pl.Null) or dtype == wanted:
        return column.cast(wanted)
    fits = (dtype.is_numeric() and wanted.is_numeric()) or (isinstance(dtype, pl.Datetime) and wanted == pl.Date())
    if not fits:
        raise DataError(
            f"{dataset}.{variable.name} is {variable.type} in the specification, but its steps make {dtype}. "
            f"Compute it with text(...), number(...) or complete_date(...), or correct the type."
        )
    return column.cast(wanted)


def _dataset(built: pl.DataFrame, metadata: DatasetMetadata) -> Dataset:
    return Dataset(
        name=metadata.name,
        frame=built.select(variable.name for variable in metadata.variables),
        label=metadata.label,
        labels={variable.name: variable.label for variable in metadata.variables},
    )


def _check_subjects(domains: Domains) -> None:
    """Raise `DataError` if DM has a subject twice or a record of none, or a domain and DM have no subject in common."""
    if "DM" not in domains:
        raise MissingDatasetError(dataset="DM", needed_by="every derivation", present=domains)
    domains["DM"].require(["USUBJID"], needed_by="every derivation")
    everybody = domains["DM"].frame["USUBJID"].cast(pl.String).str.strip_chars()
    repeated = everybody.filter(everybody.is_duplicated() & everybody.is_not_null()).unique(maintain_order=True)
    if repeated.len():
        raise DataError(
            f"DM has more than one record of {', '.join(repeated.head(3))}. A subject has one record in DM: "
            "keep the one that counts."
        )
    if everybody.null_count():
        raise DataError(
            f"DM has {everybody.null_count()} of {everybody.len()} records without USUBJID. Give each subject its own."
        )
    for name, domain in domains.items():
        if name == "DM" or "USUBJID" not in domain.frame.columns or domain.frame.is_empty() or everybody.is_empty():
            continue
        if domain.frame.schema["USUBJID"] != pl.String or domain.frame["USUBJID"].null_count() == domain.frame.height:
            continue
        if not domain.frame["USUBJID"].str.strip_chars().is_in(everybody.implode()).any():
            raise DataError(
                f"No record of {name} belongs to a subject of DM: their USUBJID have nothing in common. "
                "Check that both are of the same study and write their subjects alike. Nothing was derived."
            )
