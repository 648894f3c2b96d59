"""What one person alone reads: in the ack of a slash command, or from a worker, as a listener calls no
Slack."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from redis.exceptions import RedisError

from bot.app_context import AppContext
from bot.request import Request
from deploys.buttons import Button
from deploys.buttons.button import action_row
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import VERBATIM_ARGUMENTS, verbatim
from deploys.records.deploy import new_deploy_id
from deploys.redis_round_trip import RoundTrip
from deploys.stores.thread_store import save_answer_blocks, save_response_url
from deploys.text_limits import SECTION, clip


@dataclass(frozen=True)
class PrivateReply:
    """What only the person who asked sees. The text says all that the blocks say."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    card_will_tell: bool = False
    """A card or an answer follows and says as much. After a mention, whose thread it follows in, this is not
    sent."""
    has_buttons: bool = False
    """It has buttons that nothing else offers, so it is sent although a card tells the rest."""
    ack_too_late: bool = False
    """Slack no longer takes it in the ack of a command, so a worker sends it as well."""
    native: tuple[dict[str, Any], ...] = ()
    """The same with a data table. Not every workspace takes one, and an ack cannot be tried again: a worker
    sends this, and `blocks` if Slack refuses it."""
    announcement: str = ""
    """What the ack of a command says if a worker sends the answer because of `native`."""
    deploys: tuple[str, ...] = ()
    """Ids of the deploys that were queued, or that are the same and under way already."""
    form: dict[str, Any] | None = None
    """A modal to open in place of the text, which is said only if Slack does not open it."""

    @property
    def needs_worker(self) -> bool:
        """Whether the ack of a command is not enough."""
        return self.ack_too_late or bool(self.native)

    def to_slack(self) -> dict[str, Any]:
        """As Slack takes it in the ack of a slash command. Empty if a form is opened."""
        return self._body

    @cached_property
    def _body(self) -> dict[str, Any]:
        """It is kept as the delivery's answer and sent in the ack."""
        if self.form is not None:
            return {}
        body: dict[str, Any] = {
            "response_type": "ephemeral",
            "text": self.announcement if self.native else verbatim(self.text),
            **VERBATIM_ARGUMENTS,
        }
        return {**body, "blocks": verbatim(self.blocks)} if self.blocks and not self.native else body


def section_block(text: str, accessory: dict[str, Any] | None = None) -> dict[str, Any]:
    """A section block (at most 3000 characters)."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {**block, "accessory": accessory} if accessory else block


def with_buttons(reply: PrivateReply, buttons: Sequence[Button], *, below: int | None = None) -> PrivateReply:
    """The same reply with a row of buttons: below so many of its blocks, or all."""
    if not buttons:
        return reply
    blocks = reply.blocks or (section_block(clip(reply.text, SECTION)),)
    row = action_row(buttons)
    return replace(reply, blocks=(*blocks[:below], row, *blocks[len(blocks[:below]) :]), has_buttons=True)


def context_block(text: str) -> dict[str, Any]:
    """A line in small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def send_reply(reply: PrivateReply, request: Request, context: AppContext) -> None:
    """Has a worker tell this to the person who made the request."""
    send_privately(reply.text, request, context, *filter(None, (reply.native, reply.blocks)))


def send_privately(
    text: str, request: Request, context: AppContext, *forms: Sequence[dict[str, Any]]
) -> None:
    """The same for a text, and blocks that say the same, if there are some: the richest form first.

    The response_url and the blocks stay in Redis, where only workers read them, and out of the job, whose
    arguments RQ logs. Nothing that may be a secret gets there, wherever in a command somebody typed it.
    """
    answer_id = new_deploy_id() if request.response_url or forms else ""
    trip = RoundTrip(context.store.redis)
    if request.response_url:  # if one of these is refused, the worker has other ways, and the text says all
        save_response_url(trip, answer_id, request.response_url)
    if forms:
        save_answer_blocks(trip, answer_id, *map(verbatim, forms))
    where = (request.channel, request.answer_thread, request.user)
    context.jobs.answer_privately(*where, verbatim(text), answer_id, trip=trip)
    with suppress(RedisError):
        trip.run()


def bullet_list(lines: Sequence[str], max_bytes: int, *, total: int = 0) -> str:
    """Bullet points, as many as fit into so many UTF-8 bytes; then how many more there are, of all lines or
    of `total`."""
    shown: list[str] = []
    left = max_bytes
    for line in lines:
        left -= utf8_bytes(f"• {line}\n")
        if left < 0:
            break
        shown.append(f"• {line}")
    rest = max(total, len(lines)) - len(shown)
    return "\n".join([*shown, *([f"• and {rest} more"] if rest else [])])
