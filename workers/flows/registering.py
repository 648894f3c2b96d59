"""Phase REGISTERING: the new revision, registered once however often this is tried."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Phase, Plan
from workers.ecs import task_definitions
from workers.flows import words
from workers.flows.ending import withdraw
from workers.flows.planning import ask, make_plan
from workers.turn import Next, Turn

NEXT = {Strategy.ROLLING: Phase.UPDATING, Strategy.STOP_START: Phase.RECORDING}


def register(deploy: Deploy, turn: Turn) -> Next:
    """Registers the revision of the plan that was shown, if that plan still stands."""
    if deploy.cancel:
        return withdraw(deploy, turn)
    fresh = make_plan(deploy, turn)
    shown = deploy.plan
    if shown is None or not same_plan(shown, fresh):
        return _plan_again(deploy, fresh, turn.now())
    old = task_definitions.describe(turn.region, shown.old_revision)
    revision = task_definitions.registered_for(
        turn.region, old.family, newer_than=old.number, deploy_id=deploy.id
    )
    if revision is None:
        request = task_definitions.retagged(old, deploy.service, deploy.tag, deploy.id)
        turn.guard()
        revision = task_definitions.register(turn.region, request)
    now = turn.now()
    registered = deploy.evolve(new_revision=revision)
    return Next(registered.at(NEXT[deploy.service.strategy], now))


def same_plan(shown: Plan, fresh: Plan) -> bool:
    """Whether what was shown is still what would happen."""
    return (shown.old_revision, shown.changes, shown.digest, shown.desired_count, shown.downtime) == (
        fresh.old_revision,
        fresh.changes,
        fresh.digest,
        fresh.desired_count,
        fresh.downtime,
    )


def _plan_again(deploy: Deploy, fresh: Plan, now: float) -> Next:
    planned = deploy.evolve(plan=fresh)
    told = planned.saying(now, MilestoneKind.PLAN, words.replanned(planned))
    return Next(ask(told, now) if deploy.service.approvals else told)
