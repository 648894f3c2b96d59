"""Shows a plan in the modal that a person has open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog
from slack_sdk import WebClient

from deploys.message_size import utf16_units
from deploys.mrkdwn import verbatim
from deploys.text_limits import SECTION, clip
from workers.thread.slack_error_handling import CALL_FAILURES, classify_error

log = structlog.get_logger()

RETRY_AFTER_SECONDS = (0.3, 0.6, 1.2, 2.4)
"""Pauses between tries: Slack opens the modal with the bot's answer, which may come after the plan."""


def update_plan_view(
    client: WebClient,
    plan_id: str,
    view: Mapping[str, Any],
    text: str,
    *,
    is_refusal: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Puts the plan into the modal with this external id; returns whether Slack took it. If it is closed, or
    shows something else by now, nothing happens.

    view: the modal without its blocks. Its button *Deploy* is left out if the deploy would be refused.
    """
    shown = {**view, "external_id": plan_id, "blocks": verbatim([_section(each) for each in _sections(text)])}
    if is_refusal:
        shown.pop("submit", None)
    for pause in (*RETRY_AFTER_SECONDS, 0.0):
        try:
            client.views_update(external_id=plan_id, view=shown)
        except CALL_FAILURES as error:
            failure = classify_error("views.update", error)
        else:
            return True
        sleep(pause)
    log.info("a plan was not shown in its modal", error=failure.detail)
    return False


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _sections(text: str) -> Iterator[str]:
    """The text in parts that fit into a section each, split between lines."""
    part: list[str] = []
    length = 0
    for line in (clip(each, SECTION) for each in text.split("\n")):
        if part and length + utf16_units(line) + 1 > SECTION:
            yield "\n".join(part)
            part, length = [], 0
        part.append(line)
        length += utf16_units(line) + 1
    yield "\n".join(part)
