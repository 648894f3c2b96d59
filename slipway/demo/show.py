"""The two ways to see the demo: a page in the browser, or one command in the terminal."""

from __future__ import annotations

import threading

from rich.console import Console

from slipway.demo.run import run
from slipway.demo.stage import stage
from slipway.demo.troupe import DemoFailed

COULD_NOT_RUN = 2
LOOK_SECONDS = 1.0
"""Between two looks whether every process still runs."""


def open_page(stop: threading.Event, *, speed: float, mode: str, console: Console, to_try: str) -> int:
    """Starts all of it, prints the page's address and waits for Ctrl-C; returns the exit code."""
    console.print("Starting Slipway, a Slack workspace and an ECS region on this machine ...")
    try:
        with stage(speed=speed, mode=mode) as playing:
            console.print(
                f"\nOpen [bold]{playing.page}[/bold] in a browser, and in #deploys:", highlight=False
            )
            console.print(to_try, highlight=False, markup=False)
            console.print(
                f"ECS runs {speed:g} times faster than Amazon's. Logs: {playing.logs}", highlight=False
            )
            console.print("Ctrl-C ends all of it.")
            while not stop.wait(LOOK_SECONDS):
                playing.troupe.check()
    except KeyboardInterrupt:
        pass
    except DemoFailed as error:
        return _failed(error)
    console.print("\nEnded.")
    return 0


def run_one(
    command: str, *, user: str, approver: str | None, speed: float, mode: str, console: Console
) -> int:
    """Runs one command and ends; returns the exit code."""
    try:
        with stage(speed=speed, mode=mode) as playing:
            return run(playing, command, user=user, approver=approver, console=console)
    except KeyboardInterrupt:
        return COULD_NOT_RUN
    except DemoFailed as error:
        return _failed(error)


def _failed(error: DemoFailed) -> int:
    Console(stderr=True).print(f"The demo could not run: {error}", markup=False, highlight=False)
    return COULD_NOT_RUN
