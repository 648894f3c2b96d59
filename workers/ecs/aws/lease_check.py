"""Whether this process still has the deploy, checked as late as possible before a request that changes AWS.

A process can be paused at any point, and its deploy is then taken over. So Redis is asked once the request is
signed, and the clock once more when the connection is made and the headers are sent: AWS does nothing for
half a request.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from deploys.stores.claim_holder import uptime
from workers.ecs.aws.request_ids import changes_something

CHANGED_BY_DEPLOYS = frozenset({"ecs", "application-autoscaling"})
"""Services of AWS, by the names that boto3 has for them."""


class LeaseCheck:
    """What is asked before each request that changes AWS."""

    def __init__(self) -> None:
        self._confirm: ContextVar[Callable[[], float] | None] = ContextVar("confirm", default=None)

    def watch(self, client: Any) -> None:
        """From now on this client asks before it sends a change, if its service is one that deploys
        change."""
        if client.meta.service_model.service_name in CHANGED_BY_DEPLOYS:
            client.meta.events.register("before-send", self._before_send)

    @contextmanager
    def by(self, confirm: Callable[[], float]) -> Iterator[None]:
        """In this block AWS may be changed. confirm: returns until when a request may be sent (by `uptime`),
        and raises an error if none may be."""
        before = self._confirm.set(confirm)
        try:
            yield
        finally:
            self._confirm.reset(before)

    def _before_send(self, *, request: Any, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        if not changes_something(operation):
            return
        confirm = self._confirm.get()
        if confirm is None:
            raise RuntimeError(f"{operation} changes AWS, and only a step of a deploy that was claimed may")
        send_by = confirm()
        if isinstance(body := getattr(request, "body", None), bytes | str):
            request.body = TimedBody(body.encode() if isinstance(body, str) else body, send_by)


class TimedBody(io.BytesIO):
    """The body of a request. It cannot be read once the time is over, so that AWS gets no whole request."""

    def __init__(self, content: bytes, send_by: float) -> None:
        """send_by: by `uptime`."""
        super().__init__(content)
        self._send_by = send_by

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes. Raises TimeoutError if it is too late to send them."""
        content = super().read(size)
        if content and uptime() >= self._send_by:
            raise TimeoutError("the request was delayed for too long, so it was not sent")
        return content


LEASE_CHECK = LeaseCheck()
"""Of all clients of this process, in any region and with any role."""
