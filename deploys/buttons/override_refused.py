"""The button *Override the freeze* on the refusal of a request, for those who may: it asks again with
`/deploy override`."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.repeat_request import find_refused, repeat_request, take_refused
from deploys.errors.freezes import ReasonMissing
from deploys.records.refused_request import RefusedRequest
from deploys.text_limits import shorten

OVERRIDE_REFUSED = "refused:override-freeze"


def override_refused_button(refused: RefusedRequest) -> Button | None:
    """None for a person who may not."""
    if refused.facts.get("may_override") != "yes":
        return None
    what = " ".join(filter(None, (shorten(",".join(refused.services), 120), refused.tag)))
    return Button(
        OVERRIDE_REFUSED,
        "Override the freeze",
        button_value(refused.id),
        style="danger",
        confirm=ConfirmDialog(
            "Override the freeze?",
            f"{what} is deployed although the freeze is on. That is written down, with the reason you typed.",
            "Override",
            "Not now",
            "danger",
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for.

    ReasonMissing: nothing was typed that could be the reason; the button is not used up.
    """
    refused = find_refused(press)
    if not refused.reason.strip():
        raise ReasonMissing(service=",".join(refused.services), tag=refused.tag or "TAG")
    return repeat_request(press, take_refused(press), subcommand="override")
