"""Slack refuses, breaks or goes away: the last state arrives."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.buttons import ANSWERS, APPROVE, REJECT
from deploys.deploy import Decision, MilestoneKind, Outcome, Phase, Rollout, Verdict
from tests.builders import a_plan, a_stop_start_service
from tests.workers.thread.press import Call, Press
from tests.workers.thread.test_trouble import refusal
from workers.thread.limits import LONGEST_PAUSE_SECONDS

ROLLING: dict[str, Any] = {"phase": Phase.FOLLOWING, "update_tried": True, "plan": a_plan()}


@pytest.fixture
def web(press: Press) -> str:
    """A deploy whose thread is open and up to date."""
    deploy_id = press.ask()
    press.settle()
    press.calls.clear()
    press.clock.value += 60
    return deploy_id


def end(press: Press, deploy_id: str) -> None:
    press.say(deploy_id, "*Succeeded.*", MilestoneKind.END)
    press.end(deploy_id, outcome=Outcome.SUCCEEDED, rollout=Rollout(new_desired=3, new_running=3))


def shows_its_end(press: Press, deploy_id: str) -> bool:
    card = press.card(deploy_id)["text"]
    return "*succeeded, 3 of 3 new tasks running*" in card and (
        press.replies(deploy_id)[-1] == "<@U01ALICE00> *Succeeded.*"
    )


def test_a_429_is_obeyed_for_its_method_and_for_as_long_as_slack_says(press: Press, web: str) -> None:
    press.slack.faults("http-429", method="chat.update", retry_after=17)
    began = press.clock()

    end(press, web)
    press.ring()
    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"]  # another method goes on
    press.run(16)
    assert [call.at for call in press.calls if call.method == "chat.update"] == [began]

    press.settle()
    assert shows_its_end(press, web)
    assert press.made("chat.update") == 2
    assert press.clock() - began < 20


def test_a_429_holds_every_workers_calls_of_that_method(press: Press, web: str) -> None:
    other = press.ask(tag="1.5.0")
    press.settle()
    press.calls.clear()
    press.slack.faults("http-429", method="chat.update", retry_after=30)

    press.change(web, **ROLLING)
    press.ring()
    press.change(other, tag="1.5.1")
    press.run(29)

    assert press.made("chat.update") == 1


@pytest.mark.parametrize("method", ["chat.update", "chat.postMessage"])
@pytest.mark.parametrize("times", [1, 4])
def test_after_server_errors_the_last_state_arrives(press: Press, web: str, method: str, times: int) -> None:
    press.slack.faults("http-500", method=method, times=times)

    end(press, web)
    press.settle()

    assert shows_its_end(press, web)
    assert len(press.replies(web)) == 1


def test_an_update_whose_answer_was_lost_is_sent_again(press: Press, web: str) -> None:
    press.slack.faults("drop-after", method="chat.update")

    end(press, web)
    press.settle()

    assert shows_its_end(press, web)
    assert len(press.replies(web)) == 1


def test_a_reply_whose_answer_was_lost_may_stand_twice_but_never_not_at_all(press: Press, web: str) -> None:
    press.slack.faults("drop-after", method="chat.postMessage")

    end(press, web)
    press.settle()

    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"] * 2


def test_a_dropped_call_is_not_repeated_at_once(press: Press, web: str) -> None:
    press.slack.faults("drop-after", method="chat.postMessage")

    press.say(web, "one")
    press.ring()

    assert press.made("chat.postMessage") == 1
    assert press.replies(web) == ["one"]


def test_of_two_cards_the_known_one_is_kept_up_to_date(press: Press) -> None:
    press.slack.faults("drop-after", method="chat.postMessage")

    web = press.ask()
    press.run(60)
    end(press, web)
    press.settle()

    first, second = press.slack.messages("C01DEPLOYS")
    assert press.view(web).ts == second["ts"]
    assert shows_its_end(press, web)
    assert "starts now" in first["text"]


def test_an_outage_delays_and_loses_nothing(press: Press) -> None:
    deploys = [press.ask(tag=f"1.4.{n}") for n in range(12)]
    press.settle()
    press.calls.clear()
    press.slack.faults("outage", seconds=3600)

    for deploy_id in deploys:
        end(press, deploy_id)
    press.run(300)
    tries = len(press.calls)
    press.slack.clear_faults()
    took = press.settle()

    assert all(shows_its_end(press, deploy_id) for deploy_id in deploys)
    assert all(len(press.replies(deploy_id)) == 1 for deploy_id in deploys)
    assert tries <= 300 / LONGEST_PAUSE_SECONDS + 4, "one call at a time asks whether Slack is back"
    assert took < 120


def test_when_slack_is_back_everybody_goes_on(press: Press) -> None:
    first, second = press.ask(tag="1.4.1"), press.ask(tag="1.4.2")
    press.slack.faults("http-500", method="chat.postMessage")

    press.ring()
    assert press.made("chat.postMessage") == 1, "the second does not try while Slack is away"
    press.settle()

    assert press.card(first)
    assert press.card(second)


def ask_for_approval(press: Press) -> str:
    """A deploy whose question the publisher has yet to show."""
    ledger = press.ask(service=a_stop_start_service())
    press.settle()
    press.clock.value += 60
    press.calls.clear()
    press.change(ledger, phase=Phase.AWAITING_APPROVAL, question=1, plan=a_plan())
    return ledger


def buttons(press: Press, deploy_id: str) -> list[str]:
    return [
        element["action_id"]
        for block in press.card(deploy_id).get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def confirms(press: Press, deploy_id: str) -> int:
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
    press: Press, error: str, times: int, kinds: list[str]
) -> None:
    ledger = ask_for_approval(press)
    press.slack.faults("error", method="chat.update", error=error, times=times)

    with capture_logs() as logs:
        press.ring()

    assert [block["type"] for block in press.card(ledger)["blocks"]] == kinds
    assert [each for each in buttons(press, ledger) if each in ANSWERS] == [APPROVE, REJECT]
    assert confirms(press, ledger) == 0
    assert "*waiting for 1 approval*" in press.card(ledger)["text"]
    assert [log["error"] for log in logs if log["event"] == "adapting to Slack"] == [error] * times


@pytest.mark.parametrize("error", REFUSALS)
def test_a_question_whose_blocks_slack_takes_in_no_form_is_told_and_gets_its_buttons_later(
    press: Press, error: str
) -> None:
    ledger = ask_for_approval(press)
    press.slack.faults("error", method="chat.update", error=error, times=4)

    press.ring()
    assert press.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert not press.card(ledger).get("blocks")
    tries = len(press.calls)
    press.run(40)
    assert len(press.calls) == tries, "it is not tried all the time"

    press.run(80)
    assert buttons(press, ledger) == [APPROVE, REJECT]
    assert press.next_due() is None


def test_a_thread_that_opens_with_a_question_gets_its_buttons_later_too(press: Press) -> None:
    press.slack.faults("error", method="chat.postMessage", error="invalid_blocks", times=4)

    ledger = press.ask(service=a_stop_start_service())
    press.change(ledger, phase=Phase.AWAITING_APPROVAL, question=1)
    press.run(10)
    assert press.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert not press.card(ledger).get("blocks")

    press.settle()
    assert buttons(press, ledger) == [APPROVE, REJECT]


def test_a_question_that_slack_never_takes_with_buttons_is_tried_at_a_bounded_pace(press: Press) -> None:
    ledger = ask_for_approval(press)
    refused = press.client.chat_update

    def update(**given: Any) -> Any:
        if given["blocks"]:
            press.calls.append(Call(press.clock(), "refused", "C01DEPLOYS"))
            raise refusal({"ok": False, "error": "as_yet_unheard_of"})
        return refused(**given)

    press.client.chat_update = update  # type: ignore[method-assign]
    press.run(3600)

    assert press.card(ledger)["text"].endswith("*waiting for 1 approval*")
    assert 4 + 6 <= press.made("refused") <= 4 + 12

    press.change(ledger, decisions=(Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=press.clock()),))
    press.run(1)
    assert press.card(ledger)["text"].endswith("*decided, about to go on*"), "a new state does not wait"


@pytest.mark.parametrize("error", REFUSALS)
def test_what_slack_refuses_in_every_form_with_blocks_becomes_text(
    press: Press, web: str, error: str
) -> None:
    press.slack.faults("error", method="chat.update", error=error, times=4)

    end(press, web)
    press.ring()

    assert shows_its_end(press, web)
    assert not press.card(web).get("blocks")


def test_after_a_refusal_the_next_states_are_shown_richer_again(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.update", error="invalid_blocks", times=2)
    press.change(web, **ROLLING)
    press.run(5)
    assert [block["type"] for block in press.card(web)["blocks"]] == ["section", "actions"]

    press.change(web, phase=Phase.CHECKING)
    press.run(5)

    assert len(press.card(web)["blocks"]) > 2


def test_a_text_that_slack_finds_too_long_is_shortened_and_the_blocks_stay(press: Press) -> None:
    web = press.ask(why="漢" * 400, plan=a_plan(), last_error="漢" * 700, phase=Phase.WAITING)
    press.settle()
    long = press.card(web)["text"]
    press.clock.value += 60
    press.slack.faults("error", method="chat.update", error="msg_too_long", times=2)

    press.change(web, tag="1.4.3")
    press.run(5)

    text = press.card(web)["text"]
    assert len(text.encode()) <= 1200 < len(long.encode()) <= 4000
    assert "`1.4.3`" in text.splitlines()[0]
    assert press.card(web)["blocks"][0]["type"] == "section"
    assert len(press.card(web)["blocks"]) > 2


def test_a_card_refused_for_good_does_not_hold_up_the_replies(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.update", error="as_yet_unheard_of", times=5)

    end(press, web)
    press.run(5)
    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"]

    press.settle()
    assert shows_its_end(press, web)


def test_a_card_refused_in_every_form_is_tried_at_once_when_its_state_is_new(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.update", error="as_yet_unheard_of", seconds=3600)
    press.change(web, **ROLLING)
    press.run(600)
    assert press.made("chat.update") <= 12
    press.slack.clear_faults()

    end(press, web)
    press.run(1)

    assert shows_its_end(press, web)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error"])
def test_a_card_at_which_slack_itself_fails_again_and_again_becomes_plainer(
    press: Press, web: str, error: str
) -> None:
    press.slack.faults("error", method="chat.update", error=error, times=5)

    end(press, web)
    press.settle()

    assert shows_its_end(press, web)
    assert len(press.card(web)["blocks"]) == 1, "three tries, then plainer forms"


def test_a_reply_that_slack_does_not_take_is_sent_short(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.postMessage", error="as_yet_unheard_of")

    press.say(web, "漢" * 1300, broadcast=True)
    press.say(web, "the next one")
    press.settle()

    first, second = press.replies(web)
    assert first == "漢" * 398 + "…"
    assert second == "the next one"
    assert len(press.slack.messages("C01DEPLOYS")) == 1, "it is in the thread alone"


def test_a_reply_that_slack_finds_too_long_is_shortened(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.postMessage", error="msg_too_long", times=2)

    press.say(web, "漢" * 2000, broadcast=True)
    press.settle()

    [reply] = press.replies(web)
    assert reply == "漢" * 631 + "…"
    assert len(press.slack.messages("C01DEPLOYS")) == 2, "it is still shown in the channel"


def test_a_card_that_a_person_deleted_is_posted_once_more(press: Press, web: str) -> None:
    first = press.view(web).ts
    press.client.chat_delete(channel="C01DEPLOYS", ts=first)

    press.change(web, **ROLLING)
    press.run(5)
    second = press.view(web).ts
    press.say(web, "on the new card")
    press.run(20)
    assert second != first
    assert press.replies(web) == ["on the new card"]
    assert press.view(web).permalink == press.card(web)["permalink"]

    press.client.chat_delete(channel="C01DEPLOYS", ts=second)
    press.calls.clear()
    end(press, web)
    press.settle()
    assert [call.method for call in press.calls] == ["chat.update", "chat.postMessage"]
    assert press.slack.messages("C01DEPLOYS")[-1]["ts"] != first


def test_a_thread_that_takes_no_replies_is_left_for_one_of_our_own(press: Press) -> None:
    press.slack.faults("error", method="chat.postMessage", error="restricted_action_thread_locked")

    web = press.ask(thread_ts="1790000000.000100")
    press.say(web, "*Plan*")
    press.settle()

    [card] = press.slack.messages("C01DEPLOYS")
    assert press.view(web).ts == card["ts"]
    assert press.replies(web) == ["*Plan*"]


def test_a_missing_permalink_is_harmless_and_found_later(press: Press) -> None:
    press.slack.faults("http-500", method="chat.getPermalink")
    web = press.ask()
    press.settle()
    assert press.card(web)
    assert not press.view(web).permalink

    press.clock.value += 30
    press.say(web, "one")
    press.settle()
    assert press.view(web).permalink == press.card(web)["permalink"]


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked", "missing_scope"])
def test_a_refused_token_is_logged_loudly_and_tried_slowly(press: Press, web: str, error: str) -> None:
    press.slack.faults("error", error=error, times=3)

    with capture_logs() as logs:
        end(press, web)
        press.settle()

    assert shows_its_end(press, web)
    said = [log for log in logs if log["event"] == "the thread is behind"]
    assert [(log["log_level"], log["because"], log["error"]) for log in said] == [
        ("error", "token", error)
    ] * 3
    assert [log["next_try_in"] >= 45 for log in said] == [True] * 3


def test_no_token_is_ever_logged(press: Press, web: str) -> None:
    for kind in ("http-500", "drop-after", "http-429"):
        press.slack.faults(kind)
    press.slack.faults("error", error="invalid_auth")

    with capture_logs() as logs:
        end(press, web)
        press.settle()

    assert logs
    assert press.slack.bot_token not in str(logs)
