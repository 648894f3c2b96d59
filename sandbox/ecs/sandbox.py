"""EcsSandbox: starts, serves and controls the played region."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import Any, Self

import boto3
from moto.core.base_backend import BackendDict

from sandbox.ecs import seed, words_of_others
from sandbox.ecs.account import ACCOUNT, REGION
from sandbox.ecs.clock import Clock, ManualClock, WallClock
from sandbox.ecs.durations import Durations
from sandbox.ecs.eventbridge.event_bus import EventBus
from sandbox.ecs.eventbridge.event_faults import EventFaults
from sandbox.ecs.http.control_api import EcsControlApi
from sandbox.ecs.http.control_routes import control_routes
from sandbox.ecs.http.dispatcher import AwsCallNote, Dispatcher
from sandbox.ecs.http.faults import EcsFaults
from sandbox.ecs.http.http_server import EcsHttpServer
from sandbox.ecs.http.iam_policies import IamPolicies
from sandbox.ecs.http.iam_roles import IamRoles
from sandbox.ecs.http.policy_evaluation import Json, Match
from sandbox.ecs.http.request_throttling import RequestThrottling
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import application_autoscaling
from sandbox.ecs.scheduler.reconcile import reconcile
from sandbox.ecs.seed.seed_large_account import seed_large_account
from sandbox.ecs.seed.seed_services import CLUSTER
from sandbox.ecs.snapshot import snapshot

_open_lock = threading.Lock()
_session = boto3.Session()


class EcsSandbox:
    """An ECS region on this machine, with the services of `sandbox.ecs.seed` already steady.

    `port` 0 takes a free port when `url` is first read. At `speed` N tasks start and stop N times as fast,
    and all times are still those of the wall clock. With a ManualClock nothing happens until `advance()`, or
    until somebody else advances the clock. moto's backends belong to the process, so only one sandbox can be
    open in it: opening a second one raises RuntimeError. Each start begins with fresh services.
    """

    def __init__(
        self,
        port: int = 0,
        speed: float = 1.0,
        clock: Clock | None = None,
        durations: Durations | None = None,
        seed: int | None = None,
    ) -> None:
        self.faults = EcsFaults()
        self.event_faults = EventFaults()
        self.clock: Clock = clock or WallClock()
        self.throttling = RequestThrottling(self.clock.now)
        self.speed = speed
        self._port = port
        self._durations = durations or Durations()
        self._random = Random(seed)
        self._closing = threading.Event()
        self._serving = threading.Lock()
        self._is_open = False
        self._server: EcsHttpServer | None = None
        self._regions: dict[str, EcsRegion] = {}
        self._roles = IamRoles()
        self._policies = IamPolicies()
        self._dispatcher: Dispatcher | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Reset moto, seed the region and serve it. Raises RuntimeError if another sandbox is open in this
        process, and OSError if the port is taken."""
        if not _open_lock.acquire(blocking=False):
            raise RuntimeError(
                "An EcsSandbox is already open in this process, and moto's backends are shared by the "
                "whole process: close it first, or start another with `python -m sandbox.ecs`."
            )
        try:
            self._open()
        except BaseException:
            _open_lock.release()
            raise

    def _open(self) -> None:
        BackendDict.reset()
        self._regions = {ACCOUNT: self._seeded_region(ACCOUNT)}
        self._roles = IamRoles()
        self._policies = IamPolicies()
        control = EcsControlApi(control_routes(self))
        self._dispatcher = Dispatcher(
            self._regions, self._roles, self._policies, self.faults, self.throttling, control, self._closing
        )
        if self._port:
            self._server = EcsHttpServer(self._port, self._dispatcher)
        self._is_open = True

    def _seeded_region(self, account: str) -> EcsRegion:
        region = EcsRegion(account, REGION, self.clock, self.speed, self._durations, self._random)
        region.reconcile = reconcile
        seed.seed_region(region)
        EventBus(region, self.event_faults)
        return region

    def stop(self) -> None:
        """Close the port and forget everything. Requests that hang end."""
        if not self._is_open:
            return
        self._is_open = False
        self._closing.set()
        with self._serving:
            if self._server is not None:
                self._server.close()
                self._server = None
        BackendDict.reset()
        _open_lock.release()

    @property
    def region(self) -> EcsRegion:
        if not self._regions:
            raise RuntimeError("this EcsSandbox has not been started")
        return self._regions[ACCOUNT]

    @property
    def url(self) -> str:
        """The address for AWS_ENDPOINT_URL. Raises RuntimeError unless the sandbox is open."""
        with self._serving:
            if not self._is_open:
                raise RuntimeError("this EcsSandbox is not open")
            if self._server is None:
                self._server = EcsHttpServer(self._port, self.application)
            return self._server.url

    @property
    def application(self) -> Dispatcher:
        """The WSGI application, to be called without a network."""
        if self._dispatcher is None:
            raise RuntimeError("this EcsSandbox has not been started")
        return self._dispatcher

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which boto3 in another process calls this sandbox."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client for one of the services played here; `options` are passed on to boto3."""
        settings: dict[str, Any] = {
            "endpoint_url": self.url,
            "region_name": REGION,
            "aws_access_key_id": "sandbox",
            "aws_secret_access_key": "sandbox",
            **options,
        }
        return _session.client(service, **settings)  # type: ignore[call-overload]

    def now(self) -> float:
        """The sandbox's time, in seconds since the epoch."""
        return self.clock.now()

    def advance(self, seconds: float) -> float:
        """Let `seconds` pass and run everything that is due in them, in order. Returns the new time.

        Raises RuntimeError unless the clock is a ManualClock.
        """
        if not isinstance(self.clock, ManualClock):
            raise RuntimeError("only EcsSandbox(clock=ManualClock()) can be advanced")
        now = self.clock.advance(seconds)
        for region in list(self._regions.values()):
            region.run_until(now)
        return now

    def add_role(self, role: str, external_id: str = "") -> None:
        """Add an IAM role by its ARN. To assume it, a caller must name its external id, if it has one.

        A role of another account opens that account: it has the same services in a cluster of the same name,
        and only keys of its own roles reach it. Raises ValueError if `role` is not the ARN of a role.
        """
        account = self._roles.add_role(role, external_id)
        if account not in self._regions:
            self._regions[account] = self._seeded_region(account)

    def add_large_account(self) -> None:
        """Bring the account to more than 30 services: four more clusters, every kind of controller, strategy,
        launch type and container, and names that occur twice (`sandbox.ecs.seed.seed_large_account`)."""
        with self.region.hold_time() as region:
            seed_large_account(region)

    def enforce_policies(self, principal: str, documents: Sequence[Json]) -> None:
        """From now on this principal may do what these IAM policies allow, and nothing else.

        principal: the access key of a user, which may be any text, or the ARN of a role. Raises ValueError
        for a policy with elements that are not evaluated here.
        """
        self._policies.attach(principal, documents)

    def used_permissions(self, principal: str) -> frozenset[Match]:
        """Which statements of its policies allowed something that the principal did, for which action, and by
        which of the resources that they list. Raises KeyError if it has no policies."""
        return self._policies.used(principal)

    def autoscale(self, service: str, minimum: int = 2, maximum: int = 6) -> None:
        """Let Application Auto Scaling raise the service's count to `minimum` whenever it is lower.

        Nothing is scaled before this is called or a scalable target is registered. Raises ValueError
        for an unknown service.
        """
        with self.region.hold_time() as region:
            application_autoscaling.register_scalable_target(region, CLUSTER, service, minimum, maximum)

    def add_event(self, service: str, source: str, text: str) -> None:
        """Add an event to the service in which ECS quotes this text of `source`.

        Raises ValueError for an unknown service, or a source that is not in `words_of_others.EVENTS`.
        """
        with self.region.hold_time() as region:
            words_of_others.add_event(region, self._service_arn(region, service), source, text)

    def fail_starts(self, service: str, source: str, text: str) -> None:
        """Let all tasks of the service fail whose revision is registered from now on, with a reason in which
        ECS quotes this text of `source`; an empty text ends that.

        Raises ValueError for an unknown service, or a source that is not in `words_of_others.FAILED_STARTS`.
        """
        with self.region.hold_time() as region:
            words_of_others.fail_starts(region, self._service_arn(region, service), source, text)

    def _service_arn(self, region: EcsRegion, service: str) -> str:
        found = [each.arn for each in region.tables.services.values() if each.name == service]
        if not found:
            raise ValueError(f"there is no service {service!r}")
        return found[0]

    def watch_words(self, words: Sequence[str]) -> None:
        """Remember, from now on, which operations answer with one of these words in the text."""
        self.application.watched_words.update({word: set() for word in words})

    def watched_words(self) -> dict[str, list[str]]:
        """The words that are watched, each with the operations that have answered with it."""
        return {word: sorted(found) for word, found in self.application.watched_words.items()}

    def state(self) -> dict[str, Any]:
        """All services, deployments, service deployments and tasks since the start, as plain data."""
        with self.region.hold_time():
            return snapshot(self.region)

    def calls(self, operation: str | None = None) -> list[AwsCallNote]:
        """The requests so far, oldest first; only those of `operation` if it is given."""
        notes = list(self._dispatcher.calls) if self._dispatcher else []
        return [note for note in notes if operation in (None, note.operation)]
