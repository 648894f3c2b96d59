"""Everything the jobs of one worker work with, built once, before it forks."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from redis import Redis
from slack_sdk import WebClient

from deploys.access import Access
from deploys.bell import Bell
from deploys.catalogue.catalogue import Catalogue, load
from deploys.connection import connect, connect_for_rq
from deploys.groups import Groups
from deploys.process import wait_for, warn_about
from deploys.store import Store
from deploys.threads import Threads
from workers import groups, home
from workers.ecs.session import Aws
from workers.engine import Engine
from workers.janitor import Janitor
from workers.queries.desk import QuestionDesk
from workers.settings import WorkerSettings
from workers.thread.client import slack_client
from workers.thread.limits import Limits
from workers.thread.private_message import Recipient, send
from workers.thread.publisher import Publisher
from workers.turn import Pace

JITTER = 0.1


@dataclass(frozen=True)
class Workshop:
    """What a job reaches for."""

    redis: Redis
    catalogue: Catalogue
    client: WebClient
    aws: Aws
    engine: Engine
    publisher: Publisher
    limits: Limits
    questions: QuestionDesk
    janitor: Janitor

    def show_home(self, user: str) -> None:
        """Shows a user's Home tab anew."""
        store, threads = Store(self.redis), Threads(self.redis)
        home.publish_home(self.client, store, threads, Groups(self.redis), user, time.time())

    def refresh_groups(self) -> None:
        """Reads anew who is in the user groups of services.yml."""
        wanted = self.catalogue.groups
        if wanted:
            groups.refresh(self.client, Groups(self.redis), wanted, time.time(), self.limits)

    def answer(self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str) -> None:
        """Answers one user, seen by nobody else."""
        url = Threads(self.redis).response_url(answer_id) if answer_id else None
        send(self.client, Recipient(user, channel, thread_ts, url), text)


def build(settings: WorkerSettings) -> Workshop:
    """Builds all of it; sends nothing to Slack or AWS.

    Raises:
        SlipwayError: the catalogue or AWS's own configuration is wrong, or Redis does not answer.
    """
    catalogue = load(settings.services_file)
    redis = connect(settings.redis_url)
    wait_for(redis)
    warn_about(redis)
    aws = Aws()
    aws.warm(catalogue.regions)
    aws.warm({each.region for each in catalogue.services.values() if each.role}, ("sts",))
    store = Store(redis)
    client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    limits = Limits(redis, time.time)
    threads = Threads(redis)
    gate = Access(catalogue, Groups(redis))
    bell = Bell(connect_for_rq(settings.redis_url))
    engine = Engine(
        store=store,
        bell=bell,
        aws=aws,
        gate=gate,
        pace=Pace(settings.lease_seconds, settings.watch_seconds, settings.settle_seconds, jitter=JITTER),
        worker=f"{socket.gethostname()}:{os.getpid()}",
    )
    return Workshop(
        redis=redis,
        catalogue=catalogue,
        client=client,
        aws=aws,
        engine=engine,
        publisher=Publisher(client, threads, store, limits, time.time),
        limits=limits,
        questions=QuestionDesk(catalogue, store, threads, aws, gate, client),
        janitor=Janitor(
            catalogue.services.values(), store, redis, aws, bell, settle_seconds=settings.settle_seconds
        ),
    )
