"""`systemctl`, as far as docs/operations.md uses it: it runs the units of a folder without systemd and root.

SYSTEMD_ROOT is taken for the machine's root: paths of MOVED begin there. Each unit's output is in `log`.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

ROOT = Path(os.environ.get("SYSTEMD_ROOT", "/nowhere"))
MOVED = ("/opt/slipway", "/etc/slipway", "/etc/valkey", "/etc/systemd", "/var/lib/valkey", "/var/backups")
"""Folders that the page names: in the test they are below another root."""
UNIT_FOLDERS = ("etc/systemd/system", "lib/systemd/system")
STARTED_SECONDS = 0.3
POLL_SECONDS = 0.02


def move_paths(text: str, root: Path) -> str:
    """The text with each path of MOVED below this root."""
    return re.sub(rf"(?<![\w/])({'|'.join(MOVED)})(?![\w-])", lambda found: f"{root}{found[0]}", text)


class Unit:
    """A service or target: its file, and what the folder of its prefix adds (systemd.unit, "Description")."""

    def __init__(self, name: str) -> None:
        self.name = name if name.endswith(".target") else f"{name.removesuffix('.service')}.service"
        self.instance = self.name.partition("@")[2].removesuffix(".service")
        file = self.name.replace(f"@{self.instance}", "@") if self.instance else self.name
        prefix = f"{file.partition('-')[0]}-.service.d"
        paths = [ROOT / folder / file for folder in UNIT_FOLDERS]
        found = [each for each in paths if each.is_file()]
        if not found:
            sys.exit(f"Failed: Unit {self.name} not found.")
        self.settings: dict[str, list[str]] = defaultdict(list)
        for path in (found[0], *sorted((ROOT / UNIT_FOLDERS[0] / prefix).glob("*.conf"))):
            for line in move_paths(path.read_text(), ROOT).splitlines():
                key, equals, value = line.partition("=")
                if equals and not line.startswith("#"):
                    self.settings[key].append(value.replace("%i", self.instance))
        self.pid_file = ROOT / "run" / f"{self.name}.pid"

    def get(self, key: str, default: str = "") -> str:
        """The last value of a setting."""
        return self.settings[key][-1] if self.settings[key] else default

    @property
    def pid(self) -> int | None:
        """Of the process, if it runs."""
        pid = int(self.pid_file.read_text()) if self.pid_file.exists() else 0
        return pid if pid and is_alive(pid) else None

    def environment(self) -> dict[str, str]:
        """What systemd gives the process: `Environment`, then the files (systemd.exec, "EnvironmentFile")."""
        found = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        lines = [each for value in self.settings["Environment"] for each in shlex.split(value)]
        for path in self.settings["EnvironmentFile"]:
            lines += [each for each in Path(path).read_text().splitlines() if each and each[0] != "#"]
        return found | dict(each.split("=", 1) for each in lines)

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self.pid:
            return
        env = self.environment()
        command = [
            re.sub(r"\$\{(\w+)\}", lambda found: env[found[1]], word)
            for word in shlex.split(self.get("ExecStart"))
        ]
        with (ROOT / "log" / f"{self.name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid_file.write_text(str(process.pid))

    def stop(self) -> None:
        """SIGTERM for the process alone, then SIGKILL for what is left (systemd.kill, "KillMode=mixed")."""
        pid = self.pid
        if pid is None:
            return
        assert self.get("KillMode", "mixed") == "mixed", "only this mode is played"
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + float(self.get("TimeoutStopSec", "90"))
        while is_alive(pid):
            if time.monotonic() > deadline:
                print(f"{self.name} did not end and was killed", file=sys.stderr)  # noqa: T201
                break
            time.sleep(POLL_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        self.pid_file.unlink()


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def with_dependants(name: str) -> list[Unit]:
    """A service; or the enabled services of a target."""
    if not name.endswith(".target"):
        return [Unit(name)]
    enabled = [Unit(each.name) for each in sorted((ROOT / "run" / "enabled").iterdir())]
    return [each for each in enabled if each.get("WantedBy") == name and each.get("PartOf") == name]


def main(arguments: Iterable[str]) -> int:
    """One call of systemctl."""
    verb, *names = [each for each in arguments if not each.startswith("--")]
    units = [unit for name in names for unit in with_dependants(name)]
    if verb == "enable":
        for name in names:
            (ROOT / "run" / "enabled" / Unit(name).name).touch()
        verb = "start"
    if verb in ("stop", "restart"):
        for unit in units:
            unit.stop()
    if verb in ("start", "restart"):
        for unit in units:
            if not unit.name.endswith(".target"):
                unit.start()
    if verb == "is-active":
        time.sleep(STARTED_SECONDS)
        states = ["active" if unit.pid else "failed" for unit in units]
        print("\n".join(states))  # noqa: T201
        return 0 if set(states) == {"active"} else 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
