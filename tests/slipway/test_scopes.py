"""The scopes of the manifest match what the code calls and listens to."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from slack_sdk import WebClient

from slipway.app_manifest import EVENTS, SCOPES, socket_mode_manifest

ROOT = Path(__file__).parents[2]

SCOPES_BY_METHOD: dict[str, frozenset[str]] = {
    "api.test": frozenset(),
    "apps.connections.open": frozenset(),  # connections:write, of the app-level token
    "auth.test": frozenset(),
    "chat.delete": frozenset({"chat:write"}),
    "chat.getPermalink": frozenset(),
    "chat.postEphemeral": frozenset({"chat:write"}),
    "chat.postMessage": frozenset({"chat:write", "chat:write.public"}),
    "chat.update": frozenset({"chat:write"}),
    "conversations.info": frozenset({"channels:read", "groups:read", "mpim:read"}),
    "usergroups.list": frozenset({"usergroups:read"}),
    "usergroups.users.list": frozenset({"usergroups:read"}),
    "users.info": frozenset({"users:read"}),
    "views.open": frozenset(),
    "views.publish": frozenset(),
    "views.push": frozenset(),
    "views.update": frozenset(),
}
"""Bot scopes by Web API method (docs.slack.dev/reference/methods). Look up methods that are missing here."""


@cache
def web_api_methods() -> dict[str, str]:
    """The names of slack_sdk for Web API methods: `chat_postMessage` is chat.postMessage."""
    found = {}
    for name, function in inspect.getmembers(WebClient, inspect.isfunction):
        if called := re.search(r'self\.api_call\(\s*"([\w.]+)"', inspect.getsource(function)):
            found[name] = called[1]
    return found


@cache
def product_code() -> list[tuple[Path, ast.AST]]:
    return [
        (file.relative_to(ROOT), ast.parse(file.read_text()))
        for room in ("bot", "workers", "deploys")
        for file in sorted((ROOT / room).rglob("*.py"))
    ]


def methods_called(tree: ast.AST) -> Iterator[str]:
    """By attribute (`client.chat_update`) and by name (`"chat.update"`)."""
    by_attribute = web_api_methods()
    names = set(by_attribute.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in by_attribute:
            yield by_attribute[node.attr]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
            yield node.value


def registered_listeners(tree: ast.AST, kind: str) -> Iterator[str]:
    """What the code passes to Bolt's `app.event(...)`, `app.command(...)`, ..."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == kind
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def test_slack_sdk_is_read_rightly() -> None:
    known = web_api_methods()

    assert known["chat_postMessage"] == "chat.postMessage"
    assert known["usergroups_users_list"] == "usergroups.users.list"
    assert set(SCOPES_BY_METHOD) <= set(known.values())


@pytest.mark.parametrize(
    ("code", "methods"),
    [
        ("self._client.chat_update(ts=ts)", ["chat.update"]),
        ('client.api_call("views.publish")', ["views.publish"]),
        ("post = client.chat_postMessage", ["chat.postMessage"]),
        ("chat = 'update'", []),
    ],
)
def test_calls_are_found_however_they_are_written(code: str, methods: list[str]) -> None:
    assert list(methods_called(ast.parse(code))) == methods


def test_the_app_is_granted_what_the_code_calls() -> None:
    calls = {method: file for file, tree in product_code() for method in methods_called(tree)}
    unknown = {method: str(file) for method, file in calls.items() if method not in SCOPES_BY_METHOD}
    missing = {
        method: sorted(SCOPES_BY_METHOD[method] - set(SCOPES))
        for method in calls
        if SCOPES_BY_METHOD.get(method, set()) - set(SCOPES)
    }

    assert calls, "no call of the Web API was found in the product"
    assert not unknown, "look up the scopes of these methods and add them to NEEDS"
    assert not missing, "the manifest lacks these scopes"


def test_the_app_is_granted_nothing_that_neither_calls_nor_events_need() -> None:
    calls = {method for _, tree in product_code() for method in methods_called(tree)}
    needed = frozenset[str]().union(*(SCOPES_BY_METHOD[method] for method in calls))

    assert set(SCOPES) - needed == {"commands", "app_mentions:read"}


def test_slack_sends_the_events_and_commands_that_the_bot_listens_to() -> None:
    events = {event for _, tree in product_code() for event in registered_listeners(tree, "event")}
    commands = {command for _, tree in product_code() for command in registered_listeners(tree, "command")}
    features = socket_mode_manifest()["features"]

    assert events == set(EVENTS)
    assert commands == {command["command"] for command in features["slash_commands"]}
