"""What the `slipway` command prints. The one way to the terminal for words that others wrote."""

from __future__ import annotations

import typer

from deploys.safe_text import remove_unsafe


def print_safely(text: str, *, to_stderr: bool = False) -> None:
    """Prints the text without codes that a terminal would obey; `err`: on standard error."""
    typer.echo(remove_unsafe(text), err=to_stderr)
