"""The query handler against both sandboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import BaseChoice
from deploys.stores.revision_versions import RevisionVersions
from deploys.stores.thread_store import ThreadStore
from sandbox.slack import SlackSandbox
from slipway.demo.transcript import mrkdwn_to_text
from tests.builders import SIGNER, a_service, a_stop_start_service
from tests.frozen_services import service_freezes
from tests.scenarios.conversation import normalize_text
from tests.slash_command_response_url import receive_response_url
from tests.workers.engine_harness import ALICE, EngineHarness
from workers.ecs.aws.aws_clients import AwsClients
from workers.queries.query_handler import QueryHandler, QueryTarget
from workers.thread.native_block_support import NativeBlockSupport
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client

MANIFEST = Path(__file__).parents[3] / "manifest.yml"
DEPLOYS = "C01DEPLOYS"
TARGET = QueryTarget(query_id="q2w3e4r5", channel=DEPLOYS, thread_ts=None, user=ALICE)

ReadAnswers = Callable[[], list[str]]


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def handler(harness: EngineHarness, redis: Redis, slack: SlackSandbox) -> QueryHandler:
    """Answers queries about web, api and ledger; ECS has no service `lost`."""
    services = (
        a_service("web"),
        a_service("api", base=BaseChoice.LATEST),
        a_stop_start_service("ledger"),
        a_service("lost"),
    )
    return QueryHandler(
        catalogue=Catalogue({each.name: each for each in services}),
        store=harness.store,
        threads=ThreadStore(redis),
        aws=AwsClients(),
        access=harness.access,
        slack=slack_client(slack.bot_token, slack.api_url),
        freezes=service_freezes(redis, *services),
        signer=SIGNER,
        versions=RevisionVersions(redis),
        native_blocks=NativeBlockSupport(SharedRateLimits(redis, harness.ecs.now)),
        now=harness.ecs.now,
    )


@pytest.fixture
def answers(slack: SlackSandbox) -> ReadAnswers:
    """The messages that only alice saw, as a terminal shows them; without registry, digests and times."""

    def read() -> list[str]:
        return [
            normalize_text(mrkdwn_to_text(message["text"], {ALICE: "alice"}))
            for message in slack.messages(DEPLOYS, "alice")
            if message["ephemeral"]
        ]

    return read


@pytest.fixture
def response_url(slack: SlackSandbox) -> Iterator[str]:
    """What Slack sends along when alice types /deploy in #general."""
    with receive_response_url(slack, "/deploy plan web 9.9.9") as url:
        yield url
