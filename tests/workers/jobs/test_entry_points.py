"""RQ's jobs: a real worker runs our entry points, however often they are rung for."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from rq import Worker

from deploys import audit, keys
from deploys.bell import Bell
from deploys.connection import texts
from deploys.deploy import Outcome, Phase
from deploys.groups import Groups
from deploys.threads import Threads
from sandbox.slack import SlackSandbox
from tests.workers.jobs.office import Office, until
from tests.workers.yard import Yard
from workers import jobs
from workers.allowed import ENTRY_POINTS
from workers.workshop import Workshop

ALICE, DEPLOYS = "U01ALICE00", "C01DEPLOYS"


def ring(bell: Bell, name: str, deploy_id: str) -> None:
    """Rings for one entry point, as those who need it do."""
    match name:
        case "advance" | "publish":
            getattr(bell, name)(deploy_id)
        case "watch":
            bell.watch("eu-west-1/production")
        case "home":
            bell.home(ALICE)
        case "groups":
            bell.groups()
        case "janitor":
            bell.janitor()
        case "say":
            bell.say(DEPLOYS, None, ALICE, "Only you see this.")
        case "tags":
            bell.tags("question1", "web", DEPLOYS, None, ALICE)
        case "plan":
            bell.plan("question2", "web", "1.5.0", DEPLOYS, None, ALICE)
        case _:
            raise AssertionError(f"nobody rings for {name}")


def test_every_entry_point_is_rung_for_and_answered(
    office: Office, workshop: Workshop, yard: Yard, slack: SlackSandbox
) -> None:
    web = yard.ask("web", "1.4.2")
    bell = Bell(office.redis)

    bell.advance(web)
    office.work()
    assert yard.get(web).phase is Phase.FOLLOWING

    yard.ecs.advance(30)
    for entry_point in ENTRY_POINTS:
        ring(bell, entry_point.removeprefix("workers.jobs."), web)
    assert {job.func_name for job in office.queue.jobs} == ENTRY_POINTS
    office.work()

    assert yard.get(web).rollout.new_pending + yard.get(web).rollout.new_running > 0
    assert Threads(yard.redis).find(web) is not None
    assert slack.calls("views.publish")
    assert Groups(yard.redis).members("S01DEPLOYERS", time.time()) is not None
    answers = "\n".join(message["text"] for message in slack.messages(DEPLOYS) if message["ephemeral"])
    for words in ("Only you see this.", "1.4.1", "1.5.0"):
        assert words in answers
    assert office.queue.failed_job_registry.get_job_ids(cleanup=False) == []


def test_what_the_janitor_finds_is_brought_back_and_told_in_the_channel(
    office: Office, workshop: Workshop, yard: Yard, slack: SlackSandbox
) -> None:
    """Redis was lost: nothing is left of the deploy but the marks on the ECS service."""
    ecs, revision = yard.ecs.client("ecs"), yard.service("ledger")["taskDefinition"].rsplit("/", 1)[-1]
    marked = {
        "slipway:restore": "w7x8y9zt/1",
        "slipway:revisions": f"{revision} ledger:99",
        "slipway:asked": f"deploy 1.4.2 {ALICE} {DEPLOYS} T01SLIPWAY",
    }
    arn = yard.service("ledger")["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": key, "value": marked[key]} for key in marked])
    ecs.update_service(cluster="production", service="ledger", desiredCount=0)
    yard.ecs.advance(120)

    Bell(office.redis).janitor()
    office.work()
    assert yard.store.live() == []
    yard.ecs.advance(300)
    Bell(office.redis).janitor("later")
    office.work()

    assert yard.until_over("w7x8y9zt").outcome is Outcome.ROLLED_BACK
    assert yard.service("ledger")["desiredCount"] == 1

    def told() -> bool:
        workshop.publisher.publish("w7x8y9zt")
        said = "\n".join(message["text"] for message in slack.messages(DEPLOYS))
        return "I found `ledger` stopped by this deploy, and no record of it" in said

    until(told)


def test_a_worker_that_forks_does_the_same(office: Office, workshop: Workshop, yard: Yard) -> None:
    web = yard.ask("web", "1.4.2")
    Bell(office.redis).advance(web)
    assert yard.ecs.url, "a fork connects"

    office.work(Worker)

    assert yard.get(web).phase is Phase.FOLLOWING


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("workers.jobs.advance", ("nothing1",)),
        ("workers.jobs.publish", ("nothing1",)),
        ("workers.jobs.watch", ("eu-west-1/nowhere",)),
        ("workers.jobs.advance", ("*",)),
        ("workers.jobs.advance", ("",)),
    ],
)
def test_a_job_about_nothing_does_no_harm(
    office: Office, workshop: Workshop, yard: Yard, slack: SlackSandbox, function: str, args: tuple[str]
) -> None:
    waiting = yard.ask("web", "1.4.2")
    before = (
        yard.get(waiting),
        yard.store.due(yard.ecs.now()),
        sorted(texts(yard.redis.keys(f"{keys.PREFIX}*"))),
    )

    job_id = office.put(function, *args)
    office.work()

    assert office.why_failed(job_id) == ""
    after = (
        yard.get(waiting),
        yard.store.due(yard.ecs.now()),
        sorted(texts(yard.redis.keys(f"{keys.PREFIX}*"))),
    )
    assert after == before
    assert yard.ecs.calls("UpdateService") == []
    assert slack.calls("chat.postMessage") == []


def test_a_deploy_that_is_rung_for_twice_moves_once(office: Office, workshop: Workshop, yard: Yard) -> None:
    web = yard.ask("web", "1.4.2")
    office.put("workers.jobs.advance", web)
    office.put("workers.jobs.advance", web)
    office.put("workers.jobs.watch", "eu-west-1/production")

    office.work()

    moves = [entry["what"] for entry in audit.trail(yard.redis, web)]
    assert (moves[0], moves[-1]) == ("requested", "following")
    assert len(moves) == len(set(moves))
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1
    assert len(yard.ecs.calls("UpdateService")) == 1
    assert len(yard.get(web).milestones) == len(set(yard.get(web).milestones))


def test_a_deploy_that_two_workers_are_rung_for_moves_once(
    office: Office, workshop: Workshop, yard: Yard
) -> None:
    web = yard.ask("web", "1.4.2")
    yard.ecs.faults.add(operation="RegisterTaskDefinition", kind="latency", seconds=0.3)
    other = Thread(target=jobs.advance, args=(web,))
    other.start()
    until(lambda: yard.redis.exists(keys.lease(web)))

    office.put("workers.jobs.advance", web)
    office.work()
    other.join(20)

    assert yard.get(web).phase is Phase.FOLLOWING
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1
    assert len(yard.ecs.calls("UpdateService")) == 1
