"""A rollout that succeeded, and a service that somebody else changed before that was told.

The end stays what ECS says of our rollout, which is followed by its identity. What runs now is another
matter, and is told beside it: neither the counts nor the tasks of now are those of the rollout.
"""

from __future__ import annotations

from collections.abc import Callable

from deploys.aftermath import Aftermath
from deploys.deploy import Deploy, Outcome, Rollout
from workers.ecs.seen import DeploymentSeen, ServiceSeen
from workers.flows.ending import end
from workers.flows.rollout import wants_no_task
from workers.flows.words import aftermath as words
from workers.turn import Next, Turn


def newer_than_ours(deploy: Deploy, seen: ServiceSeen | None) -> DeploymentSeen | None:
    """The deployment that has the service instead of ours; None where ours has it, or had before. Pure."""
    primary = seen.primary if seen is not None else None
    if primary is None or primary.id in (deploy.deployment_id, deploy.previous_deployment_id):
        return None
    return primary


def succeeded_before(
    deploy: Deploy,
    turn: Turn,
    seen: ServiceSeen | None,
    completed: Callable[[Deploy, float], str],
    took: float,
) -> Next | None:
    """The end of a rollout that succeeded before somebody changed the service; None where nobody did.

    completed: the words for what ECS completed. took: seconds.
    """
    if (newer := newer_than_ours(deploy, seen)) is not None:
        text = f"{completed(deploy, took)} {words.replaced(newer)}"
        became = Aftermath.REPLACED
    elif seen is not None and wants_no_task(seen):
        text = f"{completed(deploy, took)} {words.emptied(deploy)}"
        became = Aftermath.EMPTIED
    else:
        return None
    return end(deploy.evolve(rollout=Rollout(), aftermath=became), turn, Outcome.SUCCEEDED, text)
