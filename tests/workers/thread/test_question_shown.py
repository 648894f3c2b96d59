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
from workers.thread.slack_calls import PostedMessage, SlackCalls

ASKED: dict[str, Any] = {"phase": Phase.AWAITING_APPROVAL, "approval": {"question": 1}}


def ask(harness: PublisherHarness, service: str = "ledger", **changes: Any) -> Deploy:
    """A deploy whose question was just opened."""
    deploy_id = harness.request(service=a_stop_start_service(service, approval_expiry=60), **changes)
    return question(harness, deploy_id)


def question(harness: PublisherHarness, deploy_id: str) -> Deploy:
    return harness.add_message(deploy_id, "may I?", ThreadMessageKind.QUESTION, broadcast=True, **ASKED)


def read(harness: PublisherHarness, deploy: Deploy) -> Deploy:
    found = harness.store.get(deploy.id)
    assert found is not None
    return found


def test_it_begins_when_the_card_with_the_buttons_is_there(harness: PublisherHarness) -> None:
    deploy = ask(harness)
    assert deploy.question_not_shown

    harness.run_until_published()

    shown = read(harness, deploy)
    assert shown.approval.shown_at == pytest.approx(harness.clock(), abs=30)
    assert shown.approval.expires_at == (shown.approval.shown_at or 0) + 60
    assert harness.call_count("chat.update") == 0, "the card that showed it said until when"


@pytest.mark.parametrize("opened", [False, True], ids=["a new card", "a card that is there"])
def test_while_slack_is_away_no_time_passes_and_then_it_goes_first(
    harness: PublisherHarness, opened: bool
) -> None:
    others = [harness.request(tag=f"1.5.{n}") for n in range(8)]
    deploy_id = harness.request(service=a_stop_start_service(approval_expiry=60))
    if opened:
        harness.run_until_published()
    harness.slack.add_fault("outage", seconds=3600)
    for other in others:
        harness.add_message(other, "something else")
    harness.run(2)
    deploy = question(harness, deploy_id)
    harness.run(40)
    assert read(harness, deploy).question_not_shown
    harness.slack.clear_faults()
    back_at = harness.clock()
    harness.calls.clear()

    while read(harness, deploy).question_not_shown:
        harness.run(1)

    assert harness.clock() - back_at <= 12
    assert (read(harness, deploy).approval.shown_at or 0) > back_at
    harness.run_until_published()
    assert read(harness, deploy).approval.expires_at == (read(harness, deploy).approval.shown_at or 0) + 60


def test_a_card_without_buttons_shows_no_question(harness: PublisherHarness) -> None:
    deploy = ask(harness)
    with_blocks = FallbackLevel.TEXT - FallbackLevel.PLAIN_BLOCKS
    harness.slack.add_fault("error", method="chat.postMessage", error="invalid_blocks", times=with_blocks)

    harness.run(30)

    assert harness.view(deploy.id).ts
    assert harness.view(deploy.id).open_questions == ()
    assert read(harness, deploy).question_not_shown


def test_a_channel_without_the_bot_shows_no_question(harness: PublisherHarness) -> None:
    harness.slack.add_fault("error", method="chat.postMessage", error="not_in_channel", times=1000)
    deploy = ask(harness)

    harness.run(300)

    assert read(harness, deploy).question_not_shown


def test_a_worker_that_dies_between_slack_and_the_record_leaves_that_to_the_next(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = ask(harness)
    with monkeypatch.context() as patch:
        patch.setattr(type(harness.store), "amend", killed)
        with pytest.raises(SystemExit):
            harness.publish_due()
    assert harness.view(deploy.id).open_questions
    assert read(harness, deploy).question_not_shown
    sent_at = harness.view(deploy.id).card_sent_at

    harness.run(120)

    assert read(harness, deploy).approval.shown_at == sent_at


def killed(*_: Any, **__: Any) -> None:
    raise SystemExit


def test_each_question_of_a_batch_has_its_own_time(harness: PublisherHarness) -> None:
    services = [a_stop_start_service(name, approval_expiry=60) for name in ("ledger", "billing")]
    batch, deploys = a_batch(
        *(a_deploy(each, request={"requested_at": harness.clock()}) for each in services)
    )
    harness.store.submit_batch(batch, deploys)
    first = question(harness, deploys[0].id)
    harness.run_until_published()
    assert read(harness, first).approval.shown_at is not None
    harness.run(20)

    second = question(harness, deploys[1].id)
    harness.run_until_published()

    times = [read(harness, each).approval.shown_at or 0 for each in (first, second)]
    assert times[1] - times[0] >= 15


def test_a_decision_that_comes_with_the_note_is_kept(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click may be recorded after Slack has the card and before that is noted."""
    deploy = ask(harness)
    real = SlackCalls.post

    def post(*args: Any, **kwargs: Any) -> PostedMessage:
        posted = real(*args, **kwargs)
        harness.change(deploy.id, request={"reason": "written meanwhile"})
        return posted

    monkeypatch.setattr(SlackCalls, "post", post)
    harness.run_until_published()

    assert read(harness, deploy).request.reason == "written meanwhile"
    assert read(harness, deploy).approval.shown_at is not None
