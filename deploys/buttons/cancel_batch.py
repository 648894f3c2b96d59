"""The button that cancels all deploys of a batch, and what `/deploy cancel BATCH` does: each deploy by the
same rules as one that was asked for alone."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.access import refuse_batch
from deploys.access_rules import Action
from deploys.buttons.button import (
    Actor,
    Button,
    ButtonContext,
    ButtonPress,
    ConfirmDialog,
    button_value,
)
from deploys.buttons.cancel import record_cancel
from deploys.decisions import is_service_untouched
from deploys.deploy_text import list_services, status_text
from deploys.errors import (
    AlreadyCancelled,
    AlreadyRollingBack,
    NothingLeftToCancel,
    Refused,
    TooLateToCancel,
    UnknownDeploy,
)
from deploys.mrkdwn import code, mention, plural
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase

CANCEL_BATCH = "batch:cancel"

_MEANING = "What has not begun is withdrawn, and what is under way is rolled back."


def cancel_batch_button(batch: Batch, cancellable: int, total: int) -> Button:
    """The button on the batch's card. `cancellable` of its deploys can still be cancelled (count)."""
    label = "Cancel all" if cancellable == total else "Cancel the rest"
    return Button(
        CANCEL_BATCH,
        label,
        button_value(batch.id),
        confirm=ConfirmDialog(
            f"{label} of {batches.batch_name(batch, str)}?",
            f"{plural(cancellable, 'deploy')} of {total}. {_MEANING}",
            label,
            "Let them go on",
            "danger",
        ),
    )


def cancel_batch_choice_button(batch: Batch) -> Button:
    """The button beside the batch in a list of several."""
    return Button(
        CANCEL_BATCH,
        f"Cancel all of {batches.batch_name(batch, str)}",
        button_value(batch.id),
        style="danger",
        confirm=ConfirmDialog("Cancel all of these deploys?", _MEANING, "Cancel all", "Leave them", "danger"),
    )


def handle(press: ButtonPress) -> str | None:
    """Cancels what is left of the batch; its card shows that soon.

    Raises:
        UnknownDeploy, BatchRefused, NothingLeftToCancel, CommandTooLate
    """
    batch = press.context.store.batch(press.value.deploy_id)
    if batch is None:
        raise UnknownDeploy(id=press.value.deploy_id)
    reply = cancel_batch(batch, press.actor, press.context)
    return None if press.on_card else reply


def cancel_batch(batch: Batch, actor: Actor, context: ButtonContext, reason: str = "") -> str:
    """Cancels every deploy of the batch whose outcome is open, and says what becomes of each. reason: as the
    person typed it.

    Raises:
        BatchRefused: this person may not cancel some of them; none was cancelled.
        NothingLeftToCancel: all have ended, are rolled back or are being cancelled.
        Refused: the same, and this person may not see one of them there.
        CommandTooLate, MentionTooLate
    """
    deploys = context.store.batch_deploys(batch)
    _check_may_cancel_all(deploys, actor, context)
    actor.refuse_if_late()
    cancelled: list[Deploy] = []
    not_cancelled: list[Deploy] = []
    for deploy in deploys:
        try:
            cancelled.append(record_cancel(deploy.id, actor, context, reason))
        except (AlreadyCancelled, AlreadyRollingBack, TooLateToCancel):
            not_cancelled.append(context.store.get(deploy.id) or deploy)
    if not cancelled:
        for each in deploys:
            context.access.may(Action.SEE, actor.asker, each.service.name)
        states = ", ".join(f"{code(each.service.name)} {_state(each)}" for each in not_cancelled)
        raise NothingLeftToCancel(what=batches.batch_name(batch), states=states)
    what = "; ".join(_what_happens(cancelled, not_cancelled))
    return f"Cancelling {batches.batch_name(batch)}: {what}. See {context.threads.link(batch.id)}."


def _check_may_cancel_all(deploys: Sequence[Deploy], actor: Actor, context: ButtonContext) -> None:
    refusals: list[Refused] = []
    for deploy in deploys:
        try:
            if deploy.in_progress:
                context.access.may_cancel(actor.asker, deploy)
        except Refused as refusal:
            refusals.append(refusal)
    if refusals:
        raise refuse_batch(refusals, "cancelled", context.jobs)


def _what_happens(cancelled: Sequence[Deploy], not_cancelled: Sequence[Deploy]) -> list[str]:
    in_pre_task = [each for each in cancelled if each.phase is Phase.RUNNING_PRE_TASK]
    withdrawn = [each for each in cancelled if is_service_untouched(each) and each not in in_pre_task]
    rolled_back = [each for each in cancelled if not is_service_untouched(each)]
    parts = []
    if withdrawn:
        parts.append(
            f"{list_services(withdrawn)} {_is_or_are(withdrawn)} withdrawn, nothing of it was changed yet"
        )
    if in_pre_task:
        unchanged = "the service stays as it is" if len(in_pre_task) == 1 else "the services stay as they are"
        parts.append(
            f"the task before the rollout of {list_services(in_pre_task)} is stopped, and {unchanged}"
        )
    if rolled_back:
        parts.append(f"{list_services(rolled_back)} {_is_or_are(rolled_back)} rolled back")
    return parts + [f"{code(each.service.name)} {status_text(each)}" for each in not_cancelled]


def _state(deploy: Deploy) -> str:
    if deploy.in_progress and deploy.cancel:
        return f"is being cancelled already, as {mention(deploy.cancel.user)} asked"
    return status_text(deploy)


def _is_or_are(deploys: Sequence[Deploy]) -> str:
    return "is" if len(deploys) == 1 else "are"
