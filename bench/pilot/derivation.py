"""Compares the analysis datasets that were derived from the pilot's SDTM with the original ones, and writes the report.

    python -m bench.pilot.derivation [--ours build/pilot-sdtm] [--tables build/pilot-original] [--write]

Differences that no class of `differences*.yaml` explains are listed as unexplained, and classes that explain nothing
are named; both make the exit status 1.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
from bench.pilot.adam_comparison import (
    KEYS,
    KINDS,
    DatasetComparison,
    Difference,
    DifferenceClass,
    compare_datasets,
    read_classes,
)
from bench.pilot.changed_cells import CellClass, ChangedCell, changed_cells, count_cells, read_cell_classes

from trialwright.standards import read_dataset

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bench" / "pilot"
DATA = ROOT.parent / "shared" / "data" / "cdiscpilot01"
REPORT = FOLDER / "derivation.md"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All datasets compared.

    unused   classes that explain no difference
    missing  datasets of the original that were not derived
    labels   of each dataset, the variables with another label than in the original: name, ours, the original's
    """

    datasets: Sequence[DatasetComparison]
    classes: Sequence[DifferenceClass]
    unused: Sequence[DifferenceClass]
    missing: Sequence[str] = ()
    labels: Mapping[str, Sequence[tuple[str, str, str]]] = field(default_factory=dict)

    @property
    def unexplained(self) -> list[Difference]:
        """The differences that no class explains."""
        return [difference for dataset in self.datasets for difference in dataset.unexplained]


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tables compared: `cells` in all, those that changed with the reason of each (empty if nobody knows)."""

    cells: int
    changed: Sequence[tuple[ChangedCell, str]]
    unused: Sequence[CellClass]


def compare_all(frames: Mapping[str, pl.DataFrame], original: Path, folder: Path = FOLDER) -> Comparison:
    """Our datasets beside those in the folder `original`; classes are read from `folder`."""
    classes = read_classes(sorted(folder.glob("differences*.yaml")))
    compared = [
        compare_datasets(name, frames[name], pl.read_parquet(original / f"{name.lower()}.parquet"), classes)
        for name in KEYS
        if name in frames
    ]
    used = {number for dataset in compared for number in dataset.classes}
    return Comparison(
        datasets=compared,
        classes=classes,
        unused=[one for number, one in enumerate(classes) if number not in used],
        missing=[name for name in KEYS if name not in frames],
    )


def differing_labels(ours: Path, original: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Variables with another label than in the original, by dataset; both folders hold Parquet files."""
    found = {}
    for name in KEYS:
        paths = [folder / f"{name.lower()}.parquet" for folder in (ours, original)]
        if all(path.exists() for path in paths):
            our_labels, their_labels = (read_dataset(path).labels for path in paths)
            found[name] = [
                (variable, label, their_labels[variable])
                for variable, label in our_labels.items()
                if label != their_labels.get(variable, label)
            ]
    return found


def compare_tables(ours: Path, original: Path, folder: Path = FOLDER) -> Tables:
    """The displays of both folders, each changed cell with its reason."""
    classes = read_cell_classes(folder / "changed_cells.yaml")
    changed = changed_cells(ours, original)
    reasons = [next((one for one in classes if one.explains(cell)), None) for cell in changed]
    return Tables(
        cells=count_cells(original),
        changed=[(cell, one.reason if one else "") for cell, one in zip(changed, reasons, strict=True)],
        unused=[one for one in classes if one not in reasons],
    )


# --- the report -------------------------------------------------------------------------------------------------------


def percent(part: int, whole: int) -> str:
    """A share with three decimals, rounded down: 100.000% is all."""
    return f"{100_000 * part // whole / 1000:.3f}%" if whole else "-"


def counted(number: int, thing: str) -> str:
    """`1 record`, `1,200 records`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def report(comparison: Comparison, tables: Tables | None) -> str:
    """The report as Markdown."""
    return "\n".join(
        [*_summary(comparison, tables), *_unexplained(comparison), *_tables(tables), *_details(comparison)]
    )


def _summary(comparison: Comparison, tables: Tables | None) -> Iterator[str]:
    yield "# The pilot's analysis datasets, derived from its SDTM"
    yield ""
    yield (
        "`make pilot-sdtm` derives the analysis datasets of the CDISC pilot from its SDTM "
        "(`bench/pilot/derivation.yaml`), compares every value with the original datasets, and makes the 30 tables of "
        "the report from both. `python -m bench.pilot.derivation --write` writes this page. The data are those of the "
        "CDISC SDTM/ADaM pilot project."
    )
    yield ""
    yield (
        "Counterparts are records with the same keys. Values agree if texts are the same (an empty one is a missing "
        "one) and numbers are the same but for the last digits of a double (1e-9). Differences are explained by "
        "classes (`bench/pilot/differences*.yaml`), each a condition with its reason."
    )
    yield ""
    headers = "Dataset|Records, ours|original|counterparts|Values compared|agree||differ, explained|unexplained"
    yield f"| {headers.replace('|', ' | ')} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in comparison.datasets:
        compared, agreeing = sum(one.compared.values()), sum(one.agreeing.values())
        explained = sum(len(found) for found in one.classes.values())
        yield (
            f"| [{one.name}](#{one.name.lower()}) | {one.ours:,} | {one.original:,} | {one.matched:,} | {compared:,} "
            f"| {agreeing:,} | {percent(agreeing, compared)} | {explained:,} | {len(one.unexplained):,} |"
        )
    yield ""
    if tables is not None:
        yield f"Of the {tables.cells:,} cells of the 30 tables {len(tables.changed):,} change; see [Tables](#tables)."
        yield ""
    for name in comparison.missing:
        yield f"{name} was not derived."
    for unused in comparison.unused:
        yield f"A class explains no difference: {', '.join(unused.dataset)}, {unused.reason}"


def _unexplained(comparison: Comparison) -> Iterator[str]:
    yield "## Unexplained"
    yield ""
    found = comparison.unexplained
    if not found:
        yield "Nothing."
    yield from _listed(found)
    yield ""


def _tables(tables: Tables | None) -> Iterator[str]:
    if tables is None:
        return
    yield "## Tables"
    yield ""
    yield (
        "The plan of `make pilot`, with the original's names of datasets and variables, on our datasets and on the "
        "original ones."
    )
    yield ""
    if not tables.changed:
        yield f"All {tables.cells:,} cells of the 30 tables are the same."
        yield ""
    for reason in dict.fromkeys(reason for _, reason in tables.changed):
        cells = [cell for cell, why in tables.changed if why == reason]
        yield f"{reason or 'Unexplained'} ({counted(len(cells), 'cell')})"
        yield ""
        yield "| Table | Row | Column | Ours | Original |"
        yield "| --- | --- | --- | --- | --- |"
        for cell in cells:
            row = [cell.table, cell.row, cell.column, cell.ours, cell.original]
            yield "| " + " | ".join(_escaped(text) for text in row) + " |"
        yield ""
    for unused in tables.unused:
        yield f"A reason explains no cell: {', '.join(unused.table)}, {unused.reason}"
        yield ""


def _details(comparison: Comparison) -> Iterator[str]:
    for one in comparison.datasets:
        yield f"## {one.name}"
        yield ""
        first, *others = KEYS[one.name]
        told = "".join(f", without a counterpart by {', '.join(keys)}" for keys in others)
        yield f"Counterparts by {', '.join(first)}{told}. Records are named by the values of the first."
        yield ""
        for side, names in (("Only ours has", one.only_ours), ("Only the original has", one.only_original)):
            if names:
                yield f"{side} the variables {', '.join(names)}."
                yield ""
        for variable, ours, original in comparison.labels.get(one.name, ()):
            yield f"The label of {variable} is {ours!r}; the original has {original!r}."
            yield ""
        yield from _variables(one)
        yield from _classes(one, comparison.classes)


def _variables(one: DatasetComparison) -> Iterator[str]:
    whole = [name for name in one.compared if one.agreeing[name] == one.compared[name]]
    partly = [name for name in one.compared if name not in whole]
    yield f"All {one.matched:,} values agree of each of {len(whole)} variables: {', '.join(whole)}."
    yield ""
    if partly:
        yield "| Variable | Values | agree | differ | |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for name in partly:
            compared, agreeing = one.compared[name], one.agreeing[name]
            yield f"| {name} | {compared:,} | {agreeing:,} | {compared - agreeing:,} | {percent(agreeing, compared)} |"
        yield ""


def _classes(one: DatasetComparison, classes: Sequence[DifferenceClass]) -> Iterator[str]:
    for number, found in one.classes.items():
        records = counted(len({difference.record for difference in found}), "record")
        what = records if classes[number].only else f"{counted(len(found), 'value')} in {records}"
        yield f"**{KINDS[classes[number].kind].capitalize()}** ({what}). {classes[number].reason}"
        yield ""
        yield from _listed(found)
        yield ""


def _listed(found: Sequence[Difference]) -> Iterator[str]:
    """One line a record; records of a subject with the same differences share it."""
    by_record: dict[tuple[str, str], list[Difference]] = {}
    for difference in found:
        by_record.setdefault((difference.dataset, difference.record), []).append(difference)
    lines: dict[tuple[str, str, str], list[str]] = {}
    for (dataset, record), differences in by_record.items():
        subject, _, rest = record.partition(", ")
        told = "; ".join(
            f"{one.variable} {one.ours} (original {one.original})"
            if one.variable
            else f"only in {'ours' if one.ours else 'the original'}"
            for one in differences
        )
        lines.setdefault((dataset, subject, told), []).append(rest)
    for (_, subject, told), records in lines.items():
        which = " / ".join(record for record in records if record)
        yield f"- {subject}{': ' + which if which else ''}: {_escaped(told)}"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> int:
    """0 if every difference is explained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, default=ROOT / "build" / "pilot-sdtm")
    parser.add_argument("--tables", type=Path, default=ROOT / "build" / "pilot-original")
    parser.add_argument("--write", action="store_true", help="write bench/pilot/derivation.md")
    arguments = parser.parse_args()
    adam = arguments.ours / "data" / "adam"
    frames = {path.stem.upper(): pl.read_parquet(path) for path in adam.glob("*.parquet")}
    comparison = replace(compare_all(frames, DATA / "adam"), labels=differing_labels(adam, DATA / "adam"))
    displays = [folder / "displays" for folder in (arguments.ours, arguments.tables)]
    tables = compare_tables(*displays) if all(folder.is_dir() for folder in displays) else None
    text = report(comparison, tables)
    if arguments.write:
        REPORT.write_text(text.rstrip() + "\n", encoding="utf-8")
    for one in comparison.datasets:
        print(
            f"{one.name}: {percent(sum(one.agreeing.values()), sum(one.compared.values()))} of "
            f"{sum(one.compared.values()):,} values agree; {one.ours:,} records, original {one.original:,}; "
            f"{len(one.unexplained):,} differences unexplained"
        )
    unknown = Counter((one.dataset, one.variable or "records") for one in comparison.unexplained)
    for (dataset, variable), number in unknown.items():
        print(f"  unexplained: {dataset}.{variable}: {number:,}")
    for unused in comparison.unused:
        print(f"A class explains no difference: {', '.join(unused.dataset)}: {unused.reason}")
    failed = bool(comparison.unexplained or comparison.unused or comparison.missing)
    if tables is not None:
        print(f"{len(tables.changed):,} of {tables.cells:,} cells of the tables change.")
        without = [cell for cell, reason in tables.changed if not reason]
        for cell in without:
            print(
                f"  unexplained: table {cell.table}, {cell.row}, {cell.column}: {cell.ours}, original {cell.original}"
            )
        for reason in tables.unused:
            print(f"A reason explains no cell: {', '.join(reason.table)}: {reason.reason}")
        failed = failed or bool(without or tables.unused)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
