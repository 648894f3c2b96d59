"""How many deploys may wait for a service, and be open of one person."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from deploys.errors import QueueFull, TooManyOpenDeploys
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.stores.claims import Room, Submission
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.deploy_store import DeployStore
from deploys.stores.request_limits import Limits

PASSES_FULL_QUEUES = frozenset({Verb.ROLLBACK})
"""What is asked for in an outage: no limit may keep one going."""


def submit_within_limits(
    deploys: Sequence[Deploy],
    store: DeployStore,
    limits: Limits,
    *,
    batch: Batch | None = None,
    response_url: str = "",
) -> list[Submission]:
    """Queues these deploys of one person, or refuses them if there is no room for them. Records are read only
    if there may be none.

    Raises:
        QueueFull, TooManyOpenDeploys, and what `DeployStore.submit` raises.
    """
    counts = any(each.verb not in PASSES_FULL_QUEUES for each in deploys)
    room = Room(limits.waiting_per_service, limits.open_per_person) if counts else None
    submissions = store.submit_within(deploys, batch, room, response_url=response_url)
    if submissions is None:
        refuse_if_too_many(deploys, store, limits)
        submissions = store.submit_within(deploys, batch, None, response_url=response_url)
    return submissions or []


def refuse_if_too_many(deploys: Sequence[Deploy], store: DeployReader, limits: Limits) -> None:
    """Refuses these deploys of one person, which are not queued yet, if there is no room for them. Rollbacks
    always have room. What is requested at the very same moment is not counted; the limit of requests
    bounds how much that can be.

    Raises:
        QueueFull, TooManyOpenDeploys
    """
    new = [each for each in deploys if each.verb not in PASSES_FULL_QUEUES]
    if not new:
        return
    requester = new[0].request.requester
    in_progress, open_count = store.in_progress([each.service.name for each in new], requester)
    if any(each.request_key in known for each, known in zip(new, in_progress, strict=True)):
        return  # the same is under way: it is not queued twice, and the answer says so
    for each, known in zip(new, in_progress, strict=True):
        _refuse_if_queue_is_full(each, known.values(), store, limits.waiting_per_service)
    if open_count + len(new) > limits.open_per_person:
        raise TooManyOpenDeploys(count=open_count, most=limits.open_per_person)


def _refuse_if_queue_is_full(
    new: Deploy, in_progress: Collection[str], store: DeployReader, most: int
) -> None:
    """in_progress: ids of the service's deploys. Their records are read only if there are enough of them: an
    answer to a person does not wait for that."""
    if len(in_progress) < most:
        return
    others = store.get_all(in_progress)
    count = sum(each.phase is Phase.WAITING and _line_of(each) == _line_of(new) for each in others)
    if count >= most:
        what = "commands" if new.verb is Verb.RUN else "deploys"
        raise QueueFull(service=new.service.name, what=what, count=count, most=most)


def _line_of(deploy: Deploy) -> tuple[str, bool]:
    """What waits together: commands that are held take no place from deploys of their service."""
    return deploy.service.name, deploy.verb is Verb.RUN
