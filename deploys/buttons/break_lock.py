"""The button *Break the lock* on a refusal by a lock, for those who may override: its owner is told, and the
request is repeated."""

from __future__ import annotations

from deploys.buttons.ask_holder import find_lock
from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.repeat_request import find_refused, repeat_request, take_refused, typed_command
from deploys.holds.breaking_locks import break_lock
from deploys.holds.held_deploys import wake_held_deploys
from deploys.records.refused_request import RefusedRequest

BREAK_LOCK = "lock:break"


def break_lock_button(refused: RefusedRequest) -> Button | None:
    """None if this person could not break it when the request was refused."""
    if not refused.facts.get("may_break"):
        return None
    return Button(
        BREAK_LOCK,
        "Break the lock",
        button_value(refused.id),
        style="danger",
        confirm=ConfirmDialog(
            "Break this lock?",
            "Somebody locked it for a reason, and is told that you broke the lock. Then this does what "
            f"typing {typed_command(refused)} does.",
            "Break the lock",
            "Leave it",
            "danger",
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, LockOver, LockNotYours, CommandTooLate, and what the command is
    refused for once the lock is gone."""
    lock = find_lock(find_refused(press), press.context)
    refused = take_refused(press)
    now = press.context.now()
    break_lock(lock, press.actor.asker, press.context, now)
    wake_held_deploys(press.context.store, press.context.threads, press.context.jobs, now)
    return repeat_request(press, refused)
