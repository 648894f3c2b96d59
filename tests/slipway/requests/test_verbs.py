"""Everything that can be typed in Slack is a command here, made from its declaration."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import SUBCOMMANDS
from bot.grammar import REASON, SERVICE, Allowed, Subcommand
from bot.private_reply import PrivateReply
from slipway.requests import verbs
from tests.slipway.requests.terminal import TerminalHarness
from tests.slipway.whole_cli import app

STARTS_DEPLOYS = {"deploy", "restart", "rollback", "override", "follow", "scale", "run"}
TAKES_A_REASON = {
    each.name for each in SUBCOMMANDS.values() if each.syntax.lower().endswith(("reason", "reason]"))
}


def help_of(*words: str, of: typer.Typer = app) -> str:
    result = CliRunner().invoke(of, [*words, "--help"], env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.replace("│", " ").split())


def command_names() -> list[str]:
    names = [each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands]
    return [str(each) for each in names]


def test_there_is_a_command_for_each_and_no_two_have_one_name() -> None:
    names = command_names()

    assert len(set(names)) == len(names)
    assert set(names) >= SUBCOMMANDS.keys() - {"help"}


@pytest.mark.parametrize("name", sorted(SUBCOMMANDS.keys() - {"help"}))
def test_its_help_has_its_words_and_the_options_that_do_something(name: str) -> None:
    subcommand, shown = SUBCOMMANDS[name], help_of(name)

    arguments = " ".join(each.shown for each in subcommand.arguments)
    usage = f"Usage: root {subcommand.name} [OPTIONS] {arguments}".strip()
    assert shown.startswith(usage), shown
    first = subcommand.help.replace("`", "")
    assert first[1:].split(",")[0] in shown
    assert ("--wait" in shown) is ("--timeout" in shown) is (subcommand.name in STARTS_DEPLOYS)
    assert ("--reason" in shown) is (subcommand.name in TAKES_A_REASON)
    assert f"In Slack: /deploy {subcommand.syntax}" in shown


def test_a_new_one_is_on_the_command_line_by_itself(
    terminal: TerminalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Subcommand(
        name="ping",
        arguments=(SERVICE, REASON),
        help="says what it was told",
        allowed=Allowed.IN_ITS_CHANNELS,
        run=lambda command, request, context: PrivateReply(
            f"{command.service} for <@{request.user}> in <#{request.channel}>: {command.reason}"
        ),
        is_query=True,
    )
    everything: Any = {**SUBCOMMANDS, "ping": new}
    for module in (
        "bot.commands",
        "slipway.requests.verbs",
        "slipway.requests.running",
        "slipway.requests.place",
    ):
        monkeypatch.setattr(f"{module}.SUBCOMMANDS", everything)
    grown = typer.Typer()
    verbs.add_to(grown)
    monkeypatch.setattr("tests.slipway.requests.terminal.app", grown)

    result = terminal.type("ping", "web", "--reason", "hello there")

    assert result.stdout.endswith("in #C01DEPLOYS: hello there\n"), result.output
    assert "Says what it was told." in help_of("ping", of=grown)


def test_without_words_the_help_is_shown(terminal: TerminalHarness) -> None:
    result = terminal.type("rollback")

    assert result.exit_code == 2
    assert "rollback [OPTIONS] SERVICE [TAG or deploy id]" in result.stdout
