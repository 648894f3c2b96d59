"""What may go wrong between a client and AWS, on request."""

from __future__ import annotations

import itertools
import threading
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from sandbox.ecs.http.aws_request import AwsRequest
from sandbox.ecs.operations import READS

FAULT_KINDS = {
    "throttle": "refused with ThrottlingException, status 400",
    "error": "refused with `code` (InternalFailure) and `status` (500); nothing is applied",
    "access-denied": "refused with AccessDeniedException, status 400",
    "timeout-before": "not applied; the connection hangs for `seconds`, then closes without an answer",
    "timeout-after": "applied; the connection hangs for `seconds`, then closes without an answer",
    "stale": "Describe*, Get* and List* of ECS answer as things were `seconds` ago",
    "no-room": "RunTask starts nothing and answers with a failure for the reason `message` (RESOURCE:MEMORY)",
    "newer": "DescribeTaskDefinition answers with one more member, `message` (addedLater), which is false",
    "latency": "answered `seconds` late",
}


KINDS_OF_ONE_OPERATION = {"no-room": "RunTask", "newer": "DescribeTaskDefinition"}
"""Kinds that strike one operation alone."""


@dataclass
class EcsFault:
    """One thing that goes wrong. `seconds` are the clock's for `stale`, and real ones otherwise."""

    kind: str
    operation: str = "*"
    """`UpdateService`, `ecr:DescribeImages`, `Describe*`, or `*` for all."""
    service: str | None = None
    """Name of the ECS service that the request must be about."""
    times: int | None = 1
    """How many requests it strikes; None for all of them."""
    skip: int = 0
    """How many matching requests it lets pass first."""
    seconds: float = 0.0
    code: str | None = None
    status: int | None = None
    message: str | None = None
    id: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}; there are: {', '.join(FAULT_KINDS)}")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times must be at least 1, or null for ever, not {self.times}")
        if self.skip < 0 or self.seconds < 0:
            raise ValueError("skip and seconds must not be negative")
        if self.kind in ("stale", "latency") and not self.seconds:
            raise ValueError(f"a fault of kind {self.kind!r} needs seconds")

    def matches(self, request: AwsRequest) -> bool:
        service, _, operation = self.operation.rpartition(":")
        if service and service != request.service:
            return False
        if not fnmatchcase(request.operation, operation):
            return False
        if request.operation != KINDS_OF_ONE_OPERATION.get(self.kind, request.operation):
            return False
        if self.kind == "stale" and not (request.service == "ecs" and request.operation in READS):
            return False
        return self.service is None or request.is_about_service(self.service)

    @property
    def is_used_up(self) -> bool:
        return self.times is not None and self.hits >= self.times


class EcsFaults:
    """The faults that are waiting. Every matching one that is not spent strikes; order of adding."""

    def __init__(self) -> None:
        self._faults: list[EcsFault] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, *, kind: str, operation: str = "*", **rest: Any) -> EcsFault:
        """Add a fault; the members are those of `Fault`. Raises ValueError for what it cannot be."""
        settable = {field.name for field in fields(EcsFault)} - {"id", "hits"}
        unknown = set(rest) - settable
        if unknown:
            raise ValueError(
                f"a fault has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(settable))}"
            )
        fault = EcsFault(kind=kind, operation=operation, **rest)
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take_matching(self, request: AwsRequest) -> list[EcsFault]:
        """The faults that befall this request; each is counted."""
        striking = []
        with self._lock:
            for fault in self._faults:
                if fault.is_used_up or not fault.matches(request):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                striking.append(fault)
        return striking
