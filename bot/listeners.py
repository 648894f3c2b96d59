"""What Bolt calls: each listener reads the payload, has it answered and sees to it that the answer arrives.

A slash command is answered in its ack. Mentions and clicks have no such place, and a listener calls no
Slack, so a worker is asked to answer them (`bot.private_reply`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import structlog
from redis.exceptions import RedisError
from slack_bolt import Ack, BoltRequest

from bot import clicks, commands, grammar, home, private_reply, reply_texts, request
from bot.app_context import AppContext
from bot.error_boundary import new_error_reference, run_and_answer
from bot.private_reply import PrivateReply
from deploys import button_ids
from deploys.redis_outage import describe_error

log = structlog.get_logger()


class Listeners:
    """The listeners of one desk."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    def command(self, ack: Ack, req: BoltRequest) -> None:
        """`/deploy ...`"""
        desk = self._context
        asked = request.from_command(req, desk.slack_clock)
        said = grammar.parse(req.body.get("text") or "")
        try:
            reply = self._handle_once(req, lambda: commands.run_command(said, asked, desk), asked.user)
        except RedisError as error:
            reference = new_error_reference()
            log.error(f"Redis {describe_error(error)}", reference=reference, error=str(error))
            reply = reply_texts.redis_lost_midway(reference, error)
        ack(reply.to_slack() if reply else "")

    def mention(self, req: BoltRequest) -> None:
        """`@slipway ...` in a message. Acknowledged when this returns; delivered again when it raises."""
        desk = self._context
        event = req.body["event"]
        if event.get("bot_id") or not event.get("user"):
            log.info("a mention by a bot was left alone", bot=event.get("bot_id"))
            return
        asked = request.from_mention(req, desk.slack_clock)
        said = grammar.parse_mention(event.get("text") or "", desk.identity.user)
        reply = self._handle_once(req, lambda: commands.run_command(said, asked, desk), asked.user)
        if reply and not reply.card_will_tell:
            private_reply.send_privately(reply.text, asked, desk)

    def click(self, ack: Ack, req: BoltRequest) -> None:
        """A button of a card or of a choice."""
        desk = self._context
        clicked = clicks.read_click(req.body)
        asked = request.from_click(req, desk.slack_clock)
        reply = self._handle_once(req, lambda: clicks.handle_click(clicked, asked, desk), asked.user)
        ack()
        if reply:
            channel = asked.channel or self._channel_of(clicked.value)
            private_reply.send_privately(reply.text, replace(asked, channel=channel), desk)

    def home_opened(self, req: BoltRequest) -> None:
        """Somebody opened the app's Home."""
        home.refresh_home(req.body["event"], self._context)

    def ignore_link(self, ack: Ack) -> None:
        """A button that only leads somewhere: Slack wants an ack all the same."""
        ack()

    def ignore_event(self, req: BoltRequest) -> None:
        """An event nobody listens to, which Slack would send again and again."""
        log.info("an event without a listener", kind=(req.body.get("event") or {}).get("type"))

    def _handle_once(
        self, req: BoltRequest, handler: Callable[[], PrivateReply | None], user: str
    ) -> PrivateReply | None:
        """The answer; the delivery counts as handled unless Redis was away."""
        deliveries = self._context.deliveries
        delivery = req.context.get("delivery")
        try:
            reply = run_and_answer(handler, self._context, user=user)
            if delivery:
                with suppress(RedisError):
                    deliveries.finish(delivery, json.dumps(reply.to_slack()) if reply else "")
        except RedisError:
            if delivery:
                with suppress(RedisError):
                    deliveries.abandon(delivery)
            raise
        return reply

    def _channel_of(self, value: str) -> str:
        """A click on the Home tab comes from no channel: the deploy's or batch's; empty if there is none."""
        pressed = button_ids.parse_button_value(value)
        deploy = self._context.store.get(pressed.deploy_id) if pressed else None
        batch = self._context.store.batch(pressed.deploy_id) if pressed and not deploy else None
        return deploy.request.channel if deploy else batch.request.channel if batch else ""
