"""When a card is opened, and refusals that the requester alone is told."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import button_ids
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


def ask(press: PublisherHarness, **changes: Any) -> str:
    """A deploy that was asked for this very moment."""
    asked_now = {"requested_at": press.clock(), **changes.pop("request", {})}
    return press.request(**{"tag": "v1.4.2", "request": asked_now, **changes})


def refuse(press: PublisherHarness, deploy_id: str, reason: str = REASON, **changes: Any) -> None:
    """What the first checks do to it."""
    text = f"*Refused*, nothing was changed: {reason}"
    press.add_message(deploy_id, text, ThreadMessageKind.END, broadcast=True)
    press.end(deploy_id, outcome=Outcome.REFUSED, end_reason=reason, **changes)


def seen(press: PublisherHarness, user: str = "alice", channel: str = DEPLOYS) -> list[MessageJson]:
    return [m for m in press.slack.messages(channel, user) if not m.get("subtype")]


def elements(message: MessageJson) -> list[tuple[str, str, str]]:
    """Label, action and value of each button."""
    rows = [block for block in message.get("blocks") or [] if block["type"] == "actions"]
    return [(e["text"]["text"], e["action_id"], e["value"]) for row in rows for e in row["elements"]]


def test_a_refusal_is_told_to_the_requester_alone_with_the_likely_tag_as_a_button(
    press: PublisherHarness,
) -> None:
    web = ask(press)
    press.publish_due()
    press.run(0.5)
    refuse(press, web, refusal={"likely_tags": ("1.4.2",)})
    press.run_until_published()

    [told] = seen(press)
    assert (told["text"], told["ephemeral"]) == (TOLD, True)
    assert elements(told) == [("Deploy web 1.4.2", button_ids.LIKELY_TAG, f"{web}.0")]
    assert seen(press, "bob") == []
    assert press.threads.find(web) is None


def test_a_long_label_keeps_the_tag_and_the_dialog_says_what_is_done(press: PublisherHarness) -> None:
    web = ask(press, service=a_service("a" * 63))
    refuse(press, web, refusal={"likely_tags": ("1.4.2-build-7",)})
    press.run_until_published()

    [told] = seen(press)
    assert elements(told)[0][0] == "Deploy 1.4.2-build-7"
    confirm = told["blocks"][-1]["elements"][0]["confirm"]
    assert confirm["text"]["text"] == f"This does what typing /deploy {'a' * 63} 1.4.2-build-7 does."


def test_it_is_told_once(press: PublisherHarness) -> None:
    web = ask(press)
    refuse(press, web)
    press.run_until_published()
    press.threads.mark_due(web, press.clock())

    press.run_until_published()

    assert [m["text"] for m in seen(press)] == [TOLD]


def test_a_rollback_that_is_refused_offers_the_likely_version(press: PublisherHarness) -> None:
    web = ask(press, verb=Verb.ROLLBACK, tag="", rollback_target="v1.4.1")
    refuse(press, web, refusal={"likely_tags": ("1.4.1",)})
    press.run_until_published()

    assert elements(seen(press)[0]) == [("Roll web back to 1.4.1", button_ids.LIKELY_TAG, f"{web}.0")]


def test_a_foreign_rollout_in_the_way_offers_to_follow_it(press: PublisherHarness) -> None:
    web = ask(press)
    refuse(press, web, refusal={"external_deployment_id": "ecs-svc/1"})
    press.run_until_published()

    assert elements(seen(press)[0]) == [("Follow it", button_ids.FOLLOW, f"{web}.0")]


def test_checks_that_take_longer_are_shown_and_then_the_refusal_is_in_the_thread(
    press: PublisherHarness,
) -> None:
    web = ask(press)
    press.publish_due()
    press.run(FIRST_CHECKS_SECONDS - 0.2)
    assert seen(press) == []
    press.run(0.4)
    assert "*queued" in press.card(web)["text"]

    refuse(press, web, refusal={"likely_tags": ("1.4.2",)})
    press.run_until_published()

    assert press.replies(web) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]
    assert elements(press.card(web)) == [("Deploy web 1.4.2", button_ids.LIKELY_TAG, f"{web}.0")]


def test_a_plan_opens_the_card_at_once(press: PublisherHarness) -> None:
    web = ask(press)
    press.add_message(web, "*Plan*", ThreadMessageKind.PLAN, phase=Phase.REGISTERING, plan=a_plan())

    press.publish_due()

    assert press.card(web)["text"].startswith("*web* `v1.4.2`")


def test_who_waits_in_line_has_a_card_and_is_refused_there(press: PublisherHarness) -> None:
    first = ask(press, tag="1.4.1")
    second = ask(press)
    press.publish_due()
    assert press.threads.find(second) is not None

    press.end(first, outcome=Outcome.SUCCEEDED)
    refuse(press, second)
    press.run_until_published()

    assert press.replies(second) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]


def test_what_was_planned_before_it_was_refused_gets_its_card(press: PublisherHarness) -> None:
    web = ask(press)
    refuse(press, web, plan=a_plan())

    press.run_until_published()

    assert press.replies(web) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]


def test_in_a_thread_it_is_told_there(press: PublisherHarness) -> None:
    root = str(press.client.chat_postMessage(channel=DEPLOYS, text="Which one?")["ts"])
    press.slack.say("bob", "deploys", "The newest.", thread_ts=root)
    web = ask(press, request={"thread_ts": root})
    refuse(press, web)
    press.run_until_published()

    assert [m["text"] for m in press.slack.replies(DEPLOYS, root, "alice")] == ["The newest.", TOLD]
    assert [m["text"] for m in press.slack.replies(DEPLOYS, root, "bob")] == ["The newest."]


def test_below_a_message_without_replies_it_would_not_be_seen_so_the_channel_has_it(
    press: PublisherHarness,
) -> None:
    root = str(press.client.chat_postMessage(channel=DEPLOYS, text="@slipway web v1.4.2")["ts"])
    web = ask(press, request={"thread_ts": root, "new_thread": True})
    refuse(press, web)
    press.run_until_published()

    assert [m["text"] for m in seen(press) if m["ephemeral"]] == [TOLD]


def test_where_the_bot_is_no_member_a_direct_message_tells_it(press: PublisherHarness) -> None:
    web = ask(press, request={"channel": GENERAL})
    refuse(press, web, refusal={"likely_tags": ("1.4.2",)})
    press.run_until_published()

    assert seen(press, channel=GENERAL) == []
    [told] = press.slack.messages("@slipway", "alice")
    assert told["text"] == f"In <#C02GENERAL>: {TOLD}"
    assert elements(told) == [("Deploy web 1.4.2", button_ids.LIKELY_TAG, f"{web}.0")]


def test_when_slack_is_away_it_is_told_later(press: PublisherHarness) -> None:
    web = ask(press)
    refuse(press, web)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        press.slack.add_fault("http-429", method=method, retry_after=30)
    press.publish_due()
    assert seen(press) == []

    press.run_until_published()

    assert [m["text"] for m in seen(press)] == [TOLD]


def test_when_no_way_to_the_requester_is_open_the_card_says_it(press: PublisherHarness) -> None:
    web = ask(press, request={"channel": GENERAL})
    refuse(press, web)
    press.slack.add_fault("error", method="chat.postMessage", error="messages_tab_disabled")

    press.run_until_published()

    assert press.replies(web, GENERAL) == [f"<@U01ALICE00> *Refused*, nothing was changed: {REASON}"]


def several(press: PublisherHarness) -> tuple[str, Deploy, Deploy]:
    """`/deploy web,api v1.4.2`, this very moment."""
    asked = [
        a_deploy(a_service(name), tag="v1.4.2", request={"requested_at": press.clock()})
        for name in ("web", "api")
    ]
    batch, [web, api] = a_batch(*asked)
    press.store.submit_batch(batch, [web, api])
    return batch.id, web, api


def test_several_that_are_all_refused_are_told_together(press: PublisherHarness) -> None:
    batch, web, api = several(press)
    refuse(press, web.id, "There is no image `web:v1.4.2`.", refusal={"likely_tags": ("1.4.2",)})
    press.publish_due()
    assert seen(press) == []
    refuse(press, api.id, "There is no image `api:v1.4.2`.", refusal={"likely_tags": ("1.4.2",)})
    press.run_until_published()

    [told] = seen(press)
    assert told["text"] == (
        ":no_entry_sign: `web,api` `v1.4.2`: *Refused*, nothing was changed.\n"
        "• `web`: There is no image `web:v1.4.2`.\n"
        "• `api`: There is no image `api:v1.4.2`."
    )
    assert elements(told) == [("Deploy web,api 1.4.2", button_ids.LIKELY_TAG, f"{batch}.0")]
    assert seen(press, "bob") == []


def test_without_a_tag_that_is_likely_for_all_there_is_no_button(press: PublisherHarness) -> None:
    _, web, api = several(press)
    refuse(press, web.id, refusal={"likely_tags": ("1.4.2",)})
    refuse(press, api.id, refusal={"likely_tags": ("1.4.1",)})
    press.run_until_published()

    assert elements(seen(press)[0]) == []


def test_one_of_several_that_is_refused_is_on_their_card(press: PublisherHarness) -> None:
    batch, web, api = several(press)
    refuse(press, web.id, refusal={"likely_tags": ("1.4.2",)})
    press.add_message(
        api.id, "*Plan* for `api`", ThreadMessageKind.PLAN, phase=Phase.FOLLOWING, plan=a_plan()
    )
    press.run(30)

    assert "1 refused" in press.card(batch)["text"]
    assert ("Deploy web 1.4.2", button_ids.LIKELY_TAG, f"{web.id}.0") in elements(press.card(batch))
