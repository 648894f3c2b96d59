"""A publisher with everything it works with, on a clock that the test moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from slack_sdk import WebClient

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.thread_state import ThreadState
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from sandbox.slack import SlackSandbox
from sandbox.slack.client_types import MessageJson
from tests.builders import NOW, a_deploy
from workers.thread.publisher import Publisher
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client
from workers.thread.thread_opening import FIRST_CHECKS_SECONDS


class ManualClock:
    """Epoch seconds, moved by the test."""

    def __init__(self) -> None:
        self.value = NOW

    def __call__(self) -> float:
        return self.value


@dataclass
class RecordedCall:
    """A call to Slack, at the test's time."""

    at: float
    method: str
    channel: str


@dataclass
class PublisherHarness:
    """Requests deploys, changes records, publishes what is due, and reads what Slack shows."""

    redis: Redis
    slack: SlackSandbox
    clock: ManualClock
    calls: list[RecordedCall] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)
    """The threads that were looked at, in order."""

    def __post_init__(self) -> None:
        self.store = DeployStore(self.redis, now=self.clock, durable_wait_seconds=5.0)
        self.threads = ThreadStore(self.redis)
        self.client = self._recording_calls(slack_client(self.slack.bot_token, self.slack.api_url))
        self.limits = SharedRateLimits(self.redis, self.clock)
        self.publisher = self.another_publisher()

    def another_publisher(self) -> Publisher:
        """A publisher as in another job."""
        made = Publisher(self.client, self.threads, self.store, self.limits, self.clock)
        real = made.publish

        def publish(record_id: str) -> None:
            self.looked_at.append(record_id)
            real(record_id)

        made.publish = publish  # type: ignore[method-assign]
        return made

    def _recording_calls(self, client: WebClient) -> WebClient:
        real = client.api_call

        def api_call(api_method: str, **given: Any) -> Any:
            arguments = given.get("json") or given.get("params") or {}
            self.calls.append(RecordedCall(self.clock(), api_method, arguments.get("channel", "")))
            return real(api_method, **given)

        client.api_call = api_call  # type: ignore[method-assign]
        return client

    def request(self, **changes: Any) -> str:
        """The id of a deploy that was requested long enough ago for its thread to open."""
        asked = a_deploy(request={"requested_at": self.clock() - FIRST_CHECKS_SECONDS}).evolve(**changes)
        return self.store.submit(asked).deploy.id

    def change(self, deploy_id: str, **changes: Any) -> Deploy:
        """What a worker's commit does to the record, as far as the thread can tell."""
        return self.store.amend(deploy_id, lambda deploy: deploy.evolve(**changes), by="test", what="test")

    def add_message(
        self, deploy_id: str, text: str, kind: ThreadMessageKind = ThreadMessageKind.PROGRESS, **changes: Any
    ) -> Deploy:
        """A record with one more thread message."""
        broadcast = bool(changes.pop("broadcast", False))
        return self.store.amend(
            deploy_id,
            lambda deploy: deploy.with_message(self.clock(), kind, text, broadcast=broadcast, **changes),
            by="test",
            what="test",
        )

    def end(self, deploy_id: str, **changes: Any) -> None:
        """The end of a deploy, as the engine commits it."""
        claim = self.store.claim(deploy_id, "test", 60, due_by=self.clock() + 1e6)
        assert claim is not None
        ended = claim.deploy.in_phase(Phase.ENDED, self.clock(), ended_at=self.clock(), **changes)
        self.store.commit(claim, ended, due_at=self.clock(), what="ended")

    def publish_due(self) -> None:
        """Publishes all threads that are due now."""
        while self.publisher.publish_due():
            pass

    def next_due(self) -> float | None:
        """When the next thread is due."""
        first = self.redis.zrange(redis_keys.PUBLISH, 0, 0, withscores=True)
        return float(first[0][1]) / 1000 if first else None

    def run(self, seconds: float) -> None:
        """Lets this much time pass, and publishes whenever something is due."""
        end = self.clock() + seconds
        while self.clock() < end and (at := self.next_due()) is not None and at <= end:
            self._move_to(at)
            self.publish_due()
        self.clock.value = max(self.clock(), end)

    def run_until_published(self, seconds: float = 3600) -> float:
        """Lets time pass until nothing is left to publish; returns how long that took."""
        began = self.clock()
        while (at := self.next_due()) is not None:
            late = max(at, self.clock()) - began
            assert late < seconds, f"not settled within {seconds} s: {self.threads.due(at)}"
            self._move_to(at)
            self.publish_due()
        return self.clock() - began

    def _move_to(self, at: float) -> None:
        self.clock.value = max(self.clock() + 0.01, at + 0.001)

    def view(self, deploy_id: str) -> ThreadState:
        """The thread's state."""
        view = self.threads.state(deploy_id)
        assert view is not None
        return view

    def card(self, deploy_id: str, channel: str = "C01DEPLOYS") -> MessageJson:
        """The card as Slack shows it."""
        ts = self.view(deploy_id).ts
        [card] = [m for m in self.slack.thread(channel, ts) if m["ts"] == ts]
        return card

    def replies(self, deploy_id: str, channel: str = "C01DEPLOYS") -> list[str]:
        """The texts below the card."""
        view = self.view(deploy_id)
        return [m["text"] for m in self.slack.replies(channel, view.thread_ts) if m["ts"] != view.ts]

    def call_count(self, method: str) -> int:
        """How often this method was called."""
        return Counter(call.method for call in self.calls)[method]
