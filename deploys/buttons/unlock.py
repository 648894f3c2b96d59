"""The buttons *Unlock* and *Break the lock* beside a lock: they do what `/deploy unlock` does with
exactly this lock."""

from __future__ import annotations

from deploys.buttons.button import (
    Button,
    ButtonContext,
    ButtonPress,
    CommandReply,
    ConfirmDialog,
    button_value,
)
from deploys.errors import LockOver
from deploys.holds.hold_ends import who_ended
from deploys.records.lock import Lock

UNLOCK = "lock:unlock"


def unlock_button(lock: Lock) -> Button:
    """For its owner."""
    return Button(UNLOCK, "Unlock", button_value(lock.id))


def break_this_lock_button(lock: Lock) -> Button:
    """For somebody else who may override."""
    return Button(
        UNLOCK,
        "Break the lock",
        button_value(lock.id),
        style="danger",
        confirm=ConfirmDialog(
            "Break this lock?",
            "Somebody locked it for a reason, and is told that you broke the lock. What waits for it goes "
            "on.",
            "Break the lock",
            "Leave it",
            "danger",
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: LockOver, LockNotYours, CommandTooLate."""
    lock = find_lock_by_id(press.value.deploy_id, press.context)
    if lock is None:
        raise LockOver(how=who_ended(press.value.deploy_id, press.context.store.redis, press.context.now()))
    return press.run_command("unlock", target=lock.target)


def find_lock_by_id(lock_id: str, context: ButtonContext) -> Lock | None:
    """The lock with this id, if it still holds."""
    return next((each for each in context.locks.all(context.now()) if each.id == lock_id), None)
