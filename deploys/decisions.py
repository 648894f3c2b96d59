"""What people decide about a deploy: approve, reject, cancel. Pure: a record goes in, a new one comes out.

Who may decide is asked elsewhere (`deploys.access`); whether it still can be decided is asked here, within
the compare-and-set that writes it. Slack itself has no guard against two clicks.
"""

from __future__ import annotations

from deploys import naming
from deploys.deploy import Cancel, Decision, Deploy, Phase, Verb, Verdict
from deploys.errors import (
    AlreadyCancelled,
    AlreadyDecided,
    AlreadyGoingBack,
    PlanChanged,
    QuestionClosed,
    TooLateToCancel,
)
from deploys.mrkdwn import mention, mentions, plural
from deploys.standing import standing

UNTOUCHED = frozenset(
    {
        Phase.WAITING,
        Phase.PLANNING,
        Phase.AWAITING_APPROVAL,
        Phase.REGISTERING,
        Phase.PREPARING,
        Phase.RECORDING,
    }
)
"""Phases in which the ECS service is as it was."""


def decide(deploy: Deploy, user: str, verdict: Verdict, question: int, now: float) -> Deploy:
    """The deploy with one more person's answer to the question that was shown.

    Raises:
        AlreadyDecided: enough people said yes, somebody said no, or this person said the same before.
        QuestionClosed: the deploy was cancelled, expired or went on without an answer.
        PlanChanged: the question was about another plan.
    """
    if deploy.phase is not Phase.AWAITING_APPROVAL:
        if question == deploy.question and deploy.decisions and (rejected(deploy) or approved(deploy)):
            raise AlreadyDecided(how=_how(deploy))
        raise QuestionClosed(state=standing(deploy))
    if question != deploy.question:
        raise PlanChanged()
    if deploy.cancel:
        raise QuestionClosed(state=f"is being cancelled, as {mention(deploy.cancel.user)} asked")
    if rejected(deploy) or approved(deploy):
        raise AlreadyDecided(how=_how(deploy))
    if deploy.question_expires_at is not None and now >= deploy.question_expires_at:
        raise QuestionClosed(state="was not decided in time and expires")
    if verdict is Verdict.APPROVED and user in _approvers(deploy):
        more = plural(missing(deploy), "approval")
        raise AlreadyDecided(how=f"you approved this, and it needs {more} more, by somebody else")
    return deploy.evolve(decisions=(*deploy.decisions, Decision(user=user, verdict=verdict, at=now)))


def shown(deploy: Deploy, question: int, at: float) -> Deploy:
    """The deploy whose question people can see since `at` (epoch seconds): its time begins. The same deploy,
    if that is known already or the question is over."""
    if not deploy.question_unseen or question != deploy.question:
        return deploy
    expires_at = at + deploy.service.approval_expiry
    return deploy.evolve(question_shown_at=at, question_expires_at=expires_at)


def cancel(deploy: Deploy, user: str, now: float) -> Deploy:
    """The deploy with the wish to cancel it; a worker withdraws it or rolls it back.

    Raises:
        AlreadyCancelled: somebody asked for that before.
        AlreadyGoingBack: it is being rolled back for another reason.
        TooLateToCancel: its outcome is known.
    """
    what = naming.at_start(deploy)
    if deploy.outcome is not None or deploy.phase is Phase.ENDED:
        raise TooLateToCancel(what=what, state=standing(deploy))
    if deploy.cancel:
        what = f"Following {naming.in_sentence(deploy)}" if deploy.verb is Verb.FOLLOW else what
        raise AlreadyCancelled(what=what, user=mention(deploy.cancel.user))
    if deploy.back_to is not None:
        raise AlreadyGoingBack(what=what)
    return deploy.evolve(cancel=Cancel(user=user, at=now))


def approved(deploy: Deploy) -> bool:
    """Whether as many different people as needed said yes, and nobody said no."""
    return not rejected(deploy) and missing(deploy) == 0


def rejected(deploy: Deploy) -> bool:
    """Whether somebody said no."""
    return any(decision.verdict is Verdict.REJECTED for decision in deploy.decisions)


def missing(deploy: Deploy) -> int:
    """Approvals still needed (count)."""
    return max(0, deploy.service.approvals - len(_approvers(deploy)))


def untouched(deploy: Deploy) -> bool:
    """Whether it is sure that nothing of the ECS service was changed."""
    return deploy.phase in UNTOUCHED and not deploy.update_tried


def _approvers(deploy: Deploy) -> tuple[str, ...]:
    """Who said yes and counts, each once, in order."""
    said_yes = [each.user for each in deploy.decisions if each.verdict is Verdict.APPROVED]
    return tuple(
        dict.fromkeys(user for user in said_yes if user != deploy.requester or deploy.service.self_approval)
    )


def _how(deploy: Deploy) -> str:
    for decision in deploy.decisions:
        if decision.verdict is Verdict.REJECTED:
            return f"rejected by {mention(decision.user)}"
    return f"approved by {mentions(_approvers(deploy))}"
