"""Socket Mode: Slipway connects to Slack, so nothing of it needs to be reachable from outside.

Bolt's own handlers leave a gap at each refresh of the connection, or read what arrived in it seconds late,
so the connection is kept here: the next one is open before the last one closes.
"""

from bot.socket_mode.client import SocketModeClient

__all__ = ["SocketModeClient"]
