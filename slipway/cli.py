"""The `slipway` command."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

HELP = "Deploys services to Amazon ECS from Slack."
OWN_COMMANDS = ("init", "check", "doctor", "schema", "manifest", "iam-policy", "audit", "demo", "token")
"""Each is a function with a HELP, in the module of its name in `slipway/commands/`. All others are requests:
`slipway/requests/`."""


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"slipway {version('slipway-bot')}")
        raise typer.Exit


def slipway(
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Options before any command."""


def build_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """All commands; if arguments are given, only those that can be meant. Not to load the modules of the
    others saves up to two seconds of CPU."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=HELP)(slipway)
    first = arguments[0] if arguments else ""
    if first in OWN_COMMANDS:
        _add_own(first, app)
        return app
    from slipway.requests import decisions, verbs

    verbs.add_to(app)
    decisions.add_to(app)
    if first not in {each.name for each in app.registered_commands}:
        for name in OWN_COMMANDS:
            _add_own(name, app)
    return app


def _add_own(name: str, app: typer.Typer) -> None:
    module_name = name.replace("-", "_")
    module = import_module(f"slipway.commands.{module_name}")
    app.command(name, help=module.HELP)(getattr(module, module_name))


def main() -> None:
    """Runs the console command."""
    gc.disable()
    app = build_app(sys.argv[1:])
    gc.freeze()  # what is loaded lives as long as the process: Python need not look through it when it ends
    gc.enable()
    app()
