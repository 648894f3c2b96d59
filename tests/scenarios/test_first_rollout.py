"""From an AWS account to the first rollout that is followed, with nothing typed but two tokens."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from sandbox.ecs import EcsSandbox
from sandbox.slack import SlackSandbox
from sandbox.valkey import valkey
from slipway.demo.clean_env import clean_env
from slipway.demo.process_group import ProcessGroup

SLIPWAY = Path(sys.executable).with_name("slipway")
WORKERS_KEY = "slipway-workers"
FIVE_MINUTES = 300.0


def test_the_first_rollout_is_followed_five_minutes_after_init(tmp_path: Path) -> None:
    """The workers have the policies that were written, and no other permission."""
    with EcsSandbox(speed=20) as aws, valkey() as redis:
        aws.add_large_account()
        begun = time.monotonic()
        env = {**clean_env({}), **aws.environment, "REDIS_URL": redis.connection_url}
        subprocess.run(
            [SLIPWAY, "init", "--deployers", "everyone"], cwd=tmp_path, env=env, check=True, timeout=120
        )
        policies = [json.loads(each.read_text()) for each in sorted(tmp_path.glob("iam/*.json"))]
        aws.enforce_policies(WORKERS_KEY, policies)

        with SlackSandbox(tmp_path / "manifest.yml") as slack, ProcessGroup(tmp_path) as processes:
            settings = tmp_path / ".env"
            tokens = settings.read_text().replace("xoxb-...", slack.bot_token)
            settings.write_text(tokens.replace("xapp-...", slack.app_token))
            env |= {
                "AWS_ACCESS_KEY_ID": WORKERS_KEY,
                "SLACK_API_URL": slack.api_url,
                "WATCH_SECONDS": "0.5",
            }
            check = [str(SLIPWAY), "check", "--env", "bot", "--env", "worker", "--env", "scheduler"]
            subprocess.run(check, cwd=tmp_path, env=env, check=True, timeout=60)
            worker = processes.start_module("worker", "workers", env=env)
            processes.start_module("scheduler", "workers.scheduler", env=env)
            processes.start_module("bot", "bot", env=env)
            processes.wait_until("the worker to start", lambda: worker.find_in_log("worker started"))
            processes.wait_until("the bot to connect to Slack", lambda: slack.health()["connections"])

            slack.say("alice", "deploys", "/deploy mailer 1.4.2 the first one")

            def card() -> str:
                processes.check_running()
                texts = [message["text"] for message in slack.messages("deploys")]
                return next((text for text in texts if "mailer" in text and "on data by" in text), "")

            slack.wait_until(lambda: "succeeded" in card(), 90)
            assert "the first one" in card()
        assert time.monotonic() - begun < FIVE_MINUTES
        assert [call for call in aws.calls() if "AccessDenied" in call.outcome] == []
