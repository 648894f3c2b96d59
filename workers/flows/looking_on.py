"""`/deploy follow SERVICE`: a rollout that is not ours, followed by its identity to its end.

Nothing is ever changed here: no update, no way back. The record only takes the service's line, so that a
deploy asked for meanwhile waits until the rollout is over, instead of being refused.

The deadline counts from the moment it began to follow. Past it the outcome is EXPIRED: nothing is known to
have failed, and nobody withdrew anything. One that succeeded counts when a later rollback looks for what ran
before.
"""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Plan
from deploys.errors import NothingToFollow, Refused
from workers.ecs import task_definitions
from workers.ecs.pins import shown_tag
from workers.ecs.seen import DeploymentSeen, RevisionSeen, ServiceDeploymentSeen, ServiceSeen
from workers.flows import foreign_traffic
from workers.flows.aftermath import succeeded_before
from workers.flows.best_effort import best_effort
from workers.flows.causes import why_back, why_over
from workers.flows.deadline import allowed
from workers.flows.ecs_back import back_at, noted
from workers.flows.emptied import emptied
from workers.flows.ending import end, look_again
from workers.flows.evidence import gather
from workers.flows.following import followed, own_deployment, progress, tell_ecs_goes_back, tell_trouble
from workers.flows.goals import changes_between
from workers.flows.present import present
from workers.flows.rollout import Stand, in_progress, stand
from workers.flows.words import aftermath, not_back
from workers.flows.words import looking_on as words
from workers.turn import Next, Turn


def begin(deploy: Deploy, turn: Turn) -> Next:
    """Finds the rollout in progress and writes down which one it is.

    Raises:
        NothingToFollow: none is, as two reads agree.
        Refused: the service is not there, or ECS does not roll it out.
    """
    if deploy.cancel:
        return _stop(deploy, turn)
    turn.gate.may_deploy(deploy.requester, deploy.service.name, deploy.channel)
    seen = present(deploy.service, turn.service())
    primary = in_progress(seen)
    if primary is None:
        if again := look_again(deploy, turn, "nothing in progress"):
            return again
        raise _nothing(deploy, turn, seen)
    now = turn.now()
    found = _with_versions(
        deploy.evolve(
            deployment_id=primary.id, new_revision=primary.revision, started_at=primary.created_at or now
        ),
        turn,
        seen,
        primary,
    )
    ours = next((each.id for each in turn.earlier() if each.deployment_id == primary.id), "")
    text = words.begun(found, primary, ours, seen.traffic)
    return Next(found.saying(now, MilestoneKind.PROGRESS, text).at(Phase.LOOKING_ON, now))


def look_on(deploy: Deploy, turn: Turn) -> Next:
    """Looks at the rollout. An end stands once a second look agrees."""
    seen, own = turn.service(), own_deployment(turn)
    deploy = noted(deploy, seen, own)
    stands = stand(followed(deploy), seen, own)
    deploy = deploy.evolve(
        rollout=progress(deploy, seen, own), service_deployment_arn=own.arn if own else None
    )
    deploy = foreign_traffic.observe(deploy, seen, own, turn.now())
    if stands.final:
        if deploy.seen_end != stands.value:
            return Next(deploy.evolve(seen_end=stands.value), after=turn.pace.watch_seconds / 2)
        return _finish(deploy, turn, stands, seen, own)
    deploy = deploy.evolve(seen_end="")
    if over := _given_up(deploy, turn):
        return over
    if stands is Stand.ROLLING_BACK:
        deploy = tell_ecs_goes_back(deploy, turn, seen, own)
    else:
        deploy = tell_trouble(deploy, turn, seen)
    return Next(deploy, after=turn.pace.watch_seconds)


def after_error(deploy: Deploy, turn: Turn) -> Next | None:
    """What a look that failed leads to; None: to another one. There is nothing to bring back."""
    return _given_up(deploy, turn)


def _given_up(deploy: Deploy, turn: Turn) -> Next | None:
    """The end of a rollout that goes on without being followed."""
    if deploy.cancel:
        return _stop(deploy, turn)
    if turn.now() - deploy.phase_since > allowed(deploy, turn.now()):
        return end(deploy, turn, Outcome.EXPIRED, words.overdue(deploy))
    return None


def _stop(deploy: Deploy, turn: Turn) -> Next:
    user = deploy.cancel.user if deploy.cancel else deploy.requester
    return end(deploy, turn, Outcome.CANCELLED, words.stopped(deploy, user))


def _finish(
    deploy: Deploy, turn: Turn, stands: Stand, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None
) -> Next:
    took = turn.now() - (deploy.started_at or turn.now())
    match stands:
        case Stand.SUCCEEDED:
            ended = succeeded_before(deploy, turn, seen, aftermath.completed_elsewhere, took)
            return ended or end(deploy, turn, Outcome.SUCCEEDED, words.succeeded(deploy, took))
        case Stand.ROLLED_BACK:
            if not deploy.reason:  # it went back between two looks
                deploy = deploy.evolve(reason=why_back(deploy, own, seen))
            text = words.rolled_back(deploy, back_at(deploy), gather(deploy, turn, seen))
            return end(deploy, turn, Outcome.ROLLED_BACK, text)
        case Stand.SUPERSEDED:
            newer = seen.primary if seen else None
            return end(deploy, turn, Outcome.SUPERSEDED, words.superseded(deploy, newer))
        case Stand.EMPTIED:
            return emptied(deploy, turn)
        case Stand.GONE:
            return end(deploy, turn, Outcome.FAILED, words.gone(seen.status if seen else ""))
    why = why_over(own, seen.deployment(deploy.deployment_id) if seen else None)
    text = not_back.failed(deploy, why, seen, gather(deploy, turn, seen))
    return end(deploy, turn, Outcome.FAILED, text)


def _nothing(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> NothingToFollow:
    """What runs instead, and since when."""
    running = _revision(turn, seen.revision)
    tag = _tag(deploy, running) if running else ""
    return NothingToFollow(service=deploy.service.name, **words.at_rest(seen, tag))


def _with_versions(deploy: Deploy, turn: Turn, seen: ServiceSeen, primary: DeploymentSeen) -> Deploy:
    """With what the rollout changes, as far as the task definitions tell: people read tags."""
    new = _revision(turn, primary.revision)
    tag = _tag(deploy, new) if new else ""
    before = next((each for each in seen.deployments if each.id != primary.id), None)
    old = _revision(turn, before.revision) if before else None
    if new is None or old is None or not tag:
        return deploy.evolve(tag=tag)
    changes = changes_between(old, new, deploy.service)
    plan = Plan(
        old_revision=old.arn,
        source_revision=new.arn,
        tag=tag,
        old_tag=_tag(deploy, old),
        changes=changes,
        desired_count=seen.desired,
        minimum_healthy_percent=seen.minimum_healthy_percent,
        maximum_percent=seen.maximum_percent,
        traffic=seen.traffic,
    )
    return deploy.evolve(tag=tag, plan=plan)


def _revision(turn: Turn, arn: str) -> RevisionSeen | None:
    """A revision that cannot be read keeps nobody from following the rollout."""
    failed = turn.claim.deploy.attempts
    return best_effort(lambda: task_definitions.describe(turn.region, arn), None, attempts=failed)


def _tag(deploy: Deploy, revision: RevisionSeen) -> str:
    """What people call its main image; empty where it has no such container, or no readable image."""
    try:
        return shown_tag(str(task_definitions.main_image(revision, deploy.service)), revision)
    except Refused:
        return ""
