"""Asks back if several deploys could be meant: each gets a button."""

from __future__ import annotations

from collections.abc import Sequence

from bot.private_reply import PrivateReply, section_block
from deploys import deploy_text
from deploys.buttons import cancel_batch_choice_button, cancel_choice_button
from deploys.message_size import message_size
from deploys.records.batch import Batch, batch_name
from deploys.records.deploy import Deploy

MAX_CHOICES = 10
"""Deploys, and batches, offered in one message (count), if they fit."""


def ask_which_to_cancel(deploys: Sequence[Deploy], batches: Sequence[Batch] = ()) -> PrivateReply:
    """Asks which deploy is meant, or which whole batch."""
    for limit in range(MAX_CHOICES, 1, -1):
        reply = _build_question(deploys, batches, limit)
        if message_size(reply.text, reply.blocks).fits:
            return reply
    return _build_question(deploys, batches, 1)


def _build_question(deploys: Sequence[Deploy], batches: Sequence[Batch], limit: int) -> PrivateReply:
    question = "Which one? Nothing was cancelled yet."
    choices = [
        *(
            (f"all of {batch_name(each)}: `/deploy cancel {each.id}`", cancel_batch_choice_button(each))
            for each in batches[:limit]
        ),
        *(
            (
                f"{deploy_text.deploy_name(each)} {deploy_text.status_text(each)}: `/deploy cancel "
                f"{each.id}`",
                cancel_choice_button(each),
            )
            for each in deploys[:limit]
        ),
    ]
    more = len(deploys) + len(batches) - len(choices)
    rest = [f"and {more} more, see `/deploy status SERVICE`"] if more else []
    return PrivateReply(
        "\n".join([question, *(f"• {line}" for line in (*(line for line, _ in choices), *rest))]),
        (
            section_block(question),
            *(section_block(line, button.to_slack()) for line, button in choices),
            *map(section_block, rest),
        ),
    )
