"""Slipway's processes, as in production, between a played ECS and a played Slack."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from redis import Redis

from benchmarks import names, process_figures, worker_metrics
from benchmarks.control import Played
from deploys.redis_connection import connect
from sandbox.ports import free_port
from slipway.demo.process_group import ChildProcess, ProcessGroup

URL = r"http://127\.0\.0\.1:\d+"
SIGNING_SECRET = "benchmark-signing-secret"
CALLER = "SLIPWAY"
"""The access key of the workers, by which the played ECS knows their calls."""
START_SECONDS = 90.0
WEB_PROCESSES = 2
"""As in the Procfile."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class System:
    """What runs, and how to reach it."""

    processes: ProcessGroup
    folder: Path
    ecs: Played
    slack: Played
    redis: Redis
    redis_url: str
    env: dict[str, str]
    """The settings of Slipway's processes that are started from now on."""
    web_url: str = ""
    roles: dict[str, ChildProcess] = field(default_factory=dict)
    """Slipway's processes by name: `web`, `bot`, `scheduler`, `worker` ..."""
    metrics_ports: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, command: list[str], **env: str) -> ChildProcess:
        """Starts one of Slipway's processes; its metrics are served on a port of its own."""
        self.metrics_ports[name] = free_port()
        settings = {**self.env, "METRICS_PORT": str(self.metrics_ports[name]), **env}
        self.roles[name] = self.processes.start_command(name, command, env=settings)
        return self.roles[name]

    def start_web(self) -> None:
        """The bot over HTTP."""
        port = free_port()
        self.web_url = f"http://127.0.0.1:{port}"
        self.start("web", web_command(port, "bot.web:app()"))
        self.processes.wait_until("the web process", lambda: is_healthy(self.web_url), START_SECONDS)

    def start_bot(self) -> None:
        """The bot in Socket Mode."""
        before = self.slack.ask("connections")["connections"]
        self.start("bot", python("bot"))
        connected = lambda: self.slack.ask("connections")["connections"] > before  # noqa: E731
        self.processes.wait_until("the bot to connect", connected, START_SECONDS)

    def start_scheduler(self) -> None:
        """The scheduler."""
        self.start("scheduler", python("workers.scheduler"))

    def start_workers(self, count: int) -> None:
        """The process with so many workers; returns once RQ knows all of them."""
        self.start("worker", python("workers"), WORKER_PROCESSES=str(count))
        self.processes.wait_until(
            "the workers to register", lambda: self.redis.scard("rq:workers") == count, START_SECONDS
        )

    def workers_with_a_job_process(self) -> list[int]:
        """Ids of the workers that have forked a process for jobs."""
        stats, [supervisor] = process_figures.read_stats(), self.pids("worker")
        children = [each.pid for each in stats.values() if each.parent == supervisor]
        return [pid for pid in children if len(process_figures.family([pid], stats)) > 1]

    def start_events(self, queue: str = "") -> None:
        """The process that reads ECS's events; returns once it has begun. queue: URL, of the fast ECS's queue
        if it is empty."""
        queue = queue or f"{self.ecs.url}/{names.ACCOUNT}/{names.EVENT_QUEUE}"
        child = self.start("events", python("workers.events"), SLIPWAY_EVENTS_QUEUE=queue)
        has_begun = lambda: child.find_in_log("receiver of events started")  # noqa: E731
        self.processes.wait_until("the receiver of events", has_begun, START_SECONDS)

    def stop(self, name: str) -> None:
        """Ends one of Slipway's processes."""
        child = self.roles.pop(name)
        self.metrics_ports.pop(name, None)
        self.processes.children.remove(child)
        self.processes.stop([child])

    def kill_worker(self, worker: int) -> None:
        """kill -9 of a worker and of the process of its job; another one is started in its place."""
        for pid in sorted(process_figures.family([worker], process_figures.read_stats())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pids(self, *prefixes: str) -> list[int]:
        """Ids of the processes whose names begin so; of all of Slipway's without any."""
        return [
            each.process.pid for name, each in self.roles.items() if not prefixes or name.startswith(prefixes)
        ]

    def jobs_done(self) -> float:
        """Jobs that the workers have run so far (count), as they count them."""
        return worker_metrics.read_total([self.metrics_ports["worker"]], "slipway_jobs_total")

    def round_seconds(self) -> float:
        """Between two looks at a rollout (seconds), as the scheduler's metrics tell it."""
        return worker_metrics.read_total([self.metrics_ports["scheduler"]], "slipway_watch_interval_seconds")


def python(module: str, *arguments: str) -> list[str]:
    """The command line of a module."""
    return [sys.executable, "-m", module, *arguments]


def web_command(port: int, application: str) -> list[str]:
    """gunicorn as the Procfile has it, for this application."""
    address = ("--workers", str(WEB_PROCESSES), "--bind", f"127.0.0.1:{port}")
    return python("gunicorn", "-c", "python:bot.gunicorn", *address, application)


def is_healthy(url: str) -> bool:
    """Whether a web process answers."""
    try:
        with _OPENER.open(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, OSError):
        return False


def services_file(services: Sequence[str], cluster: str = names.CLUSTER) -> str:
    """services.yml with these rolling services."""
    defaults = {
        "cluster": cluster,
        "region": names.REGION,
        "deployers": ["everyone"],
        "approvers": ["everyone"],
        "deadline": "60m",
    }
    each = {name: {"strategy": "rolling"} for name in services}
    return yaml.safe_dump({"defaults": defaults, "services": each}, sort_keys=False)


def process_env(redis_url: str, services: Path, slack_url: str, ecs_url: str) -> dict[str, str]:
    """The settings of production, with other addresses, and limits for one person that suit forty."""
    return {
        "REDIS_URL": redis_url,
        "SERVICES_FILE": str(services),
        "SLACK_BOT_TOKEN": "xoxb-benchmark",
        "SLACK_APP_TOKEN": "xapp-benchmark",
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{slack_url}/api/",
        "AWS_ENDPOINT_URL": ecs_url,
        "AWS_REGION": names.REGION,
        "AWS_DEFAULT_REGION": names.REGION,
        "AWS_ACCESS_KEY_ID": CALLER,
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "RESTORE_TAG_KEY": secrets.token_hex(32),
        "CHANGES_PER_MINUTE": "1000",
        "QUERIES_PER_MINUTE": "1000",
        "MAX_WAITING_PER_SERVICE": "1000",
        "MAX_OPEN_PER_PERSON": "10000",
        "LOG_FORMAT": "json",
    }


@dataclass(frozen=True)
class EcsCommand:
    """Which ECS is played, and the services.yml that goes with it."""

    command: list[str]
    services_yml: str


def fast_ecs(services: int, *, limited: bool = False, rollout_seconds: float | None = None) -> EcsCommand:
    """The fast ECS. limited: whether it refuses what is over Amazon's documented limits. rollout_seconds: how
    long a rollout takes; None: until the benchmark ends it."""
    options = ["--services", str(services), *(["--limited"] if limited else [])]
    options += ["--rollout-seconds", str(rollout_seconds)] if rollout_seconds is not None else []
    named = [names.service(index) for index in range(services)]
    return EcsCommand(python("benchmarks.played.fast_ecs", *options), services_file(named))


def sandbox_ecs(speed: float) -> EcsCommand:
    """The sandbox's ECS, where its fidelity matters, and its service `web`."""
    command = python("sandbox.ecs", "--port", "0", "--speed", str(speed))
    return EcsCommand(command, services_file(["web"], cluster="production"))


@contextmanager
def played_system(ecs: EcsCommand, *, edits_per_minute: float | None = None) -> Iterator[System]:
    """Valkey, this ECS and the fast Slack; none of Slipway's processes yet. All end with the context."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    try:
        with _started(ecs, folder, edits_per_minute) as system:
            yield system
    except Exception:
        raise  # the folder is kept, because the error names the logs in it
    except BaseException:
        shutil.rmtree(folder)  # somebody ended the run
        raise
    shutil.rmtree(folder)


@contextmanager
def _started(ecs: EcsCommand, folder: Path, edits_per_minute: float | None) -> Iterator[System]:
    edits = ["--edits-per-minute", str(edits_per_minute)] if edits_per_minute else []
    with ProcessGroup(folder) as processes:
        redis_url = _start(processes, "valkey", python("sandbox.valkey"), r"\S+://\S+")
        ecs_url = _start(processes, "ecs", ecs.command, URL)
        slack_url = _start(processes, "slack", python("benchmarks.played.fast_slack", *edits), URL)
        redis_url = re.sub("^valkey", "redis", redis_url)
        catalogue = folder / "services.yml"
        catalogue.write_text(ecs.services_yml)
        env = process_env(redis_url, catalogue, slack_url, ecs_url)
        redis = connect(redis_url)
        try:
            yield System(processes, folder, Played(ecs_url), Played(slack_url), redis, redis_url, env)
        finally:
            redis.close()


def _start(processes: ProcessGroup, name: str, command: list[str], address: str) -> str:
    """Starts a process, and returns the address that it prints."""
    child = processes.start_command(name, command, env={})
    processes.wait_until(name, lambda: child.find_in_log(address), START_SECONDS)
    return child.find_in_log(address) or ""
