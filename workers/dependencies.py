"""Everything that a worker's jobs need, built once, before the worker forks."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from redis import Redis
from slack_sdk import WebClient

from deploys.access import Access, Asker
from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.job_queue import JobQueue
from deploys.process_startup import wait_for_redis, warn_about_redis_config
from deploys.redaction import keep_secret
from deploys.redis_connection import connect, connect_for_rq
from deploys.stores.deploy_store import DeployStore
from deploys.stores.slack_directory import SlackDirectory
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from workers import home_tab, retention, user_group_reader
from workers.ecs.aws.aws_clients import AwsClients
from workers.engine import Engine
from workers.orphan_recovery import OrphanRecovery
from workers.queries.query_handler import QueryHandler
from workers.settings import WorkerSettings
from workers.shared_channels import KnownSharedChannels
from workers.slack_directory_reader import SlackDirectoryReader
from workers.step_context import Timing
from workers.thread.private_message import Recipient, send_private_message
from workers.thread.publisher import Publisher
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client

JITTER = 0.1


@dataclass(frozen=True)
class Dependencies:
    """What the jobs of a worker use."""

    redis: Redis
    catalogue: Catalogue
    slack: WebClient
    aws: AwsClients
    engine: Engine
    publisher: Publisher
    limits: SharedRateLimits
    query_handler: QueryHandler
    orphan_recovery: OrphanRecovery
    message_retention_seconds: float

    def publish_home(self, user: str, team: str) -> None:
        """Updates a user's Home tab."""
        store, threads = DeployStore(self.redis), ThreadStore(self.redis)
        access = Access(self.catalogue, UserGroups(self.redis), SlackDirectory(self.redis))
        home_tab.publish_home(self.slack, store, threads, access, Asker(user, team, ""), time.time())

    def read_user_groups(self) -> None:
        """Reads from Slack who is in the user groups of services.yml."""
        group_ids = self.catalogue.user_group_ids
        if group_ids:
            user_group_reader.refresh_members(
                self.slack, UserGroups(self.redis), group_ids, time.time(), self.limits
            )

    def read_slack_directory(self, slack_id: str) -> None:
        """Reads from Slack who a person is, or what kind of channel it is; for an empty id, all that are
        needed and were not read lately."""
        reader = SlackDirectoryReader(self.slack, SlackDirectory(self.redis), self.limits, time.time)
        if slack_id:
            reader.read(slack_id)
        else:
            reader.refresh(DeployStore(self.redis).active())

    def forget_thread_messages(self) -> None:
        """Removes the texts of deploys that ended long ago."""
        store = DeployStore(self.redis)
        retention.forget_thread_messages(self.redis, store, time.time(), self.message_retention_seconds)

    def answer_privately(
        self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str
    ) -> None:
        """Sends one user a message that nobody else sees."""
        threads = ThreadStore(self.redis)
        url = threads.response_url(answer_id) if answer_id else None
        blocks = threads.answer_blocks(answer_id) if answer_id else []
        send_private_message(self.slack, Recipient(user, channel, thread_ts, url), text, blocks=blocks)


def build_dependencies(settings: WorkerSettings) -> Dependencies:
    """Builds everything; sends nothing to Slack or AWS.

    Raises:
        SlipwayError: services.yml or the configuration of AWS is wrong, or Redis does not answer.
    """
    catalogue = load_catalogue(settings.services_file)
    redis = connect(settings.redis_url)
    wait_for_redis(redis)
    warn_about_redis_config(redis)
    roles = [each.role for each in catalogue.services.values() if each.role]
    keep_secret(role.external_id for role in roles)
    aws = AwsClients(external_ids={role.arn: role.external_id for role in roles if role.external_id})
    aws.build_ahead(catalogue.regions)
    aws.build_ahead({each.region for each in catalogue.services.values() if each.role}, ("sts",))
    store = DeployStore(redis, catalogue_version=catalogue.version)
    client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    limits = SharedRateLimits(redis, time.time)
    threads = ThreadStore(redis)
    access = Access(catalogue, UserGroups(redis), SlackDirectory(redis))
    job_queue = JobQueue(connect_for_rq(settings.redis_url))
    shared_channels = KnownSharedChannels(SlackDirectory(redis), time.time)
    engine = Engine(
        store=store,
        job_queue=job_queue,
        aws=aws,
        access=access,
        timing=Timing(settings.lease_seconds, settings.watch_seconds, settings.settle_seconds, jitter=JITTER),
        worker=f"{socket.gethostname()}:{os.getpid()}",
        shared_channels=shared_channels,
    )
    return Dependencies(
        redis=redis,
        catalogue=catalogue,
        slack=client,
        aws=aws,
        engine=engine,
        publisher=Publisher(client, threads, store, limits, time.time, shared_channels),
        limits=limits,
        query_handler=QueryHandler(catalogue, store, threads, aws, access, client, shared_channels),
        orphan_recovery=OrphanRecovery(
            catalogue.services.values(), store, redis, aws, job_queue, settle_seconds=settings.settle_seconds
        ),
        message_retention_seconds=settings.message_retention_days * 24 * 3600,
    )
