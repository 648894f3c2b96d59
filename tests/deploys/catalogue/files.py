"""Little services.yml files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from deploys.catalogue.check import Checked, check

NOWHERE: Mapping[str, str] = {}
"""An environment that names no region."""


def checked(text: str, environ: Mapping[str, str] = NOWHERE) -> Checked:
    """What is found in a file with this text; its indentation in the test does not count."""
    return check(dedent(text).lstrip("\n").encode(), environ)


def said(text: str, environ: Mapping[str, str] = NOWHERE) -> list[str]:
    """Every mistake in it, as printed behind the file's name."""
    return [str(problem) for problem in checked(text, environ).problems]


def service(lines: str, *, head: str = "") -> str:
    """A file with one service, `web`, that has a cluster and a region, and these lines besides.

    Without `head` the lines begin on line 5, column 5.
    """
    body = "\n".join(f"    {line}" for line in dedent(lines).strip("\n").split("\n"))
    return f"{head}services:\n  web:\n    cluster: production\n    region: eu-west-1\n{body}\n"
