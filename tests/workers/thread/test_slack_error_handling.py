"""What each failure of a Slack call means."""

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

from bot.identity import describe_slack_error
from deploys.records.thread_state import ThreadState
from tests.fake_web_server import serve_locally
from workers.messages.unreachable_channel import NOT_A_MEMBER, REASONS
from workers.thread.fallback_levels import TRIES_BEFORE_FALLBACK, FallbackLevel, next_fallback
from workers.thread.slack_error_handling import (
    CALL_FAILURES,
    GIVE_UP_SECONDS,
    KIND_BY_ERROR,
    RETRY_PAUSES,
    SlackCallFailed,
    SlackErrorKind,
    classify_error,
    retry_pause,
)
from workers.thread.sync import MOST_FALLBACKS

KINDS = {
    "ratelimited": SlackErrorKind.RATE_LIMITED,
    "internal_error": SlackErrorKind.UNREACHABLE,
    "fatal_error": SlackErrorKind.UNREACHABLE,
    "service_unavailable": SlackErrorKind.UNREACHABLE,
    "request_timeout": SlackErrorKind.UNREACHABLE,
    "not_in_channel": SlackErrorKind.CHANNEL,
    "channel_not_found": SlackErrorKind.CHANNEL,
    "is_archived": SlackErrorKind.CHANNEL,
    "restricted_action": SlackErrorKind.CHANNEL,
    "restricted_action_read_only_channel": SlackErrorKind.CHANNEL,
    "invalid_blocks": SlackErrorKind.BLOCKS,
    "invalid_blocks_format": SlackErrorKind.BLOCKS,
    "msg_blocks_too_long": SlackErrorKind.BLOCKS,
    "message_not_found": SlackErrorKind.CARD_GONE,
    "cant_update_message": SlackErrorKind.CARD_GONE,
    "edit_window_closed": SlackErrorKind.CARD_GONE,
    "thread_not_found": SlackErrorKind.THREAD_GONE,
    "cannot_reply_to_message": SlackErrorKind.THREAD_GONE,
    "restricted_action_thread_locked": SlackErrorKind.THREAD_GONE,
    "invalid_auth": SlackErrorKind.TOKEN,
    "not_authed": SlackErrorKind.TOKEN,
    "account_inactive": SlackErrorKind.TOKEN,
    "token_revoked": SlackErrorKind.TOKEN,
    "token_expired": SlackErrorKind.TOKEN,
    "missing_scope": SlackErrorKind.TOKEN,
    "msg_too_long": SlackErrorKind.TEXT,
    "as_yet_unheard_of": SlackErrorKind.OTHER,
    "": SlackErrorKind.OTHER,
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
    assert classify_error("chat.update", refusal({"ok": False, "error": name})).kind is KINDS[name]


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
    assert classify_error("chat.update", error).kind is SlackErrorKind.UNREACHABLE


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_slack_being_away_whatever_it_says(status: int) -> None:
    for data in ({"ok": False, "error": "invalid_blocks"}, {}, None):
        assert classify_error("chat.update", refusal(data, status)).kind is SlackErrorKind.UNREACHABLE


@pytest.mark.parametrize("error", [SlackRequestError("bad proxy"), SlackClientError("odd")])
def test_what_the_client_itself_refuses_is_an_other_error(error: Exception) -> None:
    assert isinstance(error, CALL_FAILURES)
    assert classify_error("chat.update", error).kind is SlackErrorKind.OTHER


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "17"}, 17), ({"retry-after": "0"}, 1), ({}, 30), ({"Retry-After": "soon"}, 30)],
)
def test_a_429_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    trouble = classify_error("chat.update", refusal({"ok": False, "error": "ratelimited"}, 429, headers))

    assert (trouble.kind, trouble.retry_after) == (SlackErrorKind.RATE_LIMITED, seconds)


@pytest.mark.parametrize("retry_after", ["nan", "inf", "9" * 400, "1e308", "-5", "soon", ""])
def test_a_retry_after_without_a_number_is_half_a_minute(retry_after: str) -> None:
    assert classify_error("chat.update", refusal({}, 429, {"Retry-After": retry_after})).retry_after == 30


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
def test_an_answer_without_an_error_name_is_known_by_its_status(
    status: int, body: bytes, detail: str
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serve_locally(Answer, Event()) as url, pytest.raises(SlackApiError) as refused:
        WebClient("xoxb-test", base_url=f"{url}/api/", retry_handlers=[]).auth_test()

    assert classify_error("auth.test", refused.value).detail == detail
    assert describe_slack_error(refused.value) == detail


@pytest.mark.parametrize(
    ("error", "why"), [(ConnectionResetError(), "ConnectionResetError"), (OSError("no\nroute"), "no")]
)
def test_a_connection_error_without_text_is_known_by_its_name(error: Exception, why: str) -> None:
    assert describe_slack_error(error) == why


def test_what_slack_says_about_blocks_is_kept_for_the_log() -> None:
    data = {
        "ok": False,
        "error": "invalid_blocks",
        "response_metadata": {"messages": ["[ERROR] too long [json-pointer:/blocks/0/text]"]},
    }

    assert "json-pointer:/blocks/0/text" in classify_error("chat.update", refusal(data)).detail


def test_a_job_that_ran_out_of_time_is_not_taken_for_slack() -> None:
    from rq.timeouts import JobTimeoutException

    assert not issubclass(JobTimeoutException, CALL_FAILURES)


@pytest.mark.parametrize("kind", list(SlackErrorKind))
def test_every_error_kind_has_pauses_and_an_end(kind: SlackErrorKind) -> None:
    first, longest = RETRY_PAUSES[kind]

    assert 0.8 * first <= retry_pause(kind, 1) <= first
    assert 0.8 * longest <= retry_pause(kind, 50) <= longest
    assert retry_pause(kind, 0) <= first
    assert GIVE_UP_SECONDS[kind] > longest


NEEDS_AN_INVITATION = {"not_in_channel", "channel_not_found"}


def test_every_channel_error_has_a_reason_for_the_requester() -> None:
    closed = {error for error, kind in KIND_BY_ERROR.items() if kind is SlackErrorKind.CHANNEL}

    assert set(REASONS) == closed - NEEDS_AN_INVITATION
    assert "invite" in NOT_A_MEMBER.lower()


DOCUMENTED = {
    "chat.postMessage": """
        access_denied accesslimited account_inactive as_user_not_supported attachment_payload_limit_exceeded
        cannot_reply_to_message channel_not_found deprecated_endpoint duplicate_channel_not_found
        duplicate_message_not_found ekm_access_denied enterprise_is_restricted fatal_error internal_error
        invalid_arg_name invalid_arguments invalid_array_arg invalid_attachments invalid_blocks
        invalid_blocks_format invalid_charset invalid_form_data invalid_metadata_format
        invalid_metadata_schema invalid_post_type is_archived markdown_text_conflict message_limit_exceeded
        messages_tab_disabled metadata_must_be_sent_from_app metadata_too_large method_deprecated
        missing_post_type missing_scope msg_blocks_too_long msg_too_long no_permission no_text
        not_allowed_token_type not_authed not_in_channel org_login_required rate_limited ratelimited
        request_timeout restricted_action restricted_action_non_threadable_channel
        restricted_action_read_only_channel restricted_action_thread_locked
        restricted_action_thread_only_channel service_unavailable slack_connect_canvas_sharing_blocked
        slack_connect_file_link_sharing_blocked team_access_not_granted team_added_to_org team_not_found
        token_expired token_revoked too_many_attachments too_many_contact_cards two_factor_setup_required
        """,
    "chat.update": """
        access_denied accesslimited account_inactive as_user_not_supported block_mismatch
        cant_broadcast_message cant_update_message channel_not_found deprecated_endpoint edit_window_closed
        ekm_access_denied enterprise_is_restricted external_channel_migrating fatal_error internal_error
        invalid_arg_name invalid_arguments invalid_array_arg invalid_attachments invalid_auth invalid_blocks
        invalid_blocks_format invalid_charset invalid_form_data invalid_metadata_format
        invalid_metadata_schema invalid_post_type is_inactive markdown_text_conflict message_not_found
        metadata_must_be_sent_from_app metadata_too_large method_deprecated missing_post_type missing_scope
        msg_too_long no_dual_broadcast_content_update no_permission no_text not_allowed_token_type not_authed
        org_login_required ratelimited request_timeout service_unavailable
        slack_connect_file_link_sharing_blocked streaming_state_conflict team_access_not_granted
        team_added_to_org team_not_found token_expired token_revoked too_many_attachments
        two_factor_setup_required update_failed
        """,
    "chat.postEphemeral": """
        is_bot messages_tab_disabled unknown_method user_not_in_channel
        """,
    "views.publish": """
        duplicate_external_id hash_conflict not_enabled user_not_found view_too_large
        """,
}
"""The errors on the methods' pages (docs.slack.dev/reference/methods); of the last two those that are new."""
OURS_TO_LOOK_AT = """
    as_user_not_supported attachment_payload_limit_exceeded cant_broadcast_message deprecated_endpoint
    duplicate_channel_not_found duplicate_external_id duplicate_message_not_found hash_conflict
    invalid_arg_name invalid_array_arg invalid_attachments invalid_charset invalid_form_data
    invalid_metadata_format invalid_metadata_schema invalid_post_type is_bot markdown_text_conflict
    metadata_must_be_sent_from_app metadata_too_large method_deprecated missing_post_type
    no_dual_broadcast_content_update no_text not_enabled slack_connect_canvas_sharing_blocked
    slack_connect_file_link_sharing_blocked streaming_state_conflict too_many_attachments
    too_many_contact_cards unknown_method update_failed user_not_found user_not_in_channel
    """
"""Errors about what we do not send, or about this message alone: a plainer form is tried."""


def test_every_documented_error_has_its_kind() -> None:
    documented = {name for names in DOCUMENTED.values() for name in names.split()}

    assert documented - set(KIND_BY_ERROR) == set(OURS_TO_LOOK_AT.split())
    assert all(classify_error("chat.update", refusal({"ok": False, "error": e})).kind for e in documented)
    older_names = {"invalid_auth", "method_not_supported_for_channel_type", "thread_not_found"}
    assert set(KIND_BY_ERROR) - documented <= older_names


NEXT_LEVEL = {"fallback_level": FallbackLevel.COMPACT}
CARD_FALLBACKS: dict[SlackErrorKind, dict[str, Any] | None] = {
    SlackErrorKind.RATE_LIMITED: None,
    SlackErrorKind.UNREACHABLE: None,
    SlackErrorKind.CHANNEL: None,
    SlackErrorKind.TEXT: {"text_limit": 1900},
    SlackErrorKind.BLOCKS: NEXT_LEVEL,
    SlackErrorKind.CARD_GONE: {"card_reposted": True, "ts": ""},
    SlackErrorKind.THREAD_GONE: {"card_reposted": True, "ts": ""},
    SlackErrorKind.TOKEN: None,
    SlackErrorKind.OTHER: NEXT_LEVEL,
}
REPLY_FALLBACKS: dict[SlackErrorKind, dict[str, Any] | None] = {
    **CARD_FALLBACKS,
    SlackErrorKind.TEXT: {"text_limit": 3800},
    SlackErrorKind.BLOCKS: {"short_reply": True},
    SlackErrorKind.OTHER: {"short_reply": True},
}


@pytest.mark.parametrize("kind", list(SlackErrorKind))
@pytest.mark.parametrize(
    ("sent", "adapts"),
    [(FallbackLevel.NO_CONFIRMS, CARD_FALLBACKS), (None, REPLY_FALLBACKS)],
    ids=["card", "reply"],
)
def test_only_fallbacks_that_help_are_tried(
    kind: SlackErrorKind, sent: FallbackLevel | None, adapts: dict[SlackErrorKind, dict[str, Any] | None]
) -> None:
    view = ThreadState(channel="C01DEPLOYS", ts="1.1")

    changed = next_fallback(view, None, SlackCallFailed(kind, "chat.update", "it"), sent)

    expected = adapts[kind]
    assert changed == (view.evolve(**expected) if expected else None)


@pytest.mark.parametrize("kind", list(SlackErrorKind))
@pytest.mark.parametrize("card", [True, False])
def test_fallbacks_come_to_an_end(kind: SlackErrorKind, card: bool) -> None:
    view: ThreadState | None = ThreadState(channel="C01DEPLOYS", ts="1.1", failed_tries=TRIES_BEFORE_FALLBACK)
    trouble = SlackCallFailed(kind, "chat.update", "it", inside_slack=kind is SlackErrorKind.UNREACHABLE)
    steps = 0
    while view is not None and steps < 20:
        sent = FallbackLevel(min(view.fallback_level, FallbackLevel.TEXT)) if card else None
        view = next_fallback(view, "0.9", trouble, sent)
        steps += 1
    assert steps <= MOST_FALLBACKS


def test_an_error_inside_slack_is_first_taken_for_one_that_passes() -> None:
    trouble = classify_error("chat.update", refusal({"ok": False, "error": "internal_error"}))
    views = [
        ThreadState(channel="C01DEPLOYS", failed_tries=tries) for tries in range(TRIES_BEFORE_FALLBACK + 1)
    ]

    assert [next_fallback(view, None, trouble, FallbackLevel.FULL) is not None for view in views] == [
        False
    ] * TRIES_BEFORE_FALLBACK + [True]
    outage = classify_error("chat.update", refusal({"ok": False, "error": "internal_error"}, 500))
    assert next_fallback(views[-1], None, outage, FallbackLevel.FULL) is None, (
        "what is away for all is no form's fault"
    )
