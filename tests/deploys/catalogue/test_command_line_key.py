"""`command_line`: who may ask on the command line."""

from __future__ import annotations

import pytest

from tests.deploys.catalogue.services_yml import check_yaml, list_problems

SERVICES = """\
services:
  web: {cluster: production, region: eu-west-1}
"""
HASH = "0123456789abcdef" * 4


def test_it_names_users_and_tokens() -> None:
    found = check_yaml(
        SERVICES + "command_line:\n"
        "  users: {alice: U01ALICE00, 'CORP\\\\bob': W02BOB0000}\n"
        f"  tokens: {{ci: {{user: U05CI00000, sha256: {HASH}}}}}\n"
        "  sudo_user: slipway\n"
        "  channel: C01DEPLOYS\n"
        "  slack_answers_last: 12h\n"
    )

    assert found.problems == ()
    named = found.command_line
    assert named.users["alice"] == "U01ALICE00"
    assert (named.tokens["ci"].user, named.tokens["ci"].sha256) == ("U05CI00000", HASH)
    assert (named.sudo_user, named.channel, named.slack_answers_last) == ("slipway", "C01DEPLOYS", 43_200)
    assert named.people == {"U01ALICE00", "W02BOB0000", "U05CI00000"}


@pytest.mark.parametrize(
    "written", ["", "command_line:\n", "command_line: {}\n", "command_line: {users: }\n"]
)
def test_without_anybody_named_nobody_may_ask(written: str) -> None:
    found = check_yaml(SERVICES + written)

    assert found.problems == ()
    assert found.command_line.people == frozenset()
    assert found.command_line.slack_answers_last == 300


WRONG = [
    (
        "users: {a b: U01ALICE00}",
        "3:23: command_line.users: `a b` cannot be a name: it has blanks or a colon, or more than 64 "
        "characters.",
    ),
    (
        "users: {alice: S01DEPLOYERS}",
        "3:31: command_line.users.alice: `S01DEPLOYERS` is a user group's id. Write a user id (U… or W…; in "
        "Slack: their profile, then ⋮, then Copy member ID).",
    ),
    (
        "users: [alice]",
        "3:23: command_line.users: this is a list; write the machine's users, each with a Slack user id, "
        "indented below it.",
    ),
    ("tokens: {ci: {user: U05CI00000}}", "3:25: command_line.tokens.ci.sha256: missing; for example"),
    (
        "tokens: {ci: {user: U05CI00000, sha256: slipway_token}}",
        "3:56: command_line.tokens.ci.sha256: this is not a SHA-256 of 64 hexadecimal digits. `slipway "
        "token NAME` makes a token and its hash.",
    ),
    (
        "slack_answers_last: 1m",
        "3:36: command_line.slack_answers_last: `1m` is out of range;",
    ),
    (
        "slack_answers_last: 8d",
        "3:36: command_line.slack_answers_last: `8d` is out of range;",
    ),
    ("user: {}", "3:16: command_line.user: there is no such key. Did you mean `users`?"),
    ("sudo_user: a b", "3:27: command_line.sudo_user: `a b` cannot be a name"),
]


@pytest.mark.parametrize(("written", "problem"), WRONG)
def test_what_is_wrong_is_named_with_its_position(written: str, problem: str) -> None:
    [found] = list_problems(SERVICES + f"command_line: {{{written}}}\n")

    assert found.startswith(problem)
