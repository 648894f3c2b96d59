"""Rate limits and faults of the Web API, as slack_sdk sees them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.client import RemoteDisconnected
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from sandbox.slack import SlackSandbox
from sandbox.slack.slack_limits import CallRate, RateLimits
from tests.sandbox.slack.expected_errors import api_error_of, control_error_of
from tests.sandbox.slack.manifests import build_manifest

# slack_sdk leaves the sockets of answers with HTTP 429 and 500 to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def limited() -> Iterator[SlackSandbox]:
    with SlackSandbox(build_manifest()) as slack:
        yield slack


def until_refused(call: Any) -> tuple[int, SlackApiError]:
    """The number of successful calls, and the error that ended them."""
    for number in range(200):
        try:
            call()
        except SlackApiError as problem:
            return number, problem
    raise AssertionError("never refused")


def test_a_channel_takes_a_small_burst_of_posts_and_then_one_a_second(limited: SlackSandbox) -> None:
    client = WebClient(limited.bot_token, limited.api_url, retry_handlers=[])

    taken, refused = until_refused(lambda: client.chat_postMessage(channel="C01DEPLOYS", text="x"))

    assert 1 < taken < 10
    assert refused.response.status_code == 429
    assert refused.response["error"] == "ratelimited"
    assert refused.response.headers["Retry-After"] == "1"
    assert client.chat_postMessage(channel="C03RANDOM0", text="other channels are not held up")["ok"]


def test_a_client_that_waits_for_retry_after_succeeds(limited: SlackSandbox) -> None:
    client = WebClient(limited.bot_token, limited.api_url, retry_handlers=[RateLimitErrorRetryHandler(2)])

    for number in range(6):
        client.chat_postMessage(channel="C01DEPLOYS", text=str(number))

    assert [message["text"] for message in limited.messages("deploys")] == ["0", "1", "2", "3", "4", "5"]
    assert 429 in [call["status"] for call in limited.calls("chat.postMessage")]


def test_updates_and_group_lists_have_their_tiers(limited: SlackSandbox) -> None:
    client = WebClient(limited.bot_token, limited.api_url, retry_handlers=[])
    ts = client.chat_postMessage(channel="C01DEPLOYS", text="x")["ts"]

    updates, refused = until_refused(lambda: client.chat_update(channel="C01DEPLOYS", ts=ts, text="y"))
    lists, _ = until_refused(lambda: client.usergroups_users_list(usergroup="S01DEPLOYERS"))

    assert lists < updates < 50
    assert int(refused.response.headers["Retry-After"]) >= 1


def test_on_the_long_run_a_rate_is_what_it_says() -> None:
    now = [0.0]
    limits = RateLimits(enabled=True, now=lambda: now[0])
    rate = CallRate(per_minute=50, burst=20)
    taken = 0
    while now[0] < 600:
        taken += limits.take_call("x", rate) is None
        now[0] += 0.05

    assert 500 <= taken <= 521


def test_waiting_for_retry_after_is_enough() -> None:
    now = [0.0]
    limits = RateLimits(enabled=True, now=lambda: now[0])
    rate = CallRate(per_minute=20, burst=1)
    assert limits.take_call("x", rate) is None
    wait = limits.take_call("x", rate)

    assert wait == 3
    now[0] += wait
    assert limits.take_call("x", rate) is None


def test_limits_can_be_wider_or_off() -> None:
    with (
        SlackSandbox(build_manifest(), rate_factor=20) as wide,
        SlackSandbox(build_manifest(), rate_limits=False) as off,
    ):
        for slack in (wide, off):
            client = WebClient(slack.bot_token, slack.api_url, retry_handlers=[])
            for _ in range(40):
                client.chat_postMessage(channel="C01DEPLOYS", text="x")


def test_a_429_can_be_asked_for(slack: SlackSandbox, client: WebClient) -> None:
    slack.add_fault("http-429", method="chat.update", retry_after=7, times=2)
    ts = client.chat_postMessage(channel="C01DEPLOYS", text="not the method that was meant")["ts"]

    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            client.chat_update(channel="C01DEPLOYS", ts=ts, text="y")
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert client.chat_update(channel="C01DEPLOYS", ts=ts, text="y")["ok"]


def test_a_500_can_be_asked_for_and_does_nothing_else(slack: SlackSandbox, client: WebClient) -> None:
    before = slack.messages("deploys")
    slack.add_fault("http-500")

    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C01DEPLOYS", text="x")

    assert caught.value.response.status_code == 500
    assert slack.messages("deploys") == before


def test_a_connection_can_break_after_the_call_was_processed(slack: SlackSandbox, client: WebClient) -> None:
    slack.add_fault("drop-after", method="chat.postMessage")

    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        client.chat_postMessage(channel="C01DEPLOYS", text="posted, and nobody knows")

    assert slack.messages("deploys")[-1]["text"] == "posted, and nobody knows"
    assert client.chat_postMessage(channel="C01DEPLOYS", text="and on it goes")["ok"]


def test_any_error_can_be_asked_for(slack: SlackSandbox, client: WebClient) -> None:
    slack.add_fault("error", method="usergroups.users.list", error="plan_upgrade_required")

    call = client.usergroups_users_list
    assert api_error_of(lambda: call(usergroup="S01DEPLOYERS")) == "plan_upgrade_required"
    assert call(usergroup="S01DEPLOYERS")["ok"]


def test_a_fault_can_last_for_a_while(slack: SlackSandbox, client: WebClient) -> None:
    slack.add_fault("error", error="fatal_error", seconds=0.3)

    assert api_error_of(client.auth_test) == "fatal_error"
    assert api_error_of(client.auth_test) == "fatal_error"
    slack.wait_until(lambda: _works(client), 5)


def _works(client: WebClient) -> bool:
    try:
        return bool(client.auth_test()["ok"])
    except SlackApiError:
        return False


def test_an_outage_answers_503_until_it_is_over(slack: SlackSandbox, client: WebClient) -> None:
    slack.add_fault("outage", seconds=30)
    with pytest.raises(SlackApiError) as caught:
        client.auth_test()
    slack.clear_faults()

    assert caught.value.response.status_code == 503
    assert client.auth_test()["ok"]


def test_waiting_faults_can_be_seen_and_cleared(slack: SlackSandbox) -> None:
    slack.add_fault("http-500", method="chat.update", times=3)
    listed = httpx.get(slack.url + "sandbox/faults").json()["faults"]
    slack.clear_faults()

    assert listed == [{"kind": "http-500", "method": "chat.update", "remaining": 3, "until": None}]
    assert httpx.get(slack.url + "sandbox/faults").json()["faults"] == []


@pytest.mark.parametrize(
    ("kind", "details", "error"),
    [
        ("earthquake", {}, "unknown_fault"),
        ("http-500", {"colour": "red"}, "unknown_fault"),
        ("http-500", {"seconds": "soon"}, "unknown_fault"),
        ("outage", {}, "missing"),
        ("refresh", {"reason": "boredom"}, "unknown_reason"),
    ],
)
def test_a_fault_that_cannot_be_made_is_refused(
    slack: SlackSandbox, kind: str, details: dict[str, Any], error: str
) -> None:
    assert control_error_of(lambda: slack.add_fault(kind, **details)) == error


def test_calls_are_logged_without_their_tokens(slack: SlackSandbox) -> None:
    slack.clear_calls()
    began = time.time()
    httpx.post(slack.api_url + "users.info", data={"token": slack.bot_token, "user": "U02BOB0000"})
    httpx.post(slack.api_url + "users.info", data={"user": "U02BOB0000"})

    good, bad = slack.calls("users.info")
    assert began - 1 <= good["at"] <= time.time()
    assert (good["args"], good["status"]) == ({"user": "U02BOB0000"}, 200)
    assert bad["error"] == "not_authed"
    assert "error" not in good
