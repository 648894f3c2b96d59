"""Why ECS rolls back, if more is known than its own sentence. Pure."""

from __future__ import annotations

import re

from deploys.quoting import quoted
from deploys.records.deploy import Deploy
from deploys.records.traffic import HookAction, PauseEnd
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.messages import external_rollout, pauses, progress, traffic

MONITOR_TRIGGERED: dict[str, bool] = {
    "TRIGGERED": True,
    "MONITORING": False,
    "MONITORING_COMPLETE": False,
    "DISABLED": False,
}
"""Every value of the enum ServiceDeploymentRollbackMonitorsStatus."""

_STOPPED_BY_USER = re.compile(r"\b(?:rolled back|stopped) by (?:a |the )?user\b", re.IGNORECASE)
"""In ECS's reason after StopServiceDeployment: `Service deployment rolled back by user.` No documentation has
it; it is on record in hashicorp/terraform-provider-aws, issue 49031 and pull request 49077.
"""
_DECIDED_BY_ECS = re.compile(
    r"circuit breaker|\balarms?\b|lifecycle hook|invalid networking configuration", re.IGNORECASE
)
"""In ECS's reason if it decided by itself (ECS developer guide, "Troubleshooting blue/green deployments"; the
same issues).
"""


def find_known_cause(deploy: Deploy, service_deployment: ServiceDeploymentState | None) -> str | None:
    """An alarm, the answer to a pause or the lack of one, a Lambda function, or that somebody stopped it in
    ECS; None if only ECS's own words tell.
    """
    if service_deployment is None:
        return None
    if MONITOR_TRIGGERED.get(service_deployment.alarm_status, False):
        return traffic.alarm_rolled_back(service_deployment.alarms_triggered)
    if MONITOR_TRIGGERED.get(service_deployment.breaker_status, False):
        return None
    return _hook_cause(deploy, service_deployment) or _user_stop_cause(service_deployment)


def ecs_rollback_reason(
    deploy: Deploy, service_deployment: ServiceDeploymentState | None, ecs_service: ServiceState | None
) -> str:
    """Why ECS rolls back, as a sentence. It says that ECS gave up by itself only if ECS's words say so:
    unknown words may mean a person.
    """
    if (cause := find_known_cause(deploy, service_deployment)) is not None:
        return cause
    ours = ecs_service.find_deployment(deploy.ecs.deployment_id) if ecs_service else None
    if service_deployment is not None:
        ecs_text = service_deployment.rollback_reason or service_deployment.reason
    else:
        ecs_text = ours.rollout_reason if ours is not None and ours.rollout_state == "FAILED" else ""
    tripped = service_deployment is not None and MONITOR_TRIGGERED.get(
        service_deployment.breaker_status, False
    )
    if tripped or _DECIDED_BY_ECS.search(ecs_text):
        return progress.ecs_gave_up_reason(ecs_text)
    return progress.ecs_rollback_reason(ecs_text)


def ecs_stop_reason(service_deployment: ServiceDeploymentState | None) -> str | None:
    """Why ECS stopped it and does not roll back, if more is known than its own sentence."""
    if service_deployment is None or service_deployment.status != "STOPPED":
        return None
    if MONITOR_TRIGGERED.get(service_deployment.alarm_status, False):
        return traffic.alarm_stopped(service_deployment.alarms_triggered)
    return _user_stop_cause(service_deployment)


def external_failure_reason(
    service_deployment: ServiceDeploymentState | None, deployment: DeploymentState | None
) -> str:
    """Why a rollout that is not ours failed, as far as ECS tells; empty if it does not.

    deployment: its entry in the service's list, in case ECS shows no service deployment.
    """
    if service_deployment is None:
        ecs_text = deployment.rollout_reason if deployment is not None else ""
        return external_rollout.ecs_says(ecs_text) if ecs_text else ""
    if service_deployment.status == "STOPPED" and MONITOR_TRIGGERED.get(
        service_deployment.alarm_status, False
    ):
        ecs_text = traffic.alarm_stopped(service_deployment.alarms_triggered)
        return f"{ecs_text[0].upper()}{ecs_text[1:]}"
    if service_deployment.status == "STOPPED" and _STOPPED_BY_USER.search(service_deployment.reason):
        return external_rollout.stopped_by_user()
    return external_rollout.ecs_says(service_deployment.reason) if service_deployment.reason else ""


def _user_stop_cause(service_deployment: ServiceDeploymentState) -> str | None:
    """Somebody called StopServiceDeployment, from the console for example; None if ECS says otherwise."""
    reason = service_deployment.rollback_reason or service_deployment.reason
    return progress.stopped_outside_reason(reason) if _STOPPED_BY_USER.search(reason) else None


def _hook_cause(deploy: Deploy, service_deployment: ServiceDeploymentState) -> str | None:
    last_pause = deploy.traffic.pauses[-1] if deploy.traffic and deploy.traffic.pauses else None
    if (
        last_pause
        and last_pause.end is PauseEnd.ANSWERED
        and last_pause.answer
        and last_pause.answer.action is HookAction.ROLLBACK
    ):
        return pauses.rolled_back_by(last_pause.answer.user, last_pause.stage)
    if (
        last_pause
        and last_pause.end is PauseEnd.TIMED_OUT
        and last_pause.timeout_action is HookAction.ROLLBACK
    ):
        return pauses.rolled_back_at_timeout(last_pause)
    ecs_text = service_deployment.rollback_reason or service_deployment.reason
    functions = [
        hook.lambda_arn for hook in service_deployment.hooks if hook.lambda_arn and hook.causes_rollback
    ]
    if functions:
        return pauses.hook_function_failed(functions, ecs_text)
    if last_pause and last_pause.end is PauseEnd.CLOSED_BY_ECS:
        return pauses.closed_outside(last_pause.stage, quoted(ecs_text))
    return None
