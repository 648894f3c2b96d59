"""Several services at once, as the tests of the bot need them."""

from __future__ import annotations

from deploys.batch import Batch
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Group
from deploys.deploy import Deploy
from deploys.threads import ThreadView
from tests.bot.room import CARD, DEPLOYS, Room
from tests.builders import a_service


def with_groups(catalogue: Catalogue) -> Catalogue:
    """With two groups, and as many open services as one may wish for."""
    many = {f"s{number}": a_service(f"s{number}") for number in range(21)}
    groups = (
        Group(name="shopfront", services=("web", "api"), in_order=True, stop_on_first_failure=True),
        Group(name="money", services=("web", "ledger")),
        Group(name="crowd", services=tuple(many)),
    )
    return Catalogue({**catalogue.services, **many}, {each.name: each for each in groups})


def batch_of(room: Room) -> tuple[Batch, list[Deploy]]:
    """The one batch that is under way."""
    [batch_id] = {each.batch for each in room.desk.store.live() if each.batch}
    batch = room.desk.store.batch(batch_id)
    assert batch is not None
    return batch, room.desk.store.members(batch)


def open_thread(room: Room, batch: Batch) -> str:
    """The card of the batch, as the publisher notes it."""
    link = f"https://slack.test/{batch.id}"
    threads = room.desk.threads
    assert threads.claim(batch.id, "publisher", 10)
    threads.save(batch.id, "publisher", ThreadView(channel=DEPLOYS, ts=CARD, permalink=link))
    threads.release(batch.id, "publisher")
    return link
