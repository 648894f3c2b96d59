"""ECS services and deployments as the workers read them, and the values of ECS's enums."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session

from tests.builders import ARN
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.flows.observe.rollout_status import (
    FollowedRollout,
)

OUR_DEPLOYMENT = "ecs-svc/2222222222222222222"


OTHER_DEPLOYMENT = "ecs-svc/3333333333333333333"


OLD_REVISION = f"{ARN}:task-definition/web:1"


NEW_REVISION = f"{ARN}:task-definition/web:2"


OTHER_REVISION = f"{ARN}:task-definition/web:9"


FOLLOWED_ROLLOUT = FollowedRollout(OUR_DEPLOYMENT, NEW_REVISION, OLD_REVISION)


@cache
def _ecs_model() -> Any:
    return botocore.session.get_session().get_service_model("ecs")


def ecs_enum_values(name: str) -> set[str]:
    """What the model of boto3 lists. No client is made for it: tests ask while they are collected."""
    return set(_ecs_model().shape_for(name).enum)


def a_deployment(
    deployment_id: str = OUR_DEPLOYMENT,
    revision: str = NEW_REVISION,
    state: str = "IN_PROGRESS",
    reason: str = "",
) -> DeploymentState:
    return DeploymentState(
        id=deployment_id,
        status="PRIMARY",
        revision=revision,
        desired=3,
        pending=0,
        running=3,
        rollout_state=state,
        rollout_reason=reason,
    )


def service_with(primary: DeploymentState, status: str = "ACTIVE") -> ServiceState:
    return ServiceState(
        arn=f"{ARN}:service/production/web",
        name="web",
        status=status,
        revision=primary.revision,
        desired=3,
        pending=0,
        running=3,
        deployments=(primary,),
    )


def a_service_deployment(status: str) -> ServiceDeploymentState:
    return ServiceDeploymentState(arn=f"{ARN}:service-deployment/production/web/x", status=status)
