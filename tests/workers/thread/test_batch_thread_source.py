"""The thread of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bot.clicks import read_click
from deploys.buttons import APPROVE, QUESTION_BUTTONS, REJECT
from deploys.records.approval import Decision, Verdict
from deploys.records.batch import MAX_SERVICES, Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redis_round_trip import RoundTrip
from deploys.stores.thread_store import KEPT_SECONDS, THREAD_KEY
from tests.builders import a_batch, a_deploy, a_plan, a_service, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness
from tests.workers.thread.sample_deploys import following, sample_deploy
from workers.thread.thread_opening import FIRST_CHECKS_SECONDS
from workers.thread.thread_source import DeployThreadSource

ALICE = "<@U01ALICE00>"


def ask(
    harness: PublisherHarness, *names: str, channel: str = "C01DEPLOYS", **changes: Any
) -> tuple[str, list[str]]:
    """A batch; the ids of the batch and of its deploys."""
    asked = [
        a_deploy(
            (a_stop_start_service if name.startswith("ledger") else a_service)(name),
            request={
                "requested_at": harness.clock() - FIRST_CHECKS_SECONDS,
                "channel": channel,
                "thread_ts": changes.get("request", {}).get("thread_ts"),
            },
        )
        for name in names
    ]
    batch, members = a_batch(*asked, **changes)
    batch = batch.evolve(request={"channel": channel})
    harness.store.submit_batch(batch, members)
    return batch.id, [each.id for each in members]


def succeed(harness: PublisherHarness, deploy_id: str, name: str) -> None:
    harness.add_message(deploy_id, f"*Succeeded.* `{name}` runs `1.4.2`.", ThreadMessageKind.END)
    harness.end(
        deploy_id, outcome=Outcome.SUCCEEDED, rollout={"counts": RolloutCounts(new_desired=3, new_running=3)}
    )


def roll_back(harness: PublisherHarness, deploy_id: str) -> None:
    harness.add_message(
        deploy_id, "*Rolled back* to `api:1`: it crashed.", ThreadMessageKind.END, broadcast=True
    )
    harness.end(deploy_id, outcome=Outcome.ROLLED_BACK, end_reason="it crashed.")


def test_the_thread_of_two_from_the_request_to_the_end(harness: PublisherHarness) -> None:
    batch, [web, api] = ask(harness, "web", "api")
    harness.publish_due()
    assert harness.card(batch)["text"].splitlines()[0] == (
        f"*web,api* `1.4.2` on production by {ALICE}: *both queued*"
    )
    assert harness.view(batch).permalink == harness.card(batch)["permalink"]

    harness.add_message(web, "*Plan* for `web`", ThreadMessageKind.PLAN, phase=Phase.FOLLOWING, plan=a_plan())
    harness.add_message(api, "ECS rolls `api` to `api:2`.", phase=Phase.FOLLOWING, ecs={"update_tried": True})
    harness.add_message(api, "Approved by somebody.")
    harness.run(10)
    succeed(harness, web, "web")
    harness.run(20)
    assert "*1 of 2 succeeded, 1 under way*" in harness.card(batch)["text"]
    roll_back(harness, api)
    harness.run_until_published()

    assert "*1 of 2 succeeded, 1 rolled back*" in harness.card(batch)["text"]
    assert harness.replies(batch) == [
        "*Plan* for `web`",
        "ECS rolls `api` to `api:2`.",
        "`api`: Approved by somebody.",
        "*Succeeded.* `web` runs `1.4.2`.",
        "`api`: *Rolled back* to `api:1`: it crashed.",
        f"{ALICE} *1 of 2 succeeded, 1 rolled back*: `web,api` `1.4.2`, after 32 s.\n"
        "• `web` succeeded\n"
        "• `api` was rolled back",
    ]
    in_channel = [m["text"] for m in harness.slack.messages("C01DEPLOYS")]
    assert in_channel[1:] == ["`api`: *Rolled back* to `api:1`: it crashed."], "failures stay loud"
    assert harness.threads.state(web) is None, "there is no second card"
    assert not any(call["status"] == 429 for call in harness.slack.calls())
    assert harness.redis.ttl(f"{THREAD_KEY}{batch}") == pytest.approx(KEPT_SECONDS, abs=60)


def test_how_often_a_batch_is_read_for_its_card_does_not_grow_with_its_deploys(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, _ = ask(harness, "web", "api", "site", in_order=True)
    read: list[str] = []
    of_one, of_several = harness.store.batch_deploys, harness.store.ask_for_batches

    def batch_deploys(of: Batch) -> list[Deploy]:
        read.append(of.id)
        return of_one(of)

    def ask_for_batches(trip: RoundTrip, ids: Sequence[str]) -> Callable[[], list[Batch]]:
        read.extend(ids)
        return of_several(trip, ids)

    monkeypatch.setattr(harness.store, "batch_deploys", batch_deploys)
    monkeypatch.setattr(harness.store, "ask_for_batches", ask_for_batches)

    harness.publisher.publish(batch)

    assert "*site*: waiting for `api` to end" in harness.card(batch)["text"]
    assert read == [batch, batch], "once for the card, once for all that wait"


def test_the_first_failure_mentions_the_requester_while_others_continue(harness: PublisherHarness) -> None:
    batch, [web, api, _] = ask(harness, "web", "api", "site")
    roll_back(harness, api)
    harness.run(10)
    roll_back(harness, web)
    harness.run(10)

    assert harness.replies(batch) == [
        f"{ALICE} `api`: *Rolled back* to `api:1`: it crashed.",
        "`web`: *Rolled back* to `api:1`: it crashed.",
    ]


def test_replies_of_each_keep_their_order_although_clocks_differ(harness: PublisherHarness) -> None:
    batch, [web, api] = ask(harness, "web", "api")
    harness.clock.value += 50
    harness.add_message(web, "`web` 1")
    harness.clock.value -= 40
    harness.add_message(web, "`web` 2")
    harness.add_message(api, "`api` 1")
    harness.clock.value += 100

    harness.run_until_published()

    assert harness.replies(batch) == ["`api` 1", "`web` 1", "`web` 2"]


def test_many_messages_at_once_stay_within_slacks_limits(harness: PublisherHarness) -> None:
    names = [f"s{number}" for number in range(MAX_SERVICES)]
    batch, members = ask(harness, *names)
    for turn in range(3):
        for name, member in zip(names, members, strict=True):
            harness.add_message(member, f"`{name}` {turn}", phase=Phase.FOLLOWING)
    for name, member in zip(names, members, strict=True):
        succeed(harness, member, name)

    harness.run_until_published()

    replies = harness.replies(batch)
    assert len(replies) == MAX_SERVICES * 4 + 1
    for name in names:
        assert [r for r in replies if f"`{name}` " in r][:3] == [f"`{name}` {turn}" for turn in range(3)]
    assert replies[-1].startswith(f"{ALICE} *All 20 succeeded*: ")
    assert harness.call_count("chat.postMessage") == MAX_SERVICES * 4 + 2
    assert not any(call["status"] == 429 for call in harness.slack.calls())


def test_a_batch_requested_in_a_thread_is_shown_there(harness: PublisherHarness) -> None:
    root = harness.client.chat_postMessage(channel="C01DEPLOYS", text="@slipway deploy web,api 1.4.2")["ts"]
    _, [web, _] = ask(harness, "web", "api", request={"thread_ts": root})
    harness.add_message(web, "`web` begins")
    harness.run_until_published()

    texts = [message["text"] for message in harness.slack.replies("C01DEPLOYS", root)]
    assert texts[0].startswith("*web,api* `1.4.2`")
    assert texts[1] == "`web` begins"
    assert len(harness.slack.messages("C01DEPLOYS")) == 1


def test_a_sync_that_was_cut_short_continues_where_it_stopped(harness: PublisherHarness) -> None:
    batch, [web, api] = ask(harness, "web", "api")
    harness.add_message(web, "`web` 1")
    harness.add_message(api, "`api` 1")
    harness.publish_due()
    harness.slack.add_fault("http-500", method="chat.postMessage")

    harness.run(5)
    harness.run_until_published()

    assert sorted(harness.replies(batch)) == ["`api` 1", "`web` 1"]


def test_a_message_during_another_workers_sync_is_posted_after_it(
    harness: PublisherHarness,
) -> None:
    batch, [web, _] = ask(harness, "web", "api")
    harness.run_until_published()
    assert harness.threads.claim(batch, "another worker", 60)
    harness.add_message(web, "`web` goes on")

    harness.publish_due()
    assert harness.replies(batch) == []

    harness.threads.release(batch, "another worker")
    harness.run_until_published()
    assert harness.replies(batch) == ["`web` goes on"]


def test_a_deleted_card_is_posted_once_more(harness: PublisherHarness) -> None:
    batch, [web, _] = ask(harness, "web", "api")
    harness.run_until_published()
    first = harness.view(batch).ts
    harness.client.chat_delete(channel="C01DEPLOYS", ts=first)

    harness.change(web, phase=Phase.REGISTERING)
    harness.run(5)
    harness.add_message(web, "`web` goes on")
    harness.run(20)

    assert harness.view(batch).ts != first
    assert "`web` goes on" in harness.replies(batch)


def test_a_deploy_without_its_batch_gets_its_own_thread(harness: PublisherHarness) -> None:
    batch, [web, _] = ask(harness, "web", "api")
    harness.redis.delete(*harness.redis.keys("{slipway}:batch:*"))

    harness.run_until_published()

    assert harness.card(web)["text"].startswith("*web* `1.4.2`")
    assert harness.threads.state(batch) is None


def test_a_single_deploy_is_its_own_source() -> None:
    ended = sample_deploy((Phase.ENDED, Outcome.SUCCEEDED))
    assert (DeployThreadSource(ended, ()).is_over, DeployThreadSource(ended, ()).outcome_at) == (
        True,
        ended.ended_at,
    )
    assert not DeployThreadSource(following(), ()).is_over


REASON = "本番環境のログインの不具合を修正します。" * 100


def test_twenty_with_japanese_reasons_show_how_they_ended(harness: PublisherHarness) -> None:
    names = [f"service-{number:02}-{'x' * 52}" for number in range(MAX_SERVICES)]
    batch, members = ask(harness, *names, request={"reason": REASON})
    harness.run_until_published()
    for deploy_id in members:
        harness.change(deploy_id, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})
    harness.run(20)
    assert "*all 20 under way*" in harness.card(batch)["text"]

    for deploy_id, name in zip(members[:10], names[:10], strict=True):
        succeed(harness, deploy_id, name)
    for deploy_id in members[10:]:
        harness.end(deploy_id, outcome=Outcome.ROLLED_BACK, end_reason=REASON)
    harness.run_until_published()

    card = harness.card(batch)["text"]
    assert "*10 of 20 succeeded, 10 rolled back*" in card.splitlines()[0]
    for name, ended in zip(names, ["succeeded"] * 10 + ["rolled back to `1.4.0`"] * 10, strict=True):
        assert f"*{name}*: {ended}" in card or f"*{name}* (from `1.4.0`): {ended}" in card
    assert [call["error"] for call in harness.slack.calls() if call.get("error")] == []


def test_twenty_questions_are_all_shown_with_their_buttons_and_go_as_they_are_answered(
    harness: PublisherHarness,
) -> None:
    names = [f"ledger-{number:02}-{'x' * 53}" for number in range(MAX_SERVICES)]
    batch, members = ask(harness, *names, request={"reason": REASON})
    harness.run_until_published()
    for deploy_id in members:
        harness.change(
            deploy_id,
            phase=Phase.AWAITING_APPROVAL,
            approval={"question": 1},
            plan=a_plan(),
            end_reason=REASON,
        )
    harness.run_until_published()
    assert buttons_of(harness, batch) == {(action, each) for each in members for action in (APPROVE, REJECT)}

    yes = Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=harness.clock())
    for deploy_id in members[3:]:
        harness.change(deploy_id, phase=Phase.REGISTERING, approval={"decisions": (yes,)})
    harness.run(20)

    left = {(action, each) for each in members[:3] for action in (APPROVE, REJECT)}
    assert buttons_of(harness, batch) == left
    assert "'confirm': {'title'" in str(harness.card(batch)["blocks"]), (
        "with room, it asks again before it acts"
    )
    assert [call["error"] for call in harness.slack.calls() if call.get("error")] == []


def buttons_of(harness: PublisherHarness, batch: str) -> set[tuple[str, str]]:
    """The answers that the card offers, for each deploy."""
    found = set()
    for block in harness.card(batch)["blocks"]:
        for element in block["elements"] if block["type"] == "actions" else ():
            click = read_click({"actions": [element]}) if element["type"] == "button" else None
            if click and click.action_id in QUESTION_BUTTONS:
                found.add((click.action_id, click.value.partition(".")[0]))
    return found
