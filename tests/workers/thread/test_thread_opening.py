"""When a card is opened, and refusals that only the requester sees."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from sandbox.slack.client_types import MessageJson
from tests.builders import NOW, a_batch, a_deploy, a_plan, a_service
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.thread.thread_opening import FIRST_CHECKS_SECONDS, opens_at

DEPLOYS, GENERAL = "C01DEPLOYS", "C02GENERAL"
REASON = "There is no image `web:v1.4.2`, so nothing was registered. Did you mean `1.4.2`?"
TOLD = f":no_entry_sign: `web` `v1.4.2`: *Refused*, nothing was changed: {REASON}"
REFUSED: dict[str, Any] = {"phase": Phase.ENDED, "outcome": Outcome.REFUSED}


@pytest.mark.parametrize(
    ("changes", "ahead", "until"),
    [
        ({"phase": Phase.WAITING}, False, NOW + FIRST_CHECKS_SECONDS),
        ({"phase": Phase.PLANNING}, False, NOW + FIRST_CHECKS_SECONDS),
        ({"phase": Phase.PLANNING, "retries": {"attempts": 3}}, False, NOW + FIRST_CHECKS_SECONDS),
        (REFUSED, False, NOW + FIRST_CHECKS_SECONDS),
        ({"phase": Phase.WAITING}, True, 0.0),
        ({"phase": Phase.AWAITING_APPROVAL, "plan": a_plan()}, False, 0.0),
        ({"phase": Phase.REGISTERING, "plan": a_plan()}, False, 0.0),
        ({"phase": Phase.FOLLOWING_EXTERNAL, "verb": Verb.FOLLOW}, False, 0.0),
        ({**REFUSED, "plan": a_plan()}, False, 0.0),
        ({"phase": Phase.ENDED, "outcome": Outcome.CANCELLED}, False, 0.0),
    ],
)
def test_when_a_thread_is_opened(changes: dict[str, Any], ahead: bool, until: float) -> None:
    assert opens_at([a_deploy(**changes)], [a_deploy()] if ahead else []) == until


def test_the_first_of_several_that_gets_through_opens_it() -> None:
    refused, going = a_deploy(**REFUSED), a_deploy(phase=Phase.REGISTERING, plan=a_plan())

    assert opens_at([refused, a_deploy()], []) == NOW + FIRST_CHECKS_SECONDS
    assert opens_at([refused, going], []) == 0.0


def ask(harness: PublisherHarness, **changes: Any) -> str:
    """A deploy that was requested now."""
    asked_now = {"requested_at": harness.clock(), **changes.pop("request", {})}
    return harness.request(**{"tag": "v1.4.2", "request": asked_now, **changes})


def refuse(harness: PublisherHarness, deploy_id: str, reason: str = REASON, **changes: Any) -> None:
    """What the first checks do to it."""
    text = f"*Refused*, nothing was changed: {reason}"
    harness.add_message(deploy_id, text, ThreadMessageKind.END, broadcast=True)
    harness.end(deploy_id, outcome=Outcome.REFUSED, end_reason=reason, **changes)


def seen(harness: PublisherHarness, user: str = "alice", channel: str = DEPLOYS) -> list[MessageJson]:
    return [m for m in harness.slack.messages(channel, user) if not m.get("subtype")]


def elements(message: MessageJson) -> list[tuple[str, str, str]]:
    """Label, action and value of each button."""
    rows = [block for block in message.get("blocks") or [] if block["type"] == "actions"]
    return [(e["text"]["text"], e["action_id"], e["value"]) for row in rows for e in row["elements"]]


def test_only_the_requester_sees_a_refusal_with_the_likely_tag_as_a_button(
    harness: PublisherHarness,
) -> None:
    web = ask(harness)
    harness.publish_due()
    harness.run(0.5)
    refuse(harness, web, refusal={"likely_tags": ("1.4.2",)})
    harness.run_until_published()

    [told] = seen(harness)
    assert (told["text"], told["ephemeral"]) == (TOLD, True)
    assert elements(told) == [("Deploy web 1.4.2", buttons.LIKELY_TAG, f"{web}.0")]
    assert seen(harness, "bob") == []
    assert harness.threads.find(web) is None


def test_a_long_label_keeps_the_tag_and_the_dialog_says_what_is_done(harness: PublisherHarness) -> None:
    web = ask(harness, service=a_service("a" * 63))
    refuse(harness, web, refusal={"likely_tags": ("1.4.2-build-7",)})
    harness.run_until_published()

    [told] = seen(harness)
    assert elements(told)[0][0] == "Deploy 1.4.2-build-7"
    confirm = told["blocks"][-1]["elements"][0]["confirm"]
    assert confirm["text"]["text"] == f"This does what typing /deploy {'a' * 63} 1.4.2-build-7 does."


def test_a_refusal_is_sent_once(harness: PublisherHarness) -> None:
    web = ask(harness)
    refuse(harness, web)
    harness.run_until_published()
    harness.threads.mark_due(web, harness.clock())

    harness.run_until_published()

    assert [m["text"] for m in seen(harness)] == [TOLD]


def test_a_rollback_that_is_refused_offers_the_likely_version(harness: PublisherHarness) -> None:
    web = ask(harness, verb=Verb.ROLLBACK, tag="", rollback_target="v1.4.1")
    refuse(harness, web, refusal={"likely_tags": ("1.4.1",)})
    harness.run_until_published()

    assert elements(seen(harness)[0]) == [("Roll web back to 1.4.1", buttons.LIKELY_TAG, f"{web}.0")]


def test_a_refusal_for_an_external_rollout_offers_to_follow_it(harness: PublisherHarness) -> None:
    web = ask(harness)
    refuse(harness, web, refusal={"external_deployment_id": "ecs-svc/1"})
    harness.run_until_published()

    assert elements(seen(harness)[0]) == [("Follow it", buttons.FOLLOW, f"{web}.0")]


def test_checks_that_take_longer_are_shown_and_then_the_refusal_is_in_the_thread(
    harness: PublisherHarness,
) -> None:
    web = ask(harness)
    harness.publish_due()
    harness.run(FIRST_CHECKS_SECONDS - 0.2)
    assert seen(harness) == []
    harness.run(0.4)
    assert "*queued" in harness.card(web)["text"]

    refuse(harness, web, refusal={"likely_tags": ("1.4.2",)})
    harness.run_until_published()

    assert harness.replies(web) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]
    assert elements(harness.card(web)) == [("Deploy web 1.4.2", buttons.LIKELY_TAG, f"{web}.0")]


def test_a_plan_opens_the_card_at_once(harness: PublisherHarness) -> None:
    web = ask(harness)
    harness.add_message(web, "*Plan*", ThreadMessageKind.PLAN, phase=Phase.REGISTERING, plan=a_plan())

    harness.publish_due()

    assert harness.card(web)["text"].startswith("*web* `1.4.0` → `v1.4.2`")


def test_a_queued_deploy_has_a_card_and_is_refused_there(harness: PublisherHarness) -> None:
    first = ask(harness, tag="1.4.1")
    second = ask(harness)
    harness.publish_due()
    assert harness.threads.find(second) is not None

    harness.end(first, outcome=Outcome.SUCCEEDED)
    refuse(harness, second)
    harness.run_until_published()

    assert harness.replies(second) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]


def test_what_was_planned_before_it_was_refused_gets_its_card(harness: PublisherHarness) -> None:
    web = ask(harness)
    refuse(harness, web, plan=a_plan())

    harness.run_until_published()

    assert harness.replies(web) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]


def test_a_refusal_in_a_thread_is_sent_there(harness: PublisherHarness) -> None:
    root = str(harness.client.chat_postMessage(channel=DEPLOYS, text="Which one?")["ts"])
    harness.slack.say("bob", "deploys", "The newest.", thread_ts=root)
    web = ask(harness, request={"thread_ts": root})
    refuse(harness, web)
    harness.run_until_published()

    assert [m["text"] for m in harness.slack.replies(DEPLOYS, root, "alice")] == ["The newest.", TOLD]
    assert [m["text"] for m in harness.slack.replies(DEPLOYS, root, "bob")] == ["The newest."]


def test_below_a_message_without_replies_it_would_not_be_seen_so_the_channel_has_it(
    harness: PublisherHarness,
) -> None:
    root = str(harness.client.chat_postMessage(channel=DEPLOYS, text="@slipway web v1.4.2")["ts"])
    web = ask(harness, request={"thread_ts": root, "new_thread": True})
    refuse(harness, web)
    harness.run_until_published()

    assert [m["text"] for m in seen(harness) if m["ephemeral"]] == [TOLD]


def test_if_the_bot_is_not_a_member_a_direct_message_is_sent(harness: PublisherHarness) -> None:
    web = ask(harness, request={"channel": GENERAL})
    refuse(harness, web, refusal={"likely_tags": ("1.4.2",)})
    harness.run_until_published()

    assert seen(harness, channel=GENERAL) == []
    [told] = harness.slack.messages("@slipway", "alice")
    assert told["text"] == f"In <#C02GENERAL>: {TOLD}"
    assert elements(told) == [("Deploy web 1.4.2", buttons.LIKELY_TAG, f"{web}.0")]


def test_while_slack_is_unreachable_a_refusal_waits(harness: PublisherHarness) -> None:
    web = ask(harness)
    refuse(harness, web)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        harness.slack.add_fault("http-429", method=method, retry_after=30)
    harness.publish_due()
    assert seen(harness) == []

    harness.run_until_published()

    assert [m["text"] for m in seen(harness)] == [TOLD]


def test_if_no_route_to_the_requester_works_the_card_says_it(harness: PublisherHarness) -> None:
    web = ask(harness, request={"channel": GENERAL})
    refuse(harness, web)
    harness.slack.add_fault("error", method="chat.postMessage", error="messages_tab_disabled")

    harness.run_until_published()

    assert harness.replies(web, GENERAL) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]


def several(harness: PublisherHarness) -> tuple[str, Deploy, Deploy]:
    """`/deploy web,api v1.4.2`, this very moment."""
    asked = [
        a_deploy(a_service(name), tag="v1.4.2", request={"requested_at": harness.clock()})
        for name in ("web", "api")
    ]
    batch, [web, api] = a_batch(*asked)
    harness.store.submit_batch(batch, [web, api])
    return batch.id, web, api


def test_a_batch_that_is_refused_as_a_whole_is_one_private_message(harness: PublisherHarness) -> None:
    batch, web, api = several(harness)
    refuse(harness, web.id, "There is no image `web:v1.4.2`.", refusal={"likely_tags": ("1.4.2",)})
    harness.publish_due()
    assert seen(harness) == []
    refuse(harness, api.id, "There is no image `api:v1.4.2`.", refusal={"likely_tags": ("1.4.2",)})
    harness.run_until_published()

    [told] = seen(harness)
    assert told["text"] == (
        ":no_entry_sign: `web,api` `v1.4.2`: *Refused*, nothing was changed.\n"
        "• `web`: There is no image `web:v1.4.2`.\n"
        "• `api`: There is no image `api:v1.4.2`."
    )
    assert elements(told) == [("Deploy web,api 1.4.2", buttons.LIKELY_TAG, f"{batch}.0")]
    assert seen(harness, "bob") == []


def test_without_a_tag_that_is_likely_for_all_there_is_no_button(harness: PublisherHarness) -> None:
    _, web, api = several(harness)
    refuse(harness, web.id, refusal={"likely_tags": ("1.4.2",)})
    refuse(harness, api.id, refusal={"likely_tags": ("1.4.1",)})
    harness.run_until_published()

    assert elements(seen(harness)[0]) == []


def test_one_refused_deploy_of_a_batch_is_on_its_card(harness: PublisherHarness) -> None:
    batch, web, api = several(harness)
    refuse(harness, web.id, refusal={"likely_tags": ("1.4.2",)})
    harness.add_message(
        api.id, "*Plan* for `api`", ThreadMessageKind.PLAN, phase=Phase.FOLLOWING, plan=a_plan()
    )
    harness.run(30)

    assert "1 refused" in harness.card(batch)["text"]
    assert ("Deploy web 1.4.2", buttons.LIKELY_TAG, f"{web.id}.0") in elements(harness.card(batch))
