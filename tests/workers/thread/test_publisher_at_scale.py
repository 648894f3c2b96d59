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


def assert_within_slacks_limits(press: PublisherHarness) -> None:
    updates = [call.at for call in press.calls if call.method == "chat.update"]
    assert most_within(updates, 60) <= 50
    links = [call.at for call in press.calls if call.method == "chat.getPermalink"]
    assert most_within(links, 60) <= 50
    for channel in CHANNELS:
        posts = [
            call.at for call in press.calls if (call.method, call.channel) == ("chat.postMessage", channel)
        ]
        assert most_within(posts, 1) <= 1
    assert not [call for call in press.slack.calls() if call["status"] == 429]


def test_many_rollouts_at_once(press: PublisherHarness) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    deploys = [
        press.request(service=a_service(f"service-{n}"), request={"channel": CHANNELS[n % 3]}, plan=a_plan())
        for n in range(24)
    ]
    for running in range(8):
        for deploy_id in chance.sample(deploys, len(deploys)):
            seen = RolloutCounts(new_desired=8, new_running=running + 1)
            press.change(
                deploy_id, phase=Phase.FOLLOWING, ecs={"update_tried": True}, rollout={"counts": seen}
            )
        if running % 4 == 0:
            for deploy_id in deploys:
                press.add_message(deploy_id, f"step {running}")
        press.run(chance.uniform(3, 8))
    for deploy_id in deploys:
        press.add_message(deploy_id, "*Succeeded.*", ThreadMessageKind.END)
        press.end(deploy_id, outcome=Outcome.SUCCEEDED)

    press.run_until_published(600)

    assert_within_slacks_limits(press)
    for n, deploy_id in enumerate(deploys):
        channel = CHANNELS[n % 3]
        assert "*succeeded, 8 of 8 new tasks running*" in press.card(deploy_id, channel)["text"], seed
        assert press.replies(deploy_id, channel) == [
            "step 0",
            "step 4",
            "<@U01ALICE00> *Succeeded.*",
        ], seed


def test_a_question_does_not_stand_behind_the_progress_of_others(press: PublisherHarness) -> None:
    others = [press.request(service=a_service(f"service-{n}"), plan=a_plan()) for n in range(20)]
    ledger = press.request(service=a_stop_start_service(), request={"channel": "C03RANDOM0"})
    press.run_until_published(300)

    for running in range(8):
        for deploy_id in others:
            seen = RolloutCounts(new_desired=20, new_running=running)
            press.change(
                deploy_id, phase=Phase.FOLLOWING, ecs={"update_tried": True}, rollout={"counts": seen}
            )
        press.run(2)
    press.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    press.run(5)

    assert "*waiting for 1 approval*" in press.card(ledger, "C03RANDOM0")["text"]
    assert_within_slacks_limits(press)


def test_who_waits_for_the_budget_does_not_keep_the_workers_busy(press: PublisherHarness) -> None:
    deploys = [press.request(service=a_service(f"service-{n}"), plan=a_plan()) for n in range(24)]
    press.run_until_published(600)
    for deploy_id in deploys:
        seen = RolloutCounts(new_desired=20, new_running=3)
        press.change(deploy_id, phase=Phase.WAITING, rollout={"counts": seen}, request={"reason": "changed"})

    press.calls.clear()
    looks = 0
    while (at := press.next_due()) is not None:
        press.clock.value = max(press.clock(), at) + 0.01
        looks += press.publish_due()

    assert press.call_count("chat.update") == len(deploys)
    assert looks <= 3 * len(deploys)


def use_up(press: PublisherHarness) -> None:
    """Takes every token of chat.update that anybody may take."""
    while press.limits.take_token("chat.update", urgency=Urgency.URGENT, has_slot=True) == 0:
        pass


def test_changes_while_a_deploy_waits_for_its_turn_do_not_lengthen_the_line(press: PublisherHarness) -> None:
    web = press.request(plan=a_plan())
    press.run_until_published()
    press.clock.value += 10
    use_up(press)

    for n in range(20):
        press.change(web, request={"reason": f"changed {n}"})
        press.publish_due()

    assert press.limits.take_token("chat.update") <= (3 + 1) * 1.4 + 0.1


def test_who_waited_and_finds_the_token_gone_is_not_sent_to_the_back(press: PublisherHarness) -> None:
    web = press.request(plan=a_plan())
    press.run_until_published()
    press.clock.value += 10
    use_up(press)
    press.change(web, request={"reason": "changed"})
    press.publish_due()
    waits_until = press.next_due()
    assert waits_until is not None
    for _ in range(30):
        press.limits.take_token("chat.update")

    press.clock.value = waits_until
    use_up(press)
    press.publish_due()

    again = press.next_due()
    assert again is not None
    assert again - waits_until <= 3 * 1.4 + 0.1


def test_a_change_does_not_overtake_those_who_waited_before(press: PublisherHarness) -> None:
    web = press.request(plan=a_plan())
    press.run_until_published()
    press.clock.value += 10
    use_up(press)
    for _ in range(10):
        press.limits.take_token("chat.update")
    press.change(web, request={"reason": "changed"})
    press.publish_due()
    press.calls.clear()

    press.clock.value += 6
    press.change(web, request={"reason": "changed again"})
    press.publish_due()
    assert press.call_count("chat.update") == 0

    press.run_until_published()
    assert "Why: changed again" in press.card(web)["text"]
