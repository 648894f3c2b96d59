"""`slipway check`: checks services.yml, and the settings of processes if asked to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import BotSettings, WebSettings
from deploys.catalogue.catalogue import check_file
from deploys.catalogue.service import Service
from deploys.catalogue.suggestions import did_you_mean
from deploys.errors import CatalogueUnreadable, SettingsInvalid
from deploys.mrkdwn import plural
from deploys.settings import Settings, load_settings, read_env_file
from slipway.requests.settings import CommandLineSettings
from slipway.services_table import format_service_groups, format_services
from slipway.terminal import print_safely
from workers.settings import EventsSettings, SchedulerSettings, WorkerSettings


class ProcessName(StrEnum):
    """A process whose settings can be checked."""

    BOT = "bot"
    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    EVENTS = "events"
    COMMAND_LINE = "command-line"


_SETTINGS: dict[ProcessName, type[Settings]] = {
    ProcessName.BOT: BotSettings,
    ProcessName.WEB: WebSettings,
    ProcessName.WORKER: WorkerSettings,
    ProcessName.SCHEDULER: SchedulerSettings,
    ProcessName.EVENTS: EventsSettings,
    ProcessName.COMMAND_LINE: CommandLineSettings,
}


HELP = """Check services.yml, and show its services with all defaults.

Exits with 0 if everything is valid, with 1 if there are mistakes (each is printed as
FILE:LINE:COLUMN: what is wrong and what is allowed), with 2 if the file cannot be read.
"""
"""Not a docstring, because `python -OO` drops those."""


def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The file to check. The default is the file that SERVICES_FILE names, or services.yml.",
            show_default=False,
        ),
    ] = None,
    env: Annotated[
        list[ProcessName] | None,
        typer.Option(
            "--env",
            help="Also check the settings of this process in the environment and in .env: bot (Socket Mode), "
            "web (HTTP), worker, scheduler, events, or command-line (slipway deploy ...). May be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """`slipway check`."""
    try:
        read_env_file()
        valid = [_check_settings(process) for process in env or ()]
        valid.append(_check_services(file or Path(os.environ.get("SERVICES_FILE") or "services.yml")))
    except (CatalogueUnreadable, SettingsInvalid) as error:
        print_safely(error.message, to_stderr=True)
        raise typer.Exit(2) from error
    if not all(valid):
        raise typer.Exit(1)


def _check_settings(process: ProcessName) -> bool:
    try:
        load_settings(_SETTINGS[process])
    except SettingsInvalid as error:
        print_safely(f"{process}: {error.message}\n")
        return False
    print_safely(f"{process}: the settings are valid.\n")
    return True


def _check_services(file: Path) -> bool:
    checked = check_file(file)
    if checked.problems:
        for problem in checked.problems:
            print_safely(f"{file}:{problem}")
        print_safely(f"\n{plural(len(checked.problems), 'mistake')} in {file}.")
        return False
    services, groups = tuple(checked.services.values()), tuple(checked.service_groups.values())
    counts = [plural(len(services), "service"), *([plural(len(groups), "group")] if groups else [])]
    print_safely(f"{file} is valid: {' and '.join(counts)}.\n")
    print_safely(format_services(services))
    if groups:
        print_safely(f"\n{format_service_groups(groups)}")
    for note in (*checked.notes, *_list_unknown_regions(services)):
        print_safely(f"\nnote: {file}:{note}")
    return True


def _list_unknown_regions(services: Iterable[Service]) -> Iterator[str]:
    """A note for each region that this version of boto3 does not know: new, or misspelled.

    boto3 has the list in its package, so nothing is requested.
    """
    import boto3

    session = boto3.Session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ecs", partition)
    }
    users: dict[str, list[str]] = {}
    for service in services:
        users.setdefault(service.region, []).append(f"`{service.name}`")
    for region in sorted(users.keys() - known):
        yield (
            f" `{region}`, the region of {', '.join(users[region])}, is not a region with ECS that boto3 "
            f"{boto3.__version__} knows.{did_you_mean(region, known)}"
        )
