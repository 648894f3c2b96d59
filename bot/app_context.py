"""What listeners work with, and how it is built at the start, for Socket Mode and HTTP alike. Nothing in it
calls AWS, and only `views` calls Slack, in threads of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import repeat

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError

from bot import identity
from bot.identity import Identity
from bot.settings import RequestSettings
from bot.slack_client import SlackClient
from bot.slack_clock import SlackClock
from bot.view_calls import ViewCalls, view_client
from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.catalogue_file import CatalogueFile
from deploys.holds.locks import LockHolds
from deploys.holds.service_freezes import ServiceFreezes
from deploys.job_queue import JobQueue
from deploys.process_startup import wait_for_redis, warn_about_redis_config
from deploys.redis_connection import make_client
from deploys.redis_round_trip import RoundTrip
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.deliveries import Deliveries
from deploys.stores.deploy_store import DeployStore
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.locks import Locks
from deploys.stores.refused_requests import RefusedRequests
from deploys.stores.request_limits import Limits, RequestLimits
from deploys.stores.slack_directory import SlackDirectory
from deploys.stores.stop_all import StopAllStore
from deploys.stores.tag_lists import TagLists
from deploys.stores.terminal_answers import TerminalAnswers
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from deploys.stores.workspace import Workspace, save_workspace

REDIS_TIMEOUT_SECONDS = 1.3
"""Longest wait for one answer of Redis. With one retry, a person still learns within Slack's 3 seconds that
it does not answer; and it is longer than the second that the store waits for a request to be on disk."""


@dataclass(frozen=True)
class AppContext:
    """What commands and clicks work with."""

    identity: Identity
    catalogue: Catalogue
    access: Access
    directory: SlackDirectory
    store: DeployStore
    threads: ThreadStore
    refused_requests: RefusedRequests
    jobs: JobQueue
    deliveries: Deliveries
    slack_clock: SlackClock
    freezes: ServiceFreezes
    locks: Locks
    lock_holds: LockHolds
    stops: StopAllStore
    request_limits: RequestLimits
    read_catalogue: Callable[[], Catalogue]
    """Returns the catalogue that is in force: the same object until services.yml changes."""
    tag_lists: TagLists
    terminal_answers: TerminalAnswers
    views: ViewCalls
    now: Callable[[], float] = time.time
    holds_read: CurrentHolds | None = None
    """What one request has read of locks and of the stop of all deploys, before it changed anything."""
    last_round_trip: RoundTrip | None = None
    """What Redis is asked together with keeping the answer to the request that is handled. Of what the answer
    promises it has to say that it must succeed; the loss of anything else must not matter. None: no request
    is handled."""

    def open_connections(self) -> None:
        """Connects to Redis, so that the first request need not. Call it after the last fork of the process.
        If Redis is away, each request tries again."""
        with suppress(RedisError):
            self.store.redis.ping()
            self.jobs.open_connection()

    def with_catalogue(self, catalogue: Catalogue) -> AppContext:
        """The same, going by another version of services.yml."""
        redis = self.store.redis
        groups = UserGroups(redis)
        access = Access(catalogue, groups, self.directory, now=self.slack_clock.now)
        return replace(
            self,
            catalogue=catalogue,
            access=access,
            store=self.store.with_catalogue_version(catalogue.version),
            freezes=ServiceFreezes(catalogue, FreezeCalendars(redis), access),
            lock_holds=LockHolds(self.locks, catalogue, groups),
        )


def build_app_context(
    identity: Identity,
    catalogue: Catalogue,
    redis: Redis,
    redis_for_rq: Redis,
    *,
    now: Callable[[], float] = time.time,
    slack_clock: SlackClock | None = None,
    limits: Limits | None = None,
    directory: SlackDirectory | None = None,
    views: ViewCalls,
    read_catalogue: Callable[[], Catalogue] | None = None,
) -> AppContext:
    """On these two connections: ours, and one for RQ. read_catalogue: where later versions of the catalogue
    come from; without it there are none."""
    directory = directory or SlackDirectory(redis)
    slack_clock = slack_clock or SlackClock(wall_clock=now)
    access = Access(catalogue, UserGroups(redis), directory, now=slack_clock.now)
    return AppContext(
        identity=identity,
        catalogue=catalogue,
        access=access,
        directory=directory,
        store=DeployStore(redis, now=now, catalogue_version=catalogue.version),
        threads=ThreadStore(redis),
        refused_requests=RefusedRequests(redis),
        jobs=JobQueue(redis_for_rq, now=now),
        deliveries=Deliveries(redis),
        slack_clock=slack_clock,
        freezes=ServiceFreezes(catalogue, FreezeCalendars(redis), access),
        locks=Locks(redis),
        lock_holds=LockHolds(Locks(redis), catalogue, UserGroups(redis)),
        stops=StopAllStore(redis),
        request_limits=RequestLimits(redis, limits or Limits(), now=now),
        read_catalogue=read_catalogue or repeat(catalogue).__next__,
        tag_lists=TagLists(redis),
        terminal_answers=TerminalAnswers(redis),
        views=views,
        now=now,
    )


def open_app_context(settings: RequestSettings) -> AppContext:
    """Reads the catalogue, connects to Redis and asks Slack who the bot is.

    Raises:
        NotStarted: one of them failed; the message says which and what to do.
    """
    services_file = CatalogueFile(settings.services_file)
    redis = connect_to_redis(settings.redis_url)
    wait_for_redis(redis)
    warn_about_redis_config(redis)
    clock = SlackClock()
    token = settings.slack_bot_token.get_secret_value()
    bot = identity.fetch_identity(SlackClient(token=token, base_url=settings.slack_api_url), clock)
    save_workspace(redis, Workspace(team=bot.team, bot_user=bot.user, bot=bot.bot, enterprise=bot.enterprise))
    return build_app_context(
        bot,
        services_file.current(),
        redis,
        connect_to_redis(settings.redis_url),
        slack_clock=clock,
        limits=settings.limits,
        read_catalogue=services_file.current,
        views=ViewCalls(view_client(token, settings.slack_api_url)),
    )


def connect_to_redis(url: str) -> Redis:
    """A client that answers or fails while Slack still waits."""
    return make_client(url, timeout=REDIS_TIMEOUT_SECONDS, retries=1, backoff=ConstantBackoff(0.05))
