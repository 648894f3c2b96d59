"""What became of a question, for the message that called people to answer it. Pure.

Such a message stands in the channel for good, so it says who decided, or how the question ended. It has no
buttons: those are on the card, which loses them at the same time (`workers.thread.card_buttons`).
"""

from __future__ import annotations

from deploys.decisions import PAUSE_BUTTONS, is_approved, is_rejected
from deploys.deploy_text import deploy_name, name_at_start
from deploys.mrkdwn import mention, mentions, with_reason
from deploys.pauses import current_pause
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import QuestionKind, QuestionRef
from deploys.records.traffic import Pause, PauseEnd
from workers.messages import pauses
from workers.messages.approval import request_text
from workers.messages.traffic import stage_moment


def question_end(deploy: Deploy, question: QuestionRef) -> str:
    """The text of the message from now on; empty as long as people can answer."""
    match question.kind:
        case QuestionKind.APPROVAL:
            end = _approval_end(deploy, question.number)
            asked = f"{mention(deploy.request.requester)} asked to {request_text(deploy)}"
        case QuestionKind.PAUSE:
            shift = deploy.traffic
            if shift is None or not 0 < question.number <= len(shift.pauses):
                return ""
            pause = shift.pauses[question.number - 1]
            end = _pause_end(deploy, pause)
            asked = f"{name_at_start(deploy)} paused {stage_moment(pause.stage)}"
    return f"{asked}. {end}" if end else ""


def _approval_end(deploy: Deploy, number: int) -> str:
    if number != deploy.approval.question:
        return "*Replaced* by a newer question, because what would happen changed after this one was shown."
    if is_rejected(deploy):
        no = next(each for each in deploy.approval.decisions if each.verdict is Verdict.REJECTED)
        return with_reason(f"*Rejected* by {mention(no.user)}", no.reason)
    is_open = deploy.phase is Phase.AWAITING_APPROVAL and deploy.in_progress
    approvers = tuple(
        dict.fromkeys(d.user for d in deploy.approval.decisions if d.verdict is Verdict.APPROVED)
    )
    if approvers and is_approved(deploy):
        return f"*Approved* by {mentions(approvers)}."
    if deploy.cancel and (is_open or deploy.outcome is Outcome.CANCELLED):
        by = f"*Cancelled* by {mention(deploy.cancel.user)} before it was decided"
        return with_reason(by, deploy.cancel.reason)
    if is_open:
        return ""
    if deploy.outcome is Outcome.EXPIRED:
        return "*Expired*: nobody decided in time."
    if deploy.outcome is not None:
        return f"*Closed* without a decision: {deploy_name(deploy)} {deploy.outcome.facts.sentence}."
    if deploy.phase in (Phase.WAITING, Phase.PLANNING):
        return "*Closed*: another deploy went first. This one is planned again, and then asked about again."
    return "*Closed* without a decision: it had begun already."


def _pause_end(deploy: Deploy, pause: Pause) -> str:
    match pause.end:
        case PauseEnd.ANSWERED_ELSEWHERE:
            return "Somebody let it continue outside Slipway."
        case PauseEnd.TIMED_OUT:
            return pauses.timed_out(pause) if pause.answer is None else _late_answer(pause)
        case PauseEnd.ANSWERED | None if pause.answer is not None:
            return f"{mention(pause.answer.user)} pressed *{PAUSE_BUTTONS[pause.answer.action]}*."
        case PauseEnd.ANSWERED:
            return "Somebody answered."
    if current_pause(deploy) == pause:
        return ""
    if deploy.cancel:
        by = f"{mention(deploy.cancel.user)} cancelled it before anybody answered"
        return with_reason(by, deploy.cancel.reason)
    if deploy.rollback.cause is not None or pause.end is PauseEnd.CLOSED_BY_ECS:
        return "The rollout does not go on, so nobody needs to answer any more."
    return "Nobody needs to answer any more."


def _late_answer(pause: Pause) -> str:
    return pauses.answer_too_late(pause, pause.answer) if pause.answer else ""
