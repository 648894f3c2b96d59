"""The button *Scale to 0*, which confirms `/deploy scale SERVICE 0`."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.repeat_request import repeat_request, take_refused
from deploys.records.refused_request import RefusedRequest
from deploys.text_limits import shorten

SCALE_TO_ZERO = "scale:to-zero"


def scale_to_zero_button(refused: RefusedRequest) -> Button:
    """For the person who asked for it."""
    name = shorten(refused.services[0], 63)
    return Button(
        SCALE_TO_ZERO,
        "Scale to 0",
        button_value(refused.id),
        style="danger",
        confirm=ConfirmDialog(
            "Stop every task?",
            f"Every task of {name} is stopped, and none runs until somebody scales it up again.",
            "Scale to 0",
            "Not now",
            "danger",
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for."""
    return repeat_request(press, take_refused(press), confirmed=True)
