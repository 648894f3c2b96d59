"""Why ECS goes back by itself, where more is known than its own sentence. Pure."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import escape
from deploys.traffic import HookAction, PauseEnd
from workers.ecs.seen import ServiceDeploymentSeen
from workers.flows.words import going, pausing, shifting

ALARM_RANG: dict[str, bool] = {
    "TRIGGERED": True,
    "MONITORING": False,
    "MONITORING_COMPLETE": False,
    "DISABLED": False,
}
"""Every value of the enum ServiceDeploymentRollbackMonitorsStatus."""

_ASKED_FOR = ("stopservicedeployment", "requested")
"""In ECS's reason, where it did not give up by itself."""


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


def why_stopped(own: ServiceDeploymentSeen | None) -> str | None:
    """Why ECS stopped it and does not go back, where more is known than its own sentence."""
    if own is None or own.status != "STOPPED":
        return None
    if ALARM_RANG.get(own.alarm_status, False):
        return shifting.alarm_stopped(own.alarms_triggered)
    return _on_request(own)


def _on_request(own: ServiceDeploymentSeen) -> str | None:
    """Somebody called StopServiceDeployment, from the console for example; None where ECS says otherwise."""
    reason = own.rollback_reason or own.reason
    asked = any(word in reason.lower() for word in _ASKED_FOR)
    return going.stopped_elsewhere(reason) if asked else None


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
