"""What people see who ask before they deploy."""

from __future__ import annotations

from slipway.demo.transcript import mrkdwn_to_text
from tests.scenarios.conversation import IN_SOCKET_MODE, OVER_HTTP, WAIT_SECONDS, Conversation, normalize_text


def ask(slack: Conversation, user: str, text: str) -> tuple[str, str]:
    """Types a query. Returns the immediate reply and the answer of a worker, which may come first."""
    client = slack.demo.slack
    seen = {message["ts"] for message in client.messages("deploys", user)}
    [announced] = client.say(user, "deploys", text)["replies"]
    seen.add(announced["ts"])

    def new_messages() -> list[str]:
        return [
            normalize_text(mrkdwn_to_text(message["text"], slack.names))
            for message in client.messages("deploys", user)
            if message["ephemeral"] and message["ts"] not in seen
        ]

    [answer] = client.wait_until(new_messages, WAIT_SECONDS)
    return normalize_text(mrkdwn_to_text(announced["text"], slack.names)), answer


def test_plan_before_deploying(slack: Conversation) -> None:
    announced, answer = ask(slack, "alice", "/deploy plan billing 1.5.0")

    assert announced == "Looking at what `billing` `1.5.0` would change. The plan follows here."
    lines = answer.splitlines()
    assert lines[0] == "Plan of `billing` `1.5.0`, as of now. Nothing was changed."
    assert lines[1].endswith("→ `REGISTRY/billing@sha256:DIGEST` (`1.5.0`)")
    assert lines[-2:] == [
        "• needs 1 approval, from @bob, @approvers",
        "• no deploy is ahead in the queue, so it would start at once",
    ]


@OVER_HTTP
def test_plan_says_what_a_deploy_would_be_refused_for(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy billing 9.9.9")
    refused = thread.refusal("alice")

    _, answer = ask(slack, "alice", "/deploy plan billing 9.9.9")

    refusal = refused.removeprefix(":no_entry_sign: `billing` `9.9.9`: Refused, nothing was changed: ")
    assert answer == f":no_entry_sign: `billing` `9.9.9` would be refused: {refusal}"


@IN_SOCKET_MODE
def test_tags_and_which_one_runs(slack: Conversation) -> None:
    announced, answer = ask(slack, "carol", "/deploy tags billing")

    assert announced == "Looking for the newest tags of `billing`. They follow here."
    head, *lines = answer.splitlines()
    assert head.startswith(
        "Newest tags of `REGISTRY/billing`. `billing` is set to `1.4.0` (revision `billing:"
    )
    assert lines[:2] == [
        "• `1.5.0` `sha256:DIGEST`, 45.9 MB, pushed THEN",
        "• `1.4.2` `sha256:DIGEST`, 63.0 MB, pushed THEN",
    ]
    assert [line for line in lines if "runs now" in line] == [
        "• `1.4.0` `sha256:DIGEST`, 63.6 MB, pushed THEN, runs now"
    ]
