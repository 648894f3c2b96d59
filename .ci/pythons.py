"""Runs a part of the tests with each version of Python that pyproject.toml promises, if this machine has it.

`make test-pythons`. It looks in PATH, among pyenv's versions and uv's. Each version gets an environment in
build/pythons/, from the lock file. It says which versions were not found, and exits with 1 if a test failed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / "build" / "pythons"
PART = (
    "tests/deploys/records",
    "tests/deploys/catalogue",
    "tests/deploys/stores",
    "tests/bot/test_deploy.py",
    "tests/bot/test_socket_mode.py",
    "tests/workers/jobs",
    "tests/workers/test_rq_worker.py",
    "tests/workers/flows/rollout",
    "tests/slipway/commands",
    "tests/scenarios/test_rolling.py",
)
"""What a version of Python can break: records, settings, threads, forks, signals, the processes together."""


def promised_versions() -> list[str]:
    """The versions of the classifiers, such as 3.11."""
    text = (ROOT / "pyproject.toml").read_text()
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)


def find_interpreter(version: str, environ: Mapping[str, str]) -> Path | None:
    """An interpreter of this version, or None."""
    in_path = shutil.which(f"python{version}", path=environ.get("PATH"))
    candidates = [Path(in_path)] if in_path else []
    home = Path(environ.get("HOME", "/nowhere"))
    for folder in (
        Path(environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python")),
    ):
        candidates += sorted(folder.glob(f"*/bin/python{version}"), reverse=True)
    return next((each for each in candidates if _runs(each, version)), None)


def _runs(interpreter: Path, version: str) -> bool:
    """Whether it starts, which a shim of pyenv does not if its version is not chosen, and has `venv`."""
    program = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    command = [interpreter, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() == version


def run_tests(version: str, interpreter: Path, part: tuple[str, ...]) -> bool:
    """Makes the environment unless it is up to date, and runs the tests in it."""
    folder = ENVIRONMENTS / version
    lock = ROOT / "requirements.lock"
    ready = folder / "ready"
    if not ready.exists() or ready.stat().st_mtime < lock.stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([interpreter, "-m", "venv", folder], check=True)
        subprocess.run([*pip, "--require-hashes", "--requirement", lock], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT], check=True)
        ready.touch()
    command = [folder / "bin/python", "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", *part]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main(part: tuple[str, ...]) -> int:
    """Says for each version how it went."""
    results = {}
    for version in promised_versions():
        interpreter = find_interpreter(version, os.environ)
        if interpreter is None:
            results[version] = "NOT tested: no interpreter was found in PATH, or among those of pyenv and uv"
            continue
        sys.stdout.write(f"Python {version}: {interpreter}\n")
        sys.stdout.flush()
        try:
            passed = run_tests(version, interpreter, part)
        except subprocess.CalledProcessError as error:
            sys.stdout.write(f"{error}\n")
            passed = False
        results[version] = "passed" if passed else "FAILED"
    sys.stdout.writelines(f"Python {version}: {result}\n" for version, result in results.items())
    return int("FAILED" in results.values())


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or PART))
