"""The keys of services.yml: the model that values are checked by, and that `slipway schema` prints."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from deploys.catalogue import names, slack_ids, values
from deploys.catalogue.mappings import After, Before, Container, GroupKeys, Role, YesOrNo
from deploys.catalogue.schemas import described, seconds, strings, text
from deploys.catalogue.service import Base, Pin, Strategy

Cluster = Annotated[str, BeforeValidator(values.ecs_name("a cluster")), text(values.ECS_NAME)]
EcsService = Annotated[str, BeforeValidator(values.ecs_name("an ECS service")), text(values.ECS_NAME)]
Region = Annotated[str, BeforeValidator(values.region), text(values.REGION, examples=["eu-west-1"])]
PersonOrGroup = Annotated[str, BeforeValidator(values.person_or_group)]
Channel = Annotated[str, BeforeValidator(values.channel)]
Containers = Annotated[
    tuple[Container, ...],
    BeforeValidator(values.listed("container names")),
    AfterValidator(values.no_repeats),
    strings(values.ECS_NAME),
]
People = Annotated[
    tuple[PersonOrGroup, ...],
    BeforeValidator(values.listed("user ids (U…) and user group ids (S…)")),
    AfterValidator(values.no_repeats),
    strings(slack_ids.PERSON_OR_GROUP),
]
Channels = Annotated[
    tuple[Channel, ...],
    BeforeValidator(values.listed("channel ids (C… or G…)")),
    AfterValidator(values.no_repeats),
    strings(slack_ids.CHANNEL),
]
Way = Annotated[
    Strategy,
    BeforeValidator(values.one_of(Strategy, "a strategy")),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in Strategy]}),
]
PinnedBy = Annotated[
    Pin | None,
    BeforeValidator(values.one_of(Pin, "a way to name an image")),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in Pin]}),
]
CopiedFrom = Annotated[
    Base,
    BeforeValidator(values.one_of(Base, "a revision to copy")),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in Base]}),
]
Approvals = Annotated[
    int,
    BeforeValidator(values.approvals),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": values.MOST_APPROVALS}),
]
GiveUpAfter = Annotated[
    int,
    BeforeValidator(values.give_up_after),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": values.MOST_FAILED_TASKS}),
]
Deadline = Annotated[int, BeforeValidator(values.duration(*values.DEADLINE)), seconds(*values.DEADLINE)]
Expiry = Annotated[
    int, BeforeValidator(values.duration(*values.APPROVAL_EXPIRY)), seconds(*values.APPROVAL_EXPIRY)
]


def _nothing() -> None:
    return None


class Defaults(BaseModel):
    model_config = described("What holds for every service that does not say otherwise.")

    # A default that depends on something else is a factory here, so that JSON Schema names no fixed one.

    cluster: Cluster = Field(
        default_factory=str, description="Name of the ECS cluster. Required, here or in defaults."
    )
    region: Region = Field(
        default_factory=str,
        description="AWS region. Without it AWS_REGION, or else AWS_DEFAULT_REGION, of the environment.",
    )
    containers: Containers = Field(
        default_factory=tuple,
        description="Containers that get the new image tag. Without it the app: the one that the "
        "load balancer, Service Connect or service discovery names, or else the only essential one; and "
        "those that share its image repository.",
    )
    strategy: Way = Field(
        default=Strategy.ROLLING,
        description="rolling: ECS replaces the tasks a few at a time. stop-start: every old task has stopped "
        "before a new one starts, which means downtime. native: the ECS service itself is blue/green, "
        "linear or canary.",
    )
    deployers: People = Field(
        default_factory=tuple,
        description="User ids (U…) and user group ids (S…) who may deploy. Without it everybody in the "
        "workspace.",
    )
    approvers: People = Field(
        default_factory=tuple,
        description="User ids (U…) and user group ids (S…) who may approve or reject a deploy.",
    )
    approvals: Approvals = Field(
        default_factory=int,
        description="How many different people have to approve. Without it 0 for rolling, 1 for stop-start.",
    )
    self_approval: YesOrNo = Field(
        default=False, description="Whether the approval of the person who asked for the deploy counts."
    )
    channels: Channels = Field(
        default_factory=tuple,
        description="Ids of the channels (C… or G…) it may be deployed from. Without it any channel.",
    )
    deadline: Deadline = Field(
        default=1200,
        description="How long a rollout may take before it is rolled back: 90s, 20m, 1h30m, or seconds.",
    )
    give_up_after: GiveUpAfter = Field(
        default=3,
        description="How many tasks of the new version may fail in a row, without one that stays healthy, "
        "until it is rolled back. 0: only the deadline and ECS's circuit breaker end it.",
    )
    approval_expiry: Expiry = Field(
        default=1800, description="How long a question for approval stays open: 90s, 20m, 1h30m, or seconds."
    )
    pin: PinnedBy = Field(
        default_factory=_nothing,
        description="What a new revision names the image by: its tag, or the digest that the tag points to "
        "when the deploy is planned. Without it the digest, where approvals are needed and the registry "
        "tells it; else the tag.",
    )
    base: CopiedFrom = Field(
        default=Base.RUNNING,
        description="Which revision a deploy copies. running: the one that the service runs; a newer one is "
        "named in the plan. latest: the newest one that Slipway did not register, such as Terraform's.",
    )
    before: Before = Field(
        default_factory=_nothing,
        description="A one-off task that runs with the new revision before the rollout, such as a migration.",
    )
    after: After = Field(
        default_factory=_nothing,
        description="What has to hold for some time after the rollout; else the deploy is rolled back.",
    )
    role: Role = Field(
        default_factory=_nothing,
        description="The IAM role to assume for everything done to the service: its ARN, or arn and "
        "external_id. Without it the workers' own credentials.",
    )


class Entry(Defaults):
    model_config = described("One service. What is left out comes from the defaults.")

    ecs_service: EcsService = Field(
        default_factory=str, description="Name of the service in ECS. Without it the name it has here."
    )


Name = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "allOf": [{"pattern": names.PATTERN}, {"not": {"enum": sorted(names.VERBS)}}]}
    ),
]


class File(BaseModel):
    model_config = described(
        "The services that Slipway deploys. Top-level keys that begin with x- are yours, for YAML anchors.",
        patternProperties={"^x-": {}},
    )

    defaults: Defaults | None = Field(
        default_factory=Defaults, description="What holds where a service says nothing else."
    )
    services: dict[Name, Entry | None] = Field(
        description="The services by the name people type: /deploy NAME TAG.", min_length=1
    )
    groups: dict[Name, GroupKeys] | None = Field(
        default_factory=dict,
        description="Services that are deployed together, by a name that is typed in place of a service's.",
    )
