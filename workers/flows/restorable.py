"""The recorded revision, as ECS takes it: one that was deregistered meanwhile is registered again."""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind
from deploys.errors import AwsRefused, SlipwayError
from workers.ecs import services, task_definitions
from workers.ecs.seen import RevisionSeen, ServiceSeen
from workers.flows.best_effort import attempt, best_effort
from workers.flows.ending import is_recorded, old_revision
from workers.flows.words import looks
from workers.turn import Turn

UNKNOWN_TO_ECS = "ClientException"
"""DescribeTaskDefinition's error for a revision that was deleted: `Unable to describe task definition.`"""


def restorable(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy | None:
    """With a copy of the recorded revision if that was deregistered and the service is set to another one: a
    service may be set only to an ACTIVE revision. None: it was deleted, so nothing brings it back.

    A revision that cannot be read is taken for ACTIVE: ECS says otherwise if it is not. A copy that loses
    fields is better than no way back; the channel is told which.
    """
    if is_recorded(deploy, seen.revision):
        return deploy
    revision = old_revision(deploy)
    source = attempt(lambda: task_definitions.describe(turn.region, revision))
    if isinstance(source, AwsRefused) and source.facts["code"] == UNKNOWN_TO_ECS:
        return None
    if isinstance(source, SlipwayError) or source.status == "ACTIVE":
        return deploy
    mark = f"{deploy.id}:restore"
    copy = best_effort(lambda: _registered_before(turn, source, mark), None)
    if copy is None:
        request = task_definitions.copied(source, {}, mark, without_unknown_fields=True)
        turn.guard()
        copy = task_definitions.register(turn.region, request)
    if source.unknown_fields:
        text = looks.copy_lost_fields(source.arn, copy, source.unknown_fields)
        deploy = deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=True)
    return turn.write(deploy.evolve(restore_revision=copy))


def _registered_before(turn: Turn, source: RevisionSeen, mark: str) -> str | None:
    """The copy that an earlier try registered; a second one does no harm."""
    return task_definitions.registered_for(
        turn.region, source.family, newer_than=source.number, deploy_id=mark
    )


def set_recorded(deploy: Deploy, turn: Turn, seen: ServiceSeen, count: int) -> None:
    """Sets the recorded revision and this desired count (tasks), in one update.

    ECS may refuse a revision that was deregistered. A service that is set to it already can still be scaled
    (ECS API reference, DeregisterTaskDefinition), so it gets the count alone then.

    Raises the errors of `services.update`.
    """
    service, revision = deploy.service, old_revision(deploy)
    turn.guard()
    try:
        services.update(turn.region, service.cluster, service.ecs_service, revision=revision, desired=count)
    except AwsRefused:
        if not is_recorded(deploy, seen.revision):
            raise
        turn.guard()
        services.update(turn.region, service.cluster, service.ecs_service, desired=count)
