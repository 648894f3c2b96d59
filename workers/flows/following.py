"""Phase FOLLOWING: our rollout, followed by its identity to its end."""

from __future__ import annotations

from deploys.around import after
from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Original, Outcome, Rollout
from deploys.errors import SlipwayError
from workers.ecs import task_definitions, tasks
from workers.ecs.failed_tasks import HEALTHY_AFTER_SECONDS
from workers.ecs.seen import DeploymentSeen, ServiceDeploymentSeen, ServiceSeen
from workers.flows.aftermath import newer_than_ours, succeeded_before
from workers.flows.best_effort import attempt, best_effort
from workers.flows.causes import known_cause, why_back, why_stopped
from workers.flows.checking import other_image, succeed
from workers.flows.crash_loop import to_be_given_up
from workers.flows.deadline import ecs_overdue, overdue
from workers.flows.ecs_back import back_at, noted
from workers.flows.emptied import back_at_zero, emptied, served
from workers.flows.ending import end, ended_gone, go_back, is_recorded, recorded_revision, superseded
from workers.flows.evidence import (
    NO_EVIDENCE,
    Evidence,
    Stopped,
    gather,
    news,
    signs_of_trouble,
    stopped_tasks,
)
from workers.flows.pausing import settle_pause
from workers.flows.proof import overlap_seconds, serving_since
from workers.flows.rollout import Followed, Stand, stand, wants_no_task
from workers.flows.running_images import different, look_twice, tell_back
from workers.flows.serving import counted, tell_serving
from workers.flows.shifting import observe
from workers.flows.stop_start import taken
from workers.flows.trouble_back import not_back, tell_trouble_back
from workers.flows.unseen import tell_unseen
from workers.flows.words import aftermath, endings, found, going, reasons
from workers.turn import Next, Turn

_CRASH_LOOP = "crash loop"
"""What `Deploy.seen_end` holds between the two looks."""


def follow(deploy: Deploy, turn: Turn) -> Next:
    """Looks at the rollout. An end stands once a second look agrees."""
    seen = turn.service()
    own = own_deployment(turn)
    seen_before = deploy.seen_end
    deploy = noted(deploy, seen, own)
    stands = stand(followed(deploy), seen, own)
    deploy = deploy.evolve(
        rollout=progress(deploy, seen, own), service_deployment_arn=own.arn if own else None
    )
    deploy = observe(deploy, own, turn.now())
    if (over := _over(deploy, turn, stands, seen, own)) is not None:
        return over
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
    stopped = _stopped(deploy, turn, seen)
    if count := to_be_given_up(deploy, turn, seen, own, stopped.tasks):
        return _give_up(deploy, turn, seen, seen_before, count, stopped)
    if (settled := settle_pause(deploy, turn, own)) is not None:
        return settled
    deploy = tell_unseen(deploy, turn, own)
    return tell_serving(Next(tell_trouble(deploy, turn, seen, stopped), after=turn.pace.watch_seconds), turn)


def _over(
    deploy: Deploy, turn: Turn, stands: Stand, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None
) -> Next | None:
    """What comes next, if the rollout can be followed no further; else None."""
    if stands in (Stand.SUPERSEDED, Stand.SUCCEEDED) and (back := _set_back_by_us(deploy, turn, seen)):
        return back
    if stands is Stand.SUPERSEDED and seen is not None:
        return (taken if deploy.original else superseded)(deploy, turn, seen)
    if not stands.final:
        return None
    if deploy.seen_end != stands.value:
        return Next(deploy.evolve(seen_end=stands.value), after=turn.pace.watch_seconds / 2)
    return _finish(deploy, turn, stands, seen, own)


def _stopped(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Stopped:
    """The rollout's tasks that stopped, read only if there is a sign of trouble."""
    return stopped_tasks(deploy, turn) if seen and signs_of_trouble(deploy, seen) else Stopped()


def _give_up(
    deploy: Deploy, turn: Turn, seen: ServiceSeen | None, seen_before: str, count: int, stopped: Stopped
) -> Next:
    """Tasks fail one after another, as two looks agree."""
    if seen_before != _CRASH_LOOP:
        return Next(deploy.evolve(seen_end=_CRASH_LOOP), after=turn.pace.watch_seconds / 2)
    told, why = _told(deploy, turn, seen, stopped)
    reason = reasons.crash_loop(deploy, count, HEALTHY_AFTER_SECONDS)
    return go_back(told, turn, Outcome.ROLLED_BACK, reason, why)


def _set_back_by_us(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Next | None:
    """The way back, where the newer deployment is our own one of the recorded revision, by its mark, and the
    record is older than that; else None."""
    if seen is None or not is_recorded(deploy, seen.revision):
        return None
    revision = seen.revision
    mark = best_effort(
        lambda: task_definitions.replaced_by(turn.region, revision, deploy.id), None, attempts=deploy.attempts
    )
    if mark is None:
        return None
    if deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    return go_back(deploy, turn, Outcome.ROLLED_BACK, found.reason())


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
        new_desired=_wanted(new, seen) or deploy.rollout.new_desired,
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


def _wanted(new: DeploymentSeen | None, seen: ServiceSeen) -> int:
    """Tasks that ECS is to run of the new version. Before the scheduler's first pass PRIMARY shows 0: then it
    is the service's count."""
    if new is None:
        return 0
    return new.desired or (seen.desired if new.status == "PRIMARY" else 0)


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
        back = back_at(deploy)
        deploy = tell_back(deploy, turn, back)
        why = gather(deploy, turn, seen)
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
    if newer is None:
        images = look_twice(deploy, turn)
        if isinstance(images, Next):
            return images
        deploy = images
        if different(deploy):
            return other_image(deploy.evolve(serving_at=now), turn)
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


def tell_trouble(
    deploy: Deploy, turn: Turn, seen: ServiceSeen | None, stopped: Stopped | None = None
) -> Deploy:
    """Each cause once: the counts in a sentence grow, its words stay. stopped: as in `evidence.news`."""
    loud = _nothing_runs(deploy)
    deploy, why = _told(deploy, turn, seen, stopped)
    if not why.causes and not why.unread:
        return deploy
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, going.task_trouble(why), broadcast=loud)


def _nothing_runs(deploy: Deploy) -> bool:
    """Whether the first trouble of a stopped service is still to be told. It is told in the channel: nothing
    works until this is over."""
    return deploy.original is not None and not deploy.told_causes and not deploy.reason


def _told(
    deploy: Deploy, turn: Turn, seen: ServiceSeen | None, stopped: Stopped | None = None
) -> tuple[Deploy, Evidence]:
    """What is new of the causes, noted as told. Tasks are asked for only if there is a sign of trouble."""
    if seen is None or not signs_of_trouble(deploy, seen):
        return deploy, NO_EVIDENCE
    why, told = news(deploy, turn, seen, read=stopped)
    return deploy.evolve(told_causes=told), why
