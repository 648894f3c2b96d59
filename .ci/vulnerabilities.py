"""Asks the OSV database (api.osv.dev) for known vulnerabilities of what the lock file installs.

Exits with 1 if there is one. Where the database cannot be reached that is said, and it exits with 0.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK_FILE = ROOT / "requirements.lock"
"""What production installs is a part of it, in the same versions."""
DATABASE = ("api.osv.dev", 443)
CONNECT_SECONDS = 3.0
AUDIT_SECONDS = 120.0
PIP_AUDIT = (
    *(sys.executable, "-m", "pip_audit"),
    *("--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"),
    *("--timeout", "5", "--disable-pip", "--require-hashes", "--requirement", str(LOCK_FILE)),
)


def main(audit: Sequence[str] = PIP_AUDIT, database: tuple[str, int] = DATABASE) -> int:
    """The exit status. audit: the command that prints what is known, as pip-audit does."""
    try:
        socket.create_connection(database, CONNECT_SECONDS).close()
    except OSError as error:
        return _not_checked(f"{database[0]} cannot be reached ({error})")
    try:
        run = subprocess.run(audit, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False)
        packages = json.loads(run.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return _not_checked("the database took too long to answer")
    except (ValueError, KeyError, TypeError):
        return _not_checked(f"pip-audit gave no result: {run.stderr.strip()[-500:]}")
    known = [(package, each) for package in packages for each in package.get("vulns", ())]
    for package, each in known:
        fixed = ", ".join(each.get("fix_versions") or ()) or "no version yet"
        name = f"{package['name']} {package['version']}"
        _say(f"{name} has the known vulnerability {each['id']}; fixed in {fixed}")
    if not known:
        _say(f"none is known of the {len(packages)} packages of {LOCK_FILE.name}")
    return 1 if known else 0


def _not_checked(why: str) -> int:
    _say(f"{LOCK_FILE.name} was NOT checked: {why}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"Known vulnerabilities: {text}.\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
