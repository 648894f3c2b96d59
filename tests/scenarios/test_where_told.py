"""The key `notify`: a channel for the cards, one for failures, and a success that only the card shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploys.records.phases import Outcome
from slipway.demo.transcript import mrkdwn_to_text
from tests.scenarios.conversation import (
    IN_SOCKET_MODE,
    WAIT_SECONDS,
    Conversation,
    DeployThread,
    normalize_text,
)

CARDS, FAILURES = "random", "general"
NOTIFY = {
    "channel": "C03RANDOM0",
    "failures": "C02GENERAL",
    "successes": "quiet",
    "mention_on_failure": ["requester", "S02APPROVERS"],
}


@pytest.fixture
def notified(slack: Conversation) -> Iterator[Conversation]:
    """`api` is told elsewhere as long as the test runs."""
    path = Path(slack.demo.process_env["SERVICES_FILE"])
    before = path.read_text()
    edited = yaml.safe_load(before)
    edited["services"]["api"] |= {"notify": NOTIFY, "channels": ["C01DEPLOYS"]}
    path.write_text(yaml.safe_dump(edited, sort_keys=False))

    def is_read() -> bool:
        answers, _ = slack.says("carol", "/deploy access api")
        return f"#{CARDS}" in answers[0]

    try:
        slack.demo.slack.wait_until(is_read, WAIT_SECONDS)
        yield slack
    finally:
        path.write_text(before)
    slack.demo.slack.wait_until(lambda: not is_read(), WAIT_SECONDS)


def deploy_api(slack: Conversation, user: str, tag: str) -> DeployThread:
    """Typed in #deploys; the card is elsewhere."""
    asked = slack.deploys(user, f"/deploy api {tag}")
    return DeployThread(slack.demo, asked.deploy_id, CARDS, slack.names)


def texts(slack: Conversation, channel: str, about: str) -> list[str]:
    """What everybody reads in a channel about this."""
    return [
        normalize_text(mrkdwn_to_text(each["text"], slack.names))
        for each in slack.demo.slack.messages(channel)
        if about in each["text"] and not each["ephemeral"]
    ]


@IN_SOCKET_MODE
def test_a_failure_is_told_in_its_channel_and_a_success_by_the_cards_alone(notified: Conversation) -> None:
    failed = deploy_api(notified, "alice", "1.5.0-crash").ends()

    assert failed.record.outcome is Outcome.ROLLED_BACK
    client = notified.demo.slack
    [told] = client.wait_until(lambda: texts(notified, FAILURES, "*Rolled back*"), WAIT_SECONDS)
    assert told.startswith("@alice, @approvers `api` on production: Rolled back to `api:")
    assert failed.replies[-1].startswith("@alice Rolled back to `api:")
    link = "`api` `1.5.0-crash`, asked for by @alice, was rolled back: its thread (LINK)"
    client.wait_until(lambda: texts(notified, "deploys", "`1.5.0-crash`") == [link], WAIT_SECONDS)

    fixed = deploy_api(notified, "dave", "1.4.1").card_says("succeeded").settles()

    assert fixed.record.outcome is Outcome.SUCCEEDED
    since_then = "Since then: `api` `1.4.1` by @dave succeeded.\n"
    client.wait_until(
        lambda: texts(notified, FAILURES, "*Rolled back*") == [f"{since_then}{told}"], WAIT_SECONDS
    )
    assert not [each for each in fixed.replies if "Succeeded" in each]
