"""`slipway demo`."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer
from rich.console import Console

PEOPLE = ("alice", "bob", "carol", "dave")

HELP = "Run all of Slipway on a Slack workspace and an ECS region played on this machine."
THINGS_TO_TRY = """
  1. /deploy web 1.4.2         a rolling deploy of 3 tasks, without downtime
  2. /deploy web 1.5.0-crash   it crashes; ECS rolls back; the thread says why
  3. /deploy ledger 1.4.2      asks first: switch to bob and press Approve
  4. /deploy shop 1.4.2        a canary that pauses: as bob, press Continue
  5. /deploy plan site 1.4.2   Terraform registered a newer revision: what the deploy takes from it
"""


def demo(
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="COMMAND",
            help="Run one command without a browser, such as '/deploy web 1.4.2': print the answer and the "
            "thread as it grows. Exits 0 when every deploy succeeded or the question was answered, 1 when it "
            "was refused or ended otherwise, 2 when it could not run.",
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="USER",
            help="Who types what --run says: alice deploys, bob approves, carol may do neither. "
            "Without it alice.",
        ),
    ] = None,
    approver: Annotated[
        str | None,
        typer.Option(
            "--approve-as",
            metavar="USER",
            help="Who presses Approve, and Continue at a pause, where what --run says needs it.",
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed",
            min=0.1,
            max=100,
            help="How many times faster than Amazon's the ECS here runs. "
            "Deadlines are as much shorter, 90 s at least.",
        ),
    ] = 5.0,
    http: Annotated[
        bool,
        typer.Option("--http", help="Take Slack's requests over HTTP (gunicorn) instead of Socket Mode."),
    ] = False,
) -> None:
    """`slipway demo`."""
    console = Console()
    complaints = Console(stderr=True)
    for person in (user, approver):
        if person is not None and person not in PEOPLE:
            complaints.print(f"There is no {person} in the sandbox; there are {', '.join(PEOPLE)}.")
            raise typer.Exit(2)
    if run is None and (user or approver):
        complaints.print("--as and --approve-as go with --run; on the page you choose there who you are.")
        raise typer.Exit(2)
    if run is not None and not run.startswith("/deploy"):
        complaints.print("--run takes a slash command, such as --run '/deploy web 1.4.2'.")
        raise typer.Exit(2)
    try:
        from slipway.demo.launcher import run_in_browser, run_in_terminal
    except ModuleNotFoundError as missing:
        complaints.print(f"The demo needs the sandbox ({missing.name}): pip install 'slipway-bot[sandbox]'")
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
    """The first signal ends the demo in order; more of them change nothing."""
    if not stop.is_set():
        stop.set()
        raise KeyboardInterrupt
