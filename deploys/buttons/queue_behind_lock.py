"""The button *Queue it for when it is free* on a refusal by a lock: the deploy is queued, and held until
the lock is gone."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, button_value
from deploys.buttons.repeat_request import repeat_request, take_refused
from deploys.records.refused_request import RefusedRequest

QUEUE_BEHIND_LOCK = "lock:queue"


def queue_behind_lock_button(refused: RefusedRequest) -> Button:
    """What is queued can be withdrawn, so it asks for no confirmation."""
    is_batch = refused.error == "BatchRefused"
    label = "Queue all for when they are free" if is_batch else "Queue it for when it is free"
    return Button(QUEUE_BEHIND_LOCK, label, button_value(refused.id), style="primary")


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever else the command is refused for."""
    return repeat_request(press, take_refused(press), waits_for_lock=True)
