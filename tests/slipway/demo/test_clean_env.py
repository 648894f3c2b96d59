"""The configuration of the machine must not affect the demo, or lead it to a real AWS account."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import slipway
from slipway.demo.clean_env import clean_env
from slipway.demo.process_group import ProcessGroup

CODE = str(Path(slipway.__file__).parents[1])


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_ECS",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "HTTPS_PROXY",
        "http_proxy",
        "REDIS_URL",
        "SLACK_BOT_TOKEN",
        "LOG_FORMAT",
        "LEASE_SECONDS",
    ],
)
def test_settings_of_a_real_slipway_of_aws_and_of_proxies_are_left_out(name: str) -> None:
    assert clean_env({name: "real", "HOME": "/home/alice"}) == {"HOME": "/home/alice", "PYTHONPATH": CODE}


def test_an_env_file_where_the_demo_is_started_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("REDIS_URL=redis://production:6379/0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "more")
    logs = tmp_path / "logs"
    logs.mkdir()

    with ProcessGroup(logs) as processes:
        scheduler = processes.start_module("scheduler", "workers.scheduler", env={})
        code = scheduler.process.wait(60)

    assert code == 2
    assert "REDIS_URL is not set." in scheduler.log.read_text()
    assert clean_env(os.environ)["PYTHONPATH"] == os.pathsep.join((CODE, "more"))
