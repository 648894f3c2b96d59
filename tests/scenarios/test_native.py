"""What people see of a canary that pauses."""

from __future__ import annotations

import re

from deploys import buttons
from deploys.records.phases import Outcome
from tests.scenarios.conversation import IN_SOCKET_MODE, Conversation


@IN_SOCKET_MODE
def test_a_canary_waits_for_somebody_who_says_continue(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy shop 1.4.2")
    thread.card_says("paused once the test traffic has moved, waiting for an answer")
    assert "Production traffic: new 0 %, old 100 %. Test traffic: new 100 %." in thread.card
    assert (
        "@approvers can continue it until THEN; if nobody answers, ECS rolls back by itself." in thread.card
    )

    thread.press("carol", buttons.CONTINUE)
    assert thread.tells("carol") == [
        "You are not an approver of `shop`. Those who are: @approvers, as `approvers` in `services.yml` says."
    ]

    thread.press("bob", buttons.CONTINUE).ends()

    assert thread.record.outcome is Outcome.SUCCEEDED
    assert thread.card.splitlines()[0] == (
        "shop `1.4.0` → `1.4.2` on production by @alice: succeeded, 3 of 3 new tasks running"
    )
    messages = thread.replies[2:]
    assert messages[0] == (
        "The new tasks run and get the test traffic. Production traffic still goes to the old ones."
    )
    assert messages[1] == ("`shop` `1.4.2` paused once the test traffic has moved. @bob pressed Continue.")
    assert messages[2:-1] == [
        "@bob pressed Continue: the rollout goes on.",
        "10 % of the production traffic goes to the new tasks now, for SOME TIME before more does.",
        "All production traffic goes to the new tasks now. The old ones still run.",
        "Baking for SOME TIME, until THEN: the old tasks still run, so a rollback is quick.",
    ]
    assert re.fullmatch(
        r"@alice Succeeded\. `shop` runs `1\.4\.2`: 3 tasks running, after SOME TIME\. "
        r"(All old tasks have stopped|\d old tasks? not stopped yet)\.",
        messages[-1],
    )
