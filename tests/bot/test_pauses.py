"""Continue and Roll back at a pause: who may, and what late, double and stale clicks are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.deploy import Deploy, Outcome, Phase
from deploys.traffic import HookAction, PauseAnswer, PauseEnd, Shift
from tests.bot.room import ALICE, BOB, CAROL, DAVE, DEPLOYS, Room
from tests.builders import a_native_service, a_plan
from tests.deploys.test_hooks import a_pause

DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


@pytest.fixture
def catalogue() -> Catalogue:
    """shop's approvers let it continue; site names none."""
    allowed = {"deployers": (ALICE, DEPLOYERS), "channels": (DEPLOYS,)}
    services = (
        a_native_service("shop", approvers=(APPROVERS,), **allowed),
        a_native_service("site", approvers=(), **allowed),
    )
    return Catalogue({each.name: each for each in services})


def at_a_pause(room: Room, service: str = "shop", by: str = ALICE) -> Deploy:
    room.type(f"/deploy {service} 1.4.2", by=by)
    return pause_at(room, room.only(), Phase.FOLLOWING)


def pause_at(room: Room, deploy: Deploy, phase: Phase, **changes: Any) -> Deploy:
    now = room.clock()
    pauses = (a_pause(since=now, expires_at=now + 1800, **changes),)
    shift = Shift(stage="POST_TEST_TRAFFIC_SHIFT", production=0.0, test=100.0, pauses=pauses)
    moved = room.move(deploy, phase=phase, plan=a_plan(), shift=shift)
    room.open_thread(moved)
    room.hush()
    return moved


def answered(room: Room) -> PauseAnswer | None:
    shift = room.only().shift
    return shift.pauses[-1].answer if shift else None


def told(room: Room, who: str) -> str:
    """The one thing that was said, and to whom."""
    [(channel, _, user, text)] = room.said()
    assert (channel, user) == (DEPLOYS, who)
    return text


@pytest.mark.parametrize(
    ("button", "action"),
    [(buttons.CONTINUE, HookAction.CONTINUE), (buttons.ROLL_BACK, HookAction.ROLLBACK)],
)
def test_an_answer_is_written_down_and_the_workers_are_rung(
    room: Room, button: str, action: HookAction
) -> None:
    deploy = at_a_pause(room)

    ack = room.click(button, deploy, by=BOB, question=1)

    assert (ack.status, ack.body) == (200, "")
    said = answered(room)
    assert said is not None
    assert (said.user, said.action) == (BOB, action)
    assert room.rung() == [("publish", [deploy.id]), ("advance", [deploy.id])]


@pytest.mark.parametrize(
    ("service", "requester", "who", "button", "answer"),
    [
        (
            "shop",
            ALICE,
            CAROL,
            buttons.CONTINUE,
            f"You may not decide about `shop`. Those who may: <!subteam^{APPROVERS}>.",
        ),
        (
            "shop",
            ALICE,
            ALICE,
            buttons.CONTINUE,
            f"You may not decide about `shop`. Those who may: <!subteam^{APPROVERS}>.",
        ),
        (
            "shop",
            DAVE,
            DAVE,
            buttons.CONTINUE,
            "You asked for this deploy, so somebody else has to let it continue: "
            f"<!subteam^{APPROVERS}>. You may roll it back.",
        ),
        (
            "shop",
            ALICE,
            CAROL,
            buttons.ROLL_BACK,
            f"You may not deploy `shop`. Those who may: <@{ALICE}>, <!subteam^{DEPLOYERS}>, "
            f"<!subteam^{APPROVERS}>.",
        ),
        (
            "site",
            ALICE,
            BOB,
            buttons.CONTINUE,
            f"You may not deploy `site`. Those who may: <@{ALICE}>, <!subteam^{DEPLOYERS}>.",
        ),
    ],
)
def test_who_may_not(room: Room, service: str, requester: str, who: str, button: str, answer: str) -> None:
    deploy = at_a_pause(room, service, by=requester)

    room.click(button, deploy, by=who, question=1)

    assert told(room, who) == answer
    assert answered(room) is None


@pytest.mark.parametrize(
    ("service", "requester", "who", "button"),
    [
        ("site", ALICE, ALICE, buttons.CONTINUE),  # no approvers: whoever may deploy, the requester too
        ("site", ALICE, DAVE, buttons.CONTINUE),
        ("shop", ALICE, ALICE, buttons.ROLL_BACK),  # who may cancel may roll back
    ],
)
def test_who_may(room: Room, service: str, requester: str, who: str, button: str) -> None:
    deploy = at_a_pause(room, service, by=requester)

    room.click(button, deploy, by=who, question=1)

    said = answered(room)
    assert said is not None
    assert said.user == who


def test_the_second_click_is_told_who_was_first(room: Room) -> None:
    deploy = at_a_pause(room)

    room.click(buttons.CONTINUE, deploy, by=BOB, question=1)
    room.click(buttons.ROLL_BACK, deploy, by=DAVE, question=1)

    assert told(room, DAVE) == f"Already answered: <@{BOB}> pressed *Continue*."
    said = answered(room)
    assert said is not None
    assert said.action is HookAction.CONTINUE


def test_a_click_after_the_time_ran_out(room: Room) -> None:
    deploy = at_a_pause(room)
    assert deploy.shift is not None
    late = deploy.shift.pauses[0].evolve(expires_at=room.clock())
    room.move(deploy, shift=deploy.shift.with_pause(late))

    room.click(buttons.CONTINUE, deploy, by=BOB, question=1)

    assert told(room, BOB) == (
        "This pause is over: its time ran out, and ECS rolls back by itself. Nothing was changed by your "
        "click."
    )


@pytest.mark.parametrize("button", [buttons.CONTINUE, buttons.ROLL_BACK])
def test_a_click_that_slack_delivered_late_changes_nothing(room: Room, button: str) -> None:
    deploy = at_a_pause(room)
    payload = room.click_payload(button, deploy, by=BOB, question=1)
    room.clock.pass_by(3.2)

    room.send_form({"payload": json.dumps(payload)})

    assert told(room, BOB).startswith("This reached me 3 s after you sent it")
    assert answered(room) is None


def test_a_button_of_an_earlier_pause_does_not_answer_the_next(room: Room) -> None:
    deploy = at_a_pause(room)
    assert deploy.shift is not None
    first = deploy.shift.pauses[0].evolve(end=PauseEnd.ELSEWHERE, ended_at=room.clock())
    second = a_pause(hook_id="h2", expires_at=room.clock() + 1800)
    room.move(deploy, shift=deploy.shift.evolve(pauses=(first, second)))

    room.click(buttons.CONTINUE, deploy, by=BOB, question=1)

    assert told(room, BOB) == (
        "This pause is over: somebody continued it outside Slipway. Nothing was changed by your click."
    )
    assert answered(room) is None


def test_a_button_that_outlived_its_deploy_says_how_it_ended(room: Room) -> None:
    deploy = at_a_pause(room)
    room.move(deploy, phase=Phase.ENDED, outcome=Outcome.SUPERSEDED, ended_at=room.clock())

    room.click(buttons.ROLL_BACK, deploy, by=BOB, question=1)

    assert told(room, BOB) == (
        "This question is closed: the deploy was superseded. Nothing was changed by your click."
    )


def test_status_says_that_it_waits_for_an_answer(room: Room) -> None:
    at_a_pause(room)

    assert "`shop` `1.4.2` is paused and waits for an answer, *Continue* or *Roll back*; asked for" in (
        room.type("/deploy status")
    )
