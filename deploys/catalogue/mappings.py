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

from deploys.catalogue import mapping_values as inner
from deploys.catalogue import names, values
from deploys.catalogue.schemas import described, seconds, strings, text


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


YesOrNo = Annotated[bool, BeforeValidator(values.yes_or_no), WithJsonSchema({"type": "boolean"})]
Container = Annotated[str, BeforeValidator(values.ecs_name("a container")), text(values.ECS_NAME)]
Word = Annotated[str, BeforeValidator(inner.word)]
Command = Annotated[
    tuple[Word, ...],
    BeforeValidator(inner.command),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1}),
]
Address = Annotated[str, BeforeValidator(inner.http), text(inner.HTTP)]
Alarm = Annotated[str, BeforeValidator(inner.alarm)]
Alarms = Annotated[
    tuple[Alarm, ...],
    BeforeValidator(values.listed("names of CloudWatch alarms")),
    AfterValidator(values.no_repeats),
    AfterValidator(inner.at_most(inner.MOST_ALARMS, "alarms")),
    strings(inner.ALARM, maxItems=inner.MOST_ALARMS),
]
ServiceNames = Annotated[
    tuple[Annotated[str, BeforeValidator(inner.service_name)], ...],
    BeforeValidator(values.listed("services", none=False)),
    AfterValidator(values.no_repeats),
    AfterValidator(inner.at_most(inner.MOST_IN_GROUP, "services")),
    strings(names.PATTERN, minItems=1, maxItems=inner.MOST_IN_GROUP),
]


class Keys(BaseModel):
    """A mapping that allows the keys it names and no other."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BeforeKeys(Keys):
    model_config = described(
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
        int, BeforeValidator(values.duration(*values.TASK_DEADLINE)), seconds(*values.TASK_DEADLINE)
    ] = Field(
        default=600,
        description="How long it may take before it is stopped, which counts as failed: 90s, 20m, 1h.",
    )


class AfterKeys(Keys):
    model_config = described(
        "What has to hold for some time after the rollout; else the deploy is rolled back.",
        anyOf=[
            {"required": ["http"]},
            {"required": ["alarms"], "properties": {"alarms": {"minItems": 1}}},
        ],
    )

    http: Address = Field(
        default_factory=str,
        description="Address that has to answer GET with a 2xx status, asked by the worker.",
        examples=["https://shop.example.com/health"],
    )
    alarms: Alarms = Field(
        default_factory=tuple, description="Names of CloudWatch alarms that have to stay out of ALARM."
    )
    lasts: Annotated[
        int, BeforeValidator(values.duration(*values.CHECK_LASTS)), seconds(*values.CHECK_LASTS)
    ] = Field(default=300, alias="for", description="How long it has to hold: 90s, 20m, 1h30m, or seconds.")

    @model_validator(mode="after")
    def _checks_something(self) -> Self:
        if not self.http and not self.alarms:
            values.refuse("nothing is checked; write `http`, `alarms` or both.")
        return self


class RoleKeys(Keys):
    model_config = described("The role that is assumed for everything done to a service.")

    arn: Annotated[str, BeforeValidator(inner.role_arn), text(inner.ROLE)] = Field(
        description="ARN of the role.", examples=["arn:aws:iam::123456789012:role/slipway"]
    )
    external_id: Annotated[str, BeforeValidator(inner.external_id), text(inner.EXTERNAL_ID)] = Field(
        default_factory=str, description="The external id that the role's trust policy asks for, if it does."
    )


class GroupKeys(Keys):
    model_config = described("Services that are deployed together, by one name.")

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
    return BeforeValidator(inner.mapping(what))


Before = Annotated[BeforeKeys | None, _mapping("`command` and what else it needs"), _Alternatives()]
After = Annotated[AfterKeys | None, _mapping("`http` or `alarms`"), _Alternatives()]
Role = Annotated[
    RoleKeys | None, BeforeValidator(inner.role), _Alternatives({"type": "string", "pattern": inner.ROLE})
]


def inside(model: type[BaseModel], key: object) -> type[BaseModel] | None:
    """The model of what stands below a key; None where that has no keys of its own."""
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            options: tuple[Any, ...] = getattr(field.annotation, "__args__", ())
            return next((each for each in options if isinstance(each, type) and issubclass(each, Keys)), None)
    return None


def written(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]
