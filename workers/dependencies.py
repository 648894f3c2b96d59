"""Everything that a worker's jobs need, built once, before the worker forks."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

import structlog
from redis import Redis
from slack_sdk import WebClient

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.catalogue_file import CatalogueFile
from deploys.catalogue.slack_ids import is_user_group
from deploys.command_line_place import standby_age, standby_ids
from deploys.errors import SlipwayError
from deploys.holds.locks import LockHolds, StopHolds
from deploys.holds.service_freezes import ServiceFreezes
from deploys.job_queue import JobQueue
from deploys.process_startup import wait_for_redis, warn_about_redis_config
from deploys.redaction import keep_secret
from deploys.redis_connection import connect, connect_for_rq
from deploys.shared_channels import KnownSharedChannels
from deploys.stores.asked_requests import AskedRequests
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.deploy_store import DeployStore
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.home_viewers import HomeViewers
from deploys.stores.job_rests import JobRests
from deploys.stores.locks import Locks
from deploys.stores.notices import Notices
from deploys.stores.retention import Retention
from deploys.stores.revision_versions import RevisionVersions
from deploys.stores.slack_directory import REFRESH_SECONDS, SlackDirectory
from deploys.stores.stop_all import StopAllStore
from deploys.stores.tag_lists import TagLists
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from deploys.telemetry.metrics import begin_services
from workers import (
    audit_channel,
    freeze_calendar_reader,
    retention,
    tag_list_reader,
    user_group_reader,
)
from workers.asked_request_messages import AskedRequestMessages
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.call_budget import caller_for_query, calls_by
from workers.engine import Engine
from workers.home.content import HomeReader
from workers.home.publishing import HomePublisher
from workers.killed_jobs import KilledJobs
from workers.lock_watch import LockWatch
from workers.orphan_recovery import OrphanRecovery
from workers.queries.query_handler import QueryHandler
from workers.settings import WorkerSettings
from workers.slack_directory_reader import SlackDirectoryReader
from workers.step_context import Timing
from workers.tag_signature import TagSigner
from workers.thread.channel_alarm import post_alarm
from workers.thread.native_block_support import NativeBlockSupport
from workers.thread.private_message import Recipient, send_private_message
from workers.thread.publisher import Publisher
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_calls import SlackCalls
from workers.thread.slack_client import slack_client
from workers.watch_interval import WatchClock

log = structlog.get_logger()

JITTER = 0.1
REST_SECONDS = 600.0
"""How long the scheduler enqueues no further job that found nothing to do in services.yml (seconds)."""
PUBLISH_WITHIN_SECONDS = 10.0
"""A job that has moved deploys for longer updates no threads (seconds): the time of one job is limited."""


@dataclass(frozen=True)
class Dependencies:
    """What the jobs of a worker use."""

    redis: Redis
    catalogue: Catalogue
    slack: WebClient
    aws: AwsClients
    engine: Engine
    job_queue: JobQueue
    store: DeployStore
    threads: ThreadStore
    publisher: Publisher
    limits: SharedRateLimits
    query_handler: QueryHandler
    orphan_recovery: OrphanRecovery
    lock_watch: LockWatch
    asked_request_messages: AskedRequestMessages
    killed_jobs: KilledJobs
    record_retention: Retention
    message_retention_seconds: float
    builder: DependencyBuilder
    audit_channel: str | None = None

    def refreshed(self) -> Dependencies:
        """The same for services.yml as it is now. A job takes it once, so that it sees one version."""
        return self.builder.refresh(self)

    def publish(self) -> None:
        """Brings the threads that are behind up to date; a job of its own goes on if that takes long."""
        if self.publisher.publish_due():
            self.job_queue.publish()

    def publish_after_moving(self, seconds: float) -> None:
        """The same at the end of a job that moved deploys for so long (seconds): what they have to say needs
        no job of its own. Nothing that moves deploys waits for it: a few times a second it looks whether one
        is due, or a job waits that goes first, and leaves the rest to a job of its own then."""
        may_go_on = self._is_nothing_else_due if seconds <= PUBLISH_WITHIN_SECONDS else lambda: False
        if self.publisher.publish_due(may_go_on):
            self.job_queue.publish()

    def read_directory_after_moving(self, seconds: float) -> None:
        """At the end of a job that moved deploys for so long (seconds): reads the people and channels that
        are to be read again, so that they need no job of their own. If something is due that moves deploys,
        or a job waits that goes first, this is left to the scheduler's job."""
        rests, now = JobRests(self.redis), time.time()
        if seconds > PUBLISH_WITHIN_SECONDS or rests.is_resting("read_slack_directory", now):
            return
        if self._is_nothing_else_due():
            rests.note("read_slack_directory", now + REFRESH_SECONDS)  # nobody else begins meanwhile
            again_at = self._refresh_directory()
            rests.note("read_slack_directory", again_at or now + REFRESH_SECONDS)

    def _is_nothing_else_due(self) -> bool:
        return not (self.job_queue.is_more_urgent_waiting() or self.store.due(time.time(), limit=1))

    def post_audit(self) -> None:
        """Tells in the audit's channel what it does not know yet."""
        if self.audit_channel:
            calls = SlackCalls(self.slack, self.limits)
            reader = self._directory_reader()
            channels = KnownSharedChannels(SlackDirectory(self.redis), time.time, reader.read)
            audit_channel.post_new_entries(self.redis, calls, self.limits, self.audit_channel, channels)

    def publish_home(self, user: str, team: str) -> None:
        """Updates a user's Home tab, which they have opened or used. What they may do depends on who they
        are, so that is read first if it is not known."""
        directory = SlackDirectory(self.redis)
        directory.note_needed((user,), time.time())
        if directory.person(user, time.time()) is None:
            self.read_slack_directory(user)
        self._home_publisher().publish(user, team)

    def _directory_reader(self) -> SlackDirectoryReader:
        return SlackDirectoryReader(self.slack, SlackDirectory(self.redis), self.limits, time.time)

    def refresh_homes(self) -> None:
        """Updates the Home tabs that are open and have changed."""
        if HomeViewers(self.redis).current(time.time()):
            self._home_publisher().refresh()

    def _home_publisher(self) -> HomePublisher:
        now = time.time()
        groups, current = UserGroups(self.redis), CurrentHolds(self.redis)
        access = Access(self.catalogue, groups, SlackDirectory(self.redis).for_one_request())
        freezes = ServiceFreezes(self.catalogue, FreezeCalendars(self.redis).for_one_request(), access)
        holds = (StopHolds(current), LockHolds(current, self.catalogue, groups), freezes)
        store, threads = self.store, self.threads
        reader = HomeReader(store, threads, access, self.catalogue, freezes, now, current, holds)
        return HomePublisher(self.slack, reader, HomeViewers(self.redis), self.limits, now)

    def read_user_groups(self) -> None:
        """Reads from Slack who is in the user groups of services.yml."""
        named = {each for lock in Locks(self.redis).all(time.time()) for each in lock.named}
        group_ids = self.catalogue.user_group_ids | set(filter(is_user_group, named))
        self._note_rest("read_user_groups", not group_ids)
        if group_ids:
            user_group_reader.refresh_members(
                self.slack, UserGroups(self.redis), group_ids, time.time(), self.limits
            )

    def read_freeze_calendars(self) -> None:
        """Reads the calendars of freezes that have an address."""
        self._note_rest("read_freeze_calendars", not self.catalogue.calendar_addresses)
        freeze_calendar_reader.refresh_calendars(
            self.catalogue.calendar_addresses, FreezeCalendars(self.redis), time.time
        )

    def read_slack_directory(self, slack_id: str) -> None:
        """Reads from Slack who a person is, or what kind of channel it is; for an empty id, all that are
        needed and were not read lately."""
        if slack_id:
            self._directory_reader().read(slack_id)
        else:
            JobRests(self.redis).note("read_slack_directory", self._refresh_directory())

    def _refresh_directory(self) -> float | None:
        """As `SlackDirectoryReader.refresh`."""
        standby, age = standby_ids(self.catalogue), standby_age(self.catalogue.command_line)
        return self._directory_reader().refresh(self.store.list_readable, standby, age)

    def read_tags(self, name: str) -> None:
        """Reads which tags a service's image has, and which of them run."""
        if name in self.catalogue.services:
            service = self.catalogue.get_service(name)
            with calls_by(caller_for_query(self.query_handler.budget, f"tags {name}")):
                tag_list_reader.refresh_tags(service, self.aws, TagLists(self.redis), time.time)

    def forget_thread_messages(self) -> None:
        """Removes the texts of deploys that ended long ago."""
        retention.forget_thread_messages(self.redis, self.store, time.time(), self.message_retention_seconds)
        again_at = retention.next_round_at(self.redis)
        JobRests(self.redis).note("forget_thread_messages", again_at)

    def _note_rest(self, job: str, has_nothing_to_do: bool) -> None:
        """A job that depends on services.yml is enqueued at once when that changes."""
        JobRests(self.redis).note(job, time.time() + REST_SECONDS if has_nothing_to_do else None)

    def answer_privately(
        self, channel: str, thread_ts: str | None, user: str, text: str, answer_id: str
    ) -> None:
        """Sends one user a message that nobody else sees."""
        url = self.threads.response_url(answer_id) if answer_id else None
        forms = self.threads.answer_blocks(answer_id) if answer_id else []
        recipient = Recipient(user, channel, thread_ts, url)
        send_private_message(
            self.slack, recipient, text, forms=forms, native_blocks=NativeBlockSupport(self.limits)
        )


def build_dependencies(settings: WorkerSettings) -> Dependencies:
    """Builds everything; sends nothing to Slack or AWS.

    Raises:
        SlipwayError: services.yml or the configuration of AWS is wrong, or Redis does not answer.
    """
    services_file = CatalogueFile(settings.services_file)
    catalogue = services_file.current()
    redis = connect(settings.redis_url)
    wait_for_redis(redis)
    warn_about_redis_config(redis)
    keep_secret(settings.restore_tag_keys)
    aws = AwsClients()
    prepare_aws(aws, catalogue)
    return DependencyBuilder(settings, services_file, redis, aws).build(catalogue)


def prepare_aws(aws: AwsClients, catalogue: Catalogue) -> None:
    """What a worker does for the services' roles and regions before it forks. Raises SlipwayError."""
    keep_secret(each.role.external_id for each in catalogue.services.values() if each.role)
    aws.build_for(catalogue.services.values())


class DependencyBuilder:
    """Builds what goes by one version of services.yml, on connections and clients that stay."""

    def __init__(
        self, settings: WorkerSettings, services_file: CatalogueFile, redis: Redis, aws: AwsClients
    ) -> None:
        self._settings = settings
        self._services_file = services_file
        self._redis = redis
        self._aws = aws
        self._slack = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        self._job_queue = JobQueue(connect_for_rq(settings.redis_url))
        self._store = DeployStore(redis)
        self._budget = AwsBudget(redis, settings.aws_budget_percent)
        self._killed_jobs = KilledJobs(self._store, self._job_queue)

    def refresh(self, built: Dependencies) -> Dependencies:
        """What was built, or the same for a newer services.yml; the user groups and calendars that this one
        names are then read at once."""
        catalogue = self._services_file.current()
        if catalogue is built.catalogue:
            return built
        try:
            prepare_aws(self._aws, catalogue)
        except SlipwayError as error:
            log.error("AWS cannot be reached as services.yml says now", error=error.message)
        self._job_queue.read_user_groups()
        self._job_queue.read_freeze_calendars()
        return self.build(catalogue)

    def build(self, catalogue: Catalogue) -> Dependencies:
        """Everything, for this catalogue."""
        begin_services(catalogue.services)
        settings, redis, aws, job_queue = self._settings, self._redis, self._aws, self._job_queue
        store = self._store.with_catalogue_version(catalogue.version)
        limits = SharedRateLimits(redis, time.time)
        threads, locks, user_groups = ThreadStore(redis), Locks(redis), UserGroups(redis)
        access = Access(catalogue, user_groups, SlackDirectory(redis))
        freezes = ServiceFreezes(catalogue, FreezeCalendars(redis), access)
        hold_sources = (StopHolds(StopAllStore(redis)), LockHolds(locks, catalogue, user_groups), freezes)
        signer = TagSigner(settings.restore_tag_keys)
        record_retention = Retention(redis, settings.record_retention_days)
        shared_channels = KnownSharedChannels(SlackDirectory(redis), time.time)
        reader = SlackDirectoryReader(self._slack, SlackDirectory(redis), limits, time.time)
        channels_to_post_in = shared_channels.reading(reader.read)
        engine = Engine(
            store=store,
            job_queue=job_queue,
            aws=aws,
            access=access,
            timing=Timing(
                settings.lease_seconds,
                settings.watch_seconds,
                settings.watch_seconds / 2,
                settings.settle_seconds,
                jitter=JITTER,
            ),
            budget=self._budget,
            watch_clock=WatchClock(
                redis, self._budget, settings.watch_seconds, budget_account=aws.budget_account
            ),
            worker=socket.gethostname(),
            hold_sources=hold_sources,
            signer=signer,
            shared_channels=shared_channels,
            is_current=lambda: self._services_file.current() is catalogue,
        )
        return Dependencies(
            redis=redis,
            catalogue=catalogue,
            slack=self._slack,
            aws=aws,
            engine=engine,
            job_queue=job_queue,
            store=store,
            threads=threads,
            publisher=Publisher(
                self._slack, threads, store, limits, time.time, channels_to_post_in, access, hold_sources
            ),
            lock_watch=LockWatch(
                locks, Notices(redis), store, threads, job_queue, SlackCalls(self._slack, limits)
            ),
            asked_request_messages=AskedRequestMessages(
                AskedRequests(redis), SlackCalls(self._slack, limits), tell=job_queue.answer_privately
            ),
            limits=limits,
            query_handler=QueryHandler(
                catalogue,
                store,
                threads,
                aws,
                access,
                self._slack,
                freezes,
                signer,
                RevisionVersions(redis),
                hold_sources=hold_sources[:2],
                shared_channels=shared_channels,
                native_blocks=NativeBlockSupport(limits),
                budget=self._budget,
                record_retention_days=settings.record_retention_days,
            ),
            orphan_recovery=OrphanRecovery(
                catalogue.services.values(),
                store,
                redis,
                aws,
                job_queue,
                signer=signer,
                is_expired=record_retention.is_past,
                announce=lambda channel, text: post_alarm(self._slack, channel, text),
                budget=self._budget,
                settle_seconds=settings.settle_seconds,
            ),
            killed_jobs=self._killed_jobs,
            record_retention=record_retention,
            message_retention_seconds=settings.message_retention_days * 24 * 3600,
            builder=self,
            audit_channel=settings.audit_channel,
        )
