"""A person types a slash command and sees the answer."""

from __future__ import annotations

from sandbox.slack.api_errors import ApiError
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.app_manifest import SlashCommand
from sandbox.slack.team.workspace import SlackChannel, SlackUser
from sandbox.slack.to_app.delivery import AppAnswer
from sandbox.slack.user_actions.app_answers import IN_CHANNEL, is_empty_answer, post_answer
from sandbox.slack.user_actions.membership import run_builtin_command
from sandbox.slack.user_actions.payloads import slash_command_payload
from sandbox.slack.user_actions.typed_text import escape_text, to_escaped_command_text
from sandbox.slack.workspace_state import WorkspaceState

_BUILTIN_COMMANDS = ("/invite", "/remove")


async def run_command(
    state: WorkspaceState, user: SlackUser, channel: SlackChannel, typed: str, thread_ts: str | None
) -> list[SlackMessage]:
    """Runs a command as it was typed. Returns the messages that the person sees in answer."""
    name, _, text = typed.partition(" ")
    if name in _BUILTIN_COMMANDS and thread_ts is None:
        message = run_builtin_command(state, user, channel, name, text)
        return [message] if message is not None else []
    command = state.installation.manifest.find_command(name)
    if command is None or "commands" not in state.installation.manifest.scopes:
        return [
            state.message_writer.write_ephemeral(
                user.id, channel.id, f"{name} is not a valid command.", thread_ts
            )
        ]
    if thread_ts is not None:
        return [
            state.message_writer.write_ephemeral(
                user.id, channel.id, f"{name} is not supported in threads. Sorry!", thread_ts
            )
        ]
    answer = await _dispatch(state, command, text.strip(), user, channel)
    return _show_answer(state, answer, typed, command, user, channel)


async def _dispatch(
    state: WorkspaceState, command: SlashCommand, text: str, user: SlackUser, channel: SlackChannel
) -> AppAnswer:
    sent = to_escaped_command_text(text, state.workspace) if command.should_escape else escape_text(text)
    response_url = state.response_urls.issue("commands", user.id, channel.id)
    address = state.response_urls.address(response_url)
    payload = slash_command_payload(state, command, sent, user, channel, address)
    return await state.delivery.deliver("slash_commands", payload, url=command.url)


def _show_answer(
    state: WorkspaceState,
    answer: AppAnswer,
    typed: str,
    command: SlashCommand,
    user: SlackUser,
    channel: SlackChannel,
) -> list[SlackMessage]:
    if not answer.is_acknowledged:
        return [_show_failure(state, command, answer.status, user, channel)]
    if is_empty_answer(answer.body) and answer.body.get("response_type") != IN_CHANNEL:
        return []
    shown = []
    if answer.body.get("response_type") == IN_CHANNEL:
        # An answer for everybody also shows the command.
        shown.append(state.message_writer.add(channel.id, user.id, escape_text(typed)))
    if not is_empty_answer(answer.body):
        try:
            shown.append(post_answer(state, answer.body, user.id, channel.id))
        except ApiError:
            shown.append(_show_failure(state, command, "invalid_command_response", user, channel))
    return shown


def _show_failure(
    state: WorkspaceState, command: SlashCommand, error: str, user: SlackUser, channel: SlackChannel
) -> SlackMessage:
    return state.message_writer.write_ephemeral(
        user.id, channel.id, f'{command.command} failed with the error "{error}"'
    )
