from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.in_process_aws import call_sandbox_in_process


@pytest.fixture
def empty_workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory and an environment without settings. What `.env` adds is removed again."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ, kept, clear=True):
        yield tmp_path


@pytest.fixture
def aws_account(empty_workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EcsSandbox]:
    """An AWS account that boto3 of this process calls, with the permissions of an administrator."""
    with EcsSandbox(clock=ManualClock(start=NOW), seed=1) as sandbox:
        call_sandbox_in_process(sandbox, monkeypatch)
        yield sandbox


@pytest.fixture
def large_account(aws_account: EcsSandbox) -> EcsSandbox:
    """The same with more than 30 services of every kind, which run."""
    aws_account.add_large_account()
    aws_account.advance(300)
    return aws_account
