"""Which buttons lift which refusal: they are on the private answer to a request that was refused.

To add one, write its file (`deploys/buttons/send_again.py` is the shortest), add its handler to `HANDLERS`
and the refusals that it lifts to `CHOICES`. What it needs to know of the error has to be among the error's
facts, as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deploys.buttons.ask_approver import ask_approver_button
from deploys.buttons.button import Button
from deploys.buttons.deploy_others import deploy_others_button
from deploys.buttons.override_refused import override_refused_button
from deploys.buttons.send_again import send_again_button
from deploys.buttons.suggested_name import suggested_name_button
from deploys.records.refused_request import RefusedRequest

Choices = Callable[[RefusedRequest], tuple[Button, ...]]
"""The buttons for a refused request, the most wanted first."""


def _send_again(refused: RefusedRequest) -> tuple[Button, ...]:
    """None for a button, which is still there to be pressed."""
    return (send_again_button(refused),) if refused.subcommand else ()


def _suggested_name(refused: RefusedRequest) -> tuple[Button, ...]:
    button = suggested_name_button(refused)
    return (button,) if button else ()


def _override_freeze(refused: RefusedRequest) -> tuple[Button, ...]:
    button = override_refused_button(refused)
    return (button,) if button else ()


def _ask_approver(refused: RefusedRequest) -> tuple[Button, ...]:
    button = ask_approver_button(refused)
    return (button,) if button else ()


def _deploy_others(refused: RefusedRequest) -> tuple[Button, ...]:
    button = deploy_others_button(refused)
    return (button,) if button else ()


CHOICES: Mapping[str, Choices] = {
    "BatchRefused": _deploy_others,
    "CommandTooLate": _send_again,
    "MentionTooLate": _send_again,
    "ServiceFrozen": _override_freeze,
    "NoSelfApproval": _ask_approver,
    "NoSelfContinue": _ask_approver,
    "NotAnApprover": _ask_approver,
    "UnknownService": _suggested_name,
}
"""By name of the error's class."""


def choice_buttons(refused: RefusedRequest) -> tuple[Button, ...]:
    """The buttons that lift this refusal; empty if a person cannot lift it here."""
    choices = CHOICES.get(refused.error)
    return choices(refused) if choices else ()
