"""Requests that come twice, too late, or from somebody else."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import BoltRequest, BoltResponse

from deploys import buttons
from deploys.records.phases import Phase
from deploys.stores.claims import Submission
from tests.bot.bot_harness import ALICE, BOB, DEPLOYS_CHANNEL, NOTHING_UNDER_WAY, TEAM, BotHarness

OTHER = "T99OTHER"
FORM = "application/x-www-form-urlencoded"


def test_a_repeated_command_is_done_once_and_answered_alike(bot: BotHarness) -> None:
    payload = bot.command_payload("/deploy web 1.4.2", by=ALICE)
    first = bot.send_form(payload)
    bot.clock.advance(2)

    again = bot.send_form(payload)

    assert (again.status, again.body) == (200, first.body)
    assert len(bot.context.store.recent(None, 10)) == 1


def test_a_repeated_command_waits_for_the_answer_to_the_first(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = bot.command_payload("/deploy web 1.4.2", by=ALICE)
    repeats: list[Future[BoltResponse]] = []
    submit = bot.context.store.submit_within

    def dispatch() -> BoltResponse:
        return bot.app.dispatch(BoltRequest(mode="socket_mode", body=dict(payload)))

    with ThreadPoolExecutor(1) as pool:

        def submit_slowly(*args: Any, **options: Any) -> list[Submission] | None:
            repeats.append(pool.submit(dispatch))
            with pytest.raises(TimeoutError):
                repeats[0].result(timeout=0.2)
            return submit(*args, **options)

        monkeypatch.setattr(bot.context.store, "submit_within", submit_slowly)
        first = dispatch()
        again = repeats[0].result(timeout=5)

    assert first.body.startswith('{"response_type": "ephemeral", "text": "Queued')
    assert again.body == first.body
    assert len(bot.context.store.recent(None, 10)) == 1


def test_a_repeated_mention_is_done_and_answered_once(bot: BotHarness) -> None:
    payload = bot.mention_payload("@slipway web 1.4.2", by=BOB)
    bot.send_json(payload)
    bot.clock.advance(60)

    again = bot.send_json(payload, **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"})

    assert (again.status, again.body) == (200, "")
    assert len(bot.queued_answers()) == 1


def test_a_repeated_click_is_done_once(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    form = {"payload": json.dumps(bot.click_payload(buttons.APPROVE, deploy, by=BOB))}
    bot.send_form(form)
    bot.clock.advance(1)

    assert bot.send_form(form).status == 200
    assert len(bot.only_deploy().approval.decisions) == 1
    assert bot.queued_answers() == []


def test_the_same_words_typed_again_are_a_new_request(bot: BotHarness) -> None:
    bot.type("/deploy status")
    bot.clock.advance(1)

    assert bot.type("/deploy status") == NOTHING_UNDER_WAY


def test_a_signed_request_is_not_taken_a_second_time(bot: BotHarness) -> None:
    body = urlencode(bot.command_payload("/deploy status", by=ALICE))
    headers = bot.signed_headers(body, FORM)
    first = bot.app.dispatch(BoltRequest(body=body, headers=headers))
    bot.clock.advance(2)

    replayed = bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert first.status == 200
    assert (replayed.status, replayed.body) == (401, '{"error": "this signed request was sent before"}')


def test_a_wrong_signature_is_refused_and_leaves_no_trace(bot: BotHarness) -> None:
    body = urlencode(bot.command_payload("/deploy web 1.4.2", by=ALICE))
    headers = {**bot.signed_headers(body, FORM), "x-slack-signature": "v0=" + "0" * 64}

    assert bot.app.dispatch(BoltRequest(body=body, headers=headers)).status == 401
    assert bot.redis.keys("*signature*") == []
    assert bot.redis.keys("*delivery*") == []


def test_a_command_that_slack_gave_up_on_is_refused(bot: BotHarness) -> None:
    body = urlencode(bot.command_payload("/deploy web 1.4.2", by=ALICE))
    headers = bot.signed_headers(body, FORM)
    bot.clock.advance(4)

    late = bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert bot.read_ack(late)["text"] == (
        "This reached me 4 s after you sent it, when Slack had already told you that it failed. Nothing "
        "was changed. Please send it again."
    )
    assert bot.context.store.active() == []


def test_three_seconds_are_not_too_late(bot: BotHarness) -> None:
    body = urlencode(bot.command_payload("/deploy web 1.4.2", by=ALICE))
    headers = bot.signed_headers(body, FORM)
    bot.clock.advance(3)

    bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert bot.only_deploy().tag == "1.4.2"


def test_a_late_question_is_still_answered(bot: BotHarness) -> None:
    body = urlencode(bot.command_payload("/deploy status", by=ALICE))
    headers = bot.signed_headers(body, FORM)
    bot.clock.advance(10)

    late = bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert bot.read_ack(late)["text"] == NOTHING_UNDER_WAY


def test_a_command_that_waited_in_our_own_queue_is_refused_too(bot: BotHarness) -> None:
    """In Socket Mode the time counts from the arrival of the envelope."""
    arrived = bot.clock()
    bot.clock.advance(5)
    payload = bot.command_payload("/deploy web 1.4.2", by=ALICE)

    late = bot.app.dispatch(BoltRequest(mode="socket_mode", body=payload, context={"received_at": arrived}))

    assert bot.read_ack(late)["text"].startswith("This reached me 5 s after you sent it")
    assert bot.context.store.active() == []


def test_a_late_click_changes_nothing(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    payload = bot.click_payload(buttons.APPROVE, deploy, by=BOB)
    bot.clock.advance(3.2)

    bot.send_form({"payload": json.dumps(payload)})

    assert bot.only_deploy().approval.decisions == ()
    [(*_, text)] = bot.queued_answers()
    assert text.startswith("This reached me 3 s after you sent it")


def test_a_late_mention_changes_nothing_and_says_so(bot: BotHarness) -> None:
    payload = bot.mention_payload("@slipway web 1.4.2", by=ALICE)
    bot.clock.advance(64)

    bot.send_json(payload, **{"x-slack-retry-num": "2"})

    assert bot.context.store.active() == []
    [(*_, text)] = bot.queued_answers()
    assert text == (
        "This reached me 64 s after you wrote it. You may have moved on since, so nothing was changed. "
        "Please write it again."
    )


def test_a_late_cancel_changes_nothing(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    payload = bot.mention_payload("@slipway cancel web", by=ALICE)
    bot.clock.advance(64)

    bot.send_json(payload)

    assert bot.only_deploy().cancel is None


@pytest.mark.parametrize("field", ["team", "user_team"])
def test_a_mention_by_somebody_of_another_team_is_dropped(bot: BotHarness, field: str) -> None:
    response = bot.mention("@slipway api 1.4.2", **{field: OTHER})

    assert (response.status, response.body) == (200, "")
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


def test_a_command_of_another_team_is_told(bot: BotHarness) -> None:
    assert bot.type("/deploy api 1.4.2", team_id=OTHER) == (
        "This workspace is not the one this Slipway belongs to. Nothing was changed."
    )
    assert bot.context.store.active() == []


def test_a_click_by_somebody_of_another_team_is_told(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    payload = bot.click_payload(buttons.APPROVE, deploy, by=BOB)
    payload["user"]["team_id"] = OTHER

    assert bot.send_form({"payload": json.dumps(payload)}).status == 200
    assert bot.only_deploy().approval.decisions == ()
    assert [text for *_, text in bot.queued_answers()] == [
        "This workspace is not the one this Slipway belongs to. Nothing was changed."
    ]


def test_a_payload_that_names_no_team_is_refused(bot: BotHarness) -> None:
    payload = {**bot.command_payload("/deploy api 1.4.2", by=ALICE), "team_id": ""}

    bot.send_form(payload)

    assert bot.context.store.active() == []


def test_what_the_person_gets_to_see_names_only_known_ids(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2 <!channel> & <b>")

    assert bot.only_deploy().request.reason == "<!channel> & <b>"
    assert (bot.only_deploy().request.channel, bot.only_deploy().request.team) == (DEPLOYS_CHANNEL, TEAM)
