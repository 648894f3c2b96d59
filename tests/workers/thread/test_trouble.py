"""What each way in which a call to Slack can fail means."""

from __future__ import annotations

from http.client import IncompleteRead, RemoteDisconnected
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.identity import why_slack_failed
from deploys.threads import ThreadView
from tests.local_server import serving
from workers.thread.adapting import adapted
from workers.thread.requester import REASONS
from workers.thread.trouble import CALL_FAILURES, KIND_BY_ERROR, PATIENCE, PAUSES, Kind, judge, pause

KINDS = {
    "ratelimited": Kind.RATE_LIMITED,
    "internal_error": Kind.AWAY,
    "fatal_error": Kind.AWAY,
    "service_unavailable": Kind.AWAY,
    "request_timeout": Kind.AWAY,
    "not_in_channel": Kind.CHANNEL,
    "channel_not_found": Kind.CHANNEL,
    "is_archived": Kind.CHANNEL,
    "restricted_action": Kind.CHANNEL,
    "restricted_action_read_only_channel": Kind.CHANNEL,
    "invalid_blocks": Kind.BLOCKS,
    "invalid_blocks_format": Kind.BLOCKS,
    "msg_blocks_too_long": Kind.BLOCKS,
    "message_not_found": Kind.CARD_GONE,
    "cant_update_message": Kind.CARD_GONE,
    "edit_window_closed": Kind.CARD_GONE,
    "thread_not_found": Kind.THREAD_GONE,
    "cannot_reply_to_message": Kind.THREAD_GONE,
    "restricted_action_thread_locked": Kind.THREAD_GONE,
    "invalid_auth": Kind.TOKEN,
    "not_authed": Kind.TOKEN,
    "account_inactive": Kind.TOKEN,
    "token_revoked": Kind.TOKEN,
    "token_expired": Kind.TOKEN,
    "missing_scope": Kind.TOKEN,
    "msg_too_long": Kind.OTHER,
    "as_yet_unheard_of": Kind.OTHER,
    "": Kind.OTHER,
}


def refusal(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    answer = SlackResponse(
        client=WebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/chat.update",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("refused", answer)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_slacks_errors(name: str) -> None:
    assert judge("chat.update", refusal({"ok": False, "error": name})).kind is KINDS[name]


@pytest.mark.parametrize(
    "error",
    [
        RemoteDisconnected("closed"),
        ConnectionResetError(104, "reset"),
        ConnectionRefusedError(111, "refused"),
        TimeoutError("timed out"),
        URLError("no route"),
        IncompleteRead(b""),
        BrokenPipeError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_breaks_is_slack_being_away(error: Exception) -> None:
    assert isinstance(error, CALL_FAILURES)
    assert judge("chat.update", error).kind is Kind.AWAY


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_slack_being_away_whatever_it_says(status: int) -> None:
    for data in ({"ok": False, "error": "invalid_blocks"}, {}, None):
        assert judge("chat.update", refusal(data, status)).kind is Kind.AWAY


@pytest.mark.parametrize("error", [SlackRequestError("bad proxy"), SlackClientError("odd")])
def test_what_the_client_itself_refuses_is_ours_to_look_at(error: Exception) -> None:
    assert isinstance(error, CALL_FAILURES)
    assert judge("chat.update", error).kind is Kind.OTHER


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "17"}, 17), ({"retry-after": "0"}, 1), ({}, 30), ({"Retry-After": "soon"}, 30)],
)
def test_a_429_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    trouble = judge("chat.update", refusal({"ok": False, "error": "ratelimited"}, 429, headers))

    assert (trouble.kind, trouble.retry_after) == (Kind.RATE_LIMITED, seconds)


@pytest.mark.parametrize("retry_after", ["nan", "inf", "9" * 400, "1e308", "-5", "soon", ""])
def test_a_wait_that_is_none_is_half_a_minute(retry_after: str) -> None:
    assert judge("chat.update", refusal({}, 429, {"Retry-After": retry_after})).retry_after == 30


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (403, b"", "HTTP 403 without a reason"),
        (403, b"{}", "HTTP 403 without a reason"),
        (400, b"[]", "HTTP 400 without a reason"),
        (200, b"", "HTTP 200 without a reason"),
        (404, b"<html>\nno such page</html>", "HTTP 404: <html>no such page</html>"),
        (200, b'{"ok": false, "error": "invalid_auth"}', "invalid_auth"),
    ],
)
def test_an_answer_without_a_reason_is_told_by_its_status(status: int, body: bytes, detail: str) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Answer, Event()) as url, pytest.raises(SlackApiError) as refused:
        WebClient("xoxb-test", base_url=f"{url}/api/", retry_handlers=[]).auth_test()

    assert judge("auth.test", refused.value).detail == detail
    assert why_slack_failed(refused.value) == detail


@pytest.mark.parametrize(
    ("error", "why"), [(ConnectionResetError(), "ConnectionResetError"), (OSError("no\nroute"), "no")]
)
def test_a_connection_that_says_nothing_is_told_by_its_name(error: Exception, why: str) -> None:
    assert why_slack_failed(error) == why


def test_what_slack_says_about_blocks_is_kept_for_the_log() -> None:
    data = {
        "ok": False,
        "error": "invalid_blocks",
        "response_metadata": {"messages": ["[ERROR] too long [json-pointer:/blocks/0/text]"]},
    }

    assert "json-pointer:/blocks/0/text" in judge("chat.update", refusal(data)).detail


def test_a_job_that_ran_out_of_time_is_not_taken_for_slack() -> None:
    from rq.timeouts import JobTimeoutException

    assert not issubclass(JobTimeoutException, CALL_FAILURES)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_trouble_has_its_pauses_and_an_end(kind: Kind) -> None:
    first, longest = PAUSES[kind]

    assert 0.8 * first <= pause(kind, 1) <= first
    assert 0.8 * longest <= pause(kind, 50) <= longest
    assert pause(kind, 0) <= first
    assert PATIENCE[kind] > longest


def test_reasons_are_told_for_errors_that_exist() -> None:
    assert {KIND_BY_ERROR[error] for error in REASONS} == {Kind.CHANNEL}


ADAPTS = {
    Kind.RATE_LIMITED: None,
    Kind.AWAY: None,
    Kind.CHANNEL: None,
    Kind.BLOCKS: {"plainness": 1},
    Kind.CARD_GONE: {"replaced": True, "ts": ""},
    Kind.THREAD_GONE: {"replaced": True, "ts": ""},
    Kind.TOKEN: None,
    Kind.OTHER: None,
}


@pytest.mark.parametrize("kind", list(Kind))
def test_what_helps_is_tried_and_nothing_else(kind: Kind) -> None:
    view = ThreadView(channel="C01DEPLOYS", ts="1.1")

    changed = adapted(view, None, kind)

    expected = ADAPTS[kind]
    assert changed == (view.evolve(**expected) if expected else None)


def test_nothing_is_adapted_for_ever() -> None:
    for kind in Kind:
        view: ThreadView | None = ThreadView(channel="C01DEPLOYS", ts="1.1")
        steps = 0
        while view is not None and steps < 10:
            view = adapted(view, "0.9", kind)
            steps += 1
        assert steps <= 4
