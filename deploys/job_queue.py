"""The queue of the workers' jobs. A job has only ids; if one is lost, the scheduler enqueues it again."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal

from redis import Redis
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from deploys.telemetry.tracing import TRACING

QUEUE_NAME = "slipway"
JOB_TIMEOUT = 55
"""How long a job may take (seconds). A lease may end sooner: no step begins a change that outlasts it."""
DEDUPLICATION_SECONDS = 0.2
"""The same job enqueued twice within this time is one job (seconds). If RQ leaves the hash of a job
behind, that blocks the same job for no longer than this."""
STUCK_SECONDS = 5.0
"""The job that updates threads is one job within this time (seconds). If RQ leaves its hash behind, that
blocks it for no longer."""
WATCH_PREFIX = "watch:"
ServicesQuery = Literal["answer_status", "answer_stats"]
"""A job that tells something about several services."""
UNREPEATED_JOBS = frozenset(
    {"answer_privately", "answer_tags", "answer_status", "answer_plan", "answer_logs", "show_plan"}
)
"""Jobs that the scheduler does not enqueue again: they wait longer for a worker."""


class JobQueue:
    """Enqueues jobs by name, so that callers need not import the workers."""

    def __init__(
        self,
        redis: Redis,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._queue = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer)
        self._now = now

    def advance(self, deploy_id: str) -> None:
        """Moves this deploy."""
        self._try_enqueue("advance", deploy_id)

    def watch(self, cluster_key: str) -> None:
        """Moves all rollouts of this cluster that are due."""
        self._try_enqueue("watch", cluster_key)

    def publish(self, *, scheduled: bool = False) -> None:
        """Brings the threads that are due up to date. One such job is enough: it does nothing if it is
        enqueued already. scheduled: raises as `requeue` does.
        """
        self._try_enqueue("publish", nonce=str(int(self._now() / STUCK_SECONDS)), raises=scheduled)

    def publish_more(self) -> None:
        """The same, called by such a job before it ends."""
        self._try_enqueue("publish", nonce=secrets.token_hex(8), raises=False)

    def publish_home(self, user: str, team: str) -> None:
        """Updates this user's Home tab. team: the workspace in which it was opened."""
        self._try_enqueue("publish_home", user, team)

    def refresh_homes(self, nonce: str = "") -> None:
        """Updates the Home tabs that are open and have changed. nonce: as in `requeue`."""
        self._try_enqueue("refresh_homes", nonce=nonce)

    def read_user_groups(self, nonce: str = "") -> None:
        """Reads from Slack who is in the user groups of services.yml. nonce: as in `requeue`."""
        self._try_enqueue("read_user_groups", nonce=nonce)

    def read_freeze_calendars(self, nonce: str = "") -> None:
        """Reads the calendars of freezes that have an address. nonce: as in `requeue`."""
        self._try_enqueue("read_freeze_calendars", nonce=nonce)

    def read_slack_directory(self, slack_id: str = "", nonce: str = "") -> None:
        """Reads from Slack who this person is, or what kind of channel it is, before any other job, because
        somebody waits for it; without an id, all that are needed. nonce: as in `requeue`."""
        self._try_enqueue(
            "read_slack_directory", *filter(None, [slack_id]), nonce=nonce, at_front=bool(slack_id)
        )

    def recover_orphans(self, nonce: str = "") -> None:
        """Finds services that a lost deploy left stopped. nonce: as in `requeue`."""
        self._try_enqueue("recover_orphans", nonce=nonce)

    def watch_locks(self, nonce: str = "") -> None:
        """Looks at all locks, and sends what people are told about them. nonce: as in `requeue`."""
        self._try_enqueue("watch_locks", nonce=nonce)

    def show_asked_requests(self, nonce: str = "") -> None:
        """Posts the requests that others are asked to run, and edits those that are over. nonce: as in
        `requeue`."""
        self._try_enqueue("show_asked_requests", nonce=nonce)

    def post_audit(self, nonce: str = "") -> None:
        """Tells in the audit's channel what it does not know yet. nonce: as in `requeue`."""
        self._try_enqueue("post_audit", nonce=nonce)

    def expire_records(self, nonce: str = "") -> None:
        """Deletes records whose deploys ended long ago. nonce: as in `requeue`."""
        self._try_enqueue("expire_records", nonce=nonce)

    def forget_thread_messages(self, nonce: str = "") -> None:
        """Removes the texts of old deploys. nonce: as in `requeue`."""
        self._try_enqueue("forget_thread_messages", nonce=nonce)

    def answer_privately(
        self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str = ""
    ) -> None:
        """Sends one user a message that nobody else sees.

        channel: empty if the user is in none, as on the Home tab.

        answer_id: the key of their response_url in Redis; empty if there is none.
        """
        self._try_enqueue("answer_privately", channel, thread_ts, user, text, answer_id)

    def answer_tags(
        self, query_id: str, service: str, channel: str, thread_ts: str | None, user: str, team: str
    ) -> None:
        """Sends one user the tags of a service. query_id: also the key of their response_url in Redis.

        Raises:
            RedisError: the job was not enqueued, and the scheduler does not repeat it.
        """
        self._enqueue("answer_tags", query_id, service, channel, thread_ts, user, team)

    def answer_about_services(
        self,
        query: ServicesQuery,
        query_id: str,
        services: Iterable[str],
        channel: str,
        thread_ts: str | None,
        user: str,
        team: str,
    ) -> None:
        """Sends one user what these services run now, or how they were delivered. Otherwise as `answer_tags`.

        Raises:
            RedisError: the job was not enqueued, and the scheduler does not repeat it.
        """
        self._enqueue(query, query_id, ",".join(services), channel, thread_ts, user, team)

    def answer_plan(
        self,
        query_id: str,
        service: str,
        tag: str,
        channel: str,
        thread_ts: str | None,
        user: str,
        team: str,
    ) -> None:
        """Sends one user what a deploy would change. Otherwise as `answer_tags`.

        Raises:
            RedisError: the job was not enqueued, and the scheduler does not repeat it.
        """
        self._enqueue("answer_plan", query_id, service, tag, channel, thread_ts, user, team)

    def answer_logs(
        self,
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
        lines: of each log (count). Otherwise as `answer_tags`.

        Raises:
            RedisError: the job is not enqueued.
        """
        self._enqueue("answer_logs", query_id, service, container, lines, channel, thread_ts, user, team)

    def show_plan(self, plan_id: str, service: str, tag: str, channel: str, user: str, team: str) -> None:
        """Shows in the modal with this external id what a deploy would change. Otherwise as `answer_tags`.

        Raises:
            RedisError: the job was not enqueued, and the scheduler does not repeat it.
        """
        self._enqueue("show_plan", plan_id, service, tag, channel, user, team)

    def read_tags(self, service: str, *, awaited: bool = False) -> None:
        """Reads which tags a service's image has, and which of them run. awaited: before any other job,
        because somebody looks at the list."""
        self._try_enqueue("read_tags", service, at_front=awaited)

    def requeue(self, job: str, name: str, nonce: str) -> None:
        """Enqueues a job for the scheduler: with the same nonce only once, however many schedulers there are.

        Raises:
            ConnectionError, TimeoutError: Redis does not answer, or refuses jobs for now.
        """
        self._try_enqueue(job, name, nonce=nonce)

    def _try_enqueue(
        self,
        job: str,
        *args: str | None,
        nonce: str = "",
        at_front: bool = False,
        raises: bool | None = None,
    ) -> None:
        """raises: whether the caller is told that Redis does not answer; not given: a caller with a nonce is,
        which tries again."""
        raises = bool(nonce) if raises is None else raises
        try:
            self._enqueue(job, *args, nonce=nonce, at_front=at_front)
        except RedisError as error:  # what is due stays due: the scheduler waits for Redis and enqueues it
            if raises and isinstance(error, ConnectionError | TimeoutError):
                raise

    def _enqueue(self, job: str, *args: str | int | None, nonce: str = "", at_front: bool = False) -> None:
        once = nonce or str(int(self._now() / DEDUPLICATION_SECONDS))
        digest = hashlib.sha256(json.dumps([args, once]).encode()).hexdigest()[:24]
        with suppress(DuplicateJobError):  # already enqueued
            self._queue.enqueue(
                f"workers.jobs.{job}",
                args=args,
                job_id=f"{job}-{digest}",
                unique=True,
                meta=TRACING.carrier(),
                at_front=at_front,
                job_timeout=JOB_TIMEOUT,
                result_ttl=0,
                failure_ttl=3600,
                ttl=600 if job in UNREPEATED_JOBS else 60,
            )
