"""Many deploys at once stay within Slack's limits, and each shows its last state."""

from __future__ import annotations

import random
from collections.abc import Sequence

from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_plan, a_service, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.thread.rate_limits import Urgency

CHANNELS = ("C01DEPLOYS", "C02GENERAL", "C03RANDOM0")


def most_within(times: Sequence[float], seconds: float) -> int:
    """The largest number of calls in any window of this length."""
    ordered = sorted(times)
    most = first = 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def assert_within_slacks_limits(harness: PublisherHarness) -> None:
    updates = [call.at for call in harness.calls if call.method == "chat.update"]
    assert most_within(updates, 60) <= 50
    links = [call.at for call in harness.calls if call.method == "chat.getPermalink"]
    assert most_within(links, 60) <= 50
    for channel in CHANNELS:
        posts = [
            call.at for call in harness.calls if (call.method, call.channel) == ("chat.postMessage", channel)
        ]
        assert most_within(posts, 1) <= 1
    assert not [call for call in harness.slack.calls() if call["status"] == 429]


def test_many_rollouts_at_once(harness: PublisherHarness) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    deploys = [
        harness.request(
            service=a_service(f"service-{n}"), request={"channel": CHANNELS[n % 3]}, plan=a_plan()
        )
        for n in range(24)
    ]
    for running in range(8):
        for deploy_id in chance.sample(deploys, len(deploys)):
            seen = RolloutCounts(new_desired=8, new_running=running + 1)
            harness.change(
                deploy_id, phase=Phase.FOLLOWING, ecs={"update_tried": True}, rollout={"counts": seen}
            )
        if running % 4 == 0:
            for deploy_id in deploys:
                harness.add_message(deploy_id, f"step {running}")
        harness.run(chance.uniform(3, 8))
    for deploy_id in deploys:
        harness.add_message(deploy_id, "*Succeeded.*", ThreadMessageKind.END)
        harness.end(deploy_id, outcome=Outcome.SUCCEEDED)

    harness.run_until_published(600)

    assert_within_slacks_limits(harness)
    for n, deploy_id in enumerate(deploys):
        channel = CHANNELS[n % 3]
        assert "*succeeded, 8 of 8 new tasks running*" in harness.card(deploy_id, channel)["text"], seed
        assert harness.replies(deploy_id, channel) == [
            "step 0",
            "step 4",
            "<@U01ALICE00> *Succeeded.*",
        ], seed


def test_a_question_does_not_wait_for_the_progress_of_others(harness: PublisherHarness) -> None:
    others = [harness.request(service=a_service(f"service-{n}"), plan=a_plan()) for n in range(20)]
    ledger = harness.request(service=a_stop_start_service(), request={"channel": "C03RANDOM0"})
    harness.run_until_published(300)

    for running in range(8):
        for deploy_id in others:
            seen = RolloutCounts(new_desired=20, new_running=running)
            harness.change(
                deploy_id, phase=Phase.FOLLOWING, ecs={"update_tried": True}, rollout={"counts": seen}
            )
        harness.run(2)
    harness.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    harness.run(5)

    assert "*waiting for 1 approval*" in harness.card(ledger, "C03RANDOM0")["text"]
    assert_within_slacks_limits(harness)


def test_waiting_for_a_token_does_not_keep_workers_busy(harness: PublisherHarness) -> None:
    deploys = [harness.request(service=a_service(f"service-{n}"), plan=a_plan()) for n in range(24)]
    harness.run_until_published(600)
    for deploy_id in deploys:
        seen = RolloutCounts(new_desired=20, new_running=3)
        harness.change(
            deploy_id, phase=Phase.WAITING, rollout={"counts": seen}, request={"reason": "changed"}
        )

    harness.calls.clear()
    harness.looked_at.clear()
    while (at := harness.next_due()) is not None:
        harness.clock.value = max(harness.clock(), at) + 0.01
        harness.publish_due()

    assert harness.call_count("chat.update") == len(deploys)
    assert len(harness.looked_at) <= 3 * len(deploys)


def use_up(harness: PublisherHarness) -> None:
    """Takes every token of chat.update."""
    while harness.limits.take_token("chat.update", urgency=Urgency.URGENT, has_slot=True) == 0:
        pass


def test_changes_during_a_wait_for_a_slot_do_not_reserve_more_slots(
    harness: PublisherHarness,
) -> None:
    web = harness.request(plan=a_plan())
    harness.run_until_published()
    harness.clock.value += 10
    use_up(harness)

    for n in range(20):
        harness.change(web, request={"reason": f"changed {n}"})
        harness.publish_due()

    assert harness.limits.take_token("chat.update") <= (3 + 1) * 1.4 + 0.1


def test_a_call_whose_token_is_gone_keeps_its_slot(harness: PublisherHarness) -> None:
    web = harness.request(plan=a_plan())
    harness.run_until_published()
    harness.clock.value += 10
    use_up(harness)
    harness.change(web, request={"reason": "changed"})
    harness.publish_due()
    waits_until = harness.next_due()
    assert waits_until is not None
    for _ in range(30):
        harness.limits.take_token("chat.update")

    harness.clock.value = waits_until
    use_up(harness)
    harness.publish_due()

    again = harness.next_due()
    assert again is not None
    assert again - waits_until <= 3 * 1.4 + 0.1


def test_a_change_does_not_overtake_calls_that_waited_before(harness: PublisherHarness) -> None:
    web = harness.request(plan=a_plan())
    harness.run_until_published()
    harness.clock.value += 10
    use_up(harness)
    for _ in range(10):
        harness.limits.take_token("chat.update")
    harness.change(web, request={"reason": "changed"})
    harness.publish_due()
    harness.calls.clear()

    harness.clock.value += 6
    harness.change(web, request={"reason": "changed again"})
    harness.publish_due()
    assert harness.call_count("chat.update") == 0

    harness.run_until_published()
    assert "Why: changed again" in harness.card(web)["text"]
