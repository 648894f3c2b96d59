"""The scheduler: enqueues jobs for what is due, also if an earlier job was lost. Two schedulers do no harm.

`python -m workers.scheduler`
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import structlog
from redis.exceptions import RedisError

from deploys.job_queue import (
    ADVANCE_SLOTS,
    DEPLOYS_QUEUE,
    JOBS_FOR_EACH_WORKER,
    QUEUES,
    WATCH_BATCH_SIZE,
    WATCH_PREFIX,
    JobQueue,
    advance_slot,
    waiting_jobs,
)
from deploys.process_startup import (
    exempt_start_from_collection,
    load_settings_or_exit,
    warn_about_redis_config,
)
from deploys.redis_connection import connect, connect_for_rq
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores import redis_keys
from deploys.stores.claims import DueDeploy
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.freeze_calendars import READ_EVERY_SECONDS as CALENDARS_READ_EVERY_SECONDS
from deploys.stores.heartbeats import HeartbeatWriter, read_heartbeats
from deploys.stores.job_rests import JobRests
from deploys.stores.orphan_scans import OrphanScans
from deploys.stores.slack_directory import REFRESH_SECONDS
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import READ_EVERY_SECONDS
from deploys.telemetry.metrics import SCHEDULER
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from deploys.telemetry.metrics_server import serve_metrics
from workers.audit_keeper import AuditKeeper, NewestEntry
from workers.events.arrival_watch import ArrivalWatch
from workers.settings import SchedulerSettings

log = structlog.get_logger()

TICK_SECONDS = 0.25
LOOK_SECONDS = 1.0
"""Between two looks what is due, if nothing is due sooner (seconds): what makes something due enqueues a job
of its own, which may be lost."""
QUIET_SECONDS = 5.0
"""The same while no deploy is open and no thread is behind, as long as the audit has no new entry (seconds):
a deploy that is asked for, or found, has one."""
REPEAT_SECONDS = 5.0
"""A job for what is still due is enqueued again this often (seconds)."""
PUBLISH_SECONDS = 1.0
"""As long as threads are due, a job for them is called again this often, which does nothing if one waits or
runs (seconds)."""
COUNT_WORKERS_SECONDS = 15.0
"""Between two counts of the workers (seconds)."""
RETENTION_SECONDS = 60.0
"""Between two jobs that remove old texts (seconds)."""
ORPHAN_RECOVERY_SECONDS = 15.0
"""Between two jobs for the orphan recovery, which then decides whether to scan (seconds)."""
POST_AUDIT_SECONDS = 5.0
"""Between two jobs for the audit's channel (seconds)."""
HOME_SECONDS = 10.0
"""Between two looks whether open Home tabs have changed (seconds)."""
LOCK_WATCH_SECONDS = 10.0
"""Between two looks at the locks (seconds)."""
ASKED_REQUESTS_SECONDS = 10.0
"""Between two looks at the requests that others are asked to run (seconds)."""
EXPIRY_SECONDS = 600.0
"""Between two jobs that delete old records (seconds)."""


OTHER_QUEUES = [each for each in QUEUES if each != DEPLOYS_QUEUE]
"""Of jobs that move no deploy."""

PERIODIC_JOBS: Mapping[str, tuple[float, Callable[[JobQueue, str], None]]] = {
    "read_user_groups": (READ_EVERY_SECONDS, JobQueue.read_user_groups),
    "read_slack_directory": (REFRESH_SECONDS, lambda jobs, nonce: jobs.read_slack_directory(nonce=nonce)),
    "read_freeze_calendars": (CALENDARS_READ_EVERY_SECONDS, JobQueue.read_freeze_calendars),
    "refresh_homes": (HOME_SECONDS, JobQueue.refresh_homes),
    "watch_locks": (LOCK_WATCH_SECONDS, JobQueue.watch_locks),
    "show_asked_requests": (ASKED_REQUESTS_SECONDS, JobQueue.show_asked_requests),
    "recover_orphans": (ORPHAN_RECOVERY_SECONDS, JobQueue.recover_orphans),
    "post_audit": (POST_AUDIT_SECONDS, JobQueue.post_audit),
    "expire_records": (EXPIRY_SECONDS, JobQueue.expire_records),
    "forget_thread_messages": (RETENTION_SECONDS, JobQueue.forget_thread_messages),
}
"""Jobs that are no deploy's: the seconds between two of them, and how one is enqueued."""
NEEDED_FOR: Mapping[str, tuple[str, ...]] = {
    "refresh_homes": (redis_keys.HOME_VIEWERS,),
    "watch_locks": (redis_keys.LOCKS, redis_keys.NOTICES, redis_keys.SENT_NOTICES),
    "show_asked_requests": (redis_keys.ASKED_REQUESTS,),
}
"""The keys of Redis, one of which has to exist for the job to have anything to do."""
RESTED_UNLESS: Mapping[str, tuple[str, ...]] = {
    "read_user_groups": (redis_keys.LOCKS,),
    "read_freeze_calendars": (),
    "read_slack_directory": (),
    "forget_thread_messages": (),
}
"""Jobs that note until when they have nothing to do, and the keys that may call for one sooner."""


class Call(NamedTuple):
    """Enqueues a job."""

    names: Sequence[str]
    """What is taken care of by this call and those before it."""
    enqueue: Callable[[], None]


class Scheduler:
    """Enqueues jobs for everything that is due."""

    def __init__(
        self,
        store: DeployStore,
        threads: ThreadStore,
        job_queue: JobQueue,
        *,
        now: Callable[[], float] = time.time,
        posts_audit: bool = False,
        newest_entry: NewestEntry | None = None,
    ) -> None:
        """posts_audit: whether the audit has a channel of its own. newest_entry: of the audit, if another
        goes by it, too."""
        self._store = store
        self._threads = threads
        self._job_queue = job_queue
        self._now = now
        self._posts_audit = posts_audit
        self._enqueued: dict[str, str] = {}
        """For which due time of each deploy, thread or periodic job one was enqueued last, so that Redis is
        not asked four times a second."""
        self._workers, self._workers_counted_at = 1, 0.0
        self._threads_due = False
        self._threads_looked_at = self._look_at_threads_again_at = 0.0
        self._looked_at = self._look_again_at = 0.0
        self._next_deploy_at: float | None = None
        self._next_thread_at: float | None = None
        self._newest_entry = newest_entry or NewestEntry(store.redis, now=now)
        self._quiet_at, self._quiet_entry = 0.0, ""
        """When nothing was found that is due now or later, and the newest entry before that."""

    def tick(self) -> int:
        """Enqueues jobs for everything that is due, deploys first, as long as not too many jobs wait. Returns
        how many jobs it asked for (count)."""
        now = self._now()
        due, threads_are_due = self._look(now)
        wanted = {each.deploy_id: _nonce_of(each, now) for each in due}
        if threads_are_due:
            wanted["publish"] = f"{self._threads_looked_at:.3f}"
        for name, (seconds, _) in PERIODIC_JOBS.items():
            if name != "post_audit" or self._posts_audit:
                wanted[name] = str(int(now / seconds))
        fresh = {name: nonce for name, nonce in wanted.items() if self._enqueued.get(name) != nonce}
        unneeded = self._unneeded(fresh, now)
        fresh = {name: nonce for name, nonce in fresh.items() if name not in unneeded}
        kept = {name: nonce for name, nonce in wanted.items() if name not in fresh}
        calls: list[Call] = []
        if fresh:
            workers = self._count_workers(now)
            due = [each for each in due if each.deploy_id in fresh]
            if due:
                [waiting] = waiting_jobs(self._store.redis, [DEPLOYS_QUEUE]).values()
                calls = self._calls_for_deploys(due, workers, waiting)
            others = self._other_calls(fresh)
            if any(each.names != ["publish"] for each in others):  # that has a place of its own
                room = _room_for_others(workers, waiting_jobs(self._store.redis, OTHER_QUEUES))
                others = others[:room]
            calls += others
        for names, enqueue in calls:
            enqueue()
            kept.update({name: fresh[name] for name in names})
        self._enqueued = kept
        return len(calls)

    def _look(self, now: float) -> tuple[list[DueDeploy], bool]:
        """The deploys that are due, and whether threads are."""
        entry = self._newest_entry.id()
        if entry == self._quiet_entry and 0 <= now - self._quiet_at < QUIET_SECONDS:
            return [], False
        due, threads_are_due = self._find_due(now), self._are_threads_due(now)
        if self._next_deploy_at is None and self._next_thread_at is None:
            if self._looked_at == self._threads_looked_at == now:
                self._quiet_at, self._quiet_entry = now, entry
            else:  # one of them may be older than the entry: both again
                self._look_again_at = self._look_at_threads_again_at = now
        return due, threads_are_due

    def _find_due(self, now: float) -> list[DueDeploy]:
        if self._looked_at <= now < self._look_again_at:
            return []
        next_at = self._next_deploy_at = self._store.next_due_at()
        self._looked_at = self._look_again_at = now
        if next_at is not None and next_at <= now:
            return self._store.due(now)
        self._look_again_at = min(now + LOOK_SECONDS, next_at or math.inf)
        return []

    def _are_threads_due(self, now: float) -> bool:
        """Asked once in PUBLISH_SECONDS, which is as often as a job for them is called, and when the first of
        them is due."""
        if not self._threads_looked_at <= now < self._look_at_threads_again_at:
            at = self._next_thread_at = self._threads.overdue_at(now)
            self._threads_due, self._threads_looked_at = at is not None and at <= now, now
            again = now + PUBLISH_SECONDS
            self._look_at_threads_again_at = again if at is None or at <= now else min(at, again)
        return self._threads_due

    def _calls_for_deploys(
        self, due: Sequence[DueDeploy], workers: int, waiting: Sequence[str]
    ) -> list[Call]:
        wanted = jobs_for_due_deploys(due, workers)
        enqueued = wanted[: _room_for_deploys(wanted, workers, waiting)]
        calls = [
            Call((), partial(self._job_queue.watch, cluster_key, slot, scheduled=True))
            if cluster_key
            else Call((), partial(self._job_queue.advance_due, slot, scheduled=True))
            for cluster_key, slot in enqueued
        ]
        if calls and enqueued == wanted:
            calls[-1] = Call([each.deploy_id for each in due], calls[-1].enqueue)
        return calls

    def _other_calls(self, fresh: Mapping[str, str]) -> list[Call]:
        calls = []
        if "publish" in fresh:
            calls.append(Call(["publish"], partial(self._job_queue.publish, scheduled=True)))
        for name, (_, enqueue) in PERIODIC_JOBS.items():
            if name in fresh:
                calls.append(Call([name], partial(enqueue, self._job_queue, "one")))
        return calls

    def _unneeded(self, names: Collection[str], now: float) -> set[str]:
        """Those of these jobs that would find nothing to do."""
        redis = self._store.redis
        rested = RESTED_UNLESS.keys() & names
        needs = {each: NEEDED_FOR[each] for each in NEEDED_FOR.keys() & names}
        if rested:
            needs |= {each: RESTED_UNLESS[each] for each in rested & JobRests(redis).resting(now)}
        existing = self._existing({key for keys in needs.values() for key in keys})
        unneeded = {name for name, keys in needs.items() if existing.isdisjoint(keys)}
        if "recover_orphans" in names and not OrphanScans(redis, now=self._now).is_due():
            unneeded.add("recover_orphans")
        return unneeded

    def _existing(self, keys: Collection[str]) -> set[str]:
        """Those of these keys that Redis has. Mostly there is none, which one question tells."""
        redis = self._store.redis
        if not keys or not redis.exists(*keys):
            return set()
        return {each for each in keys if redis.exists(each)}

    def _count_workers(self, now: float) -> int:
        """How many workers live, or 1 (count)."""
        if now - self._workers_counted_at >= COUNT_WORKERS_SECONDS:
            living = [each for each in read_heartbeats(self._store.redis) if each.process == "worker"]
            self._workers, self._workers_counted_at = max(len(living), 1), now
        return self._workers


def jobs_for_due_deploys(due: Sequence[DueDeploy], workers: int) -> list[tuple[str, int]]:
    """The jobs for these deploys, the most needed first: for each the cluster whose rollouts it reads, or ""
    for one that takes other steps, and its number. Of each kind there are as many as the workers can use at
    once. Pure."""
    own_steps = [each.deploy_id for each in due if not each.job.startswith(WATCH_PREFIX)]
    clusters = Counter(
        each.job.removeprefix(WATCH_PREFIX) for each in due if each.job.startswith(WATCH_PREFIX)
    )  # in the order in which they are due
    watches = [
        (cluster_key, slot)
        for cluster_key, count in clusters.items()
        for slot in range(min(workers, math.ceil(count / WATCH_BATCH_SIZE)))
    ]
    return [
        *(("", slot) for slot in _advance_slots(own_steps)[: min(workers, len(own_steps))]),
        *sorted(watches, key=lambda watch: watch[1]),
    ]


def _room_for_deploys(wanted: Sequence[tuple[str, int]], workers: int, waiting: Sequence[str]) -> int:
    """How many of the jobs may be enqueued, so that half of all that may wait move deploys (count). The jobs
    that others enqueue, too, always may. waiting: their ids."""
    others = sum(each.startswith("advance_due-") for each in waiting)
    room = workers * JOBS_FOR_EACH_WORKER // 2 - len(waiting) - max(ADVANCE_SLOTS - others, 0)
    for count, (cluster_key, slot) in enumerate(wanted):
        room -= bool(cluster_key) or slot >= ADVANCE_SLOTS
        if room < 0:
            return count
    return len(wanted)


def _room_for_others(workers: int, waiting: Mapping[str, Sequence[str]]) -> int:
    """How many jobs that move no deploy may be enqueued (count). One place is kept for a job of the orphan
    recovery, and one for what updates threads. waiting: ids of theirs."""
    others = sum(map(len, waiting.values()))
    return max(workers * JOBS_FOR_EACH_WORKER // 2 - 2 - others, 0)


def _advance_slots(ids: Sequence[str]) -> list[int]:
    """Those that `JobQueue.advance` has for these deploys, so none is enqueued twice, and then others."""
    return [*dict.fromkeys(map(advance_slot, ids)), *range(ADVANCE_SLOTS, len(ids))]


def _nonce_of(due: DueDeploy, now: float) -> str:
    """Changes with the due time, every REPEAT_SECONDS after it, and as soon as the process that had claimed
    the deploy is dead."""
    return f"{due.at:.3f}-{int((now - due.at) / REPEAT_SECONDS)}-{due.left_claim}"


def main() -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = load_settings_or_exit(SchedulerSettings)
    serve_metrics(SCHEDULER, settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis = connect(settings.redis_url)
    job_queue = JobQueue(connect_for_rq(settings.redis_url))
    newest_entry = NewestEntry(redis)
    scheduler = Scheduler(
        DeployStore(redis),
        ThreadStore(redis),
        job_queue,
        posts_audit=settings.audit_channel is not None,
        newest_entry=newest_entry,
    )
    arrival_watch = ArrivalWatch(EcsEvents(redis), job_queue)
    audit_keeper = AuditKeeper(redis, settings.audit_retention_days, sys.stdout, newest_entry)
    heartbeats = HeartbeatWriter(redis, "scheduler")
    warn_about_redis_config(redis)
    exempt_start_from_collection()
    log.info("scheduler started")
    wait = TICK_SECONDS
    while not stop.wait(wait):
        METRICS_PIPE.looped()
        try:
            scheduler.tick()
            audit_keeper.tick()
            arrival_watch.tick()
            heartbeats.write()
            wait = TICK_SECONDS
            REDIS_OUTAGE.record_recovery()
        except RedisError as error:
            REDIS_OUTAGE.record_failure(error)
            wait = REDIS_OUTAGE.retry_delay()
    with REDIS_OUTAGE.tolerate_errors():
        heartbeats.remove()
    log.info("scheduler stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
