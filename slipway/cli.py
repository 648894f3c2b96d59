"""The `slipway` command."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from slipway.audit import audit
from slipway.check import check
from slipway.demo.command import demo
from slipway.manifest import manifest
from slipway.schema import schema

app = typer.Typer(
    help="Deploys services to Amazon ECS from Slack.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"slipway {version('slipway-bot')}")
        raise typer.Exit


@app.callback()
def slipway(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Deploys services to Amazon ECS from Slack."""


app.command()(check)
app.command()(schema)
app.command()(manifest)
app.command()(audit)
app.command()(demo)


def main() -> None:
    """The console command."""
    app()
