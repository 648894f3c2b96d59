"""The Slack app as its manifest describes it: what Slack lets Slipway see and do.

No scope without a use: people are mentioned by id, and Slack shows their names, so it has no `users:read`.

manifest.yml at the root of the repository is `socket_mode()` as YAML, for people who create the app by hand;
a test keeps the two alike. Built here, it is at hand where only the package is installed.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.commands import usage_hint

SCOPES = {
    "commands": "offers /deploy",
    "chat:write": "posts and edits a deploy's card, its thread and answers",
    "chat:write.public": "posts in public channels without an invitation",
    "app_mentions:read": "hears @slipway, in threads too",
    "usergroups:read": "reads who is in the user groups of services.yml",
}
"""Bot scopes, and what each is for."""

EVENTS = {
    "app_mention": "somebody wrote @slipway",
    "app_home_opened": "somebody opened the Home tab",
}
"""Events Slack sends, and when."""

REQUEST_PATH = "/slack/events"
"""Where the `web` process listens; Bolt takes commands, clicks and events on one path."""

Manifest = dict[str, Any]


def socket_mode_manifest() -> Manifest:
    """The app for Socket Mode: Slipway connects to Slack, and nothing has to be reachable from outside."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Slipway",
            "description": "Deploys services to Amazon ECS, and says truthfully how it went.",
            "long_description": (
                "Type /deploy web 1.4.2 and follow the rollout in a thread: the plan, the approval where one "
                "is needed, counts of old and new tasks as they change, and how it truly ended. Services "
                "that may never run twice are stopped and started in strict order."
            ),
            "background_color": "#123b57",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,  # else Slack takes no direct message of the app
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "slipway", "always_online": True},
            "slash_commands": [
                {
                    "command": "/deploy",
                    "description": "Deploy a service to Amazon ECS, or see what is under way",
                    "usage_hint": usage_hint(),
                    "should_escape": False,
                }
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
    """The app for HTTP: Slack sends to the `web` process, reachable at this address (without the path)."""
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
    """A manifest as text, each scope and event with what it is for."""
    lines = [
        "# The Slack app. To create it: api.slack.com/apps, Create New App, From a manifest; paste this.",
        "# `slipway manifest` prints this file, `slipway manifest --http URL` the one for HTTP.",
    ]
    for line in yaml.safe_dump(manifest, sort_keys=False, width=100).splitlines():
        purpose = (SCOPES | EVENTS).get(line.strip().removeprefix("- "))
        lines.append(f"{line}  # {purpose}" if purpose else line)
    return "\n".join(lines) + "\n"
