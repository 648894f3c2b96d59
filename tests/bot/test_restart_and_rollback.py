"""`/deploy restart SERVICE [why]` and `/deploy rollback SERVICE [TAG or deploy id]`"""

from __future__ import annotations

import pytest

from deploys.deploy import Phase, Verb
from tests.bot.room import ALICE, BOB, CAROL, DAVE, DEPLOYS, GENERAL, RESPONSE_URL, Room
from tests.builders import a_plan

THREAD = "1699999999.000001"


def test_a_restart_is_taken_in_and_the_workers_are_rung(room: Room) -> None:
    answer = room.type("/deploy restart web it leaks memory")

    deploy = room.only()
    assert (
        answer
        == f"Queued: restart of `web` (deploy `{deploy.id}`). Its thread follows here after the first checks."
    )
    assert (deploy.verb, deploy.tag, deploy.why) == (Verb.RESTART, "", "it leaks memory")
    assert room.desk.threads.response_url(deploy.id) == RESPONSE_URL
    assert room.rung() == [("publish", [deploy.id]), ("advance", [deploy.id])]


@pytest.mark.parametrize(
    ("typed", "target", "name"),
    [
        ("/deploy rollback web", "", "rollback of `web`"),
        ("/deploy rollback web 1.4.1", "1.4.1", "rollback of `web` to `1.4.1`"),
        ("/deploy rollback web k3m9x2pq", "k3m9x2pq", "rollback of `web` to `k3m9x2pq`"),
    ],
)
def test_a_rollback_is_taken_in(room: Room, typed: str, target: str, name: str) -> None:
    answer = room.type(typed)

    deploy = room.only()
    assert answer == f"Queued: {name} (deploy `{deploy.id}`). Its thread follows here after the first checks."
    assert (deploy.verb, deploy.tag, deploy.target) == (Verb.ROLLBACK, "", target)


def test_in_a_thread_the_card_is_the_answer(room: Room) -> None:
    room.mention("@slipway rollback web 1.4.1", thread=THREAD)

    deploy = room.only()
    assert (deploy.verb, deploy.target, deploy.thread_ts) == (Verb.ROLLBACK, "1.4.1", THREAD)
    assert room.said() == []


def test_a_restart_that_needs_approval_says_so(room: Room) -> None:
    assert room.type("/deploy restart ledger") == (
        f"Queued: restart of `ledger` (deploy `{room.only().id}`). Its thread follows here after the first "
        "checks. Before anything is changed it needs 1 approval, from <!subteam^S02APPROVERS>."
    )


@pytest.mark.parametrize("typed", ["/deploy restart web", "/deploy rollback web 1.4.1"])
@pytest.mark.parametrize(
    ("who", "where", "answer"),
    [
        (CAROL, DEPLOYS, f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>."),
        (BOB, DEPLOYS, f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>."),
        (ALICE, GENERAL, f"`web` may not be deployed from this channel, only from <#{DEPLOYS}>."),
    ],
)
def test_access_is_that_of_deploying(room: Room, typed: str, who: str, where: str, answer: str) -> None:
    assert room.type(typed, by=who, channel=where) == answer
    assert room.desk.store.live() == []
    assert room.rung() == []


def test_a_restart_that_arrives_late_changes_nothing(room: Room) -> None:
    payload = room.mention_payload("@slipway restart web", by=ALICE)
    room.clock.pass_by(7)

    room.send_json(payload)

    assert room.desk.store.live() == []
    [(_, _, _, text)] = room.said()
    assert text == (
        "This reached me 7 s after you wrote it. You may have moved on since, so nothing was changed. "
        "Please write it again."
    )


def test_all_wait_in_one_line(room: Room) -> None:
    room.type("/deploy web 1.4.2", by=DAVE)
    room.clock.pass_by(1)
    room.type("/deploy restart web", by=DAVE)
    room.clock.pass_by(1)
    room.type("/deploy rollback web 1.4.1", by=DAVE)
    room.clock.pass_by(1)

    answer = room.type("/deploy rollback web")

    last = room.desk.store.live()[-1]
    assert answer == (
        f"Queued: rollback of `web` (deploy `{last.id}`), number 4 in the line of `web`, behind `1.4.2` of "
        f"<@{DAVE}>, a restart by <@{DAVE}>, a rollback to `1.4.1` by <@{DAVE}>. It starts by itself. Its "
        "thread follows here."
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/deploy restart web", "the restart of `web`"),
        ("/deploy rollback web", "the rollback of `web`"),
        ("/deploy rollback web 1.4.1", "the rollback of `web` to `1.4.1`"),
    ],
)
def test_the_same_errand_asked_for_again_leads_to_the_first(room: Room, typed: str, name: str) -> None:
    room.type(typed, by=DAVE)
    first = room.only()
    link = room.open_thread(first)
    room.clock.pass_by(130)

    answer = room.type(typed)

    assert room.only().id == first.id
    assert answer == (
        f"Nothing was added: <@{DAVE}> asked for {name} 2 min ago, and it waits in line. See "
        f"<{link}|its thread> (deploy `{first.id}`)."
    )


def test_rollbacks_to_different_versions_are_different_errands(room: Room) -> None:
    room.type("/deploy rollback web 1.4.1")
    room.type("/deploy rollback web 1.4.0")

    assert {each.target for each in room.desk.store.live()} == {"1.4.1", "1.4.0"}


def test_status_names_them_before_and_after_the_plan(room: Room) -> None:
    room.type("/deploy restart api", by=CAROL)
    restart = room.move(room.only(), phase=Phase.FOLLOWING, tag="1.4.0", plan=a_plan(tag="1.4.0"))
    room.clock.pass_by(1)
    room.type("/deploy rollback web")
    rollback = room.desk.store.live()[1]
    room.clock.pass_by(59)

    assert room.type("/deploy status") == (
        "*Under way*\n"
        f"• restart of `api` `1.4.0` rolls out; asked for 1 min ago by <@{CAROL}>; its thread "
        f"(deploy `{restart.id}`)\n"
        "\n"
        "*Waiting in line*\n"
        f"• rollback of `web` waits in line; asked for 59 s ago by <@{ALICE}>; its thread "
        f"(deploy `{rollback.id}`)"
    )


def test_cancelling_names_what_is_brought_back(room: Room) -> None:
    room.type("/deploy restart web")
    restart = room.move(
        room.only(), phase=Phase.FOLLOWING, update_tried=True, tag="1.4.0", plan=a_plan(tag="1.4.0")
    )

    assert room.type("/deploy cancel web") == (
        "Cancelling the restart of `web` `1.4.0`: it has begun, so it is rolled back to `web:1`. See "
        "its thread."
    )
    assert room.type(f"/deploy cancel {restart.id}", by=DAVE) == (
        f"The restart of `web` `1.4.0` is being cancelled already: <@{ALICE}> asked for it. Its thread says "
        "how it ends."
    )


def test_a_choice_names_them(room: Room) -> None:
    room.type("/deploy restart web")
    room.clock.pass_by(1)
    room.type("/deploy rollback web 1.4.1")
    first, second = room.desk.store.live()

    ack = room.ack(room.send_command("/deploy cancel web"))

    assert ack["text"] == (
        "Which one? Nothing was cancelled yet.\n"
        f"• restart of `web` waits in line: `/deploy cancel {first.id}`\n"
        f"• rollback of `web` to `1.4.1` waits in line: `/deploy cancel {second.id}`"
    )
    [one, other] = [block["accessory"] for block in ack["blocks"][1:]]
    assert one["text"]["text"] == "Cancel restart of web"
    assert other["text"]["text"] == "Cancel rollback of web to 1.4.1"
    assert [each["text"] for each in (other["confirm"]["title"], other["confirm"]["text"])] == [
        "Cancel this rollback?",
        "The rollback of web to 1.4.1 is withdrawn, or rolled back if it has begun to change the service.",
    ]
    assert other["confirm"]["confirm"]["text"] == "Cancel the rollback"
