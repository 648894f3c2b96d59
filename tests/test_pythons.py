"""`make test-pythons`: which versions of Python are tried, and what is said of those that are not here."""

from __future__ import annotations

import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / ".ci" / "pythons.py"))


def make_interpreter(path: Path, version: str) -> Path:
    """A program that answers what an interpreter of this version answers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_every_promised_version_is_tried_from_the_oldest_that_is_allowed(script: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = script["promised_versions"]()

    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={versions[0]}"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in versions


def test_an_interpreter_is_found_in_path_of_pyenv_and_of_uv(script: dict[str, Any], tmp_path: Path) -> None:
    find = script["find_interpreter"]
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    uv = make_interpreter(tmp_path / ".local/share/uv/python/cpython-3.12.4-linux/bin/python3.12", "3.12")
    assert find("3.12", environ) == uv

    pyenv = make_interpreter(tmp_path / ".pyenv/versions/3.12.1/bin/python3.12", "3.12")
    assert find("3.12", environ) == pyenv

    make_interpreter(tmp_path / "bin/python3.12", "pyenv: python3.12: command not found")
    assert find("3.12", environ) == pyenv, "a shim that starts nothing is none"

    in_path = make_interpreter(tmp_path / "bin/python3.12", "3.12")
    assert find("3.12", environ) == in_path
    assert find("3.13", environ) is None


def test_it_says_which_version_was_not_tested_and_fails_if_one_failed(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = script["main"].__globals__
    names["find_interpreter"] = lambda version, environ: (
        None if version == "3.13" else Path(f"/python{version}")
    )
    names["run_tests"] = lambda version, interpreter, part: version != "3.12"

    assert script["main"](()) == 1
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "Python 3.11: passed",
        "Python 3.12: FAILED",
        "Python 3.13: NOT tested: no interpreter was found in PATH, or among those of pyenv and uv",
        "Python 3.14: passed",
    ]

    names["run_tests"] = lambda version, interpreter, part: True
    assert script["main"](()) == 0


def test_every_file_of_the_part_is_there(script: dict[str, Any]) -> None:
    assert [each for each in script["PART"] if not (ROOT / each).exists()] == []
