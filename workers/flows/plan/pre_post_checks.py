"""Refuses a plan whose pre-task or post-check could not be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.catalogue.service import Service
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
    require_pre_task_container(deploy.service, configured_pre_task(deploy), revision)
    _check_post_check_alarms(deploy, context)


def require_pre_task_container(service: Service, settings: PreTask | None, revision: RevisionState) -> None:
    """Raises NoSuchPreTaskContainer if the revision has no container of the name in `services.yml`. Pure."""
    definitions = cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    names = [str(container["name"]) for container in definitions]
    if settings is None or not settings.container or settings.container in names:
        return
    raise NoSuchPreTaskContainer(
        missing=escape(settings.container),
        family=escape(revision.family),
        present=", ".join(code(name) for name in names),
        service=service.name,
    )


def require_alarms(
    service: Service, settings: PostCheck, alarm_states: Mapping[str, alarms.AlarmState]
) -> None:
    """Raises AlarmMissing if CloudWatch does not have one of the alarms in `services.yml`. Pure."""
    missing = [name for name in settings.alarms if name not in alarm_states]
    if missing:
        raise AlarmMissing(
            missing=", ".join(code(name) for name in missing),
            region=service.region,
            service=service.name,
        )


def _check_post_check_alarms(deploy: Deploy, context: StepContext) -> None:
    settings = configured_post_check(deploy)
    if settings is None or not settings.alarms:
        return
    alarm_states = alarms.read(context.region, settings.alarms)
    require_alarms(deploy.service, settings, alarm_states)
    firing = [alarm for alarm in alarm_states.values() if alarm.is_alarming]
    if firing:
        raise AlarmFiring(
            ringing=". ".join(post_check.alarm_fired(alarm.name, alarm.reason) for alarm in firing),
            service=deploy.service.name,
        )
