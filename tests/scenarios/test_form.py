"""What people see who fill in the form instead of typing a command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from sandbox.slack.client import SlackClient
from slipway.demo.transcript import mrkdwn_to_text
from tests.scenarios.conversation import (
    IN_SOCKET_MODE,
    OVER_HTTP,
    WAIT_SECONDS,
    Conversation,
    DeployThread,
    normalize_text,
)

Json = dict[str, Any]
ALICE = "alice"


class OpenForm:
    """The form on the screen of alice."""

    def __init__(self, slack: Conversation) -> None:
        self.conversation = slack
        self.slack: SlackClient = slack.demo.slack

    def top(self, title: str) -> Json:
        """The modal on top, once it has this title."""

        def found() -> Json | None:
            views = self.slack.views(ALICE)
            return views[-1] if views and views[-1]["title"]["text"] == title else None

        return self.slack.wait_until(found, WAIT_SECONDS)

    def reads(self, words: str) -> str:
        """The text of the modal on top, once it has these words."""

        def text() -> str | None:
            shown = "\n".join(_text_of(block) for block in self.slack.views(ALICE)[-1]["blocks"])
            read = normalize_text(mrkdwn_to_text(shown, self.conversation.names))
            return read if words in read else None

        return self.slack.wait_until(text, WAIT_SECONDS)

    def offers(self, menu: str, typed: str) -> list[str]:
        """What a menu offers."""
        return [_label(option) for option in self._search(menu, typed)]

    def choose(self, menu: str, typed: str) -> Json:
        """The first option that a menu offers."""
        return self._search(menu, typed)[0]

    def _search(self, menu: str, typed: str) -> list[Json]:
        view = self.slack.views(ALICE)[-1]
        answer = self.slack.load_options(ALICE, menu, typed, view_id=view["id"])
        assert answer["ack"] == "ok"
        options: list[Json] = answer["options"]
        return options

    def pick_service(self, name: str) -> None:
        """Chooses the service; waits until the form is for it."""
        view = self.top("Deploy")
        option = self.choose("service", name)
        self.slack.click(ALICE, "service", view_id=view["id"], selected_option=option)
        self.slack.wait_until(
            lambda: f"tag:{name}" in {each["block_id"] for each in self.top("Deploy")["blocks"]}, WAIT_SECONDS
        )

    def submit(self, service: str, tag: str, why: str, *, plan_first: bool) -> None:
        """Fills in the form and submits it."""
        view = self.top("Deploy")
        ticked = ["plan_first"] if plan_first else []
        answer = self.slack.submit_view(
            ALICE,
            view["id"],
            {
                "service": {"service": {"selected_option": self.choose("service", service)}},
                f"tag:{service}": {"tag": {"selected_option": self.choose("tag", tag)}},
                "reason": {"reason": {"value": why}},
                "plan_first": {"plan_first": {"selected_options": ticked}},
            },
        )
        assert answer["ack"] == "ok", answer
        assert "errors" not in answer

    def new_deploy(self, before: set[str]) -> Deploy:
        """The deploy that was not there before."""
        store = self.conversation.demo.store

        def found() -> Deploy | None:
            return next((each for each in store.recent(None, 1000) if each.id not in before), None)

        return self.slack.wait_until(found, WAIT_SECONDS)


def _label(option: Json) -> str:
    described = option.get("description")
    return f"{option['text']['text']} | {described['text']}" if described else str(option["text"]["text"])


def _text_of(block: Json) -> str:
    if block["type"] == "input":
        return str(block["label"]["text"])
    return str((block.get("text") or block["elements"][0])["text"])


@pytest.fixture
def form(slack: Conversation) -> Iterator[OpenForm]:
    yield OpenForm(slack)
    for deploy in slack.demo.store.active():
        slack.says(ALICE, f"/deploy cancel {deploy.id}")
    slack.demo.slack.wait_until(lambda: not slack.demo.store.active(), WAIT_SECONDS)


def ids_of_deploys(slack: Conversation) -> set[str]:
    return {each.id for each in slack.demo.store.recent(None, 1000)}


@IN_SOCKET_MODE
def test_somebody_who_knows_the_service_alone_plans_and_deploys(slack: Conversation, form: OpenForm) -> None:
    before = ids_of_deploys(slack)

    replies, _ = slack.says(ALICE, "/deploy billing")
    assert replies == []
    form.top("Deploy")
    [newest, *_, running] = form.offers("tag", "")
    assert newest.startswith("1.5.0 · pushed ")
    assert running.startswith("1.4.0 · pushed ")
    assert running.endswith(" | runs now as billing (production)")

    form.submit("billing", "1.5.0", "the new rates", plan_first=True)
    plan = form.reads("Plan of")
    assert plan.splitlines()[0] == "Plan of `billing` `1.5.0`, as of now. Nothing was changed."
    assert plan.splitlines()[-2] == "• needs 1 approval, from @bob, @approvers"
    assert ids_of_deploys(slack) == before

    form.slack.submit_view(ALICE, form.top("Plan")["id"])
    assert form.slack.views(ALICE) == []
    deploy = form.new_deploy(before)
    thread = DeployThread(slack.demo, deploy.id, "deploys", slack.names).reaches(Phase.AWAITING_APPROVAL)
    assert "the new rates" in thread.card


@OVER_HTTP
def test_a_message_that_says_what_is_ready_becomes_the_thread_of_its_deploy(
    slack: Conversation, form: OpenForm
) -> None:
    before = ids_of_deploys(slack)
    client = slack.demo.slack
    ready = client.say("dave", "deploys", "billing 1.4.2 is ready")

    client.run_shortcut(ALICE, "deploy_in_thread", channel="deploys", ts=ready["ts"])
    form.reads("The card and its thread will be in the thread of that message in #deploys.")
    form.pick_service("billing")
    form.submit("billing", "1.4.2", "", plan_first=False)

    deploy = form.new_deploy(before)
    DeployThread(slack.demo, deploy.id, "deploys", slack.names).reaches(Phase.AWAITING_APPROVAL)
    root, card, *_ = client.thread("deploys", ready["ts"])
    assert root["text"] == "billing 1.4.2 is ready"
    assert "`billing`" in card["text"] or "*billing*" in card["text"]
