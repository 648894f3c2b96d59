"""Phase SETTLING: later than any call of ours could still arrive, a look proves that the end held."""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from workers.ecs import services
from workers.ecs.seen import ServiceSeen
from workers.flows import autoscaling
from workers.flows.best_effort import attempt
from workers.flows.ending import is_recorded, look_again, old_revision, recorded_revision
from workers.flows.marks import RESTORE_TAG
from workers.flows.restorable import restorable
from workers.flows.stop_start import untag
from workers.flows.words import looks
from workers.turn import Next, Turn


def settle(deploy: Deploy, turn: Turn) -> Next:
    """A service at zero comes first, then scaling is put back. Sets right what a late call moved, loudly, and
    looks again; otherwise the deploy is done."""
    now = turn.now()
    seen = turn.service()
    there = seen if seen is not None and seen.status == "ACTIVE" else None
    if there is not None and left_at_zero(deploy, there) and deploy.set_right_at is None:
        count = deploy.original.desired_count if deploy.original else 0
        return _set_right(deploy, turn, there, count)
    if deploy.scaling is not None and deploy.scaling.pending:
        left = autoscaling.put_back(deploy, turn, seen)
        return Next(left.deploy, max(left.after, until_settled(left.deploy, turn)))
    if there is None:
        return look_again(deploy, turn, "gone") or Next(deploy.at(Phase.ENDED, now))
    if left_at_zero(deploy, there):
        told = deploy.saying(now, MilestoneKind.TROUBLE, looks.left_at_zero(), broadcast=True)
        return Next(_unmarked(told, turn).at(Phase.ENDED, now))
    if moved_late(deploy, there) and deploy.set_right_at is not None:
        text = looks.moved_again(old_revision(deploy), there.revision)
        told = deploy.saying(now, MilestoneKind.TROUBLE, text, broadcast=True)
        return Next(_unmarked(told, turn).at(Phase.ENDED, now))
    if moved_late(deploy, there):
        return _set_right(deploy, turn, there, None)
    again = autoscaling.suspended_late(deploy, turn)
    if again is not None:
        return Next(again)
    return Next(_unmarked(deploy, turn).at(Phase.ENDED, now))


def until_settled(deploy: Deploy, turn: Turn) -> float:
    """Seconds until no late call could change the service any more."""
    if deploy.scaling is not None and deploy.scaling.pending:
        return 0.0
    could_move = deploy.stop_requested_at is not None or deploy.uncertain
    if not could_move and not (deploy.scaling is not None and deploy.scaling.tried):
        return 0.0
    return max(0.0, (deploy.ended_at or 0.0) + turn.pace.settle_seconds - turn.now())


def _unmarked(deploy: Deploy, turn: Turn) -> Deploy:
    """With the restore tag taken off the service; one that stays there is said, and stops nothing."""
    if deploy.original is None:
        return deploy
    failed = attempt(lambda: untag(turn), attempts=deploy.attempts)
    if failed is None:
        return deploy
    text = looks.tag_left(RESTORE_TAG, failed.message)
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text)


def left_at_zero(deploy: Deploy, seen: ServiceSeen) -> bool:
    """Whether a service that we stopped still, or again, wants no task."""
    return deploy.stop_requested_at is not None and seen.desired == 0


def moved_late(deploy: Deploy, seen: ServiceSeen) -> bool:
    """Whether the new revision arrived after it was taken back."""
    if deploy.way_back is not None and deploy.way_back.in_vain:
        return False
    undone = deploy.outcome not in (Outcome.SUCCEEDED, Outcome.SUPERSEDED)
    return undone and deploy.new_revision is not None and seen.revision == deploy.new_revision


def _set_right(deploy: Deploy, turn: Turn, seen: ServiceSeen, count: int | None) -> Next:
    """count: what the desired count is set to (tasks); None where only the revision was moved."""
    service = deploy.service
    kept = deploy.outcome in (Outcome.SUCCEEDED, Outcome.SUPERSEDED) or is_recorded(deploy, seen.revision)
    if not kept:
        able = restorable(deploy, turn, seen)
        if able is None and count is None:
            lost = looks.recorded_deleted(deploy, recorded_revision(deploy), seen.revision)
            told = deploy.saying(turn.now(), MilestoneKind.TROUBLE, lost, broadcast=True)
            return Next(_unmarked(told, turn).at(Phase.ENDED, turn.now()))
        kept, deploy = able is None, able or deploy
    text = looks.found_new(old_revision(deploy)) if count is None else looks.found_at_zero(count)
    told = turn.write(
        deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=True, set_right_at=turn.now())
    )
    turn.guard()
    services.update(
        turn.region,
        service.cluster,
        service.ecs_service,
        revision=None if kept else old_revision(told),
        desired=count,
    )
    return Next(told, after=turn.pace.settle_seconds)
