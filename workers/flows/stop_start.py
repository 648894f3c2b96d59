"""Phases RECORDING to STARTING: stop everything, prove it stopped, start the new version.

For services that need strict FIFO order: no new task starts before every old one has lastStatus STOPPED.
`runningCount == 0` would not prove it: it leaves out tasks that are DEACTIVATING, STOPPING or DEPROVISIONING
(ECS developer guide, "Task lifecycle").
"""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Original, Outcome, Phase
from deploys.errors import NothingRuns
from workers.ecs import services, tasks
from workers.ecs.seen import DeploymentSeen, ServiceSeen, TaskSeen
from workers.flows import autoscaling, lingering, marks
from workers.flows.ending import end, go_back, gone, is_own, look_again, old_revision, superseded, withdraw
from workers.flows.identity import about_to_update, follow_ours
from workers.flows.running_images import with_images_before
from workers.flows.words import endings, going, reasons
from workers.turn import Next, Turn


def record(deploy: Deploy, turn: Turn) -> Next:
    """Writes down what every way out brings back, before anything is stopped."""
    if deploy.cancel:
        if deploy.original is None:
            untag(deploy, turn)
        return withdraw(deploy, turn)
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if seen.revision != old_revision(deploy):
        return superseded(deploy, turn, seen)
    if seen.desired == 0:
        raise NothingRuns(service=deploy.service.name)
    known = tasks.of_service(turn.region, deploy.service.cluster, deploy.service.ecs_service)
    alive = tuple(task.arn for task in known if task.last_status != "STOPPED")
    original = Original(revision=seen.revision, desired_count=seen.desired, task_arns=alive)
    scaling = autoscaling.recorded(deploy, turn, seen)
    turn.guard()
    services.tag(turn.region, seen.arn, marks.written(deploy, original, scaling))
    recorded = with_images_before(deploy, turn).evolve(original=original, scaling=scaling)
    return Next(recorded.at(Phase.STOPPING, turn.now()))


def stop(deploy: Deploy, turn: Turn) -> Next:
    """Sets the desired count to 0, once nothing else changes it."""
    original = original_of(deploy)
    service = deploy.service
    if deploy.cancel and deploy.stop_requested_at is None:
        return withdraw(deploy, turn)
    if deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if deploy.stop_requested_at is None:
        held = autoscaling.suspend(deploy, turn)
        if isinstance(held, Next):
            return held
        deploy = held
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if seen.revision != original.revision:
        return _started_or_taken(deploy, turn, seen)
    if deploy.stop_requested_at is None:
        if seen.desired != original.desired_count:
            # It was scaled since it was recorded; from here on it cannot be.
            return Next(deploy.at(Phase.RECORDING, turn.now()))
        deploy = turn.write(_stopping(deploy, original, turn.now()))
    else:
        deploy = turn.write(deploy.evolve(uncertain=True))
    if seen.desired != 0:
        turn.guard()
        services.tag(turn.region, seen.arn, marks.stopped(deploy, turn.now()))
        turn.guard()
        services.update(turn.region, service.cluster, service.ecs_service, desired=0)
    return Next(deploy.at(Phase.DRAINING, turn.now()), after=turn.pace.watch_seconds)


def _stopping(deploy: Deploy, original: Original, now: float) -> Deploy:
    """About to be stopped, which is said once however often AWS turns the call away."""
    text = going.stopping(deploy, original)
    if text not in [milestone.text for milestone in deploy.milestones]:
        deploy = deploy.saying(now, MilestoneKind.PROGRESS, text)
    return deploy.evolve(stop_requested_at=now)


def drain(deploy: Deploy, turn: Turn) -> Next:
    """Waits until every old task is STOPPED."""
    now = turn.now()
    if deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    original = original_of(deploy)
    if seen.revision != original.revision:
        return _started_or_taken(deploy, turn, seen)
    if seen.desired != 0:
        return look_again(deploy, turn, f"count {seen.desired}") or go_back(
            deploy, turn, Outcome.ROLLED_BACK, reasons.count_changed(seen.desired)
        )
    old = old_tasks(deploy, turn)
    arns = tuple(dict.fromkeys((*original.task_arns, *(task.arn for task in old))))
    alive = lingering.shown(old, lingering.protections(deploy, turn, old))
    deploy = deploy.evolve(
        original=original.evolve(task_arns=arns),
        alive=alive,
        seen_end="",
        rollout=deploy.rollout.evolve(old_running=len(alive), new_desired=original.desired_count),
    )
    if alive:
        if now - deploy.phase_since > deploy.service.deadline:
            reason = reasons.not_draining(deploy, now)
            return go_back(deploy, turn, Outcome.ROLLED_BACK, reason)
        return Next(lingering.tell(deploy, turn), after=turn.pace.watch_seconds)
    took = now - (deploy.stop_requested_at or now)
    told = deploy.saying(now, MilestoneKind.PROGRESS, going.all_stopped(len(arns), took), all_stopped_at=now)
    return Next(told.at(Phase.STARTING, now))


def start(deploy: Deploy, turn: Turn) -> Next:
    """Sets the new revision and the recorded count in one update."""
    original = original_of(deploy)
    service = deploy.service
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if seen.revision == deploy.new_revision and seen.desired == original.desired_count:
        return follow_ours(deploy, turn, seen, _under_way)
    if deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if not is_own(deploy, seen.revision):
        return taken(deploy, turn, seen)
    if seen.revision == original.revision and (seen.desired != 0 or _any_alive(deploy, turn)):
        # Something started old tasks again since they were proven stopped: the proof no longer stands.
        return Next(deploy.at(Phase.DRAINING, turn.now()))
    deploy = turn.write(about_to_update(deploy, seen))
    turn.guard()
    updated = services.update(
        turn.region,
        service.cluster,
        service.ecs_service,
        revision=deploy.new_revision,
        desired=original.desired_count,
    )
    return follow_ours(deploy, turn, updated, _under_way)


def old_tasks(deploy: Deploy, turn: Turn) -> tuple[TaskSeen, ...]:
    """The recorded tasks and every other task of the service that ECS still lists.

    A recorded task that ECS no longer describes has been STOPPED for about an hour (ECS API reference,
    DescribeTasks), so it is left out.
    """
    service = deploy.service
    listed = {task.arn: task for task in tasks.of_service(turn.region, service.cluster, service.ecs_service)}
    missing = [arn for arn in original_of(deploy).task_arns if arn not in listed]
    found = tasks.describe(turn.region, service.cluster, missing) if missing else {}
    alive = [task for task in listed.values() if task.last_status != "STOPPED"]
    recorded = [
        task
        for arn in original_of(deploy).task_arns
        if (task := listed.get(arn) or found.get(arn)) is not None
    ]
    return tuple({task.arn: task for task in (*recorded, *alive)}.values())


def _any_alive(deploy: Deploy, turn: Turn) -> bool:
    return any(task.last_status != "STOPPED" for task in old_tasks(deploy, turn))


def _started_or_taken(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    """The new version is set only once every old task is proven STOPPED: a record that is older than that
    goes on from there."""
    if seen.revision == deploy.new_revision:
        return Next(deploy.at(Phase.STARTING, turn.now()))
    return taken(deploy, turn, seen)


def taken(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    """Somebody else set another revision. It is not fought, but nothing is left at zero."""
    primary = seen.primary.id if seen.primary else ""
    if again := look_again(deploy, turn, f"taken {primary} {seen.revision}"):
        return again
    text = endings.superseded(deploy, seen.revision, primary)
    if seen.desired == 0:
        service, count = deploy.service, original_of(deploy).desired_count
        turn.guard()
        services.update(turn.region, service.cluster, service.ecs_service, desired=count)
        text = f"{text} {endings.count_given_back(count)}"
    return end(deploy, turn, Outcome.SUPERSEDED, text)


def untag(deploy: Deploy, turn: Turn) -> None:
    """Takes this deploy's marks off the ECS service."""
    seen = turn.service()
    if seen is not None and marks.of_another(seen.tags, deploy.id):
        return
    marked = [key for key in marks.KEYS if seen is not None and key in seen.tags]
    if seen is not None and marked:
        turn.guard()
        services.untag(turn.region, seen.arn, marked)


def original_of(deploy: Deploy) -> Original:
    """What is to be brought back. It is written before the phases that need it."""
    if deploy.original is None:
        raise ValueError(f"deploy {deploy.id} is {deploy.phase} without a recorded original")
    return deploy.original


def _under_way(deploy: Deploy, made: DeploymentSeen, now: float) -> Deploy:
    ours = deploy.evolve(deployment_id=made.id, started_at=now)
    told = ours.saying(now, MilestoneKind.PROGRESS, going.starting(ours, original_of(deploy).desired_count))
    return told.at(Phase.FOLLOWING, now)
