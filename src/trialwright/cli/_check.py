"""The command that holds datasets to the standards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli._show import count_of, refuse_to_overwrite, show_findings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trialwright.standards.conformance import FoldedFindings


#: Longer evidence is cut off where findings are folded; --all, --json and --csv give all of it.
_EVIDENCE = 200


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A study folder, or a folder with the files of datasets.")
    ] = Path(),
    sdtm: Annotated[bool, typer.Option("--sdtm", help="Check SDTM only.")] = False,
    adam: Annotated[bool, typer.Option("--adam", help="Check ADaM only; SDTM beside it is still read.")] = False,
    define: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The define.xml to hold the data to, if none lies beside them."),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="List each finding, not only the first of a kind.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all findings to a CSV file as well.")] = None,
) -> None:
    """Hold datasets to the rules of SDTM and ADaM.

    And to the study's own definition of them: derivation.yaml of a study folder, or a define.xml.

    Equal findings are told once, with their number and the first records. Notes are listed but are no findings. Exit 0:
    clean. Exit 1: findings. Exit 2: the data cannot be read.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.execution import step_of_work
    from trialwright.findings import findings_to_csv, findings_to_json
    from trialwright.pipeline import KIND_NAMES, DataKind, check_folder, count_findings
    from trialwright.standards.conformance import fold_findings
    from trialwright.workspace import write_atomically

    if csv is not None:
        refuse_to_overwrite(csv)
    asked: dict[DataKind, bool] = {"sdtm": sdtm, "adam": adam}
    kinds = [kind for kind, is_asked in asked.items() if is_asked] or list(asked)
    with step_of_work("Checking the datasets", progress_on_stderr()):
        checked = check_folder(folder, kinds=kinds, define=define)
    if csv is not None:
        write_atomically(csv, findings_to_csv(checked.findings))
    problems, notes = count_findings(checked.findings)
    if json:
        typer.echo(findings_to_json(checked.findings))
    else:
        if show_all:
            show_findings(checked.findings)
        else:
            _show_folds(fold_findings(checked.findings))
        numbers = (count_of(len(names), f"{KIND_NAMES[kind]} dataset") for kind, names in checked.datasets.items())
        typer.echo(f"{', '.join(numbers)}: {count_of(problems, 'finding')}, {count_of(notes, 'note')}")
    if problems:
        raise typer.Exit(1)


def _show_folds(folds: Iterable[FoldedFindings]) -> None:
    """What is wrong with how many records, and the first of them with their values."""
    for fold in folds:
        times = f" ({fold.count:,} times)" if fold.count > 1 else ""
        typer.echo(f"{fold.severity.upper()} {fold.rule} in {fold.dataset}{times}")
        typer.echo(f"  {fold.message}")
        for example in fold.examples:
            place = example.where.removeprefix(fold.dataset).removeprefix(", ")
            evidence = example.evidence if len(example.evidence) <= _EVIDENCE else f"{example.evidence[:_EVIDENCE]} ..."
            shown = ": ".join(part for part in (place, evidence) if part)
            if shown:
                typer.echo(f"    {shown}")
        if fold.examples[0].remedy:
            typer.echo(f"  {fold.examples[0].remedy}")


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Example: trialwright check trialwright-demo --adam")(check)
