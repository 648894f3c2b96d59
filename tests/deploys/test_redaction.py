"""What may be a secret is taken out of text, what helps stays, and the time grows with the length alone."""

from __future__ import annotations

import re
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploys import redaction
from deploys.environment_values import hide_values
from deploys.redaction import REDACTED, redact, redact_argument, redact_values

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nhunter2\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    ("postgres://app:hunter2@db.internal/shop", "postgres://app:[redacted]@db.internal/shop"),
    ("redis://:p@ss/hunter2@cache:6379/0", "redis://:[redacted]@cache:6379/0"),
    ("amqps://u:12hunter2/3@mq", "amqps://u:[redacted]@mq"),
    ("https://0123hunter20123abcd@o1.ingest.sentry.io/1", "https://[redacted]@o1.ingest.sentry.io/1"),
    ("password=hunter2 and more", "password=[redacted] and more"),
    ("PGPASSWORD: hunter2", "PGPASSWORD: [redacted]"),
    ("db_password => 'hunter2'", "db_password => '[redacted]'"),
    ('{"password": "a\\"hunter2", "port": 1}', '{"password": "[redacted]", "port": 1}'),
    ('{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"[redacted]\\"}'),
    ("password: |\n  hunter2\nport: 1", "password: [redacted]\nport: 1"),
    ("Server=db;Pwd=a,b&hunter2;Database=x", "Server=db;Pwd=[redacted];Database=x"),
    ("?api_key=hunter2&page=2", "?api_key=[redacted]&page=2"),
    ("token: hunter2", "token: [redacted]"),
    ("aws_secret_access_key = hunter2/abc+", "aws_secret_access_key = [redacted]"),
    ("client_secret: 'hunter2'", "client_secret: '[redacted]'"),
    ('tool "password=two hunter2"', 'tool "password=[redacted]"'),
    ("env 'DB_PASSWORD=it is \\' hunter2' run", "env 'DB_PASSWORD=[redacted]' run"),
    ("tool '--api-key=two hunter2'", "tool '--api-key=[redacted]'"),
    ("tool password=two\\ hunter2 next", "tool password=[redacted] next"),
    ("mysql --password hunter2 shop", "mysql --password [redacted] shop"),
    ("Authorization: Bearer hunter2", "Authorization: Bearer [redacted]"),
    ("Authorization: Bearer 'hunter2;' next", "Authorization: Bearer '[redacted]' next"),
    ("curl -H 'X: bearer \"abc123def\"'", "curl -H 'X: bearer \"[redacted]\"'"),
    ("curl -H 'Cookie: session=hunter2'", "curl -H 'Cookie: [redacted]"),
    ("used bearer abchunter2.", "used bearer [redacted]"),
    ("key AKIAIOSFODNN7EXAMPLE is", "key [redacted] is"),
    ("ASIAIOSFODNN7EXAMPLE", REDACTED),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", REDACTED),
    ("IQoJb3JpZ2luX2VjEJ3//////////wEaCWV1LXdlc3QtMSJIMEYCIQD", REDACTED),
    ("xoxb-123456-hunter2", REDACTED),
    ("xoxe.xoxp-1-hunter2abc", REDACTED),
    ("xapp-1-A1-2-hunter2", REDACTED),
    ("post to https://hooks.slack.com/commands/T1/2/hunter2 now", "post to [redacted] now"),
    ("eyJhbGciOiJI.eyJzdWIiOi.hunter2", REDACTED),
    ("ghp_" + "hunter2" * 5, REDACTED),
    ("github_pat_" + "hunter2" * 5, REDACTED),
    ("sk-" + "hunter2" * 5, REDACTED),
    (f"read {KEY} from disk", "read [redacted] from disk"),
    (KEY[:60], REDACTED),
    ("hunter2MIIE\n-----END PRIVATE KEY-----\nready", "[redacted]\nready"),
]
TOKENS = [
    *(f"{kind}-12hunter2" for kind in ("xoxb", "xoxe.xoxp", "xapp", "xwfp")),
    *(f"https://hooks.{host}.com/services/T1/hunter2" for host in ("slack", "slack-gov")),
    *(f"{kind}IOSFODNN7EXAMPLE" for kind in ("AKIA", "ASIA")),
    *(f"{kind}{'hunter2' * 3}" for kind in ("IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz")),
    *(f"{kind}{'hunter2' * 5}" for kind in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-")),
    *(f"{kind}{'hunter2' * 3}" for kind in ("rk_live_", "rk_test_", "sk_live_", "sk_test_", "sk-")),
    *(f"{kind}{'hunter2' * 3}" for kind in ("hvs.", "hvb.", "eyJhbGciOi.")),
    *(f"npm_{'a1' * 18}", f"pypi-AgE{'a1' * 25}", f"AIza{'a1' * 17}b", f"SG.{'a1' * 11}.{'b2' * 21}c"),
]
PIECES = [
    *(
        "password=",
        "token:",
        "secret",
        "://",
        ":",
        "@",
        '"',
        "'",
        "\\",
        "eyJ",
        ".",
        "xoxb-",
        "--a-",
        "|",
        ">",
    ),
    *(
        "A1b",
        "&",
        ";",
        ",",
        "[",
        "bearer",
        "Authorization:",
        "://a:",
        "-----BEGIN RSA PRIVATE KEY-----",
        "\n",
    ),
]
HELPFUL = [
    "sha256:" + "a1" * 32,
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2@sha256:" + "a1" * 32,
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "unable to retrieve secret from asm: failed to fetch secret arn:aws:secretsmanager:us-east-1:1:secret:n",
    "is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:ssm:::parameter/x",
    "Secrets Manager: GetSecretValue: https response error, RequestID: 6f1ec5c5-0000-4444-8888-123456789012",
    "ExpiredToken: The security token included in the request is expired",
    "cannot get authorization token: RequestError: send request failed",
    "task 0123456789abcdef0123456789abcdef",
    "web/web/0123456789abcdef0123456789abcdef",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "max_tokens: 512",
    "PWD=/app",
    "http://registry:5000/v2/web?at=a@b",
    'password authentication failed for user "app"',
]


@pytest.mark.parametrize(("text", "without"), SECRETS)
def test_a_secret_is_taken_out(text: str, without: str) -> None:
    assert redact(text) == without
    assert redact(without) == without, "twice is the same as once"
    assert redact(f"before {text}").count("hunter2") == 0


@pytest.mark.parametrize("token", TOKENS)
def test_every_form_of_a_token_is_taken_out(token: str) -> None:
    assert redact(f"at {token} now") == f"at {REDACTED} now"


def test_letters_outside_ascii_that_match_one_within_are_known() -> None:
    every_other = "".join(map(chr, range(128, sys.maxunicode + 1)))

    assert set(re.findall("[a-z]", every_other, re.IGNORECASE)) == set(map(chr, redaction._AS_ASCII))
    assert redact("pa\u017f\u017fword=hunter2 to\u212aen=hunter2") == (
        "pa\u017f\u017fword=[redacted] to\u212aen=[redacted]"
    )


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_a_rule_that_is_left_out_would_find_nothing(text: str) -> None:
    for sample in (text, *(secret for secret, _ in SECRETS)):
        left_out = [rule for rule in redaction.RULES if rule not in redaction.rules_for(sample)]
        assert [rule for rule in left_out if rule.pattern.search(sample)] == []


@pytest.mark.parametrize("text", HELPFUL)
def test_what_helps_stays(text: str) -> None:
    assert redact(text) == text


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=40),
    st.sampled_from(["password={}", "PASSWORD: {}", '"secret": "{}"', "token={}", "redis://u:{}@h/0"]),
    st.text(max_size=20),
)
def test_no_value_of_a_secret_survives_whatever_stands_before_it(value: str, form: str, before: str) -> None:
    assert f"1{value}" not in redact(f"{before} {form.format('1' + value)}")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_the_time_grows_with_the_length_and_not_faster(pieces: list[str]) -> None:
    piece = "".join(pieces) or "\n"

    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    assert seconds(32_000) < 16 * max(seconds(8_000), 0.02)


def test_a_key_block_goes_over_several_lines_of_a_log() -> None:
    middle = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
    assert redact(f"start\n{KEY}\nready") == f"start\n{REDACTED}\nready"
    assert redact(f"{middle}\nready") == f"{REDACTED}\nready"


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("password=it's two words", "password=[redacted]"),
        ("--db-password=two words", "--db-password=[redacted]"),
        ("API_TOKEN: two words", "API_TOKEN: [redacted]"),
        ("SELECT 1 WHERE a = 2", "SELECT 1 WHERE a = 2"),
        ("region=eu-west-1", "region=eu-west-1"),
        ("https://app:hunter2@db", "https://app:[redacted]@db"),
        ("password=", "password="),
    ],
)
def test_all_of_an_argument_is_the_value_behind_a_secret_name(argument: str, shown: str) -> None:
    assert redact_argument(argument) == shown


def test_values_of_a_container_s_environment_are_named_instead() -> None:
    environment = {"DB_HOST": "db.internal", "API_KEY": "abcd", "LEVEL": "info", "APP": "worker"}

    shown = hide_values("info: db.internal refuses key=xabcdx; workers of worker", environment.items())

    assert shown == ("info: [value of DB_HOST] refuses key=x[value of API_KEY]x; workers of [value of APP]")


def test_a_value_that_stands_behind_its_name_stays_named() -> None:
    shown = hide_values("DB_PASSWORD=abc def!x; ready", [("DB_PASSWORD", "abc def!x")])

    assert redact(shown) == "DB_PASSWORD=[value of DB_PASSWORD]; ready"


def test_a_process_s_own_secrets_are_taken_out_whatever_they_look_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redaction, "_own_secrets", {})
    redaction.keep_secret(
        ["plain words", "a/b+c=d", "short", *redaction.password_of("redis://:own%20pass@h")]
    )

    told = redact_values({"error": ["with plain words", "a%2Fb%2Bc%3Dd", "own pass", "short"], "n": 1})

    assert told == {"error": ["with [redacted]", REDACTED, REDACTED, "short"], "n": 1}
