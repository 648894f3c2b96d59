"""Removes the texts of old deploys: their thread messages, and what else in a record quotes AWS or a log."""

from __future__ import annotations

from typing import Any

import structlog
from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore

log = structlog.get_logger()

RECORDS_A_RUN = 100
"""Records that one run looks at (count), so that it takes well under a second."""
SECONDS_BETWEEN_ROUNDS = 6 * 3600.0
"""From the start of one round over all old records to the start of the next (seconds)."""
EXPIRED = "(removed with the messages, after their retention)"
"""In place of a sentence that a record needs."""


def forget_thread_messages(redis: Redis, store: DeployStore, now: float, retention_seconds: float) -> int:
    """Removes the texts of deploys that ended longer ago than this; returns from how many (count).

    One run handles some records and notes in Redis how far it came, so it may be run any number of times, by
    any worker. now: epoch seconds.
    """
    position, round_began = _progress(redis)
    if position is None:
        if now - round_began < SECONDS_BETWEEN_ROUNDS:
            return 0
        position, round_began = "-inf", now
    oldest = _requested_after(redis, position, now - retention_seconds)
    forgotten = sum(_forget(store, deploy_id, now - retention_seconds) for deploy_id, _ in oldest)
    is_last = len(oldest) < RECORDS_A_RUN
    redis.hset(
        redis_keys.RETENTION,
        mapping={"position": "" if is_last else f"({oldest[-1][1]!r}", "round_began": repr(round_began)},
    )
    if forgotten:
        log.info("removed the texts of old deploys", deploys=forgotten)
    return forgotten


def next_round_at(redis: Redis) -> float | None:
    """When the next round over all old records begins (epoch seconds); None: one is going on."""
    position, round_began = _progress(redis)
    return round_began + SECONDS_BETWEEN_ROUNDS if position is None else None


def without_texts(deploy: Deploy) -> Deploy:
    """The record without its thread messages and without what quotes AWS, a container or a log. Who asked for
    what, why, what was decided and how it ended stays. Pure.
    """
    changes: dict[str, Any] = {
        "thread_messages": (),
        "quotes": (),
        "end_reason": "",
        "retries": {"last_error": ""},
        "rollout": {"reported_causes": ()},
    }
    if deploy.rollback.cause is not None:
        changes["rollback"] = {"cause": deploy.rollback.cause.evolve(sentence=EXPIRED)}
    if deploy.pre_task is not None:
        changes["pre_task"] = {"no_capacity": ""}
    if deploy.post_check is not None:
        changes["post_check"] = {"last_failure": "", "alarm_read_error": ""}
    if deploy.plan is not None and deploy.plan.config is not None:
        changes["plan"] = deploy.plan.evolve(config=None)
    return deploy.evolve(**changes)


def _progress(redis: Redis) -> tuple[str | None, float]:
    """Where the round is, as a bound of ZRANGEBYSCORE, and when it began; None: it is over."""
    position, round_began = redis.hmget(redis_keys.RETENTION, ["position", "round_began"])
    return (to_text(position) or None) if position else None, float(round_began or "-inf")


def _requested_after(redis: Redis, position: str, until: float) -> list[tuple[str, float]]:
    """The next deploys that were requested until then, with the score of their request, and all with the last
    one's score: a batch has one score."""
    history, newest = redis_keys.HISTORY, until * 1000
    page: Any = redis.zrangebyscore(history, position, newest, start=0, num=RECORDS_A_RUN, withscores=True)
    if len(page) == RECORDS_A_RUN:
        score = page[-1][1]
        same: Any = redis.zrangebyscore(history, score, score, withscores=True)
        page = [*(each for each in page if each[1] != score), *same]
    return [(to_text(deploy_id), float(score)) for deploy_id, score in page]


def _forget(store: DeployStore, deploy_id: str, ended_before: float) -> bool:
    try:
        deploy = store.get(deploy_id)
    except UnknownSchema:  # a record of another version: its own workers remove its texts
        return False
    if deploy is None or deploy.phase is not Phase.ENDED or (deploy.ended_at or 0.0) > ended_before:
        return False
    forgotten = without_texts(deploy)
    return forgotten != deploy and store.replace_ended(deploy, forgotten)
