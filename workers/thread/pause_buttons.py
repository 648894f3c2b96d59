"""The buttons of a pause: Continue and Roll back. Each asks before it has its effect."""

from __future__ import annotations

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, ConfirmObject, PlainTextObject

from deploys import buttons as ids
from deploys.deploy import Deploy
from deploys.naming import at_start, name, version_before
from deploys.pauses import number
from workers.flows.words.stages import percent
from workers.thread.lengths import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten


def pause_row(deploy: Deploy) -> ActionsBlock:
    """The row of a deploy whose pause waits for an answer."""
    return ActionsBlock(elements=[_continue(deploy), _roll_back(deploy)])


def _continue(deploy: Deploy) -> ButtonElement:
    return ButtonElement(
        text=_plain("Continue", BUTTON),
        action_id=ids.CONTINUE,
        value=ids.value(deploy.id, number(deploy)),
        style="primary",
        accessibility_label=shorten(f"Continue {name(deploy, _short)}", BUTTON),
        confirm=_confirm("Let it continue?", _goes_on(deploy), "Continue", "primary"),
    )


def _roll_back(deploy: Deploy) -> ButtonElement:
    before = version_before(deploy)
    to = f" to {shorten(before, 50)}" if before else ""
    text = f"{at_start(deploy, _short)} is taken back{to}: all traffic goes to the old tasks, the new stop."
    return ButtonElement(
        text=_plain(f"Roll back{to}", BUTTON),
        action_id=ids.ROLL_BACK,
        value=ids.value(deploy.id, number(deploy)),
        style="danger",
        accessibility_label=shorten(f"Roll back {name(deploy, _short)}", BUTTON),
        confirm=_confirm(f"Roll this {deploy.verb} back?", text, "Roll back", "danger"),
    )


def _goes_on(deploy: Deploy) -> str:
    """What ECS does next, as far as its configuration says."""
    what = at_start(deploy, _short)
    share = deploy.shift.production if deploy.shift else None
    traffic = deploy.plan.traffic if deploy.plan else None
    if share is not None and share >= 100:
        return f"{what} has all production traffic. ECS goes on, and in the end stops the old tasks."
    if traffic is None or share is None or share > 0 or not traffic.waits:
        return f"{what}: ECS goes on and moves production traffic to it, unless something else stops it."
    first = percent(traffic.step_percent)
    return f"{what}: ECS goes on, and moves {first} of the production traffic to it, later the rest."


def _short(plain: str) -> str:
    return shorten(plain, 60)


def _confirm(title: str, text: str, yes: str, style: str) -> ConfirmObject:
    return ConfirmObject(
        title=_plain(title, CONFIRM_TITLE),
        text=_plain(text, CONFIRM_TEXT),
        confirm=_plain(yes, CONFIRM_BUTTON),
        deny=_plain("Not now", CONFIRM_BUTTON),
        style=style,
    )


def _plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)
