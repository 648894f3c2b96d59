"""`/deploy follow SERVICE`, and the button *Follow it* on a deploy that was refused for a foreign rollout."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploys import buttons
from deploys.deploy import Cancel, Deploy, Outcome, Phase, Verb
from tests.bot.room import ALICE, BOB, CARD, CAROL, DEPLOYS, GENERAL, RESPONSE_URL, Room

THREAD = "1699999999.000001"
FORBIDDEN = f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>."
ELSEWHERE = f"`web` may not be deployed from this channel, only from <#{DEPLOYS}>."


def followed(room: Room, **changes: Any) -> Deploy:
    """`/deploy follow web` by alice, as a worker left it."""
    room.type("/deploy follow web")
    seen = {"phase": Phase.LOOKING_ON, "tag": "1.4.2", "deployment_id": "ecs-svc/7"}
    deploy = room.move(room.only(), **{**seen, **changes})
    room.hush()
    return deploy


def refused(room: Room) -> Deploy:
    """A deploy of web that found somebody else's rollout in its way."""
    room.type("/deploy web 1.4.2")
    deploy = room.only()
    room.open_thread(deploy)
    ended = room.move(
        deploy,
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        ended_at=room.clock(),
        in_the_way="ecs-svc/7",
    )
    room.hush()
    return ended


def test_it_is_taken_in_and_the_workers_are_rung(room: Room) -> None:
    answer = room.type("/deploy follow web")

    deploy = room.only()
    assert answer == (
        f"Queued: following the foreign rollout of `web` (deploy `{deploy.id}`). Its thread "
        "follows here after the first checks."
    )
    assert (deploy.verb, deploy.tag, deploy.phase) == (Verb.FOLLOW, "", Phase.WAITING)
    assert room.desk.threads.response_url(deploy.id) == RESPONSE_URL
    assert room.rung() == [("publish", [deploy.id]), ("advance", [deploy.id])]


def test_in_a_thread_the_card_is_the_answer(room: Room) -> None:
    room.mention("@slipway follow web", thread=THREAD)

    deploy = room.only()
    assert (deploy.verb, deploy.thread_ts) == (Verb.FOLLOW, THREAD)
    assert room.said() == []


def test_it_needs_no_approval_since_nothing_is_changed(room: Room) -> None:
    assert room.type("/deploy follow ledger").endswith("Its thread follows here after the first checks.")


@pytest.mark.parametrize(
    ("who", "where", "answer"), [(CAROL, DEPLOYS, FORBIDDEN), (ALICE, GENERAL, ELSEWHERE)]
)
def test_access_is_that_of_deploying_since_deploys_wait_meanwhile(
    room: Room, who: str, where: str, answer: str
) -> None:
    assert room.type("/deploy follow web", by=who, channel=where) == answer
    assert room.desk.store.live() == []


def test_the_same_wish_again_leads_to_the_thread(room: Room) -> None:
    deploy = followed(room)
    link = room.open_thread(deploy)

    assert room.type("/deploy follow web") == (
        f"Nothing was added: <@{ALICE}> asked to follow the foreign rollout of `web` to `1.4.2` just now, "
        f"and it is followed. See <{link}|its thread> (deploy `{deploy.id}`)."
    )


def test_a_deploy_asked_for_meanwhile_waits_in_line(room: Room) -> None:
    followed(room)

    answer = room.type("/deploy web 1.5.0")

    deploy = room.desk.store.live()[-1]
    assert answer == (
        f"Queued: `web` `1.5.0` (deploy `{deploy.id}`), number 2 in the line of `web`, behind a foreign "
        f"rollout to `1.4.2` followed for <@{ALICE}>. It starts by itself. Its thread follows here."
    )


def test_a_rollout_of_ours_is_not_foreign(room: Room) -> None:
    room.type("/deploy web 1.4.2")
    deploy = room.move(room.only(), phase=Phase.FOLLOWING, update_tried=True)
    link = room.open_thread(deploy)

    assert room.type("/deploy follow web") == (
        f"There is nothing foreign to follow: `web` `1.4.2`, asked for by <@{ALICE}>, rolls out. "
        f"<{link}|Its thread> shows how it goes."
    )
    assert len(room.desk.store.live()) == 1


def test_behind_a_deploy_that_has_not_begun_it_waits(room: Room) -> None:
    room.type("/deploy web 1.4.2")

    assert "number 2 in the line of `web`" in room.type("/deploy follow web")


def test_status_says_for_whom_it_is_followed(room: Room) -> None:
    deploy = followed(room)

    assert room.type("/deploy status web") == (
        "*Under way* of `web`\n• foreign rollout of `web` to `1.4.2` is followed; followed for "
        f"<@{ALICE}>, who asked just now; its thread (deploy `{deploy.id}`)"
    )


@pytest.mark.parametrize(
    ("outcome", "standing"),
    [
        (Outcome.SUCCEEDED, "succeeded"),
        (Outcome.ROLLED_BACK, "was rolled back"),
        (Outcome.CANCELLED, "stopped being followed"),
        (Outcome.EXPIRED, "did not end in time and stopped being followed"),
        (Outcome.REFUSED, "could not be followed"),
    ],
)
def test_status_says_how_it_ended(room: Room, outcome: Outcome, standing: str) -> None:
    deploy = followed(room, phase=Phase.ENDED, outcome=outcome, ended_at=room.clock())

    [line] = room.type("/deploy status web").splitlines()[-1:]
    assert line == (
        f"• foreign rollout of `web` to `1.4.2` {standing} just now; followed for <@{ALICE}>; its thread "
        f"(deploy `{deploy.id}`)"
    )


def test_cancel_stops_following(room: Room) -> None:
    deploy = followed(room)

    assert room.type("/deploy cancel web") == (
        "I stop following the foreign rollout of `web` to `1.4.2`; it goes on in ECS. See its thread."
    )
    assert room.only().cancel == Cancel(user=ALICE, at=room.clock())
    assert room.type(f"/deploy cancel {deploy.id}") == (
        "Following the foreign rollout of `web` to `1.4.2` is being cancelled already: "
        f"<@{ALICE}> asked for it. Its thread says how it ends."
    )


def test_among_several_it_is_offered_by_what_it_does(room: Room) -> None:
    followed(room)
    room.type("/deploy web 1.5.0")

    shown = room.blocks("/deploy cancel web")

    labels = [block["accessory"]["text"]["text"] for block in shown if "accessory" in block]
    assert labels == ["Stop following", "Cancel web 1.5.0"]


# The button


def test_the_button_is_the_command(room: Room) -> None:
    deploy = refused(room)

    room.click(buttons.FOLLOW, deploy, by=ALICE)

    new = room.only()
    assert (new.verb, new.service.name, new.requester, new.channel) == (Verb.FOLLOW, "web", ALICE, DEPLOYS)
    assert room.rung() == [("publish", [new.id]), ("advance", [new.id])]


def test_a_second_press_leads_to_the_thread(room: Room) -> None:
    deploy = refused(room)
    room.click(buttons.FOLLOW, deploy, by=ALICE)

    room.click(buttons.FOLLOW, deploy, by=ALICE)

    assert len(room.desk.store.live()) == 1
    [(channel, _, user, text)] = room.said()
    assert (channel, user) == (DEPLOYS, ALICE)
    assert text.startswith(f"Nothing was added: <@{ALICE}> asked to follow the foreign rollout of `web`")


def test_the_button_asks_whether_they_may(room: Room) -> None:
    deploy = refused(room)

    room.click(buttons.FOLLOW, deploy, by=BOB)

    assert [text for _, _, _, text in room.said()] == [FORBIDDEN]
    assert room.desk.store.live() == []


def test_a_late_press_changes_nothing(room: Room) -> None:
    deploy = refused(room)
    payload = room.click_payload(buttons.FOLLOW, deploy, by=ALICE)
    payload["actions"][0]["action_ts"] = f"{room.clock() - 7:.6f}"

    room.send_form({"payload": json.dumps(payload)})

    [(_, _, _, text)] = room.said()
    assert text.startswith("This reached me 7 s after you sent it")
    assert room.desk.store.live() == []


def test_a_button_on_an_old_card_does_nothing(room: Room) -> None:
    deploy = refused(room)

    room.click(buttons.FOLLOW, deploy, by=ALICE, message_ts=f"{float(CARD) - 1:.6f}")

    [(_, _, _, text)] = room.said()
    assert text.startswith("This message no longer speaks for the deploy")
    assert room.desk.store.live() == []
