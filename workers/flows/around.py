"""Refusals of a plan whose task before the rollout, or check after it, could not be made."""

from __future__ import annotations

from typing import Any, cast

from deploys.around import after, before
from deploys.deploy import Deploy
from deploys.errors import AlarmMissing, AlarmRinging, NoSuchContainerBefore
from deploys.mrkdwn import code, escape
from workers.ecs import alarms
from workers.ecs.seen import RevisionSeen
from workers.flows.words import checking
from workers.turn import Turn


def check_around(deploy: Deploy, turn: Turn, revision: RevisionSeen) -> None:
    """Looks whether both could be made, with the revision that the new one is made of.

    Raises:
        NoSuchContainerBefore, AlarmMissing, AlarmRinging
        AwsError: CloudWatch did not tell.
    """
    _check_container(deploy, revision)
    _check_alarms(deploy, turn)


def _check_container(deploy: Deploy, revision: RevisionSeen) -> None:
    task = before(deploy)
    definitions = cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    names = [str(container["name"]) for container in definitions]
    if task is None or not task.container or task.container in names:
        return
    raise NoSuchContainerBefore(
        missing=escape(task.container),
        family=escape(revision.family),
        present=", ".join(code(name) for name in names),
        service=deploy.service.name,
    )


def _check_alarms(deploy: Deploy, turn: Turn) -> None:
    wanted = after(deploy)
    if wanted is None or not wanted.alarms:
        return
    seen = alarms.read(turn.region, wanted.alarms)
    missing = [name for name in wanted.alarms if name not in seen]
    if missing:
        raise AlarmMissing(
            missing=", ".join(code(name) for name in missing),
            region=deploy.service.region,
            service=deploy.service.name,
        )
    ringing = [alarm for alarm in seen.values() if alarm.rings]
    if ringing:
        raise AlarmRinging(
            ringing=". ".join(checking.rings(alarm) for alarm in ringing), service=deploy.service.name
        )
