"""The time of a question begins when Slack has a card with its buttons, and it is the first to be shown."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import a_batch, a_deploy, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.thread.fallback_levels import FallbackLevel
from workers.thread.slack_calls import SlackCalls

ASKED: dict[str, Any] = {"phase": Phase.AWAITING_APPROVAL, "approval": {"question": 1}}


def ask(press: PublisherHarness, service: str = "ledger", **changes: Any) -> Deploy:
    """A deploy whose question was just opened."""
    deploy_id = press.request(service=a_stop_start_service(service, approval_expiry=60), **changes)
    return question(press, deploy_id)


def question(press: PublisherHarness, deploy_id: str) -> Deploy:
    return press.add_message(deploy_id, "may I?", ThreadMessageKind.QUESTION, broadcast=True, **ASKED)


def read(press: PublisherHarness, deploy: Deploy) -> Deploy:
    found = press.store.get(deploy.id)
    assert found is not None
    return found


def test_it_begins_when_the_card_with_the_buttons_is_there(press: PublisherHarness) -> None:
    deploy = ask(press)
    assert deploy.question_not_shown

    press.run_until_published()

    shown = read(press, deploy)
    assert shown.approval.shown_at == pytest.approx(press.clock(), abs=30)
    assert shown.approval.expires_at == (shown.approval.shown_at or 0) + 60
    assert press.call_count("chat.update") == 0, "the card that showed it said until when"


@pytest.mark.parametrize("opened", [False, True], ids=["a new card", "a card that is there"])
def test_while_slack_is_away_no_time_passes_and_then_it_goes_first(
    press: PublisherHarness, opened: bool
) -> None:
    others = [press.request(tag=f"1.5.{n}") for n in range(8)]
    deploy_id = press.request(service=a_stop_start_service(approval_expiry=60))
    if opened:
        press.run_until_published()
    press.slack.add_fault("outage", seconds=3600)
    for other in others:
        press.add_message(other, "something else")
    press.run(2)
    deploy = question(press, deploy_id)
    press.run(40)
    assert read(press, deploy).question_not_shown
    press.slack.clear_faults()
    back_at = press.clock()
    press.calls.clear()

    while read(press, deploy).question_not_shown:
        press.run(1)

    assert press.clock() - back_at <= 12
    assert (read(press, deploy).approval.shown_at or 0) > back_at
    press.run_until_published()
    assert read(press, deploy).approval.expires_at == (read(press, deploy).approval.shown_at or 0) + 60


def test_a_card_without_buttons_shows_no_question(press: PublisherHarness) -> None:
    deploy = ask(press)
    press.slack.add_fault(
        "error", method="chat.postMessage", error="invalid_blocks", times=FallbackLevel.TEXT
    )

    press.run(30)

    assert press.view(deploy.id).ts
    assert press.view(deploy.id).open_questions == ()
    assert read(press, deploy).question_not_shown


def test_a_channel_without_the_bot_shows_no_question(press: PublisherHarness) -> None:
    press.slack.add_fault("error", method="chat.postMessage", error="not_in_channel", times=1000)
    deploy = ask(press)

    press.run(300)

    assert read(press, deploy).question_not_shown


def test_a_worker_that_dies_between_slack_and_the_record_leaves_that_to_the_next(
    press: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = ask(press)
    with monkeypatch.context() as patch:
        patch.setattr(type(press.store), "amend", killed)
        with pytest.raises(SystemExit):
            press.publish_due()
    assert press.view(deploy.id).open_questions
    assert read(press, deploy).question_not_shown
    sent_at = press.view(deploy.id).card_sent_at

    press.run(120)

    assert read(press, deploy).approval.shown_at == sent_at


def killed(*_: Any, **__: Any) -> None:
    raise SystemExit


def test_each_question_of_a_batch_has_its_own_time(press: PublisherHarness) -> None:
    services = [a_stop_start_service(name, approval_expiry=60) for name in ("ledger", "billing")]
    batch, deploys = a_batch(*(a_deploy(each, request={"requested_at": press.clock()}) for each in services))
    press.store.submit_batch(batch, deploys)
    first = question(press, deploys[0].id)
    press.run_until_published()
    assert read(press, first).approval.shown_at is not None
    press.run(20)

    second = question(press, deploys[1].id)
    press.run_until_published()

    times = [read(press, each).approval.shown_at or 0 for each in (first, second)]
    assert times[1] - times[0] >= 15


def test_a_decision_that_comes_with_the_note_is_kept(
    press: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click may be written between the moment that Slack has the card and the note of it."""
    deploy = ask(press)
    real = SlackCalls.post

    def post(*args: Any, **kwargs: Any) -> str:
        ts = real(*args, **kwargs)
        press.change(deploy.id, request={"reason": "written meanwhile"})
        return ts

    monkeypatch.setattr(SlackCalls, "post", post)
    press.run_until_published()

    assert read(press, deploy).request.reason == "written meanwhile"
    assert read(press, deploy).approval.shown_at is not None
