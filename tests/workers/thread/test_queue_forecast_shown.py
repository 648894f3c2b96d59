"""A queued deploy's card says its place and start, and changes when the queue moves."""

from __future__ import annotations

from redis import Redis

from deploys.formatting import slack_time, utc_time
from deploys.queue_forecast import QueueForecast, WaitingDeploy
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_deploy
from workers.home.content import HomeContent
from workers.home.view import home_view
from workers.thread.card import card_fingerprint, deploy_card

FIRST = a_deploy(tag="1.4.1")
WAITING = a_deploy(phase=Phase.WAITING)
SECOND = QueueForecast(2, NOW + 300)


def test_the_card_and_the_home_tab_say_it() -> None:
    card = deploy_card(WAITING, [FIRST], NOW, SECOND)

    assert f"It is 2nd in the queue, expected to start at about {utc_time(NOW + 300)}." in card.text
    shown = f"2nd in the queue, expected to start at about {slack_time(NOW + 300)}."
    assert shown in str(card.blocks)
    home = home_view(HomeContent(waiting=[WaitingDeploy(WAITING, (FIRST,), SECOND)]), NOW)
    assert shown in str(home)


def test_the_card_changes_with_the_forecast_and_not_with_time() -> None:
    same = {card_fingerprint(WAITING, [FIRST], QueueForecast(2, NOW + 300)) for _ in range(2)}

    assert len(same) == 1
    assert card_fingerprint(WAITING, [FIRST], QueueForecast(2)) not in same


def test_an_approval_that_begins_or_ends_has_the_cards_behind_it_updated(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    for each in (FIRST, WAITING):
        store.submit(each)
    for phase, shown in [
        (Phase.PLANNING, False),
        (Phase.AWAITING_APPROVAL, True),
        (Phase.REGISTERING, True),
        (Phase.UPDATING, False),
    ]:
        redis.delete(redis_keys.PUBLISH)
        claim = store.claim(FIRST.id, "worker", 60, due_by=NOW + 10)
        assert claim is not None
        store.commit(claim, claim.deploy.in_phase(phase, NOW), due_at=NOW)
        assert (redis.zscore(redis_keys.PUBLISH, WAITING.id) is not None) is shown
