"""The commands, put together. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from trialwright import __version__
from trialwright.cli import _check, _convert, _design, _exchange, _results, _study, _verify, _write

# No rich in help texts: it takes as long to import as everything else that `--help` needs.
app = typer.Typer(
    name="trialwright",
    help="From a study definition and its data to a verified clinical study report.",
    epilog="Example: trialwright demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """From a study definition and its data to a verified clinical study report."""


for _module in (_study, _design, _write, _verify, _check, _results, _exchange, _convert):
    _module.register(app)
