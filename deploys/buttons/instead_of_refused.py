"""The button on a deploy that its first checks refused: it asks for the same again, once somebody has put
right what was wrong, or for what does not meet that refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploys.buttons.button import Button, ButtonPress, ConfirmDialog, button_value
from deploys.buttons.deploy_names import short
from deploys.buttons.open_form import open_form_button
from deploys.errors import StaleCard, UnknownDeploy
from deploys.records.batch import Batch, batch_name
from deploys.records.deploy import Deploy
from deploys.records.plan import Instead
from deploys.records.request import DeployRequest, Verb

INSTEAD = "deploy:instead"


def instead_button(deploy: Deploy) -> Button | None:
    """None if nobody can lift the refusal. If a tag has to be chosen, it opens the form."""
    if deploy.refusal.instead is None:
        return None
    if deploy.refusal.instead is Instead.FORM:
        return open_form_button(deploy.service.name, "Choose a tag")
    label = {
        Instead.AGAIN: "Ask again",
        Instead.RESTART: f"Restart {deploy.service.name}",
        Instead.DEPLOY: f"Deploy {deploy.service.name} {short(deploy.refusal.instead_tag)}",
    }[deploy.refusal.instead]
    return _button(deploy.id, label, _typed(deploy))


def instead_batch_button(batch: Batch, deploys: Sequence[Deploy]) -> Button | None:
    """For all deploys of a batch; None unless each of them can be asked for again."""
    if any(each.refusal.instead is not Instead.AGAIN for each in deploys):
        return None
    return _button(batch.id, "Ask again", f"/deploy {batch_name(batch, short)}")


def handle(press: ButtonPress) -> str:
    """Asks with the reason of the refused request, in its channel and thread.

    Raises:
        UnknownDeploy, StaleCard: there is nothing to ask for.
        Refused: whatever the command is refused for.
    """
    store = press.context.store
    if deploy := store.get(press.value.deploy_id):
        if deploy.refusal.instead not in (None, Instead.FORM):
            return _run(press, deploy.request, *_command(deploy))
    elif batch := store.batch(press.value.deploy_id):
        if instead_batch_button(batch, store.batch_deploys(batch)):
            services = (batch.name,) if batch.is_group else tuple(batch.name.split(","))
            return _run(press, batch.request, "deploy", {"services": services, "tag": batch.tag})
    else:
        raise UnknownDeploy(id=press.value.deploy_id)
    raise StaleCard(where="Send the request again.")


def _run(press: ButtonPress, asked_in: DeployRequest, subcommand: str, arguments: dict[str, Any]) -> str:
    reason = {} if subcommand in (Verb.ROLLBACK, Verb.FOLLOW) else {"reason": asked_in.reason}
    return press.run_command(subcommand, asked_in=asked_in, **arguments, **reason).text


def _command(deploy: Deploy) -> tuple[str, dict[str, Any]]:
    """The subcommand and its arguments."""
    services = {"services": (deploy.service.name,)}
    match deploy.refusal.instead:
        case Instead.RESTART:
            return Verb.RESTART.value, services
        case Instead.DEPLOY:
            return Verb.DEPLOY.value, {**services, "tag": deploy.refusal.instead_tag}
    if deploy.verb is Verb.ROLLBACK:
        return deploy.verb.value, {**services, "target": deploy.rollback_target}
    return deploy.verb.value, {**services, **({"tag": deploy.tag} if deploy.verb is Verb.DEPLOY else {})}


def _typed(deploy: Deploy) -> str:
    subcommand, arguments = _command(deploy)
    verb = "" if subcommand == Verb.DEPLOY else subcommand
    words = ("/deploy", verb, deploy.service.name, arguments.get("tag", ""), arguments.get("target", ""))
    return " ".join(short(word) for word in words if word)


def _button(deploy_or_batch_id: str, label: str, typed: str) -> Button:
    return Button(
        INSTEAD,
        label,
        button_value(deploy_or_batch_id),
        confirm=ConfirmDialog(f"{label}?", f"This does what typing {typed} does.", "Yes", "Not now"),
    )
