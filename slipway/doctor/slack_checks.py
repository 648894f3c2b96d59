"""Slack's tokens, what they may do, and whether Slack reaches the bot in Socket Mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import websocket

from deploys.mrkdwn import plural
from slipway.app_manifest import SCOPES
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, NotChecked, error, ok, warning
from slipway.doctor.slack_calls import SlackAnswer

SOCKET_SECONDS = 8.0
"""How long Slack's first message on a WebSocket may take (seconds)."""
MAX_SOCKETS = 10
"""Connections that an app may have at the same time (docs.slack.dev, Socket Mode)."""
_SCOPES_PAGE = "api.slack.com/apps, your app, OAuth & Permissions, Bot Token Scopes; then reinstall the app."


def check_bot_token(context: DoctorContext) -> Iterator[Finding]:
    """Whether Slack accepts the bot's token."""
    answer = context.slack_identity
    if answer.error:
        yield _failed(
            "SLACK_BOT_TOKEN",
            answer,
            "Copy the right one: api.slack.com/apps, your app, OAuth & Permissions, Bot User OAuth Token "
            "(install the app first).",
        )
        return
    yield ok(f"Slack accepts SLACK_BOT_TOKEN: @{answer.data['user']} in the workspace {answer.data['team']}.")


def check_scopes(context: DoctorContext) -> Iterator[Finding]:
    """The scopes of the token, which Slack names with each answer, against those that the code needs."""
    context.require_slack()
    stated = context.slack_identity.headers.get("x-oauth-scopes", "")
    granted = {each.strip() for each in stated.split(",") if each.strip()}
    if not granted:
        raise NotChecked("Slack's answer names no scopes (x-oauth-scopes); does a proxy remove them?")
    if missing := [each for each in SCOPES if each not in granted]:
        purposes = "; ".join(f"`{each}`, which {SCOPES[each]}" for each in missing)
        what = f"The app lacks {plural(len(missing), 'scope')}: {purposes}."
        yield error(what, f"Add what is missing: {_SCOPES_PAGE}")
    else:
        yield ok(f"The app has the {plural(len(SCOPES), 'scope')} that Slipway needs.")
    if more := sorted(granted - set(SCOPES)):
        yield warning(
            f"The app has scopes that Slipway does not use: {', '.join(more)}.",
            f"Remove them, so that a stolen token is worth less: {_SCOPES_PAGE}",
        )


def check_app_token(context: DoctorContext) -> Iterator[Finding]:
    """Whether Slack accepts the token for Socket Mode, and whether both tokens are of one app."""
    if context.uses_http:
        return
    answer = context.app_token_identity
    if not answer.answered and not context.slack_identity.answered:
        raise NotChecked("Slack does not answer.")
    if answer.error:
        yield _failed(
            "SLACK_APP_TOKEN",
            answer,
            "Copy the right one: api.slack.com/apps, your app, Basic Information, App-Level Tokens.",
        )
        return
    app = str(answer.data.get("app_id") or "")
    bots_app = "" if context.slack_identity.error else context.app_id
    if app and bots_app and app != bots_app:
        yield error(
            f"SLACK_APP_TOKEN is of the app {app}, and SLACK_BOT_TOKEN of {bots_app}.",
            "Take both tokens from the same app: Slack sends the commands of one, and the bot answers as the "
            "other.",
        )
        return
    yield ok("Slack accepts SLACK_APP_TOKEN.")


def check_socket_mode(context: DoctorContext) -> Iterator[Finding]:
    """Opens a connection and closes it at Slack's first message, which says how many there are."""
    if context.uses_http:
        return
    if context.app_token_identity.error:
        is_refused = context.app_token_identity.answered
        raise NotChecked("Slack refuses SLACK_APP_TOKEN." if is_refused else "Slack does not answer.")
    answer = context.call_slack(context.app_token, "apps.connections.open")
    if answer.error:
        yield _failed(
            "to open a connection with SLACK_APP_TOKEN",
            answer,
            "At api.slack.com/apps, your app: enable Socket Mode, and generate a token with the scope "
            "connections:write (Basic Information, App-Level Tokens).",
        )
        return
    try:
        first = _first_message(str(answer.data["url"]))
    except (OSError, ValueError, websocket.WebSocketException) as problem:
        yield error(
            f"Slack's WebSocket cannot be reached ({type(problem).__name__}: {problem}).",
            "Let this machine connect to wss-primary.slack.com, port 443, also through a proxy.",
        )
        return
    if (others := count_other_connections(first)) is not None:
        context.reaches_bot = others > 0
    yield judge_first_message(first)


def count_other_connections(message: dict[str, Any]) -> int | None:
    """How many connections the app has beside this one, as Slack's first message says; None if it does not.
    Pure."""
    if message.get("reason") == "too_many_websockets":
        return MAX_SOCKETS
    return int(message.get("num_connections") or 1) - 1 if message.get("type") == "hello" else None


def judge_first_message(message: dict[str, Any]) -> Finding:
    """What Slack's first message on a connection means. Pure."""
    reason = message.get("reason")
    if reason == "link_disabled":
        return error(
            "Socket Mode is off for this app, so Slack sends the bot nothing.",
            "At api.slack.com/apps, your app, Socket Mode: Enable Socket Mode. For HTTP instead: "
            "`slipway doctor --http URL`.",
        )
    others = count_other_connections(message)
    if others is None:
        return warning(f"Slack closed the connection at once ({reason}).", "Run `slipway doctor` again.")
    return ok(f"Socket Mode works; the bot has {plural(others, 'connection')} to Slack.")


def _first_message(url: str) -> dict[str, Any]:
    socket = websocket.create_connection(url, timeout=SOCKET_SECONDS)
    try:
        message: dict[str, Any] = json.loads(socket.recv())
    finally:
        socket.close(timeout=1)
    return message


def _failed(name: str, answer: SlackAnswer, advice: str) -> Finding:
    if answer.answered:
        return error(f"Slack refuses {name} ({answer.error}).", advice)
    return error(
        f"Slack does not answer ({answer.error}).", "Check the network, and SLACK_API_URL if you set it."
    )
