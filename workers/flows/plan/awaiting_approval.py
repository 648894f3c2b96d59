"""Phase AWAITING_APPROVAL: the plan is shown, and people decide."""

from __future__ import annotations

from dataclasses import replace

from deploys.asker import Asker
from deploys.decisions import is_approved
from deploys.errors import Refused, SlackUnsure
from deploys.records.approval import Verdict
from deploys.records.audit_entry import AuditNote
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from workers.flows.ending import end_cancelled, end_deploy, with_typed_reason
from workers.flows.plan.approval_voiding import APPROVAL_VOIDED
from workers.messages import approval
from workers.step_context import StepContext, StepResult

UNSEEN_QUESTION_SECONDS = 3600.0
"""How long a question waits at least to be shown. Most outages of Slack are shorter, and if the bot is not in
the channel, the requester hears of it within seconds.
"""


def await_approval(deploy: Deploy, context: StepContext) -> StepResult:
    """Goes on once enough people who may decide have approved."""
    if deploy.cancel:
        return end_cancelled(deploy, context)
    deploy, notes = drop_unauthorized_decisions(deploy, context)
    return replace(_go_on(deploy, context), audit=notes)


def _go_on(deploy: Deploy, context: StepContext) -> StepResult:
    now = context.now()
    rejection = next((d for d in deploy.approval.decisions if d.verdict is Verdict.REJECTED), None)
    if rejection:
        text = approval.rejected(rejection.user, rejection.reason)
        return end_deploy(with_typed_reason(deploy, rejection.reason), context, Outcome.REJECTED, text)
    if is_approved(deploy):
        approved = deploy.with_message(
            now, ThreadMessageKind.PROGRESS, approval.approved([d.user for d in deploy.approval.decisions])
        )
        return StepResult(approved.in_phase(Phase.REGISTERING, now))
    if deploy.question_not_shown:
        return _wait_until_shown(deploy, context)
    expires_at = deploy.approval.expires_at or now
    if now >= expires_at:
        return end_deploy(deploy, context, Outcome.EXPIRED, approval.expired(deploy.service.approval_expiry))
    return StepResult(deploy, delay=expires_at - now)


def _wait_until_shown(deploy: Deploy, context: StepContext) -> StepResult:
    """The question's time has not begun, but others wait in the service's queue. So it waits at least as long
    as people would have had to answer.
    """
    longest = max(UNSEEN_QUESTION_SECONDS, float(deploy.service.approval_expiry))
    over = deploy.phase_since + longest
    if context.now() >= over:
        return end_deploy(deploy, context, Outcome.EXPIRED, approval.question_never_shown(longest))
    return StepResult(deploy, delay=over - context.now())


def drop_unauthorized_decisions(deploy: Deploy, context: StepContext) -> tuple[Deploy, tuple[AuditNote, ...]]:
    """Access is checked at the click and again here. The answer of somebody who lost it is dropped; so is the
    requester's own approval if it does not count any more.

    Raises:
        MembershipUnknown: nobody can tell.
    """
    notes: list[AuditNote] = []
    for decision in deploy.approval.decisions:
        try:
            context.access.may_decide(Asker.of_answer(decision), deploy)
        except SlackUnsure:
            raise
        except Refused as refusal:
            if decision.verdict is Verdict.APPROVED:
                lost = approval.voided((decision.user,), refusal.message)
                notes.append(AuditNote(what=APPROVAL_VOIDED, why=lost))
            deploy = deploy.with_message(
                context.now(),
                ThreadMessageKind.PROBLEM,
                approval.access_lost(decision.user),
                approval={"decisions": tuple(d for d in deploy.approval.decisions if d != decision)},
            )
    return deploy, tuple(notes)
