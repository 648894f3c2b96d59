"""The card of a deploy that is held, and of one that goes on while all deploys are stopped."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.holds.lock_text import stop_sentence
from deploys.queue_forecast import WaitingDeploy
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.records.traffic import TrafficShift
from tests.builders import NOW, a_batch, a_deploy, a_native_service, a_service
from tests.deploys.test_pauses import a_pause
from tests.workers.thread.sample_deploys import BOB, LATER, awaiting, following
from workers.home.content import HomeContent
from workers.home.view import home_view
from workers.thread.batch_card import batch_card
from workers.thread.card import card_fingerprint, deploy_card
from workers.thread.card_state import changes_with_time, state_key

SENTENCE = f"<@{BOB}> has locked `web`: checking the graphs."
HOLD = Hold(kind=HoldKind.LOCK, sentence=SENTENCE, until=NOW + 7200)
STOP = StopAll(
    id="abcd2345", user=BOB, reason="the database is slow", since=NOW, channel="C01DEPLOYS", team="T01SLIPWAY"
)


def held(**changes: Any) -> Deploy:
    return a_deploy(phase=Phase.WAITING, hold=HOLD, **changes)


def buttons(deploy: Deploy) -> list[str]:
    rows = [block for block in deploy_card(deploy, (), LATER).blocks if block["type"] == "actions"]
    return [each["action_id"] for row in rows for each in row["elements"]]


def test_a_held_deploy_says_who_holds_it_why_and_until_when() -> None:
    shown = deploy_card(held(), (), LATER)

    assert "*held: the service is locked*" in shown.text
    assert f"{SENTENCE} It is held until 2026-09-21 16:13 UTC." in shown.text
    assert buttons(held()) == ["deploy:cancel"]
    assert not changes_with_time(held(phase_since=NOW).evolve(phase=Phase.PLANNING))


def test_a_held_question_can_still_be_answered() -> None:
    deploy = awaiting(hold=HOLD)

    assert "*held: the service is locked, and waiting for 1 approval*" in deploy_card(deploy, (), LATER).text
    assert buttons(deploy)[:2] == ["deploy:approve", "deploy:reject"]


@pytest.mark.parametrize(
    ("deploy", "says"),
    [
        (following(), True),
        (held(), False),
        (following(phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=LATER), False),
    ],
)
def test_what_goes_on_while_all_deploys_are_stopped_says_so(deploy: Deploy, says: bool) -> None:
    line = f"{stop_sentence(STOP)} This one goes on to its end; the next ones wait."

    assert (line in deploy_card(deploy, (), LATER, stopped=STOP).text) == says
    assert (card_fingerprint(deploy, ()) != card_fingerprint(deploy, (), stopped=STOP)) == says


def test_a_paused_rollout_says_that_it_stays_where_it_is() -> None:
    pauses = TrafficShift(stage="POST_TEST_TRAFFIC_SHIFT", pauses=(a_pause(),))
    paused = following(service=a_native_service("shop"), traffic=pauses)

    assert (
        f"{stop_sentence(STOP)} This one stays at its pause until they are resumed. It can be rolled back."
        in deploy_card(paused, (), LATER, stopped=STOP).text
    )


def test_the_state_of_a_card_changes_when_it_is_held() -> None:
    assert state_key(held()) != state_key(held().evolve(hold=None))


def test_a_batch_says_once_that_all_deploys_are_stopped() -> None:
    stopped = Hold(kind=HoldKind.STOP_ALL, sentence=stop_sentence(STOP))
    batch, deploys = a_batch(*(a_deploy(a_service(name), hold=stopped) for name in ("web", "api")))

    text = batch_card(batch, [WaitingDeploy(each) for each in deploys], LATER, stopped=STOP).text

    assert text.count(stop_sentence(STOP)) == 1
    assert text.count("held: all deploys are stopped") == 2


def test_home_has_a_banner_for_everybody_and_says_what_is_held() -> None:
    view = home_view(HomeContent(running=[held()], stopped=STOP), NOW)

    texts = [block.get("text", {}).get("text", "") for block in view["blocks"]]
    assert texts[0].startswith(f":double_vertical_bar: {stop_sentence(STOP)}")
    assert [each for each in texts if SENTENCE in each]
