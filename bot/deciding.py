"""Decisions by command or click: asked whether they may, then written by compare-and-set."""

from __future__ import annotations

from bot import replies
from bot.desk import Desk
from bot.reply import Reply
from bot.request import Request
from deploys import decisions, hooks
from deploys.deploy import Deploy, Phase, Verdict
from deploys.errors import NoSelfApproval, NoSelfRejection, UnknownDeploy
from deploys.traffic import HookAction


def cancel(deploy_id: str, request: Request, desk: Desk) -> Reply:
    """Writes down that this deploy is to be cancelled.

    Raises:
        UnknownDeploy, UnknownService, NotADeployer, MembershipUnknown, TooLate, LateMention,
        AlreadyCancelled, AlreadyGoingBack, TooLateToCancel
    """
    desk.access.may_cancel(request.user, _find(deploy_id, desk))
    request.refuse_if_late()
    return replies.cancelling(written_cancel(deploy_id, request, desk), desk.threads)


def written_cancel(deploy_id: str, request: Request, desk: Desk) -> Deploy:
    """Writes it down and rings; who may, and whether in time, was asked before.

    Raises:
        UnknownDeploy, AlreadyCancelled, AlreadyGoingBack, TooLateToCancel
    """
    changed = desk.store.amend(
        deploy_id,
        lambda deploy: decisions.cancel(deploy, request.user, desk.now()),
        by=request.user,
        what="cancel",
    )
    _ring(changed, desk)
    return changed


def decide(deploy_id: str, question: int, verdict: Verdict, request: Request, desk: Desk) -> Reply | None:
    """Writes down one person's answer; says something only where the card does not show it soon.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfApproval, NoSelfRejection, MembershipUnknown,
        TooLate, AlreadyDecided, QuestionClosed, PlanChanged
    """
    try:
        desk.access.may_decide(request.user, _find(deploy_id, desk))
    except NoSelfApproval:
        if verdict is Verdict.REJECTED:
            raise NoSelfRejection(id=deploy_id) from None
        raise
    request.refuse_if_late()
    changed = desk.store.amend(
        deploy_id,
        lambda deploy: decisions.decide(deploy, request.user, verdict, question, desk.now()),
        by=request.user,
        what=verdict.value,
    )
    _ring(changed, desk)
    still_open = changed.phase is Phase.AWAITING_APPROVAL and not decisions.rejected(changed)
    return replies.counted(changed) if still_open and decisions.missing(changed) else None


def answer(deploy_id: str, pause: int, action: HookAction, request: Request, desk: Desk) -> None:
    """Writes down one person's answer to a pause; the card shows it soon.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfContinue, NotADeployer, WrongChannel,
        MembershipUnknown, TooLate, PauseAnswered, PauseOver, QuestionClosed
    """
    desk.access.may_answer(request.user, _find(deploy_id, desk), action)
    request.refuse_if_late()
    changed = desk.store.amend(
        deploy_id,
        lambda deploy: hooks.answer(deploy, request.user, action, pause, desk.now()),
        by=request.user,
        what=f"pause: {hooks.PRESSED[action].lower()}",
    )
    _ring(changed, desk)


def _find(deploy_id: str, desk: Desk) -> Deploy:
    deploy = desk.store.get(deploy_id)
    if deploy is None:
        raise UnknownDeploy(id=deploy_id)
    return deploy


def _ring(deploy: Deploy, desk: Desk) -> None:
    desk.bell.publish(deploy.id)
    desk.bell.advance(deploy.id)
