"""Phases WAITING and PLANNING: what runs now, what would change, and every reason to refuse first."""

from __future__ import annotations

from typing import cast

from deploys.catalogue.service import Service, Strategy
from deploys.deploy import Deploy, MilestoneKind, Phase, Plan, Verb
from deploys.errors import (
    DaemonStopStart,
    ForeignRollout,
    LeftStopped,
    NothingRuns,
)
from workers.ecs import images, task_definitions
from workers.ecs.pins import shown_tag
from workers.ecs.seen import RevisionSeen, ServiceSeen
from workers.flows import autoscaling, marks
from workers.flows.around import check_around
from workers.flows.checked_images import check_images, refuse_same_image
from workers.flows.ending import look_again, withdraw
from workers.flows.goals import find_goal, needs_copy
from workers.flows.present import made_by_express_mode, present
from workers.flows.rollout import in_progress
from workers.flows.strategies import check_strategy
from workers.flows.words import asking, measures
from workers.flows.words.lingering import STOP_TIMEOUT
from workers.turn import Next, Turn

NOT_FIRST_SECONDS = 3600.0
"""A deploy that waits in line is rung by the end of the one before it; this is only a safety net."""
START_ESTIMATE = 30
"""Seconds a task commonly takes to run."""


def wait(deploy: Deploy, turn: Turn) -> Next:
    """Starts when it is first in its service's line."""
    if deploy.cancel:
        return withdraw(deploy, turn)
    if not turn.first_in_line():
        return Next(deploy, after=NOT_FIRST_SECONDS)
    return Next(deploy.at(Phase.PLANNING, turn.now()))


def plan(deploy: Deploy, turn: Turn) -> Next:
    """Reads what runs now and shows what would change."""
    if deploy.cancel:
        return withdraw(deploy, turn)
    turn.gate.may_deploy(deploy.requester, deploy.service.name, deploy.channel)
    try:
        made = make_plan(deploy, turn)
    except ForeignRollout as error:
        if again := look_again(deploy, turn, f"foreign {error.facts['deployment']}"):
            return again
        raise
    now = turn.now()
    planned = deploy.saying(now, MilestoneKind.PLAN, asking.plan(deploy, made), plan=made, tag=made.tag)
    return Next(ask(planned, now) if deploy.service.approvals else planned.at(Phase.REGISTERING, now))


def ask(deploy: Deploy, now: float) -> Deploy:
    """Opens a new approval question; answers to earlier ones no longer count."""
    expiry = float(deploy.service.approval_expiry)
    return deploy.saying(now, MilestoneKind.QUESTION, asking.question(deploy, expiry), broadcast=True).at(
        Phase.AWAITING_APPROVAL,
        now,
        decisions=(),
        question=deploy.question + 1,
        question_expires_at=now + expiry,
    )


def make_plan(deploy: Deploy, turn: Turn) -> Plan:
    """What this deploy would change, as of now.

    Raises:
        Refused: one of the checks said no. Nothing was changed.
    """
    service = deploy.service
    seen = turn.service()
    _check_not_left_stopped(deploy, turn, seen)
    check_service(service, seen)
    assert seen is not None
    running = task_definitions.describe(turn.region, seen.revision)
    goal = find_goal(deploy, turn, running)
    if needs_copy(deploy, goal.source):
        task_definitions.check_copyable(goal.source)
    changes, image = check_images(deploy, turn, goal)
    old_tag = shown_tag(changes[0].old_image, running)
    if deploy.verb is Verb.DEPLOY:
        refuse_same_image(deploy, turn, changes, old_tag, image)
    check_around(deploy, turn, goal.source)
    downtime = service.strategy is Strategy.STOP_START
    stop_timeout = _stop_timeout(running)
    return Plan(
        old_revision=seen.revision,
        source_revision=goal.source.arn,
        tag=goal.tag,
        old_tag=old_tag,
        changes=changes,
        digest=image.digest if image else None,
        pushed_at=image.pushed_at if image else None,
        size=image.size if image else None,
        pinned=images.parse(changes[0].new_image).digest is not None,
        desired_count=seen.desired,
        minimum_healthy_percent=seen.minimum_healthy_percent,
        maximum_percent=seen.maximum_percent,
        grace_seconds=seen.grace_seconds,
        express=made_by_express_mode(service, seen),
        downtime=downtime,
        downtime_estimate=stop_timeout + START_ESTIMATE if downtime else None,
        stop_timeout=stop_timeout if downtime else None,
        scaling=autoscaling.planned(deploy, turn) if seen.scheduling != "DAEMON" else None,
        traffic=seen.traffic,
    )


def check_service(service: Service, seen: ServiceSeen | None) -> None:
    """Refuses a service that cannot be deployed, or not now. Pure.

    Raises:
        Refused: with the reason.
    """
    seen = present(service, seen)
    made_by_express_mode(service, seen)
    if service.strategy is Strategy.STOP_START and seen.scheduling == "DAEMON":
        raise DaemonStopStart(service=service.name)
    check_strategy(service, seen)
    if seen.desired == 0 and seen.scheduling != "DAEMON":
        raise NothingRuns(service=service.name)
    if (going := in_progress(seen)) is not None:
        raise ForeignRollout(
            service=service.name, deployment=going.id, revision=measures.short(going.revision)
        )


def _check_not_left_stopped(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> None:
    """A deploy without a record may have stopped the service: then the janitor is about to bring it back."""
    mark = marks.read(seen.tags) if seen is not None and seen.desired == 0 else None
    if mark is None:
        return
    if mark.deploy_id not in {deploy.id, *(each.id for each in turn.earlier())}:
        raise LeftStopped(service=deploy.service.name, deploy=mark.deploy_id, count=mark.count)


def _stop_timeout(revision: RevisionSeen) -> int:
    containers = cast("list[dict[str, object]]", revision.raw.get("containerDefinitions", []))
    timeouts = [cast("int", c.get("stopTimeout") or STOP_TIMEOUT) for c in containers]
    return max(timeouts, default=STOP_TIMEOUT)
