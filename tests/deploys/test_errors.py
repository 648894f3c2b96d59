"""What refusals say, however Python runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deploys import errors
from deploys.errors import SlipwayError

EVERY_ERROR = [
    found
    for name in errors.__all__
    if isinstance(found := getattr(errors, name), type) and issubclass(found, SlipwayError)
]


def test_a_refusal_has_its_words_where_python_drops_docstrings() -> None:
    say = "from deploys.errors import ImageAlreadyRuns; print(ImageAlreadyRuns(service='web', tag='1.4.2').message)"
    answers = {
        flags: subprocess.run(
            [sys.executable, *flags, "-c", say], check=True, capture_output=True, text=True
        ).stdout
        for flags in [(), ("-OO",)]
    }
    assert answers[()].startswith("`web` already runs `1.4.2`")
    assert answers[("-OO",)] == answers[()]


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_every_error_has_words(error: type[SlipwayError]) -> None:
    assert error.sentence.strip()
