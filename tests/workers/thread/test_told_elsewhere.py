"""A card in a channel of its own, the link to it, and the channel for failures."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.catalogue.notify_keys import Notify, SuccessMessage
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from sandbox.slack import SlackSandbox
from tests.builders import a_batch, a_deploy, a_service
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness

ASKED_IN = "C01DEPLOYS"
OTHER = "C02GENERAL"
ALICE = "<@U01ALICE00>"


def texts(harness: PublisherHarness, channel: str) -> list[str]:
    """The messages of a channel; a broadcast reply is one, too."""
    return [each["text"] for each in harness.slack.messages(channel) if not each["ephemeral"]]


def request(harness: PublisherHarness, **notify: Any) -> str:
    return harness.request(service=a_service(notify=Notify(**notify)))


def succeed(harness: PublisherHarness, deploy_id: str) -> None:
    harness.add_message(deploy_id, "*Succeeded.* `web` runs `1.4.2`.", ThreadMessageKind.END)
    harness.end(deploy_id, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()


def roll_back(harness: PublisherHarness, deploy_id: str) -> None:
    harness.add_message(deploy_id, "*Rolled back.*", ThreadMessageKind.END, broadcast=True)
    harness.end(deploy_id, outcome=Outcome.ROLLED_BACK)
    harness.run_until_published()


def test_the_card_is_in_its_channel_and_where_it_was_asked_for_is_a_link_that_says_how_it_ended(
    harness: PublisherHarness,
) -> None:
    web = request(harness, channel=OTHER)
    harness.run(30)

    link = harness.view(web).permalink
    assert texts(harness, ASKED_IN) == [f"`web` `1.4.2`, asked for by {ALICE}: <{link}|its thread>"]
    assert harness.card(web, OTHER)["text"].startswith("*web* `1.4.2`")

    succeed(harness, web)

    assert texts(harness, ASKED_IN) == [
        f"`web` `1.4.2`, asked for by {ALICE}, succeeded: <{link}|its thread>"
    ]
    assert harness.replies(web, OTHER) == [f"{ALICE} *Succeeded.* `web` runs `1.4.2`."]


def test_the_link_is_in_the_thread_in_which_it_was_asked_for(harness: PublisherHarness) -> None:
    root = harness.client.chat_postMessage(channel=ASKED_IN, text="A plan for today")["ts"]
    web = harness.request(
        service=a_service(notify=Notify(channel=OTHER)), request={"channel": ASKED_IN, "thread_ts": root}
    )
    harness.run(30)

    [link] = [each["text"] for each in harness.slack.replies(ASKED_IN, root) if each["ts"] != root]
    assert link.startswith("`web` `1.4.2`, asked for by")
    assert harness.view(web).thread_ts == harness.view(web).ts


def test_a_channel_that_refuses_the_card_leaves_it_where_it_was_asked_for(
    redis: Redis, closed_slack: SlackSandbox, clock: ManualClock
) -> None:
    harness = PublisherHarness(redis, closed_slack, clock)
    web = request(harness, channel=OTHER)

    harness.run(30)

    assert harness.card(web)["text"].startswith("*web* `1.4.2`")
    assert harness.replies(web) == [
        "This belongs in <#C02GENERAL>, as `services.yml` says, but I cannot post there: I am not in it. "
        "Invite me there, with `/invite`."
    ]
    harness.run(700)
    assert len(harness.replies(web)) == 1


def test_a_failure_and_a_problem_are_told_in_the_channel_for_them_with_those_on_call(
    harness: PublisherHarness,
) -> None:
    web = request(harness, failures=OTHER, mention_on_failure=("requester", "S01ONCALL0"))
    harness.run(30)
    harness.add_message(web, "Tasks fail.", ThreadMessageKind.PROBLEM)
    harness.add_message(web, "The service is down.", ThreadMessageKind.PROBLEM, broadcast=True)
    roll_back(harness, web)

    link = harness.view(web).permalink
    begin = f"{ALICE}, <!subteam^S01ONCALL0> `web` on production:"
    assert texts(harness, OTHER) == [
        f"*Since then*: `web` `1.4.2` by {ALICE} was rolled back.\n{begin} The service is down.\n"
        f"<{link}|The thread>",
        f"{begin} *Rolled back.*\n<{link}|The thread>",
    ]
    assert harness.replies(web) == [
        "Tasks fail.",
        f"*Since then*: `web` `1.4.2` by {ALICE} was rolled back.\nThe service is down.",
        f"{ALICE} *Rolled back.*",
    ]


def publish(harness: PublisherHarness, *deploy_ids: str) -> None:
    """What the engine asks for when another deploy has changed the service, or ends."""
    for deploy_id in deploy_ids:
        harness.threads.mark_due(deploy_id, harness.clock())
    harness.run(30)


def the_next_one(harness: PublisherHarness, tag: str) -> str:
    """The id of a deploy by dave that has begun to change the service."""
    harness.clock.value += 60
    request = {"requester": "U04DAVE000", "requested_at": harness.clock()}
    deploy_id = harness.request(tag=tag, request=request)
    harness.change(deploy_id, phase=Phase.REGISTERING, ecs={"update_tried": True})
    return deploy_id


def test_a_message_about_a_failure_says_what_came_of_it(harness: PublisherHarness) -> None:
    web = request(harness, failures=OTHER)
    harness.run(30)
    harness.add_message(web, "The service is down.", ThreadMessageKind.PROBLEM, broadcast=True)
    harness.run_until_published()
    first = f"{ALICE} `web` on production: The service is down.\n<{harness.view(web).permalink}|The thread>"
    assert texts(harness, OTHER) == [first]

    roll_back(harness, web)
    last = f"{ALICE} `web` on production: *Rolled back.*\n<{harness.view(web).permalink}|The thread>"
    assert texts(harness, OTHER) == [
        f"*Since then*: `web` `1.4.2` by {ALICE} was rolled back.\n{first}",
        last,
    ]

    fix = the_next_one(harness, "1.4.3")
    publish(harness, web)
    begun = "*Since then*: `web` `1.4.3` by <@U04DAVE000> is under way."
    assert texts(harness, OTHER) == [f"{begun}\n{first}", f"{begun}\n{last}"]
    assert harness.replies(web)[-1] == f"{begun}\n{ALICE} *Rolled back.*"

    harness.end(fix, outcome=Outcome.SUCCEEDED)
    publish(harness, web)
    solved = "*Since then*: `web` `1.4.3` by <@U04DAVE000> succeeded."
    assert texts(harness, OTHER) == [f"{solved}\n{first}", f"{solved}\n{last}"]

    calls = len(harness.calls)
    publish(harness, web)
    assert len(harness.calls) == calls


def test_a_message_about_a_failure_that_was_deleted_is_left_alone(harness: PublisherHarness) -> None:
    web = request(harness, failures=OTHER)
    harness.run(30)
    roll_back(harness, web)
    [told] = [each for each in harness.view(web).failure_messages if each.channel == OTHER]
    harness.client.chat_delete(channel=OTHER, ts=told.ts)

    harness.end(the_next_one(harness, "1.4.3"), outcome=Outcome.SUCCEEDED)
    publish(harness, web)

    assert texts(harness, OTHER) == []
    assert harness.replies(web)[-1].startswith("*Since then*: `web` `1.4.3`")
    assert all(each.since_then for each in harness.view(web).failure_messages), "it is not tried again"


def test_a_failure_in_a_batch_says_what_came_of_it(harness: PublisherHarness) -> None:
    batch, members = a_batch(*(a_deploy(a_service(each)) for each in ("web", "api")))
    harness.store.submit_batch(batch, members)
    harness.run(30)
    web, api = (each.id for each in members)
    harness.end(api, outcome=Outcome.SUCCEEDED)
    roll_back(harness, web)

    harness.end(the_next_one(harness, "1.4.3"), outcome=Outcome.SUCCEEDED)
    publish(harness, batch.id)

    [told] = [each for each in harness.replies(batch.id) if "Rolled back" in each]
    assert told.startswith("*Since then*: `web` `1.4.3` by <@U04DAVE000> succeeded.\n")


def test_a_channel_for_failures_that_refuses_stops_nothing(
    redis: Redis, closed_slack: SlackSandbox, clock: ManualClock
) -> None:
    harness = PublisherHarness(redis, closed_slack, clock)
    web = request(harness, failures=OTHER)
    harness.run(30)

    roll_back(harness, web)

    assert harness.replies(web)[-1] == f"{ALICE} *Rolled back.*"
    assert harness.view(web).closed_channels == (OTHER,)


def test_what_was_told_elsewhere_is_told_once_whichever_worker_goes_on(harness: PublisherHarness) -> None:
    web = request(harness, channel=OTHER)
    harness.run(30)
    harness.add_message(web, "Tasks fail.")

    another = PublisherHarness(harness.redis, harness.slack, harness.clock)
    another.run(30)

    assert len(texts(harness, ASKED_IN)) == 1
    assert another.replies(web, OTHER) == ["Tasks fail."]
    assert not [each for each in another.calls if each.channel == ASKED_IN]


@pytest.mark.parametrize(
    ("successes", "replies", "in_channel"),
    [
        (SuccessMessage.THREAD, [f"{ALICE} *Succeeded.* `web` runs `1.4.2`."], 1),
        (SuccessMessage.CHANNEL, [f"{ALICE} *Succeeded.* `web` runs `1.4.2`."], 2),
        (SuccessMessage.QUIET, [], 1),
    ],
)
def test_a_success_is_as_loud_as_configured(
    harness: PublisherHarness, successes: SuccessMessage, replies: list[str], in_channel: int
) -> None:
    web = request(harness, successes=successes)
    harness.run(30)

    succeed(harness, web)

    assert harness.replies(web) == replies
    assert len(texts(harness, ASKED_IN)) == in_channel
    assert "*succeeded*" in harness.card(web)["text"]


def test_a_batch_is_told_of_where_its_services_agree(harness: PublisherHarness) -> None:
    services = [a_service(each, notify=Notify(channel=OTHER)) for each in ("web", "api")]
    batch, members = a_batch(*(a_deploy(each) for each in services))
    harness.store.submit_batch(batch, members)
    harness.run(30)

    for each in members:
        harness.end(each.id, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()

    [link] = texts(harness, ASKED_IN)
    assert link.startswith(f"`web,api` `1.4.2`, asked for by {ALICE}, ended, 2 of 2 succeeded: <http")
    assert harness.view(batch.id).channel == OTHER
