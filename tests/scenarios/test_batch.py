"""What people see of several services at once."""

from __future__ import annotations

from deploys.records.phases import Outcome
from tests.scenarios.conversation import IN_SOCKET_MODE, WAIT_SECONDS, Conversation


@IN_SOCKET_MODE
def test_two_services_share_a_card_and_a_thread(slack: Conversation) -> None:
    answers, thread = slack.says("alice", "/deploy web, api 1.5.0 new prices")
    assert answers == [
        "Queued: `web` and `api` `1.5.0` (batch `ID`). The thread follows here after the first checks."
    ]
    assert thread is not None
    demo = slack.demo
    batch = demo.store.batch(thread.record.thread_id)
    assert batch is not None

    demo.slack.wait_until(
        lambda: thread.replies and thread.replies[-1].startswith("@alice Both"), WAIT_SECONDS
    )
    thread.card_says("both succeeded")

    card = thread.card.splitlines()
    assert card[0] == "web,api `1.5.0` on production by @alice: both succeeded"
    assert [line.partition(": ")[2] for line in card[1:3]] == [
        "succeeded, 3 of 3 new tasks running",
        "succeeded, 2 of 2 new tasks running",
    ]
    assert "Why: new prices" in card
    assert thread.replies[-1] == "@alice Both succeeded: `web,api` `1.5.0`, after SOME TIME."
    assert [reply.partition(":")[0] for reply in thread.replies if reply.startswith("Plan")] == [
        f"Plan for `{each.service.name}`"
        for each in sorted(demo.store.batch_deploys(batch), key=lambda each: each.thread_messages[0].at)
    ]
    assert [each.outcome for each in demo.store.batch_deploys(batch)] == [Outcome.SUCCEEDED] * 2
    roots = [message["text"] for message in demo.slack.messages("deploys")]
    assert sum("`1.5.0` on production" in text for text in roots) == 1, "there is one card"
