"""Sends cards by the real publisher and reads them as the played Slack shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from redis import Redis

from deploys.records.deploy import Deploy
from sandbox.slack import SlackSandbox
from tests.gallery.exhibit import Exhibit, Section
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from tests.workers.thread.sample_deploys import LATER


def publish_cards(sections: Iterable[Section], redis: Redis, slack: SlackSandbox) -> list[Section]:
    """The same sections, with each card as Slack has it. Redis is emptied."""
    clock = ManualClock()
    clock.value = LATER
    harness = PublisherHarness(redis, slack, clock)
    return [
        replace(section, exhibits=[_as_published(each, harness) for each in section.exhibits])
        for section in sections
    ]


def _as_published(exhibit: Exhibit, harness: PublisherHarness) -> Exhibit:
    if exhibit.deploy is None:
        return exhibit
    deploy = exhibit.deploy
    harness.redis.flushall()
    asked = Deploy(
        id=deploy.id, service=deploy.service, verb=deploy.verb, tag=deploy.tag, request=deploy.request
    )
    harness.store.submit(asked)
    harness.store.amend(
        deploy.id, lambda now: deploy.evolve(version=now.version), by="gallery", what="sample"
    )
    harness.publisher.publish(deploy.id)
    if not harness.view(deploy.id).ts:  # only the requester is told of some refusals
        return exhibit
    card = harness.card(deploy.id)
    return replace(exhibit, text=card["text"], blocks=card.get("blocks", []))
