"""Phase AWAITING_APPROVAL: the plan is shown, people decide."""

from __future__ import annotations

from deploys.decisions import approved
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verdict
from deploys.errors import MembershipUnknown, Refused
from workers.flows.ending import end, withdraw
from workers.flows.words import asking
from workers.turn import Next, Turn


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
    expires_at = deploy.question_expires_at or now
    if now >= expires_at:
        return end(deploy, turn, Outcome.EXPIRED, asking.expired(deploy.service.approval_expiry))
    return Next(deploy, after=expires_at - now)


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
