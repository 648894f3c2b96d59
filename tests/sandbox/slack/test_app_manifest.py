"""Manifests that can be installed, and the errors of those that cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.slack import SlackSandbox
from sandbox.slack.team.app_manifest import ManifestError, read_manifest
from tests.sandbox.slack.manifests import build_manifest


def test_a_manifest_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(build_manifest()))

    with SlackSandbox(path) as slack:
        assert slack.workspace()["app"]["name"] == "Slipway"
        assert slack.health()["mode"] == "socket"
    assert read_manifest(path) == read_manifest(build_manifest())


def test_a_manifest_with_addresses_is_served_over_http() -> None:
    with SlackSandbox(build_manifest(url="http://127.0.0.1:9/slack/events")) as slack:
        assert slack.health() == {"ok": True, "mode": "http", "connections": 0}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"display_information": {}}, "display_information.name is missing"),
        ({"features": []}, None),
        ({"features": ["x"]}, "features must be a mapping, not list"),
        ({"features": {"slash_commands": [{"command": "deploy"}]}}, "'deploy' must be a slash and one word"),
        ({"features": {"slash_commands": [{"command": "/two words"}]}}, "must be a slash and one word"),
        (
            {"features": {"shortcuts": [{"type": "sideways", "callback_id": "x"}]}},
            "the type global or message",
        ),
        ({"settings": {}}, "/deploy has no url, and settings.socket_mode_enabled is off"),
        (
            {"features": {}, "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}}},
            "no request_url",
        ),
        (
            {"features": {}, "settings": {"interactivity": {"is_enabled": True}}},
            "interactivity has no request_url",
        ),
    ],
)
def test_a_manifest_that_cannot_be_installed_says_why(change: dict[str, Any], problem: str | None) -> None:
    changed = {**build_manifest(), **change}
    if problem is None:
        assert read_manifest(changed).commands == ()
        return
    with pytest.raises(ManifestError) as caught:
        read_manifest(changed)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), ("{", "is not YAML"), ("- a\n- b", "is not a mapping")]
)
def test_a_file_that_is_no_manifest_says_why(tmp_path: Path, content: str | None, problem: str) -> None:
    path = tmp_path / "manifest.yml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    assert problem in str(caught.value)
    assert str(path) in str(caught.value)
