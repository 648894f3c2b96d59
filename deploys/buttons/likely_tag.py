"""The button on a deploy that was refused for a missing tag: it deploys the tag that was likely meant, as if
the person had typed that command."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
from deploys.errors import StaleCard, UnknownDeploy
from deploys.message_size import utf16_units
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.text_limits import BUTTON, shorten

LIKELY_TAG = "deploy:likely-tag"


def likely_tag_button(deploy: Deploy) -> Button | None:
    """For one deploy or rollback; None if no tag is likely."""
    tags = deploy.refusal.likely_tags
    return _button(deploy.id, deploy.verb, deploy.service.name, tags[0]) if tags else None


def likely_tag_batch_button(batch: Batch, deploys: Sequence[Deploy]) -> Button | None:
    """For all deploys of a batch; None unless the same tag is the likeliest for each of them."""
    tag = batches.common_likely_tag(deploys)
    return _button(batch.id, Verb.DEPLOY, batch.name, tag) if tag else None


def _button(deploy_or_batch_id: str, verb: Verb, service: str, tag: str) -> Button:
    is_rollback = verb is Verb.ROLLBACK
    label = f"Roll {service} back to {tag}" if is_rollback else f"Deploy {service} {tag}"
    if utf16_units(label) > BUTTON:  # the tag is what tells it from what was asked for
        label = f"Roll back to {tag}" if is_rollback else f"Deploy {tag}"
    typed = f"/deploy {'rollback ' if is_rollback else ''}{shorten(service, 150)} {tag}"
    return Button(
        LIKELY_TAG,
        label,
        button_value(deploy_or_batch_id),
        style="primary",
        confirm=ConfirmDialog(
            f"{label}?",
            f"This does what typing {typed} does.",
            "Roll back" if is_rollback else "Deploy",
            "Not now",
        ),
    )


def handle(press: ButtonPress) -> str:
    """Asks for the likely tag with the reason of the refused request, in its channel and thread: the button
    may be in a direct message.

    Raises:
        UnknownDeploy, StaleCard: there is nothing to ask for.
        Refused: whatever the command is refused for.
    """
    store = press.context.store
    if deploy := store.get(press.value.deploy_id):
        if deploy.refusal.likely_tags:
            return _ask_for_deploy(deploy, deploy.refusal.likely_tags[0], press)
    elif batch := store.batch(press.value.deploy_id):
        if tag := batches.common_likely_tag(store.batch_deploys(batch)):
            services = (batch.name,) if batch.is_group else tuple(batch.name.split(","))
            return press.run_command(
                "deploy", asked_in=batch.request, services=services, tag=tag, reason=batch.request.reason
            ).text
    else:
        raise UnknownDeploy(id=press.value.deploy_id)
    raise StaleCard(where="No tag is likely any more. `/deploy tags SERVICE` lists the newest.")


def _ask_for_deploy(deploy: Deploy, tag: str, press: ButtonPress) -> str:
    services = (deploy.service.name,)
    if deploy.verb is Verb.ROLLBACK:
        return press.run_command("rollback", asked_in=deploy.request, services=services, target=tag).text
    return press.run_command(
        "deploy", asked_in=deploy.request, services=services, tag=tag, reason=deploy.request.reason
    ).text
