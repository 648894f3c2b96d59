"""What the messages of earlier deploys say is due when a later one changes the service, and when it ends."""

from __future__ import annotations

from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from deploys.stores.thread_store import ThreadStore
from tests.workers.engine_harness import EngineHarness


def test_the_card_of_the_last_success_is_due_when_the_next_deploy_begins_and_when_it_ends(
    harness: EngineHarness,
) -> None:
    first = harness.request_deploy("web", "1.4.2")
    assert harness.until_over(first).outcome is Outcome.SUCCEEDED
    redis = harness.store.redis
    redis.delete(redis_keys.PUBLISH)
    second = harness.request_deploy("web", "1.4.1")

    harness.until_phase(second, Phase.FOLLOWING)
    assert first in ThreadStore(redis).due(1e12)

    redis.delete(redis_keys.PUBLISH)
    harness.cancel(second)
    harness.until_outcome(second)
    assert first in ThreadStore(redis).due(1e12)


def test_what_is_said_of_a_failure_is_due_when_the_next_deploy_begins_and_when_it_ends(
    harness: EngineHarness,
) -> None:
    failed = harness.request_deploy("web", "1.5.0-crash")
    assert harness.until_over(failed).outcome is Outcome.ROLLED_BACK
    threads, redis = ThreadStore(harness.store.redis), harness.store.redis
    redis.delete(redis_keys.PUBLISH)
    second = harness.request_deploy("web", "1.4.1")

    harness.until_phase(second, Phase.FOLLOWING)
    assert failed in threads.due(1e12)

    redis.delete(redis_keys.PUBLISH)
    harness.until_outcome(second)
    assert failed in threads.due(1e12)
