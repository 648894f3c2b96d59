"""The `slipway` command as a whole: which commands there are, and what it loads for one of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bot.commands import SUBCOMMANDS
from slipway.cli import OWN_COMMANDS, build_app
from tests.slipway.whole_cli import app

NAMES = [str(each.name) for each in app.registered_commands]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_there_when_it_is_asked_for(name: str) -> None:
    assert name in {each.name for each in build_app([name, "--help"]).registered_commands}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["no-such-command"], ["-h", "deploy"]])
def test_what_may_mean_any_command_has_all_of_them(arguments: list[str]) -> None:
    names = {each.name for each in build_app(arguments).registered_commands}

    assert names == {*OWN_COMMANDS, *SUBCOMMANDS, "approve", "continue", "press", "wait"} - {"help"}


@pytest.mark.parametrize(
    ("name", "unused"),
    [
        ("schema", ["boto3", "slack_bolt", "bot.commands", "slipway.doctor"]),
        ("check", ["boto3", "slack_bolt", "bot.commands", "slipway.doctor"]),
        ("audit", ["boto3", "slack_bolt", "bot.commands", "slipway.doctor"]),
        ("deploy", ["boto3", "slipway.doctor", "slipway.commands"]),
        ("wait", ["boto3", "slipway.doctor", "slipway.commands"]),
    ],
)
def test_what_other_commands_need_is_not_loaded(name: str, unused: list[str]) -> None:
    program = (
        f"import sys; from slipway.cli import build_app; build_app([{name!r}]); "
        f"print([each for each in {unused!r} if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_help_shows_no_flag_as_if_it_took_a_value(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "120"}).stdout
    flags = [line for line in shown.splitlines() if "<bool>" in line and "--help" not in line]

    assert flags == []
