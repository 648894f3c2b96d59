"""`.ci/chromium`: it installs a browser if it may, says why if not, and never fails."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser import BROWSER_NAMES

SCRIPT = Path(__file__).parents[1] / ".ci" / "chromium"
NEEDED = ("bash", "env", "sh", "timeout", "sleep", "chmod", "touch", "true")
SKIPPED = " The tests of the page are skipped.\n"
INSTALLS = """#!/bin/sh
echo "$@" >> {log}
if [ "$1" = install ]; then touch {folder}/chromium; chmod +x {folder}/chromium; fi
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The only folder on the PATH: root's machine with apt-get, and without a browser."""
    path = tmp_path / "bin"
    path.mkdir()
    for name in NEEDED:
        (path / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))
    command(path, "id", "echo 0")
    command(path, "apt-get", INSTALLS.format(log=tmp_path / "log", folder=path).partition("\n")[2])
    return path


def command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(folder: Path, seconds: str = "20") -> tuple[int, str, str, list[str]]:
    """Exit code, output, complaint, and what apt-get was asked for."""
    env = {"PATH": str(folder), "CHROMIUM_SECONDS": seconds}
    ended = subprocess.run([SCRIPT], env=env, capture_output=True, text=True, timeout=60)
    log = folder.parent / "log"
    return ended.returncode, ended.stdout, ended.stderr, log.read_text().splitlines() if log.exists() else []


INSTALLED = [
    "update --quiet=2",
    "install --yes --quiet=2 --no-install-recommends chromium",
]


def test_root_installs_it_once(folder: Path) -> None:
    assert run(folder) == (0, "Installing Chromium, for 20 s at most ...\n", "", INSTALLED)
    assert run(folder) == (0, "", "", INSTALLED)


@pytest.mark.parametrize("name", BROWSER_NAMES)
def test_any_browser_will_do(folder: Path, name: str) -> None:
    command(folder, name, "")

    assert run(folder) == (0, "", "", [])


def test_others_install_it_with_sudo_if_that_asks_for_no_password(folder: Path) -> None:
    command(folder, "id", "echo 1000")
    command(folder, "sudo", '[ "$1" = -n ] && shift && exec "$@"')

    assert run(folder)[2:] == ("", INSTALLED)


def test_without_root_it_says_what_it_needs(folder: Path) -> None:
    command(folder, "id", "echo 1000")
    command(folder, "sudo", "echo 'a password is required' >&2; exit 1")

    needs = "No Chromium: installing it needs root, or sudo without a password."
    assert run(folder) == (0, "", needs + SKIPPED, [])


def test_without_apt_get_it_says_so(folder: Path) -> None:
    (folder / "apt-get").unlink()

    assert run(folder) == (0, "", "No Chromium: this machine has no apt-get." + SKIPPED, [])


@pytest.mark.parametrize(
    ("apt_get", "seconds", "why"),
    [
        ("exit 100", "20", "apt-get could not install it in 20 s"),
        ("sleep 60", "0.5", "apt-get could not install it in 0.5 s"),
        ("exit 0", "20", "apt-get installed no such program"),
    ],
)
def test_an_installation_that_fails_or_hangs_is_no_failure(
    folder: Path, apt_get: str, seconds: str, why: str
) -> None:
    command(folder, "apt-get", apt_get)

    assert run(folder, seconds)[::2] == (0, f"No Chromium: {why}.{SKIPPED}")
