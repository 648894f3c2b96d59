"""The button on a refusal that runs the command which was probably meant, as if that had been typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deploys.buttons.button import Button, ButtonPress, CommandReply, ConfirmDialog, button_value
from deploys.buttons.repeat_request import find_refused, repeat_request, take_refused, typed_command
from deploys.errors import ChoiceGone
from deploys.records.refused_request import RefusedRequest

RUN_INSTEAD = "refused:run-instead"
MISTYPED = "ParseError"
"""The error of a request that is kept as it was probably meant, not as it was typed."""
MAX_OFFERED = 5
"""Commands that are offered for one refusal (count)."""

Changes = Mapping[str, Any]
"""Arguments that differ in the command that may be meant."""


def run_instead_buttons(refused: RefusedRequest) -> tuple[Button, ...]:
    """One for each command that may be meant; none if there are too many."""
    meant = _meant(refused)
    return tuple(_button(refused, number, changes) for number, changes in enumerate(meant))


def handle(press: ButtonPress) -> CommandReply:
    """Raises: ChoiceGone, ChoiceOfAnother, CommandTooLate, and whatever the command is refused for."""
    meant = _meant(find_refused(press))
    if press.value.question >= len(meant):
        raise ChoiceGone()
    return repeat_request(press, take_refused(press), **meant[press.value.question])


def _button(refused: RefusedRequest, number: int, changes: Changes) -> Button:
    typed = typed_command(refused, **changes)
    confirm = ConfirmDialog("Is this what you mean?", f"This does what typing {typed} does.", "Run it", "No")
    return Button(
        RUN_INSTEAD,
        f"Run {typed}",
        button_value(refused.id, number),
        style="primary" if number == 0 else None,
        confirm=None if refused.is_query else confirm,
    )


def _meant(refused: RefusedRequest) -> tuple[Changes, ...]:
    find = _MEANT.get(refused.error)
    return find(refused) if find else ()


def _list_meant(refused: RefusedRequest) -> tuple[Changes, ...]:
    names = _names(refused, "meant")
    return ({"services": names},) if names else ()


def _with_commas(refused: RefusedRequest) -> tuple[Changes, ...]:
    names, tag = _names(refused, "names"), refused.facts.get("tag", "")
    return ({"services": names, "tag": tag, "reason": refused.facts.get("reason", "")},) if tag else ()


def _each_alone(refused: RefusedRequest) -> tuple[Changes, ...]:
    names = _names(refused, "names")
    return tuple({"services": (name,)} for name in names) if len(names) <= MAX_OFFERED else ()


def _each_container(refused: RefusedRequest) -> tuple[Changes, ...]:
    names = _names(refused, "containers")
    return tuple({"target": name} for name in names) if len(names) <= MAX_OFFERED else ()


def _cancel(refused: RefusedRequest) -> tuple[Changes, ...]:
    return ({"subcommand": "cancel", "target": refused.facts["id"]},)


def _names(refused: RefusedRequest, fact: str) -> tuple[str, ...]:
    return tuple(filter(None, refused.facts.get(fact, "").split(",")))


_MEANT: Mapping[str, Callable[[RefusedRequest], tuple[Changes, ...]]] = {
    "BatchRefused": _list_meant,
    "CommaMissing": _with_commas,
    "ContainerNotInTask": _each_container,
    "GroupInList": _list_meant,
    "NoSelfRejection": _cancel,
    "OneServiceAtATime": _each_alone,
    MISTYPED: lambda refused: ({},),
}
"""What may be meant, by name of the error."""
