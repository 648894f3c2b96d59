"""Keeps what was refused, so that a button on the answer can change what it was refused for and repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields

from redis.exceptions import RedisError

from bot.app_context import AppContext
from bot.grammar import Command, Subcommand
from bot.request import Request
from bot.submit import build_deploy_request
from deploys.buttons import run_instead
from deploys.buttons.ask_somebody import ASK_SOMEBODY, refuse_unless_seen
from deploys.buttons.button import Button
from deploys.buttons.choices import choice_buttons
from deploys.errors import Refused
from deploys.records.deploy import new_deploy_id
from deploys.records.refused_request import RefusedRequest
from deploys.redaction import redact

_OWN_FIELDS = frozenset({"subcommand", "services", "tag", "target", "reason"})
"""Fields of a command that a refused request names too; all others are among its arguments."""


def note_refused_command(
    error: Refused, command: Command, request: Request, now: float, *, is_query: bool
) -> None:
    """Notes on the error which command it refused, unless that has a secret: those are not kept. now: epoch
    seconds."""
    typed = (command.command_line, command.target, command.tag, *command.services)
    has_secret = any(redact(each) != each for each in typed)
    if error.refused_request is None and not has_secret:
        kind = type(error).__name__
        error.refused_request = _keep(command, request, now, is_query, error=kind, facts=_texts(error))


def offer_meant(
    commands: Sequence[Command], request: Request, context: AppContext, subcommands: Mapping[str, Subcommand]
) -> tuple[Button, ...]:
    """The buttons that run these commands, which may be meant by what was mistyped."""
    buttons: list[Button] = []
    for each in commands:
        is_query = subcommands[each.subcommand].is_query
        meant = _keep(each, request, context.now(), is_query, error=run_instead.MISTYPED, facts={})
        buttons += _save(meant, run_instead.run_instead_buttons(meant), context)
    return tuple(buttons)


def _keep(
    command: Command,
    request: Request,
    now: float,
    is_query: bool,
    *,
    error: str,
    facts: Mapping[str, str],
) -> RefusedRequest:
    others = {each.name: getattr(command, each.name) for each in fields(command)}
    return RefusedRequest(
        id=new_deploy_id(),
        subcommand=command.subcommand,
        services=command.services,
        tag=command.tag,
        target=command.target,
        reason=command.reason,
        arguments={
            name: value
            for name, value in others.items()
            if name not in _OWN_FIELDS and isinstance(value, str | int | float)
        },
        is_query=is_query,
        request=build_deploy_request(request, command.reason, now),
        error=error,
        facts=facts,
    )


def note_refused_click(error: Refused, action_id: str, value: str, request: Request, now: float) -> None:
    """Notes on the error which press of a button it refused. now: epoch seconds."""
    if error.refused_request is not None:  # the button ran a command, and that was refused
        return
    error.refused_request = RefusedRequest(
        id=new_deploy_id(),
        action_id=action_id,
        value=value,
        request=build_deploy_request(request, "", now),
        error=type(error).__name__,
        facts=_texts(error),
    )


def offer_choices(error: Refused, context: AppContext) -> tuple[Button, ...]:
    """The buttons that lift the refusal, once what they repeat is kept; none if nothing lifts it."""
    refused = error.refused_request
    if refused is None:
        return ()
    buttons = choice_buttons(refused)
    if any(each.action_id == ASK_SOMEBODY for each in buttons) and not _is_seen(refused, context):
        buttons = tuple(each for each in buttons if each.action_id != ASK_SOMEBODY)
    return _save(refused, buttons, context)


def _is_seen(refused: RefusedRequest, context: AppContext) -> bool:
    """Whether its services may be talked about where it was typed."""
    try:
        refuse_unless_seen(refused, context.access, context.catalogue)
    except Refused:
        return False
    return True


def _save(refused: RefusedRequest, buttons: tuple[Button, ...], context: AppContext) -> tuple[Button, ...]:
    if not buttons:
        return ()
    with suppress(RedisError):
        context.refused_requests.save(refused)
        return buttons
    return ()


def _texts(error: Refused) -> dict[str, str]:
    return {name: str(value) for name, value in error.facts.items() if isinstance(value, str)}
