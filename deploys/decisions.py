"""What people decide about a deploy: approve, reject, cancel, and answer a pause. Pure: a record goes in, a
new one comes out.

Who may decide is checked elsewhere (`deploys.access`). Whether it can still be decided is checked here,
within the compare-and-set that writes it. Slack itself has no guard against two clicks.
"""

from __future__ import annotations

from deploys import deploy_text
from deploys.deploy_text import status_text
from deploys.errors import (
    AlreadyCancelled,
    AlreadyDecided,
    AlreadyRollingBack,
    PauseAnswered,
    PauseClosed,
    PlanChanged,
    QuestionClosed,
    TooLateToCancel,
)
from deploys.mrkdwn import mention, mentions, plural
from deploys.pauses import current_pause, latest_pause_number
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.records.traffic import HookAction, Pause, PauseAnswer, PauseEnd, TrafficShift


def decide(
    deploy: Deploy,
    user: str,
    verdict: Verdict,
    question: int,
    now: float,
    *,
    team: str = "",
    channel: str = "",
    command_line: str = "",
    reason: str = "",
) -> Deploy:
    """The deploy with one more person's answer to the question that was shown. `team`, `channel` and
    `command_line`: where it was given, for access to be checked again when it counts.

    Raises:
        AlreadyDecided: enough people said yes, somebody said no, or this person said the same before.
        QuestionClosed: the deploy was cancelled, expired or went on without an answer.
        PlanChanged: the question was about another plan.
    """
    if deploy.phase is not Phase.AWAITING_APPROVAL:
        if (
            question == deploy.approval.question
            and deploy.approval.decisions
            and (is_rejected(deploy) or is_approved(deploy))
        ):
            raise AlreadyDecided(how=decision_text(deploy))
        raise QuestionClosed(state=status_text(deploy))
    if question != deploy.approval.question:
        raise PlanChanged()
    if deploy.cancel:
        raise QuestionClosed(state=f"is being cancelled, as {mention(deploy.cancel.user)} asked")
    if is_rejected(deploy) or is_approved(deploy):
        raise AlreadyDecided(how=decision_text(deploy))
    if deploy.approval.expires_at is not None and now >= deploy.approval.expires_at:
        raise QuestionClosed(state="was not decided in time and expires")
    if verdict is Verdict.APPROVED and user in counted_approvers(deploy):
        more = plural(approvals_missing(deploy), "approval")
        raise AlreadyDecided(how=f"you approved this, and it needs {more} more, by somebody else")
    decision = Decision(
        user=user,
        team=team,
        channel=channel,
        command_line=command_line,
        verdict=verdict,
        at=now,
        reason=reason,
    )
    return deploy.evolve(approval={"decisions": (*deploy.approval.decisions, decision)})


def mark_question_shown(deploy: Deploy, question: int, at: float) -> Deploy:
    """The deploy whose question Slack shows since `at` (epoch seconds): the time to answer begins. The same
    deploy, if that is known already or the question is over."""
    if not deploy.question_not_shown or question != deploy.approval.question:
        return deploy
    expires_at = at + deploy.service.approval_expiry
    return deploy.evolve(approval={"shown_at": at, "expires_at": expires_at})


def request_cancel(
    deploy: Deploy,
    user: str,
    now: float,
    *,
    team: str = "",
    channel: str = "",
    command_line: str = "",
    reason: str = "",
) -> Deploy:
    """The deploy with a cancel; a worker withdraws it or rolls it back. `team` and the others: as in
    `decide`.

    Raises:
        AlreadyCancelled: somebody asked for that before.
        AlreadyGoingBack: it is being rolled back for another reason.
        TooLateToCancel: its outcome is known.
    """
    what = deploy_text.name_at_start(deploy)
    if deploy.outcome is not None or deploy.phase is Phase.ENDED:
        raise TooLateToCancel(what=what, state=status_text(deploy))
    if deploy.cancel:
        what = f"Following {deploy_text.name_in_sentence(deploy)}" if deploy.verb is Verb.FOLLOW else what
        raise AlreadyCancelled(what=what, user=mention(deploy.cancel.user))
    if deploy.rollback.outcome is not None:
        raise AlreadyRollingBack(what=what)
    return deploy.evolve(
        cancel=Cancel(user=user, team=team, channel=channel, command_line=command_line, at=now, reason=reason)
    )


def is_approved(deploy: Deploy) -> bool:
    """Whether as many different people as needed said yes, and nobody said no."""
    return not is_rejected(deploy) and approvals_missing(deploy) == 0


def is_rejected(deploy: Deploy) -> bool:
    """Whether somebody said no."""
    return any(decision.verdict is Verdict.REJECTED for decision in deploy.approval.decisions)


def approvals_missing(deploy: Deploy) -> int:
    """Approvals still needed (count)."""
    return max(0, deploy.service.approvals - len(counted_approvers(deploy)))


def is_service_untouched(deploy: Deploy) -> bool:
    """Whether the ECS service is surely as it was."""
    return deploy.phase.facts.service_unchanged and not deploy.ecs.update_tried


def tried_to_change(deploy: Deploy) -> bool:
    """Whether Slipway asked ECS to change the service for it, and that was not proven to have failed."""
    return deploy.ecs.update_tried or deploy.stop.requested_at is not None


def counted_approvers(deploy: Deploy) -> tuple[str, ...]:
    """Those whose approval counts, each once, in order."""
    approved_by = [each.user for each in deploy.approval.decisions if each.verdict is Verdict.APPROVED]
    return tuple(
        dict.fromkeys(
            user for user in approved_by if user != deploy.request.requester or deploy.service.self_approval
        )
    )


def decision_text(deploy: Deploy) -> str:
    """`approved by <@U1>`; empty until it is decided."""
    for decision in deploy.approval.decisions:
        if decision.verdict is Verdict.REJECTED:
            return f"rejected by {mention(decision.user)}"
    approvers = counted_approvers(deploy)
    return f"approved by {mentions(approvers)}" if approvers and is_approved(deploy) else ""


PAUSE_BUTTONS = {HookAction.CONTINUE: "Continue", HookAction.ROLLBACK: "Roll back"}
"""The buttons' names."""
PAUSE_TIMEOUT_ACTIONS = {
    HookAction.CONTINUE: "continues by itself",
    HookAction.ROLLBACK: "rolls back by itself",
    None: "decides by itself",
}
"""What ECS does when nobody answers."""

_CLOSED_WITHOUT_ANSWER = {
    PauseEnd.ANSWERED_ELSEWHERE: "somebody continued it outside Slipway",
    PauseEnd.CLOSED_BY_ECS: "ECS closed it, because the rollout does not go on",
}


def answer_pause(
    deploy: Deploy,
    user: str,
    action: HookAction,
    pause_number: int,
    now: float,
    *,
    team: str = "",
    channel: str = "",
    command_line: str = "",
) -> Deploy:
    """The deploy with one person's answer to the pause that was shown. `team` and the others: as in `decide`.

    Raises:
        PauseAnswered: somebody answered that pause before.
        PauseOver: it was left without an answer from here, or its time is up.
        QuestionClosed: the deploy was cancelled, rolls back or has ended.
    """
    shift = deploy.traffic or TrafficShift()
    asked = shift.pauses[pause_number - 1] if 0 < pause_number <= len(shift.pauses) else None
    if asked is not None and asked.end in _CLOSED_WITHOUT_ANSWER:
        raise PauseClosed(how=_CLOSED_WITHOUT_ANSWER[asked.end])
    if asked is not None and (asked.end is PauseEnd.TIMED_OUT or _pause_expired(asked, now)):
        raise PauseClosed(how=f"its time ran out, and ECS {PAUSE_TIMEOUT_ACTIONS[asked.timeout_action]}")
    if asked is not None and asked.answer is not None:
        raise PauseAnswered(user=mention(asked.answer.user), button=PAUSE_BUTTONS[asked.answer.action])
    if deploy.cancel and deploy.in_progress:
        raise QuestionClosed(state=f"is being cancelled, as {mention(deploy.cancel.user)} asked")
    if deploy.is_rolling_back:
        raise QuestionClosed(state="is being rolled back")
    if asked is None or pause_number != latest_pause_number(deploy) or current_pause(deploy) is None:
        raise QuestionClosed(state=status_text(deploy))
    answer = PauseAnswer(
        user=user, team=team, channel=channel, command_line=command_line, action=action, at=now
    )
    return deploy.evolve(traffic=shift.with_last_pause(asked.evolve(answer=answer)))


def _pause_expired(pause: Pause, now: float) -> bool:
    return pause.answer is None and pause.expires_at is not None and now >= pause.expires_at
