"""One stage for each Slack mode, shared by the scenarios of that mode."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from slipway.demo.run import names_of
from slipway.demo.stage import stage
from tests.scenarios.conversation import Conversation

SPEED = 12.0


@pytest.fixture(scope="session", params=["socket", "http"])
def slack(request: pytest.FixtureRequest) -> Iterator[Conversation]:
    """A workspace with Slipway in it: bot or web process, two workers, a clock, Valkey and ECS."""
    with stage(speed=SPEED, mode=request.param) as playing:
        yield Conversation(playing, names_of(playing))
