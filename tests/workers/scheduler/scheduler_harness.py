"""Schedulers whose time a test moves."""

from __future__ import annotations

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from deploys.catalogue.service import Service
from deploys.job_queue import (
    QUEUES,
    WATCH_PREFIX,
    JobQueue,
    advance_slot,
)
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import connect, connect_for_rq
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from deploys.stores.heartbeats import HeartbeatWriter
from deploys.stores.thread_store import (
    ThreadStore,
)
from tests.builders import NOW, a_deploy
from workers.scheduler import (
    TICK_SECONDS,
    Scheduler,
)


class RecordingJobQueue(JobQueue):
    """Records the jobs that are enqueued."""

    def __init__(self) -> None:
        self.enqueued: list[str] = []
        self._now = lambda: NOW

    def _try_enqueue(self, job: str, *args: str | None, nonce: str = "", **_: object) -> None:
        args = (*args, nonce.removeprefix("slot ")) if nonce.startswith("slot ") else args
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
        return [each for each in self.jobs_of_all_kinds() if each.func_name == f"workers.jobs.{job}"]

    def jobs_of_all_kinds(self) -> list[Job]:
        """All of RQ's jobs."""
        redis = connect_for_rq(self.url)
        queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES]
        return [each for queue in queues for each in queue.jobs]

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


def add_worker(redis: Redis, number: int) -> None:
    """Says that another worker runs."""
    writer = HeartbeatWriter(redis, "worker")
    writer._member = writer._member.replace('"pid": ', f'"pid": {number + 1}')
    writer.write()


def job_for(deploy: Deploy) -> str:
    """The job that takes what is due, as it is enqueued for this deploy."""
    return f"advance_due {advance_slot(deploy.id)}"
