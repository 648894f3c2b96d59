"""What was asked for, and by whom."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record
from deploys.redaction import Redacted


class Verb(StrEnum):
    """What was asked for."""

    DEPLOY = "deploy"  # another version
    RESTART = "restart"  # the same version, in new tasks
    ROLLBACK = "rollback"  # an earlier revision, as it was
    FOLLOW = "follow"  # nothing: an external rollout is only followed
    SCALE = "scale"  # another desired count
    RUN = "run"  # a command, in a one-off task beside the service

    @property
    def noun(self) -> str:
        """What is asked for, behind `this`: `deploy`, `scaling`."""
        return {Verb.SCALE: "scaling", Verb.RUN: "command"}.get(self, self.value)

    @property
    def sets_version(self) -> bool:
        """Whether it decides which version the service runs."""
        return self not in (Verb.SCALE, Verb.RUN)


class DeployRequest(Record):
    """Who asked for a deploy or a batch, why, when and where."""

    reason: Redacted = ""
    """The reason the person typed."""
    requester: str
    team: str
    channel: str
    thread_ts: str | None = None
    """The thread it was asked for in; None: Slipway opens one."""
    new_thread: bool = False
    """Whether the message at the root of that thread had no replies yet. In such a thread nobody can be
    answered privately."""
    requested_at: float
    from_form: bool = False
    """Whether it was submitted in the form that `/deploy` alone opens."""
    command_line: str = ""
    """Who asked on the command line, as `command_line` in services.yml names them: `user/alice`, `token/ci`.
    Empty: it was asked in Slack."""

    @property
    def source(self) -> str:
        """How it was asked for, as the audit has it; empty: typed or pressed in Slack."""
        return "form" if self.from_form else command_line_source(self.command_line)


def command_line_source(identity: str) -> str:
    """How the audit says that somebody asked on the command line; empty for nobody."""
    return f"command line ({identity})" if identity else ""
