"""Which buttons lift which refusal: they are on the private answer to a request that was refused.

To add one, write its file (`deploys/buttons/send_again.py` is the shortest), add its handler to `HANDLERS`
and the refusals that it lifts to `CHOICES`. What it needs to know of the error has to be among the error's
facts, as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deploys.buttons.ask_approver import ask_approver_button
from deploys.buttons.ask_holder import ask_holder_button
from deploys.buttons.ask_somebody import ask_somebody_button
from deploys.buttons.break_lock import break_lock_button
from deploys.buttons.button import Button
from deploys.buttons.deploy_others import deploy_others_button
from deploys.buttons.override_refused import override_refused_button
from deploys.buttons.queue_behind_lock import queue_behind_lock_button
from deploys.buttons.resume_all import resume_all_button_of
from deploys.buttons.run_instead import run_instead_buttons
from deploys.buttons.scale_to_zero import scale_to_zero_button
from deploys.buttons.send_again import send_again_button
from deploys.buttons.suggested_name import suggested_name_button
from deploys.records.refused_request import RefusedRequest

Choices = Callable[[RefusedRequest], tuple[Button, ...]]
"""The buttons for a refused request, the most wanted first."""


def _send_again(refused: RefusedRequest) -> tuple[Button, ...]:
    """None for a button, which is still there to be pressed."""
    return (send_again_button(refused),) if refused.subcommand else ()


def _locked(refused: RefusedRequest) -> tuple[Button, ...]:
    return (
        queue_behind_lock_button(refused),
        ask_holder_button(refused),
        *_only(break_lock_button(refused)),
    )


def _locked_before(refused: RefusedRequest) -> tuple[Button, ...]:
    return (ask_holder_button(refused), *_only(break_lock_button(refused)))


def _not_unlocked(refused: RefusedRequest) -> tuple[Button, ...]:
    return (ask_holder_button(refused), *_only(ask_somebody_button(refused)))


def _frozen(refused: RefusedRequest) -> tuple[Button, ...]:
    return _only(override_refused_button(refused) or ask_somebody_button(refused))


def _batch(refused: RefusedRequest) -> tuple[Button, ...]:
    """What lifts the refusal of all, then what leaves some out."""
    facts = refused.facts
    lifting: tuple[Button, ...] = run_instead_buttons(refused)
    if facts.get("lock"):
        lifting = _locked(refused)
    elif facts.get("locked"):
        lifting = (queue_behind_lock_button(refused),)
    elif facts.get("people"):
        lifting = _frozen(refused)
    elif facts.get("again"):
        lifting = _send_again(refused)
    return (*lifting, *_only(deploy_others_button(refused)))


def _decision(refused: RefusedRequest) -> tuple[Button, ...]:
    """A button of a deploy was refused, or a command."""
    return _only(ask_approver_button(refused) or ask_somebody_button(refused))


def _only(button: Button | None) -> tuple[Button, ...]:
    return (button,) if button else ()


def _ask_somebody(refused: RefusedRequest) -> tuple[Button, ...]:
    return _only(ask_somebody_button(refused))


def _stopped(refused: RefusedRequest) -> tuple[Button, ...]:
    return (resume_all_button_of(refused.facts["stop"]),) if refused.facts.get("may_resume") else ()


CHOICES: Mapping[str, Choices] = {
    "AllStopped": _stopped,
    "AlreadyLocked": _locked_before,
    "BatchRefused": _batch,
    "ChannelHidden": _send_again,
    "ChannelUnknown": _send_again,
    "CommaMissing": run_instead_buttons,
    "CommandTooLate": _send_again,
    "ContainerNotInTask": run_instead_buttons,
    "GroupInList": run_instead_buttons,
    "LockNotYours": _not_unlocked,
    "MayNotResumeAll": _ask_somebody,
    "MayNotStopAll": _ask_somebody,
    "MayNotWithdraw": _ask_somebody,
    "MembershipUnknown": _send_again,
    "MentionTooLate": _send_again,
    "NoSelfApproval": _decision,
    "NoSelfContinue": _decision,
    "NoSelfRejection": run_instead_buttons,
    "NotADeployer": _ask_somebody,
    "NotAllowed": _ask_somebody,
    "NotAnApprover": _decision,
    "OneServiceAtATime": run_instead_buttons,
    "PersonUnknown": _send_again,
    "QueueFull": _send_again,
    "ScaleToZero": lambda refused: (scale_to_zero_button(refused),),
    "ServiceFrozen": _frozen,
    "ServiceLocked": _locked,
    "SlackUnsure": _send_again,
    "TooManyOpenDeploys": _send_again,
    "UnknownService": lambda refused: _only(suggested_name_button(refused)),
}
"""By name of the error's class."""


def choice_buttons(refused: RefusedRequest) -> tuple[Button, ...]:
    """The buttons that lift this refusal; empty if a person cannot lift it here."""
    choices = CHOICES.get(refused.error)
    return choices(refused) if choices else ()
