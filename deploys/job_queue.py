"""Jobs for the workers: RQ jobs that carry an id. The scheduler enqueues a job again if it was lost."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress

from redis import Redis
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

QUEUE_NAME = "slipway"
JOB_TIMEOUT = 55
"""Seconds a job may take. A lease that ends sooner is safe: no change is begun that could outlive it."""
DEDUPLICATION_SECONDS = 0.2
"""Two equal jobs within this time are one. A job whose hash was left behind blocks its id no longer than
that."""
WATCH_PREFIX = "watch:"
UNREPEATED_JOBS = frozenset({"answer_privately", "tags", "plan"})
"""Jobs that the scheduler does not enqueue again: they wait longer for a worker."""


class JobQueue:
    """Enqueues jobs by name, so that the bot need not import the workers."""

    def __init__(
        self,
        redis: Redis,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._queue = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer)
        self._now = now

    def advance(self, deploy_id: str) -> None:
        """Take this deploy's next step."""
        self._try_enqueue("advance", deploy_id)

    def watch(self, cluster_key: str) -> None:
        """Read all rollouts of this cluster."""
        self._try_enqueue("watch", cluster_key)

    def publish(self, deploy_id: str) -> None:
        """Bring this deploy's thread up to date."""
        self._try_enqueue("publish", deploy_id)

    def publish_home(self, user: str) -> None:
        """Show this user's Home tab as it is now."""
        self._try_enqueue("publish_home", user)

    def read_user_groups(self, nonce: str = "") -> None:
        """Read who is in the user groups of services.yml."""
        self._try_enqueue("read_user_groups", nonce=nonce)

    def recover_orphans(self, nonce: str = "") -> None:
        """Look for services that a lost deploy left stopped."""
        self._try_enqueue("recover_orphans", nonce=nonce)

    def answer_privately(
        self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str = ""
    ) -> None:
        """Answer one user, privately. `answer_id` names their response_url (`ThreadStore.save_response_url`);
        empty: they have none. An empty channel: they are in none, as on the Home tab."""
        self._try_enqueue("answer_privately", channel, thread_ts, user, text, answer_id)

    def tags(self, query_id: str, service: str, channel: str, thread_ts: str | None, user: str) -> None:
        """Tell one user which tags a service has. `question` names the asking, for an answer by response_url.

        Raises:
            RedisError: nothing was enqueued, and the scheduler does not do it again.
        """
        self._enqueue("tags", query_id, service, channel, thread_ts, user)

    def plan(
        self, query_id: str, service: str, tag: str, channel: str, thread_ts: str | None, user: str
    ) -> None:
        """Tell one user what a deploy would change. Otherwise as `tags`.

        Raises:
            RedisError: nothing was enqueued.
        """
        self._enqueue("plan", query_id, service, tag, channel, thread_ts, user)

    def requeue(self, job: str, name: str, nonce: str) -> None:
        """For the scheduler: one job for each nonce, however many schedulers run.

        Raises:
            ConnectionError, TimeoutError: Redis does not answer, or takes no jobs for now.
        """
        self._try_enqueue(job, name, nonce=nonce)

    def _try_enqueue(self, job: str, *args: str | None, nonce: str = "") -> None:
        try:
            self._enqueue(job, *args, nonce=nonce)
        except RedisError as error:  # what is due stays due: the scheduler enqueues it again
            if nonce and isinstance(error, ConnectionError | TimeoutError):
                raise

    def _enqueue(self, job: str, *args: str | None, nonce: str = "") -> None:
        once = nonce or str(int(self._now() / DEDUPLICATION_SECONDS))
        digest = hashlib.sha256(json.dumps([args, once]).encode()).hexdigest()[:24]
        with suppress(DuplicateJobError):  # already enqueued
            self._queue.enqueue(
                f"workers.jobs.{job}",
                args=args,
                job_id=f"{job}-{digest}",
                unique=True,
                job_timeout=JOB_TIMEOUT,
                result_ttl=0,
                failure_ttl=3600,
                ttl=600 if job in UNREPEATED_JOBS else 60,
            )
