"""Every button, with the dialog that asks again."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from typing import Any

from deploys import buttons
from deploys.buttons import Button
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.plan import Instead
from deploys.records.refused_request import RefusedRequest
from deploys.rollback_offer import RollbackOffer
from tests.builders import a_batch, a_deploy
from tests.deploys.test_choices import refused_request
from tests.gallery.exhibit import Exhibit, Section
from tests.gallery.messages import PARTS
from tests.gallery.refusals import with_buttons
from tests.hostile_records import ValueBuilder
from tests.workers.thread.sample_deploys import awaiting

FACTS = {
    "old_tag": "1.4.0",
    "likely": "web",
    "others": "web,api",
    "approvers": "<@U02BOB0000>",
    "people": "<@U02BOB0000>",
}
FACTS |= {
    "may_override": "yes",
    "may_break": "yes",
    "lock": "abcd2345",
    "owner": "U02BOB0000",
    "tag": "1.4.2",
}


def _deploy() -> Deploy:
    refusal = {"likely_tags": ("1.4.2",), "instead": Instead.AGAIN, "external_deployment_id": "ecs-svc/4711"}
    return awaiting(refusal=refusal)


def _refused() -> RefusedRequest:
    return refused_request("UnknownService", {"facts": FACTS, "action_id": "deploy:approve"})


def _batch() -> Batch:
    return a_batch(_deploy(), a_deploy(id="k3m9p2qr"))[0]


VALUES = ValueBuilder(
    lambda name: {"service": "web", "label": "Deploy"}.get(name, PARTS.text(name)),
    records={
        Deploy: _deploy,
        RefusedRequest: _refused,
        Batch: _batch,
        RollbackOffer: lambda: RollbackOffer("1.4.0", "1.4.0"),
    },
)


def button_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that make one button, by their names."""
    for module in pkgutil.iter_modules(buttons.__path__):
        found = importlib.import_module(f"deploys.buttons.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            made = typing.get_type_hints(function).get("return")
            if (
                function.__module__ == found.__name__
                and not name.startswith("_")
                and made in (Button, Button | None)
            ):
                yield name, function


def button_section() -> Section:
    """Each button by the name of its function; its dialog is in words below it."""
    exhibits = []
    for name, function in button_functions():
        hints = typing.get_type_hints(function)
        given = {each: VALUES.build(hints[each], each) for each in inspect.signature(function).parameters}
        button = function(**given)
        if button is not None:
            exhibits.append(Exhibit(name, button.label, with_buttons(_dialog(button), (button,))))
    return Section("Buttons", exhibits)


def _dialog(button: Button) -> str:
    ask = button.confirm
    if ask is None:
        return "It does not ask again."
    return f"*{ask.title}*\n{ask.text}\n[{ask.confirm}] [{ask.deny}]"
