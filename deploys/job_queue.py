"""Rings for the workers: an RQ job that carries a bare id. A bell that is lost is rung again by the clock."""

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
"""Two rings within this time are one. A job whose hash was left behind blocks its own id no longer."""
WATCH_PREFIX = "watch:"
UNREPEATED_JOBS = frozenset({"answer_privately", "answer_tags", "answer_plan"})
"""Jobs that nobody rings for again: they wait longer for a worker."""


class JobQueue:
    """Enqueues jobs by name, so that nobody who rings needs to import the workers."""

    def __init__(
        self,
        redis: Redis,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._queue = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer)
        self._now = now

    def advance(self, deploy_id: str) -> None:
        """Move this deploy."""
        self._try_enqueue("advance", deploy_id)

    def watch(self, cluster_key: str) -> None:
        """Look at all rollouts of this cluster."""
        self._try_enqueue("watch", cluster_key)

    def publish(self, deploy_id: str) -> None:
        """Bring this deploy's thread up to date."""
        self._try_enqueue("publish", deploy_id)

    def publish_home(self, user: str) -> None:
        """Show this user's Home tab anew."""
        self._try_enqueue("publish_home", user)

    def read_user_groups(self, nonce: str = "") -> None:
        """Read anew who is in the user groups of services.yml."""
        self._try_enqueue("read_user_groups", nonce=nonce)

    def recover_orphans(self, nonce: str = "") -> None:
        """Look for services that a lost deploy left stopped."""
        self._try_enqueue("recover_orphans", nonce=nonce)

    def answer_privately(
        self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str = ""
    ) -> None:
        """Answer one user, seen by nobody else. `answer_id` names their response_url (`Threads.answer_at`);
        empty: they have none. An empty channel: they are in none, as on the Home tab."""
        self._try_enqueue("answer_privately", channel, thread_ts, user, text, answer_id)

    def answer_tags(
        self, query_id: str, service: str, channel: str, thread_ts: str | None, user: str
    ) -> None:
        """Tell one user which tags a service has. `question` names the asking, for an answer by response_url.

        Raises:
            RedisError: it did not ring, and no clock rings for a question.
        """
        self._enqueue("answer_tags", query_id, service, channel, thread_ts, user)

    def answer_plan(
        self, query_id: str, service: str, tag: str, channel: str, thread_ts: str | None, user: str
    ) -> None:
        """Tell one user what a deploy would change. Otherwise as `answer_tags`.

        Raises:
            RedisError: it did not ring.
        """
        self._enqueue("answer_plan", query_id, service, tag, channel, thread_ts, user)

    def requeue(self, job: str, name: str, nonce: str) -> None:
        """The clock's ring: the same nonce is rung once, by however many clocks.

        Raises:
            ConnectionError, TimeoutError: Redis does not answer, or takes no jobs for now.
        """
        self._try_enqueue(job, name, nonce=nonce)

    def _try_enqueue(self, job: str, *args: str | None, nonce: str = "") -> None:
        try:
            self._enqueue(job, *args, nonce=nonce)
        except RedisError as error:  # what is due stays due: the clock rings, and waits for Redis itself
            if nonce and isinstance(error, ConnectionError | TimeoutError):
                raise

    def _enqueue(self, job: str, *args: str | None, nonce: str = "") -> None:
        once = nonce or str(int(self._now() / DEDUPLICATION_SECONDS))
        told = hashlib.sha256(json.dumps([args, once]).encode()).hexdigest()[:24]
        with suppress(DuplicateJobError):  # already rung
            self._queue.enqueue(
                f"workers.jobs.{job}",
                args=args,
                job_id=f"{job}-{told}",
                unique=True,
                job_timeout=JOB_TIMEOUT,
                result_ttl=0,
                failure_ttl=3600,
                ttl=600 if job in UNREPEATED_JOBS else 60,
            )
