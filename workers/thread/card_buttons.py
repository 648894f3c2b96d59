"""Which buttons are on a deploy's card now. What each says and does is in `deploys.buttons`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import ActionsBlock

from deploys import buttons
from deploys.buttons import Button
from deploys.holds.overrides import is_held_by_freeze
from deploys.pauses import latest_pause_number, unanswered_pause
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from workers.thread.card_state import is_decided


def card_buttons(deploy: Deploy) -> list[Button]:
    """The buttons that apply to the deploy now, the most wanted first."""
    if deploy.outcome is Outcome.REFUSED and deploy.refusal.external_deployment_id:
        return [buttons.follow_button(deploy)]
    if deploy.outcome is Outcome.REFUSED:
        likely_tag = buttons.likely_tag_button(deploy)
        return [likely_tag] if likely_tag else []
    if not deploy.in_progress or deploy.cancel or not deploy.phase.facts.cancellable:
        return []
    freeze = [buttons.override_freeze_button(deploy)] if is_held_by_freeze(deploy) else []
    if is_waiting_for_approval(deploy):
        answers = [buttons.approve_button(deploy), buttons.reject_button(deploy)]
        return [*answers, *freeze, buttons.cancel_button(deploy)]
    if unanswered_pause(deploy):
        return [buttons.continue_button(deploy), buttons.roll_back_button(deploy)]
    return [*freeze, buttons.cancel_button(deploy)]


def button_row(deploy: Deploy, shown: Sequence[Button] | None = None) -> ActionsBlock | None:
    """The row of buttons; None if there are none. Beside a question, Cancel is in a menu: it is seldom
    wanted."""
    shown = card_buttons(deploy) if shown is None else shown
    if not shown:
        return None
    waiting = is_waiting_for_approval(deploy)
    return ActionsBlock(
        elements=[
            each.to_slack_menu() if waiting and each.action_id == buttons.CANCEL else each.to_slack()
            for each in shown
        ]
    )


def likely_tag_batch_row(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """The button for all deploys of a refused batch; None unless the same tag is the likeliest for each."""
    button = buttons.likely_tag_batch_button(batch, deploys)
    return ActionsBlock(elements=[button.to_slack()]) if button else None


def is_waiting_for_approval(deploy: Deploy) -> bool:
    """Whether its approval question is open and not decided yet."""
    return deploy.phase is Phase.AWAITING_APPROVAL and not is_decided(deploy)


def questions_in_blocks(blocks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The questions that can be answered on these blocks: the values of their buttons."""
    elements = [each for block in blocks for each in block.get("elements", ()) if isinstance(each, Mapping)]
    asking = (buttons.APPROVE, buttons.CONTINUE)
    return tuple(
        str(each["value"]) for each in elements if buttons.base_action_id(each.get("action_id", "")) in asking
    )


def open_question_values(deploy: Deploy) -> tuple[str, ...]:
    """The values of the buttons of its open question; empty if it asks nothing."""
    if is_waiting_for_approval(deploy):
        return (buttons.button_value(deploy.id, deploy.approval.question),)
    return (buttons.button_value(deploy.id, latest_pause_number(deploy)),) if unanswered_pause(deploy) else ()
