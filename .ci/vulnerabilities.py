"""Asks the OSV database for known vulnerabilities of what the lock file installs.

Exits with 1 if there is one. Where the database cannot be reached that is said, and it exits with 0.
`--database URL` names another server that answers OSV's API (osv.dev, "POST /v1/query").
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
LOCK_FILE = ROOT / "requirements.lock"
"""What production installs is a part of it, in the same versions."""
DATABASE = "https://api.osv.dev/v1/query"
CONNECT_SECONDS = 3.0
AUDIT_SECONDS = 120.0


def pip_audit(database: str) -> list[str]:
    """The command that prints, as JSON, what this database knows of the lock file's packages."""
    return [
        *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", database),
        *("--format", "json", "--progress-spinner", "off", "--timeout", "5"),
        *("--disable-pip", "--require-hashes", "--requirement", str(LOCK_FILE)),
    ]


def main(arguments: Sequence[str] | None = None, audit: Callable[[str], list[str]] = pip_audit) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description="Looks for known vulnerabilities in the lock file.")
    parser.add_argument("--database", default=DATABASE, metavar="URL", help="default: %(default)s")
    database: str = parser.parse_args(arguments).database
    try:
        _reach(database)
    except (OSError, HTTPException, ValueError) as error:
        return _not_checked(f"{urlsplit(database).hostname or database} cannot be reached ({error})")
    try:
        run = subprocess.run(
            audit(database), capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False
        )
        packages = [each for each in json.loads(run.stdout)["dependencies"] if "skip_reason" not in each]
    except subprocess.TimeoutExpired:
        return _not_checked("the database took too long to answer")
    except (ValueError, KeyError, TypeError):
        return _not_checked(f"pip-audit gave no result: {run.stderr.strip()[-500:]}")
    if not packages:
        return _not_checked("pip-audit looked at no package")
    known = [(package, each) for package in packages for each in package.get("vulns", ())]
    for package, each in known:
        fixed = ", ".join(each.get("fix_versions") or ()) or "no version yet"
        name = f"{package['name']} {package['version']}"
        _say(f"{name} has the known vulnerability {each['id']}; fixed in {fixed}")
    if not known:
        _say(f"none is known of the {len(packages)} packages of {LOCK_FILE.name}")
    return 1 if known else 0


def _reach(database: str) -> None:
    """Raises OSError or HTTPException if nothing answers there, ValueError if it is no address.

    Any HTTP status is an answer. pip-audit would try much longer; both use the proxy that the environment
    names.
    """
    try:
        urlopen(Request(database, b"{}"), timeout=CONNECT_SECONDS).close()
    except HTTPError:
        return


def _not_checked(why: str) -> int:
    _say(f"{LOCK_FILE.name} was NOT checked: {why}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"Known vulnerabilities: {text}.\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
