"""Faults: what goes wrong between a client and AWS when a test asks for it."""

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
    "stale": "Describe*, Get* and List* of ECS answer with the state of `seconds` ago",
    "no-room": "RunTask starts nothing and answers a failure whose reason is `message` (RESOURCE:MEMORY)",
    "newer": "DescribeTaskDefinition answers an extra member named `message` (addedLater), which is false",
    "latency": "answered `seconds` late",
    "skewed-date": "the `Date` of the answer is `seconds` ahead of this machine's clock",
}


KINDS_OF_ONE_OPERATION = {"no-room": "RunTask", "newer": "DescribeTaskDefinition"}
"""Kinds that only affect one operation."""


@dataclass
class EcsFault:
    """One thing that goes wrong. `seconds` are those of the sandbox's clock for `stale`, otherwise real
    ones."""

    kind: str
    operation: str = "*"
    """`UpdateService`, `ecr:DescribeImages`, `Describe*`, or `*` for all."""
    service: str | None = None
    """Name of the ECS service that the request must name; None for any request."""
    times: int | None = 1
    """How many requests it affects; None for all of them."""
    skip: int = 0
    """How many matching requests pass first."""
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
            raise ValueError(f"times must be at least 1, or null for no limit, not {self.times}")
        if self.skip < 0 or self.seconds < 0:
            raise ValueError("skip and seconds must not be negative")
        if self.kind in ("stale", "latency", "skewed-date") and not self.seconds:
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
    """The faults that are set. A request is affected by every fault that matches it and is not used up."""

    def __init__(self) -> None:
        self._faults: list[EcsFault] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, *, kind: str, operation: str = "*", **rest: Any) -> EcsFault:
        """Add a fault with the fields of `EcsFault`. Raises ValueError for a field or value that is not
        valid."""
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
        """The faults that affect this request, in the order in which they were added. Each is counted."""
        matching = []
        with self._lock:
            for fault in self._faults:
                if fault.is_used_up or not fault.matches(request):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                matching.append(fault)
        return matching
