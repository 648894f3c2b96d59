"""One conversation, over Socket Mode and over HTTP: each kind of request is answered alike."""

from __future__ import annotations

from typing import Any

from deploys import buttons
from sandbox.slack.client_types import MessageJson
from slipway.demo.transcript import mrkdwn_to_text
from tests.scenarios.conversation import WAIT_SECONDS, Conversation, normalize_text


class Listener:
    """Writes down what people do and what they are told."""

    def __init__(self, slack: Conversation) -> None:
        self.slack = slack
        self.client = slack.demo.slack
        self.heard: list[str] = []

    def types(self, user: str, text: str) -> None:
        """A text that is answered at once."""
        answers = self.slack.says(user, text)[0]
        self.heard += [f"{user}: {text}", *(each.replace("SOME TIME ago", "just now") for each in answers)]

    def asks(self, user: str, text: str, *, answers: int) -> None:
        """A text that is answered later, to this person alone. answers: how many messages that takes.

        What a command is answered at once is heard first, even if a worker's answer got to Slack before it.
        """
        before = len(self._private(user))
        at_once = {reply["ts"] for reply in self.client.say(user, "deploys", text)["replies"]}
        self.client.wait_until(lambda: len(self._private(user)) == before + answers, WAIT_SECONDS)
        heard = sorted(self._private(user)[before:], key=lambda each: each["ts"] not in at_once)
        # Of the answer the first line: the rest is the same in both modes if that is.
        first_lines = [self.plain(each["text"]).splitlines()[0] for each in heard]
        self.heard += [f"{user}: {text}", *first_lines]

    def _private(self, user: str) -> list[MessageJson]:
        return [each for each in self.client.messages("deploys", user) if each["ephemeral"]]

    def sees_home(self, user: str, button: str) -> None:
        """Once it has this button."""
        self.client.open_home(user)

        def found() -> list[Any]:
            view = self.client.home(user) or {"blocks": []}
            elements = [each for block in view["blocks"] for each in block.get("elements", ())]
            return [each["text"]["text"] for each in elements if each.get("action_id") == button]

        self.heard += [f"{user} opens Home", *self.client.wait_until(found, WAIT_SECONDS)]

    def opens_form(self, user: str, text: str, typed: str) -> None:
        """And searches for a tag, and closes it."""
        self.types(user, text)
        [form] = self.client.wait_until(lambda: self.client.views(user), WAIT_SECONDS)
        offered = self.client.load_options(user, "tag", typed, view_id=form["id"])["options"]
        tags = [each["text"]["text"].partition(" ")[0] for each in offered]
        self.client.close_view(user, form["id"])
        self.heard += [f"form: {form['title']['text']}", *tags]

    def plain(self, text: str) -> str:
        return normalize_text(mrkdwn_to_text(text, self.slack.names))


def test_the_same_conversation_is_told_in_both_modes(slack: Conversation) -> None:
    listener = Listener(slack)

    listener.types("carol", "/deploy billing 1.4.2")
    listener.asks("alice", "/deploy plan billing 1.4.2", answers=2)
    listener.asks("carol", "@slipway locks", answers=1)
    listener.opens_form("alice", "/deploy billing", "1.4.")
    thread = slack.deploys("alice", "/deploy billing 1.4.2 the new rates")
    thread.card_says("waiting for 1 approval")
    listener.types("dave", "/deploy billing 1.4.2")
    listener.sees_home("bob", buttons.REJECT)
    listener.heard += thread.press("carol", buttons.REJECT).tells("carol")
    thread.press("bob", buttons.REJECT).ends()

    assert listener.heard == [
        "carol: /deploy billing 1.4.2",
        "You may not deploy `billing`. Those who may: @alice, @deployers, as `deployers` in `services.yml` "
        "says.",
        "alice: /deploy plan billing 1.4.2",
        "Looking at what `billing` `1.4.2` would change. The plan follows here.",
        "Plan of `billing` `1.4.2`, as of now. Nothing was changed.",
        "carol: @slipway locks",
        "Nothing is locked.",
        "alice: /deploy billing",
        "form: Deploy",
        "1.4.2",
        "1.4.1",
        "1.4.0",
        "1.4.",
        "dave: /deploy billing 1.4.2",
        "Nothing was added: @alice asked for `billing` `1.4.2` just now, and it waits for approval. See its "
        "thread (LINK) (deploy `ID`).",
        "bob opens Home",
        "Reject",
        "You are not an approver of `billing`. Those who are: @bob, @approvers, as `approvers` in "
        "`services.yml` says.",
    ]
    assert [line for line in thread.card.splitlines() if not line.startswith("Steps since")] == [
        "billing `1.4.0` → `1.4.2` on production by @alice: rejected by @bob, nothing was changed",
        "Why: the new rates",
        "`billing`: `1.4.0` → `1.4.2` (`sha256:DIGEST`)",
        "deploy `ID`, stop-start, eu-west-1, requested THEN, took SOME TIME, ECS, Logs",
    ]
    assert [reply.splitlines()[0] for reply in thread.replies] == [
        "Plan for `billing`:",
        "@alice asked to deploy `billing` `1.4.2`. Rejected by @bob.",
        "@alice Rejected by @bob. Nothing was changed.",
    ]
