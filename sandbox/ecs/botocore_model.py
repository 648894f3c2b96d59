"""Amazon's own model of ECS, which botocore contains."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, StructureShape
from botocore.validate import ParamValidator

from sandbox.ecs.ecs_errors import InvalidParameterException


@cache
def ecs_model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("ecs")


@cache
def operation_model(operation: str) -> OperationModel:
    return ecs_model().operation_model(operation)


def input_shape(operation: str) -> StructureShape:
    shape = operation_model(operation).input_shape
    assert shape is not None, f"{operation} takes nothing"
    return shape


def validate_params(operation: str, params: dict[str, Any]) -> None:
    """Raises InvalidParameterException if a member is missing or has the wrong type."""
    report = ParamValidator().validate(params, input_shape(operation))
    if report.has_errors():
        raise InvalidParameterException(report.generate_report())
