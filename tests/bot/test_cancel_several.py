"""Cancelling what was asked for at once, and the buttons of its card."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from slack_bolt import BoltRequest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.deploy import Outcome, Phase, Verb
from deploys.groups import KNOWN_SECONDS
from tests.bot.room import ALICE, BOB, CAROL, DAVE, Room
from tests.bot.together import batch_of, open_thread, with_groups
from tests.builders import a_plan


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return with_groups(catalogue)


@pytest.mark.parametrize("said", ["", "web, api", "api,web"], ids=["id", "name", "other order"])
def test_all_of_a_batch_are_cancelled_by_its_id_or_name(room: Room, said: str) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, api] = batch_of(room)
    room.move(web, phase=Phase.FOLLOWING, plan=a_plan(), update_tried=True)
    link = open_thread(room, batch)
    room.hush()

    answer = room.type(f"/deploy cancel {said or batch.id}", by=DAVE)

    assert answer == (
        "Cancelling `web,api` `1.4.2`: `api` is withdrawn, nothing of it was changed yet; `web` is rolled "
        f"back. See <{link}|its thread>."
    )
    assert [each.cancel is not None for each in room.desk.store.members(batch)] == [True, True]
    assert [args for job, args in room.rung() if job == "advance"] == [[web.id], [api.id]]


def test_a_group_is_cancelled_by_its_name(room: Room) -> None:
    room.type("/deploy shopfront 1.4.2")

    assert room.type("/deploy cancel shopfront").startswith(
        "Cancelling `shopfront` `1.4.2`: `web` and `api` are"
    )


def test_two_of_a_group_are_a_choice(room: Room) -> None:
    room.type("/deploy shopfront 1.4.2")
    room.clock.pass_by(1)
    room.type("/deploy shopfront 1.5.0")
    ids = list(dict.fromkeys(each.batch for each in room.desk.store.live()))

    answer = room.type("/deploy cancel shopfront")

    assert answer == (
        "Which one? Nothing was cancelled yet.\n"
        f"• all of `shopfront` `1.4.2`: `/deploy cancel {ids[0]}`\n"
        f"• all of `shopfront` `1.5.0`: `/deploy cancel {ids[1]}`"
    )


def test_without_a_word_all_of_them_are_offered_first(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, api] = batch_of(room)

    ack = room.ack(room.send_command("/deploy cancel"))

    assert ack["text"] == (
        "Which one? Nothing was cancelled yet.\n"
        f"• all of `web,api` `1.4.2`: `/deploy cancel {batch.id}`\n"
        f"• `web` `1.4.2` waits in line: `/deploy cancel {web.id}`\n"
        f"• `api` `1.4.2` waits in line: `/deploy cancel {api.id}`"
    )
    first = ack["blocks"][1]["accessory"]
    assert (first["action_id"], first["value"]) == (buttons.CANCEL_ALL, f"{batch.id}.0")


def test_a_task_that_runs_before_a_rollout_is_said_to_be_stopped(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, _] = batch_of(room)
    room.move(web, phase=Phase.PREPARING)

    assert room.type(f"/deploy cancel {batch.id}") == (
        "Cancelling `web,api` `1.4.2`: `api` is withdrawn, nothing of it was changed yet; the task before "
        "the rollout of `web` is stopped, and the service stays as it is. See its thread."
    )


def test_what_has_ended_is_said_and_when_nothing_is_left_it_is_refused(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, _] = batch_of(room)
    room.move(web, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=room.clock())

    assert room.type(f"/deploy cancel {batch.id}") == (
        "Cancelling `web,api` `1.4.2`: `api` is withdrawn, nothing of it was changed yet; `web` succeeded. "
        "See its thread."
    )
    assert room.type(f"/deploy cancel {batch.id}") == (
        "Nothing of `web,api` `1.4.2` is left to cancel: `web` succeeded, `api` is being cancelled already."
    )


def test_who_may_not_cancel_all_cancels_none(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, _ = batch_of(room)

    assert room.type(f"/deploy cancel {batch.id}", by=CAROL).startswith(
        "Nothing was cancelled. You may not deploy `web`."
    )
    assert not any(each.cancel for each in room.desk.store.live())


def test_one_that_has_ended_asks_nobodys_permission(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, _] = batch_of(room)
    room.move(web, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=room.clock())

    assert room.type(f"/deploy cancel {batch.id}", by=CAROL).startswith(
        "Cancelling `web,api` `1.4.2`: `api` is"
    )
    assert room.desk.store.members(batch)[1].cancel is not None


def test_a_cancel_of_all_that_came_late_changes_nothing(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    body = urlencode(room.command_payload("/deploy cancel web,api", by=ALICE))
    headers = room.signed(body, "application/x-www-form-urlencoded")
    room.clock.pass_by(5)

    late = room.app.dispatch(BoltRequest(body=body, headers=headers))

    assert room.ack(late)["text"].startswith("This reached me 5 s after you sent it")
    assert not any(each.cancel for each in room.desk.store.live())


def test_while_nobody_knows_a_group_of_people_none_is_cancelled_and_the_workers_are_asked(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, _ = batch_of(room)
    room.hush()
    room.clock.pass_by(KNOWN_SECONDS + 1)

    answer = room.type(f"/deploy cancel {batch.id}", by=DAVE)

    assert answer.startswith("Nothing was cancelled. Slack did not say who is in <!subteam^S01DEPLOYERS>")
    assert not any(each.cancel for each in room.desk.store.live())
    assert room.rung() == [("groups", [])]


def test_a_list_whose_deploys_only_settle_is_not_under_way(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    for each in room.desk.store.live():
        room.move(each, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=room.clock())

    assert room.type("/deploy cancel web,api").startswith("Nothing is under way for `web,api`.")


@pytest.mark.parametrize("word", ["shopfront", "web,api"])
def test_nothing_to_cancel(room: Room, word: str) -> None:
    assert room.type(f"/deploy cancel {word}") == (
        f"Nothing is under way for `{word}`. `/deploy status` shows what is."
    )


# Clicking


def test_the_buttons_of_the_card_work_for_each_and_for_all(room: Room) -> None:
    room.type("/deploy money 1.4.2")
    batch, [web, ledger] = batch_of(room)
    open_thread(room, batch)
    asked = room.move(
        ledger, phase=Phase.AWAITING_APPROVAL, question=1, question_expires_at=room.clock() + 900
    )

    room.click(buttons.APPROVE, asked, by=BOB)
    room.click(buttons.MORE, web, by=ALICE, menu=buttons.CANCEL)
    assert [bool(each.cancel) for each in room.desk.store.members(batch)] == [True, False]
    assert [len(each.decisions) for each in room.desk.store.members(batch)] == [0, 1]

    room.click(buttons.CANCEL_ALL, ledger.evolve(id=batch.id), by=ALICE, question=0)
    assert all(each.cancel for each in room.desk.store.members(batch))


def test_one_that_found_a_foreign_rollout_is_followed_from_the_card_of_all(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, _] = batch_of(room)
    open_thread(room, batch)
    gone = room.move(
        web, phase=Phase.ENDED, outcome=Outcome.REFUSED, ended_at=room.clock(), in_the_way="ecs-svc/7"
    )

    room.click(buttons.FOLLOW, gone, by=ALICE)

    [followed] = [each for each in room.desk.store.live() if each.verb is Verb.FOLLOW]
    assert (followed.service.name, followed.batch) == ("web", None)


def test_an_old_card_leads_to_the_one_that_counts(room: Room) -> None:
    room.type("/deploy web,api 1.4.2")
    batch, [web, _] = batch_of(room)
    link = open_thread(room, batch)
    room.hush()

    for action, thing in ((buttons.CANCEL, web), (buttons.CANCEL_ALL, web.evolve(id=batch.id))):
        room.click(action, thing, by=ALICE, message_ts="1.000")

    assert not any(each.cancel for each in room.desk.store.live())
    assert {text for _, _, _, text in room.said()} == {
        f"This message no longer speaks for the deploy, so its buttons do nothing. Use the ones in "
        f"<{link}|its thread>."
    }
