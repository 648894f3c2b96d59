"""Where questions are answered: each by looking, and by one message that only whoever asked sees."""

from __future__ import annotations

import time
from dataclasses import dataclass

from slack_sdk import WebClient

from deploys.catalogue.catalogue import Catalogue
from deploys.deploy import Deploy
from deploys.mrkdwn import code
from deploys.store import Store
from deploys.threads import Threads
from workers.ecs.session import Aws
from workers.queries.answers import answered
from workers.queries.plan import plan
from workers.queries.tags import tags
from workers.thread.private_message import Recipient, send
from workers.turn import Gate


@dataclass(frozen=True)
class Asked:
    """One question of a person: where the answer goes."""

    question: str
    """Names the asking; by it Redis knows the response_url, where there is one."""
    channel: str
    thread_ts: str | None
    user: str


@dataclass(frozen=True)
class QuestionDesk:
    """What answers are made with."""

    catalogue: Catalogue
    store: Store
    threads: Threads
    aws: Aws
    gate: Gate
    client: WebClient

    def tags(self, asked: Asked, service: str) -> None:
        """Tells which tags a service has."""
        cannot = f"I cannot list the tags of {code(service)}"
        text = answered(
            lambda: tags(self.catalogue.service(service), self.aws),
            cannot=cannot,
            refused=cannot,
        )
        self._tell(asked, text)

    def plan(self, asked: Asked, service: str, tag: str) -> None:
        """Tells what `/deploy SERVICE TAG` would change, or what it would be refused for."""
        text = answered(
            lambda: plan(self._imagined(asked, service, tag), store=self.store, aws=self.aws, gate=self.gate),
            cannot=f"I cannot tell what {code(service)} {code(tag)} would change",
            refused=f"{code(service)} {code(tag)} would be refused",
        )
        self._tell(asked, text)

    def _imagined(self, asked: Asked, service: str, tag: str) -> Deploy:
        """The deploy that was not asked for. Nobody stores it."""
        return Deploy(
            id=asked.question,
            service=self.catalogue.service(service),
            tag=tag,
            requester=asked.user,
            team="",
            channel=asked.channel,
            requested_at=time.time(),
        )

    def _tell(self, asked: Asked, text: str) -> None:
        url = self.threads.response_url(asked.question)
        send(self.client, Recipient(asked.user, asked.channel, asked.thread_ts, url), text)
