"""Slack refuses, fails or is unreachable: the last state still arrives."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.buttons import APPROVE, QUESTION_BUTTONS, REJECT
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
def web(harness: PublisherHarness) -> str:
    """A deploy whose thread is open and up to date."""
    deploy_id = harness.request()
    harness.run_until_published()
    harness.calls.clear()
    harness.clock.value += 60
    return deploy_id


def end(harness: PublisherHarness, deploy_id: str) -> None:
    harness.add_message(deploy_id, "*Succeeded.*", ThreadMessageKind.END)
    harness.end(
        deploy_id, outcome=Outcome.SUCCEEDED, rollout={"counts": RolloutCounts(new_desired=3, new_running=3)}
    )


def shows_its_end(harness: PublisherHarness, deploy_id: str) -> bool:
    card = harness.card(deploy_id)["text"]
    return "*succeeded, 3 of 3 new tasks running*" in card and (
        harness.replies(deploy_id)[-1] == "<@U01ALICE00> *Succeeded.*"
    )


def test_a_429_is_obeyed_for_its_method_and_for_as_long_as_slack_says(
    harness: PublisherHarness, web: str
) -> None:
    harness.slack.add_fault("http-429", method="chat.update", retry_after=17)
    began = harness.clock()

    end(harness, web)
    harness.publish_due()
    assert harness.replies(web) == ["<@U01ALICE00> *Succeeded.*"]  # another method goes on
    harness.run(16)
    assert [call.at for call in harness.calls if call.method == "chat.update"] == [began]

    harness.run_until_published()
    assert shows_its_end(harness, web)
    assert harness.call_count("chat.update") == 2
    assert harness.clock() - began < 20


def test_a_429_holds_every_workers_calls_of_that_method(harness: PublisherHarness, web: str) -> None:
    other = harness.request(tag="1.5.0")
    harness.run_until_published()
    harness.calls.clear()
    harness.slack.add_fault("http-429", method="chat.update", retry_after=30)

    harness.change(web, **ROLLING)
    harness.publish_due()
    harness.change(other, tag="1.5.1")
    harness.run(29)

    assert harness.call_count("chat.update") == 1


@pytest.mark.parametrize("method", ["chat.update", "chat.postMessage"])
@pytest.mark.parametrize("times", [1, 4])
def test_after_server_errors_the_last_state_arrives(
    harness: PublisherHarness, web: str, method: str, times: int
) -> None:
    harness.slack.add_fault("http-500", method=method, times=times)

    end(harness, web)
    harness.run_until_published()

    assert shows_its_end(harness, web)
    assert len(harness.replies(web)) == 1


def test_an_update_whose_answer_was_lost_is_sent_again(harness: PublisherHarness, web: str) -> None:
    harness.slack.add_fault("drop-after", method="chat.update")

    end(harness, web)
    harness.run_until_published()

    assert shows_its_end(harness, web)
    assert len(harness.replies(web)) == 1


def test_a_reply_whose_answer_was_lost_may_be_posted_twice_but_never_not_at_all(
    harness: PublisherHarness, web: str
) -> None:
    harness.slack.add_fault("drop-after", method="chat.postMessage")

    end(harness, web)
    harness.run_until_published()

    assert harness.replies(web) == ["<@U01ALICE00> *Succeeded.*"] * 2


def test_a_dropped_call_is_not_repeated_at_once(harness: PublisherHarness, web: str) -> None:
    harness.slack.add_fault("drop-after", method="chat.postMessage")

    harness.add_message(web, "one")
    harness.publish_due()

    assert harness.call_count("chat.postMessage") == 1
    assert harness.replies(web) == ["one"]


def test_of_two_cards_the_known_one_is_kept_up_to_date(harness: PublisherHarness) -> None:
    harness.slack.add_fault("drop-after", method="chat.postMessage")

    web = harness.request()
    harness.run(60)
    end(harness, web)
    harness.run_until_published()

    first, second = harness.slack.messages("C01DEPLOYS")
    assert harness.view(web).ts == second["ts"]
    assert shows_its_end(harness, web)
    assert "starts now" in first["text"]


def test_an_outage_delays_and_loses_nothing(harness: PublisherHarness) -> None:
    deploys = [harness.request(tag=f"1.4.{n}") for n in range(12)]
    harness.run_until_published()
    harness.calls.clear()
    harness.slack.add_fault("outage", seconds=3600)

    for deploy_id in deploys:
        end(harness, deploy_id)
    harness.run(300)
    tries = len(harness.calls)
    harness.slack.clear_faults()
    took = harness.run_until_published()

    assert all(shows_its_end(harness, deploy_id) for deploy_id in deploys)
    assert all(len(harness.replies(deploy_id)) == 1 for deploy_id in deploys)
    assert tries <= 300 / LONGEST_PAUSE_SECONDS + 4, "one call at a time asks whether Slack is back"
    assert took < 120


def test_when_slack_is_back_everybody_goes_on(harness: PublisherHarness) -> None:
    first, second = harness.request(tag="1.4.1"), harness.request(tag="1.4.2")
    harness.slack.add_fault("http-500", method="chat.postMessage")

    harness.publish_due()
    assert harness.call_count("chat.postMessage") == 1, "the second does not try while Slack is away"
    harness.run_until_published()

    assert harness.card(first)
    assert harness.card(second)


def ask_for_approval(harness: PublisherHarness) -> str:
    """A deploy whose question is not shown yet."""
    ledger = harness.request(service=a_stop_start_service())
    harness.run_until_published()
    harness.clock.value += 60
    harness.calls.clear()
    harness.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1}, plan=a_plan())
    return ledger


def buttons(harness: PublisherHarness, deploy_id: str) -> list[str]:
    return [
        element["action_id"]
        for block in harness.card(deploy_id).get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def confirms(harness: PublisherHarness, deploy_id: str) -> int:
    return str(harness.card(deploy_id).get("blocks")).count("'confirm': {'title'")


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
    harness: PublisherHarness, error: str, times: int, kinds: list[str]
) -> None:
    ledger = ask_for_approval(harness)
    harness.slack.add_fault("error", method="chat.update", error=error, times=times)

    with capture_logs() as logs:
        harness.publish_due()

    assert [block["type"] for block in harness.card(ledger)["blocks"]] == kinds
    assert [each for each in buttons(harness, ledger) if each in QUESTION_BUTTONS] == [APPROVE, REJECT]
    assert confirms(harness, ledger) == 0
    assert "*waiting for 1 approval*" in harness.card(ledger)["text"]
    assert [log["error"] for log in logs if log["event"] == "trying a fallback"] == [error] * times


@pytest.mark.parametrize("error", REFUSALS)
def test_a_question_whose_blocks_slack_refuses_is_sent_as_text_and_gets_its_buttons_later(
    harness: PublisherHarness, error: str
) -> None:
    ledger = ask_for_approval(harness)
    harness.slack.add_fault("error", method="chat.update", error=error, times=4)

    harness.publish_due()
    assert harness.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert not harness.card(ledger).get("blocks")
    tries = len(harness.calls)
    harness.run(40)
    assert len(harness.calls) == tries, "it is not tried all the time"

    harness.run(80)
    assert buttons(harness, ledger) == [APPROVE, REJECT]
    assert harness.next_due() is None


def test_a_thread_that_opens_with_a_question_gets_its_buttons_later_too(harness: PublisherHarness) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="invalid_blocks", times=4)

    ledger = harness.request(service=a_stop_start_service())
    harness.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    harness.run(10)
    assert harness.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert not harness.card(ledger).get("blocks")

    harness.run_until_published()
    assert buttons(harness, ledger) == [APPROVE, REJECT]


def test_a_question_that_slack_never_takes_with_buttons_is_tried_at_a_bounded_pace(
    harness: PublisherHarness,
) -> None:
    ledger = ask_for_approval(harness)
    refused = harness.client.chat_update

    def update(**given: Any) -> Any:
        if given["blocks"]:
            harness.calls.append(RecordedCall(harness.clock(), "refused", "C01DEPLOYS"))
            raise refusal({"ok": False, "error": "as_yet_unheard_of"})
        return refused(**given)

    harness.client.chat_update = update  # type: ignore[method-assign]
    harness.run(3600)

    assert harness.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert 4 + 6 <= harness.call_count("refused") <= 4 + 12

    harness.change(
        ledger,
        approval={"decisions": (Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=harness.clock()),)},
    )
    harness.run(1)
    assert harness.card(ledger)["text"].endswith("*decided, continuing*"), "a new state does not wait"


@pytest.mark.parametrize("error", REFUSALS)
def test_what_slack_refuses_in_every_form_with_blocks_becomes_text(
    harness: PublisherHarness, web: str, error: str
) -> None:
    harness.slack.add_fault("error", method="chat.update", error=error, times=4)

    end(harness, web)
    harness.publish_due()

    assert shows_its_end(harness, web)
    assert not harness.card(web).get("blocks")


def test_after_a_refusal_the_next_states_are_shown_richer_again(harness: PublisherHarness, web: str) -> None:
    harness.slack.add_fault("error", method="chat.update", error="invalid_blocks", times=2)
    harness.change(web, **ROLLING)
    harness.run(5)
    assert [block["type"] for block in harness.card(web)["blocks"]] == ["section", "actions"]

    harness.change(web, phase=Phase.CHECKING)
    harness.run(5)

    assert len(harness.card(web)["blocks"]) > 2


def test_a_text_that_slack_finds_too_long_is_shortened_and_the_blocks_stay(harness: PublisherHarness) -> None:
    web = harness.request(
        request={"reason": "漢" * 400}, plan=a_plan(), retries={"last_error": "漢" * 700}, phase=Phase.WAITING
    )
    harness.run_until_published()
    long = harness.card(web)["text"]
    harness.clock.value += 60
    harness.slack.add_fault("error", method="chat.update", error="msg_too_long", times=2)

    harness.change(web, tag="1.4.3")
    harness.run(5)

    text = harness.card(web)["text"]
    assert len(text.encode()) <= 1200 < len(long.encode()) <= 4000
    assert "`1.4.3`" in text.splitlines()[0]
    assert harness.card(web)["blocks"][0]["type"] == "section"
    assert len(harness.card(web)["blocks"]) > 2


def test_a_card_refused_for_good_does_not_hold_up_the_replies(harness: PublisherHarness, web: str) -> None:
    harness.slack.add_fault("error", method="chat.update", error="as_yet_unheard_of", times=5)

    end(harness, web)
    harness.run(5)
    assert harness.replies(web) == ["<@U01ALICE00> *Succeeded.*"]

    harness.run_until_published()
    assert shows_its_end(harness, web)


def test_a_card_refused_in_every_form_is_tried_at_once_when_its_state_is_new(
    harness: PublisherHarness, web: str
) -> None:
    harness.slack.add_fault("error", method="chat.update", error="as_yet_unheard_of", seconds=3600)
    harness.change(web, **ROLLING)
    harness.run(600)
    assert harness.call_count("chat.update") <= 12
    harness.slack.clear_faults()

    end(harness, web)
    harness.run(1)

    assert shows_its_end(harness, web)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error"])
def test_a_card_at_which_slack_itself_fails_again_and_again_becomes_plainer(
    harness: PublisherHarness, web: str, error: str
) -> None:
    harness.slack.add_fault("error", method="chat.update", error=error, times=5)

    end(harness, web)
    harness.run_until_published()

    assert shows_its_end(harness, web)
    assert len(harness.card(web)["blocks"]) == 1, "three tries, then plainer forms"


def test_a_reply_that_slack_does_not_take_is_sent_short(harness: PublisherHarness, web: str) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="as_yet_unheard_of")

    harness.add_message(web, "漢" * 1300, broadcast=True)
    harness.add_message(web, "the next one")
    harness.run_until_published()

    first, second = harness.replies(web)
    assert first == "漢" * 398 + "…"
    assert second == "the next one"
    assert len(harness.slack.messages("C01DEPLOYS")) == 1, "it is in the thread alone"


def test_a_reply_that_slack_finds_too_long_is_shortened(harness: PublisherHarness, web: str) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="msg_too_long", times=2)

    harness.add_message(web, "漢" * 2000, broadcast=True)
    harness.run_until_published()

    [reply] = harness.replies(web)
    assert reply == "漢" * 631 + "…"
    assert len(harness.slack.messages("C01DEPLOYS")) == 2, "it is still shown in the channel"


def test_a_card_that_a_person_deleted_is_posted_once_more(harness: PublisherHarness, web: str) -> None:
    first = harness.view(web).ts
    harness.client.chat_delete(channel="C01DEPLOYS", ts=first)

    harness.change(web, **ROLLING)
    harness.run(5)
    second = harness.view(web).ts
    harness.add_message(web, "on the new card")
    harness.run(20)
    assert second != first
    assert harness.replies(web) == ["on the new card"]
    assert harness.view(web).permalink == harness.card(web)["permalink"]

    harness.client.chat_delete(channel="C01DEPLOYS", ts=second)
    harness.calls.clear()
    end(harness, web)
    harness.run_until_published()
    assert [call.method for call in harness.calls] == ["chat.update", "chat.postMessage"]
    assert harness.slack.messages("C01DEPLOYS")[-1]["ts"] != first


def test_a_thread_that_takes_no_replies_is_replaced_by_a_new_one(harness: PublisherHarness) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="restricted_action_thread_locked")

    web = harness.request(request={"thread_ts": "1790000000.000100"})
    harness.add_message(web, "*Plan*")
    harness.run_until_published()

    [card] = harness.slack.messages("C01DEPLOYS")
    assert harness.view(web).ts == card["ts"]
    assert harness.replies(web) == ["*Plan*"]


def test_a_missing_permalink_is_harmless_and_found_later(harness: PublisherHarness) -> None:
    harness.slack.add_fault("http-500", method="chat.getPermalink")
    web = harness.request()
    harness.run_until_published()
    assert harness.card(web)
    assert not harness.view(web).permalink

    harness.clock.value += 30
    harness.add_message(web, "one")
    harness.run_until_published()
    assert harness.view(web).permalink == harness.card(web)["permalink"]


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked", "missing_scope"])
def test_a_refused_token_is_logged_loudly_and_tried_slowly(
    harness: PublisherHarness, web: str, error: str
) -> None:
    harness.slack.add_fault("error", error=error, times=3)

    with capture_logs() as logs:
        end(harness, web)
        harness.run_until_published()

    assert shows_its_end(harness, web)
    said = [log for log in logs if log["event"] == "the thread is behind"]
    assert [(log["log_level"], log["because"], log["error"]) for log in said] == [
        ("error", "token", error)
    ] * 3
    assert [log["next_try_in"] >= 45 for log in said] == [True] * 3


def test_no_token_is_ever_logged(harness: PublisherHarness, web: str) -> None:
    for kind in ("http-500", "drop-after", "http-429"):
        harness.slack.add_fault(kind)
    harness.slack.add_fault("error", error="invalid_auth")

    with capture_logs() as logs:
        end(harness, web)
        harness.run_until_published()

    assert logs
    assert harness.slack.bot_token not in str(logs)
