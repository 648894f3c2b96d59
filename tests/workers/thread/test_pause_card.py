"""The card of a rollout that shifts traffic and pauses."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.traffic import HookAction, PauseAnswer, TrafficPlan, TrafficShift
from tests.builders import NOW, a_native_service, a_plan
from tests.deploys.test_pauses import a_pause
from tests.slack_directory import KnownDirectory
from tests.workers.thread.sample_deploys import BOB, LATER, following
from tests.workers.thread.test_card import buttons
from workers.home.content import may_answer
from workers.thread import card_state
from workers.thread.card import deploy_card

CANARY = TrafficPlan(strategy="CANARY", step_percent=10, step_wait_seconds=120, bake_seconds=60)


def shifting(**changes: Any) -> Deploy:
    """`/deploy shop 1.4.2`; the new version gets a tenth of the traffic."""
    shift = TrafficShift(
        stage="PRODUCTION_TRAFFIC_SHIFT",
        stage_since=NOW,
        new_production_percent=10.0,
        new_test_percent=100.0,
        old_production_percent=90.0,
    ).evolve(**changes)
    return following(service=a_native_service(), plan=a_plan(traffic=CANARY), traffic=shift)


def paused(**changes: Any) -> Deploy:
    """It waits for an answer, before any production traffic moves."""
    pause = a_pause(expires_at=NOW + 1800, **changes)
    return shifting(
        stage="POST_TEST_TRAFFIC_SHIFT",
        new_production_percent=0.0,
        old_production_percent=100.0,
        pauses=(pause,),
    )


def test_a_pause_says_who_may_answer_until_when_and_what_then() -> None:
    shown = deploy_card(paused(), (), LATER)

    assert "*paused once the test traffic has moved, waiting for an answer, 2 of 3 new tasks" in shown.text
    assert (
        "Production traffic: new 0 %, old 100 %. Test traffic: new 100 %.\n"
        f"<@{BOB}> can continue it until 2026-09-21 14:43 UTC; if nobody answers, ECS rolls back by itself.\n"
    ) in shown.text
    assert buttons(shown) == "[Continue] [Roll back to 1.4.0]"
    assert card_state.state_emoji(paused()) == ":raised_hand:"
    assert not card_state.changes_with_time(paused())


def test_each_button_confirms_its_effect() -> None:
    [row] = [block for block in deploy_card(paused(), (), LATER).blocks if block["type"] == "actions"]
    go_on, back = row["elements"]

    assert (go_on["action_id"], go_on["value"]) == ("deploy:continue", "k3m9p2qr.1")
    assert go_on["confirm"]["text"]["text"] == (
        "shop 1.4.2: ECS goes on, and moves 10 % of the production traffic to it, later the rest."
    )
    assert (back["action_id"], back["value"]) == ("deploy:roll-back", "k3m9p2qr.1")
    assert back["confirm"]["text"]["text"] == (
        "shop 1.4.2 is rolled back to 1.4.0: all traffic goes to the old tasks, and the new ones stop."
    )


def test_an_answered_pause_keeps_no_answer_button() -> None:
    answered = paused(answer=PauseAnswer(user=BOB, action=HookAction.CONTINUE, at=LATER))

    shown = deploy_card(answered, (), LATER)

    assert f"*paused, <@{BOB}> pressed Continue, " in shown.text
    assert buttons(shown) == "[Roll back to 1.4.0]"
    assert card_state.must_update_now(answered, card_state.state_key(paused()))


def test_a_pause_is_shown_at_once_and_removed_by_a_cancel() -> None:
    assert card_state.must_update_now(paused(), card_state.state_key(shifting()))
    cancelled = paused().evolve(cancel=Cancel(user=BOB, at=LATER))
    assert card_state.must_update_now(cancelled, card_state.state_key(paused()))
    assert buttons(deploy_card(cancelled, (), LATER)) == ""


def test_traffic_weights_and_stage_are_on_the_card() -> None:
    text = deploy_card(shifting(), (), LATER).text

    assert "*rolling out, moving the production traffic, 2 of 3 new tasks running*" in text
    assert "Production traffic: new 10 %, old 90 %. Test traffic: new 100 %." in text


def test_the_bake_time_says_until_when() -> None:
    text = deploy_card(
        shifting(stage="BAKE_TIME", new_production_percent=100.0, old_production_percent=0.0), (), LATER
    ).text

    assert (
        "Production traffic: new 100 %, old 0 %. Test traffic: new 100 %.\nBaking until 2026-09-21 14:14"
        in (text)
    )


@pytest.mark.parametrize(("user", "needed"), [(BOB, True), ("U01ALICE00", False), ("U03CAROL00", False)])
def test_who_is_needed_at_a_pause(user: str, needed: bool) -> None:
    class NoGroups:
        def members(self, group: str, now: float) -> None:
            return None

    catalogue = Catalogue({"shop": paused().service})
    directory = KnownDirectory(redis=None)  # type: ignore[arg-type]
    access = Access(catalogue, NoGroups(), directory, now=lambda: NOW)  # type: ignore[arg-type]

    assert may_answer(paused(), user, access, NOW) is needed


@pytest.mark.parametrize(
    ("production", "traffic", "effect"),
    [
        (0.0, CANARY, "ECS goes on, and moves 10 % of the production traffic to it, later the rest."),
        (
            0.0,
            CANARY.evolve(strategy="BLUE_GREEN", step_percent=100),
            "ECS goes on and moves production traffic to it, unless something else stops it.",
        ),
        (10.0, CANARY, "ECS goes on and moves production traffic to it, unless something else stops it."),
        (None, CANARY, "ECS goes on and moves production traffic to it, unless something else stops it."),
        (0.0, None, "ECS goes on and moves production traffic to it, unless something else stops it."),
    ],
)
def test_continue_says_what_ecs_does_next(
    production: float | None, traffic: TrafficPlan | None, effect: str
) -> None:
    deploy = paused().evolve(plan=a_plan(traffic=traffic))
    assert deploy.traffic
    deploy = deploy.evolve(traffic=deploy.traffic.evolve(new_production_percent=production))

    assert asked_by_continue(deploy) == f"shop 1.4.2: {effect}"


def test_continue_at_full_traffic_stops_the_old_tasks_in_the_end() -> None:
    deploy = paused()
    assert deploy.traffic
    full = deploy.evolve(traffic=deploy.traffic.evolve(new_production_percent=100.0))

    assert asked_by_continue(full) == (
        "shop 1.4.2 has all production traffic. ECS goes on, and in the end stops the old tasks."
    )


def asked_by_continue(deploy: Deploy) -> str:
    """The text of the button's confirm dialog."""
    [row] = [block for block in deploy_card(deploy, (), LATER).blocks if block["type"] == "actions"]
    text: str = row["elements"][0]["confirm"]["text"]["text"]
    return text


@pytest.mark.parametrize(("kept", "old"), [(None, "70 %"), (60.0, "60 %")])
def test_what_the_old_tasks_keep_is_what_ecs_says_or_else_the_rest(kept: float | None, old: str) -> None:
    text = deploy_card(shifting(new_production_percent=30.0, old_production_percent=kept), (), LATER).text

    assert f"Production traffic: new 30 %, old {old}." in text


def test_a_rollout_that_ended_shows_no_weights() -> None:
    over = shifting().evolve(phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=LATER)

    assert "Production traffic" not in deploy_card(over, (), LATER).text
