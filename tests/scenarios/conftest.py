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


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All scenarios of a mode run in one test process, so that its stage is built once."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call is not None and "slack" in call.params:
            item.add_marker(pytest.mark.xdist_group(f"scenarios-{call.params['slack']}"))
