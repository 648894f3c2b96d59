"""Phase AWAITING_APPROVAL: the plan is shown, people decide."""

from __future__ import annotations

from deploys.decisions import approved
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verdict
from deploys.errors import MembershipUnknown, Refused
from workers.flows.ending import end, withdraw
from workers.flows.words import asking
from workers.turn import Next, Turn

UNSEEN_SECONDS = 3600.0
"""How long a question may wait to be shown, at least. Slack's outages are mostly shorter, and the requester
is told within seconds of a channel that the bot is not in."""


def await_approval(deploy: Deploy, turn: Turn) -> Next:
    """Goes on once enough people who may decide have said yes."""
    if deploy.cancel:
        return withdraw(deploy, turn)
    deploy = _without_lost_access(deploy, turn)
    now = turn.now()
    rejection = next((d for d in deploy.decisions if d.verdict is Verdict.REJECTED), None)
    if rejection:
        return end(deploy, turn, Outcome.REJECTED, asking.rejected(rejection.user))
    if approved(deploy):
        told = deploy.saying(now, MilestoneKind.PROGRESS, asking.approved([d.user for d in deploy.decisions]))
        return Next(told.at(Phase.REGISTERING, now))
    if deploy.question_unseen:
        return _unseen(deploy, turn)
    expires_at = deploy.question_expires_at or now
    if now >= expires_at:
        return end(deploy, turn, Outcome.EXPIRED, asking.expired(deploy.service.approval_expiry))
    return Next(deploy, after=expires_at - now)


def _unseen(deploy: Deploy, turn: Turn) -> Next:
    """Its time has not begun, but the service's line does not wait for ever: at least as long as people would
    have had."""
    longest = max(UNSEEN_SECONDS, float(deploy.service.approval_expiry))
    over = deploy.phase_since + longest
    if turn.now() >= over:
        return end(deploy, turn, Outcome.EXPIRED, asking.never_seen(longest))
    return Next(deploy, after=over - turn.now())


def _without_lost_access(deploy: Deploy, turn: Turn) -> Deploy:
    """Access is checked at the click and again here; an answer from somebody who lost it is dropped."""
    for decision in deploy.decisions:
        try:
            turn.gate.may_decide(decision.user, deploy)
        except MembershipUnknown:
            raise
        except Refused:
            deploy = deploy.saying(
                turn.now(),
                MilestoneKind.TROUBLE,
                asking.access_lost(decision.user),
                decisions=tuple(d for d in deploy.decisions if d != decision),
            )
    return deploy
