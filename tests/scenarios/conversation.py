"""A conversation in the sandbox's Slack, held with the very processes that production runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deploys.deploy import Deploy, Phase
from sandbox.slack.shapes import Message
from slipway.demo.plain import plain
from slipway.demo.stage import Stage

SECONDS = 90.0
"""Longest wait for anything."""


@dataclass
class Thread:
    """A deploy, as the people in the channel see it."""

    stage: Stage
    deploy_id: str
    channel: str
    names: Mapping[str, str]

    @property
    def record(self) -> Deploy:
        """The record behind it."""
        deploy = self.stage.store.get(self.deploy_id)
        assert deploy is not None
        return deploy

    @property
    def messages(self) -> list[Message]:
        """The card, then the replies."""
        view = self.stage.threads.find(self.record.told_in)
        return self.stage.slack.thread(self.channel, view.ts) if view else []

    @property
    def card(self) -> str:
        """The card's text, without what differs each time."""
        messages = self.messages
        return self._steady(messages[0]["text"]) if messages else ""

    @property
    def replies(self) -> list[str]:
        """The replies' texts, without what differs each time."""
        return [self._steady(message["text"]) for message in self.messages[1:]]

    def card_says(self, words: str) -> Thread:
        """Waits until the card says this. For states that last: short ones are coalesced."""
        self.stage.slack.until(lambda: words in self.card, SECONDS)
        return self

    def reaches(self, phase: Phase) -> Thread:
        """Waits until the deploy is there and its card is open; what the card says may lag behind."""
        self.stage.slack.until(lambda: self.record.phase is phase and self.messages, SECONDS)
        return self

    def ends(self) -> Thread:
        """Waits until the outcome is known and the whole thread is there."""
        self.stage.slack.until(
            lambda: not self.record.live and len(self.messages) == len(self.record.milestones) + 1,
            SECONDS,
        )
        return self

    def settles(self) -> Thread:
        """Waits until the deploy has left its line."""
        self.stage.slack.until(lambda: self.record.phase is Phase.ENDED, SECONDS)
        return self

    def press(self, user: str, action: str) -> Thread:
        """Presses a button of the card."""
        self.stage.slack.click(user, action, channel=self.channel, ts=self.messages[0]["ts"])
        return self

    def refusal(self, user: str) -> str:
        """Waits until this user alone is told that it was refused; there is no card then."""

        def told() -> list[str]:
            return [
                self._steady(message["text"])
                for message in self.stage.slack.messages(self.channel, user)
                if message["ephemeral"]
                and float(message["ts"]) > self.record.requested_at
                and "*Refused*" in message["text"]
            ]

        [refusal] = self.stage.slack.until(told, SECONDS)
        assert self.messages == []
        return refusal

    def tells(self, user: str) -> list[str]:
        """Waits until this user alone is told something new, in the channel; what it was."""

        def told() -> list[str]:
            opened = float(self.messages[0]["ts"])
            return [
                self._steady(message["text"])
                for message in self.stage.slack.messages(self.channel, user)
                if message["ephemeral"] and float(message["ts"]) > opened
            ]

        return self.stage.slack.until(told, SECONDS)

    def _steady(self, text: str) -> str:
        return steady(plain(text, self.names))


@dataclass
class Conversation:
    """People who type."""

    stage: Stage
    names: Mapping[str, str]

    def says(self, user: str, text: str, channel: str = "deploys") -> tuple[list[str], Thread | None]:
        """Types; what the user alone is told, and the deploy that came of it."""
        before = {deploy.id for deploy in self.stage.store.recent(None, 1000)}
        typed = self.stage.slack.say(user, channel, text)
        told = [steady(plain(reply["text"], self.names)) for reply in typed["replies"]]
        new = [d for d in self.stage.store.recent(None, 1000) if d.id not in before]
        thread = Thread(self.stage, new[0].id, channel, self.names) if new else None
        return told, thread

    def deploys(self, user: str, text: str, channel: str = "deploys") -> Thread:
        """Types a command that becomes a deploy."""
        told, thread = self.says(user, text, channel)
        assert thread is not None, told
        return thread


def steady(text: str) -> str:
    """A text without ids, times and counts of seconds."""
    text = re.sub(r"ecs-svc/\d+", "ecs-svc/N", text)
    text = re.sub(r"(\d+ h )?(\d+ min )?\d+ s\b", "SOME TIME", text)
    text = re.sub(r"[Dd]eploy `[2-9a-z]{8}`", "deploy `ID`", text)
    text = re.sub(r"[Bb]atch `[2-9a-z]{8}`", "batch `ID`", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "THEN", text)
    text = re.sub(r"sha256:[0-9a-f]{12}", "sha256:DIGEST", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+/\S*?(?=[)\s]|$)", "LINK", text)
    return text.replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "REGISTRY")
