"""Starts all processes of production together with the sandbox's Slack and ECS, and ends them together."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import RedisError

from deploys.catalogue.catalogue import load_catalogue
from deploys.redis_connection import connect
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from sandbox.ports import free_port
from sandbox.slack.client import SandboxError, SlackClient
from slipway.demo.demo_files import write_manifest, write_services_file
from slipway.demo.process_group import DemoFailed, ProcessGroup
from slipway.demo.terraform_revision import register_newer_revision
from slipway.demo.things_to_try import THINGS_TO_TRY

URL_PATTERN = r"http://127\.0\.0\.1:\d+"
REGION = "eu-west-1"
REDIS_PASSWORD = "demo-redis-password"
WATCH_SECONDS = 5.0
"""Seconds between two reads of a rollout at speed 1."""

RedisUsers = Callable[[str], Mapping[str, str]]
"""Given the address of the server: the address for `bot`, `worker` and `scheduler`, each with its user."""


@dataclass(frozen=True)
class DemoEnvironment:
    """All that runs, and how to reach it."""

    slack: SlackClient
    page_url: str
    ecs_url: str
    redis: Redis
    processes: ProcessGroup
    logs: Path
    process_env: Mapping[str, str]
    """The environment of the bot, the workers and the scheduler."""
    metrics_ports: Mapping[str, int]
    """By name of the process; empty if none serves its metrics."""

    @property
    def store(self) -> DeployStore:
        """The deploys."""
        return DeployStore(self.redis)

    @property
    def threads(self) -> ThreadStore:
        """Where each deploy's thread is."""
        return ThreadStore(self.redis)


@contextmanager
def start_demo(
    *,
    speed: float,
    mode: str = "socket",
    workers: int = 2,
    redis_users: RedisUsers | None = None,
    with_metrics: bool = False,
) -> Iterator[DemoEnvironment]:
    """Starts Valkey, Slack, ECS, the bot, the workers and the scheduler, and ends all of them at the end.

    `speed` is how many times faster than Amazon's ECS the sandbox runs; `mode` is `socket` or `http`;
    `redis_users` makes a user for each kind of process. Without it all of them are the default user.
    `with_metrics`: each process serves its metrics on a port of its own.

    Raises:
        DemoFailed: one of them did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="slipway-demo-"))
    with ProcessGroup(folder) as processes:
        demo = _start_all(processes, folder, speed, mode, workers, redis_users, with_metrics=with_metrics)
        try:
            yield demo
        except (httpx.HTTPError, RedisError, SandboxError) as error:
            raise DemoFailed(f"{error} (the logs: {folder})") from error
        finally:
            demo.slack.close()
            demo.redis.close()
    shutil.rmtree(folder)  # kept if something failed, because the error names the logs


def _start_all(
    processes: ProcessGroup,
    logs: Path,
    speed: float,
    mode: str,
    workers: int,
    redis_users: RedisUsers | None,
    *,
    with_metrics: bool,
) -> DemoEnvironment:
    port = free_port() if mode == "http" else 0
    manifest = write_manifest(logs, f"http://127.0.0.1:{port}" if port else None)
    valkey = processes.start_module("valkey", "sandbox.valkey", env={})
    examples = [part for each in THINGS_TO_TRY for part in ("--example", *each)]
    slack = processes.start_module(
        "slack", "sandbox.slack", "--port", "0", "--manifest", str(manifest), *examples, env={}
    )
    ecs = processes.start_module("ecs", "sandbox.ecs", "--port", "0", "--speed", str(speed), env={})
    processes.wait_until("Valkey", lambda: valkey.find_in_log(r"\S+://\S+"))
    processes.wait_until("Slack", lambda: slack.find_in_log(URL_PATTERN))
    processes.wait_until("ECS", lambda: ecs.find_in_log(URL_PATTERN))
    slack_url, ecs_url = slack.find_in_log(URL_PATTERN) or "", ecs.find_in_log(URL_PATTERN) or ""
    register_newer_revision(ecs_url, REGION)
    redis_url = (valkey.find_in_log(r"\S+://\S+") or "").replace("valkey://", "redis://")
    redis_url = _set_password(redis_url)
    services = write_services_file(logs, speed)
    env = _build_process_env(slack_url, ecs_url, redis_url, services, speed)
    users = (
        redis_users(redis_url) if redis_users else dict.fromkeys(("bot", "worker", "scheduler"), redis_url)
    )
    env_of = {process: {**env, "REDIS_URL": address} for process, address in users.items()}
    names = ["worker", "scheduler", "web" if port else "bot"]
    ports = {name: free_port() for name in names} if with_metrics else {}

    def env_for(name: str, process: str) -> dict[str, str]:
        return {**env_of[process], **({"METRICS_PORT": str(ports[name])} if name in ports else {})}

    worker_env = {**env_for("worker", "worker"), "WORKER_PROCESSES": str(workers)}
    processes.start_module("worker", "workers", env=worker_env)
    processes.start_module("scheduler", "workers.scheduler", env=env_for("scheduler", "scheduler"))
    client = SlackClient(slack_url)
    if port:
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:bot.gunicorn"]
        processes.start_command(
            "web", [*gunicorn, "--bind", f"127.0.0.1:{port}", "bot.web:app()"], env=env_for("web", "bot")
        )
        processes.wait_until("the web process", lambda: _is_reachable(f"http://127.0.0.1:{port}/healthz"))
    else:
        processes.start_module("bot", "bot", env=env_for("bot", "bot"))
        processes.wait_until("the bot to connect to Slack", lambda: client.health()["connections"])
    redis = connect(redis_url)
    group_ids = load_catalogue(services, env).user_group_ids
    user_groups = UserGroups(redis)
    processes.wait_until(
        "the workers to read the user groups",
        lambda: all(user_groups.members(group, time.time()) is not None for group in group_ids),
    )
    return DemoEnvironment(client, f"{slack_url}/sandbox/", ecs_url, redis, processes, logs, env, ports)


def _set_password(redis_url: str) -> str:
    """Makes Valkey ask for a password, as one in production does; the address with it."""
    redis = Redis.from_url(redis_url)
    redis.config_set("requirepass", REDIS_PASSWORD)
    redis.close()
    return redis_url.replace("://", f"://:{REDIS_PASSWORD}@", 1)


def _build_process_env(
    slack_url: str, ecs_url: str, redis_url: str, services: Path, speed: float
) -> dict[str, str]:
    """The settings of production, with other addresses."""
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
        "AWS_SECRET_ACCESS_KEY": "demo-secret-access-key",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "WATCH_SECONDS": f"{max(0.3, WATCH_SECONDS / speed):.2f}",
        "LEASE_SECONDS": "30",
        "SETTLE_SECONDS": "31",
        "RESTORE_TAG_KEY": secrets.token_hex(32),
    }


def _is_reachable(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
