"""`/deploy cancel [SERVICE or deploy id]`"""

from __future__ import annotations

from deploys import buttons
from deploys.deploy import Deploy, Outcome, Phase
from tests.bot.room import ALICE, BOB, CAROL, DAVE, DEPLOYS, Room
from tests.builders import a_plan


def started(room: Room, typed: str, *, by: str = ALICE) -> Deploy:
    """The deploy of a command."""
    room.type(typed, by=by)
    room.clock.pass_by(1)
    return room.desk.store.live()[-1]


def test_without_a_word_it_is_the_only_one_of_yours(room: Room) -> None:
    started(room, "/deploy api 1.0.0", by=DAVE)
    mine = started(room, "/deploy web 1.4.2")
    link = room.open_thread(mine)

    answer = room.type("/deploy cancel")

    assert answer == (
        "Cancelling `web` `1.4.2`: nothing of the service was changed yet, so it is withdrawn. See "
        f"<{link}|its thread>."
    )
    cancelled = room.desk.store.get(mine.id)
    assert cancelled is not None
    assert cancelled.cancel is not None
    assert cancelled.cancel.user == ALICE
    assert room.rung()[-2:] == [("publish", [mine.id]), ("advance", [mine.id])]


def test_what_has_begun_is_rolled_back(room: Room) -> None:
    deploy = started(room, "/deploy web 1.4.2")
    room.move(deploy, phase=Phase.FOLLOWING, plan=a_plan(), update_tried=True)

    assert room.type("/deploy cancel web", by=DAVE) == (
        "Cancelling `web` `1.4.2`: it has begun, so it is rolled back to `1.4.0`. See its thread."
    )


def test_by_id(room: Room) -> None:
    started(room, "/deploy web 1.4.2")
    second = started(room, "/deploy web 1.5.0")

    room.type(f"/deploy cancel {second.id.upper()}")

    assert [bool(each.cancel) for each in room.desk.store.live()] == [False, True]


def test_several_of_yours_are_a_choice_with_buttons(room: Room) -> None:
    first = started(room, "/deploy web 1.4.2")
    second = started(room, "/deploy api 2.0.0")
    started(room, "/deploy web 1.5.0", by=DAVE)

    ack = room.ack(room.send_command("/deploy cancel"))

    assert ack["text"] == (
        "Which one? Nothing was cancelled yet.\n"
        f"• `web` `1.4.2` waits in line: `/deploy cancel {first.id}`\n"
        f"• `api` `2.0.0` waits in line: `/deploy cancel {second.id}`"
    )
    offered = [block["accessory"] for block in ack["blocks"][1:]]
    assert [each["text"]["text"] for each in offered] == ["Cancel web 1.4.2", "Cancel api 2.0.0"]
    assert [each["value"] for each in offered] == [buttons.value(each.id, 0) for each in (first, second)]
    assert {each["action_id"] for each in offered} == {buttons.CANCEL}
    assert offered[0]["confirm"]["text"]["text"] == (
        "web 1.4.2 is withdrawn, or rolled back if it has begun to change the service."
    )
    assert not any(each.cancel for each in room.desk.store.live())


def test_several_of_a_service_are_a_choice_too(room: Room) -> None:
    started(room, "/deploy web 1.4.2")
    started(room, "/deploy web 1.5.0", by=DAVE)

    assert room.type("/deploy cancel web").startswith("Which one? Nothing was cancelled yet.")


def test_many_choices_stay_within_slacks_limits(room: Room) -> None:
    for number in range(24):
        started(room, f"/deploy web {'t' * 124}{number}")

    ack = room.ack(room.send_command("/deploy cancel"))

    blocks = ack["blocks"]
    assert len(ack["text"]) <= 4000

    assert len(blocks) == 12
    assert all(len(block["accessory"]["text"]["text"]) <= 75 for block in blocks[1:-1])
    assert all(len(block["accessory"]["confirm"]["text"]["text"]) <= 300 for block in blocks[1:-1])
    assert blocks[-1]["text"]["text"] == "and 14 more, see `/deploy status SERVICE`"


def test_who_may_cancel(room: Room) -> None:
    for who, may in ((CAROL, False), (DAVE, True), (BOB, True), (ALICE, True)):
        deploy = started(room, f"/deploy web 1.4.{ord(who[-1])}{who[1:3]}")
        answer = room.type(f"/deploy cancel {deploy.id}", by=who)
        assert answer.startswith("Cancelling `web`" if may else "You may not deploy `web`. Those who may:"), (
            who
        )


def test_whoever_asked_may_cancel_although_no_deployer_any_more(room: Room) -> None:
    started(room, "/deploy api 1.4.2", by=CAROL)

    assert room.type("/deploy cancel", by=CAROL).startswith("Cancelling `api` `1.4.2`")


def test_nothing_to_cancel(room: Room) -> None:
    tail = " `/deploy status` shows what is."

    assert room.type("/deploy cancel") == f"Nothing is under way for you.{tail}"
    assert room.type("/deploy cancel web") == f"Nothing is under way for `web`.{tail}"
    assert room.type("/deploy cancel wbe").startswith("There is no service `wbe` here. Did you mean `web`?")
    assert room.type("/deploy cancel q2w3e4r5") == (
        "There is no deploy `q2w3e4r5`. `/deploy status` shows the ones under way."
    )


def test_a_second_cancel_is_told_who_was_first(room: Room) -> None:
    deploy = started(room, "/deploy web 1.4.2")
    room.type(f"/deploy cancel {deploy.id}", by=DAVE)

    assert room.type(f"/deploy cancel {deploy.id}") == (
        f"`web` `1.4.2` is being cancelled already: <@{DAVE}> asked for it. Its thread says how it ends."
    )


def test_what_is_being_cancelled_is_not_offered_again(room: Room) -> None:
    started(room, "/deploy web 1.4.2")
    second = started(room, "/deploy web 1.5.0")
    room.type(f"/deploy cancel {second.id}")

    assert room.type("/deploy cancel").startswith("Cancelling `web` `1.4.2`")
    assert room.type("/deploy cancel web").startswith("Which one?"), "all of them are being cancelled"


def test_the_only_one_that_is_being_cancelled_is_named(room: Room) -> None:
    started(room, "/deploy web 1.4.2")
    room.type("/deploy cancel web", by=DAVE)

    assert room.type("/deploy cancel").startswith("`web` `1.4.2` is being cancelled already:")


def test_a_deploy_that_settles_is_no_longer_under_way(room: Room) -> None:
    deploy = started(room, "/deploy web 1.4.2")
    room.move(deploy, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=room.clock())

    assert room.type("/deploy cancel").startswith("Nothing is under way for you.")
    assert room.type("/deploy cancel web").startswith("Nothing is under way for `web`.")


def test_an_ended_deploy_cannot_be_cancelled(room: Room) -> None:
    deploy = started(room, "/deploy web 1.4.2")
    room.move(deploy, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=room.clock())

    assert room.type(f"/deploy cancel {deploy.id}") == (
        "`web` `1.4.2` succeeded, so there is nothing left to cancel. Nothing was changed."
    )


def test_a_deploy_on_its_way_back_cannot_be_cancelled(room: Room) -> None:
    deploy = started(room, "/deploy web 1.4.2")
    room.move(deploy, phase=Phase.RESTORING, back_to=Outcome.ROLLED_BACK)

    assert room.type("/deploy cancel", channel=DEPLOYS) == (
        "`web` `1.4.2` is being rolled back already. Its thread says how it ends."
    )
