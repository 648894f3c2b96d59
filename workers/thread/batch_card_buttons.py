"""The buttons on the card of a batch: those of each deploy, and one for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, OverflowMenuElement

from deploys import buttons
from deploys.buttons import Button
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.stop_all import StopAll
from workers.thread import card_buttons


def member_buttons(
    deploy: Deploy, stopped: StopAll | None = None
) -> tuple[OverflowMenuElement | None, ActionsBlock | None]:
    """A menu beside the deploy's line if it can only be cancelled; otherwise the row below, which names
    it. stopped: what stops all deploys."""
    shown = card_buttons.card_buttons(deploy, stopped=stopped)
    if [each.action_id for each in shown] == [buttons.CANCEL]:
        menu: dict[str, Any] = shown[0].to_slack_menu()
        menu.pop("type")
        return OverflowMenuElement(**menu), None
    return None, card_buttons.button_row(deploy, [_naming_service(each, deploy) for each in shown])


def _naming_service(button: Button, deploy: Deploy) -> Button:
    if (
        button.action_id in (buttons.LIKELY_TAG, buttons.CANCEL)
        or deploy.service.name in button.label.split()
    ):
        return button  # these name their service already, or are in a menu
    label = "Follow" if button.action_id == buttons.FOLLOW else button.label
    return replace(button, label=f"{label} {deploy.service.name}")


def cancel_batch_row(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """The button that cancels what is left of them; None if nothing is left."""
    cancellable = [each for each in deploys if each.in_progress and card_buttons.card_buttons(each)]
    if not cancellable:
        return None
    button = buttons.cancel_batch_button(batch, len(cancellable), len(deploys))
    return ActionsBlock(elements=[button.to_slack()])
