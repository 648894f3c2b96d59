"""The only functions that a job may run.

The JSON serializer makes a job's arguments harmless, but the name of its function still comes from Redis.
"""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError
from rq.job import Job

from deploys.redaction import redact
from deploys.redis_outage import REDIS_OUTAGE

ENTRY_POINTS = frozenset(
    f"workers.jobs.{name}"
    for name in (
        "advance_due",
        "advance",
        "watch",
        "publish",
        "publish_home",
        "refresh_homes",
        "read_user_groups",
        "read_freeze_calendars",
        "read_slack_directory",
        "recover_orphans",
        "read_ecs_soon",
        "watch_locks",
        "show_asked_requests",
        "post_audit",
        "expire_records",
        "forget_thread_messages",
        "answer_privately",
        "answer_tags",
        "answer_status",
        "answer_stats",
        "answer_plan",
        "answer_logs",
        "show_plan",
        "read_tags",
    )
)


class NotAllowedError(Exception):
    """A job names a function that is not one of our entry points."""


class AllowedJob(Job):
    """An RQ job that runs our entry points and nothing else."""

    @property
    def func(self) -> Any:
        """The entry point.

        Raises:
            NotAllowedError: the job names another function.
        """
        if self.func_name not in ENTRY_POINTS:
            raise NotAllowedError(str(self.func_name))
        return super().func

    def perform(self) -> Any:
        """Runs the job. If Redis goes away meanwhile, the job has not failed: what is due stays due, and the
        scheduler enqueues it again."""
        try:
            return super().perform()
        except RedisError as error:
            REDIS_OUTAGE.record_failure(error)
            return None

    def _handle_failure(self, exc_string: str, *args: Any, **kwargs: Any) -> None:
        """RQ keeps the traceback of a failed job in Redis. It is kept without secrets."""
        super()._handle_failure(redact(exc_string), *args, **kwargs)

    def restore(self, raw_data: dict[Any, Any]) -> None:
        """Loads the job from Redis, without its callbacks and webhooks."""
        super().restore(raw_data)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
