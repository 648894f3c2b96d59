"""The `slipway` command."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from slipway.commands import audit, check, demo, doctor, iam_policy, init, manifest, schema, token
from slipway.requests import decisions, verbs

HELP = "Deploys services to Amazon ECS from Slack."

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"slipway {version('slipway-bot')}")
        raise typer.Exit


@app.callback(help=HELP)
def slipway(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any command."""


app.command(help=init.HELP)(init.init)
app.command(help=check.HELP)(check.check)
app.command(help=doctor.HELP)(doctor.doctor)
app.command(help=schema.HELP)(schema.schema)
app.command(help=manifest.HELP)(manifest.manifest)
app.command(name="iam-policy", help=iam_policy.HELP)(iam_policy.iam_policy)
app.command(help=audit.HELP)(audit.audit)
app.command(help=demo.HELP)(demo.demo)
app.command(help=token.HELP)(token.token)
verbs.add_to(app)
decisions.add_to(app)


def main() -> None:
    """Runs the console command."""
    app()
