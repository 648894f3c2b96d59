"""`@slipway ...` in a thread: the same commands, answered by a worker because an event has no ack text."""

from __future__ import annotations

from tests.bot.room import ALICE, BOT, CAROL, DAVE, DEPLOYS, Room
from tests.bot.test_help_and_mistakes import USAGE

THREAD = "1699999999.000001"


def test_a_deploy_belongs_to_the_thread_it_was_asked_for_in(room: Room) -> None:
    ack = room.mention("@slipway deploy web 1.4.2 as agreed above", thread=THREAD)

    deploy = room.only()
    assert (ack.status, ack.body) == (200, "")
    assert (deploy.tag, deploy.why, deploy.thread_ts) == ("1.4.2", "as agreed above", THREAD)
    assert room.said() == [], "the card in the thread is the answer"
    assert room.rung() == [("publish", [deploy.id]), ("advance", [deploy.id])]


def test_outside_of_a_thread_the_message_itself_becomes_the_root(room: Room) -> None:
    room.mention("@slipway web 1.4.2")

    assert room.only().thread_ts == f"{room.clock():.6f}"


def test_outside_of_a_thread_the_answer_is_in_the_channel_since_no_thread_would_show_it(room: Room) -> None:
    room.mention("@slipway help", by=CAROL)
    room.mention("@slipway tags web")
    room.mention("@slipway plan web 1.4.2")

    assert room.said() == [(DEPLOYS, None, CAROL, USAGE)]
    assert [job[1][-3:-1] for job in room.rung() if job[0] in ("tags", "plan")] == [[DEPLOYS, None]] * 2


def test_the_record_says_whether_somebody_can_be_answered_alone_in_the_thread(room: Room) -> None:
    room.mention("@slipway web 1.4.2")
    room.clock.pass_by(1)
    room.mention("@slipway web 1.5.0", thread=THREAD)
    room.clock.pass_by(1)
    room.mention("@slipway web,api 1.4.1")

    *_, last = live = room.desk.store.live()
    assert [each.new_thread for each in live] == [True, False, True, True]
    batch = room.desk.store.batch(last.batch or "")
    assert batch is not None
    assert batch.new_thread


def test_help_is_said_in_the_thread_to_whoever_asked(room: Room) -> None:
    room.mention("@slipway help", by=CAROL, thread=THREAD)

    assert room.said() == [(DEPLOYS, THREAD, CAROL, USAGE)]


def test_status_is_said_in_the_thread(room: Room) -> None:
    room.mention("@slipway status", thread=THREAD)

    assert room.said() == [(DEPLOYS, THREAD, ALICE, "Nothing is under way.")]


def test_a_refusal_is_said_in_the_thread(room: Room) -> None:
    room.mention("@slipway web 1.4.2", by=CAROL, thread=THREAD)

    [(channel, thread, user, text)] = room.said()
    assert (channel, thread, user) == (DEPLOYS, THREAD, CAROL)
    assert text.startswith("You may not deploy `web`.")
    assert room.desk.store.live() == []


def test_the_same_tag_under_way_is_said_in_the_thread(room: Room) -> None:
    room.type("/deploy web 1.4.2", by=DAVE)
    link = room.open_thread(room.only())

    room.mention("@slipway web 1.4.2", thread=THREAD)

    [(_, _, _, text)] = room.said()
    assert text == (
        f"Nothing was added: <@{DAVE}> asked for `web` `1.4.2` just now, and it waits in line. See "
        f"<{link}|its thread> (deploy `{room.only().id}`)."
    )


def test_cancel_works_too(room: Room) -> None:
    room.mention("@slipway web 1.4.2", thread=THREAD)
    room.mention("@slipway cancel web", thread=THREAD)

    assert room.only().cancel is not None
    assert room.said()[0][3].startswith("Cancelling `web` `1.4.2`")


def test_a_mention_in_the_middle_of_a_sentence_does_nothing_but_hint(room: Room) -> None:
    room.mention("I would not let @slipway deploy web 1.4.2 today", thread=THREAD)

    assert room.desk.store.live() == []
    [(_, _, _, text)] = room.said()
    assert text == (
        f"You mentioned me, but I only read messages that begin with <@{BOT.user}>, such as <@{BOT.user}> "
        f"`status`. Say <@{BOT.user}> `help` to see what I do."
    )


def test_bots_are_left_alone(room: Room) -> None:
    ack = room.mention("@slipway web 1.4.2", bot_id="B09OTHER")

    assert ack.status == 200
    assert room.desk.store.live() == []
    assert room.rung() == []


def test_what_it_says_itself_is_ignored(room: Room) -> None:
    room.mention("@slipway web 1.4.2", by=BOT.user, bot_id=BOT.bot)

    assert room.desk.store.live() == []


def test_an_opened_home_tab_is_shown_by_a_worker(room: Room) -> None:
    payload = room.mention_payload("", by=CAROL, type="app_home_opened", tab="home")
    messages = room.mention_payload("", by=ALICE, type="app_home_opened", tab="messages")

    assert room.send_json(payload).status == room.send_json(messages).status == 200
    assert room.rung() == [("home", [CAROL])]


def test_an_event_nobody_listens_to_is_taken_so_that_slack_does_not_repeat_it(room: Room) -> None:
    assert room.mention("", type="channel_rename").status == 200
