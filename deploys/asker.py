"""Who wants to do something, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from deploys.records.request import DeployRequest, command_line_source


class Origin(Protocol):
    """The part of a record that says who gave an answer, and where."""

    @property
    def user(self) -> str: ...
    @property
    def team(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def command_line(self) -> str: ...


@dataclass(frozen=True)
class Asker:
    """Who wants to do something, and where."""

    user: str
    team: str
    channel: str
    """Empty: on the Home tab, where people only see. What they press there is decided by the deploy's
    channel."""
    in_shared_channel: bool = False
    """Whether Slack called the channel shared with another organisation in the request itself."""
    command_line: str = ""
    """Who asks on the command line (`DeployRequest.command_line`); empty: in Slack."""

    @property
    def place(self) -> dict[str, str]:
        """Where an answer is given, for access to be checked again when it counts."""
        return {"team": self.team, "channel": self.channel, "command_line": self.command_line}

    @property
    def source(self) -> str:
        """How the audit says that it was asked on the command line; empty: it was not."""
        return command_line_source(self.command_line)

    @classmethod
    def of_request(cls, request: DeployRequest) -> Asker:
        """Who asked for a deploy, to be checked again when it runs."""
        return cls(request.requester, request.team, request.channel, command_line=request.command_line)

    @classmethod
    def of_answer(cls, answer: Origin) -> Asker:
        """Who decided, cancelled or answered a pause, to be checked again when that takes effect."""
        return cls(answer.user, answer.team, answer.channel, command_line=answer.command_line)
