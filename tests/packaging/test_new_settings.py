"""packaging/new-settings.sh, which writes the settings of a new Slipway."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "packaging" / "new-settings.sh"
PROCESSES = ("bot", "web", "worker", "scheduler", "events", "audit")


def write_settings(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "settings"
    done = write_settings(str(path), "valkey.example.internal:6379", "rediss")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"Wrote {path}. Replace each ... in its .env files, and edit {path}/slipway/services.yml.\n"
    )
    return path


def values(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_each_process_gets_its_own_settings_and_redis_user(folder: Path) -> None:
    names = {process: sorted(values(folder / f"{process}.env")) for process in PROCESSES}
    users = {
        process: re.sub(r"[0-9a-f]{64}", "PASSWORD", values(folder / f"{process}.env")["REDIS_URL"])
        for process in PROCESSES
    }

    assert names == {
        "bot": ["AWS_REGION", "REDIS_URL", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"],
        "web": ["AWS_REGION", "REDIS_URL", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"],
        "worker": ["AWS_REGION", "REDIS_URL", "RESTORE_TAG_KEY", "SLACK_BOT_TOKEN"],
        "scheduler": ["REDIS_URL"],
        "events": ["AWS_REGION", "REDIS_URL"],
        "audit": ["REDIS_URL"],
    }
    assert users == {
        process: f"rediss://slipway-{'bot' if process == 'web' else process}"
        ":PASSWORD@valkey.example.internal:6379/0"
        for process in PROCESSES
    }


def test_valkey_knows_the_users_of_the_security_page_with_their_passwords(folder: Path) -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    [rules] = re.findall(r"```acl\n(.*?)```", page, re.DOTALL)
    acl = (folder / "valkey" / "users.acl").read_text()
    for process in ("bot", "worker", "scheduler", "events", "audit"):
        password = re.findall(r":([0-9a-f]{64})@", (folder / f"{process}.env").read_text())[0]
        rules = rules.replace(f">{process.upper()}_PASSWORD", f">{password}")

    assert acl == rules
    assert len(set(re.findall(r"[0-9a-f]{64}", acl))) == 5


def test_only_what_is_not_secret_can_be_read_by_others(folder: Path) -> None:
    readable = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_mode & 0o044
    }

    assert readable == {"slipway/services.yml", "valkey/valkey.conf"}


def test_nothing_is_overwritten(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = write_settings(str(folder), "127.0.0.1:6379", "redis")

    assert (done.returncode, done.stderr) == (
        1,
        f"{folder} is there already, so nothing was written. Name a folder that is not there yet.\n",
    )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert write_settings(str(folder)).returncode == 2
