"""Each broken installation: what is wrong is found and named, with what to do, and nothing else is.

reports.txt has what people read of each, without the lines that are ok.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.slipway.doctor import broken_setups
from tests.slipway.doctor.conftest import Setup

REPORTS = Path(__file__).with_name("reports.txt")
BROKEN: dict[str, Callable[[Setup], Iterator[None]]] = {
    name: break_it
    for name, break_it in vars(broken_setups).items()
    if inspect.isgeneratorfunction(break_it) and break_it.__module__ == broken_setups.__name__
}
VARYING = {
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"uses \d+ MB, [\d,]+%": "uses N MB, N%",
    r"\b(59|60|399|400)(\.\d+)? s\b": "N s",
}
"""What differs from run to run."""


def expected_reports() -> dict[str, str]:
    parts = re.split(r"^## (\w+)\n", REPORTS.read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], (each.strip() for each in parts[1::2]), strict=True))


def what_is_not_ok(output: str) -> str:
    *lines, _, _summary = output.rstrip().split("\n")
    found = re.split(r"\n(?=\S)", "\n".join(lines))
    text = "\n".join(each for each in found if not each.startswith("ok "))
    for pattern, name in VARYING.items():
        text = re.sub(pattern, name, text)
    return text


def test_there_is_a_report_of_each() -> None:
    assert list(expected_reports()) == list(BROKEN)
    assert len(BROKEN) >= 20


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found_and_named(healthy: Setup, name: str) -> None:
    with contextmanager(BROKEN[name])(healthy):
        result = healthy.run()

    assert what_is_not_ok(result.stdout) == expected_reports()[name]
    assert result.exit_code == (1 if "error " in result.stdout.split("\n\n")[0] else 0)
    assert result.stderr == ""
