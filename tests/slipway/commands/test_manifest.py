from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot.forms.deploy_form import MESSAGE_SHORTCUT, SHORTCUT
from bot.web import EVENTS_PATH
from sandbox.slack.team.app_manifest import read_manifest
from slipway.app_manifest import REQUEST_PATH
from tests.slipway.whole_cli import app

ROOT = Path(__file__).parents[3]


def run_slipway(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def printed_manifest(*arguments: str) -> dict[str, Any]:
    result = run_slipway("manifest", *arguments)
    assert result.exit_code == 0, result.output
    manifest: dict[str, Any] = yaml.safe_load(result.stdout)
    return manifest


def test_the_file_at_the_root_is_what_the_command_prints() -> None:
    assert (ROOT / "manifest.yml").read_text() == run_slipway("manifest").stdout


def test_it_is_printed_where_no_repository_is(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("slipway"), "manifest"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == (ROOT / "manifest.yml").read_text()


def test_socket_mode_asks_for_no_address() -> None:
    manifest = printed_manifest()

    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert "url" not in manifest["features"]["slash_commands"][0]


@pytest.mark.parametrize(
    "address",
    [
        "https://slipway.example.com",
        "https://slipway.example.com/",
        "https://slipway.example.com/slack/events",
    ],
)
def test_over_http_every_way_in_has_the_address(address: str) -> None:
    manifest = printed_manifest("--http", address)
    url = "https://slipway.example.com/slack/events"
    settings = manifest["settings"]

    assert settings["socket_mode_enabled"] is False
    assert [command["url"] for command in manifest["features"]["slash_commands"]] == [url]
    assert settings["event_subscriptions"] == {
        "request_url": url,
        "bot_events": ["app_mention", "app_home_opened"],
    }
    assert settings["interactivity"] == {
        "is_enabled": True,
        "request_url": url,
        "message_menu_options_url": url,
    }


def test_the_address_is_the_one_the_web_process_listens_at() -> None:
    assert EVENTS_PATH == REQUEST_PATH


def test_both_variants_are_the_same_app() -> None:
    socket, http = printed_manifest(), printed_manifest("--http", "http://127.0.0.1:3000/deploys")

    assert http["features"]["slash_commands"][0].pop("url") == "http://127.0.0.1:3000/deploys/slack/events"
    for part in ("display_information", "features", "oauth_config"):
        assert socket[part] == http[part]


@pytest.mark.parametrize(
    "address",
    [
        "http://slipway.example.com",
        "slipway.example.com",
        "https://",
        "https://slipway.example.com/?a=1",
        "https://me:secret@slipway.example.com",
        "https://slipway.example.com/a b",
        "https://slipway.example.com:port",
        "https://[slipway.example.com",
        "",
    ],
)
def test_an_address_that_slack_would_not_send_to_is_refused(address: str) -> None:
    result = run_slipway("manifest", "--http", address)

    assert result.exit_code == 2
    assert "https://slipway.example.com" in result.stderr
    assert result.stdout == ""


def test_it_keeps_within_slacks_limits() -> None:
    """Lengths as in Slack's app manifest reference (docs.slack.dev)."""
    manifest = printed_manifest()
    about = manifest["display_information"]

    assert manifest["_metadata"]["major_version"] == 2
    assert about["name"] == "Slipway"
    assert len(about["description"]) <= 140
    assert 174 <= len(about["long_description"]) <= 4000
    assert manifest["features"]["bot_user"]["display_name"] == "slipway"
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
    for shortcut in manifest["features"]["shortcuts"]:
        assert 0 < len(shortcut["name"]) <= 24
        assert 0 < len(shortcut["description"]) <= 150
        assert 0 < len(shortcut["callback_id"]) <= 255
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == "/deploy"
    assert command["should_escape"] is True
    assert 0 < len(command["description"]) <= 2000
    assert 0 < len(command["usage_hint"]) <= 1000


def test_the_app_may_do_what_it_needs_and_nothing_else() -> None:
    assert printed_manifest()["oauth_config"] == {
        "scopes": {
            "bot": [
                "commands",
                "chat:write",
                "chat:write.public",
                "app_mentions:read",
                "usergroups:read",
                "users:read",
                "channels:read",
                "groups:read",
                "mpim:read",
            ]
        }
    }


@pytest.mark.parametrize("arguments", [(), ("--http", "https://slipway.example.com")])
def test_a_slack_workspace_can_install_either_variant(arguments: tuple[str, ...]) -> None:
    installed = read_manifest(printed_manifest(*arguments))

    assert installed.socket_mode is not bool(arguments)
    assert installed.interactive
    assert installed.home_tab
    assert installed.find_command("/deploy")
    assert [(each.kind, each.callback_id) for each in installed.shortcuts] == [
        ("global", SHORTCUT),
        ("message", MESSAGE_SHORTCUT),
    ]
