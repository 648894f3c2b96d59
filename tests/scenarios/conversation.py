"""A conversation in the sandbox's Slack, held with the very processes that production runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from sandbox.slack.client_types import MessageJson
from slipway.demo.demo_environment import DemoEnvironment
from slipway.demo.mrkdwn_to_text import mrkdwn_to_text

WAIT_SECONDS = 90.0
"""Longest wait for anything."""


@dataclass
class DeployThread:
    """A deploy, as the people in the channel see it."""

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
        view = self.demo.threads.find(self.record.thread_id)
        return self.demo.slack.thread(self.channel, view.ts) if view else []

    @property
    def card(self) -> str:
        """The card's text, without what differs each time."""
        messages = self.messages
        return self._normalize(messages[0]["text"]) if messages else ""

    @property
    def replies(self) -> list[str]:
        """The replies' texts, without what differs each time."""
        return [self._normalize(message["text"]) for message in self.messages[1:]]

    def card_says(self, words: str) -> DeployThread:
        """Waits until the card says this. For states that last: short ones are coalesced."""
        self.demo.slack.wait_until(lambda: words in self.card, WAIT_SECONDS)
        return self

    def reaches(self, phase: Phase) -> DeployThread:
        """Waits until the deploy is there and its card is open; what the card says may lag behind."""
        self.demo.slack.wait_until(lambda: self.record.phase is phase and self.messages, WAIT_SECONDS)
        return self

    def ends(self) -> DeployThread:
        """Waits until the outcome is known and the whole thread is there."""
        self.demo.slack.wait_until(
            lambda: (
                not self.record.in_progress and len(self.messages) == len(self.record.thread_messages) + 1
            ),
            WAIT_SECONDS,
        )
        return self

    def settles(self) -> DeployThread:
        """Waits until the deploy has left its line."""
        self.demo.slack.wait_until(lambda: self.record.phase is Phase.ENDED, WAIT_SECONDS)
        return self

    def press(self, user: str, action: str) -> DeployThread:
        """Presses a button of the card."""
        self.demo.slack.click(user, action, channel=self.channel, ts=self.messages[0]["ts"])
        return self

    def refusal(self, user: str) -> str:
        """Waits until this user alone is told that it was refused; there is no card then."""

        def told() -> list[str]:
            return [
                self._normalize(message["text"])
                for message in self.demo.slack.messages(self.channel, user)
                if message["ephemeral"]
                and float(message["ts"]) > self.record.request.requested_at
                and "*Refused*" in message["text"]
            ]

        [refusal] = self.demo.slack.wait_until(told, WAIT_SECONDS)
        assert self.messages == []
        return refusal

    def tells(self, user: str) -> list[str]:
        """Waits until this user alone is told something new, in the channel; what it was."""

        def told() -> list[str]:
            opened = float(self.messages[0]["ts"])
            return [
                self._normalize(message["text"])
                for message in self.demo.slack.messages(self.channel, user)
                if message["ephemeral"] and float(message["ts"]) > opened
            ]

        return self.demo.slack.wait_until(told, WAIT_SECONDS)

    def _normalize(self, text: str) -> str:
        return normalize_text(mrkdwn_to_text(text, self.names))


@dataclass
class Conversation:
    """People who type."""

    demo: DemoEnvironment
    names: Mapping[str, str]

    def says(self, user: str, text: str, channel: str = "deploys") -> tuple[list[str], DeployThread | None]:
        """Types; what the user alone is told, and the deploy that came of it."""
        before = {deploy.id for deploy in self.demo.store.recent(None, 1000)}
        typed = self.demo.slack.say(user, channel, text)
        told = [normalize_text(mrkdwn_to_text(reply["text"], self.names)) for reply in typed["replies"]]
        new = [d for d in self.demo.store.recent(None, 1000) if d.id not in before]
        thread = DeployThread(self.demo, new[0].id, channel, self.names) if new else None
        return told, thread

    def deploys(self, user: str, text: str, channel: str = "deploys") -> DeployThread:
        """Types a command that becomes a deploy."""
        told, thread = self.says(user, text, channel)
        assert thread is not None, told
        return thread


def normalize_text(text: str) -> str:
    """A text without ids, times and counts of seconds."""
    text = re.sub(r"ecs-svc/\d+", "ecs-svc/N", text)
    text = re.sub(r"(\d+ h )?(\d+ min )?\d+ s\b", "SOME TIME", text)
    text = re.sub(r"[Dd]eploy `[2-9a-z]{8}`", "deploy `ID`", text)
    text = re.sub(r"[Bb]atch `[2-9a-z]{8}`", "batch `ID`", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "THEN", text)
    text = re.sub(r"sha256:[0-9a-f]{12}", "sha256:DIGEST", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+/\S*?(?=[)\s]|$)", "LINK", text)
    return text.replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "REGISTRY")
