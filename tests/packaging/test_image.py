"""The Dockerfile and compose.yml, as far as they can be checked without Docker."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import BotSettings, WebSettings
from deploys.settings import Settings
from workers.settings import EventsSettings, SchedulerSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
JOB_SECONDS = 55
"""The longest job of a worker (`workers/rq_worker.py`)."""
SETTINGS: dict[str, type[Settings]] = {
    "bot": BotSettings,
    "web": WebSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
    "events": EventsSettings,
}


def read_stages() -> list[list[tuple[str, str]]]:
    """For each stage its instructions: name and arguments."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    pairs = [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]
    starts = [number for number, (name, _) in enumerate(pairs) if name == "FROM"]
    return [pairs[start:end] for start, end in zip(starts, [*starts[1:], len(pairs)], strict=True)]


BUILD, FINAL = read_stages()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
OURS = ("bot", "web", "worker", "scheduler", "events")


def arguments(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [value for found, value in stage if found == name]


def test_everything_that_is_copied_is_tracked_and_reaches_the_builder() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [source for line in arguments(BUILD, "COPY") for source in line.split()[:-1]]

    assert [each for each in sources if not any(name.split("/")[0] == each for name in tracked)] == []
    assert sorted(allowed) == sorted(sources)
    assert "sandbox" not in sources
    assert "tests" not in sources


def test_every_room_that_production_imports_is_in_the_image() -> None:
    sources = {source for line in arguments(BUILD, "COPY") for source in line.split()[:-1]}
    rooms = {path.parent.name for path in ROOT.glob("*/py.typed")}

    assert rooms - sources == {"sandbox"}


def test_only_locked_packages_with_hashes_are_installed() -> None:
    installs = [json.loads(line) for line in arguments(BUILD, "RUN") if '"install"' in line]

    for command in installs:
        assert "--require-hashes" in command or {"--no-deps", "--no-index"} <= set(command), command
    assert [line for line in arguments(FINAL, "RUN") if "pip" in line] == []
    assert [word for command in installs for word in command if word.endswith(".lock")] == [
        "requirements-production.lock",
        "requirements-build.lock",
    ]


def test_the_image_runs_as_nobody_in_particular_and_gets_its_signals() -> None:
    [user] = arguments(FINAL, "USER")
    uid, _, gid = user.partition(":")

    assert int(uid) >= 10_000
    assert int(gid) >= 10_000
    assert arguments(FINAL, "STOPSIGNAL") == ["SIGTERM"]
    assert isinstance(json.loads(arguments(FINAL, "CMD")[0]), list)
    for line in [*arguments(BUILD, "RUN"), *arguments(FINAL, "RUN")]:
        assert isinstance(json.loads(line), list), line


def test_a_user_without_a_home_is_given_one() -> None:
    """Without HOME, slack_sdk raises on import for an id that has no name."""
    assert "HOME=/tmp" in arguments(FINAL, "ENV")[0].split()
    assert "Environment=HOME=/tmp" in (ROOT / "packaging/systemd/slipway-.service.d/common.conf").read_text()


def test_the_health_check_is_the_module_for_it() -> None:
    [check] = arguments(FINAL, "HEALTHCHECK")

    assert json.loads(check.partition(" CMD ")[2]) == ["python", "-m", "slipway.health_check"]


def test_no_secret_is_in_the_image() -> None:
    names = {name.upper() for cls in SETTINGS.values() for name in cls.model_fields}
    public = {"LOG_FORMAT", "METRICS_PORT", "SERVICES_FILE"}
    set_here = {
        pair.partition("=")[0]
        for stage in (BUILD, FINAL)
        for kind in ("ENV", "ARG")
        for line in arguments(stage, kind)
        for pair in line.split()
    }

    assert set_here & (names - public) == set()
    assert not any(fnmatch.fnmatch(name, "*TOKEN*") or "SECRET" in name for name in set_here)


@pytest.mark.parametrize("name", OURS)
def test_each_process_of_compose_is_hardened_and_ends_cleanly(name: str) -> None:
    service = COMPOSE[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["image"] == "slipway"
    assert isinstance(service["command"], list)
    assert int(service["stop_grace_period"].removesuffix("s")) > JOB_SECONDS
    assert service["env_file"] == f"settings/{name}.env"
    assert "user" not in service


def test_compose_starts_what_the_procfile_starts() -> None:
    procfile = dict(
        line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ": " in line
    )
    for name in OURS:
        command = " ".join(COMPOSE[name]["command"])
        if name == "web":
            command = command.replace(" --worker-tmp-dir /dev/shm", "").replace("0.0.0.0:3000", "ADDRESS")
            expected = procfile[name].replace("${WEB_BIND:-127.0.0.1:3000}", "ADDRESS").replace('"', "")
        else:
            expected = procfile[name]
        assert command == expected


def test_git_keeps_neither_the_settings_nor_the_data_of_compose() -> None:
    paths = ["settings/bot.env", "settings/valkey/users.acl", "data/dump.rdb"]
    done = subprocess.run(
        ["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == paths


def test_only_the_proxy_of_this_machine_reaches_compose() -> None:
    ports = {name: service["ports"] for name, service in COMPOSE.items() if "ports" in service}

    assert ports == {"web": ["127.0.0.1:3000:3000"]}
