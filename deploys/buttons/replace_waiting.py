"""The button on the answer to a deploy that was queued behind one which waits: it withdraws that one, whose
place the new one takes. What has begun is never replaced."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.access import Access
from deploys.asker import Asker
from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
from deploys.buttons.deploy_names import short
from deploys.buttons.repeat_request import find_refused, take_refused
from deploys.decisions import request_cancel
from deploys.deploy_text import name_at_start, name_in_sentence, status_text
from deploys.errors import NotReplaceable, Refused
from deploys.mrkdwn import code, mention
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.phases import Phase
from deploys.records.refused_request import RefusedRequest
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind

REPLACE_WAITING = "deploy:replace-waiting"


def find_replaceable(deploy: Deploy, ahead: Sequence[Deploy], access: Access) -> Deploy | None:
    """The nearest deploy before it that its requester may replace with it; None if there is none."""
    asker = Asker.of_request(deploy.request)
    for other in reversed(ahead):
        if _is_replaceable(other, deploy):
            try:
                _check_may_replace(other, asker, access)
            except Refused:
                continue
            return other
    return None


def replaceable_request(deploy: Deploy, other: Deploy) -> RefusedRequest:
    """What the button refers to: it is kept as a refused request is, for the requester alone."""
    return RefusedRequest(
        id=new_deploy_id(),
        subcommand=deploy.verb.value,
        services=(deploy.service.name,),
        tag=deploy.tag,
        request=deploy.request,
        error=NotReplaceable.__name__,
        facts={"new": deploy.id, "old": other.id, "old_tag": other.tag},
    )


def replace_waiting_button(kept: RefusedRequest) -> Button:
    """It names the tag that is withdrawn."""
    old, new = short(kept.facts["old_tag"]), short(kept.tag)
    return Button(
        REPLACE_WAITING,
        f"Replace {old}, which waits",
        button_value(kept.id),
        confirm=ConfirmDialog(
            f"Replace {old}?",
            f"{old} of {short(kept.services[0])} has not begun. It is withdrawn, and {new} takes its place "
            "in the queue.",
            "Replace it",
            "Keep both",
        ),
    )


def handle(press: ButtonPress) -> str:
    """Withdraws the one and moves the other, if neither has begun.

    Raises:
        NotReplaceable: one of them has begun or ended meanwhile; nothing was changed.
        ChoiceGone, ChoiceOfAnother, CommandTooLate, and what `Access.may_cancel`
        raises.
    """
    kept, store = find_refused(press), press.context.store
    if not {"old", "new"} <= kept.facts.keys():
        raise NotReplaceable(what="This", state="is no deploy that waits")
    old_id, new_id = kept.facts["old"], kept.facts["new"]
    asker = Asker.of_request(kept.request)
    if old := store.get(old_id):
        _check_may_replace(old, asker, press.context.access)
    take_refused(press)

    def withdraw(old: Deploy, new: Deploy) -> Deploy:
        if (
            not _is_replaceable(old, new)
            or new.phase is not Phase.WAITING
            or not new.in_progress
            or new.cancel
        ):
            raise _not_replaceable(old if not _is_replaceable(old, new) else new)
        now = press.context.now()
        text = f"Replaced by {name_in_sentence(new)}, which {mention(asker.user)} asked for."
        cancelled = request_cancel(old, asker.user, now, **asker.place)
        return cancelled.with_message(now, ThreadMessageKind.PROGRESS, text)

    replaced = store.replace_waiting(old_id, new_id, withdraw, by=asker.user)
    if replaced is None:
        raise _not_replaceable(store.get(old_id) or press.find_deploy())
    press.context.jobs.publish()
    for each in (old_id, new_id):
        press.context.jobs.advance(each)
    return (
        f"{name_at_start(replaced)} by {mention(replaced.request.requester)} is withdrawn, and "
        f"{code(kept.tag)} has its place in the queue."
    )


def _not_replaceable(deploy: Deploy) -> NotReplaceable:
    state = "is being cancelled" if deploy.in_progress and deploy.cancel else status_text(deploy)
    return NotReplaceable(what=name_at_start(deploy), state=state)


def _is_replaceable(other: Deploy, deploy: Deploy) -> bool:
    """Whether it waits as it was asked for, alone, and for another tag."""
    return (
        other.phase is Phase.WAITING
        and other.in_progress
        and other.cancel is None
        and other.verb is Verb.DEPLOY
        and deploy.verb is Verb.DEPLOY
        and other.batch_id is None
        and deploy.batch_id is None
        and other.service.name == deploy.service.name
        and other.tag != deploy.tag
    )


def _check_may_replace(other: Deploy, asker: Asker, access: Access) -> None:
    """Those may who may withdraw it: its requester and the approvers. Raises Refused."""
    access.may_cancel(asker, other)
