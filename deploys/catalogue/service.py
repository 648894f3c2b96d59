"""One service as services.yml describes it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Strategy(StrEnum):
    """How a new revision takes the place of the old one."""

    ROLLING = "rolling"  # ECS replaces tasks a few at a time; no downtime
    STOP_START = "stop-start"  # every old task is proven STOPPED before a new one starts
    NATIVE = "native"  # the ECS service itself is BLUE_GREEN, LINEAR or CANARY

    @property
    def stops_service(self) -> bool:
        """Whether no task runs between the two versions."""
        return self is Strategy.STOP_START


class Pin(StrEnum):
    """What a new revision names the image by."""

    TAG = "tag"
    DIGEST = "digest"  # the one that the tag points to when the deploy is planned


class BaseChoice(StrEnum):
    """Which revision a new one is a copy of."""

    RUNNING = "running"
    LATEST = "latest"  # the newest ACTIVE one of its family that Slipway did not register


class PreTask(BaseModel):
    """A one-off task that runs with the new revision before the rollout, such as a migration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...]
    """What its container runs, as in a Dockerfile's CMD."""
    container: str = ""
    """The container that runs it. Empty: the main one, whose image decides the tag."""
    deadline: int = 600
    """Seconds until it is stopped, which counts as failed."""


class PostCheck(BaseModel):
    """What has to hold for some time after the rollout; else the deploy is rolled back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http: str = ""
    """Address that has to answer GET with a 2xx status. Empty: none is asked."""
    alarms: tuple[str, ...] = ()
    """Names of CloudWatch alarms that have to stay out of ALARM."""
    duration: int = 300
    """Seconds for which it has to hold."""


class Role(BaseModel):
    """The role that is assumed for everything done to a service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arn: str
    external_id: str = ""
    """What the role's trust policy may ask for (sts:ExternalId)."""

    @property
    def account(self) -> str:
        """The AWS account that the role is in, by its twelve digits."""
        return self.arn.split(":")[4]


class Service(BaseModel):
    """A service of the catalogue, defaults already filled in.

    A deploy keeps a copy of the service it was asked for, so an edit of services.yml does not change a deploy
    that is under way; access alone is read from the catalogue again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cluster: str
    ecs_service: str
    region: str
    containers: tuple[str, ...] = ()
    """Containers to retag. Empty: the app's, as `workers/ecs/images/app_containers.py` finds it."""
    strategy: Strategy = Strategy.ROLLING
    deployers: tuple[str, ...] = ()
    """User ids (U..., W...) and user group ids (S...) who may deploy. Empty: everybody in the workspace."""
    approvers: tuple[str, ...] = ()
    """User ids and user group ids who may approve."""
    approvals: int = 0
    """How many different people have to approve (count)."""
    self_approval: bool = False
    """Whether the requester's own approval counts."""
    channels: tuple[str, ...] = ()
    """Channel ids in which it may be deployed. Empty: any channel."""
    deadline: int = 1200
    """Seconds a rollout may take before it is rolled back."""
    give_up_after: int = 3
    """Tasks of the new version that fail in a row until it is rolled back (count). 0: never for that."""
    approval_expiry: int = 1800
    """Seconds an approval question stays open."""
    pin: Pin | None = None
    """None: it is not written, so `pins` decides."""
    base: BaseChoice = BaseChoice.RUNNING
    before: PreTask | None = None
    after: PostCheck | None = None
    role: Role | None = None
    """The role to assume. None: the workers' own credentials."""

    @property
    def pins_digest(self) -> bool:
        """Whether a new revision names the image by its digest: what is approved is to be what runs. Unless
        the file asks for it, that holds only where the registry tells the digest."""
        return self.pin is Pin.DIGEST or (self.pin is None and self.approvals > 0)


class ServiceGroup(BaseModel):
    """Services that are deployed together, by one name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    services: tuple[str, ...]
    in_order: bool = False
    """Each begins when the one before it has succeeded or, unless that stops the rest, has ended."""
    stop_on_first_failure: bool = False
    """Whether services that were not begun yet are left alone once one did not succeed."""
