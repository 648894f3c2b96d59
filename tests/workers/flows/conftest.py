"""What a flow needs beside the yard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web_answers import WebAnswers, web_answers
from tests.workers.flows.checks import a_quiet_alarm
from tests.workers.yard import Yard

Twist = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def twist(yard: Yard) -> Iterator[Twist]:
    """Changes what ECS answers Slipway on an operation; the console of the test gets the truth."""
    events = yard.engine._aws.region("eu-west-1").ecs.meta.events
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
def web() -> Iterator[WebAnswers]:
    with web_answers() as serving:
        yield serving


@pytest.fixture
def alarm(yard: Yard) -> Any:
    """CloudWatch, with one alarm that is quiet."""
    cloudwatch = yard.ecs.client("cloudwatch")
    a_quiet_alarm(cloudwatch)
    return cloudwatch
