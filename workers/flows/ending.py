"""Ways to end: each writes the outcome, tells the thread and leads to the phase that follows."""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from workers.flows import words
from workers.turn import Next, Turn

LOUD = {Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.SUPERSEDED, Outcome.REFUSED}
"""Outcomes that are also shown in the channel."""


def end(deploy: Deploy, turn: Turn, outcome: Outcome, text: str) -> Next:
    """The outcome is known. Where a late call could still change the service, it is looked at once more.

    A service that was marked to be restored goes through SETTLING too: there the mark is taken off.
    """
    now = turn.now()
    told = deploy.saying(
        now,
        MilestoneKind.END,
        text,
        broadcast=outcome in LOUD,
        outcome=outcome,
        ended_at=now,
        back_to=None,
        alive=(),
        last_error="",
    )
    if deploy.stop_requested_at is not None or deploy.uncertain:
        return Next(told.at(Phase.SETTLING, now), after=turn.pace.settle_seconds)
    if deploy.original is not None:
        return Next(told.at(Phase.SETTLING, now))
    return Next(told.at(Phase.ENDED, now))


def withdraw(deploy: Deploy, turn: Turn) -> Next:
    """Cancelled before the service was touched."""
    user = deploy.cancel.user if deploy.cancel else deploy.requester
    return end(deploy, turn, Outcome.CANCELLED, words.withdrawn(user))


def refuse(deploy: Deploy, turn: Turn, reason: str) -> Next:
    """A check said no before the service was touched."""
    return end(deploy.evolve(reason=reason), turn, Outcome.REFUSED, words.refused(reason))


def go_back(deploy: Deploy, turn: Turn, back_to: Outcome, reason: str) -> Next:
    """From here the recorded revision and count are brought back."""
    now = turn.now()
    old = old_revision(deploy)
    told = deploy.saying(
        now,
        MilestoneKind.TROUBLE if back_to is not Outcome.CANCELLED else MilestoneKind.PROGRESS,
        words.going_back(reason, old),
        back_to=back_to,
        reason=reason,
        seen_end="",
    )
    return Next(told.at(Phase.RESTORING, now))


def old_revision(deploy: Deploy) -> str:
    """The revision recorded before the deploy: where every way back leads."""
    if deploy.original is not None:
        return deploy.original.revision
    return deploy.plan.old_revision if deploy.plan else ""
