"""Phase FOLLOWING: our rollout, followed by its identity to its end."""

from __future__ import annotations

from deploys.around import after
from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Original, Outcome, Rollout
from deploys.errors import SlipwayError
from workers.ecs import tasks
from workers.ecs.seen import DeploymentSeen, ServiceDeploymentSeen, ServiceSeen
from workers.ecs.why import explain
from workers.flows.aftermath import newer_than_ours, succeeded_before
from workers.flows.best_effort import attempt, best_effort
from workers.flows.causes import known_cause, why_back, why_stopped
from workers.flows.checking import succeed
from workers.flows.deadline import ecs_overdue, overdue
from workers.flows.ecs_back import back_at, noted
from workers.flows.emptied import back_at_zero, emptied, served
from workers.flows.ending import end, ended_gone, go_back, recorded_revision, superseded
from workers.flows.evidence import NO_EVIDENCE, Evidence, gather, news, own_events
from workers.flows.pausing import settle_pause
from workers.flows.proof import overlap_seconds, serving_since
from workers.flows.rollout import Followed, Stand, stand, wants_no_task
from workers.flows.serving import counted, tell_serving
from workers.flows.shifting import observe
from workers.flows.stop_start import taken
from workers.flows.trouble_back import not_back, tell_trouble_back
from workers.flows.unseen import tell_unseen
from workers.flows.words import aftermath, endings, going, reasons
from workers.turn import Next, Turn


def follow(deploy: Deploy, turn: Turn) -> Next:
    """Looks at the rollout. An end stands once a second look agrees."""
    seen = turn.service()
    own = own_deployment(turn)
    deploy = noted(deploy, seen, own)
    stands = stand(followed(deploy), seen, own)
    deploy = deploy.evolve(
        rollout=progress(deploy, seen, own), service_deployment_arn=own.arn if own else None
    )
    deploy = observe(deploy, own, turn.now())
    if stands is Stand.SUPERSEDED and seen is not None:
        return (taken if deploy.original else superseded)(deploy, turn, seen)
    if stands.final:
        if deploy.seen_end != stands.value:
            return Next(deploy.evolve(seen_end=stands.value), after=turn.pace.watch_seconds / 2)
        return _finish(deploy, turn, stands, seen, own)
    deploy = deploy.evolve(seen_end="")
    if stands is Stand.ROLLING_BACK:
        deploy = tell_ecs_goes_back(deploy, turn, seen, own)
        if ecs_overdue(deploy, turn.now()):
            return end(deploy, turn, Outcome.FAILED, not_back(deploy, turn, seen))
        deploy = tell_trouble_back(deploy, turn, seen)
        return Next(deploy, after=turn.pace.watch_seconds)
    if deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if overdue(deploy, turn.now()):
        return go_back(deploy, turn, Outcome.ROLLED_BACK, reasons.overdue(deploy))
    if (settled := settle_pause(deploy, turn, own)) is not None:
        return settled
    deploy = tell_unseen(deploy, turn, own)
    return tell_serving(Next(tell_trouble(deploy, turn, seen), after=turn.pace.watch_seconds), turn)


def followed(deploy: Deploy) -> Followed:
    """Whose rollout it is, as far as the record tells. Pure."""
    return Followed(
        deploy.deployment_id or "",
        deploy.new_revision or "",
        recorded_revision(deploy),
        previous_deployment_id=deploy.previous_deployment_id,
        seen_going_back=bool(deploy.reason),
        ecs_back=deploy.ecs_back.deployment_id if deploy.ecs_back else "",
        served=served(deploy),
    )


def own_deployment(turn: Turn) -> ServiceDeploymentSeen | None:
    """ECS's record of our rollout; None where ECS does not tell (now): the deployments list must do."""
    return best_effort(turn.service_deployment, None)


def progress(deploy: Deploy, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None) -> Rollout:
    """Pending and running counts of the new tasks and of the old ones. Pure."""
    if seen is None:
        return deploy.rollout
    new = seen.deployment(deploy.deployment_id)
    old = [d for d in seen.deployments if d.id != deploy.deployment_id]
    return Rollout(
        new_desired=new.desired if new and new.desired else deploy.rollout.new_desired,
        new_pending=new.pending if new else 0,
        new_running=new.running if new else 0,
        old_pending=sum(d.pending for d in old),
        old_running=sum(d.running for d in old),
        failed_tasks=max(
            new.failed if new else deploy.rollout.failed_tasks, own.breaker_failures if own else 0
        ),
        breaker_threshold=own.breaker_threshold if own and own.breaker_status != "DISABLED" else 0,
        status=own.status if own else (new.rollout_state if new else ""),
    )


def _finish(
    deploy: Deploy, turn: Turn, stands: Stand, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None
) -> Next:
    newer = newer_than_ours(deploy, seen)
    if stands is Stand.SUCCEEDED and after(deploy) is None:
        took = turn.now() - deploy.requested_at
        if ended := succeeded_before(deploy, turn, seen, aftermath.completed, took):
            return ended
    if stands is Stand.SUCCEEDED:
        return _succeed(deploy, turn, newer)
    if stands is Stand.ROLLED_BACK:
        reason = known_cause(deploy, own) or deploy.reason or why_back(deploy, own, seen)
        deploy = deploy.evolve(
            reason=reason, serving_at=turn.now() if deploy.stop_requested_at is not None else None
        )
        if deploy.original is not None:
            deploy = _with_order_back(deploy, turn)
        if deploy.original is not None and seen is not None and wants_no_task(seen):
            return back_at_zero(deploy, turn)
        why = gather(deploy, turn, seen)
        back = back_at(deploy)
        text = endings.rolled_back(deploy, back, reason, why, recorded=recorded_revision(deploy))
        if newer is not None and newer.revision != back:
            text = f"{text}\n{aftermath.replaced(newer)}"
        return end(deploy, turn, Outcome.ROLLED_BACK, text)
    if stands is Stand.FAILED:
        reason = _why_failed(deploy, own)
        told, why = _told(deploy, turn, seen)
        return go_back(told, turn, Outcome.ROLLED_BACK, reason, why)
    if stands is Stand.EMPTIED:
        return emptied(deploy, turn)
    return ended_gone(deploy, turn, seen)


def _succeed(deploy: Deploy, turn: Turn, newer: DeploymentSeen | None) -> Next:
    now = turn.now()
    original = deploy.original
    if deploy.service.strategy is Strategy.STOP_START and original is not None:
        looked = attempt(lambda: _with_order(deploy, turn, original, newer), attempts=deploy.attempts)
        if isinstance(looked, SlipwayError):
            text = going.order_unseen(reasons.without_promise(looked.message))
            looked = deploy.saying(now, MilestoneKind.TROUBLE, text, broadcast=True, serving_at=now)
        deploy = looked
    else:
        deploy = counted(deploy, turn)
    took = now - deploy.requested_at
    return succeed(deploy, turn, took)


def _with_order(deploy: Deploy, turn: Turn, original: Original, newer: DeploymentSeen | None) -> Deploy:
    """Since when the new tasks serve, and loudly if one of them ran beside an old one."""
    service = deploy.service
    recorded = tasks.describe(turn.region, service.cluster, original.task_arns)
    listed = {t.arn: t for t in tasks.of_service(turn.region, service.cluster, service.ecs_service)}
    known = {**recorded, **listed}.values()
    new = [task for task in known if task.started_by == deploy.deployment_id]
    not_old = {deploy.deployment_id, newer.id if newer else None}
    old = [task for task in known if task.started_by not in not_old]
    deploy = deploy.evolve(serving_at=serving_since(new, original.desired_count) or turn.now())
    beside = overlap_seconds(old, new)
    if beside is not None:
        deploy = deploy.saying(turn.now(), MilestoneKind.TROUBLE, going.overlap(beside), broadcast=True)
    return deploy


def _with_order_back(deploy: Deploy, turn: Turn) -> Deploy:
    """Loudly, if ECS ran both versions at once on its own way back."""
    beside = attempt(lambda: _ran_beside(deploy, turn), attempts=deploy.attempts)
    if not beside:
        return deploy
    text = going.overlap_back()
    if isinstance(beside, SlipwayError):
        text = going.order_unseen(reasons.without_promise(beside.message))
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=True)


def _ran_beside(deploy: Deploy, turn: Turn) -> bool:
    """Whether ECS started tasks of the old version before every task of the new one had stopped."""
    service = deploy.service
    recorded = deploy.original.task_arns if deploy.original else ()
    listed = tasks.of_service(turn.region, service.cluster, service.ecs_service)
    new = [task for task in listed if task.started_by == deploy.deployment_id]
    back = [t for t in listed if t.started_by != deploy.deployment_id and t.arn not in recorded]
    return overlap_seconds(new, back) is not None


def _why_failed(deploy: Deploy, own: ServiceDeploymentSeen | None) -> str:
    said = own.reason if own else ""
    if own is not None and own.status == "ROLLBACK_FAILED" and deploy.reason:
        return reasons.ecs_not_back(deploy.reason, said)
    return why_stopped(own) or reasons.rollout_failed(said)


def tell_ecs_goes_back(
    deploy: Deploy, turn: Turn, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None
) -> Deploy:
    """The deploy with the reason why ECS rolls back by itself, told once, with every cause that was not told
    before: the end may be minutes away."""
    if deploy.reason:
        return deploy
    cause = known_cause(deploy, own)
    if cause is None and own is not None and own.status == "ROLLBACK_REQUESTED" and not own.reason:
        return deploy  # it says why once it has begun
    reason = cause or why_back(deploy, own, seen)
    loud = _nothing_runs(deploy)
    deploy, why = _told(deploy, turn, seen)
    text = going.going_back(cause, back_at(deploy), why) if cause else going.ecs_gave_up(reason, why)
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=loud, reason=reason)


def tell_trouble(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Deploy:
    """Each cause once: the counts in a sentence grow, its words stay."""
    loud = _nothing_runs(deploy)
    deploy, why = _told(deploy, turn, seen)
    if not why.causes and not why.unread:
        return deploy
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, going.task_trouble(why), broadcast=loud)


def _nothing_runs(deploy: Deploy) -> bool:
    """Whether the first trouble of a stopped service is still to be told. It is told in the channel: nothing
    works until this is over."""
    return deploy.original is not None and not deploy.told_causes and not deploy.reason


def _told(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> tuple[Deploy, Evidence]:
    """What is new of the causes, noted as told. Tasks are asked for only where there is a sign of trouble."""
    if seen is None or (
        deploy.rollout.failed_tasks == 0 and not explain((), own_events(deploy, seen), deploy.started_at or 0)
    ):
        return deploy, NO_EVIDENCE
    why, told = news(deploy, turn, seen)
    return deploy.evolve(told_causes=told), why
