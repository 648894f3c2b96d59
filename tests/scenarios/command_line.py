"""People at a terminal of the machine that Slipway runs on."""

from __future__ import annotations

import os
import pwd
import secrets
import subprocess
import sys
from pathlib import Path

import yaml

from slipway.demo.clean_env import clean_env
from slipway.demo.demo_environment import DemoEnvironment
from slipway.requests.identity import hash_token

SLIPWAY = Path(sys.executable).with_name("slipway")
MACHINE_USER = pwd.getpwuid(os.getuid()).pw_name
ALICE, BOB = "U01ALICE00", "U02BOB0000"


class Terminal:
    """alice is the machine's user; bob has a token."""

    def __init__(self, demo: DemoEnvironment) -> None:
        self._demo = demo
        self._token_file = demo.logs / "bob.token"
        token = secrets.token_urlsafe(32)
        self._token_file.touch(mode=0o600)
        self._token_file.write_text(token)
        file = Path(demo.process_env["SERVICES_FILE"])
        services = yaml.safe_load(file.read_text())
        services["command_line"] = {
            "users": {MACHINE_USER: ALICE},
            "tokens": {"bob": {"user": BOB, "sha256": hash_token(token)}},
            "channel": "C01DEPLOYS",
            "slack_answers_last": "12h",
        }
        file.write_text(yaml.safe_dump(services, sort_keys=False))

    def start(self, *words: str, by: str = ALICE) -> subprocess.Popen[str]:
        """Types a command whose output is read by a program. Nothing of Slack is in its environment."""
        settings = ("REDIS_URL", "SERVICES_FILE", "AWS_REGION")
        env = {name: self._demo.process_env[name] for name in settings}
        if by == BOB:
            env["SLIPWAY_TOKEN_FILE"] = str(self._token_file)
        return subprocess.Popen(
            [str(SLIPWAY), *words],
            env={**clean_env(os.environ), **env},
            cwd=self._demo.logs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, by: str = ALICE) -> tuple[int, str]:
        """Types a command, and waits for its end: the exit code, and all that it printed."""
        process = self.start(*words, by=by)
        printed, _ = process.communicate(timeout=90)
        return process.returncode, printed
