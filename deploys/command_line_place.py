"""Where something counts as asked that was typed on the command line, and what Slack has to be asked about
beforehand so that this can be decided while it is down. Pure."""

from __future__ import annotations

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.command_line_keys import CommandLine
from deploys.catalogue.service import Service
from deploys.stores.slack_directory import READ_EVERY_SECONDS

MAX_STANDBY_AGE = 1800.0
"""Seconds."""


def place_of(service: Service, command_line: CommandLine) -> str:
    """The channel that a request about this service counts for, and that gets its thread: that of its cards,
    or the first of its channels, or the one for all others. Empty: services.yml names none."""
    return service.told.channel or next(iter(service.channels), "") or command_line.channel


def standby_ids(catalogue: Catalogue) -> frozenset[str]:
    """The people who may ask on the command line, and the channels that this counts for; none if nobody
    may."""
    people = catalogue.command_line.people
    if not people:
        return frozenset()
    places = (place_of(each, catalogue.command_line) for each in catalogue.services.values())
    return people | frozenset(filter(None, places))


def standby_age(command_line: CommandLine) -> float:
    """How old what was read of them may become before it is read again (seconds): a fraction of how long it
    counts."""
    return min(MAX_STANDBY_AGE, max(READ_EVERY_SECONDS, command_line.slack_answers_last / 4))
