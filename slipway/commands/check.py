"""`slipway check`: whether services.yml is right, and the settings too where that is asked."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import BotSettings, WebSettings
from deploys.catalogue.catalogue import check_file
from deploys.errors import CatalogueUnreadable, SettingsInvalid
from deploys.mrkdwn import plural
from deploys.settings import Settings, load_settings, read_env_file
from slipway.services_table import format_service_groups, format_services
from slipway.terminal import print_safely
from slipway.unknown_regions import list_unknown_regions
from workers.settings import SchedulerSettings, WorkerSettings


class ProcessName(StrEnum):
    """Whose settings to check."""

    BOT = "bot"
    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"


_SETTINGS: dict[ProcessName, type[Settings]] = {
    ProcessName.BOT: BotSettings,
    ProcessName.WEB: WebSettings,
    ProcessName.WORKER: WorkerSettings,
    ProcessName.SCHEDULER: SchedulerSettings,
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
        list[ProcessName] | None,
        typer.Option(
            "--env",
            help="Check the settings of this process too, in the environment and in .env: bot (Socket Mode), "
            "web (HTTP), worker or scheduler. May be given several times.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """`slipway check`."""
    try:
        read_env_file()
        right = [_check_settings(process) for process in env or ()]
        right.append(_check_services(file or Path(os.environ.get("SERVICES_FILE") or "services.yml")))
    except (CatalogueUnreadable, SettingsInvalid) as error:
        print_safely(error.message, to_stderr=True)
        raise typer.Exit(2) from error
    if not all(right):
        raise typer.Exit(1)


def _check_settings(process: ProcessName) -> bool:
    try:
        load_settings(_SETTINGS[process])
    except SettingsInvalid as error:
        print_safely(f"{process}: {error.message}\n")
        return False
    print_safely(f"{process}: the settings are right.\n")
    return True


def _check_services(file: Path) -> bool:
    checked = check_file(file)
    if checked.problems:
        for problem in checked.problems:
            print_safely(f"{file}:{problem}")
        print_safely(f"\n{plural(len(checked.problems), 'mistake')} in {file}.")
        return False
    services, groups = tuple(checked.services.values()), tuple(checked.service_groups.values())
    counted = [plural(len(services), "service"), *([plural(len(groups), "group")] if groups else [])]
    print_safely(f"{file} is right: {' and '.join(counted)}.\n")
    print_safely(format_services(services))
    if groups:
        print_safely(f"\n{format_service_groups(groups)}")
    for note in (*checked.notes, *list_unknown_regions(services)):
        print_safely(f"\nnote: {file}:{note}")
    return True
