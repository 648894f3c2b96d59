"""The button *Send it again* on a request that reached Slipway too late: it runs the same command."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.repeat_request import repeat_request, take_refused, typed_command
from deploys.records.refused_request import RefusedRequest

SEND_AGAIN = "refused:send-again"


def send_again_button(refused: RefusedRequest) -> Button:
    """It asks again, since the person may have typed it once more already."""
    confirm = ConfirmDialog(
        "Send it again?", f"This does what typing {typed_command(refused)} does.", "Send it", "Not now"
    )
    return Button(
        SEND_AGAIN,
        "Send it again",
        button_value(refused.id),
        style="primary",
        confirm=None if refused.is_query else confirm,
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for."""
    return repeat_request(press, take_refused(press))
