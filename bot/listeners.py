"""What Bolt calls: each listener reads the payload, has it answered and sees to it that the answer arrives.

A slash command is answered in its ack. Mentions and clicks have no such place, and a listener calls no
Slack, so a worker is asked to answer them (`bot.private_answer`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import structlog
from redis.exceptions import RedisError
from slack_bolt import Ack, BoltRequest

from bot import actions, commands, grammar, home, private_answer, replies, request
from bot.answering import answered, new_reference
from bot.desk import Desk
from bot.reply import Reply
from deploys import buttons
from deploys.redis_outage import what_is_wrong

log = structlog.get_logger()


class Listeners:
    """The listeners of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def command(self, ack: Ack, req: BoltRequest) -> None:
        """`/deploy ...`"""
        desk = self._desk
        asked = request.of_command(req, desk.slack_clock)
        said = grammar.parse(req.body.get("text") or "")
        try:
            reply = self._settled(req, lambda: commands.answer(said, asked, desk), asked.user)
        except RedisError as error:
            reference = new_reference()
            log.error(f"Redis {what_is_wrong(error)}", reference=reference, error=str(error))
            reply = replies.unsure(reference, error)
        ack(reply.payload() if reply else "")

    def mention(self, req: BoltRequest) -> None:
        """`@slipway ...` in a message. Acknowledged when this returns; delivered again when it raises."""
        desk = self._desk
        event = req.body["event"]
        if event.get("bot_id") or not event.get("user"):
            log.info("a mention by a bot was left alone", bot=event.get("bot_id"))
            return
        asked = request.of_mention(req, desk.slack_clock)
        said = grammar.parse_mention(event.get("text") or "", desk.identity.user)
        reply = self._settled(req, lambda: commands.answer(said, asked, desk), asked.user)
        if reply and not reply.said_anyway:
            private_answer.tell(reply.text, asked, desk)

    def click(self, ack: Ack, req: BoltRequest) -> None:
        """A button of a card or of a choice."""
        desk = self._desk
        clicked = actions.read(req.body)
        asked = request.of_click(req, desk.slack_clock)
        reply = self._settled(req, lambda: actions.answer(clicked, asked, desk), asked.user)
        ack()
        if reply:
            channel = asked.channel or self._channel_of(clicked.value)
            private_answer.tell(reply.text, replace(asked, channel=channel), desk)

    def home_opened(self, req: BoltRequest) -> None:
        """Somebody opened the app's Home."""
        home.opened(req.body["event"], self._desk)

    def link(self, ack: Ack) -> None:
        """A button that only leads somewhere: Slack wants an ack all the same."""
        ack()

    def unheard(self, req: BoltRequest) -> None:
        """An event nobody listens to, which Slack would send again and again."""
        log.info("an event without a listener", kind=(req.body.get("event") or {}).get("type"))

    def _settled(self, req: BoltRequest, work: Callable[[], Reply | None], user: str) -> Reply | None:
        """The answer; the delivery counts as handled unless Redis was away."""
        deliveries = self._desk.deliveries
        delivery = req.context.get("delivery")
        try:
            reply = answered(work, self._desk, user=user)
            if delivery:
                with suppress(RedisError):
                    deliveries.done(delivery, json.dumps(reply.payload()) if reply else "")
        except RedisError:
            if delivery:
                with suppress(RedisError):
                    deliveries.give_up(delivery)
            raise
        return reply

    def _channel_of(self, value: str) -> str:
        """A click on the Home tab comes from no channel: the deploy's or batch's; empty if there is none."""
        pressed = buttons.read(value)
        deploy = self._desk.store.get(pressed.deploy_id) if pressed else None
        batch = self._desk.store.batch(pressed.deploy_id) if pressed and not deploy else None
        return deploy.channel if deploy else batch.channel if batch else ""
