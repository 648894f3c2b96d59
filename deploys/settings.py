"""Settings from the environment: what every process reads, and the errors if a value is wrong.

A field is read from the variable with its name in capitals. Its description says what it is and where to find
it. `bot.settings` and `workers.settings` have the settings of single processes.
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


def refuse(message: str) -> NoReturn:
    """Refuse a value. The message is printed after the name of the variable, without any secret in it."""
    raise PydanticCustomError("setting", "{message}", {"message": message})


def slack_token(prefix: str, elsewhere: dict[str, str]) -> BeforeValidator:
    """A Slack token with this prefix. `elsewhere` maps other prefixes to the settings where they belong."""

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value.startswith(prefix):
            return value
        for other, setting in elsewhere.items():
            if value.startswith(other):
                refuse(f"begins with {other}, so it belongs in {setting}; this setting begins with {prefix}.")
        refuse(f"does not begin with {prefix}.")

    return BeforeValidator(check)


def one_of(*allowed: str) -> BeforeValidator:
    """One of several words, in upper or lower case."""

    def check(value: Any) -> str:
        word = str(value).lower()
        if word not in allowed:
            choice = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
            refuse(f"is {value!r}, but only {choice} is allowed.{did_you_mean(word, allowed)}")
        return word

    return BeforeValidator(check)


def seconds_between(least: float, most: float) -> BeforeValidator:
    """A number of seconds within bounds."""
    return _number_between(least, most, "seconds")


def days_between(least: float, most: float) -> BeforeValidator:
    """A number of days within bounds."""
    return _number_between(least, most, "days")


def percent_between(least: float, most: float) -> BeforeValidator:
    """A number of percent within bounds."""
    return _number_between(least, most, "percent")


def _number_between(least: float, most: float, unit: str) -> BeforeValidator:
    def check(value: Any) -> float:
        try:
            number = float(value)
        except ValueError:
            refuse(f"is {value!r}, which is not a number of {unit}.")
        if not least <= number <= most:
            refuse(f"is {value}, but has to be from {least:g} to {most:g} {unit}.")
        return number

    return BeforeValidator(check)


def split_url(url: str) -> SplitResult | None:
    """The parts of an address; None if it has a blank, or a host or port that cannot be read."""
    try:
        parts = urlsplit(url)
        readable = parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return None
    return parts if readable else None


def _database(url: str) -> str:
    # redis-py uses database 0 if it cannot read the number, which is not what was meant.
    parts = urlsplit(url)
    if parts.scheme != "unix" and not re.fullmatch(r"/?|/[0-9]+", parts.path):
        refuse("ends with a database that is not a number; write redis://HOST:PORT/0, say.")
    try:
        ConnectionPool.from_url(url)  # does not connect yet
    except ValueError:
        refuse("has something after the question mark that redis-py cannot read.")
    return url


def url_with_scheme(*schemes: str, example: str, slash: bool = False) -> BeforeValidator:
    """A URL with one of these schemes. `slash` adds a slash at its end."""

    def check(value: Any) -> str:
        url = str(value)
        parts = split_url(url)
        if parts is None:
            refuse(f"is not a URL such as {example}: its host or its port cannot be read.")
        if parts.scheme not in schemes or not (parts.netloc or (parts.scheme == "unix" and parts.path)):
            begin = " or ".join(f"{scheme}://" for scheme in schemes)
            refuse(f"is not a URL that begins with {begin}, such as {example}.")
        return url.rstrip("/") + "/" if slash else url

    return BeforeValidator(check)


def _region(value: Any) -> str:
    if not re.fullmatch(REGION_PATTERN, str(value)):
        refuse(f"is {value!r}, which is not an AWS region such as eu-west-1.")
    return str(value)


def _port(value: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or not 1 <= int(value) <= 65535:
        refuse(f"is {value!r}, but has to be a port from 1 to 65535.")
    return int(value)


Region = Annotated[str | None, BeforeValidator(_region)]


class Settings(BaseSettings):
    """What every process reads. Build it with `load_settings`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", validate_default=False, hide_input_in_errors=True
    )

    redis_url: Annotated[
        str,
        url_with_scheme("redis", "rediss", "unix", example="redis://localhost:6379/0"),
        AfterValidator(_database),
    ] = Field(
        repr=False,  # it may contain a password
        description="Address of the Redis (or Valkey) that holds the deploys: redis://HOST:PORT/DATABASE, "
        "rediss:// for TLS, unix:// for a socket. It has to be the same for every process.",
    )
    services_file: Path = Field(
        default=Path("services.yml"),
        description="The file that describes your services. Start from services.example.yml.",
    )
    aws_region: Region = Field(
        default=None,
        description=(
            "AWS region of the services that have none in services.yml. It has to be the same for every "
            "process."
        ),
    )
    aws_default_region: Region = Field(default=None, description="Used if AWS_REGION is not set.")
    log_format: Annotated[Literal["console", "json"], one_of("console", "json")] = Field(
        default="console", description="How the log is written: console for people, json for machines."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], one_of("debug", "info", "warning", "error")
    ] = Field(
        default="info",
        description="The least important lines that are logged: debug, info, warning or error.",
    )

    metrics_port: Annotated[int | None, BeforeValidator(_port)] = Field(
        default=None,
        description="Port for /metrics, /healthz and /readyz of this process; each process on a machine "
        "needs another. Without it nothing is served.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="Address of this machine on which METRICS_PORT listens; 0.0.0.0 for all of them. Anybody "
        "who reaches it can read the names of services and how deploys went.",
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
            refuse("has quotes that are part of its value; remove them.")
        if text.endswith("..."):
            refuse("is still a placeholder.")
        return text


class SlackSettings(Settings):
    """The settings of every process that calls Slack's Web API."""

    slack_bot_token: Annotated[SecretStr, slack_token("xoxb-", {"xapp-": "SLACK_APP_TOKEN"})] = Field(
        description="The bot's token; it begins with xoxb-. At api.slack.com/apps: your app, OAuth & "
        "Permissions, Bot User OAuth Token (after the app is installed to the workspace).",
    )
    slack_api_url: Annotated[
        str, url_with_scheme("https", "http", example="https://slack.com/api/", slash=True)
    ] = Field(
        default="https://slack.com/api/",
        description="Base address of Slack's Web API, for a proxy or the sandbox.",
    )


AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings(cls: type[AnySettings], env_file: Path = ENV_FILE) -> AnySettings:
    """The settings of a process. Raises SettingsInvalid, which names all that are missing or wrong.

    Variables of `.env` in the working directory are added to the environment first, so boto3 finds its own
    settings there too.
    """
    read_env_file(env_file)
    try:
        return cls()
    except ValidationError as error:
        errors = {str(each["loc"][0]): _error_text(each["type"], each["msg"]) for each in error.errors()}
    raise _settings_invalid(cls, errors, env_file)


def read_env_file(path: Path = ENV_FILE) -> None:
    """Puts the values of `.env` into the environment, unless they are set there. The file may be missing."""
    try:
        for name, value in dotenv_values(path).items():
            if value is not None:
                os.environ.setdefault(name, value)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsInvalid(
            names=(), mistakes=f"{path} cannot be read ({why})", env_file=path.absolute(), listing=""
        ) from error


def _error_text(kind: str, message: str) -> str:
    return "is not set." if kind == "missing" else message


def _settings_invalid(cls: type[Settings], errors: dict[str, str], env_file: Path) -> SettingsInvalid:
    lines = [
        f"\n  {name.upper()} {errors[name]}\n      {info.description}"
        for name, info in cls.model_fields.items()
        if name in errors
    ]
    summary = (
        "a setting is missing or wrong" if len(lines) == 1 else f"{len(lines)} settings are missing or wrong"
    )
    return SettingsInvalid(
        names=tuple(name.upper() for name in cls.model_fields if name in errors),
        mistakes=summary,
        env_file=env_file.absolute(),
        listing="".join(lines),
    )
