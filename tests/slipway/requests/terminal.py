"""A machine on which people type `slipway ...`: its services.yml, its Redis, and what Slack last said."""

from __future__ import annotations

import json
import os
import pwd
import time
from pathlib import Path
from typing import Any

import yaml
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from deploys.job_queue import QUEUE_NAME
from deploys.records.deploy import Deploy
from deploys.stores import audit
from deploys.stores.deploy_store import DeployStore
from deploys.stores.slack_directory import SlackDirectory
from deploys.stores.user_groups import UserGroups
from deploys.stores.workspace import Workspace, save_workspace
from slipway.requests.identity import hash_token
from tests.slack_directory import TEAM, a_channel, a_person
from tests.slipway.whole_cli import app

MACHINE_USER = pwd.getpwuid(os.getuid()).pw_name
ALICE, BOB, CAROL = "U01ALICE00", "U02BOB0000", "U03CAROL00"
DEPLOYERS = "S01DEPLOYERS"
DEPLOYS, LEDGER, GENERAL = "C01DEPLOYS", "C05LEDGER0", "C02GENERAL"
BOBS_TOKEN = "slipway_a-token-of-bob"


def services_yml(**changes: Any) -> dict[str, Any]:
    """web and api in #deploys, ledger in a channel of its own, where bob approves; shop names no channel."""
    command_line = {
        "users": {MACHINE_USER: ALICE},
        "tokens": {"bob": {"user": BOB, "sha256": hash_token(BOBS_TOKEN)}},
    }
    return {
        "defaults": {"cluster": "production", "region": "eu-west-1", "deployers": [ALICE]},
        "services": {
            "web": {"channels": [DEPLOYS], "approvers": [BOB]},
            "api": {"channels": [GENERAL], "notify": {"channel": DEPLOYS}},
            "ledger": {"strategy": "stop-start", "channels": [LEDGER], "approvers": [BOB]},
            "shop": {"deployers": [DEPLOYERS]},
        },
        "command_line": {**command_line, **changes},
    }


class TerminalHarness:
    """Types commands, and reads what they print and what is in Redis then."""

    def __init__(self, folder: Path, redis: Redis, redis_url: str) -> None:
        self._file = folder / "services.yml"
        self._redis_url = redis_url
        self.redis = redis
        self.store = DeployStore(redis)
        self.write(services_yml())
        save_workspace(redis, Workspace(team=TEAM, bot_user="U0SLIPWAYB"))
        self.slack_says()

    def write(self, services: dict[str, Any]) -> None:
        """Somebody edits services.yml."""
        self._file.write_text(yaml.safe_dump(services))

    def slack_says(self, seconds_ago: float = 0, **person: Any) -> None:
        """What a worker read of alice, bob, carol, the channels and the group so long ago."""
        read_at, directory = time.time() - seconds_ago, SlackDirectory(self.redis)
        for user in (ALICE, BOB, CAROL):
            directory.save_person(user, a_person(read_at=read_at, **person))
        for channel in (DEPLOYS, LEDGER, GENERAL):
            directory.save_channel(channel, a_channel(read_at=read_at))
        UserGroups(self.redis).save_members(DEPLOYERS, [ALICE], read_at)

    def type(self, *words: str, typed: str = "", **env: str) -> Result:
        """Types `slipway ...`. typed: what is typed then."""
        env = {"REDIS_URL": self._redis_url, "SERVICES_FILE": str(self._file), **env}
        with capture_logs():
            return CliRunner().invoke(app, list(words), input=typed, env=env, catch_exceptions=False)

    def as_bob(self, *words: str, **env: str) -> Result:
        """The same with bob's token."""
        return self.type(*words, SLIPWAY_TOKEN=BOBS_TOKEN, **env)

    def read_json(self, *words: str) -> list[dict[str, Any]]:
        """The lines that a command prints as JSON."""
        return [json.loads(line) for line in self.type(*words, "--json").stdout.splitlines()]

    def only_deploy(self) -> Deploy:
        """The one deploy that is open."""
        [deploy] = self.store.active()
        return deploy

    def last_entry(self) -> dict[str, str]:
        """The newest entry of the audit."""
        return audit.trail(self.redis)[-1]

    def jobs(self) -> list[str]:
        """The queued jobs."""
        queue = Queue(QUEUE_NAME, connection=self.redis, serializer=JSONSerializer)
        return [str(job.func_name).rpartition(".")[2] for job in queue.jobs]
