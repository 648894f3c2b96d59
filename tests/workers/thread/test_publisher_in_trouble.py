"""Slack refuses, breaks or goes away: the last state arrives."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from deploys.deploy import MilestoneKind, Outcome, Phase, Rollout
from tests.builders import a_plan, a_stop_start_service
from tests.workers.thread.press import Press
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


def test_blocks_that_slack_refuses_become_one_section_and_keep_their_buttons(press: Press) -> None:
    ledger = press.ask(service=a_stop_start_service())
    press.settle()
    press.slack.faults("error", method="chat.update", error="invalid_blocks")

    with capture_logs() as logs:
        press.change(ledger, phase=Phase.AWAITING_APPROVAL, question=1, plan=a_plan())
        press.settle()

    card = press.card(ledger)
    assert [block["type"] for block in card["blocks"]] == ["section", "actions"]
    assert card["blocks"][0]["text"]["text"] == card["text"]
    assert [log["error"] for log in logs if log["event"] == "adapting to Slack"] == ["invalid_blocks"]


def test_blocks_that_slack_refuses_again_become_text(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.update", error="invalid_blocks", times=2)

    end(press, web)
    press.settle()

    assert shows_its_end(press, web)
    assert not press.card(web).get("blocks")


def test_a_card_refused_for_good_does_not_hold_up_the_replies(press: Press, web: str) -> None:
    press.slack.faults("error", method="chat.update", error="as_yet_unheard_of", times=5)

    end(press, web)
    press.run(5)
    assert press.replies(web) == ["<@U01ALICE00> *Succeeded.*"]

    press.settle()
    assert shows_its_end(press, web)


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
