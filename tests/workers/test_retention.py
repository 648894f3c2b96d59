"""The texts of old deploys are removed, a few records at a time, and nothing else of them."""

from __future__ import annotations

from redis import Redis

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from tests.builders import a_deploy
from workers import retention
from workers.retention import EXPIRED, SECONDS_BETWEEN_ROUNDS, forget_thread_messages, next_round_at

DAY = 24 * 3600.0
NOW = 1_800_000_000.0


def keep(store: DeployStore, deploy_id: str, age_days: float, phase: Phase = Phase.ENDED) -> Deploy:
    """A deploy that ended so many days ago; another one's request lies in the same millisecond."""
    at = NOW - age_days * DAY
    deploy = a_deploy(id=deploy_id, request={"requested_at": at, "reason": "fixes the login"})
    submitted = DeployStore(store.redis, now=lambda: at).submit(deploy).deploy
    ended = (
        submitted.in_phase(phase, at)
        .with_message(at, ThreadMessageKind.END, "FATAL quoted")
        .with_rollback_cause(RollbackCauseKind.ECS, "ECS says: quoted")
        .evolve(
            end_reason="quoted",
            retries={"last_error": "quoted"},
            outcome=Outcome.ROLLED_BACK if phase is Phase.ENDED else None,
            ended_at=at if phase is Phase.ENDED else None,
            version=submitted.version,
        )
    )
    store.redis.hset(redis_keys.record(deploy_id), mapping={"record": ended.to_json()})
    if phase is Phase.ENDED:
        store.redis.srem(redis_keys.ACTIVE_DEPLOYS, deploy_id)
        store.redis.delete(redis_keys.service_queue(ended.service.name))
        store.redis.delete(redis_keys.in_progress(ended.service.name))
    return ended


def quoting(store: DeployStore, ids: list[str]) -> list[str]:
    found = {each: store.get(each) for each in ids}
    return [each for each, deploy in found.items() if deploy and "quoted" in deploy.to_json()]


def test_texts_of_old_deploys_are_removed_and_the_rest_of_the_record_stays(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    old, young = keep(store, "2222aaaa", 31), keep(store, "2222bbbb", 29)
    waiting = keep(store, "2222cccc", 40, Phase.AWAITING_APPROVAL)
    redis.delete(redis_keys.PUBLISH, redis_keys.DUE)

    assert forget_thread_messages(redis, store, NOW, 30 * DAY) == 1

    assert quoting(store, [old.id, young.id, waiting.id]) == [young.id, waiting.id]
    kept = store.get(old.id)
    assert kept is not None
    assert kept.rollback.cause is not None
    assert kept.rollback.cause.sentence == EXPIRED
    assert (kept.outcome, kept.request, kept.ended_at) == (old.outcome, old.request, old.ended_at)
    assert kept.version == old.version + 1
    assert not redis.exists(redis_keys.PUBLISH), "the card in Slack stays as it is"


def test_a_run_does_bounded_work_goes_on_where_the_last_one_ended_and_begins_anew_later(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    ids = [f"2222{number:04d}" for number in range(7)]
    for number, each in enumerate(ids):
        keep(store, each, 60 - number // 4)  # four of one batch have the same time

    before = retention.RECORDS_A_RUN
    retention.RECORDS_A_RUN = 3
    try:
        runs = [forget_thread_messages(redis, store, NOW, 30 * DAY) for _ in range(5)]
        keep(store, "3333aaaa", 31)
        same_round = forget_thread_messages(redis, store, NOW + 60, 30 * DAY)
        next_round = [forget_thread_messages(redis, store, NOW + DAY / 3, 30 * DAY) for _ in range(5)]
    finally:
        retention.RECORDS_A_RUN = before

    assert sum(runs) == 7
    assert max(runs) == 4
    assert quoting(store, ids) == []
    assert (same_round, sum(next_round)) == (0, 1)


def test_a_record_that_changed_meanwhile_is_left_for_the_next_round(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    old = keep(store, "2222aaaa", 31)

    assert not store.replace_ended(old.evolve(version=old.version + 3), old)
    assert quoting(store, [old.id]) == [old.id]


def test_the_next_round_is_known_once_one_is_over(redis: Redis) -> None:
    forget_thread_messages(redis, DeployStore(redis), NOW, 3600)

    assert next_round_at(redis) == NOW + SECONDS_BETWEEN_ROUNDS
