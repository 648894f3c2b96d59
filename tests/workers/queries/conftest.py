"""The desk where questions are answered, against both sandboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Base
from deploys.threads import Threads
from sandbox.slack import SlackSandbox
from slipway.demo.plain import plain
from tests.builders import a_service, a_stop_start_service
from tests.response_urls import response_url_of
from tests.scenarios.conversation import steady
from tests.workers.yard import ALICE, Yard
from workers.ecs.session import Aws
from workers.queries.desk import Asked, QuestionDesk
from workers.thread.client import slack_client

MANIFEST = Path(__file__).parents[3] / "manifest.yml"
DEPLOYS = "C01DEPLOYS"
ASKED = Asked(question="q2w3e4r5", channel=DEPLOYS, thread_ts=None, user=ALICE)

Tell = Callable[[], list[str]]


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def desk(yard: Yard, redis: Redis, slack: SlackSandbox) -> QuestionDesk:
    """Answers what is asked of web, api and ledger; `lost` is in no ECS."""
    services = (
        a_service("web"),
        a_service("api", base=Base.LATEST),
        a_stop_start_service("ledger"),
        a_service("lost"),
    )
    return QuestionDesk(
        catalogue=Catalogue({each.name: each for each in services}),
        store=yard.store,
        threads=Threads(redis),
        aws=Aws(),
        gate=yard.gate,
        client=slack_client(slack.bot_token, slack.api_url),
    )


@pytest.fixture
def told(slack: SlackSandbox) -> Tell:
    """What alice alone was told, as a terminal shows it; without registry, digests and times."""

    def read() -> list[str]:
        seen = slack.messages(DEPLOYS, "alice")
        return [steady(plain(message["text"], {ALICE: "alice"})) for message in seen if message["ephemeral"]]

    return read


@pytest.fixture
def response_url(slack: SlackSandbox) -> Iterator[str]:
    """What Slack sends along when alice types /deploy in #general."""
    with response_url_of(slack, "/deploy plan web 9.9.9") as url:
        yield url
