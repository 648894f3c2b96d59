"""The button on a refusal of several services: it deploys those that were not refused."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.deploy_names import short
from deploys.buttons.repeat_request import find_refused, repeat_request, take_refused, typed_command
from deploys.errors import ChoiceGone
from deploys.records.refused_request import RefusedRequest

DEPLOY_OTHERS = "refused:deploy-others"


def deploy_others_button(refused: RefusedRequest) -> Button | None:
    """None if all of them were refused, or their order matters."""
    others = _others(refused)
    if not others:
        return None
    return Button(
        DEPLOY_OTHERS,
        f"Deploy only {short(', '.join(others))}",
        button_value(refused.id),
        confirm=ConfirmDialog(
            "Deploy the others?",
            f"This does what typing {typed_command(refused, services=others)} does.",
            "Deploy",
            "Not now",
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for."""
    if not _others(find_refused(press)):
        raise ChoiceGone()
    refused = take_refused(press)
    return repeat_request(press, refused, services=_others(refused))


def _others(refused: RefusedRequest) -> tuple[str, ...]:
    return tuple(filter(None, refused.facts.get("others", "").split(",")))
