"""One thread for several deploys."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clicks import read_click
from deploys.button_ids import APPROVE, QUESTION_BUTTONS, REJECT
from deploys.records.approval import Decision, Verdict
from deploys.records.batch import MAX_SERVICES
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.thread_store import KEPT_SECONDS, THREAD_KEY
from tests.builders import a_batch, a_deploy, a_plan, a_service, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness
from tests.workers.thread.sample_deploys import following, sample_deploy
from workers.thread.thread_opening import FIRST_CHECKS_SECONDS
from workers.thread.thread_source import DeployThreadSource

ALICE = "<@U01ALICE00>"


def ask(
    press: PublisherHarness, *names: str, channel: str = "C01DEPLOYS", **changes: Any
) -> tuple[str, list[str]]:
    """Several at once; the ids of the batch and of its deploys."""
    asked = [
        a_deploy(
            (a_stop_start_service if name.startswith("ledger") else a_service)(name),
            request={
                "requested_at": press.clock() - FIRST_CHECKS_SECONDS,
                "channel": channel,
                "thread_ts": changes.get("request", {}).get("thread_ts"),
            },
        )
        for name in names
    ]
    batch, members = a_batch(*asked, **changes)
    batch = batch.evolve(request={"channel": channel})
    press.store.submit_batch(batch, members)
    return batch.id, [each.id for each in members]


def succeed(press: PublisherHarness, deploy_id: str, name: str) -> None:
    press.add_message(deploy_id, f"*Succeeded.* `{name}` runs `1.4.2`.", ThreadMessageKind.END)
    press.end(
        deploy_id, outcome=Outcome.SUCCEEDED, rollout={"counts": RolloutCounts(new_desired=3, new_running=3)}
    )


def roll_back(press: PublisherHarness, deploy_id: str) -> None:
    press.add_message(
        deploy_id, "*Rolled back* to `api:1`: it crashed.", ThreadMessageKind.END, broadcast=True
    )
    press.end(deploy_id, outcome=Outcome.ROLLED_BACK, end_reason="it crashed.")


def test_the_thread_of_two_from_the_request_to_the_end(press: PublisherHarness) -> None:
    batch, [web, api] = ask(press, "web", "api")
    press.publish_due()
    assert press.card(batch)["text"].splitlines()[0] == (
        f"*web,api* `1.4.2` on production by {ALICE}: *both queued*"
    )
    assert press.view(batch).permalink == press.card(batch)["permalink"]

    press.add_message(web, "*Plan* for `web`", ThreadMessageKind.PLAN, phase=Phase.FOLLOWING, plan=a_plan())
    press.add_message(api, "ECS rolls `api` to `api:2`.", phase=Phase.FOLLOWING, ecs={"update_tried": True})
    press.add_message(api, "Approved by somebody.")
    press.run(10)
    succeed(press, web, "web")
    press.run(20)
    assert "*1 of 2 succeeded, 1 under way*" in press.card(batch)["text"]
    roll_back(press, api)
    press.run_until_published()

    assert "*1 of 2 succeeded, 1 rolled back*" in press.card(batch)["text"]
    assert press.replies(batch) == [
        "*Plan* for `web`",
        "ECS rolls `api` to `api:2`.",
        "`api`: Approved by somebody.",
        "*Succeeded.* `web` runs `1.4.2`.",
        "`api`: *Rolled back* to `api:1`: it crashed.",
        f"{ALICE} *1 of 2 succeeded, 1 rolled back*: `web,api` `1.4.2`, after 32 s.\n"
        "• `web` succeeded\n"
        "• `api` was rolled back",
    ]
    in_channel = [m["text"] for m in press.slack.messages("C01DEPLOYS")]
    assert in_channel[1:] == ["`api`: *Rolled back* to `api:1`: it crashed."], "failures stay loud"
    assert press.threads.state(web) is None, "there is no second card"
    assert not any(call["status"] == 429 for call in press.slack.calls())
    assert press.redis.ttl(f"{THREAD_KEY}{batch}") == pytest.approx(KEPT_SECONDS, abs=60)


def test_the_first_failure_calls_whoever_asked_when_others_go_on(press: PublisherHarness) -> None:
    batch, [web, api, _] = ask(press, "web", "api", "site")
    roll_back(press, api)
    press.run(10)
    roll_back(press, web)
    press.run(10)

    assert press.replies(batch) == [
        f"{ALICE} `api`: *Rolled back* to `api:1`: it crashed.",
        "`web`: *Rolled back* to `api:1`: it crashed.",
    ]


def test_replies_of_each_keep_their_order_although_clocks_differ(press: PublisherHarness) -> None:
    batch, [web, api] = ask(press, "web", "api")
    press.clock.value += 50
    press.add_message(web, "`web` 1")
    press.clock.value -= 40
    press.add_message(web, "`web` 2")
    press.add_message(api, "`api` 1")
    press.clock.value += 100

    press.run_until_published()

    assert press.replies(batch) == ["`api` 1", "`web` 1", "`web` 2"]


def test_many_members_that_speak_at_once_are_told_within_slacks_limits(press: PublisherHarness) -> None:
    names = [f"s{number}" for number in range(MAX_SERVICES)]
    batch, members = ask(press, *names)
    for turn in range(3):
        for name, member in zip(names, members, strict=True):
            press.add_message(member, f"`{name}` {turn}", phase=Phase.FOLLOWING)
    for name, member in zip(names, members, strict=True):
        succeed(press, member, name)

    press.run_until_published()

    replies = press.replies(batch)
    assert len(replies) == MAX_SERVICES * 4 + 1
    for name in names:
        assert [r for r in replies if f"`{name}` " in r][:3] == [f"`{name}` {turn}" for turn in range(3)]
    assert replies[-1].startswith(f"{ALICE} *All 20 succeeded*: ")
    assert press.call_count("chat.postMessage") == MAX_SERVICES * 4 + 2
    assert not any(call["status"] == 429 for call in press.slack.calls())


def test_asked_for_in_a_thread_it_is_told_there(press: PublisherHarness) -> None:
    root = press.client.chat_postMessage(channel="C01DEPLOYS", text="@slipway deploy web,api 1.4.2")["ts"]
    _, [web, _] = ask(press, "web", "api", request={"thread_ts": root})
    press.add_message(web, "`web` begins")
    press.run_until_published()

    texts = [message["text"] for message in press.slack.replies("C01DEPLOYS", root)]
    assert texts[0].startswith("*web,api* `1.4.2`")
    assert texts[1] == "`web` begins"
    assert len(press.slack.messages("C01DEPLOYS")) == 1


def test_a_turn_that_was_cut_short_goes_on_where_it_stopped(press: PublisherHarness) -> None:
    batch, [web, api] = ask(press, "web", "api")
    press.add_message(web, "`web` 1")
    press.add_message(api, "`api` 1")
    press.publish_due()
    press.slack.add_fault("http-500", method="chat.postMessage")

    press.run(5)
    press.run_until_published()

    assert sorted(press.replies(batch)) == ["`api` 1", "`web` 1"]


def test_what_one_says_while_another_worker_has_the_thread_is_told_after_it(press: PublisherHarness) -> None:
    batch, [web, _] = ask(press, "web", "api")
    press.run_until_published()
    assert press.threads.claim(batch, "another worker", 60)
    press.add_message(web, "`web` goes on")

    press.publish_due()
    assert press.replies(batch) == []

    press.threads.release(batch, "another worker")
    press.run_until_published()
    assert press.replies(batch) == ["`web` goes on"]


def test_a_deleted_card_is_posted_once_more(press: PublisherHarness) -> None:
    batch, [web, _] = ask(press, "web", "api")
    press.run_until_published()
    first = press.view(batch).ts
    press.client.chat_delete(channel="C01DEPLOYS", ts=first)

    press.change(web, phase=Phase.REGISTERING)
    press.run(5)
    press.add_message(web, "`web` goes on")
    press.run(20)

    assert press.view(batch).ts != first
    assert "`web` goes on" in press.replies(batch)


def test_without_its_batch_a_deploy_has_a_thread_of_its_own(press: PublisherHarness) -> None:
    batch, [web, _] = ask(press, "web", "api")
    press.redis.delete(*press.redis.keys("{slipway}:batch:*"))

    press.run_until_published()

    assert press.card(web)["text"].startswith("*web* `1.4.2`")
    assert press.threads.state(batch) is None


def test_one_deploy_is_its_own_subject() -> None:
    ended = sample_deploy((Phase.ENDED, Outcome.SUCCEEDED))
    assert (DeployThreadSource(ended, ()).is_over, DeployThreadSource(ended, ()).outcome_at) == (
        True,
        ended.ended_at,
    )
    assert not DeployThreadSource(following(), ()).is_over


REASON = "本番環境のログインの不具合を修正します。" * 100


def test_twenty_with_japanese_reasons_show_how_they_ended(press: PublisherHarness) -> None:
    names = [f"service-{number:02}-{'x' * 52}" for number in range(MAX_SERVICES)]
    batch, members = ask(press, *names, request={"reason": REASON})
    press.run_until_published()
    for deploy_id in members:
        press.change(deploy_id, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})
    press.run(20)
    assert "*all 20 under way*" in press.card(batch)["text"]

    for deploy_id, name in zip(members[:10], names[:10], strict=True):
        succeed(press, deploy_id, name)
    for deploy_id in members[10:]:
        press.end(deploy_id, outcome=Outcome.ROLLED_BACK, end_reason=REASON)
    press.run_until_published()

    card = press.card(batch)["text"]
    assert "*10 of 20 succeeded, 10 rolled back*" in card.splitlines()[0]
    for name, ended in zip(names, ["succeeded"] * 10 + ["rolled back to `1.4.0`"] * 10, strict=True):
        assert f"*{name}*: {ended}" in card or f"*{name}* (from `1.4.0`): {ended}" in card
    assert [call["error"] for call in press.slack.calls() if call.get("error")] == []


def test_twenty_questions_are_all_shown_with_their_buttons_and_go_as_they_are_answered(
    press: PublisherHarness,
) -> None:
    names = [f"ledger-{number:02}-{'x' * 53}" for number in range(MAX_SERVICES)]
    batch, members = ask(press, *names, request={"reason": REASON})
    press.run_until_published()
    for deploy_id in members:
        press.change(
            deploy_id,
            phase=Phase.AWAITING_APPROVAL,
            approval={"question": 1},
            plan=a_plan(),
            end_reason=REASON,
        )
    press.run_until_published()
    assert buttons_of(press, batch) == {(action, each) for each in members for action in (APPROVE, REJECT)}

    yes = Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=press.clock())
    for deploy_id in members[3:]:
        press.change(deploy_id, phase=Phase.REGISTERING, approval={"decisions": (yes,)})
    press.run(20)

    left = {(action, each) for each in members[:3] for action in (APPROVE, REJECT)}
    assert buttons_of(press, batch) == left
    assert "'confirm': {'title'" in str(press.card(batch)["blocks"]), (
        "with room, it asks again before it acts"
    )
    assert [call["error"] for call in press.slack.calls() if call.get("error")] == []


def buttons_of(press: PublisherHarness, batch: str) -> set[tuple[str, str]]:
    """Which answers to which deploys the card offers."""
    found = set()
    for block in press.card(batch)["blocks"]:
        for element in block["elements"] if block["type"] == "actions" else ():
            click = read_click({"actions": [element]}) if element["type"] == "button" else None
            if click and click.action_id in QUESTION_BUTTONS:
                found.add((click.action_id, click.value.partition(".")[0]))
    return found
