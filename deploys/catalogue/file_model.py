"""services.yml as a whole: the models that it is checked by, and that `slipway schema` prints."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from deploys.catalogue.command_line_keys import CommandLineKeys
from deploys.catalogue.key_declaration import make_keys_model
from deploys.catalogue.service import Service, ServiceGroup
from deploys.catalogue.service_names import NAME_PATTERN, RESERVED_NAMES

DefaultKeys: type[BaseModel] = make_keys_model(
    Service,
    "DefaultKeys",
    "What holds for every service that does not say otherwise.",
    all_optional=True,
    only_defaults=True,
)
ServiceKeys: type[BaseModel] = make_keys_model(
    Service, "ServiceKeys", "One service. What is left out comes from the defaults.", all_optional=True
)
ServiceGroupKeys: type[BaseModel] = make_keys_model(
    ServiceGroup, "ServiceGroupKeys", "Services that are deployed together, by one name."
)

_NAME_SCHEMA = {
    "type": "string",
    "allOf": [{"pattern": NAME_PATTERN}, {"not": {"enum": sorted(RESERVED_NAMES)}}],
}
_Name = Annotated[str, WithJsonSchema(_NAME_SCHEMA)]

_FIELDS: dict[str, Any] = {
    "defaults": (
        DefaultKeys | None,
        Field(default_factory=DefaultKeys, description="What holds if a service does not say otherwise."),
    ),
    "services": (
        dict[_Name, ServiceKeys | None],  # type: ignore[valid-type]
        Field(description="The services by the name people type: /deploy NAME TAG.", min_length=1),
    ),
    "groups": (
        dict[_Name, ServiceGroupKeys] | None,  # type: ignore[valid-type]
        Field(
            default_factory=dict,
            description="Services that are deployed together, by a name that people type like a service's.",
        ),
    ),
    "command_line": (
        CommandLineKeys | None,
        Field(default_factory=CommandLineKeys, description="Who may ask on the command line."),
    ),
}
ServicesFile: type[BaseModel] = create_model(
    "ServicesFile",
    __config__=ConfigDict(
        extra="forbid",
        json_schema_extra={
            "description": (
                "The services that Slipway deploys. Top-level keys that begin with x- are yours, for YAML "
                "anchors."
            ),
            "patternProperties": {"^x-": {}},
        },
    ),
    **_FIELDS,
)
