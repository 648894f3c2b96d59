"""The units of packaging/systemd/, as systemd itself reads them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "packaging" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
ALLOWED_EXPOSURE = 1.5
"""From 0 (nothing is exposed) to 10, as `systemd-analyze security` counts; below 2 is "OK"."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:", "COLUMNS": "200", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["systemd-analyze", *arguments], env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with programs that exist on this machine."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for path in folder.glob("*.service"):
        path.write_text(re.sub(r"/opt/slipway/current/bin/\w+", "/bin/true", path.read_text()))
    return folder


def name_of(service: str) -> str:
    return service.replace("@.", "@1.")


@needs_systemd
def test_systemd_finds_no_mistake_in_any_unit(units: Path) -> None:
    names = [name_of(each) for each in SERVICES]
    for name in names:
        if "@1" in name:
            (units / name).symlink_to(units / name.replace("@1", "@"))

    done = analyze(units, "verify", "--man=no", *[str(units / name) for name in (*names, "slipway.target")])

    assert [line for line in done.stderr.splitlines() if "slipway" in line] == []


@needs_systemd
@pytest.mark.parametrize("service", SERVICES)
def test_each_unit_is_locked_in(units: Path, service: str) -> None:
    name = name_of(service)
    if name != service:
        (units / name).symlink_to(units / service)

    done = analyze(units, "security", "--offline=yes", "--no-pager", str(units / name))
    found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)

    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= ALLOWED_EXPOSURE


def test_each_process_of_the_procfile_has_a_unit_and_its_own_settings() -> None:
    processes = re.findall(r"^(\w+):", (ROOT / "Procfile").read_text(), re.MULTILINE)
    texts = {name: (UNITS / f"slipway-{name}.service") for name in processes}
    texts["worker"] = UNITS / "slipway-worker@.service"

    for name, path in texts.items():
        assert f"EnvironmentFile=/etc/slipway/{name}.env" in path.read_text()
    assert {path.name for path in texts.values()} == set(SERVICES)


def test_no_two_units_that_run_together_share_a_port() -> None:
    """Only one of bot and web runs on a machine."""
    ports = {name: re.findall(r"METRICS_PORT=(\S+)", (UNITS / name).read_text()) for name in SERVICES}

    assert ports == {
        "slipway-bot.service": ["9464"],
        "slipway-events.service": ["9466"],
        "slipway-scheduler.service": ["9465"],
        "slipway-web.service": ["9464"],
        "slipway-worker@.service": ["947%i"],
    }
