from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from bot import listeners
from slipway.requests import session
from tests.slipway.requests.terminal import TerminalHarness


@pytest.fixture
def terminal(
    empty_workdir: Path, redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> TerminalHarness:
    """A terminal where nobody waits for a worker to ask Slack."""
    monkeypatch.setattr(session, "set_up_logging", lambda settings: None)  # that of the whole process
    monkeypatch.setattr(listeners, "KNOWLEDGE_WAIT_SECONDS", 0.0)
    return TerminalHarness(empty_workdir, redis, redis_url)
