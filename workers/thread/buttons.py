"""The buttons that apply to a deploy now. Each names its effect and asks before it has one."""

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

from deploys import buttons as ids
from deploys.decisions import untouched
from deploys.deploy import Deploy, Outcome, Phase, Verb
from deploys.naming import at_start, name, version_before
from deploys.pauses import number, unanswered
from workers.flows.words import scaling
from workers.flows.words.measures import duration
from workers.thread import likely_tag_button
from workers.thread.lengths import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten
from workers.thread.pause_buttons import pause_row
from workers.thread.states import decided

PAST_CANCELLING = frozenset({Phase.RESTORING, Phase.FOLLOWING_BACK, Phase.SETTLING, Phase.ENDED})


def row(deploy: Deploy) -> ActionsBlock | None:
    """The row of buttons; None when there is nothing to press."""
    if deploy.outcome is Outcome.REFUSED and deploy.in_the_way:
        return ActionsBlock(elements=[_follow(deploy)])
    if deploy.outcome is Outcome.REFUSED:
        return likely_tag_button.row(deploy)
    if not deploy.live or deploy.cancel or deploy.phase in PAST_CANCELLING:
        return None
    if deploy.phase is Phase.AWAITING_APPROVAL and not decided(deploy):
        return ActionsBlock(elements=[_approve(deploy), _reject(deploy), _more(deploy)])
    if unanswered(deploy):
        return pause_row(deploy)
    return ActionsBlock(elements=[_cancel(deploy)])


def questions_on(blocks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The questions that can be answered on these blocks: the values of their buttons."""
    elements = [each for block in blocks for each in block.get("elements", ()) if isinstance(each, Mapping)]
    asking = (ids.APPROVE, ids.CONTINUE)
    return tuple(str(each["value"]) for each in elements if ids.action(each.get("action_id", "")) in asking)


def question_values(deploy: Deploy) -> tuple[str, ...]:
    """The values of the buttons of its open question, which are to be shown; empty where it asks nothing."""
    if deploy.phase is Phase.AWAITING_APPROVAL and not decided(deploy):
        return (ids.value(deploy.id, deploy.question),)
    return (ids.value(deploy.id, number(deploy)),) if unanswered(deploy) else ()


def _approve(deploy: Deploy) -> ButtonElement:
    plan = deploy.plan
    means = ""
    if plan:
        means = f"It runs {shorten(plan.old_tag, 40)} now, {scaling.count(plan)}. "
        if plan.downtime and plan.downtime_estimate is not None:
            means += f"No task runs for about {duration(plan.downtime_estimate)}. "
        elif plan.downtime:
            means += "No task runs for some time. "
    return ButtonElement(
        text=_plain("Approve", BUTTON),
        action_id=ids.APPROVE,
        value=ids.value(deploy.id, deploy.question),
        style="primary",
        accessibility_label=shorten(f"Approve {name(deploy, _short)}", BUTTON),
        confirm=_confirm(
            f"Approve this {deploy.verb}?",
            f"{at_start(deploy, _short)} {_where(deploy)}. {means}",
            "Approve",
            "Not now",
            "primary",
        ),
    )


def _reject(deploy: Deploy) -> ButtonElement:
    return ButtonElement(
        text=_plain("Reject", BUTTON),
        action_id=ids.REJECT,
        value=ids.value(deploy.id, deploy.question),
        style="danger",
        accessibility_label=shorten(f"Reject {name(deploy, _short)}", BUTTON),
        confirm=_confirm(
            f"Reject this {deploy.verb}?",
            _will_not(deploy),
            "Reject",
            "Not now",
            "danger",
        ),
    )


def _more(deploy: Deploy) -> OverflowMenuElement:
    """What is seldom wanted while people decide."""
    value = f"{ids.CANCEL}|{ids.value(deploy.id, deploy.question)}"
    return OverflowMenuElement(
        action_id=ids.MORE,
        options=[Option(text=_plain(_cancel_label(deploy), BUTTON), value=value)],
        confirm=_cancel_confirm(deploy),
    )


def _cancel(deploy: Deploy) -> ButtonElement:
    return ButtonElement(
        text=_plain(_cancel_label(deploy), BUTTON),
        action_id=ids.CANCEL,
        value=ids.value(deploy.id, deploy.question),
        style=None if _mild(deploy) else "danger",
        confirm=_cancel_confirm(deploy),
    )


def _follow(deploy: Deploy) -> ButtonElement:
    """Changes nothing, so it asks for nothing."""
    return ButtonElement(
        text=_plain("Follow it", BUTTON),
        action_id=ids.FOLLOW,
        value=ids.value(deploy.id, deploy.question),
        accessibility_label=shorten(f"Follow the foreign rollout of {deploy.service.name}", BUTTON),
    )


def _mild(deploy: Deploy) -> bool:
    """Whether pressing it stops nothing that runs."""
    if deploy.verb is Verb.FOLLOW:
        return True
    return untouched(deploy) and deploy.phase is not Phase.PREPARING


def _cancel_label(deploy: Deploy) -> str:
    if deploy.verb is Verb.FOLLOW:
        return "Stop following"
    if untouched(deploy):
        return "Withdraw"
    before = version_before(deploy)
    return f"Roll back to {before}" if before else "Roll back"


def _cancel_confirm(deploy: Deploy) -> ConfirmObject:
    if deploy.verb is Verb.FOLLOW:
        text = f"{at_start(deploy, _short)} {_where(deploy)} goes on in ECS. Deploys that wait for it start."
        return _confirm("Stop following this rollout?", text, "Stop following", "Keep following", None)
    if deploy.phase is Phase.PREPARING:
        text = (
            f"{at_start(deploy, _short)} {_where(deploy)} will not be deployed; the service stays as it is. "
            "The task that runs before it is stopped midway; what that did is not undone."
        )
        return _confirm(f"Withdraw this {deploy.verb}?", text, "Withdraw", "Let it go on", "danger")
    if untouched(deploy):
        return _confirm(f"Withdraw this {deploy.verb}?", _will_not(deploy), "Withdraw", "Keep it", None)
    text = f"{at_start(deploy, _short)} {_where(deploy)} is under way. What ran before is brought back."
    title = "Undo this rollback?" if deploy.verb is Verb.ROLLBACK else f"Roll this {deploy.verb} back?"
    return _confirm(title, text, "Roll back", "Let it go on", "danger")


def _will_not(deploy: Deploy) -> str:
    happen = "be deployed" if deploy.verb is Verb.DEPLOY else "happen"
    left = "The service has not been touched" if deploy.registered else "Nothing has been changed"
    return f"{at_start(deploy, _short)} {_where(deploy)} will not {happen}. {left}."


def _short(plain: str) -> str:
    return shorten(plain, 60)


def _where(deploy: Deploy) -> str:
    return f"on {shorten(deploy.service.cluster, 40)} ({shorten(deploy.service.region, 20)})"


def _confirm(title: str, text: str, yes: str, no: str, style: str | None) -> ConfirmObject:
    return ConfirmObject(
        title=_plain(title, CONFIRM_TITLE),
        text=_plain(text, CONFIRM_TEXT),
        confirm=_plain(yes, CONFIRM_BUTTON),
        deny=_plain(no, CONFIRM_BUTTON),
        style=style,
    )


def _plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)
