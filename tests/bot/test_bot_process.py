"""`python -m bot`: starts or says why not, serves, sleeps and ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploys.stores.deploy_store import DeployStore
from deploys.stores.heartbeats import read_heartbeats
from sandbox.slack import SlackSandbox
from tests.bot.bot_harness import NOTHING_UNDER_WAY
from tests.bot.bot_processes import START_SECONDS, clean_env, run_process, terminate, wait_for_exit
from tests.slack_directory import know_everybody

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def env(slack: SlackSandbox, redis: Redis, redis_url: str, tmp_path: Path) -> dict[str, str]:
    know_everybody(redis)
    return clean_env(
        tmp_path,
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_APP_TOKEN=slack.app_token,
        SLACK_API_URL=slack.api_url,
        REDIS_URL=redis_url,
    )


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(
    slack: SlackSandbox, env: dict[str, str], redis: Redis, tmp_path: Path, by: int
) -> None:
    with run_process(["bot"], env, tmp_path) as bot:
        slack.wait_until(lambda: slack.health()["connections"] == 1, START_SECONDS)

        [answer] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]
        slack.wait_until(lambda: [each.process for each in read_heartbeats(redis)] == ["bot"], 10)
        code, output, took = terminate(bot, by)

    [deploy] = DeployStore(redis).active()
    assert (
        answer["text"]
        == f"Queued: `web` `1.4.2` (deploy `{deploy.id}`). Its thread follows here after the first checks."
    )
    assert code == 0, output
    assert read_heartbeats(redis) == []
    assert took < 15  # supervisors kill after 30 s or more
    assert "bot started" in output
    assert "bot stopped" in output
    assert slack.bot_token not in output
    assert slack.app_token not in output


def test_a_command_that_came_while_the_process_slept_is_not_carried_out(
    slack: SlackSandbox, env: dict[str, str], redis: Redis, tmp_path: Path
) -> None:
    with run_process(["bot"], env, tmp_path) as bot:
        slack.wait_until(lambda: slack.health()["connections"] == 1, START_SECONDS)
        bot.send_signal(signal.SIGSTOP)
        time.sleep(0.5)  # the command comes within the sleep, and not at its very start
        [answer] = slack.say("alice", "deploys", "/deploy web 1.4.2")["replies"]
        time.sleep(1)
        bot.send_signal(signal.SIGCONT)

        [later] = slack.say("alice", "deploys", "/deploy status")["replies"]

    assert answer["text"] == '/deploy failed with the error "operation_timeout"'
    assert later["text"] == NOTHING_UNDER_WAY
    assert DeployStore(redis).active() == []


def test_all_missing_settings_are_named_at_once(tmp_path: Path) -> None:
    with run_process(["bot"], clean_env(tmp_path), tmp_path) as bot:
        code, output = wait_for_exit(bot)

    assert code == 2
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "REDIS_URL"):
        assert f"{name} is not set." in output


def test_a_wrong_services_file_is_named_with_its_line(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "services.yml").write_text("services:\n  web: {strategy: roling}\n")

    with run_process(["bot"], env, tmp_path) as bot:
        code, output = wait_for_exit(bot)

    assert code == 2
    assert "services.yml:2:" in output
    assert "`roling`" in output


def test_a_refused_token_ends_the_start(env: dict[str, str], tmp_path: Path) -> None:
    with run_process(["bot"], {**env, "SLACK_BOT_TOKEN": "xoxb-of-somebody-else"}, tmp_path) as bot:
        code, output = wait_for_exit(bot)

    assert code == 2
    assert "Slack refuses SLACK_BOT_TOKEN (invalid_auth)." in output
    assert "of-somebody-else" not in output
