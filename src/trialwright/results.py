"""The one table of results: every statistic is a row with a name, and everything shown later refers to it.

A result's name is made of what it is, never of where it stands::

    adas.w24/TRT01P=Placebo/CHG/mean
    teae/TRT01A=Placebo/AEBODSYS=CARDIAC DISORDERS/AEDECOD=PALPITATIONS/n

that is: analysis, group levels in the order of the analysis, variable (with its level, if any), statistic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from trialwright.errors import ResultError

MAX_GROUPS = 4

#: Columns of the frame inside `Results`, in order.
RESULT_SCHEMA: Mapping[str, pl.DataType] = {
    "result_id": pl.String(),
    "analysis_id": pl.String(),
    **{name: pl.String() for number in range(1, MAX_GROUPS + 1) for name in (f"group{number}", f"group{number}_level")},
    "variable": pl.String(),
    "variable_level": pl.String(),
    "stat_name": pl.String(),
    "stat": pl.Float64(),
    "stat_text": pl.String(),
    "method": pl.String(),
    "dataset": pl.String(),
    "population": pl.String(),
    "where": pl.String(),
    "warnings": pl.String(),
}


def _quoted(part: str) -> str:
    """`part` with the two separators of a name, and the escape sign, escaped."""
    if "%" not in part and "/" not in part and "=" not in part:
        return part
    return part.replace("%", "%25").replace("/", "%2F").replace("=", "%3D")


@lru_cache(maxsize=1024)
def _name_of_groups(analysis_id: str, groups: tuple[tuple[str, str], ...]) -> str:
    """How the names of results of these groups begin: neighbours share it."""
    return "/".join((_quoted(analysis_id), *(f"{_quoted(variable)}={_quoted(level)}" for variable, level in groups)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One statistic.

    groups          (variable, level) pairs in the order of the analysis; empty for a statistic over all groups
    variable        what was analysed; variable_level its level for counts of categories and terms
    stat            unrounded; None where there is no number, with `stat_text` saying why (`NE`) or what (a date)
    method          the method and its options as executed
    dataset, population, where   what gives the input rows back: conditions to be applied to the dataset
    warnings        what the method had to say
    """

    analysis_id: str
    stat_name: str
    stat: float | None
    groups: tuple[tuple[str, str], ...] = ()
    variable: str | None = None
    variable_level: str | None = None
    stat_text: str | None = None
    method: str = ""
    dataset: str = ""
    population: str = ""
    where: str = ""
    warnings: str = ""
    _name: str | None = field(init=False, default=None, repr=False, compare=False)

    @property
    def result_id(self) -> str:
        """The stable name of this result."""
        if self._name is None:
            # A report asks each of its results for its name several times.
            object.__setattr__(self, "_name", self._made_name())
        return self._name or ""

    def _made_name(self) -> str:
        parts = [_name_of_groups(self.analysis_id, self.groups)]
        if self.variable is not None:
            level = "" if self.variable_level is None else f"={_quoted(self.variable_level)}"
            parts.append(_quoted(self.variable) + level)
        parts.append(_quoted(self.stat_name))
        return "/".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRef:
    """A reference to a result, as it is shown in a document.

    result_id  the name of the result
    format     how it is shown, in the language of `trialwright.displays.formats`
    shown      the text that the reader sees
    value      the unrounded statistic (None for one that is a text)
    """

    result_id: str
    format: str
    shown: str
    value: float | None = None


@dataclass(frozen=True)
class Results:
    """The table of results, one statistic per row; see `RESULT_SCHEMA` for the columns.

    Raises `ResultError` if two rows have the same `result_id`.
    """

    frame: pl.DataFrame
    _by_id: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id.update({name: row for row, name in enumerate(self.frame["result_id"].to_list())})
        if len(self._by_id) != self.frame.height:
            doubled = self.frame.filter(pl.col("result_id").is_duplicated())["result_id"][0]
            raise ResultError(
                f"Two results are named {doubled!r}. A name is made of analysis, group levels, variable level and "
                "statistic: give the two analyses different ids in the plan."
            )

    @classmethod
    def of(cls, rows: Iterable[Result]) -> Results:
        """The table of these statistics, in this order."""
        collected = list(rows)
        for row in collected:
            if len(row.groups) > MAX_GROUPS:
                raise ResultError(f"{row.result_id} has {len(row.groups)} groups; a result has at most {MAX_GROUPS}.")
        nothing = (None, None)
        groups = [(*row.groups, *[nothing] * (MAX_GROUPS - len(row.groups))) for row in collected]
        columns: dict[str, Sequence[str | float | None]] = {
            "result_id": [row.result_id for row in collected],
            "analysis_id": [row.analysis_id for row in collected],
            "variable": [row.variable for row in collected],
            "variable_level": [row.variable_level for row in collected],
            "stat_name": [row.stat_name for row in collected],
            "stat": [row.stat for row in collected],
            "stat_text": [row.stat_text for row in collected],
            "method": [row.method for row in collected],
            "dataset": [row.dataset for row in collected],
            "population": [row.population for row in collected],
            "where": [row.where for row in collected],
            "warnings": [row.warnings for row in collected],
        }
        for number in range(MAX_GROUPS):
            columns[f"group{number + 1}"] = [pairs[number][0] for pairs in groups]
            columns[f"group{number + 1}_level"] = [pairs[number][1] for pairs in groups]
        made = cls(pl.DataFrame({name: columns[name] for name in RESULT_SCHEMA}, schema=dict(RESULT_SCHEMA)))
        if all(row.stat is None or type(row.stat) is float for row in collected):
            # As they would come out of the frame, so that they need not be made of it again.
            made.__dict__["_rows"] = collected
        return made

    def __len__(self) -> int:
        return self.frame.height

    def __contains__(self, result_id: object) -> bool:
        return result_id in self._by_id

    @cached_property
    def _rows(self) -> list[Result]:
        ids, analyses, *rest = (self.frame[name].to_list() for name in RESULT_SCHEMA)
        groups = _grouped(zip(*rest[: 2 * MAX_GROUPS], strict=True))
        return list(map(_row_to_result, ids, analyses, groups, *rest[2 * MAX_GROUPS :]))

    def rows(self) -> list[Result]:
        """All results, in the order of the table."""
        return self._rows

    def get(self, result_id: str) -> Result | None:
        """The result of this name, or None."""
        row = self._by_id.get(result_id)
        return None if row is None else self._rows[row]

    def __getitem__(self, result_id: str) -> Result:
        found = self.get(result_id)
        if found is None:
            raise ResultError(
                f"There is no result {result_id!r}. List what there is with `trialwright results`, "
                "or rerun the analysis if the plan has changed."
            )
        return found

    @cached_property
    def _by_analysis(self) -> dict[str, list[Result]]:
        grouped: dict[str, list[Result]] = {}
        for row in self._rows:
            grouped.setdefault(row.analysis_id, []).append(row)
        return grouped

    def of_analysis(self, analysis_id: str) -> list[Result]:
        """The results of one analysis, in the order of the table; empty if it has none."""
        return self._by_analysis.get(analysis_id, [])

    def find(
        self,
        analysis_id: str,
        stat_name: str,
        *,
        groups: Mapping[str, str] | None = None,
        variable: str | None = None,
        variable_level: str | None = None,
    ) -> Result | None:
        """The one result of `analysis_id` with this statistic, these group levels, variable and level; None if absent.

        A `variable` or `variable_level` that is not given matches any, `groups` (variable to level) must match
        exactly. Raises `ResultError` if more than one matches.
        """
        wanted = dict(groups or {})
        hits = [
            row
            for row in self.of_analysis(analysis_id)
            if row.stat_name == stat_name
            and dict(row.groups) == wanted
            and (variable is None or row.variable == variable)
            and (variable_level is None or row.variable_level == variable_level)
        ]
        if len(hits) > 1:
            raise ResultError(
                f"{stat_name} of {analysis_id} for {wanted} is not one result but {len(hits)}: "
                f"{', '.join(hit.result_id for hit in hits[:3])}. Name the variable and its level."
            )
        return hits[0] if hits else None


def _grouped(names_and_levels: Iterable[tuple[str | None, ...]]) -> list[tuple[tuple[str, str], ...]]:
    """The groups of each row, of its columns `group1`, `group1_level`, `group2`, ...; equal ones are one object."""
    known: dict[tuple[str | None, ...], tuple[tuple[str, str], ...]] = {}
    found = []
    for row in names_and_levels:
        groups = known.get(row)
        if groups is None:
            pairs = zip(row[::2], row[1::2], strict=True)
            groups = known[row] = tuple((name, level or "") for name, level in pairs if name is not None)
        found.append(groups)
    return found


def _row_to_result(
    result_id: str,
    analysis_id: str,
    groups: tuple[tuple[str, str], ...],
    variable: str | None,
    variable_level: str | None,
    stat_name: str | None,
    stat: float | None,
    stat_text: str | None,
    method: str | None,
    dataset: str | None,
    population: str | None,
    where: str | None,
    warnings: str | None,
) -> Result:
    """A row of the frame, its columns in the order of `RESULT_SCHEMA`."""
    result = Result(
        analysis_id=analysis_id,
        stat_name=stat_name or "",
        stat=stat,
        groups=groups,
        variable=variable,
        variable_level=variable_level,
        stat_text=stat_text,
        method=method or "",
        dataset=dataset or "",
        population=population or "",
        where=where or "",
        warnings=warnings or "",
    )
    object.__setattr__(result, "_name", result_id)
    return result


def read_results(path: Path) -> Results:
    """The table of results that `write_results` wrote."""
    try:
        frame = pl.read_parquet(path)
    except FileNotFoundError:
        raise ResultError(f"There is no table of results at {path}. Make it with `trialwright analyze`.") from None
    except pl.exceptions.PolarsError as error:
        raise ResultError(
            f"{path} is no table of results ({error}). Make it again with `trialwright analyze`."
        ) from error
    missing = [name for name in RESULT_SCHEMA if name not in frame.columns]
    if missing:
        raise ResultError(f"{path} is no table of results: it lacks {', '.join(missing)}.")
    return Results(frame.select(list(RESULT_SCHEMA)))


def joined_results(tables: Iterable[Results]) -> Results:
    """One table of the rows of several, in their order; raises `ResultError` if two have rows of one name."""
    frames = [table.frame for table in tables]
    return Results(pl.concat(frames)) if frames else Results.of(())


def write_results(results: Results, path: Path) -> None:
    """Write the table to a Parquet file, whole or not at all; the same results give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    results.frame.write_parquet(temporary, compression="zstd")
    temporary.replace(path)


def parse_result_id(result_id: str) -> tuple[str, tuple[str, ...], str]:
    """`result_id` taken apart: analysis, the parts between, statistic; escapes undone."""
    parts = [unquote(part) for part in result_id.split("/")]
    if len(parts) < 2:
        raise ResultError(f"{result_id!r} is no name of a result: it has no analysis and statistic parted by '/'.")
    return parts[0], tuple(parts[1:-1]), parts[-1]
