"""The receiver of events beside the other processes, as in production: rollouts are read every minute."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import httpx
import pytest

from deploys.records.phases import Outcome
from deploys.stores import redis_keys
from deploys.stores.heartbeats import read_heartbeats
from sandbox.ports import free_port
from slipway.demo.demo_environment import REGION, DemoEnvironment, start_demo
from slipway.demo.process_group import ChildProcess
from slipway.demo.terminal_run import read_names
from tests.redis_acl import denied, url_of, users_for_processes
from tests.reported_metrics import parse_scrape
from tests.scenarios.conversation import Conversation, wait_until

SPEED = 12.0
LATE_SECONDS = 3.0
KNOWN_WITHIN_SECONDS = 25.0
"""An end is known by then, on a machine with much to do; without events it takes up to 60."""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoEnvironment]:
    """Of each three events, one is lost, one comes twice and one late."""
    with start_demo(speed=SPEED, workers=1, redis_users=users_for_processes) as demo:
        replace_worker(demo, WATCH_SECONDS="60")
        yield demo
        assert denied(demo.redis) == []


def replace_worker(demo: DemoEnvironment, **settings: str) -> None:
    [worker] = [each for each in demo.processes.children if each.name == "worker"]
    demo.processes.stop([worker])
    demo.processes.children.remove(worker)
    env = {**demo.process_env, "REDIS_URL": user_of(demo, "worker"), "WORKER_PROCESSES": "1", **settings}
    demo.processes.start_module("slow-worker", "workers", env=env)


def user_of(demo: DemoEnvironment, process: str) -> str:
    port = urlsplit(demo.process_env["REDIS_URL"]).port
    assert port
    return url_of(process, port)


def start_receiver(demo: DemoEnvironment, port: int) -> ChildProcess:
    session = boto3.Session("sandbox", "sandbox", region_name=REGION)
    sqs = session.client("sqs", endpoint_url=demo.ecs_url)
    url = sqs.create_queue(QueueName="slipway-events")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    bus = session.client("events", endpoint_url=demo.ecs_url)
    bus.put_rule(Name="slipway", EventPattern=json.dumps({"source": ["aws.ecs"]}))
    bus.put_targets(Rule="slipway", Targets=[{"Id": "1", "Arn": found["Attributes"]["QueueArn"]}])
    faults = {"pattern": ["lost", "doubled", "late"], "late_seconds": LATE_SECONDS}
    httpx.post(f"{demo.ecs_url}/sandbox/event-faults", json=faults, trust_env=False).raise_for_status()
    settings = {"SLIPWAY_EVENTS_QUEUE": url, "METRICS_PORT": str(port), "REDIS_URL": user_of(demo, "events")}
    return demo.processes.start_module("events", "workers.events", env={**demo.process_env, **settings})


def test_deploys_end_promptly_by_events_of_which_some_are_lost_doubled_and_late(
    demo: DemoEnvironment,
) -> None:
    people, port = Conversation(demo, read_names(demo)), free_port()
    receiver = start_receiver(demo, port)
    wait_until(lambda: demo.redis.exists(redis_keys.EVENTS_ALIVE))

    threads = [people.deploys("alice", f"/deploy {service} 1.4.2") for service in ("web", "api")]
    for thread in threads:
        thread.ends()

    ended_in_ecs = {
        each["arn"]: each["finishedAt"]
        for each in httpx.get(f"{demo.ecs_url}/sandbox/state", trust_env=False).json()["serviceDeployments"]
    }
    for thread in threads:
        record = thread.record
        assert record.outcome is Outcome.SUCCEEDED
        assert (record.ended_at or 0) - ended_in_ecs[record.ecs.service_deployment_arn] < KNOWN_WITHIN_SECONDS
    assert "events" in {each.process for each in read_heartbeats(demo.redis)}
    answers = {
        path: httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False)
        for path in ("healthz", "readyz", "metrics")
    }
    assert [answers[path].text for path in ("healthz", "readyz")] == ["ok\n", "ok\n"]
    scraped = parse_scrape(answers["metrics"].text)
    assert scraped['slipway_ecs_events_total{result="made due"}'] > 0
    assert scraped['slipway_ecs_events_total{result="not understood"}'] == 0
    assert scraped['slipway_aws_calls_total{api="sqs",operation="ReceiveMessage",result="ok"}'] > 0

    demo.processes.children.remove(receiver)
    asked_at = time.monotonic()
    receiver.process.send_signal(signal.SIGTERM)
    assert receiver.process.wait(15) == 0
    assert time.monotonic() - asked_at < 10, "it does not wait for the end of its long poll of 20 s"
    assert "events" not in {each.process for each in read_heartbeats(demo.redis)}
