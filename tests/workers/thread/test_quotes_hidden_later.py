"""What a record quotes is not posted any more if its channel is shared by now, or its logs are hidden."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from deploys.catalogue.service import LogLines, Service
from deploys.quoted_texts import CurrentServices
from deploys.quoting import NOT_QUOTED, NOT_SHOWN
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.quote import Quote
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import audit
from tests.builders import a_batch, a_deploy, a_service
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.audit_channel import post_new_entries
from workers.thread.publisher import Publisher
from workers.thread.slack_calls import SlackCalls

SAID_BY_ECS, LOG = "`Essential container exited`", "FATAL giving up"
QUOTES = (Quote(text=SAID_BY_ECS), Quote(text=LOG, is_log=True))
FAILED = f"the tasks failed: ECS says {SAID_BY_ECS}."
LAST_LINES = f"Last lines of `web`:\n```{LOG}```"


class World:
    """What is known now of the channel, and what services.yml says now."""

    def __init__(self) -> None:
        self.shared: bool | None = False
        self.logs = LogLines.SHOW

    def is_shared(self, channel: str) -> bool | None:
        return self.shared

    def look_up(self, channels: Iterable[str]) -> None:
        pass

    def current_service(self, deploy: Deploy) -> Service:
        return deploy.service.model_copy(update={"logs": self.logs})


@pytest.fixture
def world(harness: PublisherHarness) -> World:
    world = World()
    services: CurrentServices = world
    harness.publisher = Publisher(
        harness.client, harness.threads, harness.store, harness.limits, harness.clock, world, services
    )
    return world


def shared(world: World) -> None:
    world.shared = True


def unknown(world: World) -> None:
    world.shared = None


def hidden(world: World) -> None:
    world.logs = LogLines.HIDE


def shown(harness: PublisherHarness) -> str:
    """All messages that Slack was sent, as one text."""
    sent = [each for each in harness.slack.calls() if each["method"].startswith("chat.")]
    return json.dumps(sent, default=str, ensure_ascii=False)


def fail(harness: PublisherHarness, deploy_id: str) -> None:
    """The deploy rolls back, as a record that was written while quotes were allowed."""
    harness.add_message(deploy_id, f"{FAILED}\n{LAST_LINES}", ThreadMessageKind.PROBLEM, broadcast=True)
    cause = RollbackCause(kind=RollbackCauseKind.CRASH_LOOP, sentence=FAILED)
    harness.change(deploy_id, quotes=QUOTES, rollback={"cause": cause}, retries={"last_error": FAILED})


@pytest.mark.parametrize(
    ("happens", "ecs", "log"),
    [
        (lambda world: None, SAID_BY_ECS, LOG),
        (shared, NOT_QUOTED, NOT_QUOTED),
        (unknown, NOT_QUOTED, NOT_QUOTED),
        (hidden, SAID_BY_ECS, NOT_SHOWN),
    ],
    ids=["nothing", "shared", "unknown", "logs: hide"],
)
@pytest.mark.parametrize("in_batch", [False, True], ids=["alone", "in a batch"])
def test_what_the_record_quotes_is_posted_only_if_it_may_be_now(
    harness: PublisherHarness,
    world: World,
    happens: Callable[[World], None],
    ecs: str,
    log: str,
    in_batch: bool,
) -> None:
    deploy_id = request(harness, in_batch)
    harness.run(5)
    fail(harness, deploy_id)
    happens(world)

    harness.run(10)
    harness.end(deploy_id, outcome=Outcome.ROLLED_BACK)
    harness.run(20)

    text = shown(harness)
    for quote, instead in ((SAID_BY_ECS, ecs), (LOG, log)):
        assert (quote in text) is (quote == instead), quote
        assert instead in text
    stored = harness.store.get(deploy_id)
    assert stored is not None
    assert LOG in stored.thread_messages[-1].text, "the record stays as it is"


def request(harness: PublisherHarness, in_batch: bool) -> str:
    if not in_batch:
        return harness.request()
    at = {"requested_at": harness.clock() - 10}
    batch, deploys = a_batch(
        a_deploy(a_service("web"), id="web22222", request=at), a_deploy(a_service("api"), request=at)
    )
    harness.store.submit_batch(batch, deploys)
    return "web22222"


@pytest.mark.parametrize(("known", "told"), [(False, True), (True, False), (None, False)])
def test_an_audit_channel_that_is_shared_is_told_no_reason_of_a_record(
    harness: PublisherHarness, world: World, known: bool | None, told: bool
) -> None:
    calls = SlackCalls(harness.client, harness.limits)

    def post() -> None:
        post_new_entries(harness.redis, calls, harness.limits, "C01DEPLOYS", world)

    post()
    world.shared = known
    refused: dict[str, Any] = {"who": "slipway", "what": "ended", "outcome": "refused", "version": "4"}
    audit.write(harness.redis, AuditEntry(at="1.000", why=FAILED, **refused))
    audit.write(harness.redis, AuditEntry(at="1.000", who="U1", what="refused", why="not a deployer"))
    post()

    text = shown(harness)
    assert ("the tasks failed" in text) is told
    assert "not a deployer" in text
