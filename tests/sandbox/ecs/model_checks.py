"""Checks that answers have exactly the members of Amazon's model."""

from __future__ import annotations

import json
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
    "boolean": (bool,),
    "timestamp": (float, int),
}


def model_mismatches(shape: Shape, value: object, where: str = "") -> list[str]:
    """The differences between `value` and `shape`, in words."""
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            return [f"{where}: not an object"]
        unknown = [f"{where}.{name}: not in the model" for name in value if name not in shape.members]
        known = {name: inner for name, inner in value.items() if name in shape.members}
        missing = [f"{where}.{name}: missing" for name in shape.required_members if name not in value]
        inside = (
            model_mismatches(shape.members[name], inner, f"{where}.{name}") for name, inner in known.items()
        )
        return unknown + missing + [text for texts in inside for text in texts]
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        each = (model_mismatches(shape.member, inner, f"{where}[{i}]") for i, inner in enumerate(value))
        return [text for texts in each for text in texts]
    if isinstance(shape, MapShape):
        if not isinstance(value, dict):
            return [f"{where}: not a map"]
        each = (model_mismatches(shape.value, inner, f"{where}[{name}]") for name, inner in value.items())
        return [text for texts in each for text in texts]
    return _scalar_mismatches(shape, value, where)


def _scalar_mismatches(shape: Shape, value: object, where: str) -> list[str]:
    allowed = _SCALARS[shape.type_name]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        return [f"{where}: {value!r} is not a {shape.type_name}"]
    enum: list[str] = getattr(shape, "enum", [])
    return [f"{where}: {value!r} is not one of {enum}"] if enum and value not in enum else []


def check_responses(client: Any) -> Any:
    """Check every answer to this client. An answer that differs from the model raises."""

    def check(operation_model: OperationModel, response_dict: dict[str, Any], **_: object) -> None:
        if response_dict["status_code"] != 200 or operation_model.output_shape is None:
            return
        found = model_mismatches(operation_model.output_shape, json.loads(response_dict["body"] or b"{}"))
        assert not found, f"{operation_model.name}: {found}"

    client.meta.events.register("before-parse.*.*", check)
    return client
