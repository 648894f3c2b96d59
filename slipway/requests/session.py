"""One person's requests on the command line, handled as the bot handles those from Slack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from redis.exceptions import RedisError
from slack_sdk import WebClient

from bot import error_boundary, identity
from bot.app_context import AppContext, build_app_context, connect_to_redis
from bot.attempts import StrangerLog
from bot.grammar import ParseError
from bot.listeners import read_if_unknown, within_limit
from bot.private_reply import PrivateReply
from bot.request import Request, from_command_line
from bot.slack_clock import SlackClock
from bot.view_calls import ViewCalls
from deploys.catalogue.catalogue import load_catalogue
from deploys.errors import Refused, SavedNotOnDisk, SlackUnsure, WorkspaceUnknown
from deploys.formatting import long_duration, time_ago
from deploys.process_startup import keep_own_secrets, set_up_logging, wait_for_redis
from deploys.records.deploy import new_deploy_id
from deploys.settings import load_settings
from deploys.stores.slack_directory import KEPT_SECONDS
from deploys.stores.workspace import find_workspace
from slipway.requests import exit_codes
from slipway.requests.identity import Identity, find_identity, machine_user
from slipway.requests.settings import CommandLineSettings


@dataclass(frozen=True)
class Answered:
    """What a request led to."""

    reply: PrivateReply | None
    """None: a card says it."""
    code: int
    error: str = ""
    """The kind of the refusal or failure; empty: there is none."""


@dataclass(frozen=True)
class Session:
    """Who asks, and what their requests work with."""

    context: AppContext
    who: Identity

    def request(self, channel: str) -> Request:
        """A request that counts as made in this channel."""
        context = self.context
        return from_command_line(
            self.who.name,
            self.who.slack_user,
            context.identity.team,
            channel,
            query_id=new_deploy_id(),
            clock=context.slack_clock,
        )

    def ask(self, handle: Callable[[], PrivateReply | None], request: Request, *, changes: bool) -> Answered:
        """Has a request handled by the rules of the bot: what is known of people, limits, the audit.

        Raises:
            ParseError: the words are no command.
        """
        context = self.context
        try:
            read_if_unknown(request.asker, context)
            reply = within_limit(handle, request.user, context, changes=changes, tell_always=True)
        except ParseError:
            raise
        except RedisError as error:
            return Answered(error_boundary.answer_lost_redis(error), exit_codes.UNKNOWN, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the person reads a sentence
            return self.refuse(error, request)
        return Answered(reply, exit_codes.DONE)

    def refuse(self, error: Exception, request: Request) -> Answered:
        """What is said about an error; the audit has it."""
        was_refused = isinstance(error, Refused) and not isinstance(error, SavedNotOnDisk)  # that was done
        code = exit_codes.REFUSED if was_refused else exit_codes.UNKNOWN
        try:
            reply = error_boundary.answer_error(error, self.context, request)
        except RedisError as lost:
            return Answered(error_boundary.answer_lost_redis(lost), exit_codes.UNKNOWN, type(lost).__name__)
        return Answered(reply, code, type(error).__name__)

    def slack_note(self, request: Request) -> str:
        """What is known of Slack's answers about who asks and where, and how long that counts."""
        directory, now = self.context.directory, self.context.slack_clock.now()
        person = directory.person(request.user, now, KEPT_SECONDS)
        known = f"Slack last said who you are {time_ago(now - person.read_at)}" if person else ""
        lasts = long_duration(self.context.catalogue.command_line.slack_answers_last)
        return (
            f"{known or 'Slack has not said who you are'}; on the command line its answers count for "
            f"{lasts}, as `command_line.slack_answers_last` in `services.yml` says."
        )


UNSURE = {SlackUnsure.__name__, *(each.__name__ for each in SlackUnsure.__subclasses__())}
"""Refusals for want of an answer of Slack's."""


def open_session(verb: str) -> Session:
    """Reads the settings and services.yml, connects to Redis, and finds out who asks. Slack is not called.

    verb: what is asked for, for the audit if it is refused.

    Raises:
        SlipwayError: the message says what is wrong and what to do.
    """
    settings = load_settings(CommandLineSettings)
    keep_own_secrets(settings)
    set_up_logging(settings.model_copy(update={"log_level": "error"}))
    catalogue = load_catalogue(settings.services_file)
    redis = connect_to_redis(settings.redis_url)
    wait_for_redis(redis, timeout=0)
    workspace = find_workspace(redis)
    if workspace is None:
        raise WorkspaceUnknown()
    context = build_app_context(
        identity.Identity(
            workspace.team, workspace.bot_user, workspace.bot, token="", enterprise=workspace.enterprise
        ),
        catalogue,
        redis,
        connect_to_redis(settings.redis_url),
        slack_clock=SlackClock(),
        limits=settings.limits,
        views=ViewCalls(WebClient()),
    )
    user = machine_user(catalogue.command_line.sudo_user)
    try:
        return Session(context, find_identity(settings, catalogue.command_line, user))
    except Refused as refusal:
        StrangerLog(context).write(refusal.message, who=f"user/{user}", verb=verb)
        raise
