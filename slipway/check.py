"""`slipway check`: whether services.yml is right, and the settings too where that is asked."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import BotSettings, WebSettings
from deploys.catalogue.catalogue import examine
from deploys.errors import CatalogueUnreadable, SettingsInvalid
from deploys.mrkdwn import plural
from deploys.settings import Settings, load, read_env_file
from slipway.regions import unheard_of
from slipway.service_table import groups_table, table
from slipway.terminal import echo
from workers.settings import ClockSettings, WorkerSettings


class Process(StrEnum):
    """Whose settings to check."""

    BOT = "bot"
    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"


_SETTINGS: dict[Process, type[Settings]] = {
    Process.BOT: BotSettings,
    Process.WEB: WebSettings,
    Process.WORKER: WorkerSettings,
    Process.CLOCK: ClockSettings,
}


HELP = """Check services.yml, and say what it means.

Exits with 0 when all is right, with 1 when something has to be mended (every mistake is printed as
FILE:LINE:COLUMN: what is wrong and what is allowed), with 2 when the file cannot be read.
"""
"""Not the docstring, which `python -OO` drops."""


def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The file to check. Without it the one that SERVICES_FILE names, or services.yml.",
            show_default=False,
        ),
    ] = None,
    env: Annotated[
        list[Process] | None,
        typer.Option(
            "--env",
            help="Check the settings of this process too, in the environment and in .env: bot (Socket Mode), "
            "web (HTTP), worker or clock. May be given several times.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """`slipway check`."""
    try:
        read_env_file()
        right = [_settings_are_right(process) for process in env or ()]
        right.append(_services_are_right(file or Path(os.environ.get("SERVICES_FILE") or "services.yml")))
    except (CatalogueUnreadable, SettingsInvalid) as error:
        echo(error.message, err=True)
        raise typer.Exit(2) from error
    if not all(right):
        raise typer.Exit(1)


def _settings_are_right(process: Process) -> bool:
    try:
        load(_SETTINGS[process])
    except SettingsInvalid as error:
        echo(f"{process}: {error.message}\n")
        return False
    echo(f"{process}: the settings are right.\n")
    return True


def _services_are_right(file: Path) -> bool:
    checked = examine(file)
    if checked.problems:
        for problem in checked.problems:
            echo(f"{file}:{problem}")
        echo(f"\n{plural(len(checked.problems), 'mistake')} in {file}.")
        return False
    services, groups = tuple(checked.services.values()), tuple(checked.groups.values())
    counted = [plural(len(services), "service"), *([plural(len(groups), "group")] if groups else [])]
    echo(f"{file} is right: {' and '.join(counted)}.\n")
    echo(table(services))
    if groups:
        echo(f"\n{groups_table(groups)}")
    for note in (*checked.notes, *unheard_of(services)):
        echo(f"\nnote: {file}:{note}")
    return True
