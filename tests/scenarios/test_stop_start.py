"""What people see of deploys that stop everything first."""

from __future__ import annotations

import httpx

from deploys import buttons
from deploys.records.phases import Outcome
from tests.scenarios.conversation import IN_SOCKET_MODE, Conversation


def test_approved_it_stops_proves_and_starts(slack: Conversation) -> None:
    answers, thread = slack.says("alice", "/deploy ledger 1.4.2")
    assert answers == [
        "Queued: `ledger` `1.4.2` (deploy `ID`). Its thread follows here after the first checks. "
        "Before anything is changed it needs 1 approval, from @approvers."
    ]
    assert thread is not None
    thread.card_says("waiting for 1 approval")

    assert thread.press("carol", buttons.APPROVE).tells("carol") == [
        "You are not an approver of `ledger`. Those who are: @approvers, as `approvers` in `services.yml` "
        "says."
    ]
    thread.press("bob", buttons.APPROVE).ends()

    assert thread.record.outcome is Outcome.SUCCEEDED
    assert thread.replies[1:] == [
        "@alice asked to deploy `ledger` `1.4.2`. Approved by @bob.",
        "Approved by @bob.",
        "Registered `ledger:9`. Stopping: the desired count goes from 1 to 0. If anything fails, `ledger:8` "
        "and 1 task are brought back.",
        "The old task is proven STOPPED after SOME TIME. The new version starts now.",
        "Starting 1 task of `ledger:9` (deployment `ecs-svc/N`).",
        "@alice Succeeded. `ledger` runs `1.4.2`: 1 task running, after SOME TIME. Downtime: SOME TIME, from "
        "the request to stop until the full count ran again.",
    ]
    state = httpx.get(f"{slack.demo.ecs_url}/sandbox/state").json()
    tasks = [task for task in state["tasks"] if task["service"] == "ledger"]
    assert len(tasks) == 2
    old, new = sorted(tasks, key=lambda task: task["createdAt"])
    assert old["stoppedAt"] is not None
    assert new["createdAt"] >= old["stoppedAt"]


@IN_SOCKET_MODE
def test_rejected_it_changes_nothing(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy billing 1.4.2").card_says("waiting for 1 approval")

    thread.press("bob", buttons.REJECT).ends()

    assert thread.record.outcome is Outcome.REJECTED
    assert thread.replies[-1] == "@alice Rejected by @bob. Nothing was changed."


@IN_SOCKET_MODE
def test_a_refused_click_is_told_in_a_public_channel_that_the_bot_is_not_in(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy billing 1.4.2", channel="general")
    thread.card_says("waiting for 1 approval")

    assert thread.press("carol", buttons.APPROVE).tells("carol") == [
        "You are not an approver of `billing`. Those who are: @bob, @approvers, as `approvers` in "
        "`services.yml` says."
    ]

    slack.says("alice", f"/deploy cancel {thread.deploy_id}", channel="general")
    assert thread.ends().record.outcome is Outcome.CANCELLED
