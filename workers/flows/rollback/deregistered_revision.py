"""The recorded revision, as ECS takes it: one that was deregistered meanwhile is registered again."""

from __future__ import annotations

from deploys.errors import AwsRefused, SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services, task_definitions
from workers.ecs.state import RevisionState, ServiceState
from workers.flows.best_effort import attempt, best_effort
from workers.flows.ending import is_recorded_revision, rollback_revision
from workers.messages import alerts
from workers.step_context import StepContext

UNKNOWN_REVISION_CODE = "ClientException"
"""DescribeTaskDefinition's error for a revision that was deleted: `Unable to describe task definition.`"""


def ensure_active(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy | None:
    """With a copy of the recorded revision if that was deregistered and the service is set to another one: a
    service may be set only to an ACTIVE revision. None: it was deleted, so nothing brings it back.

    A revision that cannot be read is taken for ACTIVE: ECS says otherwise if it is not. A copy that loses
    fields is better than no way back; the channel is told which.
    """
    if is_recorded_revision(deploy, ecs_service.revision):
        return deploy
    revision = rollback_revision(deploy)
    source = attempt(lambda: task_definitions.describe(context.region, revision))
    if isinstance(source, AwsRefused) and source.facts["code"] == UNKNOWN_REVISION_CODE:
        return None
    if isinstance(source, SlipwayError) or source.status == "ACTIVE":
        return deploy
    mark = f"{deploy.id}:restore"
    copy = best_effort(lambda: _find_copy(context, source, mark), None)
    if copy is None:
        request = task_definitions.copy_request(source, {}, mark, without_unknown_fields=True)
        context.guard()
        copy = task_definitions.register(context.region, request)
    if source.unknown_fields:
        text = alerts.copy_lacks_fields(source.arn, copy, source.unknown_fields)
        deploy = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)
    return context.write_intent(deploy.evolve(rollback={"revision_copy": copy}))


def _find_copy(context: StepContext, source: RevisionState, mark: str) -> str | None:
    """The copy that an earlier try registered; a second one does no harm."""
    return task_definitions.find_registered_for(
        context.region, source.family, newer_than=source.number, deploy_id=mark
    )


def set_recorded_revision(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, count: int
) -> None:
    """Sets the recorded revision and this desired count (tasks), in one update.

    ECS may refuse a revision that was deregistered. A service that is set to it already can still be scaled
    (ECS API reference, DeregisterTaskDefinition), so it gets the count alone then.

    Raises the errors of `services.update`.
    """
    service, revision = deploy.service, rollback_revision(deploy)
    context.guard()
    try:
        services.update(
            context.region, service.cluster, service.ecs_service, revision=revision, desired=count
        )
    except AwsRefused:
        if not is_recorded_revision(deploy, ecs_service.revision):
            raise
        context.guard()
        services.update(context.region, service.cluster, service.ecs_service, desired=count)
