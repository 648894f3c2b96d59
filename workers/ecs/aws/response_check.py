"""Checks on AWS's answers that botocore's parser does not make: cut answers, and fields it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import IncompleteReadError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.parsers import ResponseParserError

UNKNOWN_FIELDS = "slipwayUnknownFields"
"""Key added to the answers of these operations: paths of the fields that botocore dropped."""

_OPERATIONS_WITH_UNKNOWN_FIELDS = ("DescribeTaskDefinition",)


def check_responses(client: Any) -> None:
    """Checks every answer that this client gets, if the service speaks JSON: STS does not.

    `before-parse` is the last event with the body, and what its handler puts into `customized_response_dict`
    is in the parsed answer (botocore.endpoint, `_do_get_response`).
    """
    if "json" not in client.meta.service_model.protocol:
        return
    client.meta.events.register(
        f"before-parse.{client.meta.service_model.service_id.hyphenize()}", check_response
    )


def check_response(
    operation_model: OperationModel,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: Any,
) -> None:
    """Refuses an answer that is not complete, and notes unknown fields.

    botocore parses a body that was cut, or that is not JSON, as an answer without any field.

    Raises: IncompleteReadError or ResponseParserError of botocore.
    """
    if response_dict["status_code"] >= 300:
        return
    body = response_dict["body"]
    expected = response_dict["headers"].get("content-length")
    if expected is not None and len(body) < int(expected):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(expected))
    try:
        answer = json.loads(body) if body else {}
    except ValueError as error:
        raise ResponseParserError(f"the answer of {operation_model.name} is not JSON") from error
    if operation_model.name in _OPERATIONS_WITH_UNKNOWN_FIELDS and operation_model.output_shape is not None:
        customized_response_dict[UNKNOWN_FIELDS] = sorted(
            set(find_unknown_fields(answer, operation_model.output_shape))
        )


def find_unknown_fields(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Paths of the fields in a raw answer that this version of botocore does not know and drops.

    Fields that are null, or an empty list, object or string, are left out: a copy loses nothing without them.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for key, item in value.items():
            where = f"{path}.{key}" if path else key
            if key in known:
                yield from find_unknown_fields(item, known[key], where)
            elif item not in (None, "", [], {}):
                yield where
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from find_unknown_fields(item, shape.member, f"{path}[]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for item in value.values():
            yield from find_unknown_fields(item, shape.value, f"{path}{{}}")
