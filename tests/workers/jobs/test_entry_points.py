"""RQ's jobs: a real worker runs our entry points, however often they are enqueued."""

from __future__ import annotations

import time
from threading import Thread

import pytest

from deploys.job_queue import JobQueue, ServicesQuery
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import to_texts
from deploys.redis_round_trip import RoundTrip
from deploys.stores import audit, redis_keys
from deploys.stores.tag_lists import TagLists
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from tests.builders import SIGNER
from tests.slack_directory import TEAM, know_everybody
from tests.workers.engine_harness import EngineHarness
from tests.workers.jobs.queue_harness import QueueHarness, wait_until
from workers import jobs
from workers.dependencies import Dependencies
from workers.flows.stopped_service.restore_tags import signed_contents
from workers.job_allowlist import ENTRY_POINTS
from workers.rq_worker import RqWorker
from workers.tag_signature import SIGNATURE_TAG

ALICE, DEPLOYS = "U01ALICE00", "C01DEPLOYS"


ARGUMENTS: dict[str, tuple[str | int | None, ...]] = {
    "advance_due": (0,),
    "watch": ("eu-west-1/production",),
    "publish": (),
    "publish_home": (ALICE, TEAM),
    "refresh_homes": (),
    "read_user_groups": (),
    "recover_orphans": (),
    "read_ecs_soon": (),
    "watch_locks": (),
    "show_asked_requests": (),
    "forget_thread_messages": (),
    "expire_records": (),
    "read_freeze_calendars": (),
    "post_audit": (),
    "read_slack_directory": (ALICE,),
    "read_tags": ("web",),
    "answer_privately": (DEPLOYS, None, ALICE, "Only you see this."),
    "answer_tags": ("question1", "web", DEPLOYS, None, ALICE, TEAM),
    "answer_logs": ("question4", "web", "", 5, DEPLOYS, None, ALICE, TEAM),
    "answer_plan": ("question2", "web", "1.5.0", DEPLOYS, None, ALICE, TEAM),
    "show_plan": ("question3", "web", "1.5.0", DEPLOYS, ALICE, TEAM),
}
"""How each entry point is enqueued that is not about one deploy."""


SERVICES_QUERIES: tuple[ServicesQuery, ...] = ("answer_status", "answer_stats")


def enqueue_entry_point(job_queue: JobQueue, name: str) -> None:
    """Enqueues one entry point as its callers do."""
    trip = RoundTrip(job_queue._redis)
    if name in ("answer_tags", "answer_logs", "answer_plan"):
        getattr(job_queue, name)(trip, *ARGUMENTS[name])
    elif name in ARGUMENTS:
        getattr(job_queue, name)(*ARGUMENTS[name])
    for query in SERVICES_QUERIES:
        if query == name:
            asked = ["web", "api"]
            job_queue.answer_about_services(trip, query, "question5", asked, DEPLOYS, None, ALICE, TEAM)
    trip.run()


def test_every_entry_point_is_enqueued_and_answered(
    queue: QueueHarness, dependencies: Dependencies, harness: EngineHarness, slack: SlackSandbox
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    job_queue = JobQueue(queue.redis)

    job_queue.advance(web)
    queue.run_worker()
    assert harness.get(web).phase is Phase.FOLLOWING

    know_everybody(harness.redis)
    harness.ecs.advance(30)
    know_everybody(harness.redis)
    for entry_point in sorted(ENTRY_POINTS, key=lambda name: not name.endswith("read_user_groups")):
        if entry_point != "workers.jobs.advance":  # which an earlier version enqueues
            enqueue_entry_point(job_queue, entry_point.removeprefix("workers.jobs."))
    queue.enqueue_by_hand("workers.jobs.advance", web)
    assert {job.func_name for job in queue.jobs} == ENTRY_POINTS
    queue.run_worker()

    assert harness.get(web).rollout.counts.new_pending + harness.get(web).rollout.counts.new_running > 0
    assert ThreadStore(harness.redis).find(web) is not None
    assert slack.calls("views.publish")
    assert TagLists(harness.redis).find("web", time.time()) is not None
    assert UserGroups(harness.redis).members("S01DEPLOYERS", time.time()) is not None
    answers = "\n".join(message["text"] for message in slack.messages(DEPLOYS) if message["ephemeral"])
    for words in ("Only you see this.", "1.4.1", "1.5.0", "*Running now*", "*Delivery* of"):
        assert words in answers
    assert queue.failed() == []


def test_what_orphan_recovery_finds_is_brought_back_and_posted_in_the_channel(
    queue: QueueHarness, dependencies: Dependencies, harness: EngineHarness, slack: SlackSandbox
) -> None:
    """Redis lost everything: only the restore tags on the ECS service are left of the deploy."""
    ecs, revision = (
        harness.ecs.client("ecs"),
        harness.describe_service("ledger")["taskDefinition"].rsplit("/", 1)[-1],
    )
    marked = {
        "slipway:restore": "w7x8y9zt/1",
        "slipway:revisions": f"{revision} ledger:99",
        "slipway:asked": f"deploy 1.4.2 {ALICE} {DEPLOYS} T01SLIPWAY",
    }
    arn = harness.describe_service("ledger")["serviceArn"]
    marked[SIGNATURE_TAG] = SIGNER.sign(arn, signed_contents(marked))
    ecs.tag_resource(resourceArn=arn, tags=[{"key": key, "value": marked[key]} for key in marked])
    ecs.update_service(cluster="production", service="ledger", desiredCount=0)
    harness.ecs.advance(120)

    JobQueue(queue.redis).recover_orphans()
    queue.run_worker()
    assert harness.store.active() == []
    harness.ecs.advance(300)
    JobQueue(queue.redis).recover_orphans("later")
    queue.run_worker()

    assert harness.until_over("w7x8y9zt").outcome is Outcome.ROLLED_BACK
    assert harness.describe_service("ledger")["desiredCount"] == 1

    def is_posted() -> bool:
        dependencies.publisher.publish("w7x8y9zt")
        texts = "\n".join(message["text"] for message in slack.messages(DEPLOYS))
        return "I found `ledger` stopped by this deploy, and no record of it" in texts

    wait_until(is_posted)


def test_a_worker_that_forks_does_the_same(
    queue: QueueHarness, dependencies: Dependencies, harness: EngineHarness
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    JobQueue(queue.redis).advance(web)
    assert harness.ecs.url, "a fork connects"

    queue.run_worker(RqWorker)

    assert harness.get(web).phase is Phase.FOLLOWING


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("workers.jobs.advance", ("nothing1",)),
        ("workers.jobs.watch", ("eu-west-1/nowhere",)),
        ("workers.jobs.advance", ("*",)),
        ("workers.jobs.advance", ("",)),
    ],
)
def test_a_job_about_nothing_does_no_harm(
    queue: QueueHarness,
    dependencies: Dependencies,
    harness: EngineHarness,
    slack: SlackSandbox,
    function: str,
    args: tuple[str],
) -> None:
    """A thread that is due has its own test."""
    waiting = harness.request_deploy("web", "1.4.2")
    harness.redis.delete(redis_keys.PUBLISH)
    before = (
        harness.get(waiting),
        harness.store.due(harness.ecs.now()),
        sorted(to_texts(harness.redis.keys(f"{redis_keys.PREFIX}*"))),
    )

    job_id = queue.enqueue_by_hand(function, *args)
    queue.run_worker()

    assert queue.failure_of(job_id) == ""
    after = (
        harness.get(waiting),
        harness.store.due(harness.ecs.now()),
        sorted(to_texts(harness.redis.keys(f"{redis_keys.PREFIX}*"))),
    )
    assert after == before
    assert harness.ecs.calls("UpdateService") == []
    assert slack.calls("chat.postMessage") == []


def test_a_deploy_that_is_enqueued_twice_moves_once(
    queue: QueueHarness, dependencies: Dependencies, harness: EngineHarness
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    queue.enqueue_by_hand("workers.jobs.advance", web)
    queue.enqueue_by_hand("workers.jobs.advance", web)
    queue.enqueue_by_hand("workers.jobs.watch", "eu-west-1/production")

    queue.run_worker()

    moves = [entry["what"] for entry in audit.trail(harness.redis, web)]
    assert (moves[0], moves[-1]) == ("requested", "following")
    assert len(moves) == len(set(moves))
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 1
    assert len(harness.ecs.calls("UpdateService")) == 1
    assert len(harness.get(web).thread_messages) == len(set(harness.get(web).thread_messages))


def test_a_deploy_that_two_workers_run_moves_once(
    queue: QueueHarness, dependencies: Dependencies, harness: EngineHarness
) -> None:
    web = harness.request_deploy("web", "1.4.2")
    harness.ecs.faults.add(operation="RegisterTaskDefinition", kind="latency", seconds=0.3)
    other = Thread(target=jobs.advance, args=(web,))
    other.start()
    wait_until(lambda: harness.redis.exists(redis_keys.lease(web)))

    queue.enqueue_by_hand("workers.jobs.advance", web)
    queue.run_worker()
    other.join(20)

    assert harness.get(web).phase is Phase.FOLLOWING
    assert len(harness.ecs.calls("RegisterTaskDefinition")) == 1
    assert len(harness.ecs.calls("UpdateService")) == 1
