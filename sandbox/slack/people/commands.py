"""Typing a slash command, and what the person sees come back."""

from __future__ import annotations

from sandbox.slack.outward.delivery import Answer
from sandbox.slack.outward.payloads import slash_command
from sandbox.slack.people.answers import IN_CHANNEL, is_silent, post_answer
from sandbox.slack.people.composer import as_escaped_command, escaped
from sandbox.slack.people.membership import run_builtin
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.team.manifest import SlashCommand
from sandbox.slack.team.workspace import Channel, User
from sandbox.slack.webapi.errors import ApiError

_BUILTIN = ("/invite", "/remove")


async def run_command(
    state: State, user: User, channel: Channel, typed: str, thread_ts: str | None
) -> list[Message]:
    """Runs a command as typed. Returns what it put on the screen in answer."""
    name, _, text = typed.partition(" ")
    if name in _BUILTIN and thread_ts is None:
        told = run_builtin(state, user, channel, name, text)
        return [told] if told is not None else []
    command = state.installation.manifest.command(name)
    if command is None or "commands" not in state.installation.manifest.scopes:
        return [state.board.tell(user.id, channel.id, f"{name} is not a valid command.", thread_ts)]
    if thread_ts is not None:
        return [
            state.board.tell(user.id, channel.id, f"{name} is not supported in threads. Sorry!", thread_ts)
        ]
    answer = await _dispatch(state, command, text.strip(), user, channel)
    return _shown(state, answer, typed, command, user, channel)


async def _dispatch(state: State, command: SlashCommand, text: str, user: User, channel: Channel) -> Answer:
    sent = as_escaped_command(text, state.workspace) if command.should_escape else escaped(text)
    response_url = state.response_urls.issue("commands", user.id, channel.id)
    address = state.response_urls.address(response_url)
    payload = slash_command(state, command, sent, user, channel, address)
    return await state.delivery.deliver("slash_commands", payload, url=command.url)


def _shown(
    state: State, answer: Answer, typed: str, command: SlashCommand, user: User, channel: Channel
) -> list[Message]:
    if not answer.is_acknowledged:
        return [_failure(state, command, answer.status, user, channel)]
    if is_silent(answer.body) and answer.body.get("response_type") != IN_CHANNEL:
        return []
    shown = []
    if answer.body.get("response_type") == IN_CHANNEL:
        # An answer for all shows them what was asked, too.
        shown.append(state.board.write(channel.id, user.id, escaped(typed)))
    if not is_silent(answer.body):
        try:
            shown.append(post_answer(state, answer.body, user.id, channel.id))
        except ApiError:
            shown.append(_failure(state, command, "invalid_command_response", user, channel))
    return shown


def _failure(state: State, command: SlashCommand, error: str, user: User, channel: Channel) -> Message:
    return state.board.tell(user.id, channel.id, f'{command.command} failed with the error "{error}"')
