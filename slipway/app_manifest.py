"""The manifest of the Slack app: what Slack lets Slipway see and do.

Every scope has a use. People are mentioned by id and Slack shows their names, so no name is read.

manifest.yml at the root of the repository is `socket_mode_manifest()` as YAML, for people who create the app
by hand; a test keeps the two equal. It is built here so that an installed package has it too.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.commands import usage_hint
from bot.forms.deploy_form import MESSAGE_SHORTCUT, SHORTCUT

SCOPES = {
    "commands": "offers /deploy and the shortcuts",
    "chat:write": "posts and edits a deploy's card, its thread and answers",
    "chat:write.public": "posts in public channels without an invitation",
    "app_mentions:read": "receives @slipway mentions, also in threads",
    "usergroups:read": "reads who is in the user groups of services.yml",
    "users:read": "reads whether somebody who asks is a member, a guest or of another organisation",
    "channels:read": "reads whether a public channel is shared with another organisation",
    "groups:read": "reads the same of the private channels that slipway is in",
    "mpim:read": "tells group direct messages from channels",
}
"""Bot scopes, and what each of them is for."""

EVENTS = {
    "app_mention": "somebody wrote @slipway",
    "app_home_opened": "somebody opened the Home tab",
}
"""Events Slack sends, and when."""

REQUEST_PATH = "/slack/events"
"""Where the `web` process listens; Bolt takes commands, clicks, menus and events on one path."""

Manifest = dict[str, Any]


def socket_mode_manifest() -> Manifest:
    """The manifest for Socket Mode: Slipway connects to Slack; nothing has to be reachable from outside."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Slipway",
            "description": "Deploys services to Amazon ECS and reports how each deploy ended.",
            "long_description": (
                "Type /deploy web 1.4.2 and follow the rollout in a thread: the plan, the approval if one is "
                "needed, the counts of old and new tasks as they change, and the outcome. Services that may "
                "never run twice are stopped and started in strict order."
            ),
            "background_color": "#123b57",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,  # without it Slack refuses direct messages of the app
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "slipway", "always_online": True},
            "slash_commands": [
                {
                    "command": "/deploy",
                    "description": "Deploy a service to Amazon ECS, or see what is under way",
                    "usage_hint": usage_hint(),
                    "should_escape": True,  # the reason of a lock names people by id
                }
            ],
            "shortcuts": [
                {
                    "name": "Deploy a service",
                    "type": "global",
                    "callback_id": SHORTCUT,
                    "description": "Opens the form that /deploy alone opens",
                },
                {
                    "name": "Deploy in this thread",
                    "type": "message",
                    "callback_id": MESSAGE_SHORTCUT,
                    "description": "Opens the same form; its card goes into the message's thread",
                },
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def http_manifest(base_url: str) -> Manifest:
    """The manifest for HTTP: Slack sends to the `web` process at this address (without the path)."""
    url = base_url.rstrip("/").removesuffix(REQUEST_PATH) + REQUEST_PATH
    manifest = socket_mode_manifest()
    for command in manifest["features"]["slash_commands"]:
        command["url"] = url
    settings = manifest["settings"]
    settings["event_subscriptions"] = {"request_url": url, **settings["event_subscriptions"]}
    settings["interactivity"] |= {"request_url": url, "message_menu_options_url": url}
    settings["socket_mode_enabled"] = False
    return manifest


def format_as_yaml(manifest: Manifest) -> str:
    """A manifest as YAML. A comment on each scope and event says what it is for."""
    lines = [
        "# The Slack app. To create it: api.slack.com/apps, Create New App, From a manifest; paste this.",
        "# `slipway manifest` prints this file, `slipway manifest --http URL` the one for HTTP.",
    ]
    for line in yaml.safe_dump(manifest, sort_keys=False, width=100).splitlines():
        purpose = (SCOPES | EVENTS).get(line.strip().removeprefix("- "))
        lines.append(f"{line}  # {purpose}" if purpose else line)
    return "\n".join(lines) + "\n"
