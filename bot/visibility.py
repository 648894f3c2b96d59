"""Of several services, people read about those alone that they may see where they ask."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import Command
from bot.request import Request
from deploys.access_rules import Action
from deploys.catalogue.catalogue import Catalogue

_NOTE = "Services that may not be seen here are left out; `/deploy access SERVICE` says why."


def hidden_note(seen: Catalogue, context: AppContext) -> str:
    """What to say if some are left out; else empty."""
    return _NOTE if len(seen.services) < len(context.catalogue.services) else ""


def find_named_services(command: Command, request: Request, context: AppContext) -> tuple[str, ...]:
    """The services that are asked about, by their names, or by that of a group; empty: all that may be seen.

    Raises:
        Refused: one of them may not be seen here, or there is none.
    """
    group = context.catalogue.get_service_group(command.service)
    services = group.services if group else command.services
    for name in services:
        context.access.may(Action.SEE, request.asker, name)
    return tuple(services)
