"""Ways to end: each writes the outcome, tells the thread and leads to the phase that follows."""

from __future__ import annotations

from deploys.around import task_started
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from workers.ecs.seen import ServiceSeen
from workers.flows.evidence import NO_EVIDENCE, Evidence
from workers.flows.words import asking, endings, going, preparing
from workers.turn import Next, Turn

LOUD = {Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.SUPERSEDED, Outcome.REFUSED}
"""Outcomes that are also shown in the channel."""


def end(deploy: Deploy, turn: Turn, outcome: Outcome, text: str, *, quiet: bool = False) -> Next:
    """The outcome is known. Where a late call could still change the service, it is looked at once more.

    A service that was marked to be restored goes through SETTLING too: there its scaling is put back, at
    once, and the mark is taken off.
    """
    now = turn.now()
    if deploy.cancel and Outcome.CANCELLED not in (outcome, deploy.back_to):
        text = f"{text} {endings.cancelled_too_late(deploy.cancel.user)}"
    if outcome is not Outcome.SUCCEEDED and task_started(deploy):
        text = f"{text}{preparing.at_end(deploy, outcome)}"
    told = deploy.saying(
        now,
        MilestoneKind.END,
        text,
        broadcast=outcome in LOUD and not quiet,
        outcome=outcome,
        ended_at=now,
        back_to=None,
        alive=(),
        last_error="",
    )
    if deploy.scaling is not None and deploy.scaling.pending:
        return Next(told.at(Phase.SETTLING, now))
    if deploy.stop_requested_at is not None or deploy.uncertain:
        return Next(told.at(Phase.SETTLING, now), after=turn.pace.settle_seconds)
    if deploy.original is not None:
        return Next(told.at(Phase.SETTLING, now))
    return Next(told.at(Phase.ENDED, now))


def look_again(deploy: Deploy, turn: Turn, sight: str) -> Next | None:
    """A read may be some seconds old, so what would end or turn a deploy has to be seen twice.

    None when it was: then it stands.
    """
    if deploy.seen_end == sight:
        return None
    return Next(deploy.evolve(seen_end=sight), after=turn.pace.watch_seconds)


def superseded(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    """Somebody else's deployment has the service."""
    primary = seen.primary.id if seen.primary else ""
    text = endings.superseded(deploy, seen.revision, primary)
    return look_again(deploy, turn, f"superseded {primary}") or end(deploy, turn, Outcome.SUPERSEDED, text)


def gone(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Next:
    """ECS has no such service any more."""
    status = seen.status if seen else ""
    return look_again(deploy, turn, f"gone {status}") or ended_gone(deploy, turn, seen)


def ended_gone(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Next:
    """The same, where two looks agree on it."""
    status = seen.status if seen else ""
    failed = deploy.evolve(reason=endings.service_gone(status))
    return end(failed, turn, Outcome.FAILED, endings.gone(status))


def is_own(deploy: Deploy, revision: str) -> bool:
    """Whether this deploy knows the revision: the new one, the recorded one, or a copy of that."""
    return revision in {
        deploy.new_revision,
        deploy.restore_revision,
        deploy.original.revision if deploy.original else None,
        deploy.plan.old_revision if deploy.plan else None,
    }


def withdraw(deploy: Deploy, turn: Turn) -> Next:
    """Cancelled before the service was touched."""
    user = deploy.cancel.user if deploy.cancel else deploy.requester
    text = preparing.withdrawn(user) if _changed_elsewhere(deploy) else asking.withdrawn(user)
    return end(deploy, turn, Outcome.CANCELLED, text)


def refuse(deploy: Deploy, turn: Turn, reason: str) -> Next:
    """A check said no before the service was touched."""
    text = preparing.refused(reason) if _changed_elsewhere(deploy) else endings.refused(reason)
    return end(deploy.evolve(reason=reason), turn, Outcome.REFUSED, text)


def _changed_elsewhere(deploy: Deploy) -> bool:
    """Whether something was changed, though not the service: a revision is registered, a task has run, or
    scaling is suspended yet."""
    suspended = deploy.scaling is not None and deploy.scaling.pending
    return deploy.registered or task_started(deploy) or suspended


def go_back(
    deploy: Deploy,
    turn: Turn,
    back_to: Outcome,
    reason: str,
    why: Evidence = NO_EVIDENCE,
    *,
    told: str | None = None,
) -> Next:
    """From here the recorded revision and count are brought back. why: what was not told yet.

    told: what is said instead, where the thread was told already that it goes back, and why.
    """
    now = turn.now()
    old = old_revision(deploy)
    back = deploy.saying(
        now,
        MilestoneKind.TROUBLE if back_to is not Outcome.CANCELLED else MilestoneKind.PROGRESS,
        told or going.going_back(reason, old, why),
        back_to=back_to,
        reason=reason,
    )
    return Next(back.at(Phase.RESTORING, now))


def recorded_revision(deploy: Deploy) -> str:
    """The revision that the service was set to before the deploy. Pure."""
    if deploy.original is not None:
        return deploy.original.revision
    return deploy.plan.old_revision if deploy.plan else ""


def old_revision(deploy: Deploy) -> str:
    """The revision that the way back sets: the recorded one, or the copy of it that had to be registered.

    What ECS shows is compared by `is_recorded`: ECS itself goes back to the recorded one all the same. Pure.
    """
    return deploy.restore_revision or recorded_revision(deploy)


def is_recorded(deploy: Deploy, revision: str) -> bool:
    """Whether this is the recorded revision, or the copy of it. Pure."""
    return bool(revision) and revision in (recorded_revision(deploy), deploy.restore_revision)
