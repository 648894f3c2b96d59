"""`python -OO` drops docstrings and asserts, so nothing that people read may come from either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from redis import Redis

from tests.bot.bot_processes import ROOT

INVALID_SERVICES = """\
defaults: {cluster: production, region: eu-west-1, deadlin: 10m}
services: {web: {strategy: roling}, api: {approvals: 2}}
"""
COMMANDS = [
    ["--help"],
    *(
        [command, "--help"]
        for command in ("init", "check", "schema", "manifest", "iam-policy", "audit", "demo")
    ),
    ["schema"],
    ["manifest"],
    ["manifest", "--http", "nowhere"],
    ["check", "services.yml"],
    ["check", "missing.yml"],
    ["check", "--env", "bot", "--env", "worker"],
    ["audit"],
    ["--version"],
]
END_OF_COMMAND = "== end of one command =="
RUN_ALL_COMMANDS = f"""
import json, sys
from contextlib import redirect_stderr
from slipway.cli import main

for number, arguments in enumerate(json.loads(sys.argv[1])):
    sys.argv = ["slipway", *arguments]
    if number:
        print("{END_OF_COMMAND}")
    with redirect_stderr(sys.stdout):
        try:
            main()
        except SystemExit as end:
            print("exit code", end.code or 0)
"""
"""Each command as a person types it, in one process, because starting one takes longer than the command."""
PROCESSES = ("bot", "workers", "workers.scheduler")
START_ALL_PROCESSES = """
import runpy, sys

for module in sys.argv[1:]:
    sys.argv = [module]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        print("exit code", end.code)
"""
"""As `python -m` starts each, in one process for the same reason."""


def run_python(command: list[str], folder: Path, redis_url: str) -> tuple[int, str, str]:
    """Exit code and output of a command, run in a folder with an invalid services.yml."""
    env = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "REDIS_URL": redis_url,
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_every_command_says_the_same(tmp_path: Path, redis: Redis, redis_url: str) -> None:
    (tmp_path / "services.yml").write_text(INVALID_SERVICES)
    one_after_another = ["-c", RUN_ALL_COMMANDS, json.dumps(COMMANDS)]

    plain = run_python(one_after_another, tmp_path, redis_url)

    assert run_python(["-OO", *one_after_another], tmp_path, redis_url) == plain
    answers = plain[1].split(END_OF_COMMAND)
    assert plain[0] == 0, plain[2]
    assert [bool(answer.strip()) for answer in answers] == [True] * len(COMMANDS)


def test_every_process_refuses_in_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "services.yml").write_text(INVALID_SERVICES)
    one_after_another = ["-c", START_ALL_PROCESSES, *PROCESSES]
    wrong = "no address"

    plain = run_python(one_after_another, tmp_path, wrong)

    assert run_python(["-OO", *one_after_another], tmp_path, wrong) == plain
    assert plain[1].splitlines() == ["exit code 2"] * len(PROCESSES)
    assert plain[2].count("REDIS_URL is not a URL") == len(PROCESSES)
