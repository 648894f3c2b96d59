"""Requests that come twice, too late, or from somebody else."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from slack_bolt import BoltRequest, BoltResponse

from deploys import buttons
from deploys.claims import Asked
from deploys.deploy import Deploy, Phase
from tests.bot.room import ALICE, BOB, DEPLOYS, TEAM, Room

OTHER = "T99OTHER"
FORM = "application/x-www-form-urlencoded"


def test_a_repeated_command_is_done_once_and_answered_alike(room: Room) -> None:
    payload = room.command_payload("/deploy web 1.4.2", by=ALICE)
    first = room.send_form(payload)
    room.clock.pass_by(2)

    again = room.send_form(payload)

    assert (again.status, again.body) == (200, first.body)
    assert len(room.desk.store.recent(None, 10)) == 1


def test_a_repeated_command_waits_for_the_answer_to_the_first(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = room.command_payload("/deploy web 1.4.2", by=ALICE)
    repeats: list[Future[BoltResponse]] = []
    take_in = room.desk.store.request

    def dispatch() -> BoltResponse:
        return room.app.dispatch(BoltRequest(mode="socket_mode", body=dict(payload)))

    with ThreadPoolExecutor(1) as pool:

        def take_in_slowly(deploy: Deploy) -> Asked:
            repeats.append(pool.submit(dispatch))
            with pytest.raises(TimeoutError):
                repeats[0].result(timeout=0.2)
            return take_in(deploy)

        monkeypatch.setattr(room.desk.store, "request", take_in_slowly)
        first = dispatch()
        again = repeats[0].result(timeout=5)

    assert first.body.startswith('{"response_type": "ephemeral", "text": "Queued')
    assert again.body == first.body
    assert len(room.desk.store.recent(None, 10)) == 1


def test_a_repeated_mention_is_done_and_answered_once(room: Room) -> None:
    payload = room.mention_payload("@slipway web 1.4.2", by=BOB)
    room.send_json(payload)
    room.clock.pass_by(60)

    again = room.send_json(payload, **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"})

    assert (again.status, again.body) == (200, "")
    assert len(room.said()) == 1


def test_a_repeated_click_is_done_once(room: Room) -> None:
    room.type("/deploy ledger 1.4.2")
    deploy = room.move(room.only(), phase=Phase.AWAITING_APPROVAL, question=1)
    form = {"payload": json.dumps(room.click_payload(buttons.APPROVE, deploy, by=BOB))}
    room.send_form(form)
    room.clock.pass_by(1)

    assert room.send_form(form).status == 200
    assert len(room.only().decisions) == 1
    assert room.said() == []


def test_the_same_words_typed_again_are_a_new_request(room: Room) -> None:
    room.type("/deploy status")
    room.clock.pass_by(1)

    assert room.type("/deploy status") == "Nothing is under way."


def test_a_signed_request_is_not_taken_a_second_time(room: Room) -> None:
    body = urlencode(room.command_payload("/deploy status", by=ALICE))
    headers = room.signed(body, FORM)
    first = room.app.dispatch(BoltRequest(body=body, headers=headers))
    room.clock.pass_by(2)

    replayed = room.app.dispatch(BoltRequest(body=body, headers=headers))

    assert first.status == 200
    assert (replayed.status, replayed.body) == (401, '{"error": "this signed request was sent before"}')


def test_a_wrong_signature_is_refused_and_leaves_no_trace(room: Room) -> None:
    body = urlencode(room.command_payload("/deploy web 1.4.2", by=ALICE))
    headers = {**room.signed(body, FORM), "x-slack-signature": "v0=" + "0" * 64}

    assert room.app.dispatch(BoltRequest(body=body, headers=headers)).status == 401
    assert room.redis.keys("*signature*") == []
    assert room.redis.keys("*delivery*") == []


def test_a_command_that_slack_gave_up_on_is_refused(room: Room) -> None:
    body = urlencode(room.command_payload("/deploy web 1.4.2", by=ALICE))
    headers = room.signed(body, FORM)
    room.clock.pass_by(4)

    late = room.app.dispatch(BoltRequest(body=body, headers=headers))

    assert room.ack(late)["text"] == (
        "This reached me 4 s after you sent it, when Slack had already told you that it failed. Nothing "
        "was changed. Please send it again."
    )
    assert room.desk.store.live() == []


def test_three_seconds_are_not_too_late(room: Room) -> None:
    body = urlencode(room.command_payload("/deploy web 1.4.2", by=ALICE))
    headers = room.signed(body, FORM)
    room.clock.pass_by(3)

    room.app.dispatch(BoltRequest(body=body, headers=headers))

    assert room.only().tag == "1.4.2"


def test_a_late_question_is_still_answered(room: Room) -> None:
    body = urlencode(room.command_payload("/deploy status", by=ALICE))
    headers = room.signed(body, FORM)
    room.clock.pass_by(10)

    late = room.app.dispatch(BoltRequest(body=body, headers=headers))

    assert room.ack(late)["text"] == "Nothing is under way."


def test_a_command_that_waited_in_our_own_queue_is_refused_too(room: Room) -> None:
    """In Socket Mode the time counts from the arrival of the envelope."""
    arrived = room.clock()
    room.clock.pass_by(5)
    payload = room.command_payload("/deploy web 1.4.2", by=ALICE)

    late = room.app.dispatch(BoltRequest(mode="socket_mode", body=payload, context={"received_at": arrived}))

    assert room.ack(late)["text"].startswith("This reached me 5 s after you sent it")
    assert room.desk.store.live() == []


def test_a_late_click_changes_nothing(room: Room) -> None:
    room.type("/deploy ledger 1.4.2")
    deploy = room.move(room.only(), phase=Phase.AWAITING_APPROVAL, question=1)
    payload = room.click_payload(buttons.APPROVE, deploy, by=BOB)
    room.clock.pass_by(3.2)

    room.send_form({"payload": json.dumps(payload)})

    assert room.only().decisions == ()
    [(*_, text)] = room.said()
    assert text.startswith("This reached me 3 s after you sent it")


def test_a_late_mention_changes_nothing_and_says_so(room: Room) -> None:
    payload = room.mention_payload("@slipway web 1.4.2", by=ALICE)
    room.clock.pass_by(64)

    room.send_json(payload, **{"x-slack-retry-num": "2"})

    assert room.desk.store.live() == []
    [(*_, text)] = room.said()
    assert text == (
        "This reached me 64 s after you wrote it. You may have moved on since, so nothing was changed. "
        "Please write it again."
    )


def test_a_late_cancel_changes_nothing(room: Room) -> None:
    room.type("/deploy web 1.4.2")
    payload = room.mention_payload("@slipway cancel web", by=ALICE)
    room.clock.pass_by(64)

    room.send_json(payload)

    assert room.only().cancel is None


@pytest.mark.parametrize("field", ["team", "user_team"])
def test_a_mention_by_somebody_of_another_team_is_dropped(room: Room, field: str) -> None:
    response = room.mention("@slipway api 1.4.2", **{field: OTHER})

    assert (response.status, response.body) == (200, "")
    assert room.desk.store.live() == []
    assert room.rung() == []


def test_a_command_of_another_team_is_told(room: Room) -> None:
    assert room.type("/deploy api 1.4.2", team_id=OTHER) == (
        "This workspace is not the one this Slipway belongs to. Nothing was changed."
    )
    assert room.desk.store.live() == []


def test_a_click_by_somebody_of_another_team_is_told(room: Room) -> None:
    room.type("/deploy ledger 1.4.2")
    deploy = room.move(room.only(), phase=Phase.AWAITING_APPROVAL, question=1)
    payload = room.click_payload(buttons.APPROVE, deploy, by=BOB)
    payload["user"]["team_id"] = OTHER

    assert room.send_form({"payload": json.dumps(payload)}).status == 200
    assert room.only().decisions == ()
    assert [text for *_, text in room.said()] == [
        "This workspace is not the one this Slipway belongs to. Nothing was changed."
    ]


def test_a_payload_that_names_no_team_is_refused(room: Room) -> None:
    payload = {**room.command_payload("/deploy api 1.4.2", by=ALICE), "team_id": ""}

    room.send_form(payload)

    assert room.desk.store.live() == []


def test_what_the_person_gets_to_see_names_only_known_ids(room: Room) -> None:
    room.type("/deploy web 1.4.2 <!channel> & <b>")

    assert room.only().why == "<!channel> & <b>"
    assert (room.only().channel, room.only().team) == (DEPLOYS, TEAM)
