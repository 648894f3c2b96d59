"""How a test ends its Socket Mode client."""

from __future__ import annotations

from slack_sdk.socket_mode import SocketModeClient


def hang_up(socket: SocketModeClient) -> None:
    """Ends the connection before the client: a runner that has just taken the connection up forgets that the
    client was closed, and `close` would wait for it for ever.
    """
    socket.auto_reconnect_enabled = False
    socket.disconnect()
    socket.close()
