"""Decisions by command or click: asked whether they may, then written by compare-and-set.

Cancelling all deploys of a batch, each by the same rules as one that was asked for alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import batch_reply_texts, reply_texts
from bot.app_context import AppContext
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import list_refusals
from deploys import decisions
from deploys.deploy_text import status_text
from deploys.errors import (
    AlreadyCancelled,
    AlreadyRollingBack,
    BatchRefused,
    MembershipUnknown,
    NoSelfApproval,
    NoSelfRejection,
    NothingLeftToCancel,
    Refused,
    TooLateToCancel,
    UnknownDeploy,
)
from deploys.mrkdwn import code
from deploys.records import batch as batches
from deploys.records.approval import Verdict
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.traffic import HookAction


def cancel_deploy(deploy_id: str, request: Request, context: AppContext) -> PrivateReply:
    """Writes down that this deploy is to be cancelled.

    Raises:
        UnknownDeploy, UnknownService, NotADeployer, MembershipUnknown, TooLate, LateMention,
        AlreadyCancelled, AlreadyGoingBack, TooLateToCancel
    """
    context.access.may_cancel(request.user, _find_deploy(deploy_id, context))
    request.refuse_if_late()
    return reply_texts.cancel_recorded(record_cancel(deploy_id, request, context), context.threads)


def record_cancel(deploy_id: str, request: Request, context: AppContext) -> Deploy:
    """Writes it down and rings; who may, and whether in time, was asked before.

    Raises:
        UnknownDeploy, AlreadyCancelled, AlreadyGoingBack, TooLateToCancel
    """
    changed = context.store.amend(
        deploy_id,
        lambda deploy: decisions.request_cancel(deploy, request.user, context.now()),
        by=request.user,
        what="cancel",
    )
    _enqueue(changed, context)
    return changed


def decide_approval(
    deploy_id: str, question: int, verdict: Verdict, request: Request, context: AppContext
) -> PrivateReply | None:
    """Writes down one person's answer; says something only where the card does not show it soon.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfApproval, NoSelfRejection, MembershipUnknown,
        TooLate, AlreadyDecided, QuestionClosed, PlanChanged
    """
    try:
        context.access.may_decide(request.user, _find_deploy(deploy_id, context))
    except NoSelfApproval:
        if verdict is Verdict.REJECTED:
            raise NoSelfRejection(id=deploy_id) from None
        raise
    request.refuse_if_late()
    changed = context.store.amend(
        deploy_id,
        lambda deploy: decisions.decide(deploy, request.user, verdict, question, context.now()),
        by=request.user,
        what=verdict.value,
    )
    _enqueue(changed, context)
    still_open = changed.phase is Phase.AWAITING_APPROVAL and not decisions.is_rejected(changed)
    return (
        reply_texts.approval_counted(changed) if still_open and decisions.approvals_missing(changed) else None
    )


def answer_pause(
    deploy_id: str, pause: int, action: HookAction, request: Request, context: AppContext
) -> None:
    """Writes down one person's answer to a pause; the card shows it soon.

    Raises:
        UnknownDeploy, UnknownService, NotAnApprover, NoSelfContinue, NotADeployer, WrongChannel,
        MembershipUnknown, TooLate, PauseAnswered, PauseOver, QuestionClosed
    """
    context.access.may_answer_pause(request.user, _find_deploy(deploy_id, context), action)
    request.refuse_if_late()
    changed = context.store.amend(
        deploy_id,
        lambda deploy: decisions.answer_pause(deploy, request.user, action, pause, context.now()),
        by=request.user,
        what=f"pause: {decisions.PAUSE_BUTTONS[action].lower()}",
    )
    _enqueue(changed, context)


def _find_deploy(deploy_id: str, context: AppContext) -> Deploy:
    deploy = context.store.get(deploy_id)
    if deploy is None:
        raise UnknownDeploy(id=deploy_id)
    return deploy


def _enqueue(deploy: Deploy, context: AppContext) -> None:
    context.jobs.publish(deploy.id)
    context.jobs.advance(deploy.id)


def cancel_batch(batch: Batch, request: Request, context: AppContext) -> PrivateReply:
    """Cancels every deploy of it whose outcome is open.

    Raises:
        SeveralRefused: some of them this person may not cancel; none was cancelled.
        NothingLeftToCancel: all have ended, go back or are being cancelled.
        TooLate, LateMention
    """
    members = context.store.batch_deploys(batch)
    _check_may_cancel_all(members, request, context)
    request.refuse_if_late()
    cancelled: list[Deploy] = []
    left: list[Deploy] = []
    for each in members:
        try:
            cancelled.append(record_cancel(each.id, request, context))
        except (AlreadyCancelled, AlreadyRollingBack, TooLateToCancel):
            left.append(context.store.get(each.id) or each)
    if not cancelled:
        states = ", ".join(f"{code(each.service.name)} {_status_text(each)}" for each in left)
        raise NothingLeftToCancel(what=batches.batch_name(batch), states=states)
    return batch_reply_texts.batch_cancel_recorded(batch, cancelled, left, context.threads)


def find_batch(batch_id: str, context: AppContext) -> Batch:
    """The batch with this id.

    Raises:
        UnknownDeploy: there is none.
    """
    batch = context.store.batch(batch_id)
    if batch is None:
        raise UnknownDeploy(id=batch_id)
    return batch


def find_batches_by_name(word: str, context: AppContext) -> list[Batch]:
    """The batch with this id, or those under way that go by this group or list."""
    if batch := context.store.batch(word):
        return [batch]
    live = [each for each in context.store.active() if each.in_progress and each.batch_id]
    return [each for each in _batches_of(live, context) if _is_same_list(each.name, word)]


def _is_same_list(name: str, word: str) -> bool:
    """A list means the same in any order."""
    return sorted(name.split(",")) == sorted(word.split(","))


def find_shared_batches(deploys: Sequence[Deploy], context: AppContext) -> list[Batch]:
    """The batches that more than one of these deploys were asked for in."""
    ids = [each.batch_id for each in deploys]
    return [batch for batch in _batches_of(deploys, context) if ids.count(batch.id) > 1]


def _batches_of(deploys: Sequence[Deploy], context: AppContext) -> list[Batch]:
    ids = dict.fromkeys(each.batch_id for each in deploys if each.batch_id)
    return [found for batch_id in ids if (found := context.store.batch(batch_id))]


def _check_may_cancel_all(members: Sequence[Deploy], request: Request, context: AppContext) -> None:
    refusals: list[Refused] = []
    for each in members:
        try:
            if each.in_progress:
                context.access.may_cancel(request.user, each)
        except Refused as refusal:
            refusals.append(refusal)
    if any(isinstance(each, MembershipUnknown) for each in refusals):
        context.jobs.read_user_groups()
    if refusals:
        raise BatchRefused(done="cancelled", refusals=list_refusals(refusals))


def _status_text(deploy: Deploy) -> str:
    if deploy.in_progress and deploy.cancel:
        return "is being cancelled already"
    return status_text(deploy)
