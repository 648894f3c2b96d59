"""The keys of services.yml that hold keys of their own: `before`, `after`, `role`, each of the `groups`."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from deploys.catalogue import nested_validators as inner
from deploys.catalogue import service_names, validators
from deploys.catalogue.json_schema import duration_schema, mapping_config, text_list_schema, text_schema


class _Alternatives:
    """For JSON Schema, what else may stand in a mapping's place: always the empty one, and never null."""

    def __init__(self, *others: JsonSchemaValue) -> None:
        self._others = others

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core)
        mapping = [each for each in schema["anyOf"] if each != {"type": "null"}]
        none: JsonSchemaValue = {"type": "object", "maxProperties": 0}
        return {"anyOf": [*mapping, *self._others, none]}


YesOrNo = Annotated[bool, BeforeValidator(validators.check_yes_or_no), WithJsonSchema({"type": "boolean"})]
Container = Annotated[
    str, BeforeValidator(validators.check_ecs_name("a container")), text_schema(validators.ECS_NAME_PATTERN)
]
CommandWord = Annotated[str, BeforeValidator(inner.check_command_word)]
Command = Annotated[
    tuple[CommandWord, ...],
    BeforeValidator(inner.check_command),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1}),
]
HttpUrl = Annotated[str, BeforeValidator(inner.check_http_url), text_schema(inner.HTTP_URL_PATTERN)]
Alarm = Annotated[str, BeforeValidator(inner.check_alarm_name)]
Alarms = Annotated[
    tuple[Alarm, ...],
    BeforeValidator(validators.check_list("names of CloudWatch alarms")),
    AfterValidator(validators.check_no_repeats),
    AfterValidator(inner.check_max_length(inner.MAX_ALARMS, "alarms")),
    text_list_schema(inner.ALARM_NAME_PATTERN, maxItems=inner.MAX_ALARMS),
]
ServiceNames = Annotated[
    tuple[Annotated[str, BeforeValidator(inner.check_service_name)], ...],
    BeforeValidator(validators.check_list("services", none=False)),
    AfterValidator(validators.check_no_repeats),
    AfterValidator(inner.check_max_length(inner.MAX_SERVICES_IN_GROUP, "services")),
    text_list_schema(service_names.NAME_PATTERN, minItems=1, maxItems=inner.MAX_SERVICES_IN_GROUP),
]


class NestedKeys(BaseModel):
    """A mapping that allows the keys it names and no other."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PreTaskKeys(NestedKeys):
    model_config = mapping_config(
        "A one-off task that runs with the new revision before the rollout, such as a migration."
    )

    command: Command = Field(
        description="What its container runs, as a list of words.",
        examples=[["python", "manage.py", "migrate"]],
    )
    container: Container = Field(
        default_factory=str,
        description="The container that runs it. Without it the one whose image decides the tag.",
    )
    deadline: Annotated[
        int,
        BeforeValidator(validators.check_duration(*validators.PRE_TASK_DEADLINE_RANGE)),
        duration_schema(*validators.PRE_TASK_DEADLINE_RANGE),
    ] = Field(
        default=600,
        description="How long it may take before it is stopped, which counts as failed: 90s, 20m, 1h.",
    )


class PostCheckKeys(NestedKeys):
    model_config = mapping_config(
        "What has to hold for some time after the rollout; else the deploy is rolled back.",
        anyOf=[
            {"required": ["http"]},
            {"required": ["alarms"], "properties": {"alarms": {"minItems": 1}}},
        ],
    )

    http: HttpUrl = Field(
        default_factory=str,
        description="Address that has to answer GET with a 2xx status, asked by the worker.",
        examples=["https://shop.example.com/health"],
    )
    alarms: Alarms = Field(
        default_factory=tuple, description="Names of CloudWatch alarms that have to stay out of ALARM."
    )
    duration: Annotated[
        int,
        BeforeValidator(validators.check_duration(*validators.POST_CHECK_DURATION_RANGE)),
        duration_schema(*validators.POST_CHECK_DURATION_RANGE),
    ] = Field(default=300, alias="for", description="How long it has to hold: 90s, 20m, 1h30m, or seconds.")

    @model_validator(mode="after")
    def _require_a_check(self) -> Self:
        if not self.http and not self.alarms:
            validators.refuse("nothing is checked; write `http`, `alarms` or both.")
        return self


class RoleKeys(NestedKeys):
    model_config = mapping_config("The role that is assumed for everything done to a service.")

    arn: Annotated[str, BeforeValidator(inner.check_role_arn), text_schema(inner.ROLE_ARN_PATTERN)] = Field(
        description="ARN of the role.", examples=["arn:aws:iam::123456789012:role/slipway"]
    )
    external_id: Annotated[
        str, BeforeValidator(inner.check_external_id), text_schema(inner.EXTERNAL_ID_PATTERN)
    ] = Field(
        default_factory=str, description="The external id that the role's trust policy asks for, if it does."
    )


class ServiceGroupKeys(NestedKeys):
    model_config = mapping_config("Services that are deployed together, by one name.")

    services: ServiceNames = Field(
        description="Names of services of this file, in the order in which they are shown and begun.",
        examples=[["api", "web"]],
    )
    in_order: YesOrNo = Field(
        default=False, description="Whether each waits until the one before it has ended."
    )
    stop_on_first_failure: YesOrNo = Field(
        default=False,
        description="Whether services that were not begun yet are left alone once one did not succeed.",
    )


def _mapping(what: str) -> BeforeValidator:
    return BeforeValidator(inner.check_mapping(what))


PreTaskValue = Annotated[PreTaskKeys | None, _mapping("`command` and what else it needs"), _Alternatives()]
PostCheckValue = Annotated[PostCheckKeys | None, _mapping("`http` or `alarms`"), _Alternatives()]
RoleValue = Annotated[
    RoleKeys | None,
    BeforeValidator(inner.check_role),
    _Alternatives({"type": "string", "pattern": inner.ROLE_ARN_PATTERN}),
]


def find_nested_model(model: type[BaseModel], key: object) -> type[BaseModel] | None:
    """The model of what stands below a key; None where that has no keys of its own."""
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            options: tuple[Any, ...] = getattr(field.annotation, "__args__", ())
            return next(
                (each for each in options if isinstance(each, type) and issubclass(each, NestedKeys)), None
            )
    return None


def list_key_names(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]
