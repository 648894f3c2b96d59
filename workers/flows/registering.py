"""Phase REGISTERING: the new revision, registered once however often this is tried."""

from __future__ import annotations

from deploys.around import before
from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Phase, Plan, Verb
from workers.ecs import pins, task_definitions
from workers.flows.approved_plan import Since, since
from workers.flows.ending import withdraw
from workers.flows.goals import needs_copy
from workers.flows.planning import ask, make_plan
from workers.flows.words import asking, scaling
from workers.turn import Next, Turn

NEXT = {
    Strategy.ROLLING: Phase.UPDATING,
    Strategy.NATIVE: Phase.UPDATING,
    Strategy.STOP_START: Phase.RECORDING,
}


def register(deploy: Deploy, turn: Turn) -> Next:
    """Registers the revision of the plan that was shown, if that plan still stands."""
    if deploy.cancel:
        return withdraw(deploy, turn)
    turn.gate.may_deploy(deploy.requester, deploy.service.name, deploy.channel)
    fresh = make_plan(deploy, turn)
    shown = deploy.plan
    if shown is None or not (became := since(shown, fresh)).stands:
        return _plan_again(deploy, fresh, turn.now())
    if became is Since.SCALED:
        # The bounds stay those that people saw.
        counted = shown.evolve(desired_count=fresh.desired_count)
        text = scaling.moved(deploy, shown, fresh)
        deploy = deploy.saying(turn.now(), MilestoneKind.PROGRESS, text, plan=counted)
    registered = deploy.evolve(new_revision=_revision_of(deploy, shown, turn))
    now = turn.now()
    following = Phase.PREPARING if before(deploy) else NEXT[deploy.service.strategy]
    return Next(registered.at(following, now))


def _revision_of(deploy: Deploy, plan: Plan, turn: Turn) -> str:
    """ARN of the revision to run: an ACTIVE earlier one as it is, or a copy registered for this deploy."""
    source = task_definitions.describe(turn.region, plan.source_revision or plan.old_revision)
    if not needs_copy(deploy, source):
        return source.arn
    registered = task_definitions.registered_for(
        turn.region, source.family, newer_than=source.number, deploy_id=deploy.id
    )
    if registered is not None:
        return registered
    images = {change.container: change.new_image for change in plan.changes}
    request = task_definitions.copied(source, images, deploy.id, _tag_mark(deploy, plan))
    turn.guard()
    return task_definitions.register(turn.region, request)


def _tag_mark(deploy: Deploy, plan: Plan) -> str:
    """What a pinned revision says of its tag; a restart or rollback keeps what is written there."""
    if deploy.verb is not Verb.DEPLOY or not plan.pinned or plan.digest is None:
        return ""
    return pins.mark(plan.tag, plan.digest)


def _plan_again(deploy: Deploy, fresh: Plan, now: float) -> Next:
    planned = deploy.evolve(plan=fresh, tag=fresh.tag)
    why = scaling.moved_otherwise(deploy.plan, fresh, since(deploy.plan, fresh)) if deploy.plan else ""
    told = planned.saying(now, MilestoneKind.PLAN, asking.replanned(planned, why))
    return Next(ask(told, now) if deploy.service.approvals else told)
