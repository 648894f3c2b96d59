"""Which functions a job may name.

With a JSON serializer the arguments are harmless, but the function's name still comes out of Redis.
"""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError
from rq.job import Job

from deploys.redis_outage import REDIS_OUTAGE

ENTRY_POINTS = frozenset(
    f"workers.jobs.{name}"
    for name in (
        "advance",
        "watch",
        "publish",
        "publish_home",
        "read_user_groups",
        "recover_orphans",
        "answer_privately",
        "tags",
        "plan",
    )
)


class NotAllowedError(Exception):
    """A job names something else than one of our entry points, or brings a callback or webhook."""


class AllowedJob(Job):
    """An RQ job that runs our entry points and nothing else."""

    @property
    def func(self) -> Any:
        """The entry point.

        Raises:
            NotAllowedError: it is none of ours.
        """
        if self.func_name not in ENTRY_POINTS:
            raise NotAllowedError(str(self.func_name))
        return super().func

    def perform(self) -> Any:
        """Runs it. Redis going away on the way is no failure of the job: what is due stays due, and the clock
        rings for it again."""
        try:
            return super().perform()
        except RedisError as error:
            REDIS_OUTAGE.record_failure(error)
            return None

    def restore(self, raw_data: dict[Any, Any]) -> None:
        """Takes over what Redis holds, but for callbacks and webhooks."""
        super().restore(raw_data)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
