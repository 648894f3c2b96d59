"""What becomes of a message that is in Slack twice, because Slack's answer to the first post was lost."""

from __future__ import annotations

from socket import gaierror
from urllib.error import URLError

import pytest

from deploys.records.phases import Outcome
from sandbox.slack.client_types import MessageJson
from tests.builders import a_batch, a_deploy, a_service, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness
from tests.workers.thread.test_question_messages import APPROVED_TEXT, BOB, BY_BOB, ask, question_texts
from workers.thread.slack_error_handling import classify_error

MAYBE_TWICE = (
    "_Slack did not confirm this message at once, so it may be here twice. How this ends is written on this "
    "one._"
)


def outdated(harness: PublisherHarness, thread_id: str) -> str:
    return (
        "*Out of date.* This message was posted twice, because Slack did not confirm it at once. The other "
        f"one is kept up to date, in <{harness.view(thread_id).permalink}|its thread>; "
        f"`/deploy show {thread_id}` says the same."
    )


def two_cards(harness: PublisherHarness) -> tuple[str, MessageJson]:
    """A deploy whose card is there twice, and the one that nobody knows of."""
    harness.slack.add_fault("drop-after", method="chat.postMessage")
    deploy_id = harness.request()
    harness.run(60)
    first, second = harness.slack.messages("C01DEPLOYS")
    assert harness.view(deploy_id).ts == second["ts"]
    assert first["blocks"]
    return deploy_id, first


def read_copy(harness: PublisherHarness, copy: MessageJson) -> MessageJson:
    [found] = [each for each in harness.slack.messages("C01DEPLOYS") if each["ts"] == copy["ts"]]
    return found


@pytest.mark.parametrize("has_ended", [False, True])
def test_a_copy_that_was_found_loses_its_buttons_and_leads_to_the_card(
    harness: PublisherHarness, has_ended: bool
) -> None:
    deploy_id, copy = two_cards(harness)
    if has_ended:
        harness.end(deploy_id, outcome=Outcome.SUCCEEDED)
        harness.run_until_published()
    card = harness.card(deploy_id)["text"]

    harness.threads.note_copy(deploy_id, copy["ts"], harness.clock())
    harness.run(10)

    edited = read_copy(harness, copy)
    assert (edited["text"], edited.get("blocks") or []) == (outdated(harness, deploy_id), [])
    assert harness.card(deploy_id)["text"] == card
    assert harness.threads.read(deploy_id).copies == ()
    edits = harness.call_count("chat.update")
    harness.threads.mark_due(deploy_id, harness.clock())
    harness.run(5)
    assert harness.call_count("chat.update") == edits


def test_a_copy_of_a_batchs_card_too(harness: PublisherHarness) -> None:
    harness.slack.add_fault("drop-after", method="chat.postMessage")
    batch, deploys = a_batch(
        *(
            a_deploy(a_service(each), request={"requested_at": harness.clock() - 10})
            for each in ("web", "api")
        )
    )
    harness.store.submit_batch(batch, deploys)
    harness.run(60)
    copy, _ = harness.slack.messages("C01DEPLOYS")

    harness.threads.note_copy(batch.id, copy["ts"], harness.clock())
    harness.run(10)

    assert read_copy(harness, copy)["text"] == outdated(harness, batch.id)


def test_an_outage_delays_it_and_a_copy_that_is_gone_is_forgotten(harness: PublisherHarness) -> None:
    deploy_id, copy = two_cards(harness)
    harness.end(deploy_id, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()
    harness.slack.add_fault("error", method="chat.update", error="internal_error", times=2)
    harness.threads.note_copy(deploy_id, copy["ts"], harness.clock())
    harness.run(1)
    assert harness.threads.read(deploy_id).copies == (copy["ts"],)
    harness.run_until_published()
    assert read_copy(harness, copy)["text"] == outdated(harness, deploy_id)

    harness.threads.note_copy(deploy_id, "1600000000.000100", harness.clock())
    harness.run_until_published()
    assert harness.threads.read(deploy_id).copies == ()


def test_a_question_that_is_posted_again_says_so_also_once_it_has_ended(harness: PublisherHarness) -> None:
    deploy_id = harness.request(service=a_stop_start_service())
    harness.run_until_published()
    harness.slack.add_fault("drop-after", method="chat.postMessage")

    ask(harness, deploy_id)
    harness.run(60)
    question = f"<@{BOB}>: question 1"
    assert harness.replies(deploy_id) == [question, f"{question}\n{MAYBE_TWICE}"]

    harness.change(deploy_id, approval=BY_BOB)
    harness.run(60)
    assert question_texts(harness, deploy_id) == [f"{APPROVED_TEXT}\n{MAYBE_TWICE}"]
    harness.change(deploy_id, approval={"decisions": ()})
    ask(harness, deploy_id, number=2)
    harness.run(60)
    assert harness.replies(deploy_id)[-1] == f"<@{BOB}>: question 2", "this one was confirmed"


@pytest.mark.parametrize(
    ("error", "maybe_done"),
    [
        (ConnectionResetError("reset"), True),
        (TimeoutError("timed out"), True),
        (URLError(TimeoutError("timed out")), True),
        (ConnectionRefusedError("refused"), False),
        (URLError(ConnectionRefusedError("refused")), False),
        (URLError(gaierror("no such name")), False),
    ],
)
def test_what_slack_may_have_done_although_no_answer_came(error: Exception, maybe_done: bool) -> None:
    assert classify_error("chat.postMessage", error).maybe_done is maybe_done
