"""Records change whole or not at all, and never by two at once."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.errors import Conflict, LeaseTooShort, NothingToCancel, UnknownDeploy
from deploys.records.approval import Cancel
from deploys.records.confirmations import Observation, PendingConfirmation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import DrainingTasks
from deploys.stores import audit, redis_keys
from deploys.stores.claims import Claim, QueueRead
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from tests.builders import NOW, a_deploy, a_service
from tests.redis_commands import counted_questions


class Time:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.value = NOW

    def __call__(self) -> float:
        return self.value


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(redis: Redis, time: Time) -> DeployStore:
    return DeployStore(redis, now=time)


def claimed(store: DeployStore, deploy: Deploy) -> Claim:
    claim = store.claim(deploy.id, "worker", 60)
    assert claim is not None
    return claim


def end(store: DeployStore, deploy: Deploy) -> None:
    claim = claimed(store, deploy)
    done = claim.deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED)
    store.commit(claim, done, due_at=NOW, what="ended")


def test_a_request_is_recorded_due_at_once_and_shown(store: DeployStore, redis: Redis) -> None:
    asked = store.submit(a_deploy())

    assert (asked.ahead, asked.is_duplicate) == (0, False)
    assert store.get(asked.deploy.id) == asked.deploy
    assert [due.deploy_id for due in store.due(NOW)] == [asked.deploy.id]
    assert redis.zscore(redis_keys.PUBLISH, asked.deploy.id) is not None
    assert [entry["what"] for entry in audit.trail(redis, asked.deploy.id)] == ["requested"]


def test_a_second_deploy_waits_in_the_queue_and_is_not_due(store: DeployStore) -> None:
    first = store.submit(a_deploy()).deploy
    second = store.submit(a_deploy(tag="1.5.0"))

    assert second.ahead == 1
    assert store.service_queue("web") == [first.id, second.deploy.id]
    assert [due.deploy_id for due in store.due(NOW)] == [first.id]


def test_what_is_before_a_deploy_is_read_with_its_request(
    store: DeployStore, redis: Redis, time: Time
) -> None:
    first = store.submit(a_deploy())
    end(store, first.deploy)
    [ended] = store.get_all([first.deploy.id])
    time.value += 1
    second = store.submit(a_deploy(tag="1.5.0"))
    time.value += 1
    asked = a_deploy(tag="1.6.0")

    with counted_questions() as questions:
        submitted = store.submit_within(
            [asked], None, None, response_url="https://hooks.slack.com/commands/1/2/3"
        )

    assert len(questions) == 1
    assert submitted is not None
    [third] = submitted
    assert third.queue == QueueRead((second.deploy,), (third.deploy, second.deploy, ended))
    assert ThreadStore(redis).response_url(asked.id) == "https://hooks.slack.com/commands/1/2/3"
    assert (second.queue, store.submit(asked.evolve(id="again111")).queue) == (None, None)


def test_the_end_of_a_deploy_starts_the_next_one(store: DeployStore) -> None:
    first = store.submit(a_deploy()).deploy
    second = store.submit(a_deploy(tag="1.5.0")).deploy

    end(store, first)

    assert store.service_queue("web") == [second.id]
    assert [due.deploy_id for due in store.due(NOW)] == [second.id]
    assert [deploy.id for deploy in store.active()] == [second.id]


def test_deploys_of_other_services_do_not_wait(store: DeployStore) -> None:
    store.submit(a_deploy())
    other = store.submit(a_deploy(a_service("api")))

    assert other.ahead == 0


def test_the_same_tag_under_way_is_not_a_second_deploy(store: DeployStore) -> None:
    first = store.submit(a_deploy()).deploy
    again = store.submit(a_deploy())

    assert again.is_duplicate
    assert again.deploy.id == first.id
    assert store.service_queue("web") == [first.id]


def test_the_same_tag_may_be_asked_for_again_after_its_end(store: DeployStore) -> None:
    end(store, store.submit(a_deploy()).deploy)

    assert not store.submit(a_deploy()).is_duplicate


def test_a_request_that_redis_received_twice_counts_once(store: DeployStore) -> None:
    deploy = a_deploy()
    store.submit(deploy)
    again = store.submit(deploy)

    assert (again.is_duplicate, again.ahead) == (False, 0)
    assert store.service_queue("web") == [deploy.id]


def test_two_workers_never_hold_one_deploy(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy

    assert store.claim(deploy.id, "one", 60) is not None
    assert store.claim(deploy.id, "two", 60) is None


def test_a_lease_that_ran_out_is_given_to_another_worker_with_a_higher_fence(
    store: DeployStore, redis: Redis
) -> None:
    deploy = store.submit(a_deploy()).deploy
    dead = claimed(store, deploy)
    redis.delete(redis_keys.lease(deploy.id))

    heir = claimed(store, deploy)

    assert heir.fence > dead.fence
    with pytest.raises(Conflict):
        store.commit(dead, dead.deploy.in_phase(Phase.REGISTERING, NOW), due_at=NOW)


def test_a_fence_is_never_given_out_again_after_redis_lost_everything(
    store: DeployStore, redis: Redis, time: Time
) -> None:
    before = claimed(store, store.submit(a_deploy()).deploy)
    redis.flushall()
    time.value += 1

    after = claimed(store, store.submit(a_deploy()).deploy)

    assert after.fence > before.fence


def test_a_deploy_that_is_not_due_is_not_claimed(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy
    store.commit(claimed(store, deploy), deploy.in_phase(Phase.FOLLOWING, NOW), due_at=NOW + 5)

    assert store.claim(deploy.id, "worker", 60) is None
    assert store.claim(deploy.id, "worker", 60, due_by=NOW + 5) is not None


def test_a_decision_that_came_meanwhile_voids_the_commit_and_stays(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy
    claim = claimed(store, deploy)
    store.amend(deploy.id, lambda d: d.evolve(cancel=Cancel(user="U1", at=NOW)), by="U1", what="cancelled")

    with pytest.raises(Conflict):
        store.commit(claim, claim.deploy.in_phase(Phase.REGISTERING, NOW), due_at=NOW)
    stored = store.get(deploy.id)
    assert stored is not None
    assert stored.cancel is not None
    assert stored.phase is Phase.WAITING


def test_an_amendment_makes_the_deploy_due_at_once(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy
    store.commit(claimed(store, deploy), deploy.in_phase(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 900)
    assert store.due(NOW) == []

    store.amend(deploy.id, lambda d: d.evolve(request={"reason": "x"}), by="U1", what="approved")

    assert [due.deploy_id for due in store.due(NOW)] == [deploy.id]


def test_what_an_amendment_refuses_changes_nothing(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy

    def refuse(_: Deploy) -> Deploy:
        raise NothingToCancel(what="web")

    with pytest.raises(NothingToCancel):
        store.amend(deploy.id, refuse, by="U1", what="cancelled")
    assert store.get(deploy.id) == deploy


def test_an_unknown_deploy_cannot_be_amended(store: DeployStore) -> None:
    with pytest.raises(UnknownDeploy):
        store.amend("nothing1", lambda d: d, by="U1", what="cancelled")


def test_a_released_claim_leaves_the_record_and_is_due_again(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy
    claim = claimed(store, deploy)

    store.release(claim, NOW + 3)

    assert store.due(NOW + 2.9) == []
    assert [due.at for due in store.due(NOW + 3)] == [NOW + 3]
    assert store.claim(deploy.id, "other", 60, due_by=NOW + 3) is not None


def test_watched_deploys_are_found_by_their_cluster_and_forgotten_when_they_move_on(
    store: DeployStore,
) -> None:
    deploy = store.submit(a_deploy()).deploy
    watched = deploy.in_phase(Phase.FOLLOWING, NOW)
    key = deploy.cluster_key
    store.commit(claimed(store, deploy), watched, due_at=NOW + 5, job=f"watch:{key}")

    assert store.watched(key, due_by=NOW + 4) == []
    assert store.watched(key, due_by=NOW + 5) == [deploy.id]
    assert store.watched("other/cluster", due_by=NOW + 5) == []

    claim = store.claim(deploy.id, "worker", 60, due_by=NOW + 5)
    assert claim is not None
    store.commit(claim, claim.deploy.in_phase(Phase.RESTORING, NOW), due_at=NOW)
    assert store.watched(key, due_by=NOW + 5) == []


def test_a_call_that_could_outlive_the_lease_is_not_made(store: DeployStore) -> None:
    deploy = store.submit(a_deploy()).deploy
    claim = store.claim(deploy.id, "worker", 10)
    assert claim is not None

    store.confirm(claim, 5)
    with pytest.raises(LeaseTooShort):
        store.confirm(claim, 13)


def test_a_commit_that_shows_nothing_new_does_not_wake_the_publisher(
    store: DeployStore, redis: Redis
) -> None:
    deploy = store.submit(a_deploy()).deploy
    claim = store.commit(claimed(store, deploy), deploy, due_at=NOW, keep=True)
    redis.delete(redis_keys.PUBLISH)

    claim = store.commit(
        claim,
        claim.deploy.evolve(
            pending_confirmation=PendingConfirmation(observation=Observation.ROLLOUT_SUCCEEDED)
        ),
        due_at=NOW,
        keep=True,
    )
    assert redis.zscore(redis_keys.PUBLISH, deploy.id) is None

    store.commit(claim, claim.deploy.evolve(retries={"last_error": "AWS is away"}), due_at=NOW)
    assert redis.zscore(redis_keys.PUBLISH, deploy.id) is not None


@pytest.mark.parametrize(
    ("changes", "is_shown"),
    [
        ({"ecs": {"service_deployment_read_at": NOW + 30}}, False),
        ({"ecs": {"service_deployment_read_at": NOW + 30, "deployment_id": "ecs-svc/7"}}, True),
        ({"rollout": {"draining": DrainingTasks(tasks=2, read_at=NOW + 15)}}, False),
        ({"rollout": {"draining": DrainingTasks(tasks=1, read_at=NOW + 15)}}, True),
        ({"rollout": {"draining": None}}, True),
    ],
)
def test_when_something_was_read_is_nothing_that_a_thread_shows(
    store: DeployStore, redis: Redis, changes: dict[str, object], is_shown: bool
) -> None:
    deploy = store.submit(a_deploy()).deploy
    read = deploy.evolve(rollout={"draining": DrainingTasks(tasks=2, read_at=NOW)})
    claim = store.commit(claimed(store, deploy), read, due_at=NOW, keep=True)
    redis.delete(redis_keys.PUBLISH)

    store.commit(claim, claim.deploy.evolve(**changes), due_at=NOW)

    assert (redis.zscore(redis_keys.PUBLISH, deploy.id) is not None) is is_shown
