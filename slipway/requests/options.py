"""Options that several commands have. The metavar of a flag is empty: typer would show <bool> there, as if it
took a value."""

from __future__ import annotations

from typing import Annotated

import typer

from deploys.catalogue.durations import parse_duration

Channel = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="Where it counts as asked, and gets its thread. By default in the channel of the service.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON, one object a line.")]
Wait = Annotated[
    bool,
    typer.Option(
        "--wait",
        metavar="",
        help="Tell what happens until it has ended; the exit code says how: see `slipway wait --help`.",
    ),
]
Timeout = Annotated[
    str,
    typer.Option(metavar="TIME", help="For how long to wait, such as 90s, 20m or 1h30m.", show_default=False),
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; others will read it.", show_default=False)]
Words = Annotated[list[str] | None, typer.Argument(hidden=True)]
DeployId = Annotated[str, typer.Argument(metavar="ID", help="Of the deploy, as `slipway status` shows it.")]


def read_timeout(text: str, *, waits: bool) -> float | None:
    """Seconds; None: as long as it takes. Raises typer.BadParameter."""
    if not text:
        return None
    if not waits:
        raise typer.BadParameter("it says how long to --wait, so it needs --wait.", param_hint="--timeout")
    seconds = parse_duration(text)
    if not seconds:
        raise typer.BadParameter(
            f"{text!r} is no duration; write one such as 90s, 20m or 1h30m.", param_hint="--timeout"
        )
    return float(seconds)
