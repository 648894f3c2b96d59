"""Which buttons are on a deploy's card now. What each says and does is in `deploys.buttons`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import ActionsBlock

from deploys import buttons
from deploys.buttons import Button
from deploys.holds.locks import stays_at_pause
from deploys.holds.overrides import is_held_by_freeze
from deploys.pauses import latest_pause_number, unanswered_pause
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.rollback_offer import RollbackOffer
from workers.thread.card_state import is_decided


def card_buttons(
    deploy: Deploy, offer: RollbackOffer | None = None, stopped: StopAll | None = None
) -> list[Button]:
    """The buttons that apply to the deploy now, the most wanted first. offer: what it can be rolled back to.
    stopped: what stops all deploys."""
    if offer is not None:
        return [buttons.roll_back_to_button(deploy, offer)]
    if deploy.outcome is Outcome.REFUSED:
        return _lifting_buttons(deploy)
    if not deploy.in_progress or deploy.cancel or not deploy.phase.facts.cancellable:
        return []
    freeze = [buttons.override_freeze_button(deploy)] if is_held_by_freeze(deploy) else []
    if is_waiting_for_approval(deploy):
        answers = [buttons.approve_button(deploy), buttons.reject_button(deploy)]
        return [*answers, *freeze, buttons.cancel_button(deploy)]
    if unanswered_pause(deploy):
        go_on = [] if stays_at_pause(deploy, stopped) else [buttons.continue_button(deploy)]
        return [*go_on, buttons.roll_back_button(deploy)]
    return [*freeze, buttons.cancel_button(deploy)]


def _lifting_buttons(deploy: Deploy) -> list[Button]:
    """What lifts the refusal: follow the other rollout, take the likely tag, ask again."""
    follow = buttons.follow_button(deploy) if deploy.refusal.external_deployment_id else None
    found = (follow, buttons.likely_tag_button(deploy), buttons.instead_button(deploy))
    return [each for each in found if each]


def button_row(
    deploy: Deploy,
    shown: Sequence[Button] | None = None,
    *,
    offer: RollbackOffer | None = None,
    stopped: StopAll | None = None,
) -> ActionsBlock | None:
    """The row of buttons; None if there are none. Beside a question, Cancel is in a menu: it is seldom
    wanted."""
    shown = card_buttons(deploy, offer, stopped) if shown is None else shown
    if not shown:
        return None
    waiting = is_waiting_for_approval(deploy)
    return ActionsBlock(
        elements=[
            each.to_slack_menu() if waiting and each.action_id == buttons.CANCEL else each.to_slack()
            for each in shown
        ]
    )


def refused_batch_row(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """The buttons for all deploys of a refused batch: the same likely tag for each, or to ask again."""
    found = (buttons.likely_tag_batch_button(batch, deploys), buttons.instead_batch_button(batch, deploys))
    elements = [each.to_slack() for each in found if each]
    return ActionsBlock(elements=elements) if elements else None


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


def open_question_values(deploy: Deploy, stopped: StopAll | None = None) -> tuple[str, ...]:
    """The values of the buttons of its open question; empty if it asks nothing. stopped: as above."""
    if is_waiting_for_approval(deploy):
        return (buttons.button_value(deploy.id, deploy.approval.question),)
    if unanswered_pause(deploy) and not stays_at_pause(deploy, stopped):
        return (buttons.button_value(deploy.id, latest_pause_number(deploy)),)
    return ()
