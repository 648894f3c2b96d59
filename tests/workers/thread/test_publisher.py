"""A thread follows its record."""

from __future__ import annotations

import threading

from redis import Redis

from deploys.formatting import utc_time
from deploys.records.confirmations import Observation, PendingConfirmation
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import redis_keys
from deploys.stores.thread_store import KEPT_SECONDS, THREAD_KEY
from sandbox.slack import SlackSandbox
from tests.builders import NOW, a_batch, a_deploy, a_plan, a_service, a_stop_start_service
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.thread.publisher import Publisher
from workers.thread.sync import SECONDS_BETWEEN_CHANGES, SECONDS_BETWEEN_TIME_UPDATES

ROLLING = {"phase": Phase.FOLLOWING, "ecs": {"update_tried": True}, "plan": a_plan()}


def test_a_deploys_thread_from_the_request_to_its_end(harness: PublisherHarness) -> None:
    web = harness.request(request={"reason": "fixes the login"})
    harness.publish_due()
    assert "*queued, starts now*" in harness.card(web)["text"]
    assert harness.view(web).permalink == harness.card(web)["permalink"]

    harness.add_message(
        web, "*Plan* for `web`", ThreadMessageKind.PLAN, phase=Phase.REGISTERING, plan=a_plan()
    )
    harness.add_message(web, "ECS rolls `web` to `web:2`.", phase=Phase.FOLLOWING, ecs={"update_tried": True})
    harness.run(5)
    harness.change(
        web, rollout={"counts": RolloutCounts(new_desired=3, new_running=2, new_pending=1, old_running=1)}
    )
    harness.run(5)
    assert "*rolling out, 2 of 3 new tasks running*" in harness.card(web)["text"]

    harness.add_message(web, "*Succeeded.*", ThreadMessageKind.END)
    harness.end(
        web, outcome=Outcome.SUCCEEDED, rollout={"counts": RolloutCounts(new_desired=3, new_running=3)}
    )
    harness.run_until_published()

    assert "*succeeded, 3 of 3 new tasks running*" in harness.card(web)["text"]
    assert [block["type"] for block in harness.card(web)["blocks"]][-1] == "context"  # no button is left
    assert harness.replies(web) == [
        "*Plan* for `web`",
        "ECS rolls `web` to `web:2`.",
        "<@U01ALICE00> *Succeeded.*",
    ]
    assert harness.call_count("chat.postMessage") == 4
    assert not any(call["status"] == 429 for call in harness.slack.calls())


def test_links_are_never_unfolded(harness: PublisherHarness) -> None:
    web = harness.request()
    harness.add_message(web, "see https://example.org")
    harness.run_until_published()

    for call in harness.slack.calls("chat.postMessage"):
        assert (call["args"]["unfurl_links"], call["args"]["unfurl_media"]) == (False, False)


def test_a_deploy_requested_in_a_thread_is_shown_there(harness: PublisherHarness) -> None:
    root = harness.client.chat_postMessage(channel="C01DEPLOYS", text="@slipway deploy web 1.4.2")["ts"]
    web = harness.request(request={"thread_ts": root})
    harness.add_message(web, "*Plan*")
    harness.run_until_published()

    texts = [message["text"] for message in harness.slack.replies("C01DEPLOYS", root)]
    assert texts[0].startswith("*web* `1.4.2` on production")
    assert texts[1] == "*Plan*"
    assert len(harness.slack.messages("C01DEPLOYS")) == 1
    assert harness.view(web).ts != root


def test_a_failure_is_shown_in_the_channel_too(harness: PublisherHarness) -> None:
    web = harness.request()
    harness.add_message(web, "*Rolled back*", ThreadMessageKind.END, broadcast=True)
    harness.run_until_published()

    assert [m["text"] for m in harness.slack.messages("C01DEPLOYS")][1] == "<@U01ALICE00> *Rolled back*"
    assert harness.replies(web) == ["<@U01ALICE00> *Rolled back*"]


def test_a_card_is_edited_at_most_every_three_seconds_and_shows_the_last_state(
    harness: PublisherHarness,
) -> None:
    web = harness.request()
    harness.change(web, **ROLLING)
    harness.run(5)
    before = harness.call_count("chat.update")

    for running in range(1, 41):
        harness.change(web, rollout={"counts": RolloutCounts(new_desired=40, new_running=running)})
        harness.run(0.25)
    harness.run(SECONDS_BETWEEN_CHANGES + 2)

    assert harness.call_count("chat.update") - before <= 10 / SECONDS_BETWEEN_CHANGES + 2
    assert "40 of 40 new tasks running" in harness.card(web)["text"]


def test_the_elapsed_time_alone_is_shown_every_ten_seconds(harness: PublisherHarness) -> None:
    web = harness.request()
    harness.change(web, **ROLLING)
    harness.run(1)
    before = harness.call_count("chat.update")

    harness.run(60)

    assert (
        60 / SECONDS_BETWEEN_TIME_UPDATES - 1
        <= harness.call_count("chat.update") - before
        <= 60 / SECONDS_BETWEEN_TIME_UPDATES
    )
    assert "1 min" in harness.card(web)["text"]


def test_nothing_is_sent_while_a_deploy_waits_for_people(harness: PublisherHarness) -> None:
    ledger = harness.request(service=a_stop_start_service())
    harness.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "expires_at": NOW + 1800})
    harness.run_until_published()
    before = len(harness.calls)

    harness.run(1700)

    assert len(harness.calls) == before
    assert "*waiting for 1 approval*" in harness.card(ledger)["text"]


def test_a_question_and_an_end_do_not_wait_their_three_seconds(harness: PublisherHarness) -> None:
    ledger = harness.request(service=a_stop_start_service())
    harness.change(ledger, plan=a_plan())
    harness.publish_due()

    harness.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    harness.publish_due()
    assert "*waiting for 1 approval*" in harness.card(ledger)["text"]

    harness.change(ledger, phase=Phase.ENDED, outcome=Outcome.REJECTED, ended_at=harness.clock())
    harness.publish_due()
    assert "*rejected, nothing was changed*" in harness.card(ledger)["text"]
    assert harness.clock() == NOW


def test_an_unchanged_card_is_not_sent(harness: PublisherHarness) -> None:
    web = harness.request()
    harness.run_until_published()
    before = len(harness.calls)

    harness.change(web, pending_confirmation=PendingConfirmation(observation=Observation.ROLLOUT_SUCCEEDED))
    harness.run_until_published()

    assert len(harness.calls) == before


def test_a_queued_deploy_says_so_and_moves_up(harness: PublisherHarness) -> None:
    first, second = harness.request(tag="1.4.1"), harness.request(tag="1.4.2")
    harness.run_until_published()
    assert "queued behind `1.4.1` by <@U01ALICE00>" in harness.card(second)["text"]

    harness.end(first, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()

    assert "*queued, starts now*" in harness.card(second)["text"]


def test_an_expected_start_that_has_passed_is_not_shown_any_longer(harness: PublisherHarness) -> None:
    before = harness.request(tag="1.4.0")
    harness.clock.value += 98
    harness.end(before, outcome=Outcome.SUCCEEDED)  # 100 s after its request
    ended_at = harness.clock()
    harness.request(tag="1.4.1")
    alone = harness.request(tag="1.4.2")
    batch, members = a_batch(a_deploy(tag="1.4.3"), a_deploy(a_service("api"), tag="1.4.3"))
    harness.store.submit_batch(batch, members)
    harness.run(5)
    starts = utc_time(ended_at + 100)
    assert f"It is 2nd in the queue, expected to start at about {starts}." in harness.card(alone)["text"]

    harness.run(200)

    assert "It is 2nd in the queue, expected to start any moment now." in harness.card(alone)["text"]
    assert (
        "It is 3rd in the queue, expected to start about 1 min 40 s after the deploy that runs now ends."
        in harness.card(batch.id)["text"]
    )


def test_two_workers_post_a_reply_once(harness: PublisherHarness, redis: Redis, clock: ManualClock) -> None:
    web = harness.request()
    harness.run_until_published()
    harness.add_message(web, "only once")
    others = [
        Publisher(harness.client, harness.threads, harness.store, harness.limits, clock) for _ in range(8)
    ]
    start = threading.Barrier(len(others))

    def work(publisher: Publisher) -> None:
        start.wait(10)
        publisher.publish(web)

    workers = [threading.Thread(target=work, args=(other,)) for other in others]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    harness.run_until_published()

    assert harness.replies(web) == ["only once"]


def test_a_worker_that_died_between_two_replies_is_followed_by_another(harness: PublisherHarness) -> None:
    web = harness.request()
    harness.add_message(web, "one")
    harness.add_message(web, "two")
    harness.run(1.5)
    assert harness.replies(web) == ["one"]
    harness.threads.claim(web, "a worker that died", 60)

    harness.run(20)
    assert harness.replies(web) == ["one"]

    harness.threads.release(web, "a worker that died")  # as time does
    harness.run_until_published()
    assert harness.replies(web) == ["one", "two"]


def test_an_ended_deploys_thread_is_kept_for_thirty_days(harness: PublisherHarness, redis: Redis) -> None:
    web = harness.request()
    harness.end(web, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()

    assert KEPT_SECONDS - 60 < redis.ttl(f"{THREAD_KEY}{web}") <= KEPT_SECONDS


def test_a_forgotten_thread_is_not_opened_again(harness: PublisherHarness, redis: Redis) -> None:
    web = harness.request()
    harness.end(web, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()
    redis.delete(f"{THREAD_KEY}{web}")
    harness.clock.value += KEPT_SECONDS
    before = len(harness.calls)

    harness.publisher.publish(web)

    assert len(harness.calls) == before
    assert harness.threads.due(harness.clock() + 100) == []


def test_an_unknown_deploy_is_removed_from_the_publish_set(harness: PublisherHarness, redis: Redis) -> None:
    redis.zadd(redis_keys.PUBLISH, {"nobody22": 0})

    harness.publish_due()

    assert harness.threads.due(harness.clock() + 1e6) == []
    assert harness.calls == []


def test_a_service_of_another_channel_is_shown_there(harness: PublisherHarness, slack: SlackSandbox) -> None:
    web = harness.request(request={"channel": "C03RANDOM0"}, service=a_service("web"))
    harness.run_until_published()

    assert slack.messages("C01DEPLOYS") == []
    assert harness.card(web, "C03RANDOM0")["text"].startswith("*web* `1.4.2`")
