"""`/deploy status [SERVICE]`"""

from __future__ import annotations

import re

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.deploy import Outcome, Phase
from tests.bot.room import ALICE, CAROL, DAVE, Room
from tests.bot.together import with_groups


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return with_groups(catalogue)


def test_nothing_under_way(room: Room) -> None:
    assert room.type("/deploy status") == "Nothing is under way."
    assert room.type("/deploy status web") == "Nothing of `web` is under way."


def test_what_moves_what_waits_and_what_ended(room: Room) -> None:
    room.type("/deploy api 1.4.1", by=CAROL)
    ended = room.only()
    room.move(ended, phase=Phase.ENDED, outcome=Outcome.ROLLED_BACK, ended_at=room.clock() + 60)
    room.type("/deploy web 1.4.2")
    moving = room.move(room.only(), phase=Phase.FOLLOWING)
    link = room.open_thread(moving)
    room.clock.pass_by(1)
    room.type("/deploy web 1.5.0", by=DAVE)
    waiting = room.desk.store.live()[1]
    room.clock.pass_by(119)

    assert room.type("/deploy status", by=CAROL) == (
        "*Under way*\n"
        f"• `web` `1.4.2` rolls out; asked for 2 min ago by <@{ALICE}>; <{link}|its thread> "
        f"(deploy `{moving.id}`)\n"
        "\n"
        "*Waiting in line*\n"
        f"• `web` `1.5.0` waits in line; asked for 1 min ago by <@{DAVE}>; its thread "
        f"(deploy `{waiting.id}`)\n"
        "\n"
        "*Ended lately*\n"
        f"• `api` `1.4.1` was rolled back 1 min ago; asked for by <@{CAROL}>; its thread "
        f"(deploy `{ended.id}`)"
    )


def test_one_service_shows_its_own_alone(room: Room) -> None:
    room.type("/deploy api 1.4.1")
    room.clock.pass_by(10)
    room.type("/deploy web 1.4.2")
    room.move(room.desk.store.live()[1], phase=Phase.PLANNING)

    answer = room.type("/deploy status web")

    assert answer.startswith("*Under way* of `web`\n• `web` `1.4.2` is being planned; asked for just now by")
    assert "api" not in answer


def test_an_unknown_service_is_named(room: Room) -> None:
    assert room.type("/deploy status wbe").startswith("There is no service `wbe` here. Did you mean `web`?")


def test_many_deploys_stay_within_slacks_limits(room: Room) -> None:
    for number in range(40):
        room.type(f"/deploy web {'1' * 120}.{number}")
        room.clock.pass_by(1)
    for each in room.desk.store.live():
        room.open_thread(each)

    ack = room.ack(room.send_command("/deploy status"))

    assert all(len(block["text"]["text"]) <= 3000 for block in ack["blocks"])
    assert len(ack["text"]) <= 4000
    shown = ack["text"].count("waits in line;")
    assert 1 < shown < 40
    assert ack["text"].endswith(f"• and {40 - shown} more")


def test_several_at_once_are_listed_in_their_order_while_they_move_and_after(room: Room) -> None:
    names = [f"s{number}" for number in range(9)]
    room.type(f"/deploy {','.join(names)} 1.4.2")

    assert _listed(room) == names

    for each in room.desk.store.live():
        room.move(each, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=room.clock())
    assert _listed(room) == names[:5]


def _listed(room: Room) -> list[str]:
    return re.findall(r"^• `(\w+)`", room.type("/deploy status"), re.M)


def test_an_end_that_is_looked_at_once_more_is_an_end(room: Room) -> None:
    room.type("/deploy web 1.4.2")
    succeeded = room.only()
    ended_at = room.clock() + 60
    room.move(succeeded, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=ended_at)
    room.clock.pass_by(1)
    room.type("/deploy web 1.5.0", by=DAVE)
    waiting = room.desk.store.live()[1]
    room.clock.pass_by(64)

    for command, about in [("/deploy status", ""), ("/deploy status web", " of `web`")]:
        assert room.type(command) == (
            f"Nothing{about} is under way.\n"
            "\n"
            "*Waiting in line*\n"
            f"• `web` `1.5.0` waits in line; asked for 1 min ago by <@{DAVE}>; its thread "
            f"(deploy `{waiting.id}`)\n"
            "\n"
            "*Ended lately*\n"
            f"• `web` `1.4.2` succeeded 5 s ago; asked for by <@{ALICE}>; looked at once more; its thread "
            f"(deploy `{succeeded.id}`)"
        )


@pytest.mark.parametrize("outcome", Outcome)
def test_whatever_the_outcome_a_deploy_that_has_one_is_not_under_way(room: Room, outcome: Outcome) -> None:
    room.type("/deploy web 1.4.2")
    room.move(room.only(), phase=Phase.SETTLING, outcome=outcome, ended_at=room.clock())

    answer = room.type("/deploy status")

    assert answer.startswith("Nothing is under way.\n\n*Ended lately*\n• `web` `1.4.2` ")
    nothing = "Nothing is under way for `web`. `/deploy status` shows what is."
    assert room.type("/deploy cancel web") == nothing
