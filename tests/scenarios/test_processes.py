"""Processes that are killed or asked to end, and the demo as a new user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from redis import Redis

from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import to_text, to_texts
from deploys.stores.thread_store import RESPONSE_URL_KEY, RESPONSE_URL_SECONDS
from slipway.demo.demo_environment import REDIS_PASSWORD, REGION, DemoEnvironment, start_demo
from slipway.demo.process_group import ChildProcess
from slipway.demo.terminal_run import read_names
from tests.scenarios.conversation import Conversation

SLIPWAY = Path(sys.executable).with_name("slipway")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoEnvironment]:
    """A separate demo for these tests, because they end its processes."""
    with start_demo(speed=12, mode="socket") as environment:
        yield environment


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def find_processes(demo: DemoEnvironment, *prefixes: str) -> list[ChildProcess]:
    return [child for child in demo.processes.children if child.name.startswith(prefixes)]


def test_a_deploy_outlives_its_workers_and_its_scheduler(demo: DemoEnvironment) -> None:
    people = Conversation(demo, read_names(demo))
    thread = people.deploys("alice", "/deploy web 1.4.2").reaches(Phase.FOLLOWING)
    for child in find_processes(demo, "worker", "scheduler"):
        child.process.kill()
        child.process.wait(10)
        demo.processes.children.remove(child)

    answers, second = people.says("alice", "/deploy api 1.4.2")
    assert second is not None, answers
    for number in (3, 4):
        demo.processes.start_module(f"worker-{number}", "workers", env=demo.process_env)
    demo.processes.start_module("scheduler-2", "workers.scheduler", env=demo.process_env)

    assert thread.ends().record.outcome is Outcome.SUCCEEDED
    assert second.ends().record.outcome is Outcome.SUCCEEDED


def test_no_secret_gets_into_a_log_a_record_or_a_message(demo: DemoEnvironment) -> None:
    canaries = canary_values(demo)
    ecs = ecs_client(demo.ecs_url)
    run_app_that_tells_too_much(ecs, canaries)
    people = Conversation(demo, read_names(demo))

    good = people.deploys("alice", f"/deploy web 1.5.0 with token={canaries['reason']}").ends().settles()
    bad = people.deploys("alice", "/deploy web 1.5.0-crash").ends().settles()
    fault = {
        "kind": "error",
        "operation": "RegisterTaskDefinition",
        "code": "ClientException",
        "status": 400,
        "message": f"refused postgres://app:{canaries['error of AWS']}@db/shop",
    }
    httpx.post(f"{demo.ecs_url}/sandbox/faults", json=fault, trust_env=False).raise_for_status()
    people.deploys("alice", "/deploy web 1.4.1").reaches(Phase.ENDED)
    people.says("alice", f"/deploy show {bad.deploy_id}")

    assert (good.record.outcome, bad.record.outcome) == (Outcome.SUCCEEDED, Outcome.ROLLED_BACK)
    text = "\n".join(bad.replies)
    assert "app says password=[redacted] and [value of CANARY]" in text
    assert "[redacted]" in good.record.request.reason
    addresses = {
        f"response address {number}": address for number, address in enumerate(response_addresses(demo.redis))
    }
    assert addresses
    places = {**redis_contents(demo.redis), **product_logs(demo), **slack_calls(demo)}
    assert any("FATAL giving up" in content for content in places.values()), "the places are searched"
    assert [
        (name, place)
        for name, value in {**canaries, **addresses}.items()
        for place, content in places.items()
        if value in content
    ] == []


def canary_values(demo: DemoEnvironment) -> dict[str, str]:
    """The secrets of the processes, and those that an app, a person and AWS write."""
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "AWS_SECRET_ACCESS_KEY")
    return {
        **{name: demo.process_env[name] for name in names},
        "password of Redis": REDIS_PASSWORD,
        "environment value": "canary-1f3a-of-the-environment",
        "log line": "canary-2b5c-of-a-log",
        "reason": "canary-3d7e-of-a-person",
        "error of AWS": "canary-4f9a-of-aws",
    }


def run_app_that_tells_too_much(ecs: Any, canaries: dict[str, str]) -> None:
    """Sets the service to a revision whose containers log secrets as they crash."""
    [service] = ecs.describe_services(cluster="production", services=["web"])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    lines = f"app says password={canaries['log line']} and {canaries['environment value']}\nok"
    definition["containerDefinitions"][0]["environment"] += [
        {"name": "CANARY", "value": canaries["environment value"]},
        {"name": "LOG_AT_CRASH", "value": lines},
    ]
    copied = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "cpu", "memory")
    request = {key: definition[key] for key in (*copied, "requiresCompatibilities", "containerDefinitions")}
    registered = ecs.register_task_definition(**request)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="production", service="web", taskDefinition=registered)

    def rolled_out() -> bool:
        [now] = ecs.describe_services(cluster="production", services=["web"])["services"]
        return [each["rolloutState"] for each in now["deployments"]] == ["COMPLETED"]

    wait_until(rolled_out)


def ecs_client(url: str) -> Any:
    return boto3.client(
        "ecs",
        endpoint_url=url,
        region_name=REGION,
        config=Config(proxies={}),
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    )


def response_addresses(redis: Redis) -> list[str]:
    """Addresses for answers are kept only under keys of their own, for half an hour."""
    keys = to_texts(redis.keys(f"{RESPONSE_URL_KEY}*"))
    assert all(0 < int(redis.ttl(key)) <= RESPONSE_URL_SECONDS for key in keys)
    return [str(to_text(redis.get(key) or b"")) for key in keys]


def redis_contents(redis: Redis) -> dict[str, str]:
    """All keys and values, jobs uncompressed, without the keys for answers."""
    readers: dict[str, Callable[[str], Any]] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1),
        "stream": redis.xrange,
    }
    return {
        f"Redis {key}": f"{key} {plain(readers[kind](key))}"
        for key in to_texts(redis.keys("*"))
        if not key.startswith(RESPONSE_URL_KEY)
        and (kind := to_text(redis.type(key))) != "none"  # expired meanwhile
    }


def plain(value: Any) -> str:
    """Text of a value of Redis: RQ compresses parts of a job."""
    if isinstance(value, bytes):
        with suppress(zlib.error):
            value = zlib.decompress(value)
        return bytes(value).decode(errors="replace")
    if isinstance(value, dict):
        return " ".join(f"{plain(key)} {plain(each)}" for key, each in value.items())
    return " ".join(map(plain, value)) if isinstance(value, list | tuple | set) else str(value)


def product_logs(demo: DemoEnvironment) -> dict[str, str]:
    """The logs of Slipway's own processes."""
    logs = [path for path in demo.logs.rglob("*.log") if path.stem not in ("slack", "ecs", "valkey")]
    assert len(logs) >= 4
    return {f"log {path.name}": path.read_text(errors="replace") for path in logs}


def slack_calls(demo: DemoEnvironment) -> dict[str, str]:
    """Everything that was sent to Slack, and what the channel shows."""
    calls = [json.dumps(call, default=str) for call in demo.slack.calls()]
    shown = [json.dumps(each) for user in ("alice", "bob") for each in demo.slack.messages("deploys", user)]
    return {"calls of Slack": "\n".join(calls), "messages in Slack": "\n".join(shown)}


def test_every_process_ends_cleanly_when_asked(demo: DemoEnvironment) -> None:
    processes = find_processes(demo, "bot", "worker", "scheduler", "slack", "ecs", "valkey")
    for child in processes[::-1]:
        child.process.send_signal(signal.SIGTERM)
        code = child.process.wait(15)
        assert (child.name, code) == (child.name, 0), child.log.read_text()[-2000:]
        assert "Traceback" not in child.log.read_text(), child.name
    demo.processes.children.clear()


def test_a_run_that_succeeds_exits_with_0_and_shows_the_thread() -> None:
    command = [str(SLIPWAY), "demo", "--speed", "15", "--run", "/deploy ledger 1.4.2", "--approve-as", "bob"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "[Approve]" in done.stdout
    assert "The old task is proven STOPPED" in done.stdout
    assert "@alice Succeeded. `ledger` runs `1.4.2`" in done.stdout
    assert "Downtime: " in done.stdout


def test_the_demo_opens_a_page_and_ctrl_c_leaves_no_process_behind() -> None:
    process = subprocess.Popen(
        [SLIPWAY, "demo"], stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    assert process.stdout is not None
    output: list[str] = []
    try:
        for line in process.stdout:
            output.append(line)
            if "Ctrl-C" in line:
                break
        page = re.search(r"http://127\.0\.0\.1:\d+/\S+", "".join(output))
        assert page is not None
        assert httpx.get(page[0]).status_code == 200
        assert sum(line.lstrip().startswith(("1.", "2.", "3.")) for line in output) == 3
        descendants = list_descendants(process.pid)
        assert len(descendants) >= 7
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
    wait_until(lambda: not [pid for pid in descendants if is_alive(pid)], 10)


def list_descendants(pid: int) -> list[int]:
    """The ids of all processes that this one started, directly or indirectly."""
    done = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(p): int(pp) for p, pp in (line.split() for line in done.stdout.splitlines())}
    found = [child for child, parent in parents.items() if parent == pid]
    return [*found, *(grandchild for child in found for grandchild in list_descendants(child))]


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")
