"""Why ECS goes back, where more is known than its own sentence. Pure."""

from __future__ import annotations

import re

from deploys.deploy import Deploy
from deploys.mrkdwn import escape
from deploys.traffic import HookAction, PauseEnd
from workers.ecs.seen import DeploymentSeen, ServiceDeploymentSeen, ServiceSeen
from workers.flows.words import going, not_back, pausing, shifting

ALARM_RANG: dict[str, bool] = {
    "TRIGGERED": True,
    "MONITORING": False,
    "MONITORING_COMPLETE": False,
    "DISABLED": False,
}
"""Every value of the enum ServiceDeploymentRollbackMonitorsStatus."""

_BY_A_USER = re.compile(r"\b(?:rolled back|stopped) by (?:a |the )?user\b", re.IGNORECASE)
"""In ECS's reason after StopServiceDeployment: `Service deployment rolled back by user.` No documentation has
it; it is on record in hashicorp/terraform-provider-aws, issue 49031 and pull request 49077."""
_BY_ITSELF = re.compile(
    r"circuit breaker|\balarms?\b|lifecycle hook|invalid networking configuration", re.IGNORECASE
)
"""In ECS's reason where it decided that by itself (ECS developer guide, "Troubleshooting blue/green
deployments"; the same issues)."""


def known_cause(deploy: Deploy, own: ServiceDeploymentSeen | None) -> str | None:
    """An alarm, what somebody or nobody answered at a pause, a Lambda function, or that somebody stopped it
    in ECS; None where ECS's own words must do."""
    if own is None:
        return None
    if ALARM_RANG.get(own.alarm_status, False):
        return shifting.alarm(own.alarms_triggered)
    if ALARM_RANG.get(own.breaker_status, False):
        return None
    return _of_hook(deploy, own) or _on_request(own)


def why_back(deploy: Deploy, own: ServiceDeploymentSeen | None, seen: ServiceSeen | None) -> str:
    """Why ECS goes back, as a sentence. That it gave up by itself is said only where it says so: words that
    nobody knows may mean a person.
    """
    if (cause := known_cause(deploy, own)) is not None:
        return cause
    ours = seen.deployment(deploy.deployment_id) if seen else None
    if own is not None:
        said = own.rollback_reason or own.reason
    else:
        said = ours.rollout_reason if ours is not None and ours.rollout_state == "FAILED" else ""
    tripped = own is not None and ALARM_RANG.get(own.breaker_status, False)
    if tripped or _BY_ITSELF.search(said):
        return going.ecs_goes_back(said)
    return going.ecs_rolls_back(said)


def why_stopped(own: ServiceDeploymentSeen | None) -> str | None:
    """Why ECS stopped it and does not go back, where more is known than its own sentence."""
    if own is None or own.status != "STOPPED":
        return None
    if ALARM_RANG.get(own.alarm_status, False):
        return shifting.alarm_stopped(own.alarms_triggered)
    return _on_request(own)


def why_over(own: ServiceDeploymentSeen | None, deployment: DeploymentSeen | None) -> str:
    """Why a rollout that is only followed ended without success, as far as ECS tells; empty where it does
    not.

    deployment: its own entry among the service's, for where ECS shows no service deployment.
    """
    if own is None:
        said = deployment.rollout_reason if deployment is not None else ""
        return not_back.ecs_says(said) if said else ""
    if own.status == "STOPPED" and ALARM_RANG.get(own.alarm_status, False):
        said = shifting.alarm_stopped(own.alarms_triggered)
        return f"{said[0].upper()}{said[1:]}"
    if own.status == "STOPPED" and _BY_A_USER.search(own.reason):
        return not_back.stopped_by_a_user()
    return not_back.ecs_says(own.reason) if own.reason else ""


def _on_request(own: ServiceDeploymentSeen) -> str | None:
    """Somebody called StopServiceDeployment, from the console for example; None where ECS says otherwise."""
    reason = own.rollback_reason or own.reason
    return going.stopped_elsewhere(reason) if _BY_A_USER.search(reason) else None


def _of_hook(deploy: Deploy, own: ServiceDeploymentSeen) -> str | None:
    last = deploy.shift.pauses[-1] if deploy.shift and deploy.shift.pauses else None
    if last and last.end is PauseEnd.ANSWERED and last.answer and last.answer.action is HookAction.ROLLBACK:
        return pausing.rolled_back(last.answer.user, last.stage)
    if last and last.end is PauseEnd.TIMED_OUT and last.timeout_action is HookAction.ROLLBACK:
        return pausing.rolled_back_unanswered(last)
    said = own.rollback_reason or own.reason
    functions = [hook.function for hook in own.hooks if hook.function and hook.demands_rollback]
    if functions:
        return pausing.function_failed(functions, said)
    if last and last.end is PauseEnd.CALLED_OFF:
        return pausing.closed_elsewhere(last.stage, escape(said))
    return None
