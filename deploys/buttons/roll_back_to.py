"""The button *Roll back to 1.4.0* on a deploy that succeeded and is the one that runs: it does what `/deploy
rollback` does."""

from __future__ import annotations

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.deploy_names import short_name
from deploys.errors import RollbackOfferOver
from deploys.records.deploy import Deploy
from deploys.rollback_offer import DEPLOYS_READ, RollbackOffer, find_rollback_offer
from deploys.text_limits import shorten

ROLL_BACK_TO = "deploy:roll-back-to"


def roll_back_to_button(deploy: Deploy, offer: RollbackOffer) -> Button:
    """It asks again, since it changes production."""
    version, service = shorten(offer.version, 50), shorten(deploy.service.name, 63)
    return Button(
        ROLL_BACK_TO,
        f"Roll back to {version}",
        button_value(deploy.id),
        accessibility_label=f"Roll {short_name(deploy)} back to {version}",
        confirm=ConfirmDialog(
            f"Roll {service} back?",
            f"{service} on {shorten(deploy.service.cluster, 80)} goes back to {version}. This does what "
            f"typing /deploy rollback {service} does.",
            "Roll back",
            "Not now",
            "danger",
        ),
    )


def handle(press: ButtonPress) -> CommandReply:
    """Raises: UnknownDeploy, RollbackOfferOver, and whatever `/deploy rollback` is refused for."""
    deploy = press.find_deploy()
    service = deploy.service.name
    offer = find_rollback_offer(deploy, press.context.store.recent(service, DEPLOYS_READ))
    if offer is None:
        raise RollbackOfferOver(service=service)
    return press.run_command("rollback", services=(service,), target=offer.target)
