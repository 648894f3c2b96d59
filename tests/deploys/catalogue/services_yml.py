"""Small services.yml files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from textwrap import dedent

from deploys.catalogue.services_file import CheckResult, check_text

NO_DEPLOYERS = "missing; write who may deploy"
EMPTY_ENVIRON: Mapping[str, str] = {}
"""An environment that names no region."""


def check_yaml(text: str, environ: Mapping[str, str] = EMPTY_ENVIRON) -> CheckResult:
    """The result of checking this text. Its indentation in the test does not matter.

    That nobody says who may deploy is no mistake here, so that each test names only what it is about
    (`test_who_may_deploy_has_to_be_written`).
    """
    result = check_text(dedent(text).lstrip("\n").encode(), environ)
    problems = tuple(each for each in result.problems if not each.message.startswith(NO_DEPLOYERS))
    return replace(result, problems=problems)


def list_problems(text: str, environ: Mapping[str, str] = EMPTY_ENVIRON) -> list[str]:
    """Every mistake in this text, as printed after the file name."""
    return [str(problem) for problem in check_yaml(text, environ).problems]


def one_service(lines: str, *, head: str = "") -> str:
    """A file with one service, `web`, that has a cluster, a region and these lines.

    Without `head` the lines begin on line 5, column 5.
    """
    body = "\n".join(f"    {line}" for line in dedent(lines).strip("\n").split("\n"))
    return f"{head}services:\n  web:\n    cluster: production\n    region: eu-west-1\n{body}\n"
