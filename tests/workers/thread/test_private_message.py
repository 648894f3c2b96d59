"""Private messages, and the routes they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from redis import Redis
from slack_sdk.models.blocks import ActionsBlock, ButtonElement
from structlog.testing import capture_logs

from deploys.native_blocks import bar_chart
from sandbox.slack import SlackSandbox
from tests.sandbox.slack.block_builders import data_table, raw
from tests.slash_command_response_url import receive_response_url
from tests.workers.thread.conftest import MANIFEST
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.thread.native_block_support import NativeBlockSupport
from workers.thread.private_message import DeliveryResult, Recipient, send_private_message

ALICE, CAROL = "U01ALICE00", "U03CAROL00"
DEPLOYS, GENERAL, PAYMENTS = "C01DEPLOYS", "C02GENERAL", "G04PAYMENTS"
IN_DEPLOYS = Recipient(ALICE, DEPLOYS)
REPLY = "Ask the bot."
BUTTONS = ActionsBlock(elements=[ButtonElement(text="Deploy 1.4.2", action_id="a", value="v")])


def seen(harness: PublisherHarness, channel: str, user: str = "alice") -> list[str]:
    """The ephemeral messages that this person sees there."""
    return [m["text"] for m in harness.slack.messages(channel, user) if m["ephemeral"]]


def direct(harness: PublisherHarness, user: str = "alice") -> list[str]:
    """Their direct messages with the bot."""
    return [m["text"] for m in harness.slack.messages("@slipway", user)]


def closed(logs: list[Any]) -> list[tuple[str, str]]:
    """The routes that were logged as failed, with Slack's error."""
    return [(log["method"], log["error"]) for log in logs if log["event"] == "a private route failed"]


@pytest.fixture
def root(harness: PublisherHarness) -> str:
    """The root of a thread that has a reply: in a thread without one, Slack shows no ephemeral message."""
    ts = str(harness.client.chat_postMessage(channel=DEPLOYS, text="What now?")["ts"])
    harness.slack.say("bob", "deploys", REPLY, thread_ts=ts)
    return ts


@pytest.fixture
def response_url(slack: SlackSandbox) -> Iterator[str]:
    """The response_url when alice types /deploy in #general, where the bot is not a member."""
    with receive_response_url(slack, "/deploy web 1.4.2") as url:
        yield url


def test_it_is_seen_by_one_person_in_the_thread(harness: PublisherHarness, root: str) -> None:
    assert (
        send_private_message(harness.client, Recipient(ALICE, DEPLOYS, root), "Deploys: none.")
        is DeliveryResult.DELIVERED
    )

    assert [m["text"] for m in harness.slack.replies(DEPLOYS, root, "alice")] == [REPLY, "Deploys: none."]
    assert [m["text"] for m in harness.slack.replies(DEPLOYS, root, "bob")] == [REPLY]


def test_outside_a_thread(harness: PublisherHarness) -> None:
    assert send_private_message(harness.client, IN_DEPLOYS, "Hello.") is DeliveryResult.DELIVERED

    assert seen(harness, DEPLOYS) == ["Hello."]


def test_the_response_url_goes_first_since_it_works_everywhere(
    harness: PublisherHarness, response_url: str
) -> None:
    to = Recipient(ALICE, GENERAL, response_url=response_url)

    with capture_logs() as logs:
        assert send_private_message(harness.client, to, "You may not.") is DeliveryResult.DELIVERED

    assert seen(harness, GENERAL) == ["You may not."]
    assert seen(harness, GENERAL, "bob") == []
    assert harness.call_count("chat.postEphemeral") == 0
    assert logs == []


def test_without_one_a_direct_message_says_where_it_belongs(harness: PublisherHarness) -> None:
    with capture_logs() as logs:
        assert (
            send_private_message(harness.client, Recipient(ALICE, GENERAL), "You may not.")
            is DeliveryResult.DELIVERED
        )

    assert direct(harness) == ["In <#C02GENERAL>: You may not."]
    assert seen(harness, GENERAL) == []
    assert closed(logs) == [("chat.postEphemeral", "not_in_channel")]


def test_a_response_url_that_fails_is_followed_by_the_next_route(
    harness: PublisherHarness, response_url: str
) -> None:
    to = Recipient(ALICE, GENERAL, response_url=response_url)

    with capture_logs() as logs:
        delivered = [send_private_message(harness.client, to, f"Answer {number}.") for number in range(1, 7)]

    assert delivered == [DeliveryResult.DELIVERED] * 6
    assert seen(harness, GENERAL) == [f"Answer {number}." for number in range(1, 6)]
    assert direct(harness) == ["In <#C02GENERAL>: Answer 6."]
    [(method, error), *_] = closed(logs)
    assert (method, error[:3]) == ("response_url", "404")


@pytest.mark.parametrize(
    ("recipient", "error"),
    [
        (Recipient(ALICE, PAYMENTS), "channel_not_found"),
        (Recipient(CAROL, DEPLOYS), "user_not_in_channel"),
    ],
)
def test_a_channel_that_takes_nothing_is_followed_by_a_direct_message(
    harness: PublisherHarness, recipient: Recipient, error: str
) -> None:
    harness.slack.remove_member("carol", "deploys")

    with capture_logs() as logs:
        assert send_private_message(harness.client, recipient, "Hello.") is DeliveryResult.DELIVERED

    user = "alice" if recipient.user == ALICE else "carol"
    assert direct(harness, user) == [f"In <#{recipient.channel}>: Hello."]
    assert closed(logs) == [("chat.postEphemeral", error)]


def test_somebody_in_no_channel_gets_a_direct_message(harness: PublisherHarness) -> None:
    assert send_private_message(harness.client, Recipient(ALICE), "Hello.") is DeliveryResult.DELIVERED

    assert direct(harness) == ["Hello."]


def test_if_every_route_fails_it_is_logged_with_advice(harness: PublisherHarness) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="messages_tab_disabled")

    with capture_logs() as logs:
        assert (
            send_private_message(harness.client, Recipient(ALICE, GENERAL), "Hello.") is DeliveryResult.CLOSED
        )

    assert closed(logs) == [
        ("chat.postEphemeral", "not_in_channel"),
        ("chat.postMessage", "messages_tab_disabled"),
    ]
    assert logs[-2]["advice"] == "turn on the app's Messages tab (App Home, Show Tabs), as in manifest.yml"
    assert logs[-1]["event"] == "a private message was not delivered"


def test_an_app_without_the_messages_tab_can_send_no_direct_messages(
    redis: Redis, clock: ManualClock
) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["features"]["app_home"]["messages_tab_enabled"] = False
    with SlackSandbox(manifest) as slack, capture_logs() as logs:
        assert (
            send_private_message(PublisherHarness(redis, slack, clock).client, Recipient(ALICE), "Hello.")
            is DeliveryResult.CLOSED
        )

    assert closed(logs) == [("chat.postMessage", "messages_tab_disabled")]


@pytest.mark.parametrize("kind", ["http-500", "http-429"])
def test_what_slack_did_not_take_is_sent_again(harness: PublisherHarness, root: str, kind: str) -> None:
    harness.slack.add_fault(kind, method="chat.postEphemeral")

    assert (
        send_private_message(harness.client, Recipient(ALICE, DEPLOYS, root), "Hello.")
        is DeliveryResult.DELIVERED
    )

    assert [m["text"] for m in harness.slack.replies(DEPLOYS, root, "alice")] == [REPLY, "Hello."]


def test_a_worker_is_not_held_by_a_long_retry_after(harness: PublisherHarness) -> None:
    for method in ("chat.postEphemeral", "chat.postMessage"):
        harness.slack.add_fault("http-429", method=method, retry_after=30)

    assert send_private_message(harness.client, IN_DEPLOYS, "Hello.") is DeliveryResult.LATER

    assert harness.call_count("chat.postEphemeral") == harness.call_count("chat.postMessage") == 1


def test_a_very_long_message_is_cut_and_not_refused(harness: PublisherHarness) -> None:
    send_private_message(harness.client, IN_DEPLOYS, "a" * 10_000, BUTTONS)

    [message] = [m for m in harness.slack.messages(DEPLOYS) if m["ephemeral"]]
    assert message["text"].endswith("…")


def test_buttons_are_below_the_text(harness: PublisherHarness) -> None:
    send_private_message(harness.client, IN_DEPLOYS, "There is no image.", BUTTONS)

    [message] = [m for m in harness.slack.messages(DEPLOYS) if m["ephemeral"]]
    assert [block["type"] for block in message["blocks"]] == ["section", "actions"]
    assert message["blocks"][0]["text"]["text"] == message["text"] == "There is no image."


def test_if_slack_refuses_the_blocks_the_text_is_still_sent(harness: PublisherHarness) -> None:
    harness.slack.add_fault("error", method="chat.postEphemeral", error="invalid_blocks")

    assert (
        send_private_message(harness.client, IN_DEPLOYS, "There is no image.", BUTTONS)
        is DeliveryResult.DELIVERED
    )

    assert seen(harness, DEPLOYS) == ["There is no image."]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/commands/T/1/x",
        "http://hooks.slack.com/commands/T/1/x",
        "https://hooks.slack.com.example.org/x",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_slacks(
    harness: PublisherHarness, url: str, monkeypatch: Any
) -> None:
    def sent(*_: Any, **__: Any) -> None:
        raise AssertionError("sent")

    monkeypatch.setattr("slack_sdk.webhook.WebhookClient.send_dict", sent)

    assert (
        send_private_message(harness.client, Recipient(ALICE, DEPLOYS, response_url=url), "hello")
        is DeliveryResult.DELIVERED
    )

    assert seen(harness, DEPLOYS) == ["hello"]


@pytest.mark.parametrize("host", ["hooks.slack.com", "hooks.slack-gov.com"])
def test_slacks_own_address_is_trusted(harness: PublisherHarness, host: str, monkeypatch: Any) -> None:
    sent = []

    def take(self: Any, body: dict[str, Any]) -> Any:
        sent.append((self.url, body))
        return type("Answer", (), {"status_code": 200, "body": "ok"})()

    monkeypatch.setattr("slack_sdk.webhook.WebhookClient.send_dict", take)
    url = f"https://{host}/commands/T/1/x"

    assert (
        send_private_message(harness.client, Recipient(ALICE, response_url=url), "hello")
        is DeliveryResult.DELIVERED
    )
    for_one_person = {
        "response_type": "ephemeral",
        "replace_original": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "parse": "none",
        "link_names": False,
    }
    assert sent == [(url, {**for_one_person, "text": "hello"})]


def test_a_text_that_slack_finds_too_long_is_sent_shorter(harness: PublisherHarness) -> None:
    harness.slack.add_fault("error", method="chat.postEphemeral", error="msg_too_long", times=2)

    assert send_private_message(harness.client, IN_DEPLOYS, "漢" * 2000) is DeliveryResult.DELIVERED

    assert seen(harness, DEPLOYS) == ["漢" * 398 + "…"]


def test_a_response_url_that_finds_it_too_long_gets_it_shorter(
    harness: PublisherHarness, monkeypatch: Any
) -> None:
    sent = []

    def refuse_the_first(self: Any, given: Any) -> Any:
        sent.append(given["text"])
        status = 400 if len(sent) == 1 else 200
        return type("Answer", (), {"status_code": status, "body": "msg_too_long"})()

    monkeypatch.setattr("slack_sdk.webhook.WebhookClient.send_dict", refuse_the_first)
    to = Recipient(ALICE, GENERAL, response_url="https://hooks.slack.com/commands/T/1/x")

    assert send_private_message(harness.client, to, "漢" * 1500) is DeliveryResult.DELIVERED

    assert [len(text) for text in sent] == [1500, 1265]


def test_blocks_are_shown_with_their_buttons(harness: PublisherHarness) -> None:
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "There is no service."}},
        BUTTONS.to_dict(),
    ]

    send_private_message(harness.client, IN_DEPLOYS, "There is no service.", forms=[blocks])
    send_private_message(harness.client, Recipient(ALICE, PAYMENTS), "There is no service.", forms=[blocks])

    [message] = [m for m in harness.slack.messages(DEPLOYS, "alice") if m["ephemeral"]]
    assert [each["type"] for each in message["blocks"]] == ["section", "actions"]
    [direct_message] = harness.slack.messages("@slipway", "alice")
    assert [each["type"] for each in direct_message["blocks"]] == ["context", "section", "actions"]
    assert f"<#{PAYMENTS}>" in direct_message["text"]


@pytest.mark.parametrize("by_response_url", [False, True])
def test_a_workspace_without_data_tables_gets_plainer_blocks(
    harness: PublisherHarness, response_url: str, by_response_url: bool
) -> None:
    to, channel = (
        (Recipient(ALICE, GENERAL, response_url=response_url), GENERAL)
        if by_response_url
        else (IN_DEPLOYS, DEPLOYS)
    )
    text = "Last deploys: web 1.4.2"
    table = data_table([raw("Service")], [raw("web")])
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}

    send_private_message(harness.client, to, text, forms=[[table], [section]])
    harness.slack.add_fault("unsupported-blocks")
    send_private_message(harness.client, to, text, forms=[[table], [section]])
    send_private_message(harness.client, to, text, forms=[[table]])

    shown = [m.get("blocks", []) for m in harness.slack.messages(channel, "alice") if m["ephemeral"]]
    assert [[each["type"] for each in blocks] for blocks in shown] == [["data_table"], ["section"], []]


BARS = bar_chart("Changes", ["1 Nov"], {"Went well": [2]}, x_label="day", y_label="changes")


@pytest.mark.parametrize("block", [data_table([raw("Service")], [raw("web")]), BARS], ids=["table", "chart"])
@pytest.mark.parametrize("plainer", [True, False], ids=["plainer blocks", "text"])
def test_a_block_that_the_workspace_does_not_take_is_tried_once_a_day(
    harness: PublisherHarness, block: dict[str, Any], plainer: bool
) -> None:
    harness.slack.add_fault("unsupported-blocks", types=[block["type"]])
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "web 1.4.2"}}
    forms = [[section, block], [section]] if plainer else [[section, block]]
    support = NativeBlockSupport(harness.limits)

    def send() -> int:
        """The calls that it took."""
        before = harness.call_count("chat.postEphemeral")
        send_private_message(harness.client, IN_DEPLOYS, "web 1.4.2", forms=forms, native_blocks=support)
        return harness.call_count("chat.postEphemeral") - before

    assert [send(), send()] == [2, 1]
    shown = [m.get("blocks", []) for m in harness.slack.messages(DEPLOYS, "alice") if m["ephemeral"]]
    assert [[each["type"] for each in blocks] for blocks in shown] == [["section"] if plainer else []] * 2


def test_what_is_known_of_one_newer_block_says_nothing_of_another(harness: PublisherHarness) -> None:
    table, plan = {"type": "data_table"}, {"type": "plan"}
    support = NativeBlockSupport(harness.limits)

    support.note_refused([BARS, table])
    assert [support.takes(each) for each in ([BARS, table], [BARS], [table], [plan], [])] == [
        False,
        True,
        True,
        True,
        True,
    ]

    support.note_refused([table])
    assert [support.takes(each) for each in ([table], [table, plan], [BARS])] == [False, False, True]
