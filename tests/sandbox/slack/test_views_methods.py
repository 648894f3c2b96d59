"""views.*: triggers, hashes and limits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import SlackSandbox, SlackTimeouts
from tests.sandbox.slack.bolt_app import ConnectedApp
from tests.sandbox.slack.expected_errors import api_error_of
from tests.sandbox.slack.manifests import build_manifest
from tests.sandbox.slack.test_modals import modal, plain
from tests.sandbox.slack.test_socket_mode import open_socket, read, typing

Json = dict[str, Any]

DIVIDER = {"type": "divider"}
MARKDOWN = {"type": "markdown", "text": "x"}


@pytest.fixture
def trigger(connected: ConnectedApp) -> Iterator[str]:
    """A new trigger_id of alice."""
    connected.slack.run_shortcut("alice", "deploy_form")
    [body] = connected.app.bodies("shortcut")
    yield body["trigger_id"]
    for view in connected.slack.views("alice")[:1]:
        connected.slack.close_view("alice", view["id"], whole_stack=True)


def test_a_trigger_is_good_once(connected: ConnectedApp, trigger: str) -> None:
    connected.client.views_open(trigger_id=trigger, view=modal())

    again = api_error_of(lambda: connected.client.views_open(trigger_id=trigger, view=modal()))
    assert again == "exchanged_trigger_id"


def test_a_trigger_id_that_was_never_issued_is_an_invalid_argument(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.views_open(trigger_id="1.2.x", view=modal())

    assert caught.value.response["error"] == "invalid_arguments"
    assert "trigger_id" in caught.value.response["response_metadata"]["messages"][0]


def test_a_trigger_expires() -> None:
    timings = SlackTimeouts(trigger=0.05)
    with SlackSandbox(build_manifest(), timeouts=timings) as slack:
        trigger_id = _trigger_of_a_command(slack)
        time.sleep(0.1)  # the lifetime itself is what is tested
        client = WebClient(slack.bot_token, slack.api_url)
        late = api_error_of(lambda: client.views_open(trigger_id=trigger_id, view=modal()))

    assert late == "expired_trigger_id"


def _trigger_of_a_command(slack: SlackSandbox) -> str:
    with open_socket(slack) as socket, typing(slack, "/deploy web 1.4.2"):
        envelope = read(socket)
        socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
    return str(envelope["payload"]["trigger_id"])


def test_a_view_is_updated_by_its_id_and_only_from_the_state_that_was_seen(
    connected: ConnectedApp, trigger: str
) -> None:
    opened = connected.client.views_open(trigger_id=trigger, view=modal())["view"]
    update = connected.client.views_update

    changed = update(view_id=opened["id"], hash=opened["hash"], view=modal("Second"))["view"]
    assert changed["hash"] != opened["hash"]
    stale = api_error_of(lambda: update(view_id=opened["id"], hash=opened["hash"], view=modal("Third")))
    assert stale == "hash_conflict"
    assert connected.slack.views("alice")[0]["title"]["text"] == "Second"


def test_a_view_can_be_named_by_the_apps_own_id(connected: ConnectedApp, trigger: str) -> None:
    connected.client.views_open(trigger_id=trigger, view=modal(external_id="deploy-7"))

    update = connected.client.views_update
    update(external_id="deploy-7", view=modal("Second", external_id="deploy-7"))
    assert api_error_of(lambda: update(external_id="deploy-8", view=modal())) == "not_found"
    both = {"view_id": connected.slack.views("alice")[0]["id"], "external_id": "deploy-7", "view": modal()}
    twice = api_error_of(lambda: connected.client.api_call("views.update", json=both))
    assert twice == "invalid_arguments"
    assert connected.slack.views("alice")[0]["title"]["text"] == "Second"


def test_a_view_that_is_gone_is_not_found(client: WebClient) -> None:
    assert api_error_of(lambda: client.views_update(view_id="V1", view=modal())) == "not_found"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
        ({"title": None}, "missing required field: title [json-pointer:/view]"),
        ({"submit": None}, "missing required field: submit"),
        ({"blocks": [DIVIDER] * 101}, "no more than 100 items allowed [json-pointer:/view/blocks]"),
        ({"blocks": [MARKDOWN]}, "unsupported type: markdown [json-pointer:/view/blocks/0/type]"),
        ({"private_metadata": "x" * 3001}, "less than 3001 characters [json-pointer:/view/private_metadata]"),
        ({"callback_id": "x" * 256}, "less than 256 characters [json-pointer:/view/callback_id]"),
        ({"type": "popup"}, "unsupported type: popup [json-pointer:/view/type]"),
        ({"color": "red"}, "invalid additional property: color [json-pointer:/view]"),
    ],
)
def test_a_view_beyond_the_limits_is_refused_with_its_place(
    client: WebClient, change: Json, problem: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.views_open(trigger_id="1.2.x", view={**modal(), **change})

    assert caught.value.response["error"] == "invalid_arguments"
    assert any(problem in message for message in caught.value.response["response_metadata"]["messages"])


def test_a_home_tab_is_published_for_one_person(slack: SlackSandbox, client: WebClient) -> None:
    view = {"type": "home", "blocks": [DIVIDER]}
    first = client.views_publish(user_id="U03CAROL00", view=view)["view"]

    assert slack.home("carol") == first
    publish = client.views_publish
    assert api_error_of(lambda: publish(user_id="U03CAROL00", view=view, hash="stale")) == "hash_conflict"
    second = publish(user_id="U03CAROL00", view=view, hash=first["hash"])["view"]
    assert second["id"] == first["id"]
    assert api_error_of(lambda: publish(user_id="U99NOBODY", view=view)) == "user_not_found"
    assert api_error_of(lambda: publish(user_id="U03CAROL00", view=modal())) == "invalid_arguments"


def test_a_view_is_not_larger_than_250_kb(client: WebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "漢" * 3000}}]

    def publish(count: int) -> Any:
        return client.views_publish(user_id="U01ALICE00", view={"type": "home", "blocks": blocks * count})

    assert publish(27)["ok"]
    assert api_error_of(lambda: publish(28)) == "view_too_large"
