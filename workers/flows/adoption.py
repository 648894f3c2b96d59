"""A record that is older than what its deploy did: the step adopts what it finds in ECS.

Redis can lose its last second, or more in a failover. What was done by then tells of itself: the marks on a
service that is being stopped, the tags of a revision, the startedBy of a one-off task. Each carries the
deploy's id, and is made only after the approval, so what is found was approved.

It is looked for in every phase that could take the service for untouched. Later phases look at ECS anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from deploys.around import before
from deploys.deploy import Cancel, Deploy, MilestoneKind, Original, Outcome, Phase, Verb, Verdict
from deploys.errors import AwsError, AwsUnavailable, Refused
from deploys.one_off import OneOff
from deploys.scaling import Scaling
from workers.ecs import one_off, task_definitions
from workers.ecs.seen import DeploymentSeen, ServiceSeen
from workers.flows import autoscaling, marks
from workers.flows.ending import old_revision
from workers.flows.goals import plan_between
from workers.flows.marks import Mark
from workers.flows.words import found as words
from workers.flows.words import reasons
from workers.flows.words.measures import short
from workers.turn import Next, Turn

Step = Callable[[Deploy, Turn], Next]

DECIDING = frozenset({Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.REGISTERING})
"""Phases that do not know of a revision yet, nor of the task before the rollout."""


CLOCKS_APART_SECONDS = 300.0
"""A deployment that ECS made longer than this before the request is not ours, however wrong a clock is."""


class Stopped(Enum):
    """How far a stop-start deploy came, by the marks that carry its id."""

    NOT_YET = "not yet"  # marked; the old version was not stopped, or somebody else did that
    OLD = "old"  # the old version is stopped
    NEW_RUNS = "new runs"
    NEW = "new"  # the new version was stopped again
    TAKEN = "taken"  # somebody else set another revision


CAME_TO: Mapping[Stopped, Phase] = {
    Stopped.NOT_YET: Phase.RECORDING,
    Stopped.OLD: Phase.DRAINING,
    Stopped.NEW_RUNS: Phase.STARTING,
    Stopped.NEW: Phase.RESTORING,
    Stopped.TAKEN: Phase.DRAINING,
}
"""The phase whose step goes on from there."""


def adopting(step: Step) -> Step:
    """The step, unless its deploy did more than its record says."""

    def taken(deploy: Deploy, turn: Turn) -> Next:
        adopted = _look(deploy, turn)
        return Next(adopted) if adopted is not None else step(deploy, turn)

    return taken


def _look(deploy: Deploy, turn: Turn) -> Deploy | None:
    if deploy.verb is Verb.FOLLOW or deploy.stop_requested_at is not None:
        return None
    if deploy.phase is Phase.WAITING and not deploy.cancel and not turn.first_in_line():
        return None
    try:
        return adopted(deploy, turn)
    except AwsUnavailable:
        raise
    except AwsError:
        if deploy.phase is Phase.AWAITING_APPROVAL:
            return None  # people may decide all the same; the step after that says what AWS does not allow
        raise


def adopted(deploy: Deploy, turn: Turn) -> Deploy | None:
    """The deploy as far as it came by what ECS shows; None where its record knows of everything.

    Raises the errors of `aws_call`.
    """
    seen = turn.look_ahead()
    if seen is None or seen.status != "ACTIVE":
        return None
    deploy = _with_rejection_as_cancel(deploy)
    mark = marks.read(seen.tags)
    if mark is not None and mark.deploy_id == deploy.id:
        return _by_marks(deploy, turn, seen, mark)
    found = _by_revision(deploy, turn, seen)
    return found or (_by_task(deploy, turn, seen) if deploy.phase in DECIDING else None)


def _with_rejection_as_cancel(deploy: Deploy) -> Deploy:
    """Asked once more about what had been approved, somebody said no: what is under way goes back."""
    rejection = next((each for each in deploy.decisions if each.verdict is Verdict.REJECTED), None)
    if rejection is None or deploy.cancel:
        return deploy
    return deploy.evolve(cancel=Cancel(user=rejection.user, at=rejection.at))


def how_far(mark: Mark, seen: ServiceSeen) -> Stopped:
    """How far the deploy of these marks came. Pure."""
    if mark.new and seen.revision == arn_beside(seen, mark.new):
        return Stopped.NEW_RUNS if seen.desired else Stopped.NEW
    if mark.old and seen.revision != arn_beside(seen, mark.old):
        return Stopped.TAKEN
    return Stopped.OLD if mark.stopped_at is not None and seen.desired == 0 else Stopped.NOT_YET


def known_by_marks(seen: ServiceSeen, mark: Mark) -> dict[str, Any]:
    """The fields of a record that the marks on its service say. Pure."""
    return {
        "original": Original(
            revision=arn_beside(seen, mark.old) if mark.old else seen.revision,
            desired_count=mark.count,
            task_arns=(),
        ),
        "scaling": Scaling(before=mark.suspended, tried=True) if mark.suspended is not None else None,
        "new_revision": arn_beside(seen, mark.new) if mark.new else None,
    }


def arn_beside(seen: ServiceSeen, short: str) -> str:
    """The ARN of `family:number`, beside the revision that the service has."""
    return f"{seen.revision.rpartition('/')[0]}/{short}"


def _by_marks(deploy: Deploy, turn: Turn, seen: ServiceSeen, mark: Mark) -> Deploy | None:
    came = how_far(mark, seen)
    if came is Stopped.NOT_YET and (deploy.original is not None or deploy.phase is Phase.STOPPING):
        return None
    told = {name: value for name, value in known_by_marks(seen, mark).items() if value is not None}
    if came is Stopped.NOT_YET or (deploy.scaling is not None and deploy.scaling.tried):
        told["scaling"] = autoscaling.recorded(deploy, turn, seen)
    known = _planned(deploy.evolve(**told), turn, seen, told["original"].revision)
    if came is Stopped.NOT_YET:
        return known.at(Phase.RECORDING, turn.now())
    known = known.evolve(stop_requested_at=mark.stopped_at or turn.now(), uncertain=True)
    if came is Stopped.NEW:
        reason = reasons.cancel_reason(deploy.cancel.user) if deploy.cancel else words.reason()
        back_to = Outcome.CANCELLED if deploy.cancel else Outcome.ROLLED_BACK
        known = known.evolve(update_tried=True, back_to=back_to, reason=reason)
    return _told(known, CAME_TO[came], turn)


def _by_revision(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy | None:
    """Where a rollout is ours: the service runs a revision that carries our id, or ECS goes back from it."""
    primary = seen.primary
    for each in _newest_first(seen):
        if deploy.plan is not None and each.revision == deploy.plan.old_revision:
            continue
        if each.created_at and each.created_at < deploy.requested_at - CLOCKS_APART_SECONDS:
            continue
        replaced = _replaced_by(deploy, turn, each)
        if replaced is None or (deploy.phase is Phase.UPDATING and each is primary):
            continue
        old = arn_beside(seen, replaced) if replaced else _other_revision(seen, each)
        known = deploy.evolve(new_revision=each.revision, update_tried=True, uncertain=True)
        known = _planned(known, turn, seen, old)
        if primary is not None and primary.id == each.id:
            return _told(known, Phase.UPDATING, turn)
        started = known.evolve(deployment_id=each.id, started_at=each.created_at or turn.now())
        return _told(started, Phase.FOLLOWING, turn)
    return None


def _replaced_by(deploy: Deploy, turn: Turn, deployment: DeploymentSeen) -> str | None:
    """`family:number` of what our rollout replaces; None where the deployment is not ours."""
    if deploy.phase in DECIDING:
        return task_definitions.replaced_by(turn.region, deployment.revision, deploy.id)
    ours = deploy.registered and deployment.revision == deploy.new_revision
    return short(old_revision(deploy)) if ours else None


def _newest_first(seen: ServiceSeen) -> list[DeploymentSeen]:
    return sorted(seen.deployments, key=lambda each: each.created_at, reverse=True)


def _other_revision(seen: ServiceSeen, ours: DeploymentSeen) -> str:
    """What ran before, where no tag says it: the revision that is still beside ours."""
    return next((each.revision for each in seen.deployments if each.revision != ours.revision), "")


def _by_task(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy | None:
    """Where the task before the rollout was started."""
    task = before(deploy)
    if task is None or deploy.plan is None:
        return None
    started = one_off.find(turn.region, deploy.service.cluster, seen.revision, deploy.id)
    if started is None:
        return None
    container = task.container or deploy.plan.changes[0].container
    asked = OneOff(container=container, asked_at=started.created_at or turn.now(), task_arn=started.arn)
    known = deploy.evolve(new_revision=started.revision, one_off=asked)
    return _told(known, Phase.PREPARING, turn)


def _planned(deploy: Deploy, turn: Turn, seen: ServiceSeen, old: str) -> Deploy:
    """With the plan that was carried out, where the record is older than its plan or has another."""
    if deploy.new_revision is None or not old:
        return deploy
    if deploy.plan is not None and deploy.plan.old_revision == old:
        return deploy
    try:
        revisions = [task_definitions.describe(turn.region, arn) for arn in (old, deploy.new_revision)]
        plan = plan_between(deploy, seen, *revisions)
    except Refused:
        return deploy  # what cannot be read is for people only
    if deploy.verb is not Verb.ROLLBACK:
        plan = plan.evolve(source_revision=old)
    return deploy.evolve(plan=plan, tag=deploy.tag or plan.tag)


def _told(deploy: Deploy, phase: Phase, turn: Turn) -> Deploy:
    now = turn.now()
    text = words.adopted(phase)
    return deploy.saying(now, MilestoneKind.TROUBLE, text).at(phase, now)
