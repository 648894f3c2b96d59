"""The clock rings for what is due, often enough and not more, however many clocks there are."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from deploys.bell import QUEUE, WATCH, Bell
from deploys.catalogue.service import Service
from deploys.claims import Claim
from deploys.connection import connect, connect_for_rq, texts
from deploys.deploy import Deploy, Outcome, Phase
from deploys.groups import READ_EVERY_SECONDS
from deploys.redis_outage import RedisRefuses
from deploys.store import Store
from deploys.threads import Threads
from sandbox.valkey import refusing
from tests.builders import NOW, a_deploy, a_service
from workers.clock import AGAIN_SECONDS, JANITOR_SECONDS, TICK_SECONDS, Clock


class RecordingBell(Bell):
    """Writes down what was rung."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def _ring(self, job: str, *args: str | None, nonce: str = "") -> None:
        self.rung.append(" ".join([job, *map(str, args)]))

    def heard(self, job: str) -> list[str]:
        """What this job was rung for since this was asked last."""
        found = [name for name in self.rung if name.split(" ")[0] == job]
        self.rung = [name for name in self.rung if name.split(" ")[0] != job]
        return found


class Tower:
    """Clocks, what they look at, and a time that the test moves (epoch seconds)."""

    def __init__(self, redis_url: str) -> None:
        self.time = NOW
        self.url = redis_url
        self.store = Store(connect(redis_url), now=self.now)
        self.threads = Threads(self.store.redis)
        self.bell = RecordingBell()
        self.clock = self.clock_with(self.bell)

    def now(self) -> float:
        return self.time

    def clock_with(self, bell: Bell) -> Clock:
        """A clock of a process of its own."""
        redis = connect(self.url)
        return Clock(Store(redis, now=self.now), Threads(redis), bell, now=self.now)

    def clock_for_rq(self) -> Clock:
        """The same, with the bell of production."""
        return self.clock_with(Bell(connect_for_rq(self.url)))

    def queued(self, job: str) -> list[str]:
        """Deploys or clusters that RQ has a job for, each as often as it has one."""
        queue = Queue(QUEUE, connection=connect_for_rq(self.url), serializer=JSONSerializer)
        return [each.args[0] for each in queue.jobs if each.func_name == f"workers.jobs.{job}"]

    def ask(self, service: Service | None = None, tag: str = "1.4.2") -> Deploy:
        """A deploy that was just asked for."""
        return self.store.request(a_deploy(service, tag=tag, requested_at=self.time)).deploy

    def claim(self, deploy: Deploy) -> Claim:
        """What a worker does first."""
        claim = self.store.claim(deploy.id, "worker", 60)
        assert claim is not None
        return claim

    def follow(self, deploy: Deploy, after: float) -> None:
        """What a worker leaves: a rollout that is to be looked at later (seconds)."""
        claim = self.claim(deploy)
        followed = claim.deploy.at(Phase.FOLLOWING, self.time)
        bell = f"{WATCH}{deploy.cluster_key}"
        self.store.commit(claim, followed, due_at=self.time + after, bell=bell)

    def run(self, seconds: float) -> None:
        """Lets time pass, with a tick as often as the process makes one."""
        for _ in range(round(seconds / TICK_SECONDS)):
            self.clock.tick()
            self.time += TICK_SECONDS


@pytest.fixture
def tower(redis: Redis, redis_url: str) -> Tower:
    return Tower(redis_url)


def test_what_is_due_is_rung_once(tower: Tower) -> None:
    deploy = tower.ask()

    tower.run(AGAIN_SECONDS)

    assert tower.bell.heard("advance") == [f"advance {deploy.id}"]


def test_what_redis_refuses_is_rung_once_it_takes_it(tower: Tower, redis: Redis) -> None:
    deploy = tower.ask()
    clock = tower.clock_for_rq()

    with refusing(redis, "OOM"), pytest.raises(RedisRefuses):
        clock.tick()
    clock.tick()

    assert tower.queued("advance") == [deploy.id]


def test_what_stays_due_is_rung_again_every_five_seconds(tower: Tower) -> None:
    deploy = tower.ask()

    tower.run(4 * AGAIN_SECONDS)

    assert tower.bell.heard("advance") == [f"advance {deploy.id}"] * 4


def test_what_is_due_later_is_rung_when_its_time_comes(tower: Tower) -> None:
    deploy = tower.ask()
    claim = tower.claim(deploy)
    tower.store.commit(claim, claim.deploy.at(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 60)

    tower.run(60)
    assert tower.bell.heard("advance") == []

    tower.run(1)
    assert tower.bell.heard("advance") == [f"advance {deploy.id}"]


def test_each_new_due_time_is_rung_for(tower: Tower) -> None:
    deploy = tower.ask()

    for _ in range(3):
        tower.run(1)
        claim = tower.claim(deploy)
        tower.store.commit(claim, claim.deploy, due_at=tower.time)

    tower.run(1)
    assert tower.bell.heard("advance") == [f"advance {deploy.id}"] * 4


def test_a_decision_is_rung_for_at_once(tower: Tower) -> None:
    deploy = tower.ask()
    claim = tower.claim(deploy)
    tower.store.commit(claim, claim.deploy.at(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 1800)
    tower.run(1)

    tower.store.amend(deploy.id, lambda d: d.evolve(why="decided"), by="U02BOB0000", what="approved")
    tower.run(TICK_SECONDS)

    assert tower.bell.heard("advance") == [f"advance {deploy.id}"]


def test_what_waits_in_line_or_has_ended_is_not_rung_for(tower: Tower) -> None:
    first, second = tower.ask(), tower.ask(tag="1.5.0")
    claim = tower.claim(first)
    tower.run(1)
    assert tower.bell.heard("advance") == [f"advance {first.id}"]

    tower.store.commit(claim, claim.deploy.at(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED), due_at=NOW)
    tower.run(1)

    assert tower.bell.heard("advance") == [f"advance {second.id}"]


def test_one_watch_for_each_cluster_however_many_deploys_it_has(tower: Tower) -> None:
    for number in range(12):
        tower.follow(tower.ask(a_service(f"web-{number}")), after=1 + number / 10)
    for number in range(3):
        tower.follow(tower.ask(a_service(f"batch-{number}", cluster="staging")), after=2)

    tower.run(1 + AGAIN_SECONDS)

    assert sorted(tower.bell.heard("watch")) == ["watch eu-west-1/production", "watch eu-west-1/staging"]
    assert tower.bell.heard("advance") == []


def test_a_cluster_is_watched_again_when_its_rollouts_are_due_again(tower: Tower) -> None:
    deploy = tower.ask()
    for _ in range(4):
        tower.follow(deploy, after=2)
        tower.run(2 + TICK_SECONDS)

    assert tower.bell.heard("watch") == ["watch eu-west-1/production"] * 4


def test_every_thread_that_is_behind_is_rung_for(tower: Tower) -> None:
    now, later, done = (tower.ask(a_service(name)) for name in ("web", "api", "batch"))
    tower.threads.later(later.id, NOW + 30, seen_score=tower.threads.take_up(later.id, NOW + 30))
    assert tower.threads.settled(done.id, tower.threads.take_up(done.id, NOW))

    tower.run(10)
    assert set(tower.bell.heard("publish")) == {f"publish {now.id}"}

    tower.run(25)
    assert set(tower.bell.heard("publish")) == {f"publish {now.id}", f"publish {later.id}"}


def test_a_thread_that_stays_behind_is_rung_for_every_five_seconds(tower: Tower) -> None:
    deploy = tower.ask()

    tower.run(4 * AGAIN_SECONDS)

    assert tower.bell.heard("publish") == [f"publish {deploy.id}"] * 4


def test_user_groups_are_read_every_45_seconds_though_nothing_is_due(tower: Tower) -> None:
    tower.run(10 * READ_EVERY_SECONDS)

    assert READ_EVERY_SECONDS == 45
    assert tower.bell.heard("groups") in (["groups"] * 10, ["groups"] * 11)


def test_the_janitor_is_rung_for_at_the_start_and_every_quarter_of_a_minute(tower: Tower) -> None:
    tower.clock.tick()
    assert tower.bell.heard("janitor") == ["janitor"]

    tower.run(2 * JANITOR_SECONDS)

    assert JANITOR_SECONDS == 15
    assert tower.bell.heard("janitor") == ["janitor"] * 2


@pytest.mark.parametrize("apart", [0.0, 0.4, 1.5], ids=["together", "nearly", "later"])
def test_two_clocks_ring_once(tower: Tower, apart: float) -> None:
    deploys = [tower.ask(a_service(f"web-{number}")) for number in range(10)]
    tower.follow(tower.ask(a_service("api")), after=0)
    first, second = tower.clock_for_rq(), tower.clock_for_rq()

    for _ in range(3):
        first.tick()
        tower.time += apart
        second.tick()

    assert sorted(tower.queued("advance")) == sorted(deploy.id for deploy in deploys)
    assert tower.queued("watch") == ["eu-west-1/production"]


def test_two_clocks_in_the_same_moment_ring_once(tower: Tower) -> None:
    deploys = [tower.ask(a_service(f"web-{number}")) for number in range(25)]
    clocks = [tower.clock_for_rq() for _ in range(4)]
    start = Barrier(len(clocks))

    def tick(clock: Clock) -> None:
        start.wait(10)
        clock.tick()

    threads = [Thread(target=tick, args=(clock,)) for clock in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(tower.queued("advance")) == sorted(deploy.id for deploy in deploys)
    assert sorted(tower.queued("publish")) == sorted(deploy.id for deploy in deploys)


def test_no_deploy_is_lost_with_the_jobs_of_rq(tower: Tower, redis: Redis) -> None:
    deploys = [tower.ask(a_service(f"web-{number}")) for number in range(3)]
    tower.follow(tower.ask(a_service("api")), after=0)
    tower.clock = tower.clock_for_rq()
    tower.run(1)
    assert tower.queued("advance")

    redis.delete(*texts(redis.keys("rq:*")))
    assert tower.queued("advance") == []
    tower.run(AGAIN_SECONDS)

    assert sorted(tower.queued("advance")) == sorted(deploy.id for deploy in deploys)
    assert tower.queued("watch") == ["eu-west-1/production"]
    assert sorted(tower.queued("publish")) == sorted(deploy.id for deploy in tower.store.live())


def test_a_clock_that_has_just_started_rings_for_all_that_is_due(tower: Tower) -> None:
    deploys = [tower.ask(a_service(f"web-{number}")) for number in range(3)]
    tower.time += 3600

    tower.clock_with(tower.bell).tick()

    assert sorted(tower.bell.heard("advance")) == sorted(f"advance {deploy.id}" for deploy in deploys)
