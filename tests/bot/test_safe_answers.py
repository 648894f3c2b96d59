"""What the bot keeps of what people type, and answers: only what is seen, and no links of bare words."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.disambiguation import ask_which_to_cancel
from bot.private_reply import PrivateReply, context_block, section_block
from deploys import buttons
from deploys.message_size import message_size
from tests.bot.bot_harness import BotHarness
from tests.builders import a_batch, a_deploy, a_service
from tests.deploys.test_safe_text import hostile, unsafe
from tests.workers.thread.test_what_is_sent import is_safe

HOSTILE = "fixes\u202e the \x1b[31mlogin\x07\u200b, see example.com"


@given(hostile)
def test_every_answer_is_safe(text: str) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": text or "x"}, "value": "1"}

    is_safe(PrivateReply(text, (section_block(text, button), context_block(text))).to_slack())
    is_safe(PrivateReply(text).to_slack())


def test_a_reason_is_kept_as_it_is_seen(bot: BotHarness) -> None:
    bot.type(f"/deploy web 1.4.2 {HOSTILE}")

    assert bot.only_deploy().request.reason == "fixes the login, see example.com"


@pytest.mark.parametrize(
    "typed", ["/deploy help\u202e\x07", "/deploy w\x1b[31meb 9\u202e", "/deploy cancel \u2066x\ud800"]
)
def test_what_was_typed_is_quoted_without_what_is_not_seen(bot: BotHarness, typed: str) -> None:
    answer = bot.read_ack(bot.send_command(typed.encode("utf-8", "replace").decode()))

    is_safe(answer)
    assert unsafe(answer["text"]) == []


@pytest.mark.parametrize("count", [2, 10, 40])
def test_a_choice_of_many_offers_as_many_as_one_message_holds(count: int) -> None:
    long = "x" * 60
    deploys = [a_deploy(a_service(f"s{n:02}{long}"), tag="2" * 128) for n in range(count)]
    batches = [a_batch(*deploys[:20])[0] for _ in range(count)]

    reply = ask_which_to_cancel(deploys, batches)

    size = message_size(reply.text, reply.blocks)
    assert size.fits
    offered = [block["accessory"]["value"] for block in reply.blocks if "accessory" in block]
    assert offered
    left = 2 * count - len(offered)
    assert (f"and {left} more, see `/deploy status SERVICE`" in reply.text) == (left > 0)
    assert all(buttons.parse_button_value(value) for value in offered)
