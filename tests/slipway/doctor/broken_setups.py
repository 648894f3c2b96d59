"""Installations that are broken in one way each."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from redis import Redis

from deploys.job_queue import JobQueue
from deploys.redis_trust import trust_warnings
from deploys.stores import redis_keys
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.heartbeats import HeartbeatWriter
from sandbox.ports import free_port
from sandbox.slack import SlackSandbox
from sandbox.valkey import refusing_commands
from slipway.app_manifest import Manifest, http_manifest, socket_mode_manifest
from slipway.doctor import redis_checks
from tests.fake_web_server import fake_web_server
from tests.slipway.doctor.conftest import SERVICES, Setup, connected_bot
from tests.workers.flows.other_account import OTHER_ACCOUNT_ROLE

READ_ALL = {"Sid": "ReadAll", "Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}
Break = Callable[[Setup], Iterator[None]]


def wrong_bot_token(setup: Setup) -> Iterator[None]:
    setup.set(SLACK_BOT_TOKEN="xoxb-of-another-workspace")
    yield


def placeholder_of_a_token(setup: Setup) -> Iterator[None]:
    setup.set(SLACK_APP_TOKEN="xapp-...")
    yield


def missing_setting(setup: Setup) -> Iterator[None]:
    del os.environ["RESTORE_TAG_KEY"]
    yield


def slack_that_does_not_answer(setup: Setup) -> Iterator[None]:
    setup.set(SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/")
    yield


def missing_scope(setup: Setup) -> Iterator[None]:
    with other_app(setup, lambda manifest: manifest["oauth_config"]["scopes"]["bot"].remove("users:read")):
        yield


def needless_scope(setup: Setup) -> Iterator[None]:
    with other_app(setup, lambda manifest: manifest["oauth_config"]["scopes"]["bot"].append("files:write")):
        yield


def old_manifest(setup: Setup) -> Iterator[None]:
    def change(manifest: Manifest) -> None:
        manifest["features"]["slash_commands"][0]["should_escape"] = False
        del manifest["features"]["shortcuts"][1]
        manifest["settings"]["event_subscriptions"]["bot_events"].remove("app_home_opened")

    with other_app(setup, change):
        yield


def config_token_that_has_expired(setup: Setup) -> Iterator[None]:
    setup.set(SLACK_CONFIG_TOKEN="xoxe.xoxp-of-yesterday")
    yield


def socket_mode_off(setup: Setup) -> Iterator[None]:
    """The app was changed to HTTP."""
    del os.environ["SLACK_CONFIG_TOKEN"]
    with slack_with(setup, http_manifest("http://127.0.0.1:1"), connected=False):
        yield


def no_bot(setup: Setup) -> Iterator[None]:
    only_these_live(setup, "worker", "scheduler")
    with other_app(setup, lambda manifest: None, connected=False):
        yield


def bot_that_is_not_connected(setup: Setup) -> Iterator[None]:
    with other_app(setup, lambda manifest: None, connected=False):
        yield


def bot_with_another_redis(setup: Setup) -> Iterator[None]:
    only_these_live(setup, "worker", "scheduler")
    yield


def neither_bot_nor_redis(setup: Setup) -> Iterator[None]:
    setup.set(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    with other_app(setup, lambda manifest: None, connected=False):
        yield


def wrong_app_token(setup: Setup) -> Iterator[None]:
    setup.set(SLACK_APP_TOKEN="xapp-of-somebody")
    yield


def app_token_without_its_scope(setup: Setup) -> Iterator[None]:
    with other_app(setup, lambda manifest: None, app_token_scopes=("authorizations:read",), connected=False):
        yield


def app_token_of_another_app(setup: Setup) -> Iterator[None]:
    with other_app(setup, lambda manifest: None, app_of_app_token="A01STAGING"):
        yield


def web_process_that_is_not_there(setup: Setup) -> Iterator[None]:
    setup.set(SLACK_SIGNING_SECRET="0123456789abcdef0123456789abcdef")
    setup.arguments = ["--http", f"http://127.0.0.1:{free_port()}"]
    with slack_with(setup, http_manifest(setup.arguments[1]), connected=False):
        yield


def proxy_that_passes_nothing_on(setup: Setup) -> Iterator[None]:
    """It answers 501 to every POST."""
    HeartbeatWriter(setup.redis, "web").write()
    setup.set(SLACK_SIGNING_SECRET="0123456789abcdef0123456789abcdef")
    with fake_web_server() as web:
        setup.arguments = ["--http", web.url]
        with slack_with(setup, http_manifest(web.url), connected=False):
            yield


def no_redis(setup: Setup) -> Iterator[None]:
    setup.set(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    yield


def wrong_redis_password(setup: Setup) -> Iterator[None]:
    setup.redis.acl_setuser("slipway-bot", enabled=True, passwords=["+right-password"], categories=["+@all"])
    setup.set(REDIS_URL=os.environ["REDIS_URL"].replace("redis://", "redis://slipway-bot:wrong-password@"))
    yield
    setup.redis.acl_deluser("slipway-bot")


def no_append_only_file(setup: Setup) -> Iterator[None]:
    with redis_setting(setup.redis, "appendonly", "no"):
        yield


def append_only_file_that_is_not_flushed(setup: Setup) -> Iterator[None]:
    with redis_setting(setup.redis, "appendfsync", "no"):
        yield


def redis_that_drops_keys(setup: Setup) -> Iterator[None]:
    with redis_setting(setup.redis, "maxmemory-policy", "allkeys-lru"):
        yield


def full_redis(setup: Setup) -> Iterator[None]:
    with refusing_commands(setup.redis, "OOM"):
        yield


def replica(setup: Setup) -> Iterator[None]:
    with refusing_commands(setup.redis, "READONLY"):
        yield


def old_redis(setup: Setup) -> Iterator[None]:
    info = {**setup.redis.info(), "redis_version": "6.2.14"}
    del info["valkey_version"]
    with patch.object(Redis, "info", lambda _: info):
        yield


def redis_open_to_strangers(setup: Setup) -> Iterator[None]:
    """It is on another machine."""
    is_elsewhere = partial(trust_warnings, is_own=lambda host: False)
    with patch.object(redis_checks, "trust_warnings", is_elsewhere):
        yield


def no_worker(setup: Setup) -> Iterator[None]:
    for key in setup.redis.keys("rq:worker:*"):
        setup.redis.delete(key)
    yield


def workers_that_do_not_keep_up(setup: Setup) -> Iterator[None]:
    jobs = JobQueue(setup.redis)
    for number in range(10):
        jobs.read_tags(f"service-{number}")
    yield


def no_scheduler(setup: Setup) -> Iterator[None]:
    only_these_live(setup, "bot", "worker")
    yield


def another_version(setup: Setup) -> Iterator[None]:
    member = json.dumps({"process": "worker", "host": "old-host", "pid": 7, "version": "0.0.9"})
    seconds = setup.redis.time()[0]
    setup.redis.zadd(redis_keys.HEARTBEATS, {member: seconds})
    yield


def no_services_file(setup: Setup) -> Iterator[None]:
    Path("services.yml").unlink()
    yield


def services_file_with_a_mistake(setup: Setup) -> Iterator[None]:
    setup.write_services(SERVICES.replace("strategy: native", "strategie: native"))
    yield


def nobody_may_deploy(setup: Setup) -> Iterator[None]:
    setup.write_services(SERVICES.replace("deployers: everyone", "deployers: []"))
    yield


def unknown_service(setup: Setup) -> Iterator[None]:
    with changed_services(setup, "web: {}", "web: {ecs_service: wep}", READ_ALL):
        yield


def unknown_cluster(setup: Setup) -> Iterator[None]:
    with changed_services(setup, "web: {}", "web: {cluster: productoin}", READ_ALL):
        yield


def controller_of_another_tool(setup: Setup) -> Iterator[None]:
    setup.aws.add_large_account()
    with changed_services(setup, "web: {}", "portal: {cluster: legacy}"):
        yield


def wrong_strategy(setup: Setup) -> Iterator[None]:
    with changed_services(setup, "strategy: native, ", ""):
        yield


def unknown_container(setup: Setup) -> Iterator[None]:
    with changed_services(setup, "web: {}", "web: {containers: [wep]}"):
        yield


def unknown_container_of_a_pre_task(setup: Setup) -> Iterator[None]:
    with changed_services(setup, "web: {}", "web: {before: {command: [migrate], container: migrations}}"):
        yield


def service_without_tasks(setup: Setup) -> Iterator[None]:
    setup.aws.client("ecs").update_service(cluster="production", service="web", desiredCount=0)
    setup.aws.advance(300)
    yield


def missing_alarm(setup: Setup) -> Iterator[None]:
    with changed_services(setup, "alarms: [site-5xx]", "alarms: [site-5xx, site-latency]"):
        yield


def firing_alarm(setup: Setup) -> Iterator[None]:
    setup.aws.client("cloudwatch").set_alarm_state(
        AlarmName="site-5xx", StateValue="ALARM", StateReason="too many"
    )
    yield


def denied_action(setup: Setup) -> Iterator[None]:
    setup.enforce(leave_out=["PassExactlyTheseRoles"])
    yield


def explicit_denial(setup: Setup) -> Iterator[None]:
    setup.enforce({"Sid": "Freeze", "Effect": "Deny", "Action": "ecs:UpdateService", "Resource": "*"})
    yield


def denied_read(setup: Setup) -> Iterator[None]:
    setup.enforce(leave_out=["ReadServicesAndRollouts"])
    yield


def role_that_cannot_be_assumed(setup: Setup) -> Iterator[None]:
    setup.aws.add_role(OTHER_ACCOUNT_ROLE.arn, external_id="another")
    with changed_services(
        setup,
        "web: {}",
        f"web: {{role: {{arn: '{OTHER_ACCOUNT_ROLE.arn}', external_id: of-slipway}}}}",
    ):
        yield


def nobody_may_ask_iam(setup: Setup) -> Iterator[None]:
    setup.enforce(leave_out=["ReadImages"], ask=False)
    yield


def wrong_credentials(setup: Setup) -> Iterator[None]:
    setup.aws.faults.add(
        kind="error",
        operation="sts:GetCallerIdentity",
        code="InvalidClientTokenId",
        status=403,
        message="The security token included in the request is invalid.",
        times=None,
    )
    yield


def clock_behind_slack(setup: Setup) -> Iterator[None]:
    setup.slack.add_fault("skewed-date", ahead=60.0)
    yield


def clock_far_from_aws(setup: Setup) -> Iterator[None]:
    setup.aws.faults.add(kind="skewed-date", seconds=400.0, times=None)
    yield


def only_these_live(setup: Setup, *processes: str) -> None:
    setup.redis.delete(redis_keys.HEARTBEATS)
    for process in processes:
        HeartbeatWriter(setup.redis, process).write()


@contextmanager
def other_app(
    setup: Setup, change: Callable[[Manifest], object], *, connected: bool = True, **options: Any
) -> Iterator[None]:
    """The app has another manifest."""
    manifest = socket_mode_manifest()
    change(manifest)
    with slack_with(setup, manifest, connected=connected, **options):
        yield


@contextmanager
def slack_with(setup: Setup, manifest: Manifest, *, connected: bool, **options: Any) -> Iterator[None]:
    with SlackSandbox(manifest, rate_limits=False, **options) as slack, ExitStack() as stack:
        setup.set(SLACK_API_URL=slack.api_url)
        if connected:
            stack.enter_context(connected_bot(slack))
        yield


@contextmanager
def changed_services(setup: Setup, old: str, new: str, *statements: Any) -> Iterator[None]:
    """Another services.yml, with the policies for it."""
    assert old in SERVICES
    setup.write_services(SERVICES.replace(old, new))
    setup.enforce(*statements)
    yield


@contextmanager
def redis_setting(redis: Redis, name: str, value: str) -> Iterator[None]:
    before = str(redis.config_get(name)[name])
    redis.config_set(name, value)
    try:
        yield
    finally:
        redis.config_set(name, before)


def wrong_queue_of_events(setup: Setup) -> Iterator[None]:
    setup.set(SLIPWAY_EVENTS_QUEUE="slipway-events")
    yield


def queue_of_events_that_is_gone(setup: Setup) -> Iterator[None]:
    url = setup.receive_events()
    setup.aws.client("sqs").delete_queue(QueueUrl=url)
    yield


def queue_of_events_without_permission(setup: Setup) -> Iterator[None]:
    setup.receive_events("sqs:GetQueueAttributes", arrive=False)
    yield


def queue_of_events_without_dead_letters(setup: Setup) -> Iterator[None]:
    url = setup.receive_events()
    setup.aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    yield


def no_receiver_of_events(setup: Setup) -> Iterator[None]:
    setup.receive_events(runs=False)
    yield


def missed_events(setup: Setup) -> Iterator[None]:
    setup.receive_events()
    EcsEvents(setup.redis).judge_end("web22222", time.time() - 60)
    yield
