"""What services.yml says about services. Each key is declared here, once: see `key_declaration.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from deploys.catalogue.freeze_keys import FREEZES, FreezeEntry
from deploys.catalogue.key_declaration import Key, KeyRecord
from deploys.catalogue.nested_keys import POST_CHECK, PRE_TASK, ROLE, PostCheck, PreTask, Role
from deploys.catalogue.notify_keys import NOTIFY, Notify
from deploys.catalogue.slack_ids import CHANNEL_ID, PEOPLE
from deploys.catalogue.text_values import COMPARE_URL, REGION, SERVICE_NAME, ecs_name
from deploys.catalogue.value_kinds import BOOLEAN, choice_of, count_up_to, duration_between, list_kind


class Strategy(StrEnum):
    """How a new revision takes the place of the old one."""

    ROLLING = "rolling"  # ECS replaces tasks a few at a time; no downtime
    STOP_START = "stop-start"  # every old task is proven STOPPED before a new one starts
    NATIVE = "native"  # the ECS service itself is BLUE_GREEN, LINEAR or CANARY

    @property
    def default_approvals(self) -> int:
        """How many approvals a deploy needs if the file does not say."""
        return 1 if self.stops_service else 0

    @property
    def stops_service(self) -> bool:
        """Whether no task runs between the two versions."""
        return self is Strategy.STOP_START

    @property
    def has_pauses(self) -> bool:
        """Whether ECS may pause a rollout until an approver answers."""
        return self is Strategy.NATIVE


class Pin(StrEnum):
    """What a new revision names the image by."""

    TAG = "tag"
    DIGEST = "digest"  # the one that the tag points to when the deploy is planned


class LogLines(StrEnum):
    """Whether messages quote what containers write to their logs."""

    SHOW = "show"
    HIDE = "hide"


class BaseChoice(StrEnum):
    """Which revision a new one is a copy of."""

    RUNNING = "running"
    LATEST = "latest"  # the newest ACTIVE one of its family that Slipway did not register


class Service(KeyRecord):
    """A service, with the defaults filled in.

    A deploy keeps a copy of the service that it was requested for. Until its first change the catalogue
    counts (`deploys.catalogue_drift`), after that the copy: an edit of services.yml does not change what has
    begun. Access is always read from the catalogue.
    """

    name: str
    cluster: Annotated[str, Key(ecs_name("a cluster"), "The ECS cluster, by its name, not its ARN.")]
    region: Annotated[
        str,
        Key(
            REGION,
            "The AWS region. Required if neither `AWS_REGION` nor `AWS_DEFAULT_REGION` is set.",
            default_text="`AWS_REGION`",
        ),
    ]
    containers: Annotated[
        tuple[str, ...],
        Key(
            list_kind("list of names", ecs_name("a container"), "container names"),
            "The containers of the task definition that get the new image tag. By default the app's "
            "container and those that share its image repository. The app's container is the one that the "
            "load balancer, Service Connect or service discovery names, or else the only essential one, "
            "never a log router, proxy or agent that AWS adds. If Slipway cannot tell which it is, it "
            "refuses the deploy and asks for this key.",
            default_text="see right",
        ),
    ] = ()
    strategy: Annotated[
        Strategy,
        Key(
            choice_of(Strategy, "a strategy"),
            "`rolling`: ECS replaces the tasks a few at a time. `stop-start`: Slipway proves that every "
            "old task has stopped before it starts a new one, which means downtime. `native`: the ECS "
            "service itself is blue/green, linear or canary.",
        ),
    ] = Strategy.ROLLING
    deployers: Annotated[
        tuple[str, ...],
        Key(
            PEOPLE,
            "Required here or in `defaults`. User ids (`U…`, `W…`) and user group ids (`S…`) who may deploy, "
            "or the word `everyone`: every member of the workspace. `[]` means nobody.",
            default_text="required",
        ),
    ] = ()
    approvers: Annotated[
        tuple[str, ...],
        Key(PEOPLE, "User ids and user group ids who may approve or reject a deploy.", default_text="nobody"),
    ] = ()
    may_roll_back: Annotated[
        tuple[str, ...] | None,
        Key(
            PEOPLE,
            "Who may roll back, by `/deploy rollback`, and cancel what has touched the service.",
            default_text="the deployers",
        ),
    ] = None
    may_lock: Annotated[
        tuple[str, ...] | None,
        Key(PEOPLE, "Who may lock the service against deploys.", default_text="the deployers"),
    ] = None
    may_scale: Annotated[
        tuple[str, ...] | None,
        Key(
            PEOPLE,
            "Who may set the desired count, by `/deploy scale`, and cancel that.",
            default_text="the deployers",
        ),
    ] = None
    may_run: Annotated[
        tuple[str, ...],
        Key(
            PEOPLE,
            "Who may run any command in a one-off task with the service's roles and secrets, by `/deploy "
            "run`, and stop it.",
            default_text="nobody",
        ),
    ] = ()
    may_override: Annotated[
        tuple[str, ...] | None,
        Key(
            PEOPLE,
            "Who may deploy through a freeze, break somebody else's lock, and stop and resume all deploys.",
            default_text="the approvers",
        ),
    ] = None
    guests: Annotated[
        bool, Key(BOOLEAN, "Whether guests of the workspace may do what their ids allow them.")
    ] = False
    direct_messages: Annotated[
        bool,
        Key(
            BOOLEAN,
            "Whether the service may be changed and asked about in direct messages, whatever "
            "`channels` says.",
        ),
    ] = False
    shared_channels: Annotated[
        bool,
        Key(
            BOOLEAN,
            "Whether the service may be changed and asked about in channels that are shared with other "
            "organisations.",
        ),
    ] = False
    approvals: Annotated[
        int,
        Key(
            count_up_to(10, "how many different people have to approve"),
            "How many different people have to approve: by default 1 for `stop-start`, 0 for the other "
            "strategies.",
            default_text="by strategy",
        ),
    ] = 0
    self_approval: Annotated[
        bool, Key(BOOLEAN, "Whether the approval of the person who requested the deploy counts.")
    ] = False
    channels: Annotated[
        tuple[str, ...],
        Key(
            list_kind("list of ids", CHANNEL_ID, "channel ids (C… or G…)"),
            "Ids of the channels (`C…`, `G…`) it may be deployed from. `[]` means any channel.",
            default_text="any",
        ),
    ] = ()
    deadline: Annotated[
        int, Key(duration_between("10s", "1d"), "How long a rollout may take before it is rolled back.")
    ] = 1200
    give_up_after: Annotated[
        int,
        Key(
            count_up_to(200, "how many tasks may fail in a row, 0 for any number"),
            "How many tasks of the new version may fail in a row, without one that stays healthy. Then the "
            "deploy is rolled back before its deadline. `0`: any number.",
        ),
    ] = 3
    approval_expiry: Annotated[
        int,
        Key(
            duration_between("5s", "7d"),
            "How long a request for approval stays open, from when Slack shows it.",
        ),
    ] = 1800
    pin: Annotated[
        Pin | None,
        Key(
            choice_of(Pin, "a way to name an image"),
            "What the new revision names the image by. `digest`: the digest that the tag points to when "
            "the deploy is planned, so that a tag that moves changes nothing; if the registry does not "
            "report it, the deploy is refused. Without this key: `tag`, or, if approvals are needed, "
            "`digest` if the registry reports it (the plan says if it does not).",
            default_text="by approvals",
        ),
    ] = None
    base: Annotated[
        BaseChoice,
        Key(
            choice_of(BaseChoice, "a revision to copy"),
            "Which revision a deploy copies. `running`: the one that the service runs; the plan names a "
            "newer one. `latest`: the newest one that Slipway did not register, such as Terraform's.",
        ),
    ] = BaseChoice.RUNNING
    before: Annotated[
        PreTask | None,
        Key(
            PRE_TASK,
            "A one-off task that runs with the new revision before the rollout, such as a migration.",
            default_text="none",
        ),
    ] = None
    run_deadline: Annotated[
        int,
        Key(
            duration_between("10s", "12h"),
            "How long a command of `/deploy run` may take. After that it is stopped, which counts as failed.",
        ),
    ] = 3600
    after: Annotated[
        PostCheck | None,
        Key(
            POST_CHECK,
            "What has to hold for some time after the rollout. If it does not, the deploy is rolled back.",
            default_text="none",
        ),
    ] = None
    freezes: Annotated[
        tuple[FreezeEntry, ...],
        Key(
            FREEZES,
            "When the service may not be deployed, or only. Rollbacks pass. A service's own list takes the "
            "place of that in `defaults`; `[]` is none.",
            default_text="none",
        ),
        # Read from the catalogue when it counts; the address of a calendar may hold a secret.
        Field(exclude=True),
    ] = ()
    logs: Annotated[
        LogLines,
        Key(
            choice_of(LogLines, "what to do with log lines"),
            "Whether log lines are quoted in Slack: the last ones of a container that failed, and those that "
            "`/deploy logs` and `/deploy run` show. `hide`: never; the message says where they are. What "
            "looks like a secret is taken out of quoted lines in any case.",
        ),
    ] = LogLines.SHOW
    compare: Annotated[
        str,
        Key(
            COMPARE_URL,
            "The address of a page that compares two versions, with `{from}` and `{to}` for their tags, such "
            "as `https://github.com/acme/shop/compare/{from}...{to}`. The card links to it.",
            default_text="none",
        ),
    ] = ""
    notify: Annotated[
        Notify | None,
        Key(
            NOTIFY,
            "Where a deploy is told of, and who is mentioned.",
            default_text="where it was asked for",
        ),
    ] = None
    role: Annotated[
        Role | None,
        Key(
            ROLE,
            "The IAM role that the workers assume for all they do with the service, for one in another "
            "account, say. By default they use their own credentials.",
            default_text="none",
        ),
    ] = None
    ecs_service: Annotated[
        str,
        Key(
            ecs_name("an ECS service"),
            "The name of the service in ECS.",
            default_text="the service's name",
            in_defaults=False,
        ),
    ]

    @property
    def people(self) -> frozenset[str]:
        """Everybody who is named for anything: ids of people and user groups, and perhaps `everyone`."""
        optional = (self.may_roll_back, self.may_lock, self.may_scale, self.may_override)
        return frozenset(
            (
                *self.deployers,
                *self.approvers,
                *self.may_run,
                *(who for each in optional for who in each or ()),
            )
        )

    @property
    def told(self) -> Notify:
        """Where its deploys are told of, with the defaults."""
        return self.notify or Notify()

    @property
    def pins_digest(self) -> bool:
        """Whether a new revision names the image by its digest, so that exactly what was approved runs.

        Unless the file asks for it, that holds only if the registry reports the digest.
        """
        return self.pin is Pin.DIGEST or (self.pin is None and self.approvals > 0)


class ServiceGroup(KeyRecord):
    """Services that are deployed together, by one name."""

    name: str
    services: Annotated[
        tuple[str, ...],
        Key(
            list_kind("list of services", SERVICE_NAME, "services", allow_empty=False, at_most=20),
            "Up to 20 services of the same file, in the order in which they are shown and started.",
            example=["api", "web"],
        ),
    ]
    in_order: Annotated[bool, Key(BOOLEAN, "Whether each waits until the one before it has ended.")] = False
    stop_on_first_failure: Annotated[
        bool,
        Key(BOOLEAN, "Whether the services that have not started are left alone once one did not succeed."),
    ] = False
    freezes: Annotated[
        tuple[FreezeEntry, ...],
        Key(
            FREEZES,
            "When none of its services may be deployed, or only, together or alone; beside what each of "
            "them has.",
            default_text="none",
        ),
    ] = ()
