"""In which channel something counts as asked that was typed on the command line: there access is decided, and
there the thread is."""

from __future__ import annotations

from collections.abc import Sequence

from bot.app_context import AppContext
from bot.clicks import find_channel
from bot.commands import SUBCOMMANDS
from bot.grammar import STARTERS, Command
from deploys.buttons import button_value
from deploys.catalogue.catalogue import Catalogue
from deploys.command_line_place import place_of
from deploys.errors import PlaceMissing, PlaceNotNamed
from deploys.holds.breaking_locks import services_of
from deploys.mrkdwn import channel_link, code


def find_place(command: Command, given: str, user: str, context: AppContext) -> str:
    """The channel: the given one, or that of the services or of the deploy that the command names, or in
    which this user's open deploys were asked for. Empty: the command names nothing, or no channel is known.

    Raises:
        PlaceNotNamed: services.yml does not name the given one.
        PlaceMissing: one is needed, and services.yml names none.
    """
    catalogue, subcommand = context.catalogue, SUBCOMMANDS[command.subcommand]
    if given:
        return _check_given(given, catalogue)
    is_about_all = bool(subcommand.done_words) and not command.services and not command.target
    services = catalogue.service_names if is_about_all else services_meant(command, catalogue)
    if place := common_place(services, catalogue):
        return place
    if services and (subcommand.allowed in STARTERS or subcommand.done_words):
        raise PlaceMissing(service=services[0])
    if command.target and (place := find_channel(button_value(command.target), context)):
        return place
    return _place_of_open_deploy(services, user, context) if subcommand.name == "cancel" else ""


def _place_of_open_deploy(services: Sequence[str], user: str, context: AppContext) -> str:
    """Where the first open deploy of these services was asked for; with none, of this user."""
    for each in context.store.list_active():
        if each.summary.service in services if services else each.summary.requester == user:
            return next((deploy.request.channel for deploy in context.store.read_shown([each])), "")
    return ""


def services_meant(command: Command, catalogue: Catalogue) -> tuple[str, ...]:
    """The services that a command is about, as far as its words say; names that are none are left out."""
    named = command.services or tuple(command.target.split(",") if command.target else ())
    found = (each for name in named for each in services_of(name, catalogue))
    return tuple(dict.fromkeys(found))


def common_place(services: Sequence[str], catalogue: Catalogue) -> str:
    """The first channel of one of these services that all of them accept; if there is none, that of the first
    service, where the others refuse it. Pure."""
    found = [catalogue.services[name] for name in services]
    places = [place_of(each, catalogue.command_line) for each in found]
    accepted = (
        place
        for place in places
        if place and all(not s.channels or place in (*s.channels, s.told.channel) for s in found)
    )
    return next(accepted, next(filter(None, places), ""))


def _check_given(channel: str, catalogue: Catalogue) -> str:
    services = catalogue.services.values()
    named = {catalogue.command_line.channel, *(each.told.channel for each in services)}
    named |= {channel for each in services for channel in each.channels}
    if channel not in named - {""}:
        listed = ", ".join(map(channel_link, sorted(named - {""}))) or "none"
        raise PlaceNotNamed(channel=code(channel[:64]).strip("`"), channels=listed)
    return channel
