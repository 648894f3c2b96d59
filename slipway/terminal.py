"""What the `slipway` command prints. The one way to the terminal for words that others wrote."""

from __future__ import annotations

import typer

from deploys.safe_text import safe


def echo(text: str, *, err: bool = False) -> None:
    """Prints the text without codes that a terminal would obey; `err`: on standard error."""
    typer.echo(safe(text), err=err)
