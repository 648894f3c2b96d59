"""Application Auto Scaling while a service is stopped: suspended before, and put back exactly as it was."""

from __future__ import annotations

from enum import Enum

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Original, Phase
from deploys.errors import AwsCredentials, AwsDenied, AwsError, AwsRefused, ScalingNotSuspended
from deploys.scaling import EVERYTHING, Scaling, ScalingPlan, Suspension
from workers.ecs import scaling as targets
from workers.ecs import services
from workers.ecs.scaling import TargetSeen
from workers.ecs.seen import ServiceSeen
from workers.flows import marks
from workers.flows.best_effort import best_effort
from workers.flows.ending import look_again
from workers.flows.marks import Mark
from workers.flows.words import scaling as words
from workers.turn import Next, Turn


class Standing(Enum):
    """How a scalable target that we suspended stands when it is to be put back."""

    OURS = "ours"  # everything is suspended, as we left it
    AS_BEFORE = "as before"
    ELSEWISE = "elsewise"  # somebody else set something else: that is not fought
    GONE = "gone"  # there is none any more


def standing(before: Suspension, target: TargetSeen | None) -> Standing:
    """Pure."""
    if target is None:
        return Standing.GONE
    if target.suspended == before:
        return Standing.AS_BEFORE
    return Standing.OURS if target.suspended == EVERYTHING else Standing.ELSEWISE


def planned(deploy: Deploy, turn: Turn) -> ScalingPlan | None:
    """What the plan says about scaling; None where nothing scales the service.

    Where the workers may not ask, the deploy may go on: a count that is raised in the middle is noticed, and
    takes the deploy back before a new task starts. A service that is not going to be stopped does not depend
    on the answer at all.
    """
    try:
        target = _target(deploy, turn)
    except AwsError as error:
        stops = deploy.service.strategy is Strategy.STOP_START
        if isinstance(error, AwsCredentials) or (stops and not isinstance(error, AwsDenied)):
            raise
        return ScalingPlan(unknown=error.message)
    if target is None:
        return None
    return ScalingPlan(minimum=target.minimum, maximum=target.maximum, before=target.suspended)


def recorded(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Scaling | None:
    """How the service is scaled, before anything is suspended; what was recorded once, stays.

    A deploy whose record was lost may have left everything suspended. Then its tags say how it was before.

    Raises the errors of `aws_call`. Where the workers may not ask, that is an error only if they could when
    the plan was made: it promised that scaling is suspended.
    """
    if deploy.scaling is not None and deploy.scaling.tried:
        return deploy.scaling
    try:
        target = _target(deploy, turn)
    except AwsCredentials:
        raise
    except AwsDenied:
        promised = deploy.plan.scaling if deploy.plan else None
        if promised is not None and not promised.unknown:
            raise
        return None
    if target is None:
        return None
    left = _left_by_a_lost_one(deploy, turn, seen) if target.suspended == EVERYTHING else None
    if left is not None and left.suspended is not None:
        return Scaling(minimum=target.minimum, maximum=target.maximum, before=left.suspended, tried=True)
    return Scaling(minimum=target.minimum, maximum=target.maximum, before=target.suspended)


def suspend(deploy: Deploy, turn: Turn) -> Deploy | Next:
    """Suspends everything that could change the count, and looks whether it holds. A Next is to come back.

    Raises:
        ScalingNotSuspended: it did not hold, at two looks.
    """
    scaling = deploy.scaling
    if scaling is None:
        return deploy
    target = _target(deploy, turn)
    if target is None:
        return deploy.evolve(scaling=None)
    if not scaling.tried and target.suspended != scaling.before:
        # Somebody suspended or resumed something since it was recorded: that is what has to come back.
        return Next(deploy.at(Phase.RECORDING, turn.now()))
    if target.suspended == EVERYTHING:
        return deploy
    if deploy.seen_end == _NOT_HELD:
        raise ScalingNotSuspended(service=deploy.service.name)
    if not scaling.tried:
        trying = scaling.evolve(tried=True)
        deploy = deploy.saying(turn.now(), MilestoneKind.PROGRESS, words.suspending(trying), scaling=trying)
    deploy = turn.write(deploy)
    turn.guard()
    targets.suspend(turn.region, deploy.service.cluster, deploy.service.ecs_service, EVERYTHING)
    held = _target(deploy, turn)
    if held is not None and held.suspended != EVERYTHING:
        return look_again(deploy, turn, _NOT_HELD) or deploy
    return deploy


def suspended_again(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy:
    """For the way back, when a service that has to be stopped again is scaled after all: suspends everything
    once more. What somebody set meanwhile is what is put back then, and what the marks say from here on.

    A way back does not depend on it: where AWS refuses or does not answer, it goes on without.
    """
    original = deploy.original
    assert original is not None
    target = best_effort(lambda: _target(deploy, turn), None)
    if target is None or target.suspended == EVERYTHING:
        return deploy
    before = Scaling(minimum=target.minimum, maximum=target.maximum, before=target.suspended, tried=True)
    text = words.suspending_again(before)
    again = deploy.evolve(scaling=before)
    if text not in [milestone.text for milestone in deploy.milestones]:
        again = again.saying(turn.now(), MilestoneKind.TROUBLE, text)
    written = turn.write(again)
    best_effort(lambda: _suspend_marked(written, turn, seen, original, before), None)
    return written


def _suspend_marked(
    deploy: Deploy, turn: Turn, seen: ServiceSeen, original: Original, before: Scaling
) -> None:
    turn.guard()
    services.tag(turn.region, seen.arn, marks.written(deploy, original, before))
    turn.guard()
    targets.suspend(turn.region, deploy.service.cluster, deploy.service.ecs_service, EVERYTHING)


def put_back(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Next:
    """Sets what was recorded, unless it is so or somebody else set something else. Taken until that is seen.

    The count is set by now, so a scaling that goes on finds the service as it should be.
    """
    scaling = deploy.scaling
    assert scaling is not None
    target = _target(deploy, turn)
    match standing(scaling.before, target):
        case Standing.OURS:
            turn.guard()
            try:
                targets.suspend(
                    turn.region, deploy.service.cluster, deploy.service.ecs_service, scaling.before
                )
            except AwsRefused:
                if seen is not None and seen.status == "ACTIVE":
                    raise
                return Next(_is_back(deploy, turn, words.service_gone()))
            return Next(deploy, after=turn.pace.watch_seconds / 2)
        case Standing.AS_BEFORE:
            return Next(_is_back(deploy, turn, words.put_back(scaling.before)))
        case Standing.ELSEWISE:
            assert target is not None
            return Next(_is_back(deploy, turn, words.left_alone(target.suspended, scaling.before)))
        case Standing.GONE:
            return Next(_is_back(deploy, turn, words.target_gone()))


def suspended_late(deploy: Deploy, turn: Turn) -> Deploy | None:
    """The deploy with scaling to be put back once more, where a late call of ours suspended it again.

    Whoever suspends it after that wants it so.
    """
    scaling = deploy.scaling
    if scaling is None or not scaling.tried or scaling.before == EVERYTHING:
        return None
    if standing(scaling.before, _target(deploy, turn)) is not Standing.OURS or scaling.put_back_late:
        return None
    again = scaling.evolve(put_back=False, put_back_late=True)
    return deploy.saying(
        turn.now(), MilestoneKind.TROUBLE, words.suspended_late(), broadcast=True, scaling=again
    )


_NOT_HELD = "scaling is not suspended"


def _is_back(deploy: Deploy, turn: Turn, text: str) -> Deploy:
    scaling = deploy.scaling
    assert scaling is not None
    return deploy.saying(
        turn.now(),
        MilestoneKind.PROGRESS,
        text,
        scaling=scaling.evolve(put_back=True),
        loud_at=None,
    )


def _left_by_a_lost_one(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Mark | None:
    """The marks of a deploy without a record. One that has a record put back what it had suspended; its marks
    could not be taken off.
    """
    mark = marks.read(seen.tags)
    known = {deploy.id, *(each.id for each in turn.earlier())}
    return mark if mark is not None and mark.deploy_id not in known else None


def _target(deploy: Deploy, turn: Turn) -> TargetSeen | None:
    return targets.target(turn.region, deploy.service.cluster, deploy.service.ecs_service)
