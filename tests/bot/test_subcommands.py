"""Every subcommand and button: declared once, and everything else follows from the declaration."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bot.commands import SUBCOMMANDS, parse, usage_hint
from bot.grammar import Allowed, ParseError, ParseErrorKind, Subcommand
from deploys.buttons import HANDLERS
from deploys.catalogue.service_names import RESERVED_NAMES
from tests.bot.bot_harness import ALICE, CAROL, DEPLOYS_CHANNEL, GENERAL_CHANNEL, BotHarness

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "SERVICE": "web",
    "TAG": "1.4.2",
    "ID": "q2w3e4r5",
    "SERVICE or id": "web",
    "REASON": "urgent",
    "COUNT": "3",
    "lines": "20",
    "-- COMMAND": "-- ls -l",
}
MAX_FILES = 10
"""Files of the bot that a typed command passes before a worker gets a job (count)."""


def complete(subcommand: Subcommand) -> str:
    """The subcommand with all arguments that it needs."""
    words = [EXAMPLES[each.placeholder] for each in subcommand.arguments if not each.optional]
    return " ".join(filter(None, (subcommand.prefix, *words)))


each_subcommand = pytest.mark.parametrize("subcommand", SUBCOMMANDS.values(), ids=SUBCOMMANDS)


@each_subcommand
def test_it_is_understood_and_no_service_is_called_so(subcommand: Subcommand) -> None:
    assert parse(complete(subcommand)).subcommand == subcommand.name
    assert subcommand.name in RESERVED_NAMES


@each_subcommand
def test_one_word_too_many_names_its_syntax(bot: BotHarness, subcommand: Subcommand) -> None:
    if subcommand.takes_reason or subcommand.takes_command:
        return
    optional = [EXAMPLES.get(each.placeholder, "web") for each in subcommand.arguments if each.optional]

    answer = bot.type(f"/deploy {complete(subcommand)} {' '.join([*optional, 'more'])}")

    assert answer.startswith(f"`{subcommand.name}` takes less than that: `/deploy {subcommand.syntax}`.")


@each_subcommand
def test_without_its_first_argument_it_asks_for_it(subcommand: Subcommand) -> None:
    required = [each for each in subcommand.arguments if not each.optional]
    if not required:
        return
    with pytest.raises(ParseError) as raised:
        parse(subcommand.name)

    expected = ParseErrorKind.EMPTY if subcommand.name == "deploy" else required[0].missing
    assert raised.value.kind is expected


@each_subcommand
def test_the_help_and_the_manifest_show_it(bot: BotHarness, subcommand: Subcommand) -> None:
    assert f"• `/deploy {subcommand.syntax}` {subcommand.help}\n" in bot.type("/deploy help")
    assert subcommand.syntax in usage_hint().split(" | ")


@each_subcommand
def test_who_may_use_it_is_as_declared(bot: BotHarness, subcommand: Subcommand) -> None:
    typed = f"/deploy {complete(subcommand)}"
    # These ask of what they mean, once they know that.
    if "web" not in typed or subcommand.name in ("lock", "unlock", "reject"):
        assert subcommand.allowed in (Allowed.ANYBODY, Allowed.IN_ITS_CHANNELS)
        return

    by_carol = bot.type(typed, by=CAROL)
    elsewhere = bot.type(typed, by=ALICE, channel=GENERAL_CHANNEL)

    assert by_carol.startswith("You may not deploy `web`.") == (subcommand.allowed is Allowed.DEPLOYERS)
    assert by_carol.startswith("You may not roll back `web`.") == (subcommand.allowed is Allowed.ROLLBACKERS)
    assert by_carol.startswith("You may not scale `web`.") == (subcommand.allowed is Allowed.SCALERS)
    runs = "You may not run commands in `web`."
    assert by_carol.startswith(runs) == elsewhere.startswith(runs) == (subcommand.allowed is Allowed.RUNNERS)
    refused = elsewhere.startswith(
        ("`web` may not be deployed from this channel", "`web` cannot be asked about in this channel")
    )
    assert refused == (
        subcommand.allowed
        in (Allowed.DEPLOYERS, Allowed.ROLLBACKERS, Allowed.SCALERS, Allowed.IN_ITS_CHANNELS)
    )
    assert bot.context.store.active() == []


def test_each_button_is_one_file() -> None:
    files = [sys.modules[handle.__module__].__file__ for handle in HANDLERS.values()]

    assert len(set(files)) == len(files)
    answered_by_the_bot = str(ROOT / "deploys/buttons/open_form.py")
    assert {answered_by_the_bot, *map(str, files)} == {
        str(file)
        for file in (ROOT / "deploys/buttons").glob("*.py")
        if file.name not in ("__init__.py", "button.py", "choices.py", "deploy_names.py", "repeat_request.py")
    }


def test_a_typed_command_passes_few_files_before_a_worker_gets_a_job(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: set[str] = set()
    payload = bot.command_payload("/deploy web 1.4.2 fixes the login", by=ALICE, channel=DEPLOYS_CHANNEL)

    def note(frame: FrameType, event: str, arg: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(ROOT / "bot"):
            passed.add(str(file.relative_to(ROOT)))

    def stop(deploy_id: str) -> None:
        sys.setprofile(None)
        raise KeyboardInterrupt

    monkeypatch.setattr(bot.context.jobs, "advance", stop)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        with pytest.raises(KeyboardInterrupt):
            bot.send_form(payload)
    finally:
        sys.setprofile(before)

    assert "bot/commands/deploy.py" in passed
    assert len(passed) <= MAX_FILES, "\n".join(sorted(passed))
