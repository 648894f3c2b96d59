"""A forked process ends, and says how, as one that was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process_forker import ForkedProcess, start_process
from tests.scenarios.conversation import wait_until


def start(module: str, folder: Path, *arguments: str, **env: str) -> ForkedProcess:
    with (folder / "log").open("wb") as output:
        process = start_process(
            [sys.executable, "-m", module, *arguments], cwd=folder, env=env, stdout=output
        )
    assert isinstance(process, ForkedProcess)
    return process


@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_how_it_ended(tmp_path: Path, by: int, code: int) -> None:
    """The sandbox's ECS has no process of its own, which would outlive it."""
    process = start("sandbox.ecs", tmp_path, "--port", "0", PATH=os.environ["PATH"])
    wait_until(lambda: b"http://" in (tmp_path / "log").read_bytes())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)

    process.send_signal(by)

    assert process.wait(30) == process.poll() == code


def test_it_has_its_own_environment_folder_and_output(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=not-a-token\n")

    refused = start("workers", tmp_path, REDIS_URL="redis://127.0.0.1:1")

    assert refused.wait(30) == 2
    log = (tmp_path / "log").read_text()
    assert "SLACK_BOT_TOKEN" in log
    assert "RESTORE_TAG_KEY" in log
    assert "REDIS_URL" not in log
