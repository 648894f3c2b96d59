"""`slipway demo`."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer
from rich.console import Console

PEOPLE = ("alice", "bob", "carol", "dave", "gina", "fred")

HELP = "Run all of Slipway with a simulated Slack workspace and ECS region on this machine."


def demo(
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            metavar="COMMAND",
            help="Run one command without a browser, such as '/deploy web 1.4.2', and print the answer and "
            "the thread as it grows. Given several times, each waits for the end of the one before. Exits "
            "with 0 if every deploy succeeded or the query was answered, with 1 if one was refused or ended "
            "in another way, with 2 if it could not run.",
        ),
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            metavar="USER",
            help="Who types the command of --run: alice and dave may deploy, bob and dave may approve, carol "
            "may do neither. Given once, for all of them; or once for each --run. The default is alice, and "
            "for further commands dave, so that people meet each other's locks.",
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
        typer.Option(
            "--http", metavar="", help="Receive Slack's requests over HTTP (gunicorn) instead of Socket Mode."
        ),
    ] = False,
) -> None:
    """`slipway demo`."""
    console = Console()
    errors = Console(stderr=True)
    for person in (*(user or ()), *((approver,) if approver else ())):
        if person not in PEOPLE:
            errors.print(f"There is no {person} in the sandbox, only {', '.join(PEOPLE)}.")
            raise typer.Exit(2)
    if not run and (user or approver):
        errors.print("--as and --approve-as need --run. On the page you choose who you are.")
        raise typer.Exit(2)
    if run and not all(each.startswith("/deploy") for each in run):
        errors.print("--run needs a slash command, such as --run '/deploy web 1.4.2'.")
        raise typer.Exit(2)
    typed = _who_types_what(run or [], user or [])
    if typed is None:
        errors.print("--as is given once, or once for each --run.")
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
    if not typed:
        raise typer.Exit(run_in_browser(stop, speed=speed, mode=mode, console=console))
    raise typer.Exit(run_in_terminal(typed, approver=approver, speed=speed, mode=mode, console=console))


def _who_types_what(commands: list[str], people: list[str]) -> list[tuple[str, str]] | None:
    """Each person and command, in order; None if there are neither one nor as many people."""
    if not people:
        people = ["alice", *["dave"] * (len(commands) - 1)]
    if len(people) == 1:
        people = people * len(commands)
    return list(zip(people, commands, strict=True)) if len(people) == len(commands) else None


def _handle_signal(stop: threading.Event) -> None:
    """The first signal ends the demo. More signals change nothing."""
    if not stop.is_set():
        stop.set()
        raise KeyboardInterrupt
