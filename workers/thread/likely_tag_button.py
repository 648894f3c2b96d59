"""The button on a deploy that was refused for a missing tag: it deploys the tag that was likely meant."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, ConfirmObject, PlainTextObject

from deploys import batch as batches
from deploys import buttons as ids
from deploys.batch import Batch
from deploys.deploy import Deploy, Verb
from deploys.message_size import utf16_units
from workers.thread.lengths import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten


def row(deploy: Deploy) -> ActionsBlock | None:
    """For one deploy or rollback; None if no tag is likely."""
    if not deploy.likely_tags:
        return None
    return _row(deploy.id, deploy.verb, deploy.service.name, deploy.likely_tags[0])


def row_for_all(batch: Batch, deploys: Sequence[Deploy]) -> ActionsBlock | None:
    """For all deploys of a batch; None unless the same tag is the likeliest for each of them."""
    tag = batches.likely_tag(deploys)
    return _row(batch.id, Verb.DEPLOY, batch.name, tag) if tag else None


def _row(thing_id: str, verb: Verb, service: str, tag: str) -> ActionsBlock:
    back = verb is Verb.ROLLBACK
    label = f"Roll {service} back to {tag}" if back else f"Deploy {service} {tag}"
    if utf16_units(label) > BUTTON:  # the tag is what tells it from what was asked for
        label = f"Roll back to {tag}" if back else f"Deploy {tag}"
    typed = f"/deploy {'rollback ' if back else ''}{shorten(service, 150)} {tag}"
    button = ButtonElement(
        text=_plain(label, BUTTON),
        action_id=ids.LIKELY_TAG,
        value=ids.value(thing_id, 0),
        style="primary",
        confirm=ConfirmObject(
            title=_plain(f"{label}?", CONFIRM_TITLE),
            text=_plain(f"This does what typing {typed} does.", CONFIRM_TEXT),
            confirm=_plain("Roll back" if back else "Deploy", CONFIRM_BUTTON),
            deny=_plain("Not now", CONFIRM_BUTTON),
        ),
    )
    return ActionsBlock(elements=[button])


def _plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=shorten(text, limit), emoji=False)
