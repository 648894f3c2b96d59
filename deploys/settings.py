"""Settings of the environment: what every process reads, and how it is refused when it is wrong.

A field is read from the variable of its name in capitals; its description says what it is and where to
find it. The settings of one side stand in `bot.settings` and `workers.settings`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis import ConnectionPool

from deploys.catalogue.suggestions import did_you_mean
from deploys.catalogue.text_values import REGION_PATTERN
from deploys.errors import SettingsInvalid

ENV_FILE = Path(".env")
"""Read from the working directory."""


def refuse(complaint: str) -> NoReturn:
    """Refuse a value. The complaint goes behind the variable's name, and must not repeat a secret."""
    raise PydanticCustomError("setting", "{complaint}", {"complaint": complaint})


def slack_token(prefix: str, elsewhere: dict[str, str]) -> BeforeValidator:
    """A Slack token by its prefix; `elsewhere` names the settings where other prefixes belong."""

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value.startswith(prefix):
            return value
        for other, setting in elsewhere.items():
            if value.startswith(other):
                refuse(f"begins with {other}, so it belongs in {setting}; here one begins with {prefix}.")
        refuse(f"does not begin with {prefix}.")

    return BeforeValidator(check)


def one_of(*allowed: str) -> BeforeValidator:
    """One of several words, in any case."""

    def check(value: Any) -> str:
        word = str(value).lower()
        if word not in allowed:
            choice = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
            refuse(f"is {value!r}, but only {choice} is allowed.{did_you_mean(word, allowed)}")
        return word

    return BeforeValidator(check)


def seconds_between(least: float, most: float) -> BeforeValidator:
    """A number of seconds within bounds."""

    def check(value: Any) -> float:
        try:
            seconds = float(value)
        except ValueError:
            refuse(f"is {value!r}, which is not a number of seconds.")
        if not least <= seconds <= most:
            refuse(f"is {value}, but has to be from {least:g} to {most:g} seconds.")
        return seconds

    return BeforeValidator(check)


def split_url(url: str) -> SplitResult | None:
    """The parts of an address; None where it has a blank, or a host or port that cannot be read."""
    try:
        parts = urlsplit(url)
        readable = parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return None
    return parts if readable else None


def _database(url: str) -> str:
    # redis-py takes database 0 where it cannot read the number, which is not the one that was meant.
    parts = urlsplit(url)
    if parts.scheme != "unix" and not re.fullmatch(r"/?|/[0-9]+", parts.path):
        refuse("ends with a database that is not a number; write redis://HOST:PORT/0, say.")
    try:
        ConnectionPool.from_url(url)  # connects to nothing yet
    except ValueError:
        refuse("has something behind the question mark that redis-py cannot read.")
    return url


def url_with_scheme(*schemes: str, example: str, slash: bool = False) -> BeforeValidator:
    """A URL with one of these schemes; `slash` puts one at its end."""

    def check(value: Any) -> str:
        url = str(value)
        parts = split_url(url)
        if parts is None:
            refuse(f"is not an address, such as {example}: its host or its port cannot be read.")
        if parts.scheme not in schemes or not (parts.netloc or (parts.scheme == "unix" and parts.path)):
            begin = " or ".join(f"{scheme}://" for scheme in schemes)
            refuse(f"is not an address that begins with {begin}, such as {example}.")
        return url.rstrip("/") + "/" if slash else url

    return BeforeValidator(check)


def _region(value: Any) -> str:
    if not re.fullmatch(REGION_PATTERN, str(value)):
        refuse(f"is {value!r}, which is not an AWS region; they look like eu-west-1.")
    return str(value)


Region = Annotated[str | None, BeforeValidator(_region)]


class Settings(BaseSettings):
    """What every process reads. Build it with `load`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", validate_default=False, hide_input_in_errors=True
    )

    redis_url: Annotated[
        str,
        url_with_scheme("redis", "rediss", "unix", example="redis://localhost:6379/0"),
        AfterValidator(_database),
    ] = Field(
        repr=False,  # it may hold a password
        description="Address of the Redis (or Valkey) that holds the deploys: redis://HOST:PORT/DATABASE, "
        "rediss:// for TLS, unix:// for a socket. Whoever runs your Redis knows it; the same one for every "
        "process.",
    )
    services_file: Path = Field(
        default=Path("services.yml"),
        description="The file that describes your services. services.example.yml is one to start from.",
    )
    aws_region: Region = Field(
        default=None,
        description="AWS region of the services that name none in services.yml. The same for every process.",
    )
    aws_default_region: Region = Field(
        default=None, description="Takes the place of AWS_REGION where that is not set."
    )
    log_format: Annotated[Literal["console", "json"], one_of("console", "json")] = Field(
        default="console", description="How the log is written: console for people, json for machines."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], one_of("debug", "info", "warning", "error")
    ] = Field(
        default="info",
        description="The least important lines that are logged: debug, info, warning or error.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _check_set(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if not text:
            refuse("is set, but empty.")
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
            refuse("stands in quotes that are part of its value; take them out.")
        if text.endswith("..."):
            refuse("is still the placeholder of .env.example.")
        return text


class SlackSettings(Settings):
    """What both sides need to call Slack's Web API."""

    slack_bot_token: Annotated[SecretStr, slack_token("xoxb-", {"xapp-": "SLACK_APP_TOKEN"})] = Field(
        description="The bot's token; it begins with xoxb-. At api.slack.com/apps: your app, OAuth & "
        "Permissions, Bot User OAuth Token (it is there once the app is installed to the workspace).",
    )
    slack_api_url: Annotated[
        str, url_with_scheme("https", "http", example="https://slack.com/api/", slash=True)
    ] = Field(
        default="https://slack.com/api/",
        description="Base address of Slack's Web API, for a proxy or the sandbox.",
    )


AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings(cls: type[AnySettings], env_file: Path = ENV_FILE) -> AnySettings:
    """A process's settings. Raises SettingsInvalid, which names all that are missing or wrong.

    What stands in `.env` of the working directory and not in the environment is put there first, so boto3
    finds its own settings too.
    """
    read_env_file(env_file)
    try:
        return cls()
    except ValidationError as error:
        complaints = {
            str(each["loc"][0]): _complaint_text(each["type"], each["msg"]) for each in error.errors()
        }
    raise _settings_invalid(cls, complaints, env_file)


def read_env_file(path: Path = ENV_FILE) -> None:
    """Put what stands in `.env` into the environment, where it does not stand yet. No file will do too."""
    try:
        for name, value in dotenv_values(path).items():
            if value is not None:
                os.environ.setdefault(name, value)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsInvalid(
            names=(), mistakes=f"{path} cannot be read ({why})", env_file=path.absolute(), listing=""
        ) from error


def _complaint_text(kind: str, message: str) -> str:
    return "is not set." if kind == "missing" else message


def _settings_invalid(cls: type[Settings], complaints: dict[str, str], env_file: Path) -> SettingsInvalid:
    lines = [
        f"\n  {name.upper()} {complaints[name]}\n      {info.description}"
        for name, info in cls.model_fields.items()
        if name in complaints
    ]
    few = (
        "a setting is missing or wrong" if len(lines) == 1 else f"{len(lines)} settings are missing or wrong"
    )
    return SettingsInvalid(
        names=tuple(name.upper() for name in cls.model_fields if name in complaints),
        mistakes=few,
        env_file=env_file.absolute(),
        listing="".join(lines),
    )
