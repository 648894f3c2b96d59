"""Fixtures of the flow tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fake_web_server import FakeWebServer, fake_web_server
from tests.workers.engine_harness import EngineHarness
from tests.workers.flows.checked_deploys import create_quiet_alarm

AlterResponse = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def alter_response(harness: EngineHarness) -> Iterator[AlterResponse]:
    """Alters ECS's responses to Slipway for one operation. The test's own client gets the real ones."""
    events = harness.engine._aws.region("eu-west-1").ecs.meta.events
    registered: list[tuple[str, Callable[..., None]]] = []

    def change(operation: str, what: Callable[[dict[str, Any]], None]) -> None:
        def handle(parsed: dict[str, Any], **_: Any) -> None:
            what(parsed)

        events.register(f"after-call.ecs.{operation}", handle)
        registered.append((f"after-call.ecs.{operation}", handle))

    yield change
    for name, handle in registered:
        events.unregister(name, handle)


@pytest.fixture
def health_endpoint() -> Iterator[FakeWebServer]:
    with fake_web_server() as serving:
        yield serving


@pytest.fixture
def cloudwatch(harness: EngineHarness) -> Any:
    """A CloudWatch client, and one alarm in state OK."""
    cloudwatch = harness.ecs.client("cloudwatch")
    create_quiet_alarm(cloudwatch)
    return cloudwatch
