"""Manifests for the tests: one with everything, and variants of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ALL_SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "app_mentions:read",
    "users:read",
    "users:read.email",
    "usergroups:read",
    "channels:read",
    "channels:history",
    "groups:read",
    "groups:history",
    "im:read",
    "im:history",
)
SLIPWAY_SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "app_mentions:read",
    "users:read",
    "usergroups:read",
)
ALL_EVENTS = (
    "app_mention",
    "app_home_opened",
    "message.channels",
    "message.groups",
    "message.im",
    "member_joined_channel",
    "member_left_channel",
)


def build_manifest(
    *,
    scopes: Sequence[str] = ALL_SCOPES,
    events: Sequence[str] = ("app_mention", "app_home_opened"),
    url: str | None = None,
    interactive: bool = True,
    home_tab: bool = True,
) -> dict[str, Any]:
    """A manifest. With `url` everything is sent there over HTTP, otherwise by Socket Mode."""
    address = {"url": url} if url else {}
    request = {"request_url": url} if url else {}
    options = {"message_menu_options_url": url} if url else {}
    return {
        "display_information": {"name": "Slipway"},
        "features": {
            "bot_user": {"display_name": "slipway", "always_online": True},
            "app_home": {"home_tab_enabled": home_tab, "messages_tab_enabled": True},
            "slash_commands": [
                {
                    "command": "/deploy",
                    "description": "Deploys a service",
                    "usage_hint": "SERVICE TAG",
                    **address,
                },
                {"command": "/escaped", "description": "Gets ids", "should_escape": True, **address},
            ],
            "shortcuts": [
                {
                    "name": "Deploy",
                    "type": "global",
                    "callback_id": "deploy_form",
                    "description": "Opens the form",
                },
                {"name": "Explain", "type": "message", "callback_id": "explain", "description": "Explains"},
            ],
        },
        "oauth_config": {"scopes": {"bot": list(scopes)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(events), **request},
            "interactivity": {"is_enabled": interactive, **request, **options},
            "socket_mode_enabled": url is None,
        },
    }
