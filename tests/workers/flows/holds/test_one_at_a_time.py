"""Twenty deploys of one service that are asked for at once run one by one, by whatever workers there are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier

from redis import Redis

from deploys.job_queue import WATCH_PREFIX
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import connect
from deploys.stores.deploy_store import DeployStore
from tests.builders import a_deploy, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.ecr_pushes import add_tag

DEPLOYS, WORKERS = 20, 4
SECONDS_A_ROUND = 20


@contextmanager
def workers(harness: EngineHarness, redis_url: str) -> Iterator[list[EngineHarness]]:
    """Engines of the same region and Redis, each with a connection of its own."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(redis_url)) for _ in range(WORKERS)]
        yield [EngineHarness(harness.ecs, own) for own in connections]


def run_what_is_due(worker: EngineHarness) -> None:
    """All workers see the same as due, and race for it."""
    for each in worker.store.due(worker.ecs.now()):
        if each.job.startswith(WATCH_PREFIX):
            worker.engine.watch(each.job.removeprefix(WATCH_PREFIX))
        else:
            worker.engine.advance(each.deploy_id)


def test_twenty_deploys_of_one_service_run_one_by_one(
    harness: EngineHarness, redis_url: str, redis: Redis
) -> None:
    tags = [f"2.{number}.0" for number in range(DEPLOYS)]
    for tag in tags:
        add_tag(harness, tag, like="1.4.2", repository="api")
    service, now = a_service("api"), harness.ecs.now()
    asked = Barrier(DEPLOYS)

    def submit(tag: str) -> str:
        with connect(redis_url) as own:
            asked.wait(timeout=30)
            request = {"requested_at": now}
            store = DeployStore(own, now=harness.ecs.now)
            return store.submit(a_deploy(service, tag=tag, phase=Phase.WAITING, request=request)).deploy.id

    with ThreadPoolExecutor(DEPLOYS) as pool:
        ids = list(pool.map(submit, tags))
    order = harness.store.service_queue("api")
    assert sorted(order) == sorted(ids)
    for each in ids:  # whatever is written of a deploy makes it due, although it is not its turn
        harness.store.amend(each, lambda deploy: deploy.evolve(rollback_target="x"), by=ALICE, what="note")

    begun_together: set[int] = set()
    ended: list[str] = []
    with workers(harness, redis_url) as engines, ThreadPoolExecutor(WORKERS) as pool:
        deadline = now + 7200
        while active := harness.store.active():
            assert harness.ecs.now() < deadline, harness.describe_deploys()
            list(pool.map(run_what_is_due, engines))
            open_now = {each.id: each for each in harness.store.active()}
            ended += [each.id for each in active if each.id not in open_now]
            begun_together.add(sum(each.phase is not Phase.WAITING for each in open_now.values()))
            harness.ecs.advance(SECONDS_A_ROUND)

    assert begun_together <= {0, 1}
    assert ended == order
    assert {harness.get(each).outcome for each in ids} == {Outcome.SUCCEEDED}
    revisions = [harness.get(each).ecs.new_revision for each in order]
    assert len(set(revisions)) == DEPLOYS
    assert harness.describe_service("api")["taskDefinition"] == revisions[-1]
    assert harness.leftover_keys() == []
