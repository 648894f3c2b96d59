"""The card of a deploy that is held, and of one that goes on while all deploys are stopped."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.holds.lock_text import stop_sentence
from deploys.queue_forecast import WaitingDeploy
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind, Override
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.stop_all import StopAll
from deploys.records.traffic import TrafficShift
from tests.builders import NOW, a_batch, a_deploy, a_native_service, a_service
from tests.deploys.test_pauses import a_pause
from tests.workers.thread.sample_deploys import BOB, LATER, awaiting, following
from workers.home.content import HomeContent
from workers.home.view import home_view
from workers.thread.batch_card import batch_card
from workers.thread.card import card_fingerprint, deploy_card
from workers.thread.card_buttons import open_question_values
from workers.thread.card_state import changes_with_time, state_key

SENTENCE = f"<@{BOB}> locked `web`: checking the graphs."
HOLD = Hold(kind=HoldKind.LOCK, sentence=SENTENCE, until=NOW + 7200)
STOP = StopAll(
    id="abcd2345", user=BOB, reason="the database is slow", since=NOW, channel="C01DEPLOYS", team="T01SLIPWAY"
)


def held(**changes: Any) -> Deploy:
    return a_deploy(phase=Phase.WAITING, hold=HOLD, **changes)


def paused_rollout(**changes: Any) -> Deploy:
    pauses = TrafficShift(stage="POST_TEST_TRAFFIC_SHIFT", pauses=(a_pause(expires_at=NOW + 1800),))
    return following(service=a_native_service("shop"), traffic=pauses, **changes)


def buttons(deploy: Deploy, stopped: StopAll | None = None) -> list[str]:
    card = deploy_card(deploy, (), LATER, stopped=stopped)
    rows = [block for block in card.blocks if block["type"] == "actions"]
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
    paused = paused_rollout()

    shown = deploy_card(paused, (), LATER, stopped=STOP)
    assert (
        f"{stop_sentence(STOP)} This one stays at its pause until they are resumed. It can be rolled back."
        in shown.text
    )
    assert "Wait until deploys are resumed, or roll it back below" in shown.text
    assert "can continue it" not in shown.text
    assert "At 2026-09-21 14:43 UTC ECS rolls back by itself." in shown.text
    assert buttons(paused, STOP) == ["deploy:roll-back"]
    assert open_question_values(paused, STOP) == ()
    assert buttons(paused) == ["deploy:continue", "deploy:roll-back"]
    assert open_question_values(paused) == ("k3m9p2qr.1",)


def test_a_pause_in_a_batch_and_in_home_has_no_dead_button_either() -> None:
    batch, [deploy] = a_batch(paused_rollout())

    shown = batch_card(batch, [WaitingDeploy(deploy)], LATER, stopped=STOP)
    view = home_view(HomeContent(needs_you=[deploy], stopped=STOP), NOW)

    assert "It stays at its pause until deploys are resumed." in shown.text
    for blocks in (shown.blocks, view["blocks"]):
        ids = [each["action_id"] for block in blocks for each in block.get("elements", ()) if "value" in each]
        assert "deploy:roll-back" in ids
        assert "deploy:continue" not in ids


def test_a_rollback_is_never_stopped_at_its_pause() -> None:
    rollback = paused_rollout(verb=Verb.ROLLBACK)

    assert buttons(rollback, STOP) == ["deploy:continue", "deploy:roll-back"]


def test_an_override_says_its_reason_once() -> None:
    override = Override(user=BOB, kind=HoldKind.FREEZE, reason="payments are down", at=NOW)
    deploy = following(override=override)

    same = deploy_card(deploy.evolve(request={"reason": "payments are down "}), (), LATER).text
    other = deploy_card(deploy.evolve(request={"reason": "fixes the login"}), (), LATER).text

    assert f"Why: payments are down\n<@{BOB}> overrides the freeze.\n" in same
    assert same.count("payments are down") == 1
    assert f"Why: fixes the login\n<@{BOB}> overrides the freeze: payments are down\n" in other


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
