"""Cancelling all deploys of a batch, each by the same rules as one that was asked for alone."""

from __future__ import annotations

from collections.abc import Sequence

from bot import deciding, replies_of_several
from bot.desk import Desk
from bot.reply import Reply
from bot.request import Request
from bot.several import refusals_listed
from deploys import batch as batches
from deploys.batch import Batch
from deploys.deploy import Deploy
from deploys.errors import (
    AlreadyCancelled,
    AlreadyGoingBack,
    MembershipUnknown,
    NothingLeftToCancel,
    Refused,
    SeveralRefused,
    TooLateToCancel,
    UnknownDeploy,
)
from deploys.mrkdwn import code
from deploys.standing import standing


def cancel_all(batch: Batch, request: Request, desk: Desk) -> Reply:
    """Cancels every deploy of it whose outcome is open.

    Raises:
        SeveralRefused: some of them this person may not cancel; none was cancelled.
        NothingLeftToCancel: all have ended, go back or are being cancelled.
        TooLate, LateMention
    """
    members = desk.store.members(batch)
    _refuse_unless_all_may_be(members, request, desk)
    request.refuse_if_late()
    cancelled: list[Deploy] = []
    left: list[Deploy] = []
    for each in members:
        try:
            cancelled.append(deciding.written_cancel(each.id, request, desk))
        except (AlreadyCancelled, AlreadyGoingBack, TooLateToCancel):
            left.append(desk.store.get(each.id) or each)
    if not cancelled:
        states = ", ".join(f"{code(each.service.name)} {_stands(each)}" for each in left)
        raise NothingLeftToCancel(what=batches.name(batch), states=states)
    return replies_of_several.cancelling(batch, cancelled, left, desk.threads)


def find(batch_id: str, desk: Desk) -> Batch:
    """The batch with this id.

    Raises:
        UnknownDeploy: there is none.
    """
    batch = desk.store.batch(batch_id)
    if batch is None:
        raise UnknownDeploy(id=batch_id)
    return batch


def named(word: str, desk: Desk) -> list[Batch]:
    """The batch with this id, or those under way that go by this group or list."""
    if batch := desk.store.batch(word):
        return [batch]
    live = [each for each in desk.store.live() if each.live and each.batch]
    return [each for each in _of(live, desk) if _same_list(each.name, word)]


def _same_list(name: str, word: str) -> bool:
    """A list means the same in any order."""
    return sorted(name.split(",")) == sorted(word.split(","))


def shared(deploys: Sequence[Deploy], desk: Desk) -> list[Batch]:
    """The batches that more than one of these deploys were asked for in."""
    ids = [each.batch for each in deploys]
    return [batch for batch in _of(deploys, desk) if ids.count(batch.id) > 1]


def _of(deploys: Sequence[Deploy], desk: Desk) -> list[Batch]:
    ids = dict.fromkeys(each.batch for each in deploys if each.batch)
    return [found for batch_id in ids if (found := desk.store.batch(batch_id))]


def _refuse_unless_all_may_be(members: Sequence[Deploy], request: Request, desk: Desk) -> None:
    refusals: list[Refused] = []
    for each in members:
        try:
            if each.live:
                desk.access.may_cancel(request.user, each)
        except Refused as refusal:
            refusals.append(refusal)
    if any(isinstance(each, MembershipUnknown) for each in refusals):
        desk.bell.groups()
    if refusals:
        raise SeveralRefused(done="cancelled", refusals=refusals_listed(refusals))


def _stands(deploy: Deploy) -> str:
    if deploy.live and deploy.cancel:
        return "is being cancelled already"
    return standing(deploy)
