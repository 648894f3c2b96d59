"""docs/security.md names for every threat a test that exists and has tests in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
THREATS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (ROOT / "docs" / "security.md").read_text().partition("## Threats")[2].splitlines()
    if line.startswith("| ") and "shown by" not in line and "---" not in line
]


def test_there_are_threats() -> None:
    assert len(THREATS) > 15


@pytest.mark.parametrize(("threat", "defence", "shown_by"), THREATS, ids=[each[0][:50] for each in THREATS])
def test_every_threat_has_a_test_that_exists(threat: str, defence: str, shown_by: str) -> None:
    files = re.findall(r"`(tests/[\w/]+\.py)`", shown_by)

    assert defence
    assert files
    for file in files:
        assert "\ndef test_" in (ROOT / file).read_text(), file
