"""Refuses a plan whose pre-task or post-check could not be carried out."""

from __future__ import annotations

from typing import Any, cast

from deploys.errors import AlarmFiring, AlarmMissing, NoSuchPreTaskContainer
from deploys.mrkdwn import code, escape
from deploys.pre_task import configured_post_check, configured_pre_task
from deploys.records.deploy import Deploy
from workers.ecs import alarms
from workers.ecs.state import RevisionState
from workers.messages import post_check
from workers.step_context import StepContext


def check_pre_and_post(deploy: Deploy, context: StepContext, revision: RevisionState) -> None:
    """Checks that both could be carried out, with the revision that the new one is made of.

    Raises:
        NoSuchPreTaskContainer, AlarmMissing, AlarmFiring
        AwsError: CloudWatch could not be read.
    """
    _check_pre_task_container(deploy, revision)
    _check_post_check_alarms(deploy, context)


def _check_pre_task_container(deploy: Deploy, revision: RevisionState) -> None:
    settings = configured_pre_task(deploy)
    definitions = cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    names = [str(container["name"]) for container in definitions]
    if settings is None or not settings.container or settings.container in names:
        return
    raise NoSuchPreTaskContainer(
        missing=escape(settings.container),
        family=escape(revision.family),
        present=", ".join(code(name) for name in names),
        service=deploy.service.name,
    )


def _check_post_check_alarms(deploy: Deploy, context: StepContext) -> None:
    settings = configured_post_check(deploy)
    if settings is None or not settings.alarms:
        return
    alarm_states = alarms.read(context.region, settings.alarms)
    missing = [name for name in settings.alarms if name not in alarm_states]
    if missing:
        raise AlarmMissing(
            missing=", ".join(code(name) for name in missing),
            region=deploy.service.region,
            service=deploy.service.name,
        )
    firing = [alarm for alarm in alarm_states.values() if alarm.is_alarming]
    if firing:
        raise AlarmFiring(
            ringing=". ".join(post_check.alarm_fired(alarm.name, alarm.reason) for alarm in firing),
            service=deploy.service.name,
        )
