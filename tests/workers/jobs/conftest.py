"""What the jobs work with in production, on a played ECS and a played Slack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from deploys.bell import Bell
from deploys.connection import connect_for_rq
from sandbox.slack import SlackSandbox
from tests.workers.jobs.office import Office
from tests.workers.yard import PACE, Yard
from workers import jobs
from workers.ecs.session import Aws
from workers.engine import Engine
from workers.janitor import Janitor
from workers.settings import WorkerSettings
from workers.workshop import Workshop, build

ROOT = Path(__file__).parents[3]


@pytest.fixture
def office(redis: Redis, redis_url: str) -> Office:
    return Office(redis_url)


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(ROOT / "manifest.yml") as sandbox:
        yield sandbox


@pytest.fixture
def workshop(yard: Yard, slack: SlackSandbox, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """What the jobs work with in production, on the yard's ECS, its time, and a played Slack."""
    settings = WorkerSettings(
        redis_url=redis_url,
        services_file=ROOT / "services.example.yml",
        slack_bot_token=SecretStr(slack.bot_token),
        slack_api_url=slack.api_url,
    )
    engine = Engine(
        store=yard.store,
        bell=Bell(connect_for_rq(redis_url)),
        aws=Aws(),
        gate=yard.gate,
        pace=PACE,
        worker="worker",
        now=yard.ecs.now,
    )
    built = build(settings)
    janitor = Janitor(
        built.catalogue.services.values(),
        yard.store,
        yard.redis,
        built.aws,
        Bell(connect_for_rq(redis_url)),
        settle_seconds=PACE.settle_seconds,
        now=yard.ecs.now,
    )
    opened = replace(built, engine=engine, janitor=janitor)
    monkeypatch.setattr(jobs, "_workshop", opened)
    return opened
