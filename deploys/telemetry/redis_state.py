"""What Redis knows, as metrics. Only the scheduler reads it, with few questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from redis import Redis
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from deploys.job_queue import ASKED_QUEUE, WATCH_PREFIX, count_waiting
from deploys.records.phases import Phase
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.active_deploys import DeploySummary
from deploys.stores.aws_budget import AwsBudget, BucketState
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.thread_store import ThreadStore
from deploys.stores.watch_intervals import EVENT_SECONDS, read_intervals
from deploys.telemetry import metrics
from deploys.telemetry.metrics import Metric

Samples = dict[str, dict[tuple[str, ...], float]]
"""By name of the metric, the value for each set of labels."""

MOST_WORKERS = 500


def read_redis_state(redis: Redis, now: float) -> Samples:
    """The gauges of the scheduler (now: epoch seconds).

    Raises:
        RedisError: Redis does not answer.
    """
    reader = DeployReader(redis)
    watch_lag, advance_lag = _lags(reader, now)
    threads = ThreadStore(redis)
    behind_since = threads.behind_since()
    info: dict[str, Any] = redis.info()
    return {
        **_deploys([each.summary for each in reader.list_readable()], now),
        **_gauge(metrics.DUE_LAG, {("watch",): watch_lag, ("advance",): advance_lag}),
        **_single(metrics.THREADS_BEHIND, threads.behind()),
        **_single(metrics.THREAD_LAG, 0.0 if behind_since is None else max(now - behind_since, 0.0)),
        **_single(metrics.JOBS_WAITING, count_waiting(redis)),
        **_aws_budget(AwsBudget(redis, now=lambda: now).states()),
        **_single(metrics.WATCH_INTERVAL, _longest_interval(redis)),
        **_single(metrics.WORKERS, _count_workers(redis)),
        **_single(metrics.ECS_EVENTS_ARRIVE, int(redis.exists(redis_keys.EVENTS_ALIVE))),
        **_single(metrics.ECS_EVENTS_MISSED, int(redis.exists(redis_keys.EVENTS_MISSED))),
        **_single(metrics.STOPPED, int(redis.exists(redis_keys.STOP_ALL))),
        **_single(metrics.LOST_DEPLOYS, int(redis.hlen(redis_keys.LOST_DEPLOYS))),
        **_single(metrics.REDIS_MEMORY, float(info.get("used_memory", 0))),
        **_single(metrics.REDIS_MEMORY_LIMIT, float(info.get("maxmemory", 0))),
        **_single(metrics.REDIS_DISK_OK, float(_disk_ok(info))),
    }


def _deploys(active: Iterable[DeploySummary], now: float) -> Samples:
    count = dict.fromkeys(metrics.IN_PROGRESS.values["phase"], 0.0)
    oldest = dict.fromkeys(count, 0.0)
    queued: Counter[str] = Counter()
    for deploy in active:
        phase = deploy.phase.value
        if phase not in count:
            continue
        count[phase] += 1
        if not deploy.is_held:
            oldest[phase] = max(oldest[phase], now - deploy.phase_since)
        queued[deploy.service] += deploy.phase is Phase.WAITING
    return {
        **_gauge(metrics.IN_PROGRESS, {(phase,): value for phase, value in count.items()}),
        **_gauge(metrics.OLDEST_IN_PHASE, {(phase,): value for phase, value in oldest.items()}),
        **_gauge(metrics.QUEUED, {(service,): float(value) for service, value in queued.items()}),
    }


def _lags(reader: DeployReader, now: float) -> tuple[float, float]:
    """Seconds by which the longest overdue read of a rollout, and the longest overdue other step, are
    late."""
    watch = advance = 0.0
    for due in reader.due(now):
        if due.job.startswith(WATCH_PREFIX):
            watch = max(watch, now - due.at)
        else:
            advance = max(advance, now - due.at)
    return watch, advance


def _aws_budget(buckets: Iterable[BucketState]) -> Samples:
    tokens: dict[tuple[str, ...], float] = {}
    waiting: dict[tuple[str, ...], float] = {
        (name,): 0.0 for name in metrics.AWS_BUDGET_WAITING.values["limit"]
    }
    for bucket in buckets:
        label = (bucket.key.limit.name,)
        tokens[label] = min(tokens.get(label, bucket.tokens), bucket.tokens)
        waiting[label] += bucket.waiting
    return {**_gauge(metrics.AWS_BUDGET_TOKENS, tokens), **_gauge(metrics.AWS_BUDGET_WAITING, waiting)}


def _longest_interval(redis: Redis) -> float:
    found, events_alive = read_intervals(redis)
    if found is None or not found.places:
        return 0.0
    longest = max(each.seconds for each in found.places.values())
    return max(longest, EVENT_SECONDS) if events_alive else longest


def _count_workers(redis: Redis) -> int:
    """Workers whose record has not expired: RQ's set has those that were killed, too."""
    keys = to_texts(redis.srandmember(WORKERS_BY_QUEUE_KEY % ASKED_QUEUE, MOST_WORKERS))
    if not keys:
        return 0
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.exists(key)
    return sum(pipe.execute())


def _disk_ok(info: dict[str, Any]) -> bool:
    states = (info.get("aof_last_write_status", "ok"), info.get("rdb_last_bgsave_status", "ok"))
    return all(to_text(each) == "ok" for each in states)


def _single(metric: Metric, value: float) -> Samples:
    return _gauge(metric, {(): value})


def _gauge(metric: Metric, values: dict[tuple[str, ...], float]) -> Samples:
    return {metric.name: values}
