"""Calls of AWS that raise, whatever the error, from a phase on: for ever, or until they have failed often."""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from string import Formatter
from typing import Any

import pytest

import workers.ecs
from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy
from deploys.errors import SlipwayError
from tests.workers.yard import Yard
from workers import http_check

FAILURES = 6
"""How often a call fails that a way out needs (count): for a minute in all, and more often than an error of
our own is tried again."""

NEEDED = frozenset(
    {
        "services.describe",
        "services.update",
        "scaling.target",  # suspended scaling is put back
        "scaling.suspend",
    }
)
"""Calls without which nothing can be brought back."""
PROVES_ORDER = frozenset({"tasks.of_service", "tasks.describe"})
"""Needed where no new task may start before every old one has stopped."""
LEAVES_PAUSES = frozenset({"rollouts.continue_", "rollouts.describe", "rollouts.service_deployment"})
"""Needed where ECS shifts traffic: a way back that is an update waits at the hooks of any deployment."""
NOT_NEEDED = frozenset(
    {
        "alarms.read",
        "essential.with_essential",
        "http_check.look",
        "image_indexes.platforms",
        "image_indexes.read_manifest",
        "image_indexes.same_image",
        "logs.last_lines",
        "protection.of_tasks",
        "registry.find",
        "rollouts.stop",
        "services.tag",
        "services.untag",
        "task_definitions.describe",
        "task_definitions.mark_rollback",
        "task_definitions.newest",
        "task_definitions.register",
        "task_definitions.registered_for",
        "task_definitions.replaced_by",
        "task_definitions.tags_of",
        "tasks.stopped_by",
    }
)
"""Calls that explain, prove or save time. To register a copy is needed only for a revision that is gone."""
BEFORE_THE_CHANGE = frozenset(
    {
        "one_off.find",
        "one_off.run",
        "one_off.stop",
        "registry.is_pulled_through",
        "registry.newest_images",
        "registry.recent_tags",
    }
)
"""Calls that no phase after the first change makes."""


def calls_of_aws() -> Iterator[tuple[str, Any]]:
    """Every public function of the workers that asks AWS, and the address that is checked, by its name."""
    for found in pkgutil.iter_modules(workers.ecs.__path__):
        module = import_module(f"workers.ecs.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            is_call = first is not None and first.annotation == "Region" and not name.startswith("_")
            if is_call and function.__module__ == module.__name__:
                yield f"{found.name}.{name}", module
    yield "http_check.look", http_check


def an_error(kind: type[Exception]) -> Exception:
    """One of this kind; its facts are made up."""
    if not issubclass(kind, SlipwayError):
        return kind("nobody expected this")
    named = {name for _, name, _, _ in Formatter().parse(kind.sentence) if name}
    return kind(**dict.fromkeys({*named, "action", "code", "detail", "request_id"}, "made up"))


class FailingCalls:
    """From the first call that a deploy makes for which `begins` holds, calls raise errors of this kind."""

    def __init__(
        self,
        yard: Yard,
        monkeypatch: pytest.MonkeyPatch,
        kind: type[Exception],
        begins: Callable[[Deploy], bool],
        then: Callable[[str], None] = lambda deploy_id: None,
    ) -> None:
        """then: what is done with the deploy's id at that moment."""
        self.deploy_id = ""
        self.failed: Counter[str] = Counter()
        self._yard = yard
        self._kind = kind
        self._begins = begins
        self._then = then
        self._begun = False
        for call, module in calls_of_aws():
            _, _, name = call.rpartition(".")
            monkeypatch.setattr(module, name, self._failing(call, getattr(module, name)))

    def _failing(self, call: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **given: Any) -> Any:
            if self._strikes(call):
                self.failed[call] += 1
                raise an_error(self._kind)
            return real(*args, **given)

        return ask

    def _strikes(self, call: str) -> bool:
        if not self._begun:
            if not self.deploy_id or not self._begins(self._yard.get(self.deploy_id)):
                return False
            self._begun = True
            self._then(self.deploy_id)
        return not self._heals(call) or self.failed[call] < FAILURES

    def _heals(self, call: str) -> bool:
        strategy = self._yard.get(self.deploy_id).service.strategy
        also = {Strategy.STOP_START: PROVES_ORDER, Strategy.NATIVE: LEAVES_PAUSES}
        return call in NEEDED | also.get(strategy, frozenset())
