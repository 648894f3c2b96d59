"""Several services at once, as the tests of the bot need them."""

from __future__ import annotations

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import ServiceGroup
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.thread_state import ThreadState
from tests.bot.bot_harness import CARD_TS, DEPLOYS_CHANNEL, BotHarness
from tests.builders import a_service


def add_service_groups(catalogue: Catalogue) -> Catalogue:
    """With two groups, and as many open services as one may wish for."""
    many = {f"s{number}": a_service(f"s{number}") for number in range(21)}
    groups = (
        ServiceGroup(name="shopfront", services=("web", "api"), in_order=True, stop_on_first_failure=True),
        ServiceGroup(name="money", services=("web", "ledger")),
        ServiceGroup(name="crowd", services=tuple(many)),
    )
    return Catalogue({**catalogue.services, **many}, {each.name: each for each in groups})


def only_batch(bot: BotHarness) -> tuple[Batch, list[Deploy]]:
    """The one batch that is under way."""
    [batch_id] = {each.batch_id for each in bot.context.store.active() if each.batch_id}
    batch = bot.context.store.batch(batch_id)
    assert batch is not None
    return batch, bot.context.store.batch_deploys(batch)


def post_batch_card(bot: BotHarness, batch: Batch) -> str:
    """The card of the batch, as the publisher notes it."""
    link = f"https://slack.test/{batch.id}"
    threads = bot.context.threads
    assert threads.claim(batch.id, "publisher", 10)
    threads.save(batch.id, "publisher", ThreadState(channel=DEPLOYS_CHANNEL, ts=CARD_TS, permalink=link))
    threads.release(batch.id, "publisher")
    return link
