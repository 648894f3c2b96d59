"""Twenty deploys of one service that are asked for at once run one by one, whoever works on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import connect
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_deploy

DEPLOYS, WORKERS = 20, 6


def test_twenty_deploys_of_one_service_run_one_by_one(redis_url: str, redis: object) -> None:
    asked = Barrier(DEPLOYS)

    def submit(number: int) -> str:
        with connect(redis_url) as own:
            asked.wait()
            store = DeployStore(own, now=lambda: NOW)
            return store.submit(a_deploy(tag=f"1.{number}.0", request={"requested_at": NOW})).deploy.id

    with ThreadPoolExecutor(DEPLOYS) as pool:
        ids = list(pool.map(submit, range(DEPLOYS)))

    at_work: set[str] = set()
    seen_together: list[set[str]] = []
    order: list[str] = []
    guard = Lock()

    def step(store: DeployStore, deploy: Deploy) -> Deploy:
        """WAITING, if it is the first, then the changes, then the end."""
        if deploy.phase is Phase.WAITING:
            is_first = store.service_queue("web")[:1] == [deploy.id]
            return deploy.in_phase(Phase.UPDATING, NOW) if is_first else deploy
        with guard:
            at_work.add(deploy.id)
            seen_together.append(set(at_work))
        if deploy.phase is Phase.UPDATING:
            return deploy.in_phase(Phase.FOLLOWING, NOW)
        with guard:
            at_work.discard(deploy.id)
            order.append(deploy.id)
        return deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED, ended_at=NOW)

    def work(worker: int) -> None:
        with connect(redis_url) as own:
            store = DeployStore(own, now=lambda: NOW)
            while store.active():
                for deploy_id in ids:
                    claim = store.claim(deploy_id, f"worker-{worker}", 60)
                    if claim is None:
                        continue
                    store.commit(claim, step(store, claim.deploy), due_at=NOW)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))

    assert {len(each) for each in seen_together} == {1}
    assert sorted(order) == sorted(ids)
    with connect(redis_url) as own:
        found = [DeployStore(own).get(each) for each in ids]
    assert {each.outcome for each in found if each} == {Outcome.SUCCEEDED}
