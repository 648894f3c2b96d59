"""What the checks share: settings, connections, and what was read once for several of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, cast

from botocore.exceptions import ClientError
from pydantic import SecretStr, TypeAdapter
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bot.settings import BotSettings, WebSettings
from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.catalogue.service import Service
from deploys.errors import CatalogueInvalid, CatalogueUnreadable, SettingsInvalid, SlipwayError
from deploys.mrkdwn import plain_text
from deploys.process_startup import LEAST_KEY_LENGTH
from deploys.redaction import keep_secret, password_of, redact
from deploys.redis_connection import make_client
from deploys.settings import Settings, load_settings
from slipway.account_survey.surveyed_service import SurveyedService
from slipway.doctor.finding import NotChecked
from slipway.doctor.slack_calls import DatedAnswer, SlackAnswer, call_slack
from slipway.doctor.survey import ServicesSurvey, survey_services
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.settings import SchedulerSettings, WorkerSettings

REDIS_SECONDS = 3.0
"""How long one command of Redis may take (seconds)."""
CONFIG_TOKEN = "SLACK_CONFIG_TOKEN"
"""A configuration token of Slack's, with which the app's manifest can be read. Nothing else uses it."""


@dataclass(frozen=True)
class CallerIdentity:
    """Whose credentials AWS saw."""

    arn: str
    account: str


@dataclass
class DoctorContext:
    """Everything is read at its first use and kept. What is missing raises NotChecked."""

    file: Path | None = None
    request_url: str = ""
    """Where Slack sends its requests over HTTP; empty: not given."""
    workers_role: str = ""
    """ARN of the role whose permissions are checked; empty: those of the credentials at hand."""
    now: Callable[[], float] = time.time
    aws_dated: DatedAnswer | None = field(default=None, init=False)
    """AWS's time, once AWS was asked."""
    reaches_bot: bool | None = field(default=None, init=False)
    """Whether what is typed in Slack reaches a bot, in Socket Mode or over HTTP; None: not known."""

    # Settings

    @cached_property
    def wrong_settings(self) -> dict[str, SettingsInvalid]:
        """By process: what is missing or wrong. Of the bot only the way in which it is run."""
        bot: type[Settings] = WebSettings if self.uses_http else BotSettings
        found = {}
        for name, cls in (
            ("web" if self.uses_http else "bot", bot),
            ("worker", WorkerSettings),
            ("scheduler", SchedulerSettings),
        ):
            try:
                load_settings(cls)
            except SettingsInvalid as error:
                found[name] = error
        return found

    @property
    def uses_http(self) -> bool:
        """Whether Slack sends requests to `web`: so it is told, or there is only the secret for that."""
        return bool(self.request_url) or (
            "SLACK_SIGNING_SECRET" in os.environ and "SLACK_APP_TOKEN" not in os.environ
        )

    def setting(self, cls: type[Settings], name: str) -> Any:
        """The value of one setting, also if others are wrong. Raises NotChecked if this one is."""
        if any(name.upper() in error.names for error in self.wrong_settings.values()):
            raise NotChecked(f"{name.upper()} is missing or wrong.")
        info, given = cls.model_fields[name], os.environ.get(name.upper())
        if given is None:
            return info.default
        adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", Annotated[info.annotation, *info.metadata]))
        return adapter.validate_python(given.strip())

    def keep_secrets(self) -> None:
        """Takes every secret of the environment out of what is printed, whether it is valid or not."""
        for cls in (BotSettings, WebSettings, WorkerSettings):
            names = [name for name, info in cls.model_fields.items() if info.annotation is SecretStr]
            for name in names:
                value = os.environ.get(name.upper(), "")
                keep_secret(each.strip() for each in (value, *value.split(",")))
        others = (CONFIG_TOKEN, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        values = [os.environ.get(name, "").strip() for name in others]
        keep_secret(value for value in values if len(value) >= LEAST_KEY_LENGTH)
        try:
            keep_secret(password_of(os.environ.get("REDIS_URL", "")))
        except ValueError:  # no address: the check of the settings says so
            keep_secret([os.environ["REDIS_URL"]])

    # services.yml

    @property
    def services_file(self) -> Path:
        """The file to check."""
        return self.file or Path(os.environ.get("SERVICES_FILE") or "services.yml")

    @cached_property
    def _catalogue(self) -> Catalogue | SlipwayError:
        try:
            return load_catalogue(self.services_file)
        except (CatalogueInvalid, CatalogueUnreadable) as error:
            return error

    @property
    def catalogue_error(self) -> str:
        """Why services.yml cannot be used; empty if it can."""
        found = self._catalogue
        return found.message if isinstance(found, SlipwayError) else ""

    @property
    def is_catalogue_unreadable(self) -> bool:
        """Whether there is no such file, or it may not be read."""
        return isinstance(self._catalogue, CatalogueUnreadable)

    @property
    def services(self) -> list[Service]:
        """The services of services.yml."""
        found = self._catalogue
        if isinstance(found, SlipwayError):
            raise NotChecked(f"{self.services_file} cannot be used.")
        return list(found.services.values())

    # Redis

    @cached_property
    def _redis(self) -> tuple[Redis, str]:
        url = self.setting(Settings, "redis_url")
        client = make_client(url, timeout=REDIS_SECONDS, retries=0, backoff=NoBackoff())
        try:
            client.ping()
        except RedisError as error:
            return client, redact(str(error)) or type(error).__name__
        return client, ""

    @property
    def redis_error(self) -> str:
        """Why Redis cannot be used; empty if it answers."""
        return self._redis[1]

    @property
    def redis(self) -> Redis:
        """A client of the Redis that answers."""
        client, error = self._redis
        if error:
            raise NotChecked("Redis does not answer.")
        return client

    @cached_property
    def redis_info(self) -> Mapping[str, Any]:
        """What Redis says about itself (INFO)."""
        return dict(self.redis.info())

    # Slack

    def call_slack(self, token: str, method: str, **params: Any) -> SlackAnswer:
        """One call, without a second try."""
        return call_slack(self.setting(BotSettings, "slack_api_url"), token, method, params, self.now)

    @cached_property
    def slack_identity(self) -> SlackAnswer:
        """What auth.test says of the bot's token."""
        token: SecretStr = self.setting(BotSettings, "slack_bot_token")
        return self.call_slack(token.get_secret_value(), "auth.test")

    @cached_property
    def app_id(self) -> str:
        """The id of the app that the bot's token belongs to; empty if Slack does not tell it."""
        token: SecretStr = self.setting(BotSettings, "slack_bot_token")
        bot = self.slack_identity.data.get("bot_id")
        answer = self.call_slack(token.get_secret_value(), "bots.info", bot=bot)
        return str((answer.data.get("bot") or {}).get("app_id") or "")

    @cached_property
    def app_token_identity(self) -> SlackAnswer:
        """What auth.test says of the token for Socket Mode."""
        return self.call_slack(self.app_token, "auth.test")

    @property
    def app_token(self) -> str:
        """The token for Socket Mode."""
        token: SecretStr = self.setting(BotSettings, "slack_app_token")
        return token.get_secret_value()

    def require_slack(self) -> None:
        """Raises NotChecked unless Slack accepts the bot's token."""
        if self.slack_identity.error:
            refused = self.slack_identity.answered
            raise NotChecked("Slack refuses the bot's token." if refused else "Slack does not answer.")

    # AWS

    @cached_property
    def aws(self) -> AwsClients:
        """Clients with the credentials at hand, or with the role of a service."""
        return AwsClients()

    @cached_property
    def _identity(self) -> CallerIdentity | SlipwayError:
        try:
            return self.identity_of(self.aws.region(self.services[0].region))
        except SlipwayError as error:
            return error

    @property
    def identity_error(self) -> str:
        """Why AWS does not accept the credentials; empty if it does."""
        found = self._identity
        return plain_text(found.message) if isinstance(found, SlipwayError) else ""

    @property
    def identity(self) -> CallerIdentity:
        """Whose credentials are used."""
        found = self._identity
        if isinstance(found, SlipwayError):
            raise NotChecked("AWS does not accept the credentials, or does not answer.")
        return found

    def require_aws(self) -> None:
        """Raises NotChecked unless AWS accepts the credentials."""
        if self.identity_error:
            raise NotChecked("AWS does not accept the credentials, or does not answer.")

    def identity_of(self, region: RegionClients) -> CallerIdentity:
        """Whose credentials these clients have. Raises AwsError."""
        asked_at = self.now()
        with aws_call("sts:GetCallerIdentity"):
            try:
                answer: Any = region.client("sts").get_caller_identity()
            except ClientError as error:
                self._note_date(error.response, asked_at)
                raise
        self._note_date(answer, asked_at)
        return CallerIdentity(str(answer["Arn"]), str(answer["Account"]))

    def _note_date(self, answer: Any, asked_at: float) -> None:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if date := headers.get("date"):
            self.aws_dated = DatedAnswer(date, asked_at, self.now())

    @cached_property
    def survey(self) -> ServicesSurvey:
        """The services of services.yml as ECS has them."""
        self.require_aws()
        return survey_services(self.aws, self.services)

    def surveyed(self, service: Service) -> SurveyedService | None:
        """One service as ECS has it; None if it could not be read."""
        return self.survey.by_service.get(service.name)
