"""The buttons on the card of several deploys: each one's own, and one for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
)

from deploys import batch as batches
from deploys import buttons as ids
from deploys.batch import Batch
from deploys.deploy import Deploy
from deploys.mrkdwn import plural
from workers.thread import buttons
from workers.thread.lengths import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten


def of_one(deploy: Deploy) -> tuple[OverflowMenuElement | None, ActionsBlock | None]:
    """A menu beside its line, where all that can be done is to cancel it; else the row below, naming it."""
    row = buttons.row(deploy)
    pressed = [each for each in row.elements if isinstance(each, ButtonElement)] if row else []
    if row and len(row.elements) == 1 and pressed and pressed[0].action_id == ids.CANCEL:
        return _menu(pressed[0]), None
    for button in pressed:
        if button.action_id == ids.LIKELY_TAG:
            continue  # it names its service already
        label = "Follow" if button.action_id == ids.FOLLOW else _text(button)
        button.text = _plain(f"{label} {deploy.service.name}", BUTTON)
    return None, row


def of_all(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """Cancels what is left of them; None where nothing is."""
    left = [each for each in deploys if each.live and buttons.row(each)]
    if not left:
        return None
    label = "Cancel all" if len(left) == len(deploys) else "Cancel the rest"
    means = "What has not begun is withdrawn, and what is under way is rolled back."
    button = ButtonElement(
        text=_plain(label, BUTTON),
        action_id=ids.CANCEL_ALL,
        value=ids.value(batch.id, 0),
        confirm=ConfirmObject(
            title=_plain(f"{label} of {batches.name(batch, str)}?", CONFIRM_TITLE),
            text=_plain(f"{plural(len(left), 'deploy')} of {len(deploys)}. {means}", CONFIRM_TEXT),
            confirm=_plain(label, CONFIRM_BUTTON),
            deny=_plain("Let them go on", CONFIRM_BUTTON),
            style="danger",
        ),
    )
    return ActionsBlock(elements=[button])


def _menu(button: ButtonElement) -> OverflowMenuElement:
    """The same as the button, taking less room."""
    option = Option(text=_plain(_text(button), BUTTON), value=f"{button.action_id}|{button.value}")
    return OverflowMenuElement(action_id=ids.MORE, options=[option], confirm=button.confirm)


def _text(button: ButtonElement) -> str:
    return button.text.text or "" if button.text else ""


def _plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)
