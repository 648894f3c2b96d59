"""What refusals say, however Python runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploys import errors
from deploys.errors import SlipwayError

EVERY_ERROR = [
    found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, SlipwayError)
]


def test_a_refusal_has_its_words_where_python_drops_docstrings() -> None:
    say = (
        "from deploys.errors import ImageAlreadyRuns; "
        "print(ImageAlreadyRuns(service='web', tag='1.4.2').message)"
    )
    answers = {
        flags: subprocess.run(
            [sys.executable, *flags, "-c", say], check=True, capture_output=True, text=True
        ).stdout
        for flags in [(), ("-OO",)]
    }
    assert answers[()].startswith("`web` already runs `1.4.2`")
    assert answers[("-OO",)] == answers[()]


def test_every_module_of_errors_is_in_the_list() -> None:
    modules = {error.__module__.rpartition(".")[2] for error in EVERY_ERROR}
    files = {path.stem for path in Path(errors.__file__).parent.glob("*.py")}

    assert modules == files - {"__init__"}


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_every_error_has_words(error: type[SlipwayError]) -> None:
    assert error.sentence.strip()
