"""Serving and drained are two things: old tasks may drain for minutes after the new ones serve.

Serving is not "the full count runs" but that and no old task running beside it: new tasks may run and fail
their health checks while ECS keeps the old ones. From then on old tasks only drain. How many are left is
counted from task records, since a service's counts leave out those that drain; the end says it and waits for
none of them.
"""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Rollout
from deploys.draining import Draining
from workers.ecs import tasks
from workers.flows.best_effort import best_effort
from workers.flows.words import serving as words
from workers.turn import Next, Turn

COUNT_AGAIN_SECONDS = 15.0
"""Between two counts of the old tasks by their records, which takes three calls more for each deploy."""


def tell_serving(left: Next, turn: Turn) -> Next:
    """Says once that the new tasks serve, and how many old ones are still on their way down.

    Of a rolling service only: stop-start has no old task by then, and where ECS shifts traffic that is told.
    """
    deploy, now = left.deploy, turn.now()
    if deploy.service.strategy is not Strategy.ROLLING or deploy.back_to is not None:
        return left
    first = deploy.serving_at is None
    if first and not serves(deploy.rollout):
        return left
    if not first and deploy.draining and now - deploy.draining.seen_at < COUNT_AGAIN_SECONDS:
        return left
    deploy = counted(deploy, turn)
    if first:
        deploy = deploy.evolve(serving_at=now)
        if deploy.draining and deploy.draining.tasks:
            text = words.serving(deploy, deploy.draining.tasks)
            deploy = deploy.saying(now, MilestoneKind.PROGRESS, text)
    return Next(deploy, left.after)


def serves(seen: Rollout) -> bool:
    """Whether the full count of new tasks runs, and no old task but those that drain.

    While old tasks run beside them, new ones may have yet to pass their health checks. Pure.
    """
    return 0 < seen.new_desired <= seen.new_running and seen.old_running == seen.old_pending == 0


def counted(deploy: Deploy, turn: Turn) -> Deploy:
    """With the old tasks that have not stopped, by their records; as it was where AWS does not tell."""
    service = deploy.service
    known = best_effort(lambda: tasks.of_service(turn.region, service.cluster, service.ecs_service), None)
    if known is None:
        return deploy.evolve(draining=None)
    left = [t for t in known if t.started_by != deploy.deployment_id and t.last_status != "STOPPED"]
    return deploy.evolve(draining=Draining(tasks=len(left), seen_at=turn.now()))


def recounted(deploy: Deploy, turn: Turn) -> Deploy:
    """The same some time later, where they were counted before."""
    return counted(deploy, turn) if deploy.draining else deploy
