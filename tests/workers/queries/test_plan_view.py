"""A plan in the modal that waits for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from redis import Redis
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from deploys.stores.thread_store import ThreadStore
from slipway.demo.transcript import mrkdwn_to_text
from tests.scenarios.conversation import normalize_text
from tests.workers.engine_harness import ALICE
from tests.workers.queries.conftest import DEPLOYS
from workers.queries.plan_view import RETRY_AFTER_SECONDS, update_plan_view
from workers.queries.query_handler import QueryHandler, QueryTarget

PLAN_ID = "p2w3e4r5"
TARGET = QueryTarget(PLAN_ID, DEPLOYS, None, ALICE)
FRAME: dict[str, Any] = {
    "type": "modal",
    "callback_id": "deploy_plan",
    "private_metadata": "kept as it is, password=hunter2",
    "submit": {"type": "plain_text", "text": "Deploy"},
}


class Modals:
    """Slack with a modal that opens after some calls; `errors` are answered first."""

    def __init__(self, *errors: str) -> None:
        self.errors = list(errors)
        self.updates: list[dict[str, Any]] = []

    def views_update(self, *, external_id: str, view: dict[str, Any]) -> None:
        if self.errors:
            answer = {"ok": False, "error": self.errors.pop(0)}
            raise SlackApiError(
                "",
                SlackResponse(
                    client=None,
                    http_verb="POST",
                    api_url="",
                    req_args={},
                    data=answer,
                    headers={},
                    status_code=200,
                ),
            )
        assert external_id == view["external_id"] == PLAN_ID
        self.updates.append(view)


def show(slack: Modals, text: str, *, is_refusal: bool = False) -> tuple[bool, list[float]]:
    pauses: list[float] = []
    client = cast("WebClient", slack)
    shown = update_plan_view(client, PLAN_ID, FRAME, text, is_refusal=is_refusal, sleep=pauses.append)
    return shown, pauses


def texts(view: dict[str, Any]) -> list[str]:
    return [normalize_text(mrkdwn_to_text(each["text"]["text"], {ALICE: "alice"})) for each in view["blocks"]]


def test_the_plan_is_shown_with_the_button_and_what_the_form_keeps() -> None:
    slack = Modals()

    assert show(slack, "*Plan* of `web`\n• one\n• two") == (True, [])

    [view] = slack.updates
    assert texts(view) == ["Plan of `web`\n• one\n• two"]
    assert view["private_metadata"] == FRAME["private_metadata"]
    assert view["submit"] == FRAME["submit"]


def test_what_would_be_refused_cannot_be_deployed_from_there() -> None:
    slack = Modals()

    show(slack, ":no_entry_sign: no", is_refusal=True)

    assert "submit" not in slack.updates[0]
    assert "submit" in FRAME


def test_a_long_plan_is_split_between_its_lines_into_sections_that_slack_takes() -> None:
    slack = Modals()
    lines = [f"• {number} {'x' * 700}" for number in range(10)]

    show(slack, "\n".join(lines))

    parts = [each["text"]["text"] for each in slack.updates[0]["blocks"]]
    assert [len(part.split("\n")) for part in parts] == [4, 4, 2]
    assert "\n".join(parts) == "\n".join(lines)
    assert all(len(part) <= 3000 for part in parts)


@pytest.mark.parametrize(
    ("refusals", "shown"),
    [(1, True), (len(RETRY_AFTER_SECONDS), True), (len(RETRY_AFTER_SECONDS) + 1, False)],
)
def test_a_modal_that_is_not_open_yet_is_tried_again_for_some_seconds(refusals: int, shown: bool) -> None:
    slack = Modals(*["not_found"] * refusals)

    answer, pauses = show(slack, "*Plan*")

    assert answer is shown
    assert pauses[:refusals] == [*RETRY_AFTER_SECONDS, 0.0][:refusals]


def test_the_modal_says_the_same_as_the_command(handler: QueryHandler, redis: Redis) -> None:
    slack = Modals()
    ThreadStore(redis).save_plan_view(PLAN_ID, FRAME)

    replace(handler, slack=cast("WebClient", slack)).show_plan(TARGET, "web", "1.4.2")
    replace(handler, slack=cast("WebClient", slack)).show_plan(TARGET, "web", "9.9.9")

    plan, refused = slack.updates
    assert texts(plan)[0].startswith("Plan of `web` `1.4.2`, as of now. Nothing was changed.\n")
    assert texts(refused)[0].startswith(":no_entry_sign: `web` `9.9.9` would be refused: ")
    assert ("submit" in plan, "submit" in refused) == (True, False)


def test_a_modal_that_was_forgotten_is_not_planned_for(handler: QueryHandler) -> None:
    slack = Modals()

    replace(handler, slack=cast("WebClient", slack)).show_plan(TARGET, "web", "1.4.2")

    assert slack.updates == []
