"""Who asks, where, and when they sent it: the same for commands, mentions, clicks, shortcuts and modals, and
on the command line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltRequest

from bot.slack_clock import SLACK_TIMESTAMP, SlackClock, describe_offset
from deploys.asker import Asker
from deploys.errors import CommandTooLate, MentionTooLate

SLACK_TIMEOUT_SECONDS = 3.0
"""After 3000 ms without an answer Slack tells the user that it failed (docs.slack.dev, "Slash commands")."""


@dataclass(frozen=True)
class Request:
    """One request of a person."""

    user: str
    team: str
    channel: str
    sent_at: float
    """Epoch seconds by Slack's clock, from the best source there is for its kind."""
    clock: SlackClock
    thread_ts: str | None = None
    """The thread in which it was made, or the message that becomes the root of one."""
    new_thread: bool = False
    """Whether nobody has replied to that message yet."""
    response_url: str | None = None
    trigger_id: str = ""
    """With which Slack opens a modal for this person, once and for 3 seconds; empty: with none."""
    from_form: bool = False
    """Whether it was submitted in the form."""
    mention: bool = False
    command_line: str = ""
    """Who asked on the command line (`DeployRequest.command_line`); empty: in Slack."""
    query_id: str = ""
    """The id under which a terminal waits for a worker's answer; empty: the answer goes to Slack."""
    in_shared_channel: bool = False
    """Whether Slack calls the channel shared with another organisation (`is_ext_shared_channel`, which events
    have)."""

    @property
    def asker(self) -> Asker:
        """Who asks, and where, as access is decided by."""
        return Asker(self.user, self.team, self.channel, self.in_shared_channel, self.command_line)

    @property
    def answer_thread(self) -> str | None:
        """The thread in which the person can be answered alone; None: in the channel. Slack shows ephemeral
        messages only in a thread that has replies already (docs.slack.dev, chat.postEphemeral)."""
        return None if self.new_thread else self.thread_ts

    def refuse_if_late(self) -> None:
        """Call right before each change: Slack may have told the user already that the request failed.

        Raises:
            CommandTooLate: a command or click older than 3 seconds.
            MentionTooLate: the same for a message, where Slack shows no failure.
        """
        age = self.clock.now() - self.sent_at
        if age > SLACK_TIMEOUT_SECONDS:
            late = MentionTooLate if self.mention else CommandTooLate
            raise late(seconds=round(age), clock=_clock_note(self.clock))


def _clock_note(clock: SlackClock) -> str:
    """What to say if the machine's clock may be the cause; else empty."""
    if ahead := clock.seconds_ahead():
        return (
            f" (The clock of the machine that I run on is {describe_offset(ahead)} Slack's. I went by "
            "Slack's; tell the people who run Slipway.)"
        )
    if not clock.is_compared:
        return (
            " (I went by the clock of the machine that I run on, as Slack's could not be read. If you read "
            "this every time, that clock is wrong: tell the people who run Slipway.)"
        )
    return ""


def from_command(request: BoltRequest, clock: SlackClock) -> Request:
    """A slash command. Its payload carries no time.

    Over HTTP it counts from X-Slack-Request-Timestamp, which is part of the signature but drops the
    fraction of the second: a command may seem up to a second older than it is, never younger. In Socket
    Mode nothing states when it was sent (`trigger_id` begins with digits, but Slack documents no meaning of
    them), so it counts from the moment its frame was read from the socket.
    """
    body = request.body
    return Request(
        user=body["user_id"],
        team=body["team_id"],
        channel=body["channel_id"],
        sent_at=_signed_at(request) or _received_at(request, clock),
        response_url=body.get("response_url"),
        trigger_id=body["trigger_id"],
        clock=clock,
    )


def from_mention(request: BoltRequest, clock: SlackClock) -> Request:
    """A message that mentions the bot: `ts` is when Slack took it, in microseconds; retries keep it."""
    event = request.body["event"]
    clock.note_sent_at(float(event["ts"]))
    return Request(
        user=event["user"],
        team=request.body["team_id"],
        channel=event["channel"],
        thread_ts=event.get("thread_ts") or event["ts"],
        new_thread=not event.get("thread_ts"),
        sent_at=float(event["ts"]),
        mention=True,
        in_shared_channel=request.body.get("is_ext_shared_channel") is True,
        clock=clock,
    )


def from_click(request: BoltRequest, clock: SlackClock) -> Request:
    """A click: `action_ts` is when Slack took it, in microseconds, in HTTP and Socket Mode alike."""
    body = request.body
    container = body.get("container") or {}
    action = body["actions"][0]
    return Request(
        user=body["user"]["id"],
        team=_team(body),
        channel=container.get("channel_id") or (body.get("channel") or {}).get("id") or "",
        thread_ts=container.get("thread_ts"),
        sent_at=_seconds(action.get("action_ts")) or _signed_at(request) or _received_at(request, clock),
        response_url=body.get("response_url"),
        trigger_id=body.get("trigger_id") or "",
        clock=clock,
    )


def from_shortcut(request: BoltRequest, clock: SlackClock) -> Request:
    """A shortcut: on a message, which becomes the thread, or a global one, which comes from no channel."""
    body = request.body
    message = body.get("message") or {}
    return Request(
        user=body["user"]["id"],
        team=_team(body),
        channel=(body.get("channel") or {}).get("id") or "",
        thread_ts=message.get("thread_ts") or message.get("ts"),
        new_thread=bool(message) and not message.get("thread_ts"),
        sent_at=_seconds(body.get("action_ts")) or _signed_at(request) or _received_at(request, clock),
        response_url=body.get("response_url"),
        trigger_id=body["trigger_id"],
        clock=clock,
    )


def from_view(request: BoltRequest, clock: SlackClock) -> Request:
    """What a person does in a modal, whose payload names no channel and no time. Over HTTP it counts from
    the request's timestamp, in Socket Mode from when its frame was read, as for a command."""
    body = request.body
    return Request(
        user=body["user"]["id"],
        team=_team(body),
        channel="",
        sent_at=_signed_at(request) or _received_at(request, clock),
        trigger_id=body.get("trigger_id") or "",
        from_form=True,
        clock=clock,
    )


def from_command_line(
    identity: str, user: str, team: str, channel: str, *, query_id: str, clock: SlackClock
) -> Request:
    """What somebody typed on a machine. A terminal waits, so nothing comes too late."""
    return Request(
        user=user,
        team=team,
        channel=channel,
        sent_at=math.inf,
        command_line=identity,
        query_id=query_id,
        clock=clock,
    )


def _team(body: Mapping[str, Any]) -> str:
    return (body.get("team") or {}).get("id") or body["user"].get("team_id") or ""


def _signed_at(request: BoltRequest) -> float | None:
    return _seconds(_header(request.headers, "x-slack-request-timestamp"))


def _received_at(request: BoltRequest, clock: SlackClock) -> float:
    received: float | None = request.context.get("received_at")
    return clock.now() if received is None else clock.time_at(received)


def _header(headers: Mapping[str, Any], name: str) -> str | None:
    values = headers.get(name)
    return values[0] if values else None


def _seconds(stated: str | None) -> float | None:
    return float(stated) if stated and re.fullmatch(SLACK_TIMESTAMP, stated) else None
