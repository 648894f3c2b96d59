"""Text from people, AWS and containers: only visible characters are sent, and Slack makes no links of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient, WebhookResponse

from deploys.message_size import MAX_EDIT_BYTES
from deploys.mrkdwn import verbatim
from deploys.queue_forecast import WaitingDeploy
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.rollback_offer import RollbackOffer
from tests.builders import NOW, a_batch
from tests.deploys.test_safe_text import hostile, unsafe
from tests.workers.thread.record_generators import deploys, moments
from tests.workers.thread.sample_deploys import awaiting
from workers.home.content import EndedRow, HomeContent
from workers.home.view import home_view
from workers.messages.unreachable_channel import channel_unreachable
from workers.thread import batch_card
from workers.thread.card import deploy_card
from workers.thread.fallback_levels import FallbackLevel, fit_message
from workers.thread.private_message import DeliveryResult, Recipient, send_private_message
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_calls import SlackCalls
from workers.thread.thread_replies import batch_reply, deploy_reply

thorough = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
texts = st.one_of(hostile, st.builds(lambda text: text * 200, hostile))
records = st.builds(
    lambda deploy, text: deploy.evolve(
        request={"reason": text}, end_reason=text, retries={"last_error": text}, tag=text
    ),
    deploys,
    texts,
)


class RecordingClient(WebClient):
    """Takes every call and keeps what it was given."""

    def __init__(self) -> None:
        super().__init__("xoxb-test", base_url="https://slack.com/api/")
        self.given: list[dict[str, Any]] = []

    def api_call(self, api_method: str, **how: Any) -> SlackResponse:
        self.given.append({**(how.get("json") or {}), **(how.get("params") or {})})
        return SlackResponse(
            client=self,
            http_verb="POST",
            api_url=api_method,
            req_args={},
            data={"ok": True, "ts": "1.1"},
            headers={},
            status_code=200,
        )


def strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from strings(value)
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from strings(each)


def mrkdwn(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part
        for value in part.values():
            yield from mrkdwn(value)
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from mrkdwn(each)


def is_safe(sent: dict[str, Any], *, message: bool = True) -> None:
    assert [each for text in strings(sent) for each in unsafe(text)] == []
    assert all(part["verbatim"] is True for part in mrkdwn(sent))
    if message:
        assert (sent["parse"], sent["link_names"]) == ("none", False)


@thorough
@given(deploy=records, now=moments, form=st.sampled_from(FallbackLevel))
def test_cards(redis: Redis, deploy: Deploy, now: float, form: FallbackLevel) -> None:
    client = RecordingClient()
    calls = SlackCalls(client, SharedRateLimits(redis, lambda: now))
    redis.flushdb()
    batch, [member] = a_batch(deploy, name=deploy.tag or "x", request={"reason": deploy.request.reason})

    for shown in (deploy_card(deploy, (), now), batch_card.batch_card(batch, [WaitingDeploy(member)], now)):
        message = fit_message(shown, form)
        calls.post("C01DEPLOYS", message.text, message.blocks)
        calls.update("C01DEPLOYS", "1.1", message.text, message.blocks)
        redis.flushdb()

    assert len(client.given) == 4
    for sent in client.given:
        is_safe(sent)
        assert len(sent["text"].encode()) <= MAX_EDIT_BYTES
    assert [sent["unfurl_links"] for sent in client.given if "unfurl_links" in sent] == [False] * 2


@thorough
@given(deploy=records, text=texts)
def test_replies_and_answers(redis: Redis, deploy: Deploy, text: str) -> None:
    client = RecordingClient()
    calls = SlackCalls(client, SharedRateLimits(redis, lambda: NOW))
    milestone = ThreadMessage(at=NOW, kind=ThreadMessageKind.END, text=text)
    for said in (deploy_reply(milestone, deploy), batch_reply(milestone, deploy, mentioned=True)):
        redis.flushdb()
        calls.post("C01DEPLOYS", said.text, thread_ts="1.1", broadcast=True)
    assert (
        send_private_message(client, Recipient("U01ALICE00", "C01DEPLOYS"), f"{text}.")
        is DeliveryResult.DELIVERED
    )

    assert len(client.given) == 3
    for sent in client.given:
        is_safe(sent)


@thorough
@given(deploy=records, text=texts)
def test_posts_to_a_response_url(deploy: Deploy, text: str) -> None:
    sent: list[dict[str, Any]] = []

    def take(_: WebhookClient, body: dict[str, Any]) -> WebhookResponse:
        sent.append(body)
        return WebhookResponse(url="", status_code=200, body="ok", headers={})

    with patch.object(WebhookClient, "send_dict", take):
        for told in (text, channel_unreachable(deploy, "is_archived")):
            to = Recipient("U01ALICE00", response_url="https://hooks.slack.com/commands/1/2/3")
            assert send_private_message(RecordingClient(), to, told) is DeliveryResult.DELIVERED

    for body in sent:
        is_safe(body)
        assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


@thorough
@given(deploy=records, now=moments)
def test_the_home_tab(deploy: Deploy, now: float) -> None:
    content = HomeContent(
        needs_you=[deploy],
        running=[deploy],
        waiting=[WaitingDeploy(deploy)],
        recent=[EndedRow(deploy, RollbackOffer("k3m9p2qr", "1.4.0"))],
        links={deploy.thread_id: "https://slack.test/1"},
    )
    view = home_view(content, now)

    is_safe(verbatim(view), message=False)


def test_our_own_mentions_dates_and_links_are_sent_as_they_are() -> None:
    shown = deploy_card(
        awaiting(request={"reason": "see example.com & #general, @here <!channel> <@U02BOB0000>"}), (), NOW
    )
    client = RecordingClient()

    client.chat_postMessage(channel="C01DEPLOYS", text=shown.text, blocks=verbatim(shown.blocks))

    [sent] = client.given
    told = "\n".join(strings(sent["blocks"]))
    assert "by <@U01ALICE00>" in told
    assert "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>" in told
    assert "Why: see example.com &amp; #general, @here &lt;!channel&gt; &lt;@U02BOB0000&gt;" in told
