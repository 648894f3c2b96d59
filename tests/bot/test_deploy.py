"""`/deploy SERVICE TAG [why]`"""

from __future__ import annotations

import pytest

from deploys import audit
from deploys.deploy import Phase
from deploys.groups import KNOWN_SECONDS
from tests.bot.room import ALICE, BOB, CAROL, DAVE, DEPLOYS, GENERAL, RESPONSE_URL, TEAM, Room


def test_a_deploy_is_taken_in_and_the_workers_are_rung(room: Room) -> None:
    answer = room.type("/deploy web 1.4.2 fixes the login")

    deploy = room.only()
    assert (
        answer
        == f"Queued: `web` `1.4.2` (deploy `{deploy.id}`). Its thread follows here after the first checks."
    )
    assert (deploy.service.name, deploy.tag, deploy.why) == ("web", "1.4.2", "fixes the login")
    assert (deploy.requester, deploy.team, deploy.channel) == (ALICE, TEAM, DEPLOYS)
    assert (deploy.thread_ts, deploy.requested_at, deploy.phase) == (None, room.clock(), Phase.WAITING)
    assert room.desk.threads.response_url(deploy.id) == RESPONSE_URL
    assert room.rung() == [("publish", [deploy.id]), ("advance", [deploy.id])]
    assert [entry["by"] for entry in audit.trail(room.redis, deploy.id)] == [ALICE]


def test_only_the_person_who_asked_sees_the_answer(room: Room) -> None:
    ack = room.ack(room.send_command("/deploy web 1.4.2"))

    assert ack["response_type"] == "ephemeral"


def test_a_deploy_that_needs_approval_says_so(room: Room) -> None:
    answer = room.type("/deploy ledger 1.4.2")

    assert answer == (
        f"Queued: `ledger` `1.4.2` (deploy `{room.only().id}`). Its thread follows here after the first "
        "checks. Before anything is changed it needs 1 approval, from <!subteam^S02APPROVERS>."
    )


def test_a_further_tag_waits_in_line_behind_the_others(room: Room) -> None:
    room.type("/deploy web 1.4.1", by=DAVE)
    room.clock.pass_by(1)
    room.type("/deploy web 1.4.2")
    room.clock.pass_by(1)
    answer = room.type("/deploy web 1.5.0")

    [first, second, third] = room.desk.store.live()
    assert answer == (
        f"Queued: `web` `1.5.0` (deploy `{third.id}`), number 3 in the line of `web`, behind `1.4.1` of "
        f"<@{DAVE}>, `1.4.2` of <@{ALICE}>. It starts by itself. Its thread follows here."
    )
    assert room.desk.store.line("web") == [first.id, second.id, third.id]
    assert ("advance", [third.id]) not in room.rung()
    assert ("publish", [third.id]) in room.rung()


def test_the_same_tag_asked_for_again_is_not_a_second_deploy(room: Room) -> None:
    room.type("/deploy web 1.4.2", by=DAVE)
    first = room.only()
    link = room.open_thread(first)
    room.move(first, phase=Phase.FOLLOWING)
    room.clock.pass_by(130)

    answer = room.type("/deploy web 1.4.2")

    assert room.only().id == first.id
    assert answer == (
        f"Nothing was added: <@{DAVE}> asked for `web` `1.4.2` 2 min ago, and it rolls out. See "
        f"<{link}|its thread> (deploy `{first.id}`)."
    )


def test_before_the_thread_is_open_there_is_nothing_to_link_to(room: Room) -> None:
    room.type("/deploy web 1.4.2")

    assert f"and it waits in line. See its thread (deploy `{room.only().id}`)." in room.type(
        "/deploy web 1.4.2"
    )


def test_the_same_tag_of_another_service_is_another_deploy(room: Room) -> None:
    room.type("/deploy web 1.4.2")
    room.type("/deploy api 1.4.2")

    assert {each.service.name for each in room.desk.store.live()} == {"web", "api"}


@pytest.mark.parametrize(
    ("typed", "who", "where", "answer"),
    [
        pytest.param(
            "/deploy web 1.4.2",
            CAROL,
            DEPLOYS,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>.",
            id="not a deployer",
        ),
        pytest.param(
            "/deploy web 1.4.2",
            BOB,
            DEPLOYS,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>.",
            id="an approver is no deployer",
        ),
        pytest.param(
            "/deploy web 1.4.2",
            ALICE,
            GENERAL,
            f"`web` may not be deployed from this channel, only from <#{DEPLOYS}>.",
            id="wrong channel",
        ),
        pytest.param(
            "/deploy wbe 1.4.2",
            ALICE,
            DEPLOYS,
            "There is no service `wbe` here. Did you mean `web`? `/deploy help` lists all of them.",
            id="unknown service",
        ),
        pytest.param(
            "/deploy zzz 1.4.2",
            ALICE,
            DEPLOYS,
            "There is no service `zzz` here. There are: `web`, `api`, `ledger`. `/deploy help` lists all of "
            "them.",
            id="nothing near",
        ),
    ],
)
def test_refused(room: Room, typed: str, who: str, where: str, answer: str) -> None:
    assert room.type(typed, by=who, channel=where) == answer
    assert room.desk.store.live() == []
    assert room.rung() == []


def test_members_of_a_user_group_may_deploy(room: Room) -> None:
    room.type("/deploy web 1.4.2", by=DAVE)

    assert room.only().requester == DAVE


def test_what_is_in_a_group_is_refused_while_nobody_knows_and_the_workers_are_asked(room: Room) -> None:
    room.clock.pass_by(KNOWN_SECONDS + 1)

    answer = room.type("/deploy web 1.4.2", by=DAVE)

    assert answer == (
        "Slack did not say who is in <!subteam^S01DEPLOYERS>, so I cannot tell whether you may do this to "
        "`web`. Nothing was changed. Try again in a minute; user ids in `services.yml` work without user "
        "groups."
    )
    assert room.desk.store.live() == []
    assert room.rung() == [("groups", [])]


def test_a_user_id_counts_even_when_nobody_knows_the_groups(room: Room) -> None:
    room.clock.pass_by(KNOWN_SECONDS + 1)
    room.type("/deploy web 1.4.2", by=ALICE)

    assert room.only().requester == ALICE


def test_a_service_without_deployers_and_channels_is_open_to_all(room: Room) -> None:
    room.type("/deploy api 1.4.2", by=CAROL, channel=GENERAL)

    assert room.only().requester == CAROL
