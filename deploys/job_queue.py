"""The queues of the workers' jobs. A job has only ids; if one is lost, the scheduler enqueues it again.

A worker deletes the hash of a job when it takes the job, so the same job waits once and may be enqueued again
while it runs. What many callers enqueue is one of few such jobs, which take whatever is due.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from redis import Redis
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.scripts import get_unique_enqueue_script, save_unique_job
from rq.serializers import JSONSerializer
from rq.utils import now

from deploys.redis_connection import to_texts
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys
from deploys.telemetry.tracing import TRACING

ASKED_QUEUE = "slipway"
"""Jobs that somebody waits for, and what access depends on. An earlier version, which may run beside this one
for some minutes during an upgrade, has its only queue here."""
DEPLOYS_QUEUE = "slipway-deploys"
"""Jobs that move deploys."""
TELLING_QUEUE = "slipway-telling"
"""Jobs that show what has happened, and clean up."""
QUEUES = (ASKED_QUEUE, DEPLOYS_QUEUE, TELLING_QUEUE)
"""In the order in which workers take from them, except that each gets its turn (`workers/rq_worker.py`)."""
JOB_TIMEOUT = 55
"""How long a job may take (seconds). A lease may end sooner: no step begins a change that outlasts it."""
DEDUPLICATION_SECONDS = 0.2
"""The same question enqueued twice within this time is one job (seconds)."""
ADVANCE_SLOTS = 2
"""Jobs that take deploys which are due, and that wait at the same time unless the scheduler adds some
(count)."""
JOBS_FOR_EACH_WORKER = 10
"""Jobs that wait, questions of people aside, are no more than so many for each worker (count)."""
WATCH_BATCH_SIZE = 40
"""How many deploys one watch job handles: what it can do well within a lease (count)."""
WATCH_PREFIX = "watch:"
ServicesQuery = Literal["answer_status", "answer_stats"]
"""A job that tells something about several services."""
UNREPEATED_JOBS = frozenset(
    {"answer_privately", "answer_tags", "answer_status", "answer_plan", "answer_logs", "show_plan"}
)
"""Jobs that the scheduler does not enqueue again: they wait longer for a worker."""
SHARED_JOBS = frozenset({"advance_due", "watch", "publish"})
"""Jobs that take whatever is due. They may wait longer, too: if the hash of one expired, its id would stay in
the queue beside that of the next."""
QUEUE_OF_JOB: Mapping[str, str] = {
    **dict.fromkeys(("advance_due", "watch", "read_ecs_soon", "recover_orphans"), DEPLOYS_QUEUE),
    **dict.fromkeys(
        (
            "publish",
            "publish_home",
            "refresh_homes",
            "watch_locks",
            "show_asked_requests",
            "post_audit",
            "expire_records",
            "forget_thread_messages",
        ),
        TELLING_QUEUE,
    ),
}
"""The queue of a job; all others are in ASKED_QUEUE."""


class JobQueue:
    """Enqueues jobs by name, so that callers need not import the workers."""

    def __init__(
        self,
        redis: Redis,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._redis = redis
        self._queues = {name: Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES}
        self._now = now

    def open_connection(self) -> None:
        """Connects to Redis, so that the first job need not. Raises RedisError."""
        self._redis.ping()

    def advance(self, deploy_id: str) -> None:
        """Has this deploy moved, which is due: one of few jobs is enqueued, which take what is due, oldest
        request first. Nothing happens if that job waits already."""
        self.advance_due(advance_slot(deploy_id))

    def advance_due(self, slot: int, *, scheduled: bool = False) -> None:
        """The same by the number of the job. scheduled: the scheduler asks, and is told if Redis does not
        answer, or refuses jobs for now (ConnectionError, TimeoutError)."""
        self._try_enqueue("advance_due", nonce=f"slot {slot}", scheduled=scheduled)

    def watch(self, cluster_key: str, slot: int = 0, *, scheduled: bool = False) -> None:
        """Moves rollouts of this cluster that are due; jobs with other numbers move others. Otherwise as
        `advance_due`."""
        self._try_enqueue("watch", cluster_key, nonce=f"slot {slot}", scheduled=scheduled)

    def publish(self, *, scheduled: bool = False) -> None:
        """Brings the threads that are due up to date. One such job is enough: nothing is enqueued while one
        waits, or runs, which looks for more at its end. Otherwise as `advance_due`."""
        self._try_enqueue("publish", nonce="one", scheduled=scheduled, unless=redis_keys.PUBLISHER)

    def is_more_urgent_waiting(self) -> bool:
        """Whether a job waits that goes before those that tell. Raises RedisError."""
        return bool(self._redis.exists(*(f"rq:queue:{name}" for name in (ASKED_QUEUE, DEPLOYS_QUEUE))))

    def publish_home(self, user: str, team: str) -> None:
        """Updates this user's Home tab. team: the workspace in which it was opened."""
        self._try_enqueue("publish_home", user, team)

    def refresh_homes(self, nonce: str = "") -> None:
        """Updates the Home tabs that are open and have changed. nonce: as in `recover_orphans`."""
        self._try_enqueue("refresh_homes", nonce=nonce)

    def read_user_groups(self, nonce: str = "") -> None:
        """Reads from Slack who is in the user groups of services.yml. nonce: as in `recover_orphans`."""
        self._try_enqueue("read_user_groups", nonce=nonce)

    def read_freeze_calendars(self, nonce: str = "") -> None:
        """Reads the calendars of freezes that have an address. nonce: as in `recover_orphans`."""
        self._try_enqueue("read_freeze_calendars", nonce=nonce)

    def read_slack_directory(self, slack_id: str = "", nonce: str = "") -> None:
        """Reads from Slack who this person is, or what kind of channel it is, before any other job, because
        somebody waits for it; without an id, all that are needed. nonce: as in `recover_orphans`."""
        self._try_enqueue(
            "read_slack_directory", *filter(None, [slack_id]), nonce=nonce, at_front=bool(slack_id)
        )

    def recover_orphans(self, nonce: str = "") -> None:
        """Finds services that a lost deploy left stopped.

        nonce: of the scheduler: with the same one only one such job waits, however many schedulers there are.
        Otherwise as `advance_due`.
        """
        self._try_enqueue("recover_orphans", nonce=nonce)

    def read_ecs_soon(self, nonce: str = "") -> None:
        """Reads ECS within seconds for every deploy that waits for it: events of ECS do not arrive any more.
        nonce: as in `recover_orphans`."""
        self._try_enqueue("read_ecs_soon", nonce=nonce)

    def watch_locks(self, nonce: str = "") -> None:
        """Looks at all locks, and sends what people are told about them. nonce: as in `recover_orphans`."""
        self._try_enqueue("watch_locks", nonce=nonce)

    def show_asked_requests(self, nonce: str = "") -> None:
        """Posts the requests that others are asked to run, and edits those that are over. nonce: as in
        `recover_orphans`."""
        self._try_enqueue("show_asked_requests", nonce=nonce)

    def post_audit(self, nonce: str = "") -> None:
        """Tells in the audit's channel what it does not know yet. nonce: as in `recover_orphans`."""
        self._try_enqueue("post_audit", nonce=nonce)

    def expire_records(self, nonce: str = "") -> None:
        """Deletes records whose deploys ended long ago. nonce: as in `recover_orphans`."""
        self._try_enqueue("expire_records", nonce=nonce)

    def forget_thread_messages(self, nonce: str = "") -> None:
        """Removes the texts of old deploys. nonce: as in `recover_orphans`."""
        self._try_enqueue("forget_thread_messages", nonce=nonce)

    def answer_privately(
        self,
        channel: str,
        thread_ts: str | None,
        user: str,
        text: str,
        answer_id: str = "",
        *,
        trip: RoundTrip | None = None,
    ) -> None:
        """Sends one user a message that nobody else sees.

        channel: empty if the user is in none, as on the Home tab.

        answer_id: the key of their response_url in Redis; empty if there is none. trip: the job is enqueued
        when this is run.
        """
        args = (channel, thread_ts, user, text, answer_id)
        if trip is None:
            self._try_enqueue("answer_privately", *args)
        else:
            self._add_to(trip, "answer_privately", *args)

    def answer_tags(
        self,
        trip: RoundTrip,
        query_id: str,
        service: str,
        channel: str,
        thread_ts: str | None,
        user: str,
        team: str,
    ) -> None:
        """Sends one user the tags of a service. query_id: also the key of their response_url in Redis.

        trip: the job is enqueued when this is run, which fails otherwise: the scheduler does not repeat it.
        """
        self._add_to(trip, "answer_tags", query_id, service, channel, thread_ts, user, team)

    def answer_about_services(
        self,
        trip: RoundTrip,
        query: ServicesQuery,
        query_id: str,
        services: Iterable[str],
        channel: str,
        thread_ts: str | None,
        user: str,
        team: str,
    ) -> None:
        """Sends one user what these services run now, or how they were delivered. Otherwise as
        `answer_tags`."""
        self._add_to(trip, query, query_id, ",".join(services), channel, thread_ts, user, team)

    def answer_plan(
        self,
        trip: RoundTrip,
        query_id: str,
        service: str,
        tag: str,
        channel: str,
        thread_ts: str | None,
        user: str,
        team: str,
    ) -> None:
        """Sends one user what a deploy would change. Otherwise as `answer_tags`."""
        self._add_to(trip, "answer_plan", query_id, service, tag, channel, thread_ts, user, team)

    def answer_logs(
        self,
        trip: RoundTrip,
        query_id: str,
        service: str,
        container: str,
        lines: int,
        channel: str,
        thread_ts: str | None,
        user: str,
        team: str,
    ) -> None:
        """Sends one user the last log lines of a service's newest tasks. container: empty for all of them.
        lines: of each log (count). Otherwise as `answer_tags`."""
        args = (query_id, service, container, lines, channel, thread_ts, user, team)
        self._add_to(trip, "answer_logs", *args)

    def show_plan(self, plan_id: str, service: str, tag: str, channel: str, user: str, team: str) -> None:
        """Shows in the modal with this external id what a deploy would change.

        Raises:
            RedisError: the job was not enqueued, and the scheduler does not repeat it.
        """
        self._enqueue("show_plan", plan_id, service, tag, channel, user, team)

    def read_tags(self, service: str, *, awaited: bool = False) -> None:
        """Reads which tags a service's image has, and which of them run. awaited: before any other job,
        because somebody looks at the list."""
        self._try_enqueue("read_tags", service, at_front=awaited)

    def _try_enqueue(
        self,
        job: str,
        *args: str | None,
        nonce: str = "",
        at_front: bool = False,
        scheduled: bool | None = None,
        unless: str = "",
    ) -> None:
        """scheduled: not given: a job with a nonce is. unless: a key of Redis; nothing is enqueued while it
        exists."""
        scheduled = bool(nonce) if scheduled is None else scheduled
        try:
            if not unless or not self._redis.exists(unless):
                self._enqueue(job, *args, nonce=nonce, at_front=at_front, scheduled=scheduled)
        except RedisError as error:  # what is due stays due: the scheduler waits for Redis and enqueues it
            if scheduled and isinstance(error, ConnectionError | TimeoutError):
                raise

    def _enqueue(
        self,
        job: str,
        *args: str | int | None,
        nonce: str = "",
        at_front: bool = False,
        scheduled: bool = False,
    ) -> None:
        queue, made = self._make(job, args, nonce)
        with suppress(DuplicateJobError):  # it waits already
            # `Queue.enqueue` would first write into a set of all queues, each time.
            save_unique_job(self._redis, queue.key, made, at_front=at_front)  # type: ignore[no-untyped-call]
            return
        if scheduled and self._redis.lpos(queue.key, made.id) is None:
            # A worker died, or lost the answer, while it took this job, and has left its hash.
            self._redis.delete(made.key)
            with suppress(DuplicateJobError):
                save_unique_job(self._redis, queue.key, made)  # type: ignore[no-untyped-call]

    def _add_to(self, trip: RoundTrip, job: str, *args: str | int | None) -> None:
        """Enqueues it when the round trip is run. Nothing happens if it waits already."""
        queue, made = self._make(job, args)
        fields: list[str | bytes] = []
        for name, value in made.to_dict().items():
            if value is not None:
                fields += [name, value if isinstance(value, bytes | str) else str(value)]
        trip.add_script(
            get_unique_enqueue_script(self._redis),  # type: ignore[no-untyped-call]
            [made.key, queue.key],
            [made.id, "R", made.ttl, *fields],
            must_succeed=True,
        )

    def _make(self, job: str, args: tuple[str | int | None, ...], nonce: str = "") -> tuple[Queue, Job]:
        """The job, and the queue that it belongs to."""
        once = nonce or str(int(self._now() / DEDUPLICATION_SECONDS))
        digest = hashlib.sha256(json.dumps([args, once]).encode()).hexdigest()[:24]
        queue = self._queues[QUEUE_OF_JOB.get(job, ASKED_QUEUE)]
        made = queue.create_job(
            f"workers.jobs.{job}",
            args=args,
            job_id=f"{job}-{digest}",
            timeout=JOB_TIMEOUT,
            result_ttl=0,
            failure_ttl=3600,
            ttl=600 if job in UNREPEATED_JOBS | SHARED_JOBS else 60,
            meta=TRACING.carrier(),
        )
        made.enqueued_at = now()
        return queue, made


def advance_slot(deploy_id: str) -> int:
    """The number of the job that is enqueued for this deploy."""
    return zlib.crc32(deploy_id.encode()) % ADVANCE_SLOTS


def waiting_jobs(redis: Redis, queues: Sequence[str] = QUEUES) -> dict[str, list[str]]:
    """The ids of the jobs that wait for a worker, by queue. Raises RedisError."""
    pipe = redis.pipeline(transaction=False)
    for name in queues:
        pipe.lrange(f"rq:queue:{name}", 0, -1)
    return {name: to_texts(ids) for name, ids in zip(queues, pipe.execute(), strict=True)}


def count_waiting(redis: Redis) -> int:
    """Jobs that wait for a worker (count). Raises RedisError."""
    pipe = redis.pipeline(transaction=False)
    for name in QUEUES:
        pipe.llen(f"rq:queue:{name}")
    return sum(pipe.execute())
