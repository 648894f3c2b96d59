"""The installed app against the manifest of this version."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.app_manifest import Manifest, http_manifest, socket_mode_manifest
from slipway.doctor.context import CONFIG_TOKEN, DoctorContext
from slipway.doctor.finding import Finding, NotChecked, error, ok, skipped

_UPDATE = (
    "At api.slack.com/apps, your app, App Manifest: paste what `slipway manifest` prints (for HTTP with "
    "--http URL), save it, and reinstall the app if Slack asks for it."
)


def check_installed_manifest(context: DoctorContext) -> Iterator[Finding]:
    """Only a configuration token may read the manifest (docs.slack.dev, apps.manifest.export)."""
    token = os.environ.get(CONFIG_TOKEN, "").strip()
    if not token:
        yield skipped(
            "The app's commands, shortcuts and events were not compared with the manifest: a bot's token "
            "cannot read them.",
            f"Set {CONFIG_TOKEN} for this command (api.slack.com/apps, Your App Configuration Tokens; valid "
            "for 12 hours).",
        )
        return
    context.require_slack()
    if not context.app_id:
        raise NotChecked("Slack does not tell the app's id (bots.info, which needs users:read).")
    answer = context.call_slack(token, "apps.manifest.export", app_id=context.app_id)
    if answer.error:
        yield error(
            f"Slack refuses {CONFIG_TOKEN} ({answer.error}).",
            "Such a token is valid for 12 hours, and for the apps of the person who made it: make a new one.",
        )
        return
    if context.uses_http and not context.request_url:
        raise NotChecked("the app runs over HTTP; name its address with --http URL.")
    expected = http_manifest(context.request_url) if context.uses_http else socket_mode_manifest()
    different = list(find_differences(answer.data.get("manifest") or {}, expected))
    if different:
        yield error(f"The installed app differs from the manifest: {'; '.join(different)}.", _UPDATE)
    else:
        yield ok("The installed app has what the manifest of this version has.")


def find_differences(installed: Mapping[str, Any], expected: Manifest) -> Iterator[str]:
    """What matters and is not the same. Names, descriptions and colours may differ. Pure."""
    have, want = _facts(installed), _facts(expected)
    for name, value in want.items():
        found = have.get(name)
        if found is None:
            yield f"{name} is missing"
        elif found != value:
            yield f"{name} is {json.dumps(found)}, and has to be {json.dumps(value)}"


def _facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """By what people call it. What is not set counts as Slack's default, which is off."""
    features, settings = _part(manifest, "features"), _part(manifest, "settings")
    subscriptions, interactivity = (
        _part(settings, "event_subscriptions"),
        _part(settings, "interactivity"),
    )
    home = _part(features, "app_home")
    facts: dict[str, Any] = {}
    for command in features.get("slash_commands") or ():
        name = command.get("command")
        facts[f"the command {name}"] = True
        facts[f"should_escape of {name}"] = bool(command.get("should_escape"))
        facts |= _if_set(f"the address of {name}", command.get("url"))
    for shortcut in features.get("shortcuts") or ():
        facts[f"the {shortcut.get('type')} shortcut {shortcut.get('callback_id')}"] = True
    for scope in _part(_part(manifest, "oauth_config"), "scopes").get("bot") or ():
        facts[f"the scope {scope}"] = True
    for event in subscriptions.get("bot_events") or ():
        facts[f"the event {event}"] = True
    facts["the Home tab"] = bool(home.get("home_tab_enabled"))
    facts["the Messages tab"] = bool(home.get("messages_tab_enabled"))
    facts["Socket Mode"] = bool(settings.get("socket_mode_enabled"))
    facts["interactivity"] = bool(interactivity.get("is_enabled"))
    facts["token rotation"] = bool(settings.get("token_rotation_enabled"))
    facts |= _if_set("the address of events", subscriptions.get("request_url"))
    facts |= _if_set("the address of clicks", interactivity.get("request_url"))
    return facts | _if_set("the address of menus", interactivity.get("message_menu_options_url"))


def _if_set(name: str, value: object) -> dict[str, Any]:
    return {name: value} if value else {}


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name)
    return part if isinstance(part, Mapping) else {}
