"""The values of environment variables are hidden in what AWS says, and names that everybody sees are not."""

from __future__ import annotations

import pytest

from deploys.environment_values import UNREADABLE, hide_known_values, note_variables, values_hidden
from deploys.quoting import quote_code, quoted

VARIABLES = [
    ("BANNER", "blue harbour"),
    ("APP_ENV", "production"),
    ("DB_PASSWORD", "production"),
    ("LEVEL", "info"),
    ("ACCOUNT", "123456789012"),
    ("DB_URL", "postgres://app:hunter2@db/shop"),
]


@pytest.mark.parametrize(
    ("variables", "text", "shown"),
    [
        (VARIABLES[:1], "exec: blue harbour: not found", "exec: [value of BANNER]: not found"),
        (VARIABLES[:1], "blue harbours", "blue harbours"),
        (VARIABLES[1:2], "cluster production", "cluster production"),
        (VARIABLES[1:3], "cluster production", "cluster [value of DB_PASSWORD]"),
        (VARIABLES[3:5], "info of 123456789012", "info of 123456789012"),
        (VARIABLES[5:], "cannot reach postgres://app:[redacted]@db/shop", "cannot reach [value of DB_URL]"),
    ],
)
def test_a_value_that_says_something_is_named_instead(
    variables: list[tuple[str, str]], text: str, shown: str
) -> None:
    with values_hidden(names=("production",)):
        note_variables(variables)

        assert hide_known_values(text) == shown
        assert quote_code(text) == f"`{shown}`"


def test_a_quote_is_cut_after_its_values_are_hidden() -> None:
    with values_hidden():
        note_variables([("BANNER", "blue harbour seven")])

        assert quoted("it is blue harbour seven", limit=14) == "it is [value …"


def test_values_are_read_once_and_only_for_a_quote() -> None:
    reads: list[str] = []

    def read() -> bool:
        reads.append("read")
        assert quoted("blue harbour: AccessDenied") == "blue harbour: AccessDenied", "an error of the read"
        note_variables(VARIABLES[:1])
        return True

    with values_hidden(read):
        assert quoted("") == ""
        assert quoted("blue harbour", read=False) == "blue harbour"
        assert reads == []
        assert [quoted("blue harbour"), quoted("blue harbour")] == ["[value of BANNER]"] * 2
        assert quoted("blue harbour", read=False) == "[value of BANNER]"
    assert reads == ["read"]


def test_nothing_is_quoted_if_the_values_cannot_be_read() -> None:
    with values_hidden(lambda: False):
        assert quoted("blue harbour") == UNREADABLE
        assert quoted("Rate exceeded", read=False) == "Rate exceeded"


def test_nothing_is_remembered_after_the_block() -> None:
    with values_hidden():
        note_variables(VARIABLES)
    note_variables(VARIABLES)

    assert hide_known_values("blue harbour") == "blue harbour"
