"""`slipway demo`."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer
from rich.console import Console

PEOPLE = ("alice", "bob", "carol", "dave", "gina", "fred")

HELP = "Run all of Slipway with a simulated Slack workspace and ECS region on this machine."
THINGS_TO_TRY = """
  1. /deploy web 1.4.2         a rolling deploy of 3 tasks without downtime
  2. /deploy web 1.5.0-crash   it crashes; ECS rolls back; the thread says why
  3. /deploy ledger 1.4.2      needs an approval: switch to bob and press Approve
  4. /deploy shop 1.4.2        a canary that pauses: as bob, press Continue
  5. /deploy plan site 1.4.2   what a deploy takes from a newer revision that Terraform registered
"""


def demo(
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="COMMAND",
            help="Run one command without a browser, such as '/deploy web 1.4.2', and print the answer and "
            "the thread as it grows. Exits with 0 if every deploy succeeded or the query was answered, with "
            "1 if it was refused or ended in another way, with 2 if it could not run.",
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="USER",
            help="Who types the command of --run: alice may deploy, bob may approve, carol may do neither. "
            "The default is alice.",
        ),
    ] = None,
    approver: Annotated[
        str | None,
        typer.Option(
            "--approve-as",
            metavar="USER",
            help="Who presses Approve, and Continue at a pause, if the command of --run needs it.",
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed",
            min=0.1,
            max=100,
            help="How many times faster than Amazon's ECS the simulated one runs. "
            "Deadlines are shorter by the same factor, but at least 90 s.",
        ),
    ] = 5.0,
    http: Annotated[
        bool,
        typer.Option("--http", help="Receive Slack's requests over HTTP (gunicorn) instead of Socket Mode."),
    ] = False,
) -> None:
    """`slipway demo`."""
    console = Console()
    errors = Console(stderr=True)
    for person in (user, approver):
        if person is not None and person not in PEOPLE:
            errors.print(f"There is no {person} in the sandbox, only {', '.join(PEOPLE)}.")
            raise typer.Exit(2)
    if run is None and (user or approver):
        errors.print("--as and --approve-as need --run. On the page you choose who you are.")
        raise typer.Exit(2)
    if run is not None and not run.startswith("/deploy"):
        errors.print("--run needs a slash command, such as --run '/deploy web 1.4.2'.")
        raise typer.Exit(2)
    try:
        from slipway.demo.launcher import run_in_browser, run_in_terminal
    except ModuleNotFoundError as missing:
        errors.print(f"The demo needs the sandbox ({missing.name}): pip install 'slipway-bot[sandbox]'")
        raise typer.Exit(2) from missing
    mode = "http" if http else "socket"
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _handle_signal(stop))
    if run is None:
        raise typer.Exit(run_in_browser(stop, speed=speed, mode=mode, console=console, to_try=THINGS_TO_TRY))
    raise typer.Exit(
        run_in_terminal(run, user=user or "alice", approver=approver, speed=speed, mode=mode, console=console)
    )


def _handle_signal(stop: threading.Event) -> None:
    """The first signal ends the demo. More signals change nothing."""
    if not stop.is_set():
        stop.set()
        raise KeyboardInterrupt
