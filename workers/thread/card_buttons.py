"""The buttons that apply to a deploy now. Each names its effect and asks before it has one.

The buttons of a pause: Continue and Roll back. Each asks before it has its effect.

The button on a deploy that was refused for a missing tag: it deploys the tag that was likely meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
)

from deploys import button_ids as ids
from deploys.decisions import is_service_untouched
from deploys.deploy_text import deploy_name, name_at_start, planned_count, previous_version
from deploys.formatting import duration, percent
from deploys.message_size import utf16_units
from deploys.pauses import latest_pause_number, unanswered_pause
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.text_limits import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten
from workers.thread.card_state import is_decided


def button_row(deploy: Deploy) -> ActionsBlock | None:
    """The row of buttons; None when there is nothing to press."""
    if deploy.outcome is Outcome.REFUSED and deploy.refusal.external_deployment_id:
        return ActionsBlock(elements=[_follow_button(deploy)])
    if deploy.outcome is Outcome.REFUSED:
        return likely_tag_row(deploy)
    if not deploy.in_progress or deploy.cancel or not deploy.phase.facts.cancellable:
        return None
    if deploy.phase is Phase.AWAITING_APPROVAL and not is_decided(deploy):
        return ActionsBlock(elements=[_approve_button(deploy), _reject_button(deploy), _more_menu(deploy)])
    if unanswered_pause(deploy):
        return pause_row(deploy)
    return ActionsBlock(elements=[_cancel_button(deploy)])


def questions_in_blocks(blocks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The questions that can be answered on these blocks: the values of their buttons."""
    elements = [each for block in blocks for each in block.get("elements", ()) if isinstance(each, Mapping)]
    asking = (ids.APPROVE, ids.CONTINUE)
    return tuple(
        str(each["value"]) for each in elements if ids.base_action_id(each.get("action_id", "")) in asking
    )


def open_question_values(deploy: Deploy) -> tuple[str, ...]:
    """The values of the buttons of its open question, which are to be shown; empty where it asks nothing."""
    if deploy.phase is Phase.AWAITING_APPROVAL and not is_decided(deploy):
        return (ids.button_value(deploy.id, deploy.approval.question),)
    return (ids.button_value(deploy.id, latest_pause_number(deploy)),) if unanswered_pause(deploy) else ()


def _approve_button(deploy: Deploy) -> ButtonElement:
    plan = deploy.plan
    means = ""
    if plan:
        means = f"It runs {shorten(plan.old_tag, 40)} now, {planned_count(plan)}. "
        if plan.downtime and plan.downtime_seconds is not None:
            means += f"No task runs for about {duration(plan.downtime_seconds)}. "
        elif plan.downtime:
            means += "No task runs for some time. "
    return ButtonElement(
        text=_plain_text("Approve", BUTTON),
        action_id=ids.APPROVE,
        value=ids.button_value(deploy.id, deploy.approval.question),
        style="primary",
        accessibility_label=shorten(f"Approve {deploy_name(deploy, _short_name)}", BUTTON),
        confirm=_confirm_dialog(
            f"Approve this {deploy.verb}?",
            f"{name_at_start(deploy, _short_name)} {_where(deploy)}. {means}",
            "Approve",
            "Not now",
            "primary",
        ),
    )


def _reject_button(deploy: Deploy) -> ButtonElement:
    return ButtonElement(
        text=_plain_text("Reject", BUTTON),
        action_id=ids.REJECT,
        value=ids.button_value(deploy.id, deploy.approval.question),
        style="danger",
        accessibility_label=shorten(f"Reject {deploy_name(deploy, _short_name)}", BUTTON),
        confirm=_confirm_dialog(
            f"Reject this {deploy.verb}?",
            _will_not_happen(deploy),
            "Reject",
            "Not now",
            "danger",
        ),
    )


def _more_menu(deploy: Deploy) -> OverflowMenuElement:
    """What is seldom wanted while people decide."""
    value = f"{ids.CANCEL}|{ids.button_value(deploy.id, deploy.approval.question)}"
    return OverflowMenuElement(
        action_id=ids.MORE,
        options=[Option(text=_plain_text(_cancel_label(deploy), BUTTON), value=value)],
        confirm=_cancel_confirm(deploy),
    )


def _cancel_button(deploy: Deploy) -> ButtonElement:
    return ButtonElement(
        text=_plain_text(_cancel_label(deploy), BUTTON),
        action_id=ids.CANCEL,
        value=ids.button_value(deploy.id, deploy.approval.question),
        style=None if _is_harmless(deploy) else "danger",
        confirm=_cancel_confirm(deploy),
    )


def _follow_button(deploy: Deploy) -> ButtonElement:
    """Changes nothing, so it asks for nothing."""
    return ButtonElement(
        text=_plain_text("Follow it", BUTTON),
        action_id=ids.FOLLOW,
        value=ids.button_value(deploy.id, deploy.approval.question),
        accessibility_label=shorten(f"Follow the external rollout of {deploy.service.name}", BUTTON),
    )


def _is_harmless(deploy: Deploy) -> bool:
    """Whether pressing it stops nothing that runs."""
    if deploy.verb is Verb.FOLLOW:
        return True
    return is_service_untouched(deploy) and deploy.phase is not Phase.RUNNING_PRE_TASK


def _cancel_label(deploy: Deploy) -> str:
    if deploy.verb is Verb.FOLLOW:
        return "Stop following"
    if is_service_untouched(deploy):
        return "Withdraw"
    before = previous_version(deploy)
    return f"Roll back to {before}" if before else "Roll back"


def _cancel_confirm(deploy: Deploy) -> ConfirmObject:
    if deploy.verb is Verb.FOLLOW:
        text = (
            f"{name_at_start(deploy, _short_name)} {_where(deploy)} goes on in ECS. Deploys that wait for it "
            "start."
        )
        return _confirm_dialog("Stop following this rollout?", text, "Stop following", "Keep following", None)
    if deploy.phase is Phase.RUNNING_PRE_TASK:
        text = (
            f"{name_at_start(deploy, _short_name)} {_where(deploy)} will not be deployed; the service stays "
            "as it is. The task that runs before it is stopped midway; what that did is not undone."
        )
        return _confirm_dialog(f"Withdraw this {deploy.verb}?", text, "Withdraw", "Let it go on", "danger")
    if is_service_untouched(deploy):
        return _confirm_dialog(
            f"Withdraw this {deploy.verb}?", _will_not_happen(deploy), "Withdraw", "Keep it", None
        )
    text = (
        f"{name_at_start(deploy, _short_name)} {_where(deploy)} is under way. What ran before is brought "
        "back."
    )
    title = "Undo this rollback?" if deploy.verb is Verb.ROLLBACK else f"Roll this {deploy.verb} back?"
    return _confirm_dialog(title, text, "Roll back", "Let it go on", "danger")


def _will_not_happen(deploy: Deploy) -> str:
    happen = "be deployed" if deploy.verb is Verb.DEPLOY else "happen"
    left = "The service has not been touched" if deploy.has_new_revision else "Nothing has been changed"
    return f"{name_at_start(deploy, _short_name)} {_where(deploy)} will not {happen}. {left}."


def _short_name(plain: str) -> str:
    return shorten(plain, 60)


def _where(deploy: Deploy) -> str:
    return f"on {shorten(deploy.service.cluster, 40)} ({shorten(deploy.service.region, 20)})"


def _confirm_dialog(title: str, text: str, yes: str, no: str, style: str | None) -> ConfirmObject:
    return ConfirmObject(
        title=_plain_text(title, CONFIRM_TITLE),
        text=_plain_text(text, CONFIRM_TEXT),
        confirm=_plain_text(yes, CONFIRM_BUTTON),
        deny=_plain_text(no, CONFIRM_BUTTON),
        style=style,
    )


def _plain_text(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)


def pause_row(deploy: Deploy) -> ActionsBlock:
    """The row of a deploy whose pause waits for an answer."""
    return ActionsBlock(elements=[_continue_button(deploy), _roll_back_button(deploy)])


def _continue_button(deploy: Deploy) -> ButtonElement:
    return ButtonElement(
        text=_pause_plain_text("Continue", BUTTON),
        action_id=ids.CONTINUE,
        value=ids.button_value(deploy.id, latest_pause_number(deploy)),
        style="primary",
        accessibility_label=shorten(f"Continue {deploy_name(deploy, _pause_short_name)}", BUTTON),
        confirm=_pause_confirm_dialog("Let it continue?", _what_happens_next(deploy), "Continue", "primary"),
    )


def _roll_back_button(deploy: Deploy) -> ButtonElement:
    before = previous_version(deploy)
    to = f" to {shorten(before, 50)}" if before else ""
    text = (
        f"{name_at_start(deploy, _pause_short_name)} is taken back{to}: all traffic goes to the old tasks, "
        "the new stop."
    )
    return ButtonElement(
        text=_pause_plain_text(f"Roll back{to}", BUTTON),
        action_id=ids.ROLL_BACK,
        value=ids.button_value(deploy.id, latest_pause_number(deploy)),
        style="danger",
        accessibility_label=shorten(f"Roll back {deploy_name(deploy, _pause_short_name)}", BUTTON),
        confirm=_pause_confirm_dialog(f"Roll this {deploy.verb} back?", text, "Roll back", "danger"),
    )


def _what_happens_next(deploy: Deploy) -> str:
    """What ECS does next, as far as its configuration says."""
    what = name_at_start(deploy, _pause_short_name)
    share = deploy.traffic.new_production_percent if deploy.traffic else None
    traffic = deploy.plan.traffic if deploy.plan else None
    if share is not None and share >= 100:
        return f"{what} has all production traffic. ECS goes on, and in the end stops the old tasks."
    if traffic is None or share is None or share > 0 or not traffic.wait_count:
        return f"{what}: ECS goes on and moves production traffic to it, unless something else stops it."
    first = percent(traffic.step_percent)
    return f"{what}: ECS goes on, and moves {first} of the production traffic to it, later the rest."


def _pause_short_name(plain: str) -> str:
    return shorten(plain, 60)


def _pause_confirm_dialog(title: str, text: str, yes: str, style: str) -> ConfirmObject:
    return ConfirmObject(
        title=_pause_plain_text(title, CONFIRM_TITLE),
        text=_pause_plain_text(text, CONFIRM_TEXT),
        confirm=_pause_plain_text(yes, CONFIRM_BUTTON),
        deny=_pause_plain_text("Not now", CONFIRM_BUTTON),
        style=style,
    )


def _pause_plain_text(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)


def likely_tag_row(deploy: Deploy) -> ActionsBlock | None:
    """For one deploy or rollback; None if no tag is likely."""
    if not deploy.refusal.likely_tags:
        return None
    return _likely_tag_row(deploy.id, deploy.verb, deploy.service.name, deploy.refusal.likely_tags[0])


def likely_tag_row_for_batch(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """For all deploys of a batch; None unless the same tag is the likeliest for each of them."""
    tag = batches.common_likely_tag(deploys)
    return _likely_tag_row(batch.id, Verb.DEPLOY, batch.name, tag) if tag else None


def _likely_tag_row(thing_id: str, verb: Verb, service: str, tag: str) -> ActionsBlock:
    back = verb is Verb.ROLLBACK
    label = f"Roll {service} back to {tag}" if back else f"Deploy {service} {tag}"
    if utf16_units(label) > BUTTON:  # the tag is what tells it from what was asked for
        label = f"Roll back to {tag}" if back else f"Deploy {tag}"
    typed = f"/deploy {'rollback ' if back else ''}{shorten(service, 150)} {tag}"
    button = ButtonElement(
        text=_likely_tag_plain_text(label, BUTTON),
        action_id=ids.LIKELY_TAG,
        value=ids.button_value(thing_id, 0),
        style="primary",
        confirm=ConfirmObject(
            title=_likely_tag_plain_text(f"{label}?", CONFIRM_TITLE),
            text=_likely_tag_plain_text(f"This does what typing {typed} does.", CONFIRM_TEXT),
            confirm=_likely_tag_plain_text("Roll back" if back else "Deploy", CONFIRM_BUTTON),
            deny=_likely_tag_plain_text("Not now", CONFIRM_BUTTON),
        ),
    )
    return ActionsBlock(elements=[button])


def _likely_tag_plain_text(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)
