"""How many deploys may wait for a service, and be open of one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deploys.errors import QueueFull, TooManyOpenDeploys
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.request_limits import Limits

PASSES_FULL_QUEUES = frozenset({Verb.ROLLBACK})
"""What is asked for in an outage: no limit may keep one going."""


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
    active = store.active()
    under_way = {(each.service.name, each.request_key) for each in active if each.in_progress}
    if any((each.service.name, each.request_key) in under_way for each in new):
        return  # the same is under way: it is not queued twice, and the answer says so
    waiting = Counter(_line_of(each) for each in active if each.phase is Phase.WAITING)
    for each in new:
        if (count := waiting[_line_of(each)]) >= limits.waiting_per_service:
            what = "commands" if each.verb is Verb.RUN else "deploys"
            most = limits.waiting_per_service
            raise QueueFull(service=each.service.name, what=what, count=count, most=most)
    requester = new[0].request.requester
    count = sum(each.request.requester == requester for each in active)
    if count + len(new) > limits.open_per_person:
        raise TooManyOpenDeploys(count=count, most=limits.open_per_person)


def _line_of(deploy: Deploy) -> tuple[str, bool]:
    """What waits together: commands that are held take no place from deploys of their service."""
    return deploy.service.name, deploy.verb is Verb.RUN
