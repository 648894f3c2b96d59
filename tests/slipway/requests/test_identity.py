"""Who asks on the command line, and how a token is kept."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from deploys.catalogue.command_line_keys import CommandLine
from deploys.redaction import redact
from slipway.requests import exit_codes
from slipway.requests.identity import hash_token, machine_user
from slipway.requests.settings import CommandLineSettings
from tests.slipway.requests.terminal import (
    ALICE,
    BOB,
    BOBS_TOKEN,
    MACHINE_USER,
    TerminalHarness,
    services_yml,
)
from tests.slipway.whole_cli import app


def test_without_the_key_nobody_may_ask(terminal: TerminalHarness) -> None:
    services = services_yml()
    del services["command_line"]
    terminal.write(services)

    result = terminal.type("deploy", "web", "1.4.2")

    assert (result.exit_code, result.stderr) == (
        exit_codes.REFUSED,
        "Nobody may ask on the command line: `services.yml` has no `command_line`. To let "
        f"`{MACHINE_USER}`, write `command_line: {{users: {{{MACHINE_USER}: THEIR_SLACK_USER_ID}}}}` "
        f"there.\n",
    )
    assert terminal.store.active() == []


def test_a_user_who_is_not_named_is_refused_and_the_audit_has_it(terminal: TerminalHarness) -> None:
    terminal.write(services_yml(users={"somebody": ALICE}))

    result = terminal.type("deploy", "web", "1.4.2")

    assert (result.exit_code, result.stderr) == (
        exit_codes.REFUSED,
        f"You are `{MACHINE_USER}` on this machine, and `services.yml` does not say who that is in Slack. "
        f"The people who may edit it can name you: `command_line: {{users: {{{MACHINE_USER}: "
        f"YOUR_SLACK_USER_ID}}}}`. "
        "With a token, set SLIPWAY_TOKEN_FILE.\n",
    )
    entry = terminal.last_entry()
    assert (entry["what"], entry["who"], entry["verb"]) == ("refused", f"user/{MACHINE_USER}", "deploy")


def test_no_variable_of_the_environment_makes_somebody_else_of_a_user(terminal: TerminalHarness) -> None:
    terminal.write(services_yml(users={"carol": ALICE}))

    result = terminal.type(
        "deploy", "web", "1.4.2", USER="carol", LOGNAME="carol", SUDO_USER="carol", HOME="/home/carol"
    )

    assert result.exit_code == exit_codes.REFUSED
    assert terminal.store.active() == []


@pytest.mark.parametrize(
    ("sudo_user", "environ", "user"),
    [
        ("", {}, MACHINE_USER),
        ("", {"SUDO_USER": "carol"}, MACHINE_USER),
        ("another", {"SUDO_USER": "carol"}, MACHINE_USER),
        (MACHINE_USER, {"SUDO_USER": "carol"}, "carol"),
        (MACHINE_USER, {}, MACHINE_USER),
    ],
)
def test_sudo_counts_only_for_the_user_that_services_yml_names(
    sudo_user: str, environ: dict[str, str], user: str
) -> None:
    assert machine_user(sudo_user, environ) == user


def test_a_token_says_who_asks_and_its_name_is_in_the_audit(terminal: TerminalHarness) -> None:
    services = services_yml()
    services["defaults"]["deployers"] = [ALICE, BOB]
    terminal.write(services)

    assert terminal.as_bob("deploy", "web", "1.4.2").exit_code == 0

    request = terminal.only_deploy().request
    assert (request.requester, request.command_line) == (BOB, "token/bob")
    assert terminal.last_entry()["source"] == "command line (token/bob)"


def test_a_wrong_token_counts_for_nobody_and_is_not_shown(terminal: TerminalHarness) -> None:
    result = terminal.type("deploy", "web", "1.4.2", SLIPWAY_TOKEN="slipway_a-wrong-token")

    assert (result.exit_code, result.output) == (
        exit_codes.REFUSED,
        "The token in SLIPWAY_TOKEN is none of those in `services.yml` (`command_line.tokens`), "
        "which has their "
        "SHA-256. `slipway token NAME --user ID` makes a new one.\n",
    )
    assert terminal.store.active() == []
    assert "a-wrong-token" not in str(terminal.last_entry())


@pytest.mark.parametrize("given", ["SLIPWAY_TOKEN", "SLIPWAY_TOKEN_FILE"])
def test_a_token_never_gets_into_a_text_of_slipway(terminal: TerminalHarness, given: str) -> None:
    token = secrets.token_urlsafe(32)
    file = Path("carol.token")
    file.touch(mode=0o600)
    file.write_text(token)
    terminal.write(services_yml(tokens={"carol": {"user": ALICE, "sha256": hash_token(token)}}))

    result = terminal.type(
        "lock",
        "web",
        "--reason",
        f"{token} it is",
        **{given: token if given == "SLIPWAY_TOKEN" else str(file)},
    )

    assert result.exit_code == 0
    assert token not in result.output
    assert token not in redact(f"a log line with {token}")
    assert token not in repr(CommandLineSettings(redis_url="redis://x", slipway_token=token))
    assert token not in str(terminal.last_entry())


@pytest.mark.parametrize(
    ("mode", "text", "refusal"),
    [
        (0o600, BOBS_TOKEN, ""),
        (0o400, f"{BOBS_TOKEN}\n", ""),
        (0o640, BOBS_TOKEN, "may be read by others; write `chmod 600 FILE`"),
        (0o604, BOBS_TOKEN, "may be read by others; write `chmod 600 FILE`"),
        (0o600, "", "is empty"),
        (0o600, "\udcff", "is not text"),
        (None, "", "cannot be read (No such file or directory)"),
    ],
)
def test_a_file_with_a_token_counts_if_only_its_owner_may_read_it(
    terminal: TerminalHarness, tmp_path: Path, mode: int | None, text: str, refusal: str
) -> None:
    file = tmp_path / "bob.token"
    if mode is not None:
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        file.chmod(mode)

    result = terminal.type("locks", SLIPWAY_TOKEN_FILE=str(file))

    expected = f"The token was not read: SLIPWAY_TOKEN_FILE (FILE) {refusal}.\n" if refusal else ""
    assert result.stderr.replace(str(file), "FILE") == expected
    assert result.exit_code == (exit_codes.REFUSED if refusal else 0)


def make_token(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["token", *words])
    return result.exit_code, result.output


def test_a_new_token_is_in_a_file_and_its_hash_fits_services_yml(terminal: TerminalHarness) -> None:
    code, printed = make_token("ci", "--user", BOB)

    file = Path("ci.token")
    token = file.read_text().strip()
    assert code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(token) > 43
    assert token not in printed
    head, _, snippet = printed.partition("\n\n")
    assert head == "The token is in ci.token, which only you can read. In services.yml:"
    lines = yaml.safe_load(snippet)["command_line"]
    assert lines == {"tokens": {"ci": {"user": BOB, "sha256": hash_token(token)}}}
    terminal.write(services_yml(tokens=lines["tokens"]))
    assert terminal.type("locks", SLIPWAY_TOKEN_FILE="ci.token").exit_code == 0


def test_a_token_file_that_is_there_is_not_overwritten(terminal: TerminalHarness) -> None:
    make_token("ci", "--user", BOB)
    before = Path("ci.token").read_text()

    assert make_token("ci", "--user", BOB) == (2, "ci.token cannot be written (File exists).\n")
    assert Path("ci.token").read_text() == before


def test_two_tokens_differ(terminal: TerminalHarness) -> None:
    make_token("one", "--user", BOB)
    make_token("two", "--user", BOB)

    assert Path("one.token").read_text() != Path("two.token").read_text()


def test_before_a_bot_has_started_nothing_can_be_asked(terminal: TerminalHarness) -> None:
    terminal.redis.flushall()

    result = terminal.type("locks")

    assert (result.exit_code, result.stderr) == (
        exit_codes.COULD_NOT_ASK,
        "Slipway does not know its Slack workspace yet, since no bot has started with this Redis. "
        "Start `bot` "
        "or `web` once, with REDIS_URL as it is here.\n",
    )


def test_without_redis_it_says_so(terminal: TerminalHarness) -> None:
    result = terminal.type("locks", REDIS_URL="redis://127.0.0.1:9/0")

    assert result.exit_code == exit_codes.COULD_NOT_ASK
    assert result.stderr.startswith("Redis does not answer at REDIS_URL (")


def test_an_identity_that_is_not_named_any_more_is_nobody() -> None:
    command_line = CommandLine.model_validate(
        {"users": {"alice": ALICE}, "tokens": {"ci": {"user": BOB, "sha256": "0" * 64}}}
    )

    found = [
        command_line.slack_user(each) for each in ("user/alice", "token/ci", "user/ci", "token/alice", "")
    ]

    assert found == [ALICE, BOB, None, None, None]
