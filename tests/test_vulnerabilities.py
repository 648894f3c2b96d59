"""The check for known vulnerabilities, against a database on this machine that answers as OSV does."""

from __future__ import annotations

import json
import runpy
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.fake_web_server import serve_locally

SCRIPT = Path(__file__).parents[1] / ".ci" / "vulnerabilities.py"
HOLE = {
    "id": "GHSA-xxxx-yyyy-zzzz",
    "schema_version": "1.7.0",
    "summary": "A job runs twice",
    "affected": [
        {
            "package": {"name": "rq", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}
"""As the OSV schema has it (ossf.github.io/osv-schema)."""


@contextmanager
def osv_server(known: dict[str, Any], status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address, and the queries that arrive: one for each package (osv.dev, "POST /v1/query")."""
    queries: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            queries.append(query)
            name = query.get("package", {}).get("name")
            body = json.dumps({"vulns": [known[name]]} if name in known else {}).encode()
            self.send_response(status if name else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    with serve_locally(Handler, Event()) as address:
        yield f"{address}/v1/query", queries


def run_script(database: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--database", database]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_known_vulnerability_of_what_is_locked_fails_the_checks() -> None:
    with osv_server({"rq": HOLE}) as (database, queries):
        done = run_script(database)

    version = next(each["version"] for each in queries if each.get("package", {}).get("name") == "rq")
    assert done.returncode == 1
    assert done.stdout == (
        f"Known vulnerabilities: rq {version} has the known vulnerability GHSA-xxxx-yyyy-zzzz; "
        "fixed in 99.1.\n"
    )
    assert {"boto3", "slack-bolt", "redis", "pydantic"} <= {
        each["package"]["name"] for each in queries if "package" in each
    }


def test_where_no_database_can_be_reached_it_says_that_nothing_was_checked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    done = run_script(f"http://127.0.0.1:{port}/v1/query")

    assert done.returncode == 0
    assert done.stdout.startswith(
        "Known vulnerabilities: requirements.lock was NOT checked: 127.0.0.1 cannot be reached ("
    )


@pytest.fixture
def check() -> Callable[..., int]:
    main: Callable[..., int] = runpy.run_path(str(SCRIPT))["main"]
    return main


def audit_that_prints(text: str) -> Callable[[str], list[str]]:
    return lambda database: [sys.executable, "-c", f"import sys; sys.stdout.write({text!r})"]


CLEAN = {"name": "rq", "version": "3.0", "vulns": []}
SKIPPED = {"name": "slipway-bot", "skip_reason": "it is not on PyPI"}


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (
            json.dumps({"dependencies": [CLEAN, SKIPPED]}),
            "none is known of the 1 packages of",
        ),
        (
            json.dumps({"dependencies": [SKIPPED]}),
            "requirements.lock was NOT checked: pip-audit looked at",
        ),
        ("the network went away", "requirements.lock was NOT checked: pip-audit gave no result"),
        ("[]", "requirements.lock was NOT checked: pip-audit gave no result"),
    ],
)
def test_what_the_audit_did_not_look_at_does_not_count_as_clean(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str], printed: str, said: str
) -> None:
    with osv_server({}) as (database, _):
        assert check(["--database", database], audit_that_prints(printed)) == 0

    assert f"Known vulnerabilities: {said}" in capsys.readouterr().out


@pytest.mark.parametrize("address", ["api.osv.dev", "http://127.0.0.1:1/", "no address"])
def test_a_wrong_address_is_no_database(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert check(["--database", address], audit_that_prints("")) == 0

    assert "requirements.lock was NOT checked: " in capsys.readouterr().out
