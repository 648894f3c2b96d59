"""The settings of every process: how they are read, and that all mistakes are reported at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.settings import BotSettings, WebSettings
from deploys.errors import SettingsInvalid, StartupError
from deploys.settings import Settings, load_settings
from workers.settings import SchedulerSettings, WorkerSettings

VALID_ENV = {
    "REDIS_URL": "redis://localhost:6379/0",
    "SLACK_BOT_TOKEN": "xoxb-123-secret",
    "SLACK_APP_TOKEN": "xapp-456-secret",
    "SLACK_SIGNING_SECRET": "0123456789abcdef",
    "RESTORE_TAG_KEY": "a-key-of-32-characters-or-more-12345,another-key-of-32-characters-12345",
}
SETTINGS_CLASSES: list[type[Settings]] = [BotSettings, WebSettings, WorkerSettings, SchedulerSettings]


@pytest.fixture(autouse=True)
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory and an empty environment, both restored afterwards."""
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ, clear=True):
        yield tmp_path


def load_invalid(cls: type[Settings], **environ: str) -> SettingsInvalid:
    os.environ.update(environ)
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(cls)
    return caught.value


def error_for(cls: type[Settings], name: str, value: str) -> str:
    """The error about one value if all others are valid, without the hint where to find the right one."""
    error = load_invalid(cls, **{**VALID_ENV, name: value})
    assert error.names == (name,)
    return error.message.split("\n")[1].strip()


def test_what_is_right_is_read() -> None:
    os.environ.update(VALID_ENV)

    bot, web, worker, clock = (
        load_settings(BotSettings),
        load_settings(WebSettings),
        load_settings(WorkerSettings),
        load_settings(SchedulerSettings),
    )

    assert bot.redis_url == web.redis_url == worker.redis_url == clock.redis_url == "redis://localhost:6379/0"
    assert bot.slack_bot_token.get_secret_value() == "xoxb-123-secret"
    assert bot.slack_app_token.get_secret_value() == "xapp-456-secret"
    assert web.slack_signing_secret.get_secret_value() == "0123456789abcdef"
    assert worker.slack_api_url == "https://slack.com/api/"
    assert bot.services_file == Path("services.yml")
    assert (worker.lease_seconds, worker.watch_seconds, worker.settle_seconds) == (60, 5, 75)
    assert (clock.log_format, clock.log_level) == ("console", "info")


def test_all_that_is_missing_is_named_at_once_with_where_to_find_it(workdir: Path) -> None:
    assert load_invalid(BotSettings).message == (
        "Slipway cannot start: 3 settings are missing or wrong. "
        f"Settings come from the environment, or from {workdir / '.env'}.\n"
        "  REDIS_URL is not set.\n"
        "      Address of the Redis (or Valkey) that holds the deploys: redis://HOST:PORT/DATABASE, "
        "rediss:// for TLS, "
        "unix:// for a socket. It has to be the same for every process.\n"
        "  SLACK_BOT_TOKEN is not set.\n"
        "      The bot's token; it begins with xoxb-. At api.slack.com/apps: your app, OAuth & "
        "Permissions, Bot User "
        "OAuth Token (after the app is installed to the workspace).\n"
        "  SLACK_APP_TOKEN is not set.\n"
        "      The app-level token for Socket Mode; it begins with xapp-. At api.slack.com/apps: your app, "
        "Basic "
        "Information, App-Level Tokens, Generate Token and Scopes, with connections:write."
    )


@pytest.mark.parametrize(
    ("cls", "names"),
    [
        (BotSettings, ("REDIS_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")),
        (WebSettings, ("REDIS_URL", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")),
        (WorkerSettings, ("REDIS_URL", "SLACK_BOT_TOKEN", "RESTORE_TAG_KEY")),
        (SchedulerSettings, ("REDIS_URL",)),
    ],
)
def test_each_process_asks_for_what_it_needs_and_for_no_more(
    cls: type[Settings], names: tuple[str, ...]
) -> None:
    assert load_invalid(cls).names == names


def test_missing_empty_and_wrong_ones_are_reported_together() -> None:
    error = load_invalid(
        WorkerSettings, SLACK_BOT_TOKEN="", SLACK_API_URL=" ", LEASE_SECONDS="long", AWS_REGION="here"
    )

    slack = ("SLACK_BOT_TOKEN", "SLACK_API_URL")
    assert error.names == ("REDIS_URL", "AWS_REGION", *slack, "LEASE_SECONDS", "RESTORE_TAG_KEY")
    assert error.message.startswith("Slipway cannot start: 6 settings are missing or wrong.")
    assert isinstance(error, StartupError)


@pytest.mark.parametrize("cls", SETTINGS_CLASSES)
def test_a_variable_that_is_set_but_empty_is_refused(cls: type[Settings]) -> None:
    names = [name.upper() for name in cls.model_fields]

    assert list(load_invalid(cls, **dict.fromkeys(names, "")).names) == names


INVALID_VALUES: list[tuple[type[Settings], str, str, str]] = [
    *(
        (cls, "METRICS_PORT", value, f"is {value!r}, but has to be a port from 1 to 65535.")
        for cls, value in zip(SETTINGS_CLASSES, ("http", "0", "65536", "-1"), strict=True)
    ),
    (
        WorkerSettings,
        "AUDIT_CHANNEL",
        "#audit",
        "is '#audit', which is not the id of a channel such as C0123ABCD.",
    ),
    (
        SchedulerSettings,
        "AUDIT_CHANNEL",
        "U0123ABC",
        "is 'U0123ABC', which is not the id of a channel such as C0123ABCD.",
    ),
    (
        SchedulerSettings,
        "AUDIT_RETENTION_DAYS",
        "0",
        "is '0', but has to be a whole number of days from 1 to 3660.",
    ),
    (
        SchedulerSettings,
        "AUDIT_RETENTION_DAYS",
        "1.5",
        "is '1.5', but has to be a whole number of days from 1 to 3660.",
    ),
    (
        SchedulerSettings,
        "REDIS_URL",
        "localhost:6379",
        "is not a URL that begins with redis:// or rediss:// or unix://, such as redis://localhost:6379/0.",
    ),
    (
        SchedulerSettings,
        "REDIS_URL",
        "redis://",
        "is not a URL that begins with redis:// or rediss:// or unix://, such as redis://localhost:6379/0.",
    ),
    (
        SchedulerSettings,
        "REDIS_URL",
        "redis://localhost:6379/deploys",
        "ends with a database that is not a number; write redis://HOST:PORT/0, say.",
    ),
    (
        SchedulerSettings,
        "REDIS_URL",
        "redis://localhost:6379/0?socket_timeout=long",
        "has something after the question mark that redis-py cannot read.",
    ),
    *(
        (
            SchedulerSettings,
            "REDIS_URL",
            url,
            "is not a URL such as redis://localhost:6379/0: its host or its port cannot be read.",
        )
        for url in ("redis://[::1", "redis://h:port/0", "redis://h:99999/0", "redis://h :6379/0")
    ),
    (
        SchedulerSettings,
        "REDIS_URL",
        "'redis://h'",
        "has quotes that are part of its value; remove them.",
    ),
    (
        BotSettings,
        "SLACK_BOT_TOKEN",
        "xapp-1-secret",
        "begins with xapp-, so it belongs in SLACK_APP_TOKEN; this setting begins with xoxb-.",
    ),
    (BotSettings, "SLACK_BOT_TOKEN", "xoxp-1-secret", "does not begin with xoxb-."),
    (BotSettings, "SLACK_BOT_TOKEN", "xoxb-...", "is still a placeholder."),
    (
        BotSettings,
        "SLACK_APP_TOKEN",
        "xoxb-1-secret",
        "begins with xoxb-, so it belongs in SLACK_BOT_TOKEN; this setting begins with xapp-.",
    ),
    (
        WebSettings,
        "SLACK_SIGNING_SECRET",
        "xapp-1-secret",
        "begins with xapp-, so it is a token and not the signing secret.",
    ),
    (
        BotSettings,
        "SLACK_API_URL",
        "slack.com/api",
        "is not a URL that begins with https:// or http://, such as https://slack.com/api/.",
    ),
    (
        WorkerSettings,
        "AWS_ENDPOINT_URL",
        "localhost:4566",
        "is not a URL that begins with https:// or http://, such as http://localhost:4566.",
    ),
    (
        WorkerSettings,
        "AWS_REGION",
        "eu-west-1a",
        "is 'eu-west-1a', which is not an AWS region such as eu-west-1.",
    ),
    (WorkerSettings, "LEASE_SECONDS", "1m", "is '1m', which is not a number of seconds."),
    (WorkerSettings, "LEASE_SECONDS", "29", "is 29, but has to be from 30 to 600 seconds."),
    (WorkerSettings, "WATCH_SECONDS", "0.1", "is 0.1, but has to be from 0.2 to 60 seconds."),
    (WorkerSettings, "WATCH_SECONDS", "nan", "is nan, but has to be from 0.2 to 60 seconds."),
    (WorkerSettings, "SETTLE_SECONDS", "60", "is 60, but has to be more than LEASE_SECONDS (60)."),
    (
        WorkerSettings,
        "RESTORE_TAG_KEY",
        "a-key-of-32-characters-or-more-12345,too-short",
        "has a key of 9 characters, but needs at least 32; make one with `openssl rand -hex 32`.",
    ),
    (
        WorkerSettings,
        "RECORD_RETENTION_DAYS",
        "0",
        "is '0', but has to be a whole number of days from 1 to 3660.",
    ),
    (
        SchedulerSettings,
        "LOG_LEVEL",
        "warn",
        "is 'warn', but only debug, info, warning or error is allowed. Did you mean `warning`?",
    ),
    (SchedulerSettings, "LOG_FORMAT", "text", "is 'text', but only console or json is allowed."),
]


@pytest.mark.parametrize(("cls", "name", "value", "message"), INVALID_VALUES)
def test_a_wrong_value_is_explained(cls: type[Settings], name: str, value: str, message: str) -> None:
    assert error_for(cls, name, value) == f"{name} {message}"


def test_a_longer_lease_asks_for_a_later_second_look() -> None:
    assert load_invalid(WorkerSettings, **VALID_ENV, LEASE_SECONDS="100").names == ("SETTLE_SECONDS",)

    os.environ["SETTLE_SECONDS"] = "100.5"

    assert load_settings(WorkerSettings).settle_seconds == 100.5


def test_several_restore_tag_keys_are_read_in_their_order() -> None:
    os.environ.update(VALID_ENV)

    assert load_settings(WorkerSettings).restore_tag_keys == tuple(VALID_ENV["RESTORE_TAG_KEY"].split(","))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api/"),
        ("http://127.0.0.1:8080/api/", "http://127.0.0.1:8080/api/"),
        ("https://proxy.example.com//", "https://proxy.example.com/"),
    ],
)
def test_the_address_of_the_web_api_ends_in_one_slash(written: str, read: str) -> None:
    os.environ.update(VALID_ENV, SLACK_API_URL=written)

    assert load_settings(BotSettings).slack_api_url == read


def test_the_env_file_gives_what_the_environment_does_not(workdir: Path) -> None:
    (workdir / ".env").write_text("REDIS_URL=redis://from-file\nLOG_LEVEL=DEBUG\nAWS_PROFILE=deploys\n")
    os.environ["REDIS_URL"] = "redis://from-environment"

    settings = load_settings(SchedulerSettings)

    assert settings.redis_url == "redis://from-environment"
    assert settings.log_level == "debug"
    assert os.environ["AWS_PROFILE"] == "deploys", "boto3 reads its own settings from the environment"


def test_an_env_file_that_cannot_be_read_is_said_to_be_so(workdir: Path) -> None:
    (workdir / ".env").write_bytes(b"REDIS_URL=redis://\xff\n")

    with pytest.raises(SettingsInvalid, match=r"\.env cannot be read \(it is not UTF-8 text\)"):
        load_settings(SchedulerSettings)


@pytest.mark.parametrize("cls", SETTINGS_CLASSES)
def test_secrets_are_never_printed(cls: type[Settings]) -> None:
    os.environ.update(VALID_ENV, REDIS_URL="redis://:hidden-secret@localhost/0")
    settings = load_settings(cls)

    assert "secret" not in repr(settings).replace("slack_signing_secret", "")
    assert VALID_ENV["SLACK_SIGNING_SECRET"] not in repr(settings)
    assert "key-of-32" not in repr(settings)
    assert "hidden" not in f"{settings} {settings!r}"


def test_complaints_do_not_repeat_a_secret() -> None:
    error = load_invalid(
        BotSettings,
        REDIS_URL="localhost/hidden",
        SLACK_BOT_TOKEN="hidden-1",
        SLACK_APP_TOKEN="xoxb-hidden",
    )

    assert len(error.names) == 3
    assert "hidden" not in str(error)
