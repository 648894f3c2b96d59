"""HTTP requests: signatures, challenges, replays."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier

from tests.sandbox.slack.bolt_app import ConnectedApp, app_over_http
from tests.sandbox.slack.expected_errors import control_error_of


class Recorder:
    """An HTTP app without Bolt that accepts everything and records each request."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        self.requests.append((headers, body))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]


def test_every_kind_of_request_is_signed_and_encoded_as_slack_does() -> None:
    recorder = Recorder()
    with app_over_http() as connected:
        connected.replace_app(recorder)
        connected.slack.say("alice", "deploys", "/deploy web 1.4.2")
        connected.slack.say("alice", "random", "@slipway status")
        connected.slack.run_shortcut("alice", "deploy_form")
        secret = connected.slack.signing_secret

    verifier = SignatureVerifier(secret)
    assert len(recorder.requests) == 4
    for headers, body in recorder.requests:
        assert verifier.is_valid_request(body, headers)
        assert not SignatureVerifier("sandbox-signing-secret").is_valid_request(body, headers)
        assert abs(time.time() - int(headers["x-slack-request-timestamp"])) < 30
    kinds = [headers["content-type"] for headers, _ in recorder.requests]
    form, as_json = "application/x-www-form-urlencoded", "application/json"
    assert kinds == [form, as_json, as_json, form]
    assert parse_qs(recorder.requests[0][1])["command"] == ["/deploy"]
    assert json.loads(parse_qs(recorder.requests[3][1])["payload"][0])["type"] == "shortcut"


def test_bolt_proves_its_addresses(connected: ConnectedApp) -> None:
    if connected.mode == "socket":
        assert control_error_of(connected.slack.verify) == "socket_mode"
        return
    answer = connected.slack.verify()

    assert answer["verified"] is True
    assert [check["check"] for check in answer["checks"]] == ["url_verification", "ssl_check", "ssl_check"]


def test_an_address_that_does_not_answer_the_challenge_is_not_proven() -> None:
    with app_over_http() as connected:
        connected.replace_app(Recorder())
        answer = connected.slack.verify()

    assert answer["verified"] is False
    assert [check["ok"] for check in answer["checks"]] == [False, True, True]


def test_the_last_request_can_be_replayed_byte_for_byte() -> None:
    recorder = Recorder()
    with app_over_http() as connected:
        assert control_error_of(lambda: connected.slack.add_fault("replay")) == "nothing_to_replay"
        connected.replace_app(recorder)
        connected.slack.say("alice", "deploys", "/deploy web 1.4.2")
        replayed = connected.slack.add_fault("replay")

    assert (replayed["status"], replayed["body"]) == (200, "")
    first, second = recorder.requests
    assert first == second


def test_a_late_request_carries_the_time_at_which_it_was_signed() -> None:
    recorder = Recorder()
    with app_over_http() as connected:
        connected.replace_app(recorder)
        connected.slack.add_fault("delay-delivery", seconds=2.2)
        connected.slack.say("alice", "deploys", "/deploy web 1.4.2")
        connected.slack.wait_until(lambda: recorder.requests)
        arrived = time.time()

    assert arrived - int(recorder.requests[0][0]["x-slack-request-timestamp"]) >= 2.2
