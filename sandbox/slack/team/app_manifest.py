"""An app's manifest: its name, its scopes and where it receives requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, if PyYAML was built with it: ten times as fast."""


class ManifestError(ValueError):
    """The manifest cannot be installed; the text names the part and what is allowed."""


@dataclass(frozen=True)
class SlashCommand:
    command: str
    description: str
    usage_hint: str
    should_escape: bool
    url: str | None


@dataclass(frozen=True)
class AppShortcut:
    name: str
    callback_id: str
    kind: str  # "global" or "message"
    description: str


@dataclass(frozen=True)
class AppManifest:
    name: str
    bot_name: str
    scopes: tuple[str, ...]
    commands: tuple[SlashCommand, ...]
    shortcuts: tuple[AppShortcut, ...]
    events: frozenset[str]
    events_url: str | None
    interactive: bool
    interactivity_url: str | None
    options_url: str | None
    socket_mode: bool
    home_tab: bool
    messages_tab: bool
    content: Mapping[str, Any]
    """All of it, as it was given."""

    def find_command(self, name: str) -> SlashCommand | None:
        return next((known for known in self.commands if known.command == name), None)

    def find_shortcut(self, callback_id: str) -> AppShortcut | None:
        return next((known for known in self.shortcuts if known.callback_id == callback_id), None)


def read_manifest(source: Path | Mapping[str, Any]) -> AppManifest:
    """Reads a manifest from a YAML or JSON file, or from its content.

    Raises:
        ManifestError: the file cannot be read, or a part of it cannot be installed.
    """
    if not isinstance(source, Path):
        return _parse_manifest(source)
    try:
        content = yaml.load(source.read_text(encoding="utf-8"), Loader=_YAML_LOADER)
    except OSError as problem:
        raise ManifestError(f"The manifest {source} cannot be read: {problem.strerror}.") from problem
    except yaml.YAMLError as problem:
        raise ManifestError(f"The manifest {source} is not YAML: {problem}") from problem
    if not isinstance(content, Mapping):
        raise ManifestError(f"The manifest {source} is not a mapping; see docs.slack.dev/app-manifests.")
    return _parse_manifest(content)


def _parse_manifest(content: Mapping[str, Any]) -> AppManifest:
    name = _mapping_part(content, "display_information").get("name")
    if not name:
        raise ManifestError("display_information.name is missing: the app needs a name.")
    features, settings = _mapping_part(content, "features"), _mapping_part(content, "settings")
    bot_user, home = _mapping_part(features, "bot_user"), _mapping_part(features, "app_home")
    subscriptions = _mapping_part(settings, "event_subscriptions")
    interactivity = _mapping_part(settings, "interactivity")
    manifest = AppManifest(
        name=str(name),
        bot_name=str(bot_user.get("display_name") or name).lower(),
        scopes=tuple(_mapping_part(_mapping_part(content, "oauth_config"), "scopes").get("bot") or ()),
        commands=tuple(_parse_command(entry) for entry in features.get("slash_commands") or ()),
        shortcuts=tuple(_parse_shortcut(entry) for entry in features.get("shortcuts") or ()),
        events=frozenset(subscriptions.get("bot_events") or ()),
        events_url=subscriptions.get("request_url"),
        interactive=bool(interactivity.get("is_enabled", False)),
        interactivity_url=interactivity.get("request_url"),
        options_url=interactivity.get("message_menu_options_url"),
        socket_mode=bool(settings.get("socket_mode_enabled", False)),
        home_tab=bool(home.get("home_tab_enabled", False)),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        content=content,
    )
    _check_urls(manifest)
    return manifest


def _mapping_part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name) or {}
    if not isinstance(part, Mapping):
        raise ManifestError(f"{name} must be a mapping, not {type(part).__name__}.")
    return part


def _parse_command(entry: Mapping[str, Any]) -> SlashCommand:
    command = str(entry.get("command") or "")
    if not command.startswith("/") or len(command) < 2 or " " in command:
        raise ManifestError(
            f"features.slash_commands: {command!r} must be a slash and one word, as in /deploy."
        )
    return SlashCommand(
        command=command,
        description=str(entry.get("description") or ""),
        usage_hint=str(entry.get("usage_hint") or ""),
        should_escape=bool(entry.get("should_escape", False)),
        url=entry.get("url"),
    )


def _parse_shortcut(entry: Mapping[str, Any]) -> AppShortcut:
    kind = entry.get("type")
    if kind not in ("global", "message") or not entry.get("callback_id"):
        raise ManifestError("features.shortcuts: each needs a callback_id and the type global or message.")
    return AppShortcut(
        str(entry.get("name") or ""),
        str(entry["callback_id"]),
        str(kind),
        str(entry.get("description") or ""),
    )


def _check_urls(manifest: AppManifest) -> None:
    if manifest.socket_mode:
        return
    for command in manifest.commands:
        if not command.url:
            raise ManifestError(f"{command.command} has no url, and settings.socket_mode_enabled is off.")
    if manifest.events and not manifest.events_url:
        raise ManifestError(
            "settings.event_subscriptions has no request_url, and settings.socket_mode_enabled is off."
        )
    if manifest.interactive and not manifest.interactivity_url:
        raise ManifestError(
            "settings.interactivity has no request_url, and settings.socket_mode_enabled is off."
        )
