"""The bot connected to the sandbox's Slack, as `python -m bot` connects."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from slack_sdk import WebClient

from bot import identity
from bot.app import build_app
from bot.app_context import AppContext, build_app_context
from bot.slack_clock import SlackClock
from bot.socket_mode import SocketModeClient
from bot.socket_mode.slack_websocket import SlackWebSocket
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import SlackRefusesToken, SlackUnreachable
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores.claims import Submission
from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from tests.bot.bot_harness import ALICE, BOB, DAVE, NOTHING_UNDER_WAY, BotHarness, ManualClock, RecordedViews
from tests.bot.sample_bot import APPROVERS, DEPLOYERS
from tests.reported_metrics import reported_metrics
from tests.slack_directory import TEAM, KnownDirectory

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def connected_bot(slack: SlackSandbox, catalogue: Catalogue, redis: Redis) -> Iterator[BotHarness]:
    """A bot with the real time, and one connection to the sandbox's Slack."""
    groups = UserGroups(redis)
    groups.save_members(DEPLOYERS, [ALICE, DAVE], time.time())
    groups.save_members(APPROVERS, [BOB, DAVE], time.time())
    who = identity.fetch_identity(WebClient(slack.bot_token, slack.api_url), SlackClock())
    context = build_app_context(
        who, catalogue, redis, redis, directory=KnownDirectory(redis), views=RecordedViews()
    )
    with connect(context, slack):
        yield BotHarness(context, redis, ManualClock(time.time()))
    slack.clear_faults()


@contextmanager
def connect(context: AppContext, slack: SlackSandbox) -> Iterator[SocketModeClient]:
    before = slack.health()["connections"]
    app = build_app(context, signing_secret="", api_url=slack.api_url)
    socket = SocketModeClient(app, WebClient(base_url=slack.api_url), slack.app_token)
    socket.connect()
    try:
        slack.wait_until(lambda: slack.health()["connections"] == before + 1)
        yield socket
    finally:
        socket.close()
        slack.wait_until(lambda: slack.health()["connections"] == before)


def type_and_read(slack: SlackSandbox, typed: str, user: str = "alice") -> list[str]:
    """What this person alone sees after typing."""
    return [reply["text"] for reply in slack.say(user, "deploys", typed)["replies"]]


def test_a_typed_command_is_answered(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    [answer] = type_and_read(slack, "/deploy web 1.4.2 fixes the login")

    deploy = connected_bot.only_deploy()
    assert (
        answer
        == f"Queued: `web` `1.4.2` (deploy `{deploy.id}`). Its thread follows here after the first checks."
    )
    assert deploy.request.reason == "fixes the login"
    assert str(connected_bot.context.threads.response_url(deploy.id)).startswith(slack.url)


def test_a_mention_in_a_thread_is_taken_in_there(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    root = slack.say("alice", "deploys", "shall we?")["ts"]

    slack.say("alice", "deploys", "@slipway deploy web 1.4.2", thread_ts=root)

    assert connected_bot.only_deploy().request.thread_ts == root


def test_a_button_of_a_choice_cancels(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    type_and_read(slack, "/deploy web 1.4.2")
    type_and_read(slack, "/deploy web 1.5.0")
    [choice] = slack.say("alice", "deploys", "/deploy cancel web")["replies"]
    button = choice["blocks"][2]["accessory"]

    slack.click(
        "alice",
        button["action_id"],
        channel="deploys",
        ts=choice["ts"],
        block_id=choice["blocks"][2]["block_id"],
    )

    assert [bool(each.cancel) for each in connected_bot.context.store.active()] == [False, True]
    assert connected_bot.queued_answers()[0][3].startswith("Cancelling `web` `1.5.0`")


def test_every_message_is_one_that_slack_takes(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    for typed in ("/deploy help", "/deploy plan web", "/deploy status", "/deploy wbe 1"):
        [answer] = type_and_read(slack, typed)
        assert "failed with" not in answer


def test_an_opened_home_tab_rings(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    slack.open_home("bob")

    assert connected_bot.queued_jobs() == [("publish_home", [BOB, TEAM])]


def test_an_envelope_that_comes_twice_is_answered_once(
    slack: SlackSandbox, connected_bot: BotHarness
) -> None:
    slack.add_fault("repeat-envelope")

    [answer] = type_and_read(slack, "/deploy web 1.4.2")

    assert answer.startswith("Queued: `web`")
    assert len(connected_bot.context.store.recent(None, 10)) == 1


def test_no_command_is_lost_when_slack_warns_of_a_refresh(
    slack: SlackSandbox, connected_bot: BotHarness
) -> None:
    """Slack warns some ten seconds before it closes a connection (docs.slack.dev, "Using Socket Mode")."""
    stop = threading.Event()
    heard: list[str] = []

    def keep_asking() -> None:
        for person in cycle(["alice", "bob"]):  # at this pace, nobody comes near the limit of 60 a minute
            heard.extend(type_and_read(slack, "/deploy status", person))
            if stop.wait(0.25):
                return

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(keep_asking)
        try:
            slack.wait_until(lambda: len(heard) > 3)
            slack.add_fault("refresh", reason="warning")
            slack.wait_until(lambda: slack.health()["connections"] == 2, 5)
            slack.wait_until(lambda: slack.health()["connections"] == 1, 10)
        finally:
            stop.set()
        asking.result(timeout=10)

    assert set(heard) == {NOTHING_UNDER_WAY}


def test_it_comes_anew_at_once_when_slack_asks_for_it(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    slack.add_fault("refresh")
    slack.wait_until(lambda: slack.health()["connections"] == 1, 1)

    assert type_and_read(slack, "/deploy status") == [NOTHING_UNDER_WAY]


def test_after_its_goodbye_a_connection_takes_no_answers(slack: SlackSandbox) -> None:
    """Slack would drop them: they go out by the next connection."""
    web = WebClient(base_url=slack.api_url)
    url = web.apps_connections_open(app_token=slack.app_token)["url"]
    ended = threading.Event()
    connection = SlackWebSocket(url, lambda *_: None, lambda _: ended.set())
    connection.start()
    assert connection.send({"envelope_id": "of-nothing"})

    connection.close()

    assert not connection.send({"envelope_id": "of-nothing"})
    assert ended.wait(5)


def test_after_an_outage_it_connects_by_itself(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    slack.add_fault("outage", seconds=0.5)
    slack.wait_until(lambda: slack.health()["connections"] == 1, 15)

    assert type_and_read(slack, "/deploy status") == [NOTHING_UNDER_WAY]


def test_the_metrics_say_whether_it_is_connected_and_how_long_answers_take(
    slack: SlackSandbox, context: AppContext
) -> None:
    def connected() -> float:
        return reports.read()["slipway_slack_connected"]

    with reported_metrics("bot") as reports:
        assert connected() == 0
        with connect(context, slack):
            slack.wait_until(lambda: connected() == 1)
            slack.say("alice", "deploys", "/deploy status")
            slack.add_fault("outage", seconds=2)
            slack.wait_until(lambda: connected() == 0)
            assert reports.state.readiness_problem() == "the bot is not connected to Slack"
            slack.wait_until(lambda: connected() == 1)
            assert reports.state.readiness_problem() == ""
        series = reports.read()

    assert series['slipway_ack_seconds_count{kind="command"}'] == 1


def test_two_bots_share_the_work(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    with connect(connected_bot.context, slack):
        heard = [type_and_read(slack, "/deploy status") for _ in range(4)]

    assert heard == [[NOTHING_UNDER_WAY]] * 4
    assert type_and_read(slack, "/deploy status") == [NOTHING_UNDER_WAY]


def test_twenty_slow_answers_at_once_are_all_in_time(
    slack: SlackSandbox, connected_bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool of five would take four seconds, and Slack gives up after three."""
    live = connected_bot.context.store.active

    def slow_live() -> list[Deploy]:
        time.sleep(1)
        return live()

    monkeypatch.setattr(connected_bot.context.store, "active", slow_live)
    with ThreadPoolExecutor(20) as pool:
        heard = list(pool.map(lambda _: type_and_read(slack, "/deploy status"), range(20)))

    assert heard == [[NOTHING_UNDER_WAY]] * 20


def test_a_click_that_comes_late_changes_nothing(slack: SlackSandbox, connected_bot: BotHarness) -> None:
    type_and_read(slack, "/deploy web 1.4.2")
    type_and_read(slack, "/deploy web 1.5.0")
    [choice] = slack.say("alice", "deploys", "/deploy cancel web")["replies"]
    block = choice["blocks"][1]
    slack.add_fault("delay-delivery", seconds=3.3)

    slack.click(
        "alice",
        block["accessory"]["action_id"],
        channel="deploys",
        ts=choice["ts"],
        block_id=block["block_id"],
    )

    slack.wait_until(lambda: connected_bot.queued_answers())
    assert connected_bot.queued_answers()[0][3].startswith("This reached me 3 s after you sent it")
    assert not any(each.cancel for each in connected_bot.context.store.active())


def test_what_was_begun_is_answered_before_it_disconnects(
    slack: SlackSandbox, catalogue: Catalogue, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = identity.fetch_identity(WebClient(slack.bot_token, slack.api_url), SlackClock())
    context = build_app_context(
        who, catalogue, redis, redis, directory=KnownDirectory(redis), views=RecordedViews()
    )
    begun, submit = threading.Event(), context.store.submit_within

    def slow_request(*args: Any, **options: Any) -> list[Submission] | None:
        begun.set()
        time.sleep(0.4)
        return submit(*args, **options)

    monkeypatch.setattr(context.store, "submit_within", slow_request)
    with ThreadPoolExecutor(1) as pool:
        with connect(context, slack):
            typed = pool.submit(type_and_read, slack, "/deploy api 1.4.2")
            assert begun.wait(5)
        [answer] = typed.result(timeout=5)

    assert answer.startswith("Queued: `api` `1.4.2`")
    [deploy] = context.store.active()
    assert deploy.phase is Phase.WAITING


def test_a_refused_app_token_says_where_to_find_the_right_one(
    slack: SlackSandbox, context: AppContext
) -> None:
    app = build_app(context, signing_secret="", api_url=slack.api_url)

    with pytest.raises(SlackRefusesToken) as refused:
        SocketModeClient(app, WebClient(base_url=slack.api_url), "xapp-wrong").connect()

    assert refused.value.message == (
        "Slack refuses SLACK_APP_TOKEN (invalid_auth). At api.slack.com/apps: your app, Basic Information, "
        "App-Level Tokens (scope connections:write); and Socket Mode has to be enabled."
    )


def test_a_refused_bot_token_says_where_to_find_the_right_one(slack: SlackSandbox) -> None:
    with pytest.raises(SlackRefusesToken) as refused:
        identity.fetch_identity(WebClient("xoxb-wrong", slack.api_url), SlackClock())

    assert refused.value.message == (
        "Slack refuses SLACK_BOT_TOKEN (invalid_auth). At api.slack.com/apps: your app, OAuth & "
        "Permissions, Bot User OAuth Token; install the app to the workspace first."
    )


def test_slack_may_be_silent_for_a_moment_at_the_start(slack: SlackSandbox) -> None:
    slack.add_fault("http-500", method="auth.test")
    waited: list[float] = []

    who = identity.fetch_identity(
        WebClient(slack.bot_token, slack.api_url), SlackClock(), sleep=waited.append
    )

    assert (who.team, who.user) == ("T01SLIPWAY", "U0SLIPWAYB")
    assert waited == [1.0]


def test_a_slack_that_stays_silent_ends_the_start() -> None:
    nowhere = "http://127.0.0.1:9/api/"

    with pytest.raises(SlackUnreachable) as silent:
        identity.fetch_identity(WebClient("xoxb-test", nowhere), SlackClock(), timeout=0)

    assert silent.value.message.startswith(f"Slack does not answer at {nowhere} (")
