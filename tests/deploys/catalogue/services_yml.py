"""Small services.yml files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from deploys.catalogue.services_file import CheckResult, check_text

EMPTY_ENVIRON: Mapping[str, str] = {}
"""An environment that names no region."""


def check_yaml(text: str, environ: Mapping[str, str] = EMPTY_ENVIRON) -> CheckResult:
    """The result of checking this text. Its indentation in the test does not matter."""
    return check_text(dedent(text).lstrip("\n").encode(), environ)


def list_problems(text: str, environ: Mapping[str, str] = EMPTY_ENVIRON) -> list[str]:
    """Every mistake in this text, as printed after the file name."""
    return [str(problem) for problem in check_yaml(text, environ).problems]


def one_service(lines: str, *, head: str = "") -> str:
    """A file with one service, `web`, that has a cluster, a region and these lines; who may deploy is written
    behind them, unless they say so.

    Without `head` the lines begin on line 5, column 5.
    """
    body = "\n".join(f"    {line}" for line in dedent(lines).strip("\n").split("\n"))
    deployers = "" if "deployers:" in lines else "    deployers: []\n"
    return f"{head}services:\n  web:\n    cluster: production\n    region: eu-west-1\n{body}\n{deployers}"
