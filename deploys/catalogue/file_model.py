"""The keys of services.yml: the model that values are checked by, and that `slipway schema` prints."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from deploys.catalogue import service_names, slack_ids, validators
from deploys.catalogue.json_schema import duration_schema, mapping_config, text_list_schema, text_schema
from deploys.catalogue.nested_keys import (
    Container,
    PostCheckValue,
    PreTaskValue,
    RoleValue,
    ServiceGroupKeys,
    YesOrNo,
)
from deploys.catalogue.service import BaseChoice, Pin, Strategy

Cluster = Annotated[
    str, BeforeValidator(validators.check_ecs_name("a cluster")), text_schema(validators.ECS_NAME_PATTERN)
]
EcsService = Annotated[
    str,
    BeforeValidator(validators.check_ecs_name("an ECS service")),
    text_schema(validators.ECS_NAME_PATTERN),
]
Region = Annotated[
    str,
    BeforeValidator(validators.check_region),
    text_schema(validators.REGION_PATTERN, examples=["eu-west-1"]),
]
PersonOrGroup = Annotated[str, BeforeValidator(validators.check_person_or_group)]
Channel = Annotated[str, BeforeValidator(validators.check_channel)]
Containers = Annotated[
    tuple[Container, ...],
    BeforeValidator(validators.check_list("container names")),
    AfterValidator(validators.check_no_repeats),
    text_list_schema(validators.ECS_NAME_PATTERN),
]
People = Annotated[
    tuple[PersonOrGroup, ...],
    BeforeValidator(validators.check_list("user ids (U…) and user group ids (S…)")),
    AfterValidator(validators.check_no_repeats),
    text_list_schema(slack_ids.PERSON_OR_GROUP_PATTERN),
]
Channels = Annotated[
    tuple[Channel, ...],
    BeforeValidator(validators.check_list("channel ids (C… or G…)")),
    AfterValidator(validators.check_no_repeats),
    text_list_schema(slack_ids.CHANNEL_PATTERN),
]
StrategyValue = Annotated[
    Strategy,
    BeforeValidator(validators.check_choice(Strategy, "a strategy")),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in Strategy]}),
]
PinValue = Annotated[
    Pin | None,
    BeforeValidator(validators.check_choice(Pin, "a way to name an image")),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in Pin]}),
]
BaseValue = Annotated[
    BaseChoice,
    BeforeValidator(validators.check_choice(BaseChoice, "a revision to copy")),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in BaseChoice]}),
]
Approvals = Annotated[
    int,
    BeforeValidator(validators.check_approvals),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": validators.MAX_APPROVALS}),
]
GiveUpAfter = Annotated[
    int,
    BeforeValidator(validators.check_give_up_after),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": validators.MAX_FAILED_TASKS}),
]
Deadline = Annotated[
    int,
    BeforeValidator(validators.check_duration(*validators.DEADLINE_RANGE)),
    duration_schema(*validators.DEADLINE_RANGE),
]
Expiry = Annotated[
    int,
    BeforeValidator(validators.check_duration(*validators.APPROVAL_EXPIRY_RANGE)),
    duration_schema(*validators.APPROVAL_EXPIRY_RANGE),
]


def _nothing() -> None:
    return None


class DefaultKeys(BaseModel):
    model_config = mapping_config("What holds for every service that does not say otherwise.")

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
    strategy: StrategyValue = Field(
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
    pin: PinValue = Field(
        default_factory=_nothing,
        description="What a new revision names the image by: its tag, or the digest that the tag points to "
        "when the deploy is planned. Without it the digest, where approvals are needed and the registry "
        "tells it; else the tag.",
    )
    base: BaseValue = Field(
        default=BaseChoice.RUNNING,
        description="Which revision a deploy copies. running: the one that the service runs; a newer one is "
        "named in the plan. latest: the newest one that Slipway did not register, such as Terraform's.",
    )
    before: PreTaskValue = Field(
        default_factory=_nothing,
        description="A one-off task that runs with the new revision before the rollout, such as a migration.",
    )
    after: PostCheckValue = Field(
        default_factory=_nothing,
        description="What has to hold for some time after the rollout; else the deploy is rolled back.",
    )
    role: RoleValue = Field(
        default_factory=_nothing,
        description="The IAM role to assume for everything done to the service: its ARN, or arn and "
        "external_id. Without it the workers' own credentials.",
    )


class ServiceKeys(DefaultKeys):
    model_config = mapping_config("One service. What is left out comes from the defaults.")

    ecs_service: EcsService = Field(
        default_factory=str, description="Name of the service in ECS. Without it the name it has here."
    )


Name = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "allOf": [
                {"pattern": service_names.NAME_PATTERN},
                {"not": {"enum": sorted(service_names.RESERVED_NAMES)}},
            ],
        }
    ),
]


class ServicesFile(BaseModel):
    model_config = mapping_config(
        "The services that Slipway deploys. Top-level keys that begin with x- are yours, for YAML anchors.",
        patternProperties={"^x-": {}},
    )

    defaults: DefaultKeys | None = Field(
        default_factory=DefaultKeys, description="What holds where a service says nothing else."
    )
    services: dict[Name, ServiceKeys | None] = Field(
        description="The services by the name people type: /deploy NAME TAG.", min_length=1
    )
    groups: dict[Name, ServiceGroupKeys] | None = Field(
        default_factory=dict,
        description="Services that are deployed together, by a name that is typed in place of a service's.",
    )
