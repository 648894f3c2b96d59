"""`/deploy help`"""

from __future__ import annotations

from bot.desk import Desk
from bot.reply import Reply
from bot.usage import usage


def run(desk: Desk) -> Reply:
    """How Slipway is used, and for which services."""
    return usage(desk.catalogue, desk.identity.user)
