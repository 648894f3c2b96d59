"""`slipway doctor`: checks a whole installation, and says of whatever is broken what to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from deploys.errors import SettingsInvalid
from deploys.mrkdwn import plural
from deploys.redaction import redact
from deploys.safe_text import remove_unsafe
from deploys.settings import read_env_file, split_url
from slipway.commands.iam_policy import workers_role_option
from slipway.doctor.checks import CHECKS
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, Level, NamedCheck
from slipway.doctor.runner import run_checks
from slipway.terminal import print_safely

HELP = """Check a whole installation, and say of whatever is broken what to do.

It checks the settings, services.yml, Slack's tokens, scopes and connection, Redis, whether the bot, workers
and the scheduler run, each service in ECS, the permissions in AWS, and the clocks. Run it where the workers
run, with their AWS credentials and the settings of all processes. It changes nothing.

Each line is ok, warning, error, or skipped (it could not be checked; the line says why).

Exits with 0 if there is no error, with 1 if there is one, with 2 if an option or .env cannot be read.
"""
"""Not a docstring, because `python -OO` drops those."""

_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red", Level.SKIPPED: "dim"}
NamedFinding = tuple[NamedCheck, Finding]
_INDENT = " " * 9


def _check_url(url: str | None) -> str | None:
    parts = split_url(url) if url else None
    if url and (parts is None or parts.scheme not in ("https", "http") or not parts.netloc):
        raise typer.BadParameter("write an address such as https://slipway.example.com")
    return url


def doctor(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The services.yml to check. The default is the file that SERVICES_FILE names, or "
            "services.yml.",
            show_default=False,
        ),
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            callback=_check_url,
            help="The app runs over HTTP, and Slack sends its requests to this address.",
            show_default=False,
        ),
    ] = None,
    workers_role: Annotated[
        str | None,
        workers_role_option("Check what this role may do, instead of the credentials at hand."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document, for programs.")
    ] = False,
) -> None:
    """`slipway doctor`."""
    try:
        read_env_file()
    except SettingsInvalid as error:
        print_safely(error.message, to_stderr=True)
        raise typer.Exit(2) from error
    context = DoctorContext(file, http or "", workers_role or "")
    context.keep_secrets()
    found: list[NamedFinding] = []
    report = Report()
    for check, finding in _without_secrets(context):
        found.append((check, finding))
        if not as_json:
            report.add(check, finding)
    report.end()
    counts = Counter(finding.level for _, finding in found)
    if as_json:
        print_safely(json.dumps(_as_json(found, counts), indent=2))
    else:
        print_safely(f"\n{_summary(counts)}")
    if counts[Level.ERROR]:
        raise typer.Exit(1)


def _without_secrets(context: DoctorContext) -> Iterator[tuple[NamedCheck, Finding]]:
    for check, finding in run_checks(CHECKS, context):
        what, advice = (remove_unsafe(redact(each)) for each in (finding.what, finding.advice))
        yield check, Finding(finding.level, what, advice)


class Report:
    """Prints each line at once, so that somebody who waits sees how far it is. Checks that follow one another
    and were not made for the same reason are one line."""

    def __init__(self) -> None:
        self._skipped: list[str] = []
        self._why = ""

    def add(self, check: NamedCheck, finding: Finding) -> None:
        """The next line."""
        is_skipped = finding.level is Level.SKIPPED
        if not is_skipped or finding.what != self._why:
            self.end()
        if is_skipped and not finding.advice:
            self._skipped.append(check.name)
            self._why = finding.what
        else:
            _print_finding(finding)

    def end(self) -> None:
        """Prints what was kept back."""
        if self._skipped:
            _print_finding(Finding(Level.SKIPPED, f"Not checked ({', '.join(self._skipped)}): {self._why}"))
        self._skipped, self._why = [], ""


def _print_finding(finding: Finding) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    console.print(
        Text.assemble((f"{finding.level:<9}", _STYLES[finding.level]), _indented(finding.what)), end="\n"
    )
    if finding.advice:
        console.print(Text(f"{_INDENT}-> {_indented(finding.advice)}"))


def _indented(text: str) -> str:
    return text.replace("\n", f"\n{_INDENT}")


def _as_json(found: Sequence[NamedFinding], counts: Counter[Level]) -> dict[str, Any]:
    return {
        "ok": not counts[Level.ERROR],
        "counts": {level.value: counts[level] for level in Level},
        "findings": [
            {
                "check": check.name,
                "level": finding.level.value,
                "what": finding.what,
                "advice": finding.advice or None,
            }
            for check, finding in found
        ],
    }


def _summary(counts: Counter[Level]) -> str:
    parts = [plural(counts[Level.ERROR], "error"), plural(counts[Level.WARNING], "warning")]
    if counts[Level.SKIPPED]:
        parts.append(f"{counts[Level.SKIPPED]} not checked")
    return f"{', '.join(parts)}, {counts[Level.OK]} ok."
