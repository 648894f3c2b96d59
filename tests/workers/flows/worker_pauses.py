"""Workers that are paused at any of their commands to Redis and calls to AWS, while another takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from redis import Redis

from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.claim_holder import HEARTBEAT_SECONDS, holder_of
from deploys.stores.deploy_store import DeployStore
from tests import in_process_endpoint
from tests.in_process_endpoint import InProcessEndpoint, call_wsgi
from tests.workers.engine_harness import EngineHarness
from workers.ecs.aws.request_ids import changes_something
from workers.engine import Engine

Points = Callable[[str], bool]
"""Which of the points at which a worker can be paused."""


def anywhere(where: str) -> bool:
    """Each command to Redis, and before and after each call to AWS."""
    return not on_the_way(where)


def before_a_change(where: str) -> bool:
    """Before each call that changes AWS."""
    return where.startswith("before ") and changes_something(where.removeprefix("before "))


def on_the_way(where: str) -> bool:
    """After the last check, before AWS gets the request."""
    return where.startswith("on its way: ")


class PausedWorker:
    """One worker, which is paused once in each job; another worker takes the job over meanwhile."""

    def __init__(self, harness: EngineHarness, redis: Redis) -> None:
        self.harness = harness
        self.takeovers: list[str] = []
        """Where the worker was paused, if another then took over its deploy."""
        self.changes_after_takeover: list[str] = []
        """What the worker nevertheless changed in AWS."""
        self.overwritten: list[str] = []
        """The records that the worker nevertheless wrote."""
        self._store = DeployStore(redis, now=harness.ecs.now)
        self._calls_until_pause: int | None = None
        self._runs = self._lost = False

    def run_job(self, deploy_id: str, job: Callable[[Engine], None], pause_at: int, what: Points) -> None:
        """Runs a job of this deploy, and pauses it at the n-th point of this kind."""
        self._store.claim_holder.begin_process()
        self._deploy_id, self._job, self._what = deploy_id, job, what
        self._calls_until_pause, self._runs, self._lost = pause_at, True, False
        try:
            job(self.harness.new_engine(self._store))
        finally:
            self._runs = False
        if self._lost and self._version() != self._version_at_takeover:
            self.overwritten.append(self.takeovers[-1])

    def reach(self, where: str) -> None:
        """The worker comes to a command or call."""
        if not self._runs or self._calls_until_pause is None or not self._what(where):
            return
        self._calls_until_pause -= 1
        if self._calls_until_pause == 0:
            self._calls_until_pause, self._runs = None, False
            self._pause(where)
            self._runs = True

    def sent(self, operation: str) -> None:
        """A request has come to AWS."""
        if self._runs and self._lost and changes_something(operation):
            self.changes_after_takeover.append(f"{operation}, paused at {self.takeovers[-1]}")

    def _pause(self, where: str) -> None:
        lease = self.harness.redis.get(redis_keys.lease(self._deploy_id))
        held = lease is not None and holder_of(to_text(lease)) == self._store.claim_holder.id
        self.harness.expire_heartbeat(self._deploy_id)
        self.harness.ecs.advance(HEARTBEAT_SECONDS)
        before = self._version()
        self._job(self.harness.new_engine(DeployStore(self.harness.redis, now=self.harness.ecs.now)))
        self._version_at_takeover = self._version()
        if held and self._version_at_takeover != before:
            self._lost = True
            self.takeovers.append(where)

    def _version(self) -> int:
        return self.harness.get(self._deploy_id).version


@contextmanager
def paused_worker(
    harness: EngineHarness, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PausedWorker]:
    """redis: a client of its own for the worker that is paused."""
    worker = PausedWorker(harness, redis)
    connection_class = redis.connection_pool.connection_class
    send_command, call, send = (
        connection_class.send_packed_command,
        BaseClient._make_api_call,  # type: ignore[attr-defined]
        InProcessEndpoint._do_get_response,
    )
    own = redis.connection_pool

    def reach_redis(connection: Any, command: Any, *args: Any, **options: Any) -> Any:
        if connection in own._in_use_connections:
            worker.reach("a command to Redis")
        return send_command(connection, command, *args, **options)

    def reach_aws(client: Any, operation: str, parameters: Any) -> Any:
        if client.meta.config.user_agent_extra != "slipway":
            return call(client, operation, parameters)
        worker.reach(f"before {operation}")
        try:
            return call(client, operation, parameters)
        finally:
            worker.reach(f"after {operation}")

    def delay_on_its_way(application: Any, environ: dict[str, Any]) -> Any:
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        if changes_something(operation):
            worker.reach(f"on its way: {operation}")
        return call_wsgi(application, environ)

    def note_sent(endpoint: Any, request: Any, model: Any, context: Any) -> Any:
        answer = send(endpoint, request, model, context)
        if answer[0] is not None:
            worker.sent(model.name)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(connection_class, "send_packed_command", reach_redis)
        patch.setattr(BaseClient, "_make_api_call", reach_aws)
        patch.setattr(InProcessEndpoint, "_do_get_response", note_sent)
        patch.setattr(in_process_endpoint, "call_wsgi", delay_on_its_way)
        yield worker
