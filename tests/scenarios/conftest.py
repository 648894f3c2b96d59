"""One demo for each Slack mode, shared by the scenarios of that mode."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from slipway.demo import process_group
from slipway.demo.demo_environment import start_demo
from slipway.demo.terminal_run import read_names
from tests.process_forker import start_process
from tests.redis_acl import denied, users_for_processes
from tests.scenarios.conversation import Conversation

SPEED = 12.0


@pytest.fixture(scope="session", autouse=True)
def _forked_processes() -> Iterator[None]:
    """The demos of the scenarios fork their processes."""
    with pytest.MonkeyPatch.context() as patch:
        forking = SimpleNamespace(**{**vars(subprocess), "Popen": start_process})
        patch.setattr(process_group, "subprocess", forking)
        yield


# Not for the session: an idle demo takes a tenth of a core from the tests that follow.
@pytest.fixture(scope="package", params=["socket", "http"])
def slack(request: pytest.FixtureRequest) -> Iterator[Conversation]:
    """A workspace with Slipway in it: bot or web process, two workers, the scheduler, Valkey and ECS. Each
    process has the Redis user of docs/security.md, and none is refused anything that it needs."""
    with start_demo(
        speed=SPEED, mode=request.param, redis_users=users_for_processes, with_metrics=True
    ) as demo:
        yield Conversation(demo, read_names(demo))
        assert denied(demo.redis) == []
