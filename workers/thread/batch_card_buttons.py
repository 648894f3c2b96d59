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

from deploys import button_ids as ids
from deploys.mrkdwn import plural
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.text_limits import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten
from workers.thread import card_buttons


def member_buttons(deploy: Deploy) -> tuple[OverflowMenuElement | None, ActionsBlock | None]:
    """A menu beside its line, where all that can be done is to cancel it; else the row below, naming it."""
    row = card_buttons.button_row(deploy)
    pressed = [each for each in row.elements if isinstance(each, ButtonElement)] if row else []
    if row and len(row.elements) == 1 and pressed and pressed[0].action_id == ids.CANCEL:
        return _as_menu(pressed[0]), None
    for button in pressed:
        if button.action_id == ids.LIKELY_TAG:
            continue  # it names its service already
        label = "Follow" if button.action_id == ids.FOLLOW else _label_of(button)
        button.text = _plain_text(f"{label} {deploy.service.name}", BUTTON)
    return None, row


def cancel_all_row(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """Cancels what is left of them; None where nothing is."""
    left = [each for each in deploys if each.in_progress and card_buttons.button_row(each)]
    if not left:
        return None
    label = "Cancel all" if len(left) == len(deploys) else "Cancel the rest"
    means = "What has not begun is withdrawn, and what is under way is rolled back."
    button = ButtonElement(
        text=_plain_text(label, BUTTON),
        action_id=ids.CANCEL_ALL,
        value=ids.button_value(batch.id, 0),
        confirm=ConfirmObject(
            title=_plain_text(f"{label} of {batches.batch_name(batch, str)}?", CONFIRM_TITLE),
            text=_plain_text(f"{plural(len(left), 'deploy')} of {len(deploys)}. {means}", CONFIRM_TEXT),
            confirm=_plain_text(label, CONFIRM_BUTTON),
            deny=_plain_text("Let them go on", CONFIRM_BUTTON),
            style="danger",
        ),
    )
    return ActionsBlock(elements=[button])


def _as_menu(button: ButtonElement) -> OverflowMenuElement:
    """The same as the button, taking less room."""
    option = Option(text=_plain_text(_label_of(button), BUTTON), value=f"{button.action_id}|{button.value}")
    return OverflowMenuElement(action_id=ids.MORE, options=[option], confirm=button.confirm)


def _label_of(button: ButtonElement) -> str:
    return button.text.text or "" if button.text else ""


def _plain_text(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)
