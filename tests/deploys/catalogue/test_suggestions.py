from __future__ import annotations

import pytest

from deploys.catalogue.suggestions import did_you_mean, nearest_names

NAMES = ("web", "web-admin", "api", "ledger", "billing")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("wbe", ["web"]),
        ("WEB", ["web", "web-admin"]),
        ("web_admin", ["web-admin", "web"]),
        ("leger", ["ledger"]),
        ("bill", ["billing"]),
        ("shop", []),
        ("", []),
    ],
)
def test_the_nearest_names_come_first(word: str, expected: list[str]) -> None:
    assert nearest_names(word, NAMES, count=3) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("stauts", "status"),
        ("sttas", "stats"),
        ("statu", "status"),
        ("statss", "stats"),
        ("statsu", "status"),
    ],
)
def test_two_letters_that_changed_places_say_more_than_one_that_is_missing(word: str, expected: str) -> None:
    assert nearest_names(word, ("stats", "status")) == [expected]


def test_a_question_is_asked_only_when_a_name_is_near() -> None:
    assert did_you_mean("biling", NAMES) == " Did you mean `billing`?"
    assert did_you_mean("xyz", NAMES) == ""
