"""Puts deploys into Redis through Slipway's own stores, faster than people could ask for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from redis import Redis

from benchmarks import names
from benchmarks.system import System
from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.phases import Phase
from deploys.records.request import DeployRequest
from deploys.redis_connection import connect_for_rq, to_text
from deploys.stores import redis_keys
from deploys.stores.deploy_reader import to_ms
from deploys.stores.deploy_store import DeployStore
from deploys.stores.slack_directory import Channel, ChannelKind, Person, SlackDirectory

STEPS_SECONDS = 90.0
"""How long the steps of one deploy may take (seconds)."""
SPREAD_SECONDS = 30
"""The rollouts of deploys that are put in flight together began within so many seconds."""
HISTORY_BATCH = 500
"""Records that are written together (count)."""


class Seeds:
    """Deploys of the services of a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.catalogue: Catalogue = load_catalogue(system.folder / "services.yml", system.env)
        self.store = DeployStore(system.redis, catalogue_version=self.catalogue.version)
        self._jobs = JobQueue(connect_for_rq(system.redis_url))
        self._ended: dict[str, float] = {}

    def introduce_people(self) -> None:
        """Has Slipway know everybody who asks, and where: otherwise it would read all of them first."""
        directory, now = SlackDirectory(self._system.redis), time.time()
        people = [names.person(index) for index in range(names.PEOPLE)]
        channels = [names.channel(index) for index in range(names.CHANNELS)]
        for each in people:
            directory.save_person(each, Person(read_at=now, teams=(names.TEAM,)))
        for each in channels:
            directory.save_channel(each, Channel(read_at=now, kind=ChannelKind.PUBLIC))
        directory.note_needed([*people, *channels], now)

    def build(self, index: int, tag: str = names.NEXT_TAG, service: str = "") -> Deploy:
        """A deploy that somebody asks for now: of the service with this index, or with this name."""
        request = DeployRequest(
            requester=names.person(index),
            team=names.TEAM,
            channel=names.channel(index),
            requested_at=time.time(),
        )
        found = self.catalogue.get_service(service or names.service(index))
        return Deploy(id=new_deploy_id(), service=found, tag=tag, request=request)

    def ask_for(self, indexes: Sequence[int]) -> list[str]:
        """Asks for a deploy of each of these services, as the bot does; returns their ids, in their order."""
        return [self.submit(self.build(index)) for index in indexes]

    def submit(self, deploy: Deploy) -> str:
        """Queues a deploy and has the workers begin it, as the bot does; its id."""
        self.store.submit(deploy)
        self._jobs.advance(deploy.id)
        return deploy.id

    def follow_first(self) -> Deploy:
        """Has the workers deploy service 0 until its rollout is followed: the model for `put_in_flight`."""
        [deploy_id] = self.ask_for([0])
        return self.wait_for(deploy_id, _is_followed)

    def wait_for(self, deploy_id: str, ready: Callable[[Deploy], bool]) -> Deploy:
        """The record, once it is so.

        Raises:
            RuntimeError: it did not become so in time.
        """
        deadline = time.monotonic() + STEPS_SECONDS
        while (deploy := self.store.get(deploy_id)) is None or not ready(deploy):
            if time.monotonic() > deadline:
                raise RuntimeError(f"a deploy got no further than this: {deploy and deploy.phase}")
            time.sleep(0.1)
        return deploy

    def put_in_flight(self, model: Deploy, indexes: Sequence[int]) -> dict[str, str]:
        """Deploys of these services whose rollouts have begun, like that of the model; their ids by service.

        ECS begins the rollouts, and Slipway takes the records as it takes those of deploys whose record was
        lost: in the phase that they have.
        """
        ids = {index: new_deploy_id() for index in indexes}
        tags = {index: [{"key": "slipway:deploy", "value": ids[index]}] for index in indexes}
        self._system.ecs.ask("begin", indexes=list(indexes), tags=tags)
        text = model.to_json()
        for index, deploy_id in ids.items():
            deploy = Deploy.from_json(copy_of_record(text, model.id, deploy_id, index))
            if not self.store.adopt(_begun(deploy, index, time.time())):
                raise RuntimeError(f"{deploy.service.name} has another deploy")
        return {names.service(index): deploy_id for index, deploy_id in ids.items()}

    def version(self, deploy_id: str) -> int:
        """How often the record was written after it was put there; 0 also if there is none."""
        deploy = self.store.get(deploy_id)
        return deploy.version if deploy else 0

    def ended_at(self, deploy_ids: Sequence[str]) -> dict[str, float]:
        """When each of these deploys ended, of those that did (epoch seconds).

        The record of each is read once, so this may be asked often.
        """
        active = {to_text(each) for each in self._system.redis.smembers(redis_keys.ACTIVE_DEPLOYS)}
        for each in deploy_ids:
            if each not in active and each not in self._ended:
                deploy = self.store.get(each)
                if deploy and deploy.ended_at is not None:
                    self._ended[each] = deploy.ended_at
        return {each: self._ended[each] for each in deploy_ids if each in self._ended}


def copy_of_record(text: str, model_id: str, deploy_id: str, index: int) -> str:
    """The record of service 0 as that of another service. Pure: names, ARNs and the numbers of deployments
    have the service's index in them (`names`)."""
    return (
        text.replace(model_id, deploy_id)
        .replace(names.service(0), names.service(index))
        .replace(names.deployment_number(0, 1), names.deployment_number(index, 1))
        .replace(names.deployment_number(0, 2), names.deployment_number(index, 2))
    )


def add_history(redis: Redis, model: Deploy, count: int, services: int) -> None:
    """So many deploys that ended well, a minute apart until now, of the first services in turn.

    model: one that ended."""
    now = time.time()
    for first in range(0, count, HISTORY_BATCH):
        pipe = redis.pipeline(transaction=False)
        for nth in range(first, min(count, first + HISTORY_BATCH)):
            deploy = _ended_copy(model, nth % services, now - 60 * (count - nth))
            at = to_ms(deploy.request.requested_at)
            pipe.hset(redis_keys.record(deploy.id), mapping={"record": deploy.to_json(), "version": 9})
            pipe.zadd(redis_keys.HISTORY, {deploy.id: at})
            pipe.zadd(redis_keys.history(deploy.service.name), {deploy.id: at})
        pipe.execute()


def _ended_copy(model: Deploy, index: int, at: float) -> Deploy:
    text = copy_of_record(model.to_json(), model.id, new_deploy_id(), index)
    deploy = Deploy.from_json(text)
    request = deploy.request.evolve(requester=names.person(index), requested_at=at)
    return deploy.evolve(request=request, began_at=at + 1, phase_since=at + 50, ended_at=at + 50)


def _begun(deploy: Deploy, index: int, now: float) -> Deploy:
    """The deploy as if its rollout had begun lately, and ECS's record of the rollout had been found.

    They have not all begun in the same second, so that they are not read together ever after.
    """
    number = names.deployment_number(index, 2)
    return deploy.evolve(
        request={"requester": names.person(index), "channel": names.channel(index), "requested_at": now},
        ecs={
            "rollout_started_at": now - index % SPREAD_SECONDS,
            "service_deployment_arn": names.service_deployment(names.service(index), number),
        },
    )


def _is_followed(deploy: Deploy) -> bool:
    return deploy.phase is Phase.FOLLOWING and deploy.ecs.deployment_id is not None
