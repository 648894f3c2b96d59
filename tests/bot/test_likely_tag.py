"""The button that deploys the tag which was likely meant."""

from __future__ import annotations

from typing import Any

import pytest

from deploys import buttons
from deploys.deploy import Deploy, Outcome, Phase, Verb
from deploys.threads import ThreadView
from tests.bot.room import ALICE, CAROL, DAVE, DEPLOYS, RESPONSE_URL, Room

THREAD = "1699999999.000001"


def refused(room: Room, typed: str, **changes: Any) -> Deploy:
    """What alice typed, refused by its first checks."""
    room.type(typed)
    return end(room, room.only(), **changes)


def end(room: Room, deploy: Deploy, **changes: Any) -> Deploy:
    ended = room.move(
        deploy,
        **{
            "phase": Phase.ENDED,
            "outcome": Outcome.REFUSED,
            "ended_at": room.clock(),
            "likely_tags": ("1.4.2",),
            **changes,
        },
    )
    room.hush()
    return ended


def press(room: Room, deploy: Deploy, **how: Any) -> None:
    room.click(buttons.LIKELY_TAG, deploy, **{"by": ALICE, "ephemeral": True, "question": 0, **how})


def told(room: Room) -> str:
    [(*_, text)] = room.said()
    return text


def test_it_deploys_that_tag_with_the_reason_as_if_it_had_been_typed(room: Room) -> None:
    press(room, refused(room, "/deploy web v1.4.2 fixes the login"))

    new = room.only()
    assert (new.service.name, new.tag, new.why) == ("web", "1.4.2", "fixes the login")
    assert (new.requester, new.channel, new.phase) == (ALICE, DEPLOYS, Phase.WAITING)
    assert told(room) == (
        f"Queued: `web` `1.4.2` (deploy `{new.id}`). Its thread follows here after the first checks."
    )
    assert room.desk.threads.response_url(new.id) == RESPONSE_URL, "a refusal of it finds its way too"


def test_status_says_that_there_is_no_thread(room: Room) -> None:
    deploy = refused(room, "/deploy web v1.4.2")
    assert room.desk.threads.claim(deploy.id, "publisher", 10)
    view = ThreadView(channel=DEPLOYS, refused_privately=True)
    room.desk.threads.save(deploy.id, "publisher", view)

    assert room.type("/deploy status web").endswith(
        f"• `web` `v1.4.2` was refused just now; asked for by <@{ALICE}>; told to the requester alone "
        f"(deploy `{deploy.id}`)"
    )


def test_it_is_asked_for_by_whoever_pressed_it(room: Room) -> None:
    press(room, refused(room, "/deploy web v1.4.2"), by=DAVE)

    assert room.only().requester == DAVE


def test_who_may_not_deploy_may_not_press_it(room: Room) -> None:
    press(room, refused(room, "/deploy web v1.4.2"), by=CAROL)

    assert told(room).startswith("You may not deploy `web`.")
    assert room.desk.store.live() == []


def test_a_second_press_is_told_of_the_first(room: Room) -> None:
    deploy = refused(room, "/deploy web v1.4.2")
    press(room, deploy)
    room.hush()

    press(room, deploy, by=DAVE)

    assert len(room.desk.store.live()) == 1
    assert told(room).startswith(f"Nothing was added: <@{ALICE}> asked for `web` `1.4.2`")


def test_a_press_that_slack_delivered_late_deploys_nothing(room: Room) -> None:
    deploy = refused(room, "/deploy web v1.4.2")
    payload = room.click_payload(buttons.LIKELY_TAG, deploy, by=ALICE, ephemeral=True)
    payload["actions"][0]["action_ts"] = f"{room.clock() - 30:.6f}"

    room.send_payload(payload)

    assert told(room).startswith("This reached me 30 s after you sent it")
    assert room.desk.store.live() == []


def test_in_a_direct_message_it_deploys_where_it_was_asked_for(room: Room) -> None:
    room.mention("@slipway deploy web v1.4.2", thread=THREAD)
    deploy = end(room, room.only())

    press(room, deploy, channel="D01ALICE00", ephemeral=False)

    new = room.only()
    assert (new.channel, new.thread_ts) == (DEPLOYS, THREAD)
    [(channel, *_)] = room.said()
    assert channel == "D01ALICE00", "the answer is where the button is"


def test_the_root_of_a_new_thread_stays_new(room: Room) -> None:
    room.mention("@slipway deploy web v1.4.2")

    press(room, end(room, room.only()))

    assert room.only().new_thread


def test_a_rollback_goes_back_to_the_likely_version(room: Room) -> None:
    press(room, refused(room, "/deploy rollback web v1.4.1", likely_tags=("1.4.1",)))

    new = room.only()
    assert (new.verb, new.target) == (Verb.ROLLBACK, "1.4.1")


def test_all_of_a_batch_by_one_button(room: Room) -> None:
    room.type("/deploy web,api v1.4.2 new prices")
    web, api = room.desk.store.live()
    for each in (web, api):
        end(room, each)
    batch = web.batch
    assert batch is not None

    press(room, web.evolve(id=batch))

    assert [(each.service.name, each.tag, each.why) for each in room.desk.store.live()] == [
        ("web", "1.4.2", "new prices"),
        ("api", "1.4.2", "new prices"),
    ]
    assert len({each.batch for each in room.desk.store.live()}) == 1


@pytest.mark.parametrize("likely", [(), None])
def test_a_value_that_no_button_had_deploys_nothing(room: Room, likely: tuple[str, ...] | None) -> None:
    deploy = refused(room, "/deploy web v1.4.2", likely_tags=())

    press(room, deploy if likely is not None else deploy.evolve(id="zzzzzzzz"))

    assert room.desk.store.live() == []
    assert told(room).startswith("This message no longer" if likely is not None else "There is no deploy")
