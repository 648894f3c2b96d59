"""Who has room in the queues, and what that costs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from deploys.errors import QueueFull, Refused, TooManyOpenDeploys
from deploys.queue_limits import submit_within_limits
from deploys.records.deploy import Deploy
from deploys.stores.deploy_store import DeployStore
from deploys.stores.request_limits import Limits
from tests.builders import NOW, a_deploy, a_service
from tests.redis_commands import counted_questions

LIMITS = Limits(waiting_per_service=3, open_per_person=4)


def ask(store: DeployStore, deploy: Deploy) -> str:
    """What becomes of it."""
    try:
        submit_within_limits([deploy], store, LIMITS)
    except Refused as refusal:
        return type(refusal).__name__
    return "queued"


def test_of_many_asked_for_at_once_no_more_are_queued_than_one_person_has_room_for(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    asked = [a_deploy(a_service(f"s{number}")) for number in range(16)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: ask(store, each), asked))

    assert sorted(answers) == [TooManyOpenDeploys.__name__] * 12 + ["queued"] * 4
    assert len(store.active()) == 4


def test_records_are_read_only_if_a_queue_may_be_full(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    counts, answers = [], []
    for number in range(4):
        deploy = a_deploy(tag=f"1.{number}.0", request={"requester": f"U{number}"})
        with counted_questions() as asked:
            answers.append(ask(store, deploy))
        counts.append(len(asked))

    assert answers == ["queued"] * 3 + [QueueFull.__name__]
    assert counts[1:] == [1, 1, 3]
