"""`/deploy help`"""

from __future__ import annotations

from bot.app_context import AppContext
from bot.private_reply import PrivateReply
from bot.usage import usage


def run(context: AppContext) -> PrivateReply:
    """How Slipway is used, and for which services."""
    return usage(context.catalogue, context.identity.user)
