"""What the jobs work with in production, on a played ECS and a played Slack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from deploys.job_queue import JobQueue
from deploys.redis_connection import connect_for_rq
from sandbox.slack import SlackSandbox
from tests.builders import RESTORE_TAG_KEY, SIGNER
from tests.workers.engine_harness import TIMING, EngineHarness
from tests.workers.jobs.queue_harness import QueueHarness
from workers import jobs
from workers.dependencies import Dependencies, build_dependencies
from workers.ecs.aws.aws_clients import AwsClients
from workers.engine import Engine
from workers.orphan_recovery import OrphanRecovery
from workers.settings import WorkerSettings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def queue(redis: Redis, redis_url: str) -> QueueHarness:
    return QueueHarness(redis_url)


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(ROOT / "manifest.yml") as sandbox:
        yield sandbox


@pytest.fixture
def settings(slack: SlackSandbox, redis_url: str) -> WorkerSettings:
    return WorkerSettings(
        redis_url=redis_url,
        services_file=ROOT / "services.example.yml",
        slack_bot_token=SecretStr(slack.bot_token),
        slack_api_url=slack.api_url,
        restore_tag_key=SecretStr(RESTORE_TAG_KEY),
    )


@pytest.fixture
def dependencies(
    harness: EngineHarness, settings: WorkerSettings, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Dependencies:
    """What the jobs work with in production, on the harness's ECS, its time, and a played Slack."""
    engine = Engine(
        store=harness.store,
        job_queue=JobQueue(connect_for_rq(redis_url)),
        aws=AwsClients(),
        access=harness.access,
        timing=TIMING,
        worker="worker",
        signer=SIGNER,
        now=harness.ecs.now,
    )
    built = build_dependencies(settings)
    recovery = OrphanRecovery(
        built.catalogue.services.values(),
        harness.store,
        harness.redis,
        built.aws,
        JobQueue(connect_for_rq(redis_url)),
        signer=SIGNER,
        settle_seconds=TIMING.settle_seconds,
        now=harness.ecs.now,
    )
    opened = replace(built, engine=engine, orphan_recovery=recovery)
    monkeypatch.setattr(jobs, "_dependencies", opened)
    return opened
