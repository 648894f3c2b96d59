"""Everything the jobs of one worker work with, built once, before it forks."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from redis import Redis
from slack_sdk import WebClient

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue, load
from deploys.job_queue import JobQueue
from deploys.process_startup import wait_for_redis, warn_about_redis_config
from deploys.redis_connection import connect, connect_for_rq
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from workers import home_tab, user_group_reader
from workers.ecs.aws.aws_clients import AwsClients
from workers.engine import Engine
from workers.orphan_recovery import OrphanRecovery
from workers.queries.query_handler import QueryHandler
from workers.settings import WorkerSettings
from workers.step_context import Timing
from workers.thread.private_message import Recipient, send_private_message
from workers.thread.publisher import Publisher
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client

JITTER = 0.1


@dataclass(frozen=True)
class Dependencies:
    """What a job reaches for."""

    redis: Redis
    catalogue: Catalogue
    slack: WebClient
    aws: AwsClients
    engine: Engine
    publisher: Publisher
    limits: SharedRateLimits
    query_handler: QueryHandler
    orphan_recovery: OrphanRecovery

    def publish_home(self, user: str) -> None:
        """Shows a user's Home tab anew."""
        store, threads = DeployStore(self.redis), ThreadStore(self.redis)
        access = Access(self.catalogue, UserGroups(self.redis))
        home_tab.publish_home(self.slack, store, threads, access, user, time.time())

    def read_user_groups(self) -> None:
        """Reads anew who is in the user groups of services.yml."""
        wanted = self.catalogue.user_group_ids
        if wanted:
            user_group_reader.refresh_members(
                self.slack, UserGroups(self.redis), wanted, time.time(), self.limits
            )

    def answer_privately(
        self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str
    ) -> None:
        """Answers one user, seen by nobody else."""
        url = ThreadStore(self.redis).response_url(answer_id) if answer_id else None
        send_private_message(self.slack, Recipient(user, channel, thread_ts, url), text)


def build_dependencies(settings: WorkerSettings) -> Dependencies:
    """Builds all of it; sends nothing to Slack or AWS.

    Raises:
        SlipwayError: the catalogue or AWS's own configuration is wrong, or Redis does not answer.
    """
    catalogue = load(settings.services_file)
    redis = connect(settings.redis_url)
    wait_for_redis(redis)
    warn_about_redis_config(redis)
    aws = AwsClients()
    aws.build_ahead(catalogue.regions)
    aws.build_ahead({each.region for each in catalogue.services.values() if each.role}, ("sts",))
    store = DeployStore(redis)
    client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    limits = SharedRateLimits(redis, time.time)
    threads = ThreadStore(redis)
    gate = Access(catalogue, UserGroups(redis))
    bell = JobQueue(connect_for_rq(settings.redis_url))
    engine = Engine(
        store=store,
        job_queue=bell,
        aws=aws,
        access=gate,
        timing=Timing(settings.lease_seconds, settings.watch_seconds, settings.settle_seconds, jitter=JITTER),
        worker=f"{socket.gethostname()}:{os.getpid()}",
    )
    return Dependencies(
        redis=redis,
        catalogue=catalogue,
        slack=client,
        aws=aws,
        engine=engine,
        publisher=Publisher(client, threads, store, limits, time.time),
        limits=limits,
        query_handler=QueryHandler(catalogue, store, threads, aws, gate, client),
        orphan_recovery=OrphanRecovery(
            catalogue.services.values(), store, redis, aws, bell, settle_seconds=settings.settle_seconds
        ),
    )
