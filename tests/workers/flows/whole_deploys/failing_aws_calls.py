"""AWS calls that raise an error from a phase on: always, or until they have failed several times."""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib import import_module
from string import Formatter
from typing import Any

import pytest

import workers.ecs
from deploys.catalogue.service import Strategy
from deploys.errors import SlipwayError
from deploys.records.deploy import Deploy
from tests.workers.engine_harness import EngineHarness
from workers import http_check

FAILURES_BEFORE_RECOVERY = 6
"""How often a call that a rollback needs fails (count): for about a minute, and more often than internal
errors are retried."""

REQUIRED_TO_RESTORE = frozenset(
    {
        "services.describe",
        "services.update",
        "scalable_targets.read_target",  # to restore suspended scaling
        "scalable_targets.set_suspension",
    }
)
"""Without these calls nothing can be restored."""
REQUIRED_FOR_STRICT_ORDER = frozenset({"tasks.list_service_tasks", "tasks.list_running", "tasks.describe"})
"""Required if no new task may start before every old one has stopped."""
REQUIRED_TO_LEAVE_PAUSES = frozenset(
    {
        "service_deployments.continue_past_hook",
        "service_deployments.describe",
        "service_deployments.find_by_deployment_id",
    }
)
"""Required if ECS shifts traffic: a rollback by an update pauses at the same hooks."""
NOT_REQUIRED = frozenset(
    {
        "alarms.read",
        "essential_containers.read_essential_containers",
        "http_check.check_url",
        "image_indexes.read_platform_digests",
        "image_indexes.read_manifest",
        "image_indexes.is_same_image",
        "logs.read_last_lines",
        "tasks.read_protection",
        "ecr.find_image",
        "service_deployments.stop",
        "services.tag",
        "services.untag",
        "scalable_targets.read_targets",  # by `slipway init` alone
        "task_definitions.describe",
        "task_definitions.tag_for_rollback",
        "task_definitions.list_newest",
        "task_definitions.register",
        "task_definitions.find_registered_for",
        "task_definitions.read_replaced_revision",
        "task_definitions.read_tags",
        "task_definitions.read_variables",
        "tasks.list_stopped_tasks",
    }
)
"""Calls that explain, prove or save time. Registering a copy is required only for a deregistered revision."""
ONLY_BEFORE_CHANGE = frozenset(
    {
        "one_off_tasks.find",
        "one_off_tasks.run",
        "one_off_tasks.stop",
        "ecr.is_pulled_through",
        "ecr.list_newest_images",
        "ecr.list_recent_tags",
    }
)
"""Calls that no phase after the first change makes."""


@cache
def list_aws_calls() -> tuple[tuple[str, Any], ...]:
    """Every public function of the workers that calls AWS, and the URL check, by its name."""
    found_calls: list[tuple[str, Any]] = []
    for found in pkgutil.walk_packages(workers.ecs.__path__, "workers.ecs."):
        module = import_module(found.name)
        _, _, last = found.name.rpartition(".")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            is_call = first is not None and first.annotation == "RegionClients" and not name.startswith("_")
            if is_call and function.__module__ == module.__name__:
                found_calls.append((f"{last}.{name}", module))
    return (*found_calls, ("http_check.check_url", http_check))


def make_error(kind: type[Exception]) -> Exception:
    """An error of this kind with made-up details."""
    if not issubclass(kind, SlipwayError):
        return kind("nobody expected this")
    named = {name for _, name, _, _ in Formatter().parse(kind.sentence) if name}
    return kind(**dict.fromkeys({*named, "action", "code", "detail", "request_id"}, "made up"))


class FailingCalls:
    """Calls raise errors of this kind, from the first call for which `starts_when` holds."""

    def __init__(
        self,
        harness: EngineHarness,
        monkeypatch: pytest.MonkeyPatch,
        kind: type[Exception],
        starts_when: Callable[[Deploy], bool],
        on_start: Callable[[str], None] = lambda deploy_id: None,
    ) -> None:
        """on_start: called with the deploy's id at that moment."""
        self.deploy_id = ""
        self.failures: Counter[str] = Counter()
        self._harness = harness
        self._kind = kind
        self._starts_when = starts_when
        self._on_start = on_start
        self._started = False
        self._recovering: frozenset[str] = frozenset()
        for call, module in list_aws_calls():
            _, _, name = call.rpartition(".")
            monkeypatch.setattr(module, name, self._make_failing(call, getattr(module, name)))

    def _make_failing(self, call: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **given: Any) -> Any:
            if self._should_fail(call):
                self.failures[call] += 1
                raise make_error(self._kind)
            return real(*args, **given)

        return ask

    def _should_fail(self, call: str) -> bool:
        if not self._started:
            deploy = self._harness.get(self.deploy_id) if self.deploy_id else None
            if deploy is None or not self._starts_when(deploy):
                return False
            self._started = True
            self._recovering = calls_that_recover(deploy.service.strategy)
            self._on_start(self.deploy_id)
        return call not in self._recovering or self.failures[call] < FAILURES_BEFORE_RECOVERY


def calls_that_recover(strategy: Strategy) -> frozenset[str]:
    """The calls that a rollback needs, which fail only FAILURES_BEFORE_RECOVERY times."""
    also = {Strategy.STOP_START: REQUIRED_FOR_STRICT_ORDER, Strategy.NATIVE: REQUIRED_TO_LEAVE_PAUSES}
    return REQUIRED_TO_RESTORE | also.get(strategy, frozenset())
