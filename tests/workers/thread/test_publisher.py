"""A thread as it grows with its record."""

from __future__ import annotations

import threading

from redis import Redis

from deploys.records.phases import Outcome, Phase
from deploys.records.retries import Observation, PendingConfirmation
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores import redis_keys
from deploys.stores.thread_store import KEPT_SECONDS, THREAD_KEY
from sandbox.slack import SlackSandbox
from tests.builders import NOW, a_plan, a_service, a_stop_start_service
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.thread.publisher import Publisher
from workers.thread.sync import SECONDS_BETWEEN_CHANGES, SECONDS_BETWEEN_TIME_UPDATES

ROLLING = {"phase": Phase.FOLLOWING, "ecs": {"update_tried": True}, "plan": a_plan()}


def test_a_deploys_thread_from_the_request_to_its_end(press: PublisherHarness) -> None:
    web = press.request(request={"reason": "fixes the login"})
    press.publish_due()
    assert "*queued, starts now*" in press.card(web)["text"]
    assert press.view(web).permalink == press.card(web)["permalink"]

    press.add_message(web, "*Plan* for `web`", ThreadMessageKind.PLAN, phase=Phase.REGISTERING, plan=a_plan())
    press.add_message(web, "ECS rolls `web` to `web:2`.", phase=Phase.FOLLOWING, ecs={"update_tried": True})
    press.run(5)
    press.change(
        web, rollout={"counts": RolloutCounts(new_desired=3, new_running=2, new_pending=1, old_running=1)}
    )
    press.run(5)
    assert "*rolling out, 2 of 3 new tasks running*" in press.card(web)["text"]

    press.add_message(web, "*Succeeded.*", ThreadMessageKind.END)
    press.end(web, outcome=Outcome.SUCCEEDED, rollout={"counts": RolloutCounts(new_desired=3, new_running=3)})
    press.run_until_published()

    assert "*succeeded, 3 of 3 new tasks running*" in press.card(web)["text"]
    assert [block["type"] for block in press.card(web)["blocks"]][-1] == "context"  # no button is left
    assert press.replies(web) == [
        "*Plan* for `web`",
        "ECS rolls `web` to `web:2`.",
        "<@U01ALICE00> *Succeeded.*",
    ]
    assert press.call_count("chat.postMessage") == 4
    assert not any(call["status"] == 429 for call in press.slack.calls())


def test_links_unfold_nowhere(press: PublisherHarness) -> None:
    web = press.request()
    press.add_message(web, "see https://example.org")
    press.run_until_published()

    for call in press.slack.calls("chat.postMessage"):
        assert (call["args"]["unfurl_links"], call["args"]["unfurl_media"]) == (False, False)


def test_a_deploy_asked_for_in_a_thread_lives_there(press: PublisherHarness) -> None:
    root = press.client.chat_postMessage(channel="C01DEPLOYS", text="@slipway deploy web 1.4.2")["ts"]
    web = press.request(request={"thread_ts": root})
    press.add_message(web, "*Plan*")
    press.run_until_published()

    texts = [message["text"] for message in press.slack.replies("C01DEPLOYS", root)]
    assert texts[0].startswith("*web* `1.4.2` to production")
    assert texts[1] == "*Plan*"
    assert len(press.slack.messages("C01DEPLOYS")) == 1
    assert press.view(web).ts != root


def test_a_failure_is_shown_in_the_channel_too(press: PublisherHarness) -> None:
    web = press.request()
    press.add_message(web, "*Rolled back*", ThreadMessageKind.END, broadcast=True)
    press.run_until_published()

    assert [m["text"] for m in press.slack.messages("C01DEPLOYS")][1] == "<@U01ALICE00> *Rolled back*"
    assert press.replies(web) == ["<@U01ALICE00> *Rolled back*"]


def test_a_card_is_edited_at_most_every_three_seconds_and_shows_the_last_state(
    press: PublisherHarness,
) -> None:
    web = press.request()
    press.change(web, **ROLLING)
    press.run(5)
    before = press.call_count("chat.update")

    for running in range(1, 41):
        press.change(web, rollout={"counts": RolloutCounts(new_desired=40, new_running=running)})
        press.run(0.25)
    press.run(SECONDS_BETWEEN_CHANGES + 2)

    assert press.call_count("chat.update") - before <= 10 / SECONDS_BETWEEN_CHANGES + 2
    assert "40 of 40 new tasks running" in press.card(web)["text"]


def test_the_elapsed_time_alone_is_shown_every_ten_seconds(press: PublisherHarness) -> None:
    web = press.request()
    press.change(web, **ROLLING)
    press.run(1)
    before = press.call_count("chat.update")

    press.run(60)

    assert (
        60 / SECONDS_BETWEEN_TIME_UPDATES - 1
        <= press.call_count("chat.update") - before
        <= 60 / SECONDS_BETWEEN_TIME_UPDATES
    )
    assert "1 min" in press.card(web)["text"]


def test_nothing_is_sent_while_a_deploy_waits_for_people(press: PublisherHarness) -> None:
    ledger = press.request(service=a_stop_start_service())
    press.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "expires_at": NOW + 1800})
    press.run_until_published()
    before = len(press.calls)

    press.run(1700)

    assert len(press.calls) == before
    assert "*waiting for 1 approval*" in press.card(ledger)["text"]


def test_a_question_and_an_end_do_not_wait_their_three_seconds(press: PublisherHarness) -> None:
    ledger = press.request(service=a_stop_start_service())
    press.change(ledger, plan=a_plan())
    press.publish_due()

    press.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    press.publish_due()
    assert "*waiting for 1 approval*" in press.card(ledger)["text"]

    press.change(ledger, phase=Phase.ENDED, outcome=Outcome.REJECTED, ended_at=press.clock())
    press.publish_due()
    assert "*rejected, nothing was changed*" in press.card(ledger)["text"]
    assert press.clock() == NOW


def test_a_card_without_news_is_not_sent(press: PublisherHarness) -> None:
    web = press.request()
    press.run_until_published()
    before = len(press.calls)

    press.change(web, pending_confirmation=PendingConfirmation(observation=Observation.ROLLOUT_SUCCEEDED))
    press.run_until_published()

    assert len(press.calls) == before


def test_a_deploy_in_line_says_so_and_moves_up(press: PublisherHarness) -> None:
    first, second = press.request(tag="1.4.1"), press.request(tag="1.4.2")
    press.run_until_published()
    assert "queued behind `1.4.1` by <@U01ALICE00>" in press.card(second)["text"]

    press.end(first, outcome=Outcome.SUCCEEDED)
    press.run_until_published()

    assert "*queued, starts now*" in press.card(second)["text"]


def test_two_workers_post_a_reply_once(press: PublisherHarness, redis: Redis, clock: ManualClock) -> None:
    web = press.request()
    press.run_until_published()
    press.add_message(web, "only once")
    others = [Publisher(press.client, press.threads, press.store, press.limits, clock) for _ in range(8)]
    start = threading.Barrier(len(others))

    def work(publisher: Publisher) -> None:
        start.wait(10)
        publisher.publish(web)

    workers = [threading.Thread(target=work, args=(other,)) for other in others]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    press.run_until_published()

    assert press.replies(web) == ["only once"]


def test_a_worker_that_died_between_two_replies_is_followed_by_another(press: PublisherHarness) -> None:
    web = press.request()
    press.add_message(web, "one")
    press.add_message(web, "two")
    press.run(1.5)
    assert press.replies(web) == ["one"]
    press.threads.claim(web, "a worker that died", 60)

    press.run(20)
    assert press.replies(web) == ["one"]

    press.threads.release(web, "a worker that died")  # as time does
    press.run_until_published()
    assert press.replies(web) == ["one", "two"]


def test_an_ended_deploys_thread_is_kept_for_thirty_days(press: PublisherHarness, redis: Redis) -> None:
    web = press.request()
    press.end(web, outcome=Outcome.SUCCEEDED)
    press.run_until_published()

    assert KEPT_SECONDS - 60 < redis.ttl(f"{THREAD_KEY}{web}") <= KEPT_SECONDS


def test_a_forgotten_thread_is_not_opened_again(press: PublisherHarness, redis: Redis) -> None:
    web = press.request()
    press.end(web, outcome=Outcome.SUCCEEDED)
    press.run_until_published()
    redis.delete(f"{THREAD_KEY}{web}")
    press.clock.value += KEPT_SECONDS
    before = len(press.calls)

    press.publisher.publish(web)

    assert len(press.calls) == before
    assert press.threads.due(press.clock() + 100) == []


def test_a_deploy_that_nobody_knows_is_taken_off_the_list(press: PublisherHarness, redis: Redis) -> None:
    redis.zadd(redis_keys.PUBLISH, {"nobody22": 0})

    press.publish_due()

    assert press.threads.due(press.clock() + 1e6) == []
    assert press.calls == []


def test_a_service_of_another_channel_is_shown_there(press: PublisherHarness, slack: SlackSandbox) -> None:
    web = press.request(request={"channel": "C03RANDOM0"}, service=a_service("web"))
    press.run_until_published()

    assert slack.messages("C01DEPLOYS") == []
    assert press.card(web, "C03RANDOM0")["text"].startswith("*web* `1.4.2`")
