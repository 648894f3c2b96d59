"""Every message, with hostile text wherever a person, AWS or a container supplies it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import workers.messages
from deploys.records.phases import Phase
from tests.hostile_records import build
from tests.hostile_texts import HOSTILE, dangers
from workers.messages.audit import audit_line
from workers.messages.images import short_image

OUR_SENTENCES = frozenset(
    {
        *(
            "alerts.end_not_checked what",
            "alerts.native_rollout_unreadable why",
            "alerts.still_retrying what",
        ),
        *("alerts.rollback_does_not_hold causes", "alerts.rollback_still_does_not_hold causes"),
        *("alerts.tag_not_removed what", "approval.plan_changed new_plan", "approval.plan_changed why"),
        *(
            "elsewhere.alert text",
            "elsewhere.alert since_then",
            "elsewhere.with_since_then text",
            "elsewhere.with_since_then since_then",
            "message_copies.outdated_copy thread_id",
            "message_copies.outdated_copy thread_link",
            "approval.voided why",
            "evidence.log_unreadable error",
            "evidence.tasks_unreadable error",
        ),
        "external_rollout.failed_without_rollback why",
        "external_rollout.failed_without_rollback service_text",
        *("images.digest_unknown why", "outcomes.failed reason", "outcomes.refused reason"),
        *("outcomes.rollback_failed reason", "outcomes.rollback_failed cause", "outcomes.rolled_back reason"),
        *("pauses.closed_outside reason", "post_check.not_verified error", "pre_task.cancelled how"),
        *("count_change.scaling_back reason", "count_change.stops_slowly reason"),
        *("pre_task.exited_badly cause", "pre_task.failed why", "pre_task.refused reason"),
        *(
            "progress.ecs_rolling_back reason",
            "progress.order_not_proven what",
            "progress.rolling_back reason",
        ),
        *("rollback_reasons.aws_unreachable what", "rollback_reasons.failing_for what"),
        *("rollback_reasons.ecs_rollback_failed why",),
        *("rollback_reasons.without_retry_promise what", "scaling.still_suspended what"),
    }
)
"""Parameters that are sentences of ours, in which other people's words are escaped already. Any other text is
somebody else's."""
OTHER_MODULES = ("deploys.holds.lock_text", "workers.asked_request_messages", "workers.lock_watch")
"""Modules with messages beside those of `workers.messages`: their functions that return a text."""
NO_MESSAGES = frozenset(
    {"audit.is_told", "audit.audit_line", "evidence.log_tail", "images.short_image", "tasks.stop_timeout"}
)
"""They return no mrkdwn, or have a test of their own."""


def message_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    names = [f"workers.messages.{each.name}" for each in pkgutil.iter_modules(workers.messages.__path__)]
    for module in (*names, *OTHER_MODULES):
        found = importlib.import_module(module)
        for name, function in inspect.getmembers(found, inspect.isfunction):
            is_own = function.__module__ == module and not name.startswith("_")
            if is_own and (module in names or typing.get_type_hints(function)["return"] is str):
                yield f"{module.rpartition('.')[2]}.{name}", function


FUNCTIONS = dict(message_functions())


def parameters_of(name: str) -> dict[str, Any]:
    """The parameters of this function and their types."""
    hints = typing.get_type_hints(FUNCTIONS[name])
    return {each: hints[each] for each in inspect.signature(FUNCTIONS[name]).parameters}


def arguments_of(name: str) -> dict[str, Any]:
    ours: dict[str, Any] = {str(str): "A sentence of ours."}
    return {
        each: (ours.get(str(kind), ("A sentence of ours.",)))
        if f"{name} {each}" in OUR_SENTENCES
        else Phase.FOLLOWING
        if kind is Phase
        else build(kind, each)
        for each, kind in parameters_of(name).items()
    }


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - NO_MESSAGES))
def test_a_message_shows_hostile_text_as_text(name: str) -> None:
    said = FUNCTIONS[name](**arguments_of(name))

    for text in [said] if isinstance(said, str) else said:
        assert dangers(text) == [], text


def test_every_sentence_of_ours_is_a_parameter_that_would_not_be_escaped() -> None:
    """A parameter that is escaped, or gone, is taken off the list."""
    for each in OUR_SENTENCES:
        name, parameter = each.split(" ")
        arguments = arguments_of(name)
        assert parameter in arguments, each
        arguments[parameter] = HOSTILE if isinstance(arguments[parameter], str) else (HOSTILE,)
        said = FUNCTIONS[name](**arguments)
        assert any(dangers(text) for text in ([said] if isinstance(said, str) else said)), each


def test_what_the_audit_channel_is_told_is_text() -> None:
    fields = dict.fromkeys(("who", "what", "verb", "target", "service", "tag", "deploy"), HOSTILE)
    why = HOSTILE.replace("&lt;U0ESCAPED&gt;", "")  # a reason may be mrkdwn, so its escapes are undone first
    line = audit_line({**fields, "why": why, "at": "1790000000.0", "channel": "C01DEPLOYS"})

    assert dangers(line) == []
    assert "\n" not in line


def test_the_image_for_a_code_span_is_only_shortened() -> None:
    assert short_image(HOSTILE) == HOSTILE
