"""The scheduler enqueues what is due, often enough and not more, however many schedulers there are."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from deploys.catalogue.service import Service
from deploys.job_queue import QUEUE_NAME, STUCK_SECONDS, WATCH_PREFIX, JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import connect, connect_for_rq, to_texts
from deploys.redis_outage import RedisTemporaryError
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from deploys.stores.user_groups import READ_EVERY_SECONDS
from sandbox.valkey import refusing_commands
from tests.builders import NOW, a_deploy, a_service
from workers.scheduler import ORPHAN_RECOVERY_SECONDS, REPEAT_SECONDS, TICK_SECONDS, Scheduler


class RecordingJobQueue(JobQueue):
    """Records the jobs that are enqueued."""

    def __init__(self) -> None:
        self.enqueued: list[str] = []
        self._now = lambda: NOW

    def _try_enqueue(
        self,
        job: str,
        *args: str | None,
        nonce: str = "",
        at_front: bool = False,
        raises: bool | None = None,
    ) -> None:
        self.enqueued.append(" ".join([job, *map(str, args)]))

    def take(self, job: str) -> list[str]:
        """The jobs of this kind that were enqueued since the last call."""
        taken = [name for name in self.enqueued if name.split(" ")[0] == job]
        self.enqueued = [name for name in self.enqueued if name.split(" ")[0] != job]
        return taken


class SchedulerHarness:
    """Schedulers, the stores that they read, and a time that the test moves (epoch seconds)."""

    def __init__(self, redis_url: str) -> None:
        self.time = NOW
        self.url = redis_url
        self.store = DeployStore(connect(redis_url), now=self.now)
        self.threads = ThreadStore(self.store.redis)
        self.job_queue = RecordingJobQueue()
        self.scheduler = self.scheduler_with(self.job_queue)

    def now(self) -> float:
        return self.time

    def scheduler_with(self, job_queue: JobQueue) -> Scheduler:
        """A scheduler as in another process."""
        redis = connect(self.url)
        return Scheduler(DeployStore(redis, now=self.now), ThreadStore(redis), job_queue, now=self.now)

    def scheduler_for_rq(self) -> Scheduler:
        """A scheduler with the job queue of production."""
        return self.scheduler_with(JobQueue(connect_for_rq(self.url), now=self.now))

    def jobs(self, job: str) -> list[Job]:
        """RQ's jobs of this kind."""
        queue = Queue(QUEUE_NAME, connection=connect_for_rq(self.url), serializer=JSONSerializer)
        return [each for each in queue.jobs if each.func_name == f"workers.jobs.{job}"]

    def queued(self, job: str) -> list[str]:
        """The deploys or clusters of RQ's jobs of this kind."""
        return [each.args[0] for each in self.jobs(job)]

    def request_deploy(self, service: Service | None = None, tag: str = "1.4.2") -> Deploy:
        """A deploy that was just requested."""
        return self.store.submit(a_deploy(service, tag=tag, request={"requested_at": self.time})).deploy

    def claim(self, deploy: Deploy) -> Claim:
        """What a worker does first."""
        claim = self.store.claim(deploy.id, "worker", 60)
        assert claim is not None
        return claim

    def follow(self, deploy: Deploy, after: float) -> None:
        """What a worker leaves behind: a rollout that is due again after some time (seconds)."""
        claim = self.claim(deploy)
        followed = claim.deploy.in_phase(Phase.FOLLOWING, self.time)
        job = f"{WATCH_PREFIX}{deploy.cluster_key}"
        self.store.commit(claim, followed, due_at=self.time + after, job=job)

    def run(self, seconds: float) -> None:
        """Lets time pass, with a tick as often as the process makes one."""
        for _ in range(round(seconds / TICK_SECONDS)):
            self.scheduler.tick()
            self.time += TICK_SECONDS


@pytest.fixture
def harness(redis: Redis, redis_url: str) -> SchedulerHarness:
    return SchedulerHarness(redis_url)


def test_what_is_due_is_enqueued_once(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()

    harness.run(REPEAT_SECONDS)

    assert harness.job_queue.take("advance") == [f"advance {deploy.id}"]


def test_what_redis_refuses_is_enqueued_once_it_accepts_it(harness: SchedulerHarness, redis: Redis) -> None:
    deploy = harness.request_deploy()
    scheduler = harness.scheduler_for_rq()

    with refusing_commands(redis, "OOM"), pytest.raises(RedisTemporaryError):
        scheduler.tick()
    scheduler.tick()

    assert harness.queued("advance") == [deploy.id]


def test_what_stays_due_is_enqueued_again_every_five_seconds(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()

    harness.run(4 * REPEAT_SECONDS)

    assert harness.job_queue.take("advance") == [f"advance {deploy.id}"] * 4


def test_what_a_living_process_has_claimed_is_not_enqueued(harness: SchedulerHarness) -> None:
    harness.claim(harness.request_deploy())
    followed = harness.request_deploy(a_service("api"))
    harness.follow(followed, after=1)
    harness.time += 1
    harness.claim(followed)

    harness.run(4 * REPEAT_SECONDS)

    assert harness.job_queue.take("advance") == harness.job_queue.take("watch") == []


@pytest.mark.parametrize("claimed_for", [0.5, 13])
def test_what_a_dead_process_had_claimed_is_enqueued_at_the_next_tick(
    harness: SchedulerHarness, claimed_for: float
) -> None:
    """Also if RQ has left the job behind that the process ran."""
    deploy, scheduler = harness.request_deploy(), harness.scheduler_for_rq()
    scheduler.tick()
    [lost] = harness.jobs("advance")
    harness.store.redis.lrem("rq:queue:slipway", 0, lost.id)
    harness.claim(deploy)
    harness.time += claimed_for
    scheduler.tick()
    assert harness.queued("advance") == []

    harness.store.claim_holder.free_claims()
    scheduler.tick()

    assert harness.queued("advance") == [deploy.id]


def test_what_is_due_later_is_enqueued_when_its_time_comes(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()
    claim = harness.claim(deploy)
    harness.store.commit(claim, claim.deploy.in_phase(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 60)

    harness.run(60)
    assert harness.job_queue.take("advance") == []

    harness.run(1)
    assert harness.job_queue.take("advance") == [f"advance {deploy.id}"]


def test_each_new_due_time_is_enqueued(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()

    for _ in range(3):
        harness.run(1)
        claim = harness.claim(deploy)
        harness.store.commit(claim, claim.deploy, due_at=harness.time)

    harness.run(1)
    assert harness.job_queue.take("advance") == [f"advance {deploy.id}"] * 4


def test_a_decision_is_enqueued_at_once(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()
    claim = harness.claim(deploy)
    harness.store.commit(claim, claim.deploy.in_phase(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 1800)
    harness.run(1)

    harness.store.amend(
        deploy.id, lambda d: d.evolve(request={"reason": "decided"}), by="U02BOB0000", what="approved"
    )
    harness.run(TICK_SECONDS)

    assert harness.job_queue.take("advance") == [f"advance {deploy.id}"]


def test_what_waits_in_the_queue_or_has_ended_is_not_enqueued(harness: SchedulerHarness) -> None:
    first, second = harness.request_deploy(), harness.request_deploy(tag="1.5.0")
    harness.run(1)
    assert harness.job_queue.take("advance") == [f"advance {first.id}"]
    claim = harness.claim(first)

    harness.store.commit(
        claim, claim.deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED), due_at=NOW
    )
    harness.run(1)

    assert harness.job_queue.take("advance") == [f"advance {second.id}"]


def test_one_watch_for_each_cluster_however_many_deploys_it_has(harness: SchedulerHarness) -> None:
    for number in range(12):
        harness.follow(harness.request_deploy(a_service(f"web-{number}")), after=1 + number / 10)
    for number in range(3):
        harness.follow(harness.request_deploy(a_service(f"batch-{number}", cluster="staging")), after=2)

    harness.run(1 + REPEAT_SECONDS)

    assert sorted(harness.job_queue.take("watch")) == [
        "watch eu-west-1/production",
        "watch eu-west-1/staging",
    ]
    assert harness.job_queue.take("advance") == []


def test_a_cluster_is_watched_again_when_its_rollouts_are_due_again(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()
    for _ in range(4):
        harness.follow(deploy, after=2)
        harness.run(2 + TICK_SECONDS)

    assert harness.job_queue.take("watch") == ["watch eu-west-1/production"] * 4


def test_every_thread_that_is_behind_is_enqueued(harness: SchedulerHarness) -> None:
    first, later = (harness.request_deploy(a_service(name)) for name in ("web", "api"))
    harness.threads.schedule(later.id, NOW + 30, seen_score=harness.threads.start_sync(later.id, NOW + 30))

    harness.run(10)
    assert harness.job_queue.take("publish") == ["publish"] * 10

    assert harness.threads.finish_sync(first.id, harness.threads.start_sync(first.id, harness.time))
    harness.run(20)
    assert harness.job_queue.take("publish") == []

    harness.run(1)
    assert harness.job_queue.take("publish") == ["publish"]


def test_a_thousand_threads_that_are_behind_take_one_job_in_five_seconds(harness: SchedulerHarness) -> None:
    for number in range(1000):
        harness.threads.mark_due(f"thread{number}", NOW)
    harness.scheduler = harness.scheduler_for_rq()

    harness.run(2 * STUCK_SECONDS)

    assert 2 <= len(harness.jobs("publish")) <= 3


def test_user_groups_are_read_every_45_seconds_though_nothing_is_due(harness: SchedulerHarness) -> None:
    harness.run(10 * READ_EVERY_SECONDS)

    assert READ_EVERY_SECONDS == 45
    assert harness.job_queue.take("read_user_groups") in (
        ["read_user_groups"] * 10,
        ["read_user_groups"] * 11,
    )


def test_orphan_recovery_is_enqueued_at_the_start_and_every_quarter_of_a_minute(
    harness: SchedulerHarness,
) -> None:
    harness.scheduler.tick()
    assert harness.job_queue.take("recover_orphans") == ["recover_orphans"]

    harness.run(2 * ORPHAN_RECOVERY_SECONDS)

    assert ORPHAN_RECOVERY_SECONDS == 15
    assert harness.job_queue.take("recover_orphans") == ["recover_orphans"] * 2


@pytest.mark.parametrize("apart", [0.0, 0.4, 1.5], ids=["together", "nearly", "later"])
def test_two_schedulers_enqueue_once(harness: SchedulerHarness, apart: float) -> None:
    deploys = [harness.request_deploy(a_service(f"web-{number}")) for number in range(10)]
    harness.follow(harness.request_deploy(a_service("api")), after=0)
    first, second = harness.scheduler_for_rq(), harness.scheduler_for_rq()

    for _ in range(3):
        first.tick()
        harness.time += apart
        second.tick()

    assert sorted(harness.queued("advance")) == sorted(deploy.id for deploy in deploys)
    assert harness.queued("watch") == ["eu-west-1/production"]


def test_two_schedulers_in_the_same_moment_enqueue_once(harness: SchedulerHarness) -> None:
    deploys = [harness.request_deploy(a_service(f"web-{number}")) for number in range(25)]
    schedulers = [harness.scheduler_for_rq() for _ in range(4)]
    start = Barrier(len(schedulers))

    def tick(scheduler: Scheduler) -> None:
        start.wait(10)
        scheduler.tick()

    threads = [Thread(target=tick, args=(scheduler,)) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(harness.queued("advance")) == sorted(deploy.id for deploy in deploys)
    assert len(harness.jobs("publish")) == 1


def test_no_deploy_is_lost_with_the_jobs_of_rq(harness: SchedulerHarness, redis: Redis) -> None:
    deploys = [harness.request_deploy(a_service(f"web-{number}")) for number in range(3)]
    harness.follow(harness.request_deploy(a_service("api")), after=0)
    harness.scheduler = harness.scheduler_for_rq()
    harness.run(1)
    assert harness.queued("advance")

    redis.delete(*to_texts(redis.keys("rq:*")))
    assert harness.queued("advance") == []
    harness.run(REPEAT_SECONDS)

    assert sorted(harness.queued("advance")) == sorted(deploy.id for deploy in deploys)
    assert harness.queued("watch") == ["eu-west-1/production"]
    assert harness.jobs("publish")


def test_a_scheduler_that_has_just_started_enqueues_all_that_is_due(harness: SchedulerHarness) -> None:
    deploys = [harness.request_deploy(a_service(f"web-{number}")) for number in range(3)]
    harness.time += 3600

    harness.scheduler_with(harness.job_queue).tick()

    assert sorted(harness.job_queue.take("advance")) == sorted(f"advance {deploy.id}" for deploy in deploys)
