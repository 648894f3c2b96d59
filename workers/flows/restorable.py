"""The recorded revision, as ECS takes it: one that was deregistered meanwhile is registered again."""

from __future__ import annotations

from deploys.deploy import Deploy
from workers.ecs import task_definitions
from workers.flows.ending import old_revision
from workers.turn import Turn


def restorable(deploy: Deploy, turn: Turn) -> Deploy:
    """With a copy of the recorded revision where that one was deregistered: ECS takes only ACTIVE ones."""
    source = task_definitions.describe(turn.region, old_revision(deploy))
    if source.status == "ACTIVE":
        return deploy
    mark = f"{deploy.id}:restore"
    copy = task_definitions.registered_for(
        turn.region, source.family, newer_than=source.number, deploy_id=mark
    )
    if copy is None:
        turn.guard()
        copy = task_definitions.register(turn.region, task_definitions.copied(source, {}, mark))
    return turn.write(deploy.evolve(restore_revision=copy))
