"""Everything that production runs, and the two ends that are played: started, ready, and ended together."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import RedisError

from deploys.catalogue.catalogue import load
from deploys.connection import connect
from deploys.groups import Groups
from deploys.store import Store
from deploys.threads import Threads
from sandbox.ports import free_port
from sandbox.slack.client import SandboxError, SlackClient
from slipway.demo.files import manifest_for, services_for
from slipway.demo.terraform import register_newer_revision
from slipway.demo.troupe import DemoFailed, Troupe

ADDRESS = r"http://127\.0\.0\.1:\d+"
REGION = "eu-west-1"
WATCH_SECONDS = 5.0
"""Between two looks at a rollout at speed 1."""


@dataclass(frozen=True)
class Stage:
    """The running whole."""

    slack: SlackClient
    page: str
    ecs: str
    redis: Redis
    troupe: Troupe
    logs: Path
    environment: Mapping[str, str]
    """What the bot, the workers and the clock are given."""

    @property
    def store(self) -> Store:
        """The records."""
        return Store(self.redis)

    @property
    def threads(self) -> Threads:
        """Where each deploy's thread is."""
        return Threads(self.redis)


@contextmanager
def stage(*, speed: float, mode: str = "socket", workers: int = 2) -> Iterator[Stage]:
    """Starts a Valkey, Slack, ECS, the bot, workers and the clock; ends all of them on leaving.

    `speed` is how many times faster than Amazon's ECS the sandbox runs; `mode` is `socket` or `http`.

    Raises:
        DemoFailed: one of them did not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="slipway-demo-"))
    with Troupe(folder) as troupe:
        playing = _build(troupe, folder, speed, mode, workers)
        try:
            yield playing
        except (httpx.HTTPError, RedisError, SandboxError) as error:
            raise DemoFailed(f"{error} (the logs: {folder})") from error
        finally:
            playing.slack.close()
            playing.redis.close()
    shutil.rmtree(folder)  # kept where something failed: its message names the logs


def _build(troupe: Troupe, logs: Path, speed: float, mode: str, workers: int) -> Stage:
    port = free_port() if mode == "http" else 0
    manifest = manifest_for(logs, f"http://127.0.0.1:{port}" if port else None)
    valkey = troupe.start("valkey", "sandbox.valkey", env={})
    slack = troupe.start("slack", "sandbox.slack", "--port", "0", "--manifest", str(manifest), env={})
    ecs = troupe.start("ecs", "sandbox.ecs", "--port", "0", "--speed", str(speed), env={})
    troupe.until("Valkey", lambda: valkey.said(r"\S+://\S+"))
    troupe.until("Slack's end", lambda: slack.said(ADDRESS))
    troupe.until("ECS's end", lambda: ecs.said(ADDRESS))
    slack_url, ecs_url = slack.said(ADDRESS) or "", ecs.said(ADDRESS) or ""
    register_newer_revision(ecs_url, REGION)
    redis_url = (valkey.said(r"\S+://\S+") or "").replace("valkey://", "redis://")
    services = services_for(logs, speed)
    env = _environment(slack_url, ecs_url, redis_url, services, speed)
    for number in range(1, workers + 1):
        troupe.start(f"worker-{number}", "workers", env=env)
    troupe.start("clock", "workers.clock", env=env)
    client = SlackClient(slack_url)
    if port:
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:bot.gunicorn"]
        troupe.run("web", [*gunicorn, "--bind", f"127.0.0.1:{port}", "bot.web:app()"], env=env)
        troupe.until("the web process", lambda: _answers(f"http://127.0.0.1:{port}/healthz"))
    else:
        troupe.start("bot", "bot", env=env)
        troupe.until("the bot's connection to Slack", lambda: client.health()["connections"])
    redis = connect(redis_url)
    groups = load(services, env).groups
    known = Groups(redis)
    troupe.until(
        "the workers' first look at the user groups",
        lambda: all(known.members(group, time.time()) is not None for group in groups),
    )
    return Stage(client, f"{slack_url}/sandbox/", ecs_url, redis, troupe, logs, env)


def _environment(
    slack_url: str, ecs_url: str, redis_url: str, services: Path, speed: float
) -> dict[str, str]:
    """What production sets, with other addresses."""
    return {
        "SLACK_BOT_TOKEN": "xoxb-sandbox-bot",
        "SLACK_APP_TOKEN": "xapp-sandbox-app",
        "SLACK_SIGNING_SECRET": "sandbox-signing-secret",
        "SLACK_API_URL": f"{slack_url}/api/",
        "REDIS_URL": redis_url,
        "SERVICES_FILE": str(services),
        "AWS_ENDPOINT_URL": ecs_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "WATCH_SECONDS": f"{max(0.3, WATCH_SECONDS / speed):.2f}",
        "LEASE_SECONDS": "30",
        "SETTLE_SECONDS": "31",
    }


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
