"""People who talk to Slipway in the sandbox's Slack, while the processes of production run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from sandbox.slack.client_types import MessageJson
from slipway.demo.demo_environment import DemoEnvironment
from slipway.demo.transcript import mrkdwn_to_text

WAIT_SECONDS = 90.0
"""The longest wait for anything."""

IN_SOCKET_MODE = pytest.mark.parametrize("slack", ["socket"], indirect=True)
"""For scenarios whose path through the bot is covered in both modes by other scenarios."""
OVER_HTTP = pytest.mark.parametrize("slack", ["http"], indirect=True)
"""The same, but over HTTP, so that the demos of both modes share the work."""


@dataclass
class DeployThread:
    """A deploy as the people in the channel see it."""

    demo: DemoEnvironment
    deploy_id: str
    channel: str
    names: Mapping[str, str]

    @property
    def record(self) -> Deploy:
        """The record behind it."""
        deploy = self.demo.store.get(self.deploy_id)
        assert deploy is not None
        return deploy

    @property
    def messages(self) -> list[MessageJson]:
        """The card, then the replies."""
        thread = self.demo.threads.find(self.record.thread_id)
        return self.demo.slack.thread(self.channel, thread.ts) if thread else []

    @property
    def has_link(self) -> bool:
        """Whether Slack has said how to link to the card."""
        thread = self.demo.threads.find(self.record.thread_id)
        return thread is not None and bool(thread.permalink)

    @property
    def card(self) -> str:
        """The text of the card, without what differs in each run."""
        messages = self.messages
        return self._normalize(messages[0]["text"]) if messages else ""

    @property
    def replies(self) -> list[str]:
        """The texts of the replies, without what differs in each run."""
        return [self._normalize(message["text"]) for message in self.messages[1:]]

    def card_says(self, words: str) -> DeployThread:
        """Waits until the card says this, and others can be sent a link to it. Only for states that last:
        short ones may be skipped."""
        self.demo.slack.wait_until(lambda: words in self.card and self.has_link, WAIT_SECONDS)
        return self

    def reaches(self, phase: Phase) -> DeployThread:
        """Waits until the deploy is in this phase and has a card that others can be sent a link to. The text
        of the card may be older."""
        self.demo.slack.wait_until(
            lambda: self.record.phase is phase and self.messages and self.has_link, WAIT_SECONDS
        )
        return self

    def ends(self) -> DeployThread:
        """Waits until the outcome is known and Slack shows the whole thread."""
        self.demo.slack.wait_until(
            lambda: (
                not self.record.in_progress and len(self.messages) == len(self.record.thread_messages) + 1
            ),
            WAIT_SECONDS,
        )
        return self

    def settles(self) -> DeployThread:
        """Waits until the deploy no longer blocks the next one of its service."""
        self.demo.slack.wait_until(lambda: self.record.phase is Phase.ENDED, WAIT_SECONDS)
        return self

    def press(self, user: str, action: str) -> DeployThread:
        """Presses a button of the card."""
        self.demo.slack.click(user, action, channel=self.channel, ts=self.messages[0]["ts"])
        return self

    def refusal(self, user: str) -> str:
        """Waits for the refusal that only this user sees. The deploy has no card then."""

        def new_messages() -> list[str]:
            return [
                self._normalize(message["text"])
                for message in self.demo.slack.messages(self.channel, user)
                if message["ephemeral"]
                and float(message["ts"]) > self.record.request.requested_at
                and "*Refused*" in message["text"]
            ]

        [refusal] = self.demo.slack.wait_until(new_messages, WAIT_SECONDS)
        assert self.messages == []
        return refusal

    def tells(self, user: str) -> list[str]:
        """Waits for a new message in the channel that only this user sees."""

        def new_messages() -> list[str]:
            opened = float(self.messages[0]["ts"])
            return [
                self._normalize(message["text"])
                for message in self.demo.slack.messages(self.channel, user)
                if message["ephemeral"] and float(message["ts"]) > opened
            ]

        return self.demo.slack.wait_until(new_messages, WAIT_SECONDS)

    def _normalize(self, text: str) -> str:
        return normalize_text(mrkdwn_to_text(text, self.names))


@dataclass
class Conversation:
    """People who type commands."""

    demo: DemoEnvironment
    names: Mapping[str, str]

    def says(self, user: str, text: str, channel: str = "deploys") -> tuple[list[str], DeployThread | None]:
        """Types a text. Returns the replies that only this user sees, and the new deploy if there is one."""
        before = {deploy.id for deploy in self.demo.store.recent(None, 1000)}
        typed = self.demo.slack.say(user, channel, text)
        replies = [normalize_text(mrkdwn_to_text(reply["text"], self.names)) for reply in typed["replies"]]
        new = [d for d in self.demo.store.recent(None, 1000) if d.id not in before]
        thread = DeployThread(self.demo, new[0].id, channel, self.names) if new else None
        return replies, thread

    def deploys(self, user: str, text: str, channel: str = "deploys") -> DeployThread:
        """Types a command that starts a deploy."""
        replies, thread = self.says(user, text, channel)
        assert thread is not None, replies
        return thread


def normalize_text(text: str) -> str:
    """A text without ids, times and durations."""
    text = re.sub(r"ecs-svc/\d+", "ecs-svc/N", text)
    text = re.sub(r"\b((\d+ h( \d+ min)?|\d+ min( \d+ s)?)(?! ago)|\d+ s)\b", "SOME TIME", text)
    text = re.sub(r"[Dd]eploy `[2-9a-z]{8}`", "deploy `ID`", text)
    text = re.sub(r"[Bb]atch `[2-9a-z]{8}`", "batch `ID`", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "THEN", text)
    text = re.sub(r"sha256:[0-9a-f]{12}", "sha256:DIGEST", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+/\S*?(?=[)\s]|$)", "LINK", text)
    return text.replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "REGISTRY")


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits for a condition, or fails."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
