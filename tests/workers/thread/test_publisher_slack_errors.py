"""Slack refuses, breaks or goes away: the last state arrives."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.button_ids import APPROVE, QUESTION_BUTTONS, REJECT
from deploys.records.approval import Decision, Verdict
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_plan, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness, RecordedCall
from tests.workers.thread.test_slack_error_handling import refusal
from workers.thread.rate_limits import LONGEST_PAUSE_SECONDS

ROLLING: dict[str, Any] = {"phase": Phase.FOLLOWING, "ecs": {"update_tried": True}, "plan": a_plan()}


@pytest.fixture
def web(press: PublisherHarness) -> str:
    """A deploy whose thread is open and up to date."""
    deploy_id = press.request()
    press.run_until_published()
    press.calls.clear()
    press.clock.value += 60
    return deploy_id


def end(press: PublisherHarness, deploy_id: str) -> None:
    press.add_message(deploy_id, "*Succeeded.*", ThreadMessageKind.END)
    press.end(
        deploy_id, outcome=Outcome.SUCCEEDED, rollout={"counts": RolloutCounts(new_desired=3, new_running=3)}
    )


def shows_its_end(press: PublisherHarness, deploy_id: str) -> bool:
    card = press.card(deploy_id)["text"]
    return "*succeeded, 3 of 3 new tasks running*" in card and (
        press.replies(deploy_id)[-1] == "<@U01ALICE00> *Succeeded.*"
    )


def test_a_429_is_obeyed_for_its_method_and_for_as_long_as_slack_says(
    press: PublisherHarness, web: str
) -> None:
    press.slack.add_fault("http-429", method="chat.update", retry_after=17)
    began = press.clock()

    end(press, web)
    press.publish_due()
    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"]  # another method goes on
    press.run(16)
    assert [call.at for call in press.calls if call.method == "chat.update"] == [began]

    press.run_until_published()
    assert shows_its_end(press, web)
    assert press.call_count("chat.update") == 2
    assert press.clock() - began < 20


def test_a_429_holds_every_workers_calls_of_that_method(press: PublisherHarness, web: str) -> None:
    other = press.request(tag="1.5.0")
    press.run_until_published()
    press.calls.clear()
    press.slack.add_fault("http-429", method="chat.update", retry_after=30)

    press.change(web, **ROLLING)
    press.publish_due()
    press.change(other, tag="1.5.1")
    press.run(29)

    assert press.call_count("chat.update") == 1


@pytest.mark.parametrize("method", ["chat.update", "chat.postMessage"])
@pytest.mark.parametrize("times", [1, 4])
def test_after_server_errors_the_last_state_arrives(
    press: PublisherHarness, web: str, method: str, times: int
) -> None:
    press.slack.add_fault("http-500", method=method, times=times)

    end(press, web)
    press.run_until_published()

    assert shows_its_end(press, web)
    assert len(press.replies(web)) == 1


def test_an_update_whose_answer_was_lost_is_sent_again(press: PublisherHarness, web: str) -> None:
    press.slack.add_fault("drop-after", method="chat.update")

    end(press, web)
    press.run_until_published()

    assert shows_its_end(press, web)
    assert len(press.replies(web)) == 1


def test_a_reply_whose_answer_was_lost_may_stand_twice_but_never_not_at_all(
    press: PublisherHarness, web: str
) -> None:
    press.slack.add_fault("drop-after", method="chat.postMessage")

    end(press, web)
    press.run_until_published()

    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"] * 2


def test_a_dropped_call_is_not_repeated_at_once(press: PublisherHarness, web: str) -> None:
    press.slack.add_fault("drop-after", method="chat.postMessage")

    press.add_message(web, "one")
    press.publish_due()

    assert press.call_count("chat.postMessage") == 1
    assert press.replies(web) == ["one"]


def test_of_two_cards_the_known_one_is_kept_up_to_date(press: PublisherHarness) -> None:
    press.slack.add_fault("drop-after", method="chat.postMessage")

    web = press.request()
    press.run(60)
    end(press, web)
    press.run_until_published()

    first, second = press.slack.messages("C01DEPLOYS")
    assert press.view(web).ts == second["ts"]
    assert shows_its_end(press, web)
    assert "starts now" in first["text"]


def test_an_outage_delays_and_loses_nothing(press: PublisherHarness) -> None:
    deploys = [press.request(tag=f"1.4.{n}") for n in range(12)]
    press.run_until_published()
    press.calls.clear()
    press.slack.add_fault("outage", seconds=3600)

    for deploy_id in deploys:
        end(press, deploy_id)
    press.run(300)
    tries = len(press.calls)
    press.slack.clear_faults()
    took = press.run_until_published()

    assert all(shows_its_end(press, deploy_id) for deploy_id in deploys)
    assert all(len(press.replies(deploy_id)) == 1 for deploy_id in deploys)
    assert tries <= 300 / LONGEST_PAUSE_SECONDS + 4, "one call at a time asks whether Slack is back"
    assert took < 120


def test_when_slack_is_back_everybody_goes_on(press: PublisherHarness) -> None:
    first, second = press.request(tag="1.4.1"), press.request(tag="1.4.2")
    press.slack.add_fault("http-500", method="chat.postMessage")

    press.publish_due()
    assert press.call_count("chat.postMessage") == 1, "the second does not try while Slack is away"
    press.run_until_published()

    assert press.card(first)
    assert press.card(second)


def ask_for_approval(press: PublisherHarness) -> str:
    """A deploy whose question the publisher has yet to show."""
    ledger = press.request(service=a_stop_start_service())
    press.run_until_published()
    press.clock.value += 60
    press.calls.clear()
    press.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1}, plan=a_plan())
    return ledger


def buttons(press: PublisherHarness, deploy_id: str) -> list[str]:
    return [
        element["action_id"]
        for block in press.card(deploy_id).get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def confirms(press: PublisherHarness, deploy_id: str) -> int:
    return str(press.card(deploy_id).get("blocks")).count("'confirm': {'title'")


REFUSALS = ["invalid_blocks", "msg_blocks_too_long", "invalid_arguments", "as_yet_unheard_of"]


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize(
    ("times", "kinds"),
    [
        (1, ["section", "section", "section", "context", "actions"]),
        (2, ["section", "actions"]),
        (3, ["section", "actions"]),
    ],
)
def test_a_refused_question_becomes_plainer_and_keeps_its_buttons(
    press: PublisherHarness, error: str, times: int, kinds: list[str]
) -> None:
    ledger = ask_for_approval(press)
    press.slack.add_fault("error", method="chat.update", error=error, times=times)

    with capture_logs() as logs:
        press.publish_due()

    assert [block["type"] for block in press.card(ledger)["blocks"]] == kinds
    assert [each for each in buttons(press, ledger) if each in QUESTION_BUTTONS] == [APPROVE, REJECT]
    assert confirms(press, ledger) == 0
    assert "*waiting for 1 approval*" in press.card(ledger)["text"]
    assert [log["error"] for log in logs if log["event"] == "trying a fallback"] == [error] * times


@pytest.mark.parametrize("error", REFUSALS)
def test_a_question_whose_blocks_slack_takes_in_no_form_is_told_and_gets_its_buttons_later(
    press: PublisherHarness, error: str
) -> None:
    ledger = ask_for_approval(press)
    press.slack.add_fault("error", method="chat.update", error=error, times=4)

    press.publish_due()
    assert press.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert not press.card(ledger).get("blocks")
    tries = len(press.calls)
    press.run(40)
    assert len(press.calls) == tries, "it is not tried all the time"

    press.run(80)
    assert buttons(press, ledger) == [APPROVE, REJECT]
    assert press.next_due() is None


def test_a_thread_that_opens_with_a_question_gets_its_buttons_later_too(press: PublisherHarness) -> None:
    press.slack.add_fault("error", method="chat.postMessage", error="invalid_blocks", times=4)

    ledger = press.request(service=a_stop_start_service())
    press.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    press.run(10)
    assert press.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert not press.card(ledger).get("blocks")

    press.run_until_published()
    assert buttons(press, ledger) == [APPROVE, REJECT]


def test_a_question_that_slack_never_takes_with_buttons_is_tried_at_a_bounded_pace(
    press: PublisherHarness,
) -> None:
    ledger = ask_for_approval(press)
    refused = press.client.chat_update

    def update(**given: Any) -> Any:
        if given["blocks"]:
            press.calls.append(RecordedCall(press.clock(), "refused", "C01DEPLOYS"))
            raise refusal({"ok": False, "error": "as_yet_unheard_of"})
        return refused(**given)

    press.client.chat_update = update  # type: ignore[method-assign]
    press.run(3600)

    assert press.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert 4 + 6 <= press.call_count("refused") <= 4 + 12

    press.change(
        ledger,
        approval={"decisions": (Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=press.clock()),)},
    )
    press.run(1)
    assert press.card(ledger)["text"].endswith("*decided, continuing*"), "a new state does not wait"


@pytest.mark.parametrize("error", REFUSALS)
def test_what_slack_refuses_in_every_form_with_blocks_becomes_text(
    press: PublisherHarness, web: str, error: str
) -> None:
    press.slack.add_fault("error", method="chat.update", error=error, times=4)

    end(press, web)
    press.publish_due()

    assert shows_its_end(press, web)
    assert not press.card(web).get("blocks")


def test_after_a_refusal_the_next_states_are_shown_richer_again(press: PublisherHarness, web: str) -> None:
    press.slack.add_fault("error", method="chat.update", error="invalid_blocks", times=2)
    press.change(web, **ROLLING)
    press.run(5)
    assert [block["type"] for block in press.card(web)["blocks"]] == ["section", "actions"]

    press.change(web, phase=Phase.CHECKING)
    press.run(5)

    assert len(press.card(web)["blocks"]) > 2


def test_a_text_that_slack_finds_too_long_is_shortened_and_the_blocks_stay(press: PublisherHarness) -> None:
    web = press.request(
        request={"reason": "漢" * 400}, plan=a_plan(), retries={"last_error": "漢" * 700}, phase=Phase.WAITING
    )
    press.run_until_published()
    long = press.card(web)["text"]
    press.clock.value += 60
    press.slack.add_fault("error", method="chat.update", error="msg_too_long", times=2)

    press.change(web, tag="1.4.3")
    press.run(5)

    text = press.card(web)["text"]
    assert len(text.encode()) <= 1200 < len(long.encode()) <= 4000
    assert "`1.4.3`" in text.splitlines()[0]
    assert press.card(web)["blocks"][0]["type"] == "section"
    assert len(press.card(web)["blocks"]) > 2


def test_a_card_refused_for_good_does_not_hold_up_the_replies(press: PublisherHarness, web: str) -> None:
    press.slack.add_fault("error", method="chat.update", error="as_yet_unheard_of", times=5)

    end(press, web)
    press.run(5)
    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"]

    press.run_until_published()
    assert shows_its_end(press, web)


def test_a_card_refused_in_every_form_is_tried_at_once_when_its_state_is_new(
    press: PublisherHarness, web: str
) -> None:
    press.slack.add_fault("error", method="chat.update", error="as_yet_unheard_of", seconds=3600)
    press.change(web, **ROLLING)
    press.run(600)
    assert press.call_count("chat.update") <= 12
    press.slack.clear_faults()

    end(press, web)
    press.run(1)

    assert shows_its_end(press, web)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error"])
def test_a_card_at_which_slack_itself_fails_again_and_again_becomes_plainer(
    press: PublisherHarness, web: str, error: str
) -> None:
    press.slack.add_fault("error", method="chat.update", error=error, times=5)

    end(press, web)
    press.run_until_published()

    assert shows_its_end(press, web)
    assert len(press.card(web)["blocks"]) == 1, "three tries, then plainer forms"


def test_a_reply_that_slack_does_not_take_is_sent_short(press: PublisherHarness, web: str) -> None:
    press.slack.add_fault("error", method="chat.postMessage", error="as_yet_unheard_of")

    press.add_message(web, "漢" * 1300, broadcast=True)
    press.add_message(web, "the next one")
    press.run_until_published()

    first, second = press.replies(web)
    assert first == "漢" * 398 + "…"
    assert second == "the next one"
    assert len(press.slack.messages("C01DEPLOYS")) == 1, "it is in the thread alone"


def test_a_reply_that_slack_finds_too_long_is_shortened(press: PublisherHarness, web: str) -> None:
    press.slack.add_fault("error", method="chat.postMessage", error="msg_too_long", times=2)

    press.add_message(web, "漢" * 2000, broadcast=True)
    press.run_until_published()

    [reply] = press.replies(web)
    assert reply == "漢" * 631 + "…"
    assert len(press.slack.messages("C01DEPLOYS")) == 2, "it is still shown in the channel"


def test_a_card_that_a_person_deleted_is_posted_once_more(press: PublisherHarness, web: str) -> None:
    first = press.view(web).ts
    press.client.chat_delete(channel="C01DEPLOYS", ts=first)

    press.change(web, **ROLLING)
    press.run(5)
    second = press.view(web).ts
    press.add_message(web, "on the new card")
    press.run(20)
    assert second != first
    assert press.replies(web) == ["on the new card"]
    assert press.view(web).permalink == press.card(web)["permalink"]

    press.client.chat_delete(channel="C01DEPLOYS", ts=second)
    press.calls.clear()
    end(press, web)
    press.run_until_published()
    assert [call.method for call in press.calls] == ["chat.update", "chat.postMessage"]
    assert press.slack.messages("C01DEPLOYS")[-1]["ts"] != first


def test_a_thread_that_takes_no_replies_is_left_for_one_of_our_own(press: PublisherHarness) -> None:
    press.slack.add_fault("error", method="chat.postMessage", error="restricted_action_thread_locked")

    web = press.request(request={"thread_ts": "1790000000.000100"})
    press.add_message(web, "*Plan*")
    press.run_until_published()

    [card] = press.slack.messages("C01DEPLOYS")
    assert press.view(web).ts == card["ts"]
    assert press.replies(web) == ["*Plan*"]


def test_a_missing_permalink_is_harmless_and_found_later(press: PublisherHarness) -> None:
    press.slack.add_fault("http-500", method="chat.getPermalink")
    web = press.request()
    press.run_until_published()
    assert press.card(web)
    assert not press.view(web).permalink

    press.clock.value += 30
    press.add_message(web, "one")
    press.run_until_published()
    assert press.view(web).permalink == press.card(web)["permalink"]


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked", "missing_scope"])
def test_a_refused_token_is_logged_loudly_and_tried_slowly(
    press: PublisherHarness, web: str, error: str
) -> None:
    press.slack.add_fault("error", error=error, times=3)

    with capture_logs() as logs:
        end(press, web)
        press.run_until_published()

    assert shows_its_end(press, web)
    said = [log for log in logs if log["event"] == "the thread is behind"]
    assert [(log["log_level"], log["because"], log["error"]) for log in said] == [
        ("error", "token", error)
    ] * 3
    assert [log["next_try_in"] >= 45 for log in said] == [True] * 3


def test_no_token_is_ever_logged(press: PublisherHarness, web: str) -> None:
    for kind in ("http-500", "drop-after", "http-429"):
        press.slack.add_fault(kind)
    press.slack.add_fault("error", error="invalid_auth")

    with capture_logs() as logs:
        end(press, web)
        press.run_until_published()

    assert logs
    assert press.slack.bot_token not in str(logs)
